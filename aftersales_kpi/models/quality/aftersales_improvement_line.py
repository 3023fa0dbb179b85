from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class AftersalesImprovementLine(models.Model):
    """One matter of an improvement request, with what stands behind it (SV-91)."""

    _name = "aftersales.improvement.line"
    _description = "Matter of an Improvement Request"
    _inherit = ["aftersales.guard.mixin"]
    _order = "improvement_id, kind, count desc, id"
    _rec_name = "name"

    improvement_id = fields.Many2one(
        "aftersales.improvement",
        required=True,
        index=True,
        ondelete="cascade",
        readonly=True,
    )
    company_id = fields.Many2one(
        related="improvement_id.company_id", store=True, index=True
    )
    unit_id = fields.Many2one(related="improvement_id.unit_id", store=True, index=True)
    month = fields.Date(related="improvement_id.month", store=True)
    kind = fields.Selection(
        [
            ("alarm", "Alarm"),
            ("fault", "Fault"),
            ("complaint", "Complaint"),
            ("suggestion", "Suggestion"),
        ],
        required=True,
        readonly=True,
    )
    count = fields.Integer(readonly=True)
    product_id = fields.Many2one(
        "product.product", readonly=True, index="btree_not_null", ondelete="set null"
    )
    symptom_id = fields.Many2one(
        "aftersales.symptom", readonly=True, ondelete="restrict"
    )
    cause_id = fields.Many2one("aftersales.cause", readonly=True, ondelete="restrict")
    order_id = fields.Many2one("aftersales.order", readonly=True, ondelete="set null")
    complaint_id = fields.Many2one(
        "aftersales.complaint", readonly=True, ondelete="set null"
    )
    followup_id = fields.Many2one(
        "aftersales.followup", readonly=True, ondelete="set null"
    )
    alarm_id = fields.Many2one("aftersales.alarm", readonly=True, ondelete="set null")
    text = fields.Text("In words", readonly=True)
    name = fields.Char(compute="_compute_name")
    handbook_id = fields.Many2one(
        "aftersales.handbook", readonly=True, copy=False, ondelete="set null"
    )

    @api.depends("kind", "product_id", "symptom_id", "cause_id", "text")
    @api.depends_context("lang")
    def _compute_name(self):
        for line in self:
            # Safe: the names of what the request itself tells its unit.
            facts = line.sudo()
            parts = (
                facts.product_id.display_name,
                facts.symptom_id.name,
                facts.cause_id.name,
                (line.text or "").strip(),
            )
            line.name = " · ".join(part for part in parts if part)

    def action_open(self):
        """What stands behind the line: the orders, the complaint, the card."""
        self.ensure_one()
        self.check_access("read")
        for name in ("complaint_id", "followup_id", "alarm_id", "order_id"):
            if record := self[name]:
                return {
                    "type": "ir.actions.act_window",
                    "res_model": record._name,
                    "res_id": record.id,
                    "views": [(False, "form")],
                }
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "aftersales.order",
            "views": [(False, "list"), (False, "form")],
            "domain": [("fault_row_ids", "any", self._get_fault_domain())],
        }

    def _get_fault_domain(self):
        month = self.month
        return [
            ("company_id", "=", self.company_id.id),
            ("called_on", ">=", month),
            ("called_on", "<=", fields.Date.end_of(month, "month")),
            ("product_id", "=", self.product_id.id),
            ("symptom_id", "=", self.symptom_id.id),
            ("cause_id", "=", self.cause_id.id),
        ]

    def action_to_handbook(self):
        """A draft entry of the service handbook from this matter."""
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor")
        if self.handbook_id:
            raise UserError(
                self.env._("This matter is in the handbook already: open its entry.")
            )
        entry = self.env["aftersales.handbook"].create(self._prepare_handbook())
        # Safe: rights were checked; only the link is written.
        self.sudo().handbook_id = entry
        return entry._open()

    def _prepare_handbook(self):
        month = format_date(self.env, self.month, date_format="yyyy-MM")
        return {
            "name": self.name,
            "product_id": self.product_id.id,
            "symptom_id": self.symptom_id.id,
            "cause_id": self.cause_id.id,
            "problem": self.text or self.name,
            "remedy": self.cause_id.remedy or self.improvement_id.answer or "",
            "company_id": self.company_id.id,
            "source": f"{self.improvement_id.unit_id.name} {month}",
        }
