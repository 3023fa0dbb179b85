from odoo import api, models
from odoo.exceptions import UserError


class AftersalesFeeLine(models.Model):
    """From an exception of the desk to its document and to what mends it (SV-54).

    ============ ============ ======================================================
    Action       Group        Restriction
    ============ ============ ======================================================
    open         accountant   the service manager too, as far as the document allows
    mend         accountant   accounting rights; the document checks again
    ============ ============ ======================================================
    """

    _inherit = "aftersales.fee.line"

    @api.model
    def _get_documents(self):
        """``{code: method}`` to the document; later add-ons add theirs."""
        return {
            "not_invoiced": "action_open_order",
            "late": "action_view_invoice",
            "voucher": "action_view_invoice",
            "refund": "action_view_invoice",
            "not_handed_over": "action_open_collections",
            "not_booked": "action_open_collections",
            "price": "action_open_order",
            "free": "action_open_order",
            "unmatched": "action_open_payments",
            "credited": "action_view_invoice",
            "less": "action_view_invoice",
        }

    @api.model
    def _get_mending(self):
        """``{code: method}`` to what mends it; later add-ons add theirs."""
        return {
            "not_invoiced": "action_open_invoice",
            "late": "action_accept_dialog",
            "voucher": "action_correct_invoice",
            "refund": "action_ask_for_parts",
            "not_handed_over": "action_handover",
            "not_booked": "action_book_money",
            "price": "action_open_approvals",
            "free": "action_open_approvals",
            "unmatched": "action_match",
            "credited": "action_ask_approval",
            "less": "action_ask_approval",
        }

    def action_document(self, code=False):
        """One click from an exception (default: the first) to its document."""
        return self._follow(self._get_documents(), code)

    def action_mend(self, code=False):
        """One click from an exception (default: the first) to what mends it."""
        return self._follow(self._get_mending(), code)

    def _follow(self, methods, code):
        self.check_access("read")
        self.ensure_one()
        codes = (self.codes or "").split(",")
        if code and code not in codes:
            raise UserError(
                self.env._(
                    "%s no longer has this exception. Reload the page.", self.name
                )
            )
        return getattr(self, methods.get(code or codes[0], "action_open_order"))()

    # -------------------------------------------------------------------------
    # DOCUMENTS
    # -------------------------------------------------------------------------

    def action_open_order(self):
        self.ensure_one()
        return self.order_id._get_records_action(name=self.name)

    def action_view_invoice(self):
        """The invoices and credit notes there are; none is made."""
        return self.order_id.action_view_invoices() or self.action_open_order()

    def action_open_collections(self):
        """The receipts of money taken for these orders."""
        taken = self.order_id.collection_ids.filtered(lambda c: c.state != "cancelled")
        return taken._get_records_action(name=self.env._("Money taken on site"))

    def action_open_payments(self):
        """The payments of these orders that match no invoice."""
        # Safe: ids only; they are opened with the user's own rights.
        orders = self.order_id.sudo()
        payments = orders.collection_ids.payment_id
        payments |= orders.invoice_ids.matched_payment_ids
        left = payments.filtered(lambda p: not p.is_reconciled) or payments
        return left.sudo(False)._get_records_action(name=self.env._("Payments"))

    def action_open_approvals(self):
        self.ensure_one()
        approvals = self.order_id.approval_ids
        if not approvals:
            return self.action_open_order()
        return approvals._get_records_action(name=self.env._("Approvals"))

    # -------------------------------------------------------------------------
    # MEND
    # -------------------------------------------------------------------------

    def action_accept_dialog(self):
        """Ask for the reason; nothing else mends what lies in the past."""
        self._check_accountant()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_fee_line_action_accept"
        )
        context = {
            "default_res_model": "aftersales.fee.line",
            "default_method": "action_accept",
            "default_res_ids": self.ids,
        }
        return {**action, "context": context}

    def action_open_invoice(self):
        """The invoices of the lines; one that is missing is made (as a draft)."""
        self._check_accountant()
        missing = self.filtered(lambda line: "not_invoiced" in (line.codes or ""))
        orders = missing.order_id.filtered(lambda o: o.charge_state == "to_invoice")
        if orders:
            orders.action_invoice()
        action = self.order_id.action_view_invoices()
        if not action:
            raise UserError(self.env._("There is no invoice and nothing to invoice."))
        return action

    def action_correct_invoice(self):
        """Credit the invoice that differs; Odoo's own dialog makes the new one."""
        self.ensure_one()
        self._check_accountant()
        # Safe: ids only; the dialog works with the user's own rights.
        invoices = self.order_id.sudo().invoice_ids.filtered(
            lambda m: m.move_type == "out_invoice" and m.state == "posted"
        )
        if len(invoices) != 1:
            return self.action_view_invoice()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_view_account_move_reversal"
        )
        context = {"active_model": "account.move", "active_ids": invoices.ids}
        return {**action, "context": context}

    def action_ask_approval(self):
        """Ask for what was given away; granted at once within the own limit."""
        self.ensure_one()
        self._check_accountant()
        self._lock_orders()
        kinds = {"credited": "credit", "less": "write_off"}
        for line, code, amount in self._get_open_amounts():
            if code in kinds:
                line.order_id._request_given(kinds[code], amount)
        self.env.flush_all()
        self.invalidate_model()
        return self.action_open_approvals()

    def action_ask_for_parts(self):
        """Ask for what was credited and did not come back: a to-do on the order."""
        self.ensure_one()
        self._check_accountant()
        order = self.order_id
        user = order.technician_id.user_id or order.team_id.supervisor_id
        summary = self.env._("Credited, but not returned: take the part back")
        # Safe: one to-do about an order of the desk; texts of others are not shown.
        waiting = order.sudo().activity_ids.filtered(lambda a: a.summary == summary)
        if waiting:
            user = waiting[:1].user_id
        else:
            order._notify_superior(user, summary)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "%(user)s has the to-do on %(order)s to take the part back.",
                    user=user.name or self.env.user.name,
                    order=order.name,
                ),
            },
        }

    def action_handover(self):
        """The handover of the technician who holds the money of this line."""
        self._check_accountant()
        collections = self.order_id.collection_ids.filtered(
            lambda c: c.state == "collected"
        )
        draft = collections.handover_id.filtered(lambda h: h.state == "draft")[:1]
        if draft:
            return draft._get_records_action(name=draft.name)
        cash = collections.filtered(lambda c: c._is_held())[:1]
        if not cash:
            raise UserError(self.env._("Nobody holds money of these orders."))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_handover_action"
        )
        context = {
            "default_technician_id": cash.technician_id.id,
            "default_company_id": cash.company_id.id,
            "default_currency_id": cash.currency_id.id,
        }
        return {**action, "views": [(False, "form")], "context": context}

    def action_book_money(self):
        """Book what is in the bank, or open the handover that was counted."""
        self._check_accountant()
        collections = self.order_id.collection_ids
        draft = collections.handover_id.filtered(lambda h: h.state == "draft")[:1]
        if draft:
            return draft._get_records_action(name=draft.name)
        collections.filtered(lambda c: c.method != "cash").action_book()
        return False

    def action_match(self):
        """Match the payments with the invoices of the same orders; else open them."""
        self._check_accountant()
        # Safe: an accountant matches what technicians took for these very orders.
        orders = self.order_id.sudo()
        collections = orders.collection_ids.filtered("payment_id")
        collections._lock_for_action()
        collections._match_invoices()
        payments = collections.payment_id
        payments |= orders.invoice_ids.matched_payment_ids
        left = payments.filtered(lambda p: not p.is_reconciled)
        return left.sudo(False)._get_records_action() if left else False
