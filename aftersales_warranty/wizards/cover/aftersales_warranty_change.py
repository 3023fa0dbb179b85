from odoo import api, fields, models
from odoo.exceptions import UserError

from ...models.term.aftersales_warranty_term_event import EVENTS


class AftersalesWarrantyChange(models.TransientModel):
    """Changes of one warranty that need a day, a machine or a reason."""

    _name = "aftersales.warranty.change"
    _description = "Change of a Warranty"

    kind = fields.Selection(
        [
            ("start", "Another start"),
            ("event", "Something happened"),
            ("assign", "Choose the machine"),
        ],
        required=True,
        readonly=True,
    )
    warranty_id = fields.Many2one("aftersales.warranty", required=True, readonly=True)
    partner_id = fields.Many2one(related="warranty_id.partner_id")
    date_start = fields.Date(related="warranty_id.date_start", string="Start now")
    date_end = fields.Date(related="warranty_id.date_end", string="End now")
    day = fields.Date()
    reason = fields.Text()
    event = fields.Selection(EVENTS)
    asset_id = fields.Many2one(
        "aftersales.asset",
        "Machine",
        domain="[('partner_id', 'child_of', partner_id)]",
    )
    new_end = fields.Date("End then", compute="_compute_new_end")

    @api.depends("kind", "day", "warranty_id")
    def _compute_new_end(self):
        """What the new start leads to, before anybody confirms it."""
        for change in self:
            change.new_end = change._preview_end()

    def _preview_end(self):
        self.ensure_one()
        if self.kind != "start" or not self.day:
            return False
        # Safe: the end of the warranty the user looks at, under another start.
        warranty = self.sudo().warranty_id
        holidays = warranty._get_holidays(warranty.term_id, warranty.company_id)
        values = {
            "term_id": warranty.term_id.id,
            "tz": warranty.tz,
            "kind": warranty.kind,
            "start_fixed": True,
            "date_start": self.day,
            "start_event": "import",
        }
        facts = warranty._prepare_opening_facts(
            values,
            warranty.term_id,
            holidays.get((warranty.term_id, warranty.company_id), frozenset()),
        )
        return warranty._compute_period(facts)[0]["date_end"]

    def action_apply(self):
        """Carry it out; the warranty checks rights, state and values itself."""
        self.ensure_one()
        if self.kind == "start":
            self.warranty_id.action_change_start(self.day, self.reason)
        elif self.kind == "event":
            self.warranty_id.action_set_event(self.event, self.day)
        elif not self.asset_id:
            raise UserError(self.env._("Choose the machine."))
        else:
            self.warranty_id.action_assign(self.asset_id.id)
        return {"type": "ir.actions.act_window_close"}
