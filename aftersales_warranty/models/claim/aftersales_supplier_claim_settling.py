from odoo import models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command

from ...const import PENDING_ENTRY


class AftersalesSupplierClaim(models.Model):
    """How the money of a claim comes in: credit note, replacement, deposit (WA-20).

    Each document carries the claim and a key that is unique.
    """

    _inherit = "aftersales.supplier.claim"

    # -------------------------------------------------------------------------
    # CREDIT NOTE
    # -------------------------------------------------------------------------

    def action_credit_note(self):
        """Draft vendor credit note over what is agreed and open, for accounting."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor", "accountant")
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
            "invoice_date": self.company_id._aftersales_today(),
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
        self.env["res.users"]._check_aftersales_role("supervisor", "parts")
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
        self.env["res.users"]._check_aftersales_role("supervisor", "accountant")
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
        today = self.company_id._aftersales_today()
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
        self.env["res.users"]._check_aftersales_role("supervisor", "accountant")
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
