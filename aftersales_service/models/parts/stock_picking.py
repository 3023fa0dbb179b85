from odoo import fields, models

from ...tools.records import open_form


class StockPicking(models.Model):
    _inherit = "stock.picking"

    aftersales_order_id = fields.Many2one(
        "aftersales.order",
        "Service order",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )
    aftersales_requisition_id = fields.Many2one(
        "aftersales.requisition",
        "Requisition",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )

    def action_view_aftersales_order(self):
        """Open the service order the parts are for."""
        self.ensure_one()
        return open_form(self.aftersales_order_id)
