from odoo import fields, models


class AftersalesWarrantyOpenLine(models.TransientModel):
    """One machine of the preview."""

    _name = "aftersales.warranty.open.line"
    _description = "Preview of a Warranty"

    wizard_id = fields.Many2one(
        "aftersales.warranty.open", required=True, ondelete="cascade", index=True
    )
    asset_id = fields.Many2one("aftersales.asset", "Machine", readonly=True)
    partner_id = fields.Many2one(related="asset_id.partner_id")
    delivered_on = fields.Date(related="asset_id.delivered_on")
    installed_on = fields.Date(related="asset_id.installed_on")
    accepted_on = fields.Date(related="asset_id.accepted_on")
    term_id = fields.Many2one("aftersales.warranty.term", readonly=True)
    date_start = fields.Date("Start", readonly=True)
    date_end = fields.Date("End", readonly=True)
    state = fields.Selection(
        [("pending", "Pending"), ("active", "Active"), ("expired", "Expired")],
        readonly=True,
    )
    problem = fields.Char(readonly=True)
