from odoo import fields, models
from odoo.exceptions import UserError

from ...models.returns.aftersales_entitlement_rule import KINDS


class AftersalesEntitlementAssistantLine(models.TransientModel):
    """One possibility as the assistant lists it."""

    _name = "aftersales.entitlement.assistant.line"
    _description = "Possibility of the Customer"
    _order = "sequence, id"

    assistant_id = fields.Many2one(
        "aftersales.entitlement.assistant", required=True, ondelete="cascade"
    )
    sequence = fields.Integer()
    rule_id = fields.Many2one("aftersales.entitlement.rule", readonly=True)
    kind = fields.Selection(KINDS, readonly=True)
    state = fields.Selection(
        [
            ("open", "Yes"),
            ("confirm", "After confirmation"),
            ("unknown", "Not known"),
            ("not_met", "No"),
            ("ended", "No longer"),
        ],
        "Possible",
        readonly=True,
    )
    text = fields.Char("Until, or why not", readonly=True)
    last_day = fields.Date(readonly=True)
    freight = fields.Char("Freight paid by", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    price = fields.Monetary("Price paid", readonly=True)
    fee = fields.Monetary(readonly=True)
    fee_text = fields.Char("Fee in words", readonly=True)
    amount = fields.Monetary(readonly=True, help="Price paid less the fee.")
    has_amount = fields.Boolean(readonly=True)
    can_start = fields.Boolean(readonly=True)

    def action_start(self):
        """Start what this rule gives: a return, a free repair, or a loaner."""
        self.ensure_one()
        if not self.can_start:
            raise UserError(self.env._("This cannot be asked for now: %s", self.text))
        wizard = self.assistant_id
        assets, rule, order = wizard.asset_ids, self.rule_id, wizard.order_id
        if self.kind == "repair":
            return assets._start_repair(rule, order)
        if self.kind == "loaner":
            return assets._start_loaner(rule, order)
        return self.env["aftersales.return"]._start(assets, rule, order=order)
