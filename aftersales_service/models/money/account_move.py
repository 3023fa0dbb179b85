from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...const import ALLOW_CHANGE


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

    @api.model
    def _has_field_access(self, field, operation):
        """The mark is set by posting; nobody takes an invoice off the list by hand."""
        if field.name == "aftersales_orphan" and operation == "write":
            return self.env.su
        return super()._has_field_access(field, operation)

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

    # -------------------------------------------------------------------------
    # POSTING
    # -------------------------------------------------------------------------

    def _post(self, soft=True):
        """Money taken on site becomes a payment matched to the invoice (SV-52)."""
        self._check_aftersales_days()
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

    def _check_aftersales_days(self):
        """Neither posted into nor taken back from a day accounting has closed."""
        invoices = self.filtered(lambda move: move.is_sale_document())
        # Safe: only the number of the order and its closed day are shown.
        lines = invoices.sudo().invoice_line_ids.filtered("aftersales_order_line_id")
        for move, entries in lines.grouped("move_id").items():
            day = (move.state == "posted" and move.date) or move.invoice_date
            orders = entries.aftersales_order_line_id.order_id
            orders._check_fee_days(day or fields.Date.context_today(self))

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

    def write(self, vals):
        """A posted invoice neither leaves a closed day nor moves into one."""
        dated = vals.keys() & {"date", "invoice_date"}
        posted = (
            self.filtered(lambda m: m.state == "posted") if dated else self.browse()
        )
        posted._check_aftersales_days()
        result = super().write(vals)
        posted._check_aftersales_days()
        return result

    def button_draft(self):
        self._check_aftersales_links()
        self._take_back_aftersales_credit()
        self.filtered(lambda move: move.state == "posted")._check_aftersales_days()
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
        self.filtered(lambda move: move.state == "posted")._check_aftersales_days()
        return super().button_cancel()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        self._check_aftersales_links()
        return super()._reverse_moves(default_values_list, cancel=cancel)

    def _check_aftersales_free_work(self, entries):
        # Safe: only the number of the posting is shown.
        works = self.env["aftersales.free.work"].sudo()
        work = works.search(
            [("move_ids", "in", entries.ids), ("state", "=", "posted")], limit=1
        )
        if work:
            raise UserError(
                self.env._(
                    "This entry posts free work (%(name)s). Take that posting back "
                    "with a reason instead.",
                    name=work.name,
                )
            )

    def _check_aftersales_links(self):
        """Entries of a collection or handover follow it, not the other way round."""
        entries = self.filtered(lambda move: move.move_type == "entry")
        if not entries or self.env.context.get("aftersales_change") is ALLOW_CHANGE:
            return
        entries.origin_payment_id._check_aftersales_collection()
        # Safe: only the number of the handover is shown.
        handover = self.env["aftersales.handover"].sudo()
        linked = handover.search(
            Domain("move_id", "in", entries.ids)
            | Domain("settle_move_ids", "in", entries.ids),
            limit=1,
        )
        self._check_aftersales_free_work(entries)
        if linked and linked.state != "cancelled":
            raise UserError(
                self.env._(
                    "This entry books the handover %(name)s. Cancel the handover with "
                    "a reason instead.",
                    name=linked.name,
                )
            )
