from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesAssetChange(models.TransientModel):
    """Owner or state of installed products changes, with a reason on record."""

    _name = "aftersales.asset.change"
    _description = "Change of an Installed Product"

    kind = fields.Selection(
        [
            ("transfer", "Change owner"),
            ("take_back", "Take back"),
            ("scrap", "Scrap"),
            ("put_in_use", "Put in use again"),
        ],
        required=True,
        readonly=True,
    )
    asset_ids = fields.Many2many(
        "aftersales.asset", string="Products", required=True, readonly=True
    )
    partner_id = fields.Many2one("res.partner", string="New Owner")
    site_id = fields.Many2one(
        "res.partner",
        string="New Site",
        compute="_compute_site_id",
        store=True,
        readonly=False,
    )
    reason = fields.Text(required=True)

    @api.depends("partner_id")
    def _compute_site_id(self):
        for change in self:
            change.site_id = change.partner_id

    def action_apply(self):
        """Carry the change out; the products check rights and state."""
        self.ensure_one()
        # Archived products (scrapped ones) are part of the selection as well.
        assets = self.with_context(active_test=False).asset_ids
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why, so that it can be understood later."))
        if self.kind != "transfer":
            assets._do_change_state(self.kind, self.reason)
        elif not self.partner_id:
            raise UserError(self.env._("Choose the new owner."))
        else:
            assets._do_transfer(self.partner_id, self.site_id, self.reason)
        return {"type": "ir.actions.act_window_close"}
