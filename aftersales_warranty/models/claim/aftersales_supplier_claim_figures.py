from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_amount

from ...const import AGREED, PENDING_ENTRY
from ...tools.claim import spread
from ...tools.clock import day_sql


class AftersalesSupplierClaim(models.Model):
    """What of a claim has come in, is on its way and still owed (WA-20).

    Nothing is typed: ``settled_amount`` is the sum of posted documents, ``open_amount``
    what is agreed and not settled. What is on its way (a draft credit note, a receipt
    that was not made, a proposed entry) is kept out of the next document, so nothing
    is asked for twice. Both are read for all claims in one query each.
    """

    _inherit = "aftersales.supplier.claim"

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
                   %(moved_on)s,
                   l.agreed_amount * least(s.quantity / nullif(l.quantity, 0), 1)
                   * CASE WHEN f.usage = 'supplier' THEN 1 ELSE -1 END
              FROM stock_move s
              JOIN aftersales_supplier_claim_line l
                ON l.id = s.aftersales_claim_line_id
              JOIN stock_location f ON f.id = s.location_id
              JOIN res_company o ON o.id = s.company_id
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
            """,
            moved_on=day_sql("s.date", "o"),
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
        self.env["res.company"].flush_model(["aftersales_tz"])

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
        settled, pending = self._get_settled(), self._get_pending()
        for claim in self:
            currency = claim.currency_id
            amount = currency.round(settled.get(claim._origin.id, 0.0))
            waiting = pending.get(claim._origin.id, {})
            owed = claim.agreed_amount if claim._is_owed() else 0.0
            claim.settled_amount = amount
            claim.open_amount = max(0.0, currency.round(owed - amount))
            claim.pending_amount = currency.round(sum(waiting.values()))
            ended = claim.state in ("settled", "lost")
            lost = currency.round(claim.claimed_amount - amount)
            claim.lost_amount = max(0.0, lost) if ended else 0.0

    def _is_owed(self):
        return self.state in (*AGREED, "settled")

    @api.model
    def _pending_sql(self):
        """One row per document on its way: claim, line or null, amount.

        Draft credit notes, replacements that have not arrived, deposit entries that
        are not posted; in the currency of the company.
        """
        return SQL(
            """
            SELECT m.aftersales_claim_id AS claim_id,
                   i.aftersales_claim_line_id AS line_id, -i.balance AS amount
              FROM account_move m
              JOIN account_move_line i ON i.move_id = m.id
             WHERE m.aftersales_claim_id IS NOT NULL AND m.state = 'draft'
               AND i.display_type = 'product'
            UNION ALL
            SELECT l.claim_id, l.id, l.agreed_amount
                   * least(s.product_uom_qty / coalesce(nullif(l.quantity, 0), 1), 1)
              FROM stock_move s
              JOIN aftersales_supplier_claim_line l
                ON l.id = s.aftersales_claim_line_id
             WHERE s.state NOT IN ('done', 'cancel')
            UNION ALL
            SELECT e.claim_id, NULL, e.amount * e.claim_rate
              FROM aftersales_deposit_entry e
             WHERE e.claim_id IS NOT NULL AND e.state IN %s
            """,
            PENDING_ENTRY,
        )

    def _get_pending(self):
        """``{claim id: {line id or None: amount}}`` on its way, in one query."""
        if not self.ids:
            return {}
        self._flush_recoveries()
        pending = {}
        for claim_id, line_id, amount in self.env.execute_query(
            SQL(
                "SELECT claim_id, line_id, sum(amount) FROM (%s) p WHERE claim_id IN %s"
                " GROUP BY claim_id, line_id",
                self._pending_sql(),
                tuple(self.ids),
            )
        ):
            pending.setdefault(claim_id, {})[line_id] = float(amount or 0.0)
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
        for line_id, amount in self._get_pending().get(self.id, {}).items():
            line = self.line_ids.browse(line_id) if line_id else False
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
        if wrong := self.filtered(lambda claim: claim.state not in AGREED):
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
