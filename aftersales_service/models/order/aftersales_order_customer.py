from odoo import api, models


class AftersalesOrder(models.Model):
    """What an order takes from its customer, its machine and the place it stands at."""

    _inherit = "aftersales.order"

    @api.depends("partner_id", "asset_id")
    def _compute_site_id(self):
        self._assign_grouped(
            "site_id",
            [order.asset_id.site_id or order.partner_id for order in self],
        )

    @api.depends("partner_id")
    def _compute_phone(self):
        self._assign_grouped(
            "phone", [order.phone or order.partner_id.phone for order in self]
        )

    @api.depends("asset_id")
    def _compute_product_id(self):
        self._assign_grouped(
            "product_id",
            [order.asset_id.product_id or order.product_id for order in self],
        )
        for order in self:
            order.serial = order.asset_id.serial or order.serial

    @api.depends("partner_id", "asset_id")
    def _compute_grade_id(self):
        self._assign_grouped("grade_id", [order._get_grade() for order in self])

    def _get_grade(self):
        """The machine's own, else the customer's, else its company's."""
        partner = self.partner_id
        return (
            self.asset_id.grade_id
            or partner.aftersales_grade_id
            or partner.commercial_partner_id.aftersales_grade_id
        )

    @api.depends("site_id", "company_id")
    def _compute_zone_id(self):
        for company, orders in self.grouped("company_id").items():
            zones = self.env["aftersales.zone"]._match(orders.site_id, company)
            orders._assign_grouped(
                "zone_id", [zones.get(order.site_id.id) for order in orders]
            )

    @api.depends("zone_id", "company_id")
    def _compute_team_id(self):
        for company, orders in self.grouped("company_id").items():
            fallback = self._get_default_team(company)
            teams = [order.zone_id.team_id or order.team_id for order in orders]
            orders._assign_grouped(
                "team_id",
                [team if team.company_id == company else fallback for team in teams],
            )

    @api.model
    def _get_default_team(self, company):
        """Service point of the user in that company, else its first one."""
        teams = self.env["aftersales.team"].search(
            [("company_id", "=", company.id)], order="sequence, id"
        )
        own = teams.filtered(lambda team: self.env.user in team.user_ids)
        return (own or teams)[:1]
