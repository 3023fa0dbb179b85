from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.aftersales_service.const import ALLOW_CHANGE


class AccountMove(models.Model):
    _inherit = "account.move"

    aftersales_return_id = fields.Many2one(
        "aftersales.return",
        "Return",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )
    aftersales_return_key = fields.Char(
        readonly=True, copy=False, help="What of the return this document books."
    )

    _aftersales_return_uniq = models.UniqueIndex(
        "(aftersales_return_id, aftersales_return_key) "
        "WHERE aftersales_return_id IS NOT NULL AND state != 'cancel'",
        "This return has been booked already.",
    )

    aftersales_deposit_entry_id = fields.Many2one(
        "aftersales.deposit.entry",
        "Deposit entry",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )
    aftersales_compensation_id = fields.Many2one(
        "aftersales.compensation",
        "Compensation",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )
    aftersales_deposit_key = fields.Char(
        readonly=True, copy=False, help="What of the deposit entry this books."
    )

    _aftersales_deposit_uniq = models.UniqueIndex(
        "(aftersales_deposit_entry_id, aftersales_deposit_key) "
        "WHERE aftersales_deposit_entry_id IS NOT NULL",
        "This deposit entry has been posted already.",
    )
    _aftersales_compensation_uniq = models.UniqueIndex(
        "(aftersales_compensation_id, aftersales_deposit_key) "
        "WHERE aftersales_compensation_id IS NOT NULL",
        "This compensation has been booked already.",
    )

    aftersales_claim_id = fields.Many2one(
        "aftersales.supplier.claim",
        "Supplier claim",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )
    aftersales_claim_key = fields.Char(
        readonly=True, copy=False, help="Which credit note of the claim this is."
    )

    aftersales_provision_id = fields.Many2one(
        "aftersales.warranty.provision",
        "Warranty provision",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )

    _aftersales_claim_uniq = models.UniqueIndex(
        "(aftersales_claim_id, aftersales_claim_key) "
        "WHERE aftersales_claim_id IS NOT NULL AND state != 'cancel'",
        "This claim has been credited already.",
    )

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._aftersales_follow_invoices()
        # Safe: the last step of an approved return; only its state follows.
        posted.sudo().aftersales_return_id._try_finish()
        posted._follow_aftersales_deposits()
        posted._follow_aftersales_claims()
        return posted

    def _aftersales_follow_invoices(self):
        """Invoices start and sell warranties; credit notes take sold ones back."""
        invoices = self.filtered(lambda move: move.move_type == "out_invoice")
        invoices.invoice_line_ids._aftersales_invoiced()
        refunds = self.filtered(lambda move: move.move_type == "out_refund")
        refunds.invoice_line_ids._aftersales_refunded()

    def button_draft(self):
        """The return follows: it is not done while its credit note is a draft."""
        result = super().button_draft()
        # Safe: accounting may reset its own entry; only the return's state follows.
        done = self.sudo().aftersales_return_id.filtered(lambda r: r.state == "done")
        if done:
            done._lock_for_action()
            done._transition("unfinish")
        self._follow_aftersales_deposits()
        self._follow_aftersales_claims()
        return result

    def action_view_aftersales_return(self):
        """Open the return this document books."""
        self.ensure_one()
        return self.aftersales_return_id._get_form_action()

    def _follow_aftersales_claims(self):
        """A claim is settled by what is posted, and open again by what is not."""
        # Safe: the last step of what accounting was allowed to do.
        moves = self.sudo()
        claims = moves.aftersales_claim_id | moves.reversed_entry_id.aftersales_claim_id
        claims._follow_documents()

    def action_view_aftersales_claim(self):
        """Open the supplier claim this credit note settles."""
        self.ensure_one()
        return self.aftersales_claim_id._get_action()

    # -------------------------------------------------------------------------
    # DEPOSITS
    # -------------------------------------------------------------------------

    def _follow_aftersales_deposits(self):
        """Items somebody booked by hand on a deposit: locked, never below zero."""
        if self.env.context.get("aftersales_change") is ALLOW_CHANGE:
            return
        deposits = self.env["aftersales.deposit"]._find_for_items(self.line_ids)
        deposits._follow_ledger()

    def _check_aftersales_links(self):
        super()._check_aftersales_links()
        if self.env.context.get("aftersales_change") is ALLOW_CHANGE:
            return
        self._check_aftersales_deposit()

    def _check_aftersales_deposit(self):
        # Safe: only the number of what the entry books is shown.
        for move in self.sudo():
            link = move.aftersales_deposit_entry_id or move.aftersales_compensation_id
            if link:
                raise UserError(
                    self.env._(
                        "This entry books %(name)s of a supplier's deposit. Reverse it "
                        "there, with a reason.",
                        name=link.name,
                    )
                )

    def write(self, vals):
        """A posted entry of a deposit stays posted, also over RPC."""
        if vals.get("state") in ("draft", "cancel"):
            posted = self.filtered(lambda move: move.state == "posted")
            if self.env.context.get("aftersales_change") is not ALLOW_CHANGE:
                posted._check_aftersales_deposit()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_aftersales_deposit(self):
        self._check_aftersales_deposit()
