from odoo import api, fields, models


class AftersalesAsset(models.Model):
    """Until when a machine is at risk of failing (KP-08)."""

    _inherit = "aftersales.asset"

    retired_on = fields.Date(
        "Out of use since",
        compute="_compute_retired_on",
        store=True,
        copy=False,
        help="Returned or scrapped: counts among the machines at risk until this day.",
    )

    @api.depends("state")
    def _compute_retired_on(self):
        today = fields.Date.context_today(self)
        for asset in self:
            gone = asset.state != "in_use"
            asset.retired_on = gone and (asset.retired_on or today)
