from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...const import ALLOW_CHANGE
from ...tools.records import open_records


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

    aftersales_orphan = fields.Boolean(
        "Service invoice without order",
        readonly=True,
        copy=False,
        help="Charges service fees or names a service order, but belongs to none.",
    )

    _aftersales_orphan_idx = models.Index("(company_id, date) WHERE aftersales_orphan")

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
        return open_records(
            self.env,
            "aftersales_service.aftersales_order_action",
            self.aftersales_order_ids,
            context={},
        )

    # -------------------------------------------------------------------------
    # POSTING
    # -------------------------------------------------------------------------

    def _post(self, soft=True):
        """Money taken on site becomes a payment matched to the invoice (SV-52)."""
        posted = super()._post(soft)
        posted._mark_aftersales_orphans()
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

    def _mark_aftersales_orphans(self):
        """Remember invoices of service fees that charge no order (SV-54)."""
        invoices = self.filtered(
            lambda move: (
                move.is_sale_document()
                and not move.invoice_line_ids.aftersales_order_line_id
            )
        )
        if not invoices:
            return
        numbers = invoices._find_aftersales_numbers()
        for move in invoices:
            company = move.company_id
            fees = (
                company.aftersales_labour_product_id
                | company.aftersales_travel_product_id
                | company.aftersales_inspection_product_id
            )
            texts = {move.invoice_origin, move.ref}
            orphan = bool(move.invoice_line_ids.product_id & fees or texts & numbers)
            if orphan != bool(move.aftersales_orphan):
                # Safe: a mark for the accountant's list, decided here alone.
                move.sudo().aftersales_orphan = orphan

    def _find_aftersales_numbers(self):
        """Which references of these invoices are numbers of service orders."""
        texts = {t for move in self for t in (move.invoice_origin, move.ref) if t}
        if not texts:
            return set()
        # Safe: only tells whether such an order exists.
        orders = self.env["aftersales.order"].sudo()
        return set(orders.search([("name", "in", list(texts))]).mapped("name"))

    def button_draft(self):
        self._check_aftersales_links()
        self._take_back_aftersales_credit()
        return super().button_draft()

    def _take_back_aftersales_credit(self):
        """Without its credit note the first invoice counts again.

        Refused once the order was invoiced anew: it would be charged twice.
        """
        credits = self.filtered(
            lambda m: m.state == "posted" and m.move_type == "out_refund"
        )
        # Safe: only number and invoice of the order are shown; marks that the credit
        # note itself has caused are taken back with it.
        settled = credits.sudo().invoice_line_ids.filtered("aftersales_settled")
        for order in settled.aftersales_order_line_id.order_id:
            entries = order.line_ids.invoice_line_ids
            live = entries._aftersales_live().filtered(
                lambda entry: not entry.aftersales_settled
            )
            if live:
                raise UserError(
                    self.env._(
                        "%(order)s was invoiced again (%(invoice)s) because of this "
                        "credit note. Cancel or credit that invoice first.",
                        order=order.name,
                        invoice=live[0].move_id.display_name,
                    )
                )
            entries.aftersales_settled = False

    def button_cancel(self):
        self._take_back_aftersales_credit()
        return super().button_cancel()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        self._check_aftersales_links()
        # A credit note takes back the lines of the orders that its invoice charges.
        linked = self._keeping_links("account.move.line")
        reverse = super(AccountMove, linked)._reverse_moves
        return reverse(default_values_list, cancel=cancel).with_env(self.env)

    def _check_aftersales_links(self):
        """Entries of a collection or handover follow it, not the other way round."""
        entries = self.filtered(lambda move: move.move_type == "entry")
        if not entries or self.env.context.get("aftersales_change") is ALLOW_CHANGE:
            return
        entries._check_aftersales_entries()

    def _check_aftersales_entries(self):
        """Raise for entries a document of ours has made; later parts add theirs."""
        self.origin_payment_id._check_aftersales_collection()
