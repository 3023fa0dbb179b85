from odoo import api, fields, models
from odoo.exceptions import RedirectWarning
from odoo.fields import Command


class AftersalesReturn(models.Model):
    """The money of a return: drafts that accounting posts (WA-11, Principle 5).

    A refund is Odoo's own reversal of the invoice with only these products, less the
    fee; without an invoice a credit note at the price on record. The difference of an
    exchange is an invoice or a credit note; compensation is a credit note on the
    expense account of the company's compensation product. Each document carries the
    return and a key, unique among those not cancelled: nothing is credited twice.
    """

    _inherit = "aftersales.return"

    invoice_ids = fields.One2many(
        "account.move",
        "aftersales_return_id",
        "Credit notes and invoices",
        readonly=True,
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    invoice_count = fields.Integer(
        "Number of documents", compute="_compute_money_state", store=True
    )
    money_state = fields.Selection(
        [
            ("none", "Nothing booked"),
            ("draft", "Draft for accounting"),
            ("posted", "Posted"),
        ],
        "Booking",
        compute="_compute_money_state",
        store=True,
        copy=False,
    )

    @api.depends("invoice_ids.state")
    def _compute_money_state(self):
        for row in self.sudo():  # Safe: counts and states of the return's documents.
            moves = row.invoice_ids.filtered(lambda move: move.state != "cancel")
            row.invoice_count = len(moves)
            if not moves:
                row.money_state = "none"
            elif all(move.state == "posted" for move in moves):
                row.money_state = "posted"
            else:
                row.money_state = "draft"

    def _is_money_done(self):
        """Nothing to book, or all of it posted."""
        if any(line._is_to_book() for line in self.line_ids):
            return False
        return self.money_state != "draft"

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_create_documents(self):
        """Make the drafts now: before the goods are back, or after one was deleted."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor", "accountant")
        self._lock_for_action()
        self._check_transition("finish")
        self._check_settings()
        # Safe: rights and state were checked; amounts were approved.
        for row in self.sudo():
            row._create_documents()
            row._touch()
        return True

    def _touch(self):
        """UPDATE the locked row: a second transaction must not act on the old state."""
        self.write({"started_at": self.started_at})

    def action_view_invoices(self):
        """Open the credit notes and invoices, for those who may."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_refund_type"
        )
        action["domain"] = [("aftersales_return_id", "in", self.ids)]
        action["context"] = {}
        return action

    # -------------------------------------------------------------------------
    # DOCUMENTS
    # -------------------------------------------------------------------------

    def _create_documents(self):
        """Every line that is not booked yet, as superuser; one document per origin."""
        self.ensure_one()
        row = self.with_company(self.company_id)
        # A document cancelled just now makes room for its successor.
        row.invoice_ids.flush_recordset(["state"])
        todo = row.line_ids.filtered(lambda line: line._is_to_book())
        if row.kind == "refund":
            invoiced = todo.filtered(lambda line: line.price_source == "invoice")
            for invoice, lines in invoiced.grouped(
                lambda line: line.invoice_line_id.move_id
            ).items():
                row._reverse_invoice(invoice, lines)
            todo -= invoiced
        for sign, lines in todo.grouped(
            lambda line: line.currency_id.compare_amounts(line.amount, 0)
        ).items():
            row._create_document(lines, "out_refund" if sign > 0 else "out_invoice")

    def _reverse_invoice(self, invoice, lines):
        """Odoo's reversal of the invoice, with only the products given back."""
        refund = invoice._reverse_moves([self._prepare_reversal(invoice)])
        by_origin = lines.grouped("invoice_line_id")
        # Odoo copies the lines in their order, notes and sections included.
        pairs = zip(
            invoice.invoice_line_ids.sorted(lambda ln: (ln.sequence, ln.id)),
            refund.invoice_line_ids.sorted(lambda ln: (ln.sequence, ln.id)),
            strict=True,
        )
        commands, booked = [], {}
        for origin, copy in pairs:
            if origin not in by_origin:
                commands.append(Command.delete(copy.id))
                continue
            booked[origin] = copy
            quantity = self._invoice_quantity(origin, by_origin[origin])
            commands.append(Command.update(copy.id, {"quantity": quantity}))
        commands += [
            Command.create(self._prepare_fee_line(origin, group))
            for origin, group in by_origin.items()
            if sum(group.mapped("fee"))
        ]
        refund.write({"invoice_line_ids": commands})
        if any(lines.mapped("fee")):
            self._round_document(refund, lines)
        for origin, group in by_origin.items():
            group.write({"credit_line_id": booked[origin].id})
        return refund

    def _prepare_reversal(self, invoice):
        # Documents are in the customer's language.
        row = self.with_context(lang=self.partner_id.lang)
        return {
            "ref": row.env._(
                "Return %(name)s of %(invoice)s", name=self.name, invoice=invoice.name
            ),
            "invoice_date": self.company_id._aftersales_today(),
            "invoice_origin": self.name,
            "invoice_payment_term_id": False,
            "aftersales_return_id": self.id,
            "aftersales_return_key": f"reversal:{invoice.id}",
        }

    @api.model
    def _invoice_quantity(self, origin, lines):
        """Stock units of the lines in the unit of the invoice line."""
        return origin.product_id.uom_id._compute_quantity(
            sum(lines.mapped("quantity")), origin.product_uom_id, round=False
        )

    def _prepare_fee_line(self, origin, lines):
        """The fee with the taxes of the line it comes off."""
        company = self.company_id
        product = company.aftersales_return_fee_product_id
        fee = sum(lines.mapped("fee"))
        texts = {line.fee_text for line in lines if line.fee_text}
        values = {
            "name": " · ".join(sorted(texts)) or self.env._("Fee"),
            "quantity": 1.0,
            "price_unit": -self._without_tax(fee, origin.tax_ids, origin.currency_id),
            "tax_ids": [Command.set(origin.tax_ids.ids)],
        }
        if product:
            return {**values, "product_id": product.id}
        return {**values, "account_id": origin.account_id.id}

    @api.model
    def _without_tax(self, amount, taxes, currency):
        """The unit price to enter so that the total with these taxes is the amount."""
        if not taxes:
            return amount
        details = taxes.flatten_taxes_hierarchy()._get_tax_details(
            amount,
            1.0,
            precision_rounding=currency.rounding,
            special_mode="total_included",
        )
        included = sum(
            data["tax_amount"]
            for data in details["taxes_data"]
            if data["tax"].price_include
        )
        return currency.round(details["total_excluded"] + included)

    def _create_document(self, lines, move_type):
        """A document of its own where there is no invoice to reverse."""
        key = f"{move_type}:{'-'.join(map(str, sorted(lines.ids)[:1]))}"
        move = self.env["account.move"].create(
            {
                "move_type": move_type,
                "company_id": self.company_id.id,
                "partner_id": self.partner_id.address_get(["invoice"])["invoice"],
                "currency_id": self.currency_id.id,
                "invoice_origin": self.name,
                "ref": self.name,
                "invoice_date": self.company_id._aftersales_today()
                if move_type == "out_refund"
                else False,
                "aftersales_return_id": self.id,
                "aftersales_return_key": key,
                "invoice_line_ids": [
                    Command.create(line._prepare_document_line(move_type))
                    for line in lines
                ],
            }
        )
        for line, entry in zip(lines, move.invoice_line_ids, strict=True):
            line.credit_line_id = entry
        self._round_document(move, lines)
        return move

    @api.model
    def _round_document(self, move, lines):
        """Taxes round by themselves: a line of cents makes it the figure approved."""
        currency = move.currency_id
        rest = currency.round(abs(sum(lines.mapped("amount"))) - move.amount_total)
        products = move.invoice_line_ids.filtered("account_id")
        # Each line may be half a cent off, and its tax as well; more is no rounding.
        limit = currency.rounding * (len(lines) + len(products))
        if currency.is_zero(rest) or abs(rest) > limit:
            return
        line = {
            "name": self.env._("Rounding"),
            "quantity": 1.0,
            "price_unit": rest,
            "account_id": products[-1:].account_id.id,
            "tax_ids": [Command.clear()],
        }
        move.write({"invoice_line_ids": [Command.create(line)]})

    def _check_settings(self):
        """Compensation has an account of its own (Reliability 39)."""
        for row in self.sudo():  # Safe: settings of the return's own company.
            company = row.company_id
            if (
                row.kind == "compensation"
                and not company.aftersales_compensation_product_id
            ):
                raise RedirectWarning(
                    self.env._(
                        "%(company)s has no product for compensation. Choose one in "
                        "the settings of after-sales; its expense account takes it.",
                        company=company.name,
                    ),
                    self.env.ref("base_setup.action_general_configuration").id,
                    self.env._("Open the settings"),
                )
            journal = self.env["account.journal"].sudo()
            if not journal.search_count(
                [
                    *journal._check_company_domain(company),
                    ("type", "=", "sale"),
                ],
                limit=1,
            ):
                raise RedirectWarning(
                    self.env._(
                        "%(company)s has no sales journal. Create one first.",
                        company=company.name,
                    ),
                    self.env.ref("account.action_account_journal_form").id,
                    self.env._("Open the journals"),
                )
