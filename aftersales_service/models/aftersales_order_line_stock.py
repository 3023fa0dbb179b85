from odoo import fields, models


class AftersalesOrderLineStock(models.AbstractModel):
    """Stock side of an order line (SV-40 … SV-43)."""

    _name = "aftersales.order.line.stock"
    _description = "Service Order Line: parts and stock"

    lot_id = fields.Many2one(
        "stock.lot",
        "Serial or lot",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        check_company=True,
    )
    source_location_id = fields.Many2one(
        "stock.location",
        "Taken from",
        ondelete="restrict",
        domain=[("usage", "=", "internal")],
        check_company=True,
        help="Technician's van or service point.",
    )
    move_ids = fields.One2many(
        "stock.move", "aftersales_order_line_id", "Stock moves", copy=False
    )
    old_part_state = fields.Selection(
        [
            ("none", "No old part"),
            ("due", "Due"),
            ("received", "Received"),
            ("scrapped", "Scrapped"),
            ("supplier", "Sent to the supplier"),
            ("left", "Left with the customer"),
        ],
        "Old part",
        default="none",
        required=True,
        copy=False,
    )
    old_part_note = fields.Char("Old part: why", copy=False)
