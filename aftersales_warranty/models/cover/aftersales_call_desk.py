from odoo import api, models


class AftersalesCallDesk(models.AbstractModel):
    """Call desk: “is it covered, what may I ask for?” without another form (WA-05)."""

    _inherit = "aftersales.call.desk"

    @api.model
    def _get_machines(self, company):
        machines = super()._get_machines(company)
        assets = self.env["aftersales.asset"].browse([row["id"] for row in machines])
        cards = self.env["aftersales.warranty.card"]._get_cards(assets)
        for row, asset in zip(machines, assets, strict=True):
            row["warranty"] = cards[asset]
        return machines
