from odoo import api, fields, models

from odoo.addons.aftersales_service.tools.records import labels

EVENTS = [
    ("delivery", "Delivery"),
    ("invoice", "Invoice"),
    ("installation", "Installation"),
    ("acceptance", "Signed acceptance"),
    ("trial", "End of the trial run"),
]


class AftersalesWarrantyTermEvent(models.Model):
    """One of the events that may start a warranty, in the order of the list."""

    _name = "aftersales.warranty.term.event"
    _description = "Start Event of a Warranty Term"
    _inherit = ["aftersales.warranty.term.row"]
    _order = "term_id, sequence, id"

    event = fields.Selection(EVENTS, required=True)

    @api.depends("event")
    def _compute_display_name(self):
        events = labels(self, "event")
        for row in self:
            row.display_name = events.get(row.event)
