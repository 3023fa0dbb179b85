from odoo import api, fields, models
from odoo.exceptions import UserError

READERS = (
    "aftersales_service.aftersales_service_group_supervisor,"
    "aftersales_service.aftersales_service_group_accountant"
)


class AftersalesComplaint(models.Model):
    """From the complaint to the money that was paid for it first (WA-27)."""

    # A subject of its own, kept in a file of its own.
    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "aftersales.complaint"

    compensation_ids = fields.One2many(
        "aftersales.compensation",
        "complaint_id",
        "Advance compensation",
        readonly=True,
        copy=False,
        groups=READERS,
    )
    compensation_count = fields.Integer(
        "Number of compensations", compute="_compute_compensation_count", groups=READERS
    )

    @api.depends("compensation_ids")
    def _compute_compensation_count(self):
        for complaint in self:
            complaint.compensation_count = len(complaint.compensation_ids)

    def action_compensate(self):
        """Pay the customer first: a new compensation with what is known, or the list.

        :raise UserError: the supplier is not known, or has no running agreement
        """
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor")
        deposit = self.env["aftersales.deposit"].search(
            [
                (
                    "partner_id",
                    "=",
                    # Safe: only whether its supplier has an agreement.
                    self.sudo().supplier_id.commercial_partner_id.id,
                ),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "running"),
            ],
            limit=1,
        )
        if not deposit:
            raise UserError(
                self.env._(
                    "Only a supplier with a running deposit agreement can be made to "
                    "pay later. Name the supplier of %s, or make the agreement first.",
                    self.name,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": "aftersales.compensation",
            "views": [(False, "form")],
            "context": {
                "default_deposit_id": deposit.id,
                "default_complaint_id": self.id,
                "default_customer_id": self.partner_id.id,
                "default_order_id": self.order_id.id,
            },
        }

    def action_view_compensations(self):
        """The compensations of the complaint."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_compensation_action"
        )
        return {**action, "domain": [("complaint_id", "in", self.ids)], "context": {}}
