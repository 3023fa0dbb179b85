from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command
from odoo.tools import SQL, format_amount

from ..tools.claim import spread

PENDING_ENTRY = ("proposed", "approved")


class AftersalesSupplierClaimSettling(models.AbstractModel):
    """How the money of a claim comes in: credit note, replacement, deposit (WA-20).

    Nothing is typed: ``settled_amount`` is the sum of posted documents, ``open_amount``
    what is agreed and not settled. What is on its way (a draft credit note, a receipt
    that was not made, a proposed entry) is kept out of the next document, so nothing
    is asked for twice. Each document carries the claim and a key that is unique.
    """

    _name = "aftersales.supplier.claim.settling"
    _description = "Supplier claim: settlement"

    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    credit_note_ids = fields.One2many(
        "account.move",
        "aftersales_claim_id",
        "Vendor credit notes",
        readonly=True,
        copy=False,
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    picking_ids = fields.One2many(
        "stock.picking",
        "aftersales_claim_id",
        "Transfers",
        readonly=True,
        copy=False,
        groups="stock.group_stock_user",
    )
    entry_ids = fields.One2many(
        "aftersales.deposit.entry",
        "claim_id",
        "Deposit entries",
        readonly=True,
        copy=False,
        groups="aftersales_service.aftersales_service_group_supervisor,"
        "aftersales_service.aftersales_service_group_accountant,"
        "aftersales_warranty.aftersales_warranty_group_purchasing",
    )
    picking_count = fields.Integer("Number of transfers", compute="_compute_documents")
    credit_note_count = fields.Integer(
        "Number of credit notes", compute="_compute_documents"
    )
    has_deposit = fields.Boolean(compute="_compute_documents")
    settled_amount = fields.Monetary(
        "Recovered",
        compute="_compute_settled",
        help="From posted credit notes, received replacements and the deposit.",
    )
    open_amount = fields.Monetary("Still owed", compute="_compute_settled")
    pending_amount = fields.Monetary(
        "On its way",
        compute="_compute_settled",
        help="Credit notes and deposit entries that are not posted yet, replacements "
        "that have not arrived.",
    )
    lost_amount = fields.Monetary(
        "Lost",
        compute="_compute_settled",
        help="Claimed and never recovered, once the claim has ended.",
    )

    # -------------------------------------------------------------------------
    # FIGURES
    # -------------------------------------------------------------------------

    @api.model
    def _recoveries_sql(self):
        """One row per posted document: claim, line, kind, day, amount.

        Amounts are in the currency of the company. A deposit entry counts as far as
        the deposit paid it, or a payment settled what exceeded the deposit.
        """
        return SQL(
            """
            SELECT m.id * 8 AS id, m.aftersales_claim_id AS claim_id,
                   'credit_note' AS kind, m.date AS date,
                   m.amount_untaxed_signed AS amount
              FROM account_move m
             WHERE m.aftersales_claim_id IS NOT NULL AND m.state = 'posted'
            UNION ALL
            SELECT m.id * 8 + 1, o.aftersales_claim_id, 'credit_note', m.date,
                   m.amount_untaxed_signed
              FROM account_move m
              JOIN account_move o ON o.id = m.reversed_entry_id
             WHERE o.aftersales_claim_id IS NOT NULL AND m.state = 'posted'
            UNION ALL
            SELECT s.id * 8 + 2, l.claim_id, 'replacement',
                   (s.date AT TIME ZONE 'UTC')::date,
                   l.agreed_amount * least(s.quantity / nullif(l.quantity, 0), 1)
                   * CASE WHEN f.usage = 'supplier' THEN 1 ELSE -1 END
              FROM stock_move s
              JOIN aftersales_supplier_claim_line l
                ON l.id = s.aftersales_claim_line_id
              JOIN stock_location f ON f.id = s.location_id
             WHERE s.state = 'done'
            UNION ALL
            SELECT i.id * 8 + 3, e.claim_id, 'deposit', i.date,
                   e.claim_rate * CASE WHEN i.account_id = d.account_id
                       THEN i.amount_currency
                       ELSE i.amount_currency - i.amount_residual_currency END
              FROM aftersales_deposit_entry e
              JOIN aftersales_deposit d ON d.id = e.deposit_id
              JOIN account_move m ON m.aftersales_deposit_entry_id = e.id
              JOIN account_move_line i ON i.move_id = m.id
             WHERE e.claim_id IS NOT NULL AND m.state = 'posted'
               AND i.account_id IN (d.account_id, d.receivable_account_id)
            """
        )

    @api.model
    def _flush_recoveries(self):
        for name in (
            "account.move",
            "account.move.line",
            "stock.move",
            "aftersales.supplier.claim",
            "aftersales.supplier.claim.line",
            "aftersales.deposit.entry",
        ):
            self.env[name].flush_model()

    def _get_settled(self):
        """``{claim id: recovered}`` of stored claims, in one query."""
        if not self.ids:
            return {}
        self._flush_recoveries()
        rows = self.env.execute_query(
            SQL(
                "SELECT claim_id, sum(amount) FROM (%s) r WHERE claim_id IN %s"
                " GROUP BY claim_id",
                self._recoveries_sql(),
                tuple(self.ids),
            )
        )
        return {claim_id: float(amount or 0.0) for claim_id, amount in rows}

    @api.depends("state", "agreed_amount", "claimed_amount")
    def _compute_settled(self):
        settled = self._get_settled()
        for claim in self:
            currency = claim.currency_id
            amount = currency.round(settled.get(claim._origin.id, 0.0))
            owed = claim.agreed_amount if claim._is_owed() else 0.0
            claim.settled_amount = amount
            claim.open_amount = max(0.0, currency.round(owed - amount))
            claim.pending_amount = currency.round(sum(claim._get_pending().values()))
            ended = claim.state in ("settled", "lost")
            lost = currency.round(claim.claimed_amount - amount)
            claim.lost_amount = max(0.0, lost) if ended else 0.0

    def _is_owed(self):
        return self.state in ("accepted", "partly", "negotiated", "settled")

    def _get_pending(self):
        """``{line or False: amount}`` that is on its way."""
        # Safe: sums of the documents the claim itself made.
        claim = self.sudo()
        pending = {}
        for row in claim.credit_note_ids.filtered(
            lambda move: move.state == "draft"
        ).invoice_line_ids:
            key = row.aftersales_claim_line_id
            amount = row.currency_id._convert(
                row.price_subtotal,
                claim.currency_id,
                claim.company_id,
                row.move_id.invoice_date or fields.Date.today(),
            )
            pending[key] = pending.get(key, 0.0) + amount
        for move in claim.line_ids.replacement_move_ids.filtered(
            lambda move: move.state not in ("done", "cancel")
        ):
            line = move.aftersales_claim_line_id
            share = min(1.0, move.product_uom_qty / (line.quantity or 1.0))
            pending[line] = pending.get(line, 0.0) + line.agreed_amount * share
        for entry in claim.entry_ids:
            if entry.state in PENDING_ENTRY:
                amount = entry.amount * entry.claim_rate
                pending[False] = pending.get(False, 0.0) + amount
        return pending

    def _compute_documents(self):
        deposits = self.env["aftersales.deposit"].sudo()  # Safe: only whether one runs.
        found = deposits.search(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("state", "=", "running"),
            ]
        )
        running = {(row.partner_id, row.company_id) for row in found}
        for claim in self:
            documents = claim.sudo()  # Safe: counts of the claim's own documents.
            claim.picking_count = len(documents.picking_ids)
            claim.credit_note_count = len(documents.credit_note_ids)
            claim.has_deposit = (documents.partner_id, documents.company_id) in running

    def _get_open_by_line(self):
        """``{line: what is agreed, not settled and not on its way}``.

        Deposit entries belong to no line: they are taken from the first lines.
        """
        self.ensure_one()
        by_line = self._get_settled_by_line()
        for line, amount in self._get_pending().items():
            by_line[line] = by_line.get(line, 0.0) + amount
        rounded = self.currency_id.round
        lines = self.line_ids.filtered(lambda line: line.agreed_amount > 0)
        opened = {
            line: max(0.0, rounded(line.agreed_amount - by_line.get(line, 0.0)))
            for line in lines
        }
        loose = sum(
            amount for line, amount in by_line.items() if not line or line not in lines
        )
        over = sum(
            max(0.0, by_line.get(line, 0.0) - line.agreed_amount) for line in lines
        )
        return spread(loose + over, opened, rounded)

    def _get_settled_by_line(self):
        """``{line or False: recovered}``; what no document names is False."""
        moves = self.credit_note_ids.filtered(lambda move: move.state == "posted")
        found = {}
        for row in moves.invoice_line_ids:
            key = row.aftersales_claim_line_id
            found[key] = found.get(key, 0.0) - row.balance
        for move in self.line_ids.replacement_move_ids.filtered(
            lambda move: move.state == "done"
        ):
            line = move.aftersales_claim_line_id
            sign = 1 if move.location_id.usage == "supplier" else -1
            share = min(1.0, move.quantity / (line.quantity or 1.0)) * sign
            found[line] = found.get(line, 0.0) + line.agreed_amount * share
        rest = self._get_settled().get(self.id, 0.0) - sum(found.values())
        found[False] = found.get(False, 0.0) + self.currency_id.round(rest)
        return found

    # -------------------------------------------------------------------------
    # CHECKS
    # -------------------------------------------------------------------------

    def _check_agreed(self):
        """Only what the supplier has accepted, or was agreed, can be booked."""
        if wrong := self.filtered(
            lambda claim: claim.state not in ("accepted", "partly", "negotiated")
        ):
            raise UserError(self._blocked_message("settle", wrong))

    def _check_open(self, opened):
        self.ensure_one()
        if self.currency_id.is_zero(sum(opened.values())):
            raise UserError(
                self.env._(
                    "%(name)s: nothing is left to book. %(pending)s are on their way, "
                    "%(settled)s have come in.",
                    name=self.name,
                    pending=self._money(self.pending_amount),
                    settled=self._money(self.settled_amount),
                )
            )

    def _check_nothing_pending(self):
        for claim in self:
            if not claim.currency_id.is_zero(claim.pending_amount):
                raise UserError(
                    self.env._(
                        "%(name)s: %(amount)s are on their way. Post or cancel these "
                        "documents first.",
                        name=claim.name,
                        amount=claim._money(claim.pending_amount),
                    )
                )

    def _get_debts(self):
        """Journal items by which the supplier owes what exceeded its deposit."""
        accounts = self.entry_ids.deposit_id.receivable_account_id
        return self.entry_ids.move_ids.line_ids.filtered(
            lambda item: item.account_id in accounts and item.amount_residual > 0
        )

    def _check_no_debt_booked(self):
        """What the ledger shows as owed is not given up here."""
        for claim in self:
            if debts := claim._get_debts():
                raise UserError(
                    self.env._(
                        "%(name)s: the ledger shows %(amount)s as owed by "
                        "%(supplier)s. Collect it, or give the deposit entry back.",
                        name=claim.name,
                        amount=claim._money(sum(debts.mapped("amount_residual"))),
                        supplier=claim.partner_id.name,
                    )
                )

    def _check_not_below_settled(self):
        """A new answer never falls below what has come in or is on its way."""
        for claim in self:
            claim.invalidate_recordset(["settled_amount", "pending_amount"])
            taken = claim.currency_id.round(claim.settled_amount + claim.pending_amount)
            if claim.currency_id.compare_amounts(claim.agreed_amount, taken) < 0:
                raise UserError(
                    self.env._(
                        "%(name)s: %(taken)s have come in or are on their way, so "
                        "%(agreed)s is too little.",
                        name=claim.name,
                        taken=claim._money(taken),
                        agreed=claim._money(claim.agreed_amount),
                    )
                )

    def _money(self, amount):
        return format_amount(self.env, amount, self.currency_id)

    def _get_waiting_text(self):
        """Who has to do what with the documents that exist."""
        # Safe: only states of the claim's own documents.
        claim = self.sudo()
        if claim.credit_note_ids.filtered(lambda move: move.state == "draft"):
            return self.env._("Accounting posts the credit note")
        states = set(claim.entry_ids.mapped("state"))
        if "proposed" in states:
            return self.env._("A manager decides on the deposit entry")
        if "approved" in states:
            return self.env._("Accounting posts the deposit entry")
        if claim.line_ids.replacement_move_ids.filtered(
            lambda move: move.state not in ("done", "cancel")
        ):
            return self.env._("Wait for the replacement")
        owed = claim.open_amount
        if "posted" in states and not claim.currency_id.is_zero(owed):
            return self.env._("Collect what the supplier owes")
        return False

    # -------------------------------------------------------------------------
    # CREDIT NOTE
    # -------------------------------------------------------------------------

    def action_credit_note(self):
        """Draft vendor credit note over what is agreed and open, for accounting."""
        self.check_access("read")
        self._check_group("supervisor", "accountant")
        claims = self.sudo()  # Safe: rights were checked; accounting posts it.
        claims._lock_claim()
        claims._check_agreed()
        for claim in claims:
            opened = claim._get_open_by_line()
            claim._check_open(opened)
            moves = self.env["account.move"].sudo()  # Safe: as above.
            moves.with_company(claim.company_id).create(
                claim._prepare_credit_note(opened)
            )
        return self.action_view_credit_notes()

    def action_view_credit_notes(self):
        """The vendor credit notes, for those who may open them."""
        self.check_access("read")
        moves = self.env["account.move"]
        if not moves.has_access("read"):
            return True
        # Safe: only the ids; the reader opens them by his own rights.
        found = moves.browse(self.sudo().credit_note_ids.ids)
        return found._get_records_action(name=self.env._("Vendor credit notes"))

    def _prepare_credit_note(self, opened):
        number = len(self.credit_note_ids.filtered(lambda move: move.state != "cancel"))
        return {
            "move_type": "in_refund",
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": fields.Date.context_today(self),
            "invoice_origin": self.name,
            "ref": " ".join(filter(None, (self.name, self.reference))),
            "aftersales_claim_id": self.id,
            "aftersales_claim_key": f"credit:{number + 1}",
            "invoice_line_ids": [
                Command.create(self._prepare_credit_line(line, amount))
                for line, amount in opened.items()
                if not self.currency_id.is_zero(amount)
            ],
        }

    def _prepare_credit_line(self, line, amount):
        """Damages for cost carried: no tax unless accounting adds one."""
        return {
            "product_id": line.product_id.id,
            "name": f"{self.order_id.name} {line.name}",
            "quantity": 1.0,
            "price_unit": amount,
            "account_id": self._get_recovery_account(line).id,
            "tax_ids": [Command.clear()],
            "aftersales_claim_line_id": line.id,
        }

    def _get_recovery_account(self, line):
        """The company's account for recoveries, else the cost it was booked to."""
        company = self.company_id
        account = company.aftersales_claim_account_id
        if not account:
            treatments = self.env["aftersales.deposit.treatment"]
            account = treatments._find(company, "cost_recharge").account_id
        if not account and line.product_id:
            template = line.product_id.with_company(company).product_tmpl_id
            account = template.get_product_accounts()["expense"]
        if not account or not account.active:
            raise RedirectWarning(
                self.env._(
                    "%(company)s has no account for what suppliers pay back. Choose "
                    "one in the settings of after-sales.",
                    company=company.name,
                ),
                self.env.ref("aftersales_service.res_config_settings_action").id,
                self.env._("Open the settings"),
            )
        return account

    # -------------------------------------------------------------------------
    # REPLACEMENT
    # -------------------------------------------------------------------------

    def action_replacement(self):
        """A receipt for the parts the supplier sends instead of paying."""
        self.check_access("read")
        self._check_group("supervisor", "parts")
        claims = self.sudo()  # Safe: rights were checked above.
        claims._lock_claim()
        claims._check_agreed()
        for claim in claims:
            opened = claim._get_open_by_line()
            parts = {
                line: amount
                for line, amount in opened.items()
                if line.kind == "part" and not claim.currency_id.is_zero(amount)
            }
            claim._check_open(parts)
            claim._create_receipt(parts)
        return self.action_view_pickings()

    def _create_receipt(self, parts):
        warehouse = self._get_warehouse()
        if not warehouse:
            raise UserError(
                self.env._("%s has no warehouse.", self.company_id.display_name)
            )
        source = self.partner_id.with_company(self.company_id).property_stock_supplier
        kind = warehouse.in_type_id
        picking = self.env["stock.picking"].create(
            {
                "company_id": self.company_id.id,
                "picking_type_id": kind.id,
                "partner_id": self.partner_id.id,
                "location_id": source.id,
                "location_dest_id": kind.default_location_dest_id.id,
                "origin": f"{self.name} {self.order_id.name}",
                "aftersales_claim_id": self.id,
                "aftersales_claim_kind": "replacement",
                "move_ids": [
                    Command.create(
                        {
                            "product_id": line.product_id.id,
                            "product_uom": line.product_id.uom_id.id,
                            "product_uom_qty": line._get_open_quantity(amount),
                            "location_id": source.id,
                            "location_dest_id": kind.default_location_dest_id.id,
                            "company_id": self.company_id.id,
                            "aftersales_claim_line_id": line.id,
                        }
                    )
                    for line, amount in parts.items()
                ],
            }
        )
        picking.action_confirm()
        return picking

    # -------------------------------------------------------------------------
    # DEPOSIT
    # -------------------------------------------------------------------------

    def action_deduct(self):
        """Propose taking what is open from the deposit; a second click finds it."""
        self.ensure_one()
        self.check_access("read")
        self._check_group("supervisor", "accountant")
        claim = self.sudo()  # Safe: rights were checked above.
        claim._lock_claim()
        claim._check_agreed()
        pending = claim.entry_ids.filtered(lambda entry: entry.state in PENDING_ENTRY)
        if pending:
            return pending[0].with_env(self.env)._get_form_action()
        opened = claim._get_open_by_line()
        claim._check_open(opened)
        values = claim._prepare_entry(sum(opened.values()))
        [entry] = self.env["aftersales.deposit.entry"]._propose([values])
        return entry._get_form_action()

    def _prepare_entry(self, amount):
        deposit = self._get_deposit()
        today = fields.Date.context_today(self)
        own = self.currency_id._convert(
            amount, deposit.currency_id, self.company_id, today
        )
        done = self.entry_ids.filtered(lambda entry: entry.state != "cancelled")
        number = f":{len(done) + 1}" if done else ""
        return {
            "deposit_id": deposit.id,
            "kind": "claim",
            "amount": own,
            "claim_id": self.id,
            "claim_rate": amount / own if own else 1.0,
            "origin": f"claim:{self.id}{number}",
            "evidence": self._get_evidence(),
            "note": f"{self.name} {self.order_id.name}",
        }

    def _get_deposit(self):
        deposit = self.env["aftersales.deposit"].search(
            [
                ("partner_id", "=", self.partner_id.commercial_partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "running"),
            ],
            limit=1,
        )
        if not deposit:
            raise UserError(
                self.env._(
                    "%s has no running deposit agreement. Settle the claim by credit "
                    "note or replacement.",
                    self.partner_id.name,
                )
            )
        return deposit

    def _get_evidence(self):
        """Facts the supplier may ask for: the repair and the agreed lines."""
        rows = [
            f"{line.name}: {self._money(line.agreed_amount)}"
            for line in self.line_ids
            if line.agreed_amount
        ]
        head = self.env._(
            "Claim %(claim)s for %(order)s (%(serial)s), answered on %(day)s",
            claim=self.name,
            order=self.order_id.name,
            serial=self.serial or "–",
            day=self.answered_on or "–",
        )
        return "\n".join(filter(None, [head, self.note, *rows]))

    # -------------------------------------------------------------------------
    # END
    # -------------------------------------------------------------------------

    def action_close(self):
        """Everything agreed has come in.

        :raise UserError: names what is still owed
        """
        self.check_access("read")
        self._check_group("supervisor", "accountant")
        claims = self.sudo()  # Safe: rights were checked above.
        claims._lock_claim()
        for claim in claims:
            if claim.state == "partly":
                raise UserError(
                    self.env._(
                        "%(name)s: the supplier refuses %(amount)s. A manager "
                        "negotiates or gives that up first.",
                        name=claim.name,
                        amount=claim._money(
                            claim.claimed_amount - claim.accepted_amount
                        ),
                    )
                )
            claim._check_transition("settle")
            if not claim.currency_id.is_zero(claim.open_amount):
                raise UserError(
                    self.env._(
                        "%(name)s cannot be closed: %(supplier)s still owes "
                        "%(amount)s.",
                        name=claim.name,
                        supplier=claim.partner_id.name,
                        amount=claim._money(claim.open_amount),
                    )
                )
        claims._transition("settle")
        return True

    def _follow_documents(self):
        """A document was posted or taken back: settled, or open again."""
        # Safe: the consequence of what accounting or the warehouse was allowed to do.
        claims = self.sudo()
        if not claims:
            return
        claims._lock_claim()
        claims._try_settle()

    def _try_settle(self):
        """As superuser, the claim locked and read again."""
        self.invalidate_recordset()
        for claim in self:
            open_amount = claim.currency_id.is_zero(claim.open_amount)
            done = open_amount and not claim.currency_id.is_zero(claim.settled_amount)
            if claim.state in ("accepted", "negotiated") and done:
                claim._transition("settle")
            elif claim.state == "settled" and not open_amount:
                claim._transition("unsettle")
                claim.message_post(
                    body=self.env._(
                        "Open again: %s are owed.", claim._money(claim.open_amount)
                    )
                )
