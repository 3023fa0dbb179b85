from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command

from ...tools.records import open_records

PAID = ("paid", "in_payment")


class AftersalesOrder(models.Model):
    """Invoice and payment of a service order (SV-52, SV-53).

    One invoice per order, or one per customer and period. The invoice lines point to
    the order lines; everything else (``invoice_ids``, ``charge_state``) follows from
    them, so a draft that is deleted, an invoice that is cancelled and a credit note
    made by hand in accounting flow back by themselves.

    One invoice only: ``action_invoice`` locks the orders, looks again at
    ``charge_state`` and in the same transaction changes it in the locked row. A second
    transaction either finds the row locked (refused), or was opened before the first
    ended (PostgreSQL: serialization failure, Odoo repeats it, it finds nothing to
    invoice).
    """

    _inherit = "aftersales.order"

    invoice_ids = fields.Many2many(
        "account.move",
        "aftersales_order_account_move_rel",
        "order_id",
        "move_id",
        string="Invoices",
        compute="_compute_invoice_ids",
        store=True,
        copy=False,
    )
    invoice_count = fields.Integer(
        "Number of invoices", compute="_compute_invoice_count", compute_sudo=True
    )
    charge_state = fields.Selection(
        [
            ("nothing", "Nothing to invoice"),
            ("to_invoice", "To invoice"),
            ("invoiced", "Invoiced"),
            ("partial", "Partly paid"),
            ("paid", "Paid"),
            ("refunded", "Refunded"),
        ],
        "Invoicing",
        compute="_compute_charge_state",
        store=True,
        default="nothing",
        copy=False,
        tracking=True,
        index=True,
    )

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.depends("line_ids.invoice_line_ids.move_id")
    def _compute_invoice_ids(self):
        invoiced = self.filtered("line_ids.invoice_line_ids")
        (self - invoiced).invoice_ids = False
        for order in invoiced:
            order.invoice_ids = order.line_ids.invoice_line_ids.move_id

    @api.depends("invoice_ids")
    def _compute_invoice_count(self):
        for order in self:
            order.invoice_count = len(order.invoice_ids)

    @api.depends(
        "state",
        "line_ids.payer",
        "line_ids.customer_total",
        "line_ids.invoice_line_ids.parent_state",
        "line_ids.invoice_line_ids.price_total",
        "line_ids.invoice_line_ids.aftersales_settled",
        "invoice_ids.payment_state",
        "invoice_ids.amount_residual",
    )
    def _compute_charge_state(self):
        self._assign_grouped(
            "charge_state", [order._get_charge_state() for order in self]
        )

    def _get_charge_state(self):
        entries = self.line_ids.invoice_line_ids.filtered(
            lambda entry: not entry.aftersales_settled
        )
        live = entries._aftersales_live()
        if self._get_lines_to_invoice():
            return "to_invoice"
        if not live:
            return "nothing"
        if self._is_refunded(live, entries):
            return "refunded"
        net, rest = self._get_net_and_open(entries)
        drafts = any(state != "posted" for state in live.mapped("parent_state"))
        if not drafts and self.currency_id.compare_amounts(rest, 0.0) <= 0:
            return "paid"
        states = live.move_id.filtered(
            lambda move: move.payment_state != "reversed"
        ).mapped("payment_state")
        if all(state in PAID for state in states):
            return "paid"
        part = "partial" in states and self.currency_id.compare_amounts(net, rest) > 0
        if part or any(state in PAID for state in states):
            return "partial"
        return "invoiced"

    def _get_net_and_open(self, entries):
        """Posted invoices less credit notes, and what of it is open; own share."""
        net = rest = 0.0
        posted = entries.filtered(lambda entry: entry.parent_state == "posted")
        for move, lines in posted.grouped("move_id").items():
            sign = -1 if move.move_type == "out_refund" else 1
            mine = sum(lines.mapped("price_total"))
            net += sign * mine
            rest += sign * move.amount_residual * mine / (move.amount_total or 1.0)
        return net, rest

    def _is_refunded(self, live, entries):
        """Every invoice reversed, or credit notes posted for all that was invoiced."""
        if all(move.payment_state == "reversed" for move in live.move_id):
            return True
        credited = sum(
            entries.filtered(
                lambda entry: (
                    entry.move_id.move_type == "out_refund"
                    and entry.parent_state == "posted"
                )
            ).mapped("price_total")
        )
        invoiced = sum(live.mapped("price_total"))
        return self.currency_id.compare_amounts(credited, invoiced) >= 0

    def _get_lines_to_invoice(self):
        """Lines the customer pays that stand on no live invoice; done orders only."""
        states = ("done", "closed")
        if not any(order.state in states for order in self):
            return self.env["aftersales.order.line"]
        return self.line_ids.filtered(
            lambda line: line.order_id.state in states and line._is_to_invoice()
        )

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_invoice(self):
        """Invoice what the customers pay; one invoice per order (SV-52).

        Posted only when the company says so, else a draft for the accountant.

        :raise UserError: an order is not done, waits for approval or is invoiced
        :raise RedirectWarning: a setting of the company is missing
        """
        orders = self._lock_for_invoice()
        orders._create_invoices()
        return self.action_view_invoices()

    def action_invoice_collective(self):
        """One invoice per customer, currency, fiscal position and terms (SV-53)."""
        orders = self._lock_for_invoice()
        orders._create_invoices(collective=True)
        return self.action_view_invoices()

    def _lock_for_invoice(self):
        """Rights, lock, state; returns the orders to go on with as superuser."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("accountant", "supervisor")
        # Safe: rights and state are checked here; service people make drafts without
        # accounting rights, and nothing but the lines of these orders is invoiced.
        orders = self.sudo()
        orders._lock_for_action()
        orders.invalidate_recordset(["charge_state"])
        orders._check_can_invoice()
        return orders

    def _check_can_invoice(self):
        if early := self.filtered(lambda order: order.state not in ("done", "closed")):
            raise UserError(
                self.env._(
                    "Complete the work first, then invoice: %(orders)s.",
                    orders=", ".join(early[:5].mapped("name")),
                )
            )
        self._check_approved()
        if done := self.filtered(lambda order: order.charge_state != "to_invoice"):
            raise UserError(done[0]._not_to_invoice_message())

    def _not_to_invoice_message(self):
        if self.charge_state == "nothing":
            return self.env._(
                "There is nothing to invoice on %(order)s.", order=self.name
            )
        move = self.invoice_ids[:1]
        return self.env._(
            "%(order)s is already invoiced: %(invoice)s by %(user)s.",
            order=self.name,
            invoice=move.display_name,
            user=move.create_uid.name,
        )

    def action_invoice_again(self, reason=False):
        """After a full credit note: invoice the order anew (corrected invoice)."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("accountant", "supervisor")
        # Safe: only marks invoice and credit note of these orders as settled.
        orders = self.sudo()
        orders._lock_for_action()
        if wrong := orders.filtered(lambda order: order.charge_state != "refunded"):
            raise UserError(
                self.env._(
                    "%(order)s has no invoice that was credited in full.",
                    order=wrong[0].name,
                )
            )
        orders._settle_credited()
        orders._log_reason(self.env._("To be invoiced again"), reason)

    def _settle_credited(self):
        """Invoice and credit note cancel each other out; the lines are free again."""
        self.line_ids.invoice_line_ids.filtered(
            lambda entry: entry.parent_state == "posted"
        ).aftersales_settled = True

    def action_view_invoices(self):
        """Open the invoices and credit notes of the orders, for those who may."""
        self.check_access("read")
        # Safe: ids only; the list itself is opened with the user's own rights.
        moves = self.sudo().invoice_ids
        if not self.env["account.move"].has_access("read") or not moves:
            return False
        return open_records(
            self.env,
            "account.action_move_out_invoice_type",
            moves,
            context={"default_move_type": "out_invoice"},
        )

    # -------------------------------------------------------------------------
    # INVOICE
    # -------------------------------------------------------------------------

    def _create_invoices(self, collective=False):
        """Create the invoices in one batch per company.

        :param bool collective: one invoice for orders with the same customer,
            currency, fiscal position and terms instead of one each
        :return: account.move
        """
        moves = self.env["account.move"]
        for company, orders in self.grouped("company_id").items():
            orders = orders.with_company(company)
            orders._check_invoice_settings()
            values = orders._prepare_invoices(collective)
            created = orders.env["account.move"].create(values)
            if company.aftersales_invoice_policy == "posted":
                created._post(soft=False)
            moves |= created
        return moves

    def _prepare_invoices(self, collective):
        self.line_ids.fetch(["tax_ids"])  # one query; the loops below read the cache
        if not collective:
            return [order._prepare_invoice() for order in self]
        groups = self.sorted(lambda order: (order.called_at, order.id)).grouped(
            lambda order: order._get_invoice_key()
        )
        return [orders._prepare_collective_invoice() for orders in groups.values()]

    def _get_invoice_partner(self):
        address = self.partner_id.address_get(["invoice"])["invoice"]
        return self.env["res.partner"].browse(address)

    def _get_invoice_key(self):
        """Orders that may share an invoice."""
        return (
            self._get_invoice_partner(),
            self.currency_id,
            self.fiscal_position_id,
            self.payment_term_id,
        )

    def _prepare_invoice(self):
        """Values of the invoice; add-ons extend the dict."""
        return {
            "move_type": "out_invoice",
            "company_id": self.company_id.id,
            "partner_id": self._get_invoice_partner().id,
            "partner_shipping_id": (self.site_id or self.partner_id).id,
            "currency_id": self.currency_id.id,
            "fiscal_position_id": self.fiscal_position_id.id,
            "invoice_payment_term_id": self.payment_term_id.id,
            "invoice_origin": self.name,
            "ref": self.name,
            "delivery_date": self._get_service_date(),
            "invoice_line_ids": [
                Command.create(line._prepare_invoice_line())
                for line in self._get_lines_to_invoice().sorted()
            ],
        }

    def _prepare_collective_invoice(self):
        """One invoice with a section per order."""
        values = self[0]._prepare_invoice()
        lines, position = [], 0
        for order in self:
            position += 1
            lines.append(Command.create(order._prepare_section(position)))
            for line in order._get_lines_to_invoice().sorted():
                position += 1
                lines.append(
                    Command.create(line._prepare_invoice_line(sequence=position))
                )
        values.update(
            {
                "invoice_origin": ", ".join(self.mapped("name")),
                "ref": f"{self[0].name} … {self[-1].name}" if len(self) > 1 else False,
                "delivery_date": max(order._get_service_date() for order in self),
                "invoice_line_ids": lines,
            }
        )
        return values

    def _prepare_section(self, sequence):
        order = self.with_context(lang=self.partner_id.lang)
        parts = [
            order.name,
            str(order._get_service_date()),
            order.product_id.display_name,
            order.serial,
        ]
        return {
            "display_type": "line_section",
            "name": " · ".join(part for part in parts if part),
            "sequence": sequence,
        }

    def _get_service_date(self):
        """Day the work was done, by the company's clock."""
        return self.company_id._aftersales_day(self.done_at or fields.Datetime.now())

    def _check_invoice_settings(self):
        """Say which setting of the company is missing before anything is made."""
        company = self.company_id
        journal = self.env["account.journal"].search(
            [
                *self.env["account.journal"]._check_company_domain(company),
                ("type", "=", "sale"),
            ],
            limit=1,
        )
        if not journal:
            raise RedirectWarning(
                self.env._(
                    "%(company)s has no sales journal. Create one, then invoice.",
                    company=company.name,
                ),
                self.env.ref("account.action_account_journal_form").id,
                self.env._("Open the journals"),
            )
        self._check_income_accounts(journal)
        self._check_receivable_accounts()

    def _check_income_accounts(self, journal):
        for product in self._get_lines_to_invoice().product_id:
            account = product.product_tmpl_id.get_product_accounts()["income"]
            if not (account or journal.default_account_id).active:
                raise RedirectWarning(
                    self.env._(
                        "%(product)s has no income account in use in %(company)s. Set "
                        "it on the product category, or a default on the journal "
                        "%(journal)s.",
                        product=product.display_name,
                        company=self.company_id.name,
                        journal=journal.name,
                    ),
                    self.env.ref("account.action_account_journal_form").id,
                    self.env._("Open the journals"),
                )

    def _check_receivable_accounts(self):
        for partner in self.partner_id.commercial_partner_id:
            if partner.property_account_receivable_id.active:
                continue
            raise RedirectWarning(
                self.env._(
                    "%(partner)s has no receivable account in use in %(company)s. Set "
                    "it on the customer, or load a chart of accounts in the settings.",
                    partner=partner.display_name,
                    company=self.company_id.name,
                ),
                self.env.ref("account.action_account_config").id,
                self.env._("Open the settings"),
            )

    def _after_complete(self):
        """Invoice by itself where the company has chosen so (SV-52)."""
        super()._after_complete()
        # Safe: completion has checked rights and state; what is made is decided by
        # the policy of the company alone.
        automatic = self.sudo().filtered(
            lambda order: (
                order.company_id.aftersales_invoice_policy != "manual"
                and order.charge_state == "to_invoice"
            )
        )
        for orders in automatic.grouped("company_id").values():
            orders._invoice_automatically()

    def _invoice_automatically(self):
        """A missing accounting setting must not stop a technician on site.

        The orders stay “to invoice” and say why.
        """
        try:
            with self.env.cr.savepoint():
                self._create_invoices()
        except (UserError, RedirectWarning) as error:
            self._log_reason(
                self.env._("The invoice could not be made"), str(error.args[0])
            )

    # -------------------------------------------------------------------------
    # WHAT MONEY FORBIDS
    # -------------------------------------------------------------------------

    def _check_can_close(self):
        super()._check_can_close()
        if unbilled := self.filtered(lambda order: order.charge_state == "to_invoice"):
            raise UserError(
                self.env._(
                    "Invoice %(orders)s first; the customer still has to pay for it.",
                    orders=", ".join(unbilled[:5].mapped("name")),
                )
            )

    def _check_can_cancel(self):
        super()._check_can_cancel()
        self._check_no_invoice()

    def _check_can_reopen(self):
        super()._check_can_reopen()
        # Safe: only looks whether an invoice stands, and frees the credited one.
        orders = self.sudo()
        refunded = orders.filtered(lambda order: order.charge_state == "refunded")
        (orders - refunded)._check_no_invoice()
        refunded._settle_credited()

    def _check_no_invoice(self):
        """An invoice that stands is cancelled or credited in accounting first."""
        for order in self.sudo():  # Safe: only names the invoice in the way.
            entries = order.line_ids.invoice_line_ids
            live = entries._aftersales_live().filtered(
                lambda entry: not entry.aftersales_settled
            )
            if live and order.charge_state != "refunded":
                raise UserError(
                    self.env._(
                        "%(order)s is invoiced (%(invoice)s). Cancel the draft or make "
                        "a credit note first.",
                        order=order.name,
                        invoice=live[0].move_id.display_name,
                    )
                )
