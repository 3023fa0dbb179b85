from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.aftersales_service.tools.records import count_by

from .aftersales_entitlement_rule import FINDINGS


class AftersalesOrder(models.Model):
    """The finding of our engineer, and what the customer may ask for after it."""

    _inherit = "aftersales.order"

    finding = fields.Selection(
        FINDINGS,
        "Finding on the product",
        readonly=True,
        copy=False,
        tracking=True,
        help="Confirmed by our engineer; refunds and exchanges rest on it.",
    )
    finding_note = fields.Text("Evidence of the finding", readonly=True, copy=False)
    finding_by_id = fields.Many2one(
        "res.users", "Confirmed by", readonly=True, copy=False
    )
    finding_at = fields.Datetime("Confirmed on", readonly=True, copy=False)
    return_ids = fields.One2many(
        "aftersales.return", "order_id", "Returns", guarded=True
    )
    return_count = fields.Integer("Number of returns", compute="_compute_return_count")

    def _compute_return_count(self):
        returns = self.env["aftersales.return"]
        counts = {}
        if returns.has_access("read"):
            counts = count_by(returns, "order_id", self)
        for order in self:
            order.return_count = counts.get(order.id, 0)

    # -- actions ------------------------------------------------------------------

    def action_entitlements(self):
        """What may the customer ask for about the machine of this order?"""
        self.ensure_one()
        self.check_access("read")
        if not self.asset_id:
            raise UserError(
                self.env._("Choose the machine first: the rules hold for a machine.")
            )
        return self.env["aftersales.entitlement.assistant"]._open(self.asset_id, self)

    def action_confirm_finding(self, finding, note=False):
        """Our engineer says what is wrong with the product itself (WA-10).

        :param finding: one of FINDINGS, or False to take it back
        """
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("technician", "supervisor")
        self._lock_for_action()
        self._check_not_closed()
        if finding and finding not in dict(FINDINGS):
            raise UserError(self.env._("Choose the finding from the list."))
        # Safe: only whether a return of the order rests on the finding.
        if self.sudo().return_ids.filtered(lambda row: row._rests_on_finding()):
            raise UserError(
                self.env._(
                    "A return that rests on the finding was requested. Cancel it first."
                )
            )
        # Safe: rights and state were checked; written in no other way.
        self.sudo().write(
            {
                "finding": finding,
                "finding_note": (note or "").strip() or False,
                "finding_by_id": self.env.uid if finding else False,
                "finding_at": fields.Datetime.now() if finding else False,
            }
        )

    def action_view_returns(self):
        """Open the refunds and exchanges of the order."""
        return self._action_view("aftersales_warranty.aftersales_return_action")
