from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount


class AftersalesOrder(models.Model):
    """Money the technician takes on site (SV-52)."""

    _inherit = "aftersales.order"

    collection_ids = fields.One2many(
        "aftersales.collection",
        "order_id",
        "Money taken on site",
        copy=False,
        guarded=True,
    )
    amount_collected = fields.Monetary(
        "Taken on site",
        compute="_compute_amount_collected",
        store=True,
        copy=False,
    )
    amount_to_collect = fields.Monetary(
        "Still to pay", compute="_compute_amount_to_collect", compute_sudo=True
    )

    @api.depends("collection_ids.amount", "collection_ids.state")
    def _compute_amount_collected(self):
        self._assign_grouped(
            "amount_collected",
            [
                sum(
                    collection.amount
                    for collection in order.collection_ids
                    if collection.state != "cancelled"
                )
                for order in self
            ],
        )

    @api.depends("amount_customer", "amount_collected", "charge_state")
    def _compute_amount_to_collect(self):
        """What may still be taken; nothing once the invoice is paid or credited."""
        for order in self:
            settled = order.charge_state in ("paid", "refunded")
            rest = order.amount_customer - order.amount_collected
            order.amount_to_collect = 0.0 if settled else max(rest, 0.0)

    def action_collect(self, amount, method, reference=False, request_key=False):
        """Record money taken from the customer; accounting turns it into a payment.

        The order is locked, what is open is looked up again, and the row of the order
        changes with it: two clicks cannot take the same money twice.

        :param amount: in the currency of the order
        :param method: code of a way of paying of the company (or its kind: ``cash``,
            ``qr``, ``card``, ``transfer``)
        :param reference: number of the receipt or the transaction
        :param request_key: any text unique to this click; a repeated call with the
            same key returns the first collection
        :return: aftersales.collection
        """
        self.ensure_one()
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("technician", "supervisor")
        technician = self._get_collecting_technician()
        self._lock_for_action()
        # Safe: rights were checked; collections are created in no other way.
        order = self.sudo()
        order.invalidate_recordset(["amount_collected"])
        known = request_key and order.collection_ids.filtered(
            lambda collection: collection.request_key == request_key
        )
        if known:
            return known.sudo(False)
        way = order._check_method(method, reference)
        amount = order._check_can_collect(amount)
        order._check_cash_limit(technician, amount, way.kind)
        collection = order.env["aftersales.collection"].create(
            {
                "order_id": order.id,
                "technician_id": technician.id,
                "amount": amount,
                "method_id": way.id,
                "method": way.kind,
                "reference": (reference or "").strip() or False,
                "request_key": request_key or False,
            }
        )
        order._log_reason(collection._taken_message(), False)
        return collection.sudo(False)

    def _get_collecting_technician(self):
        """Who holds the money: the user, or for a supervisor the one in charge."""
        own = self.env["aftersales.technician"].search(
            [
                ("user_id", "=", self.env.uid),
                ("company_id", "in", (self.company_id.id, False)),
            ],
            limit=1,
        )
        technician = own or self.technician_id
        if not own and not self.env.su:
            self.env["res.users"]._check_aftersales_role("supervisor")
        if not technician:
            raise AccessError(
                self.env._("Only a technician of the order can take money for it.")
            )
        return technician

    def _check_method(self, method, reference):
        """The way of paying behind a code, or say which there are."""
        methods = self.env["aftersales.collection.method"]
        way = methods._find(self.company_id, method)
        if not way:
            known = methods._get_methods(self.company_id)
            raise UserError(
                self.env._(
                    "Unknown way of paying “%(method)s”. Choose one of: %(known)s.",
                    method=method,
                    known=", ".join(known.mapped("code")),
                )
            )
        if way.needs_reference and not (reference or "").strip():
            raise UserError(
                self.env._(
                    "Enter the number of the transaction for %s.", way.display_name
                )
            )
        return way

    def _check_can_collect(self, amount):
        """Return the rounded amount, or say why nothing can be taken."""
        if self.state not in ("dispatched", "in_progress", "done"):
            raise UserError(self._blocked_message("collect", self))
        self._check_approved()
        try:
            amount = self.currency_id.round(float(amount))
        except (TypeError, ValueError):
            amount = 0.0
        if not self.currency_id.compare_amounts(amount, 0.0) > 0:
            raise UserError(self.env._("Enter the amount you have taken."))
        if self.currency_id.compare_amounts(amount, self.amount_to_collect) > 0:
            raise UserError(self._too_much_message())
        return amount

    def _check_cash_limit(self, technician, amount, method):
        """No more cash in one pocket than the company allows (SV-52)."""
        limit = self.company_id.aftersales_cash_limit
        if not limit or method != "cash":
            return
        technician._claim_cash()
        base = self.company_id.currency_id
        more = self.currency_id._convert(
            amount, base, self.company_id, self.company_id._aftersales_today()
        )
        held = technician._get_cash_in_company_currency(self.company_id)
        if base.compare_amounts(held + more, limit) > 0:
            raise UserError(
                self.env._(
                    "%(technician)s already holds %(held)s; the limit is %(limit)s. "
                    "Hand the money in first, or take it by QR code or card.",
                    technician=technician.name,
                    held=format_amount(self.env, held, base),
                    limit=format_amount(self.env, limit, base),
                )
            )

    def _too_much_message(self):
        return self.env._(
            "Only %(open)s is still to pay on %(order)s; %(taken)s has been taken "
            "already.",
            open=format_amount(self.env, self.amount_to_collect, self.currency_id),
            order=self.name,
            taken=format_amount(self.env, self.amount_collected, self.currency_id),
        )

    def _check_can_close(self):
        super()._check_can_close()
        # Safe: only names the technician who still holds the money.
        held = self.sudo().collection_ids.filtered(
            lambda collection: collection._is_held()
        )
        if held:
            raise UserError(
                self.env._(
                    "%(technician)s has not handed in the money taken on %(order)s. "
                    "Book the handover first.",
                    technician=held[0].technician_id.name,
                    order=held[0].order_id.name,
                )
            )

    def _check_can_cancel(self):
        super()._check_can_cancel()
        # Safe: only names the order.
        taken = self.sudo().collection_ids.filtered(
            lambda collection: collection.state != "cancelled"
        )
        if taken:
            raise UserError(
                self.env._(
                    "Money was taken on %(order)s. Cancel that collection first.",
                    order=taken[0].order_id.name,
                )
            )
