from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .account_payment import ALLOW_CHANGE


class AccountMove(models.Model):
    _inherit = "account.move"

    aftersales_order_ids = fields.Many2many(
        "aftersales.order",
        string="Service orders",
        compute="_compute_aftersales_order_ids",
        search="_search_aftersales_order_ids",
        compute_sudo=True,
    )
    aftersales_order_count = fields.Integer(
        "Number of service orders",
        compute="_compute_aftersales_order_ids",
        compute_sudo=True,
    )

    @api.depends("invoice_line_ids.aftersales_order_line_id")
    def _compute_aftersales_order_ids(self):
        for move in self:
            orders = move.invoice_line_ids.aftersales_order_line_id.order_id
            move.aftersales_order_ids = orders
            move.aftersales_order_count = len(orders)

    def _search_aftersales_order_ids(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("invoice_line_ids.aftersales_order_line_id.order_id", "in", value)

    def action_view_aftersales_orders(self):
        """Open the service orders this invoice charges."""
        orders = self.aftersales_order_ids
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_order_action"
        )
        if len(orders) == 1:
            action.update(views=[(False, "form")], res_id=orders.id)
        else:
            action.update(domain=[("id", "in", orders.ids)], context={})
        return action

    def _post(self, soft=True):
        """Money taken on site becomes a payment matched to the invoice (SV-52)."""
        posted = super()._post(soft)
        # Safe: books what technicians recorded for the very orders invoiced here.
        orders = (
            posted.filtered(
                lambda move: move.move_type == "out_invoice" and move.state == "posted"
            )
            .sudo()
            .invoice_line_ids.aftersales_order_line_id.order_id
        )
        collections = orders.collection_ids.filtered(
            lambda collection: collection.state != "cancelled"
        )
        if collections:
            collections._match_posted_invoices()
        return posted

    def button_draft(self):
        self._check_aftersales_links()
        return super().button_draft()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        self._check_aftersales_links()
        return super()._reverse_moves(default_values_list, cancel=cancel)

    def _check_aftersales_links(self):
        """Entries of a collection or handover follow it, not the other way round."""
        entries = self.filtered(lambda move: move.move_type == "entry")
        if not entries or self.env.context.get("aftersales_change") is ALLOW_CHANGE:
            return
        entries.origin_payment_id._check_aftersales_collection()
        # Safe: only the number of the handover is shown.
        handover = self.env["aftersales.handover"].sudo()
        linked = handover.search([("move_id", "in", entries.ids)], limit=1)
        if linked and linked.state != "cancelled":
            raise UserError(
                self.env._(
                    "This entry books the handover %(name)s. Cancel the handover with "
                    "a reason instead.",
                    name=linked.name,
                )
            )
