from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesHandbook(models.Model):
    """The service handbook: new problems and what helps (SV-91).

    ============ ========== =========================================================
    Action       Group      Restriction
    ============ ========== =========================================================
    read         all roles  published; drafts: supervisors
    propose      technician from an order with a cause and a remedy
    edit         supervisor draft
    publish      supervisor a remedy is written
    take back    supervisor published
    ============ ========== =========================================================

    Publishing also teaches the fault catalogue: the cause is offered for the symptom,
    and a cause without a usual remedy gets this one.
    """

    _name = "aftersales.handbook"
    _description = "Service Handbook"
    _inherit = ["aftersales.guard.mixin", "mail.thread"]
    _order = "state, published_at desc, id desc"
    _rec_names_search = ["name", "problem", "remedy"]

    name = fields.Char("Problem in short", required=True)
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: for all companies."
    )
    state = fields.Selection(
        [("draft", "Proposed"), ("published", "Published")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    product_id = fields.Many2one(
        "product.product", index="btree_not_null", ondelete="set null"
    )
    product_categ_id = fields.Many2one(related="product_id.categ_id")
    symptom_id = fields.Many2one(
        "aftersales.symptom", index="btree_not_null", ondelete="restrict"
    )
    cause_id = fields.Many2one(
        "aftersales.cause", index="btree_not_null", ondelete="restrict"
    )
    problem = fields.Text(help="How it shows, and how to tell it from others.")
    remedy = fields.Text(help="What helps, step by step.")
    avoid = fields.Text("How to avoid it")
    source = fields.Char(help="Where it comes from.")
    order_id = fields.Many2one(
        "aftersales.order",
        "Service order",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )
    published_at = fields.Datetime("Published on", readonly=True, copy=False)
    published_by_id = fields.Many2one(
        "res.users", "Published by", readonly=True, copy=False
    )
    active = fields.Boolean(default=True)

    _order_once = models.UniqueIndex(
        "(order_id) WHERE order_id IS NOT NULL",
        "This order has its entry in the handbook already.",
    )

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "publish": (("draft",), "published"),
            "take_back": (("published",), "draft"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        if name == "publish":
            values["published_at"] = fields.Datetime.now()
            values["published_by_id"] = self.env.uid
        return values

    def write(self, vals):
        if not self._writes_itself(vals) and vals.keys() - {"active"}:
            self._check_draft()
        return super().write(vals)

    def _check_draft(self):
        if done := self.filtered(lambda entry: entry.state == "published"):
            raise UserError(
                self.env._(
                    "%(entries)s is published. Take it back before you change it.",
                    entries=", ".join(done[:5].mapped("name")),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        self._check_draft()

    def action_publish(self):
        """Everybody reads it from now on.

        :raise UserError: without a remedy
        """
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor")
        self._lock_for_action()
        if empty := self.filtered(lambda entry: not (entry.remedy or "").strip()):
            raise UserError(
                self.env._(
                    "Write what helps before you publish %(entries)s.",
                    entries=", ".join(empty[:5].mapped("name")),
                )
            )
        self._transition("publish")
        for entry in self:
            entry._teach_catalogue()

    def _teach_catalogue(self):
        # Safe: rights were checked; the catalogue learns what was published.
        cause = self.sudo().cause_id
        if not cause:
            return
        values = {}
        if self.symptom_id and self.symptom_id not in cause.symptom_ids:
            values["symptom_ids"] = [fields.Command.link(self.symptom_id.id)]
        if not (cause.remedy or "").strip():
            values["remedy"] = self.remedy
        if values:
            cause.write(values)

    def action_take_back(self):
        """Published too early."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor")
        self._lock_for_action()
        self._transition("take_back")

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }
