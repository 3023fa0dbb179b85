from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    aftersales_deposit_ids = fields.One2many(
        "aftersales.deposit",
        "partner_id",
        "Deposit agreements",
        groups="aftersales_service.aftersales_service_group_supervisor,"
        "aftersales_service.aftersales_service_group_accountant",
    )
