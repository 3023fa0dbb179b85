from odoo import api, models


class AftersalesMyday(models.AbstractModel):
    """The technician reads on the phone what is free and what is charged (WA-05)."""

    _inherit = "aftersales.myday"

    @api.model
    @api.readonly
    def get_day(self, date=None):
        day = super().get_day(date)
        cards = day.get("cards") or []
        orders = self.env["aftersales.order"].browse([row["order_id"] for row in cards])
        for row, order in zip(cards, orders, strict=True):
            row["warranty"] = order.warranty_card or False
        return day

    @api.model
    def get_order(self, order_id):
        result = super().get_order(order_id)
        order = self.env["aftersales.order"].browse(result["order_id"])
        return {**result, "warranty": order.warranty_card or False}

    def _get_missing_sections(self):
        return {
            **super()._get_missing_sections(),
            self.env._("a photo that shows the misuse"): {
                "section": "report",
                "field": "photo",
            },
        }
