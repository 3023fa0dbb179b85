from odoo import fields, models


class ResourceResource(models.Model):
    _inherit = "resource.resource"

    aftersales_technician_ids = fields.One2many(
        "aftersales.technician", "resource_id", string="Technicians"
    )
