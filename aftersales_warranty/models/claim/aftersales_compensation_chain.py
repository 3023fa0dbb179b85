from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_amount, format_date

from odoo.addons.aftersales_service.tools.records import labels

ROW = Markup(
    "<tr><td class='text-nowrap'>%s</td><td><b>%s</b> %s</td>"
    "<td class='text-end text-nowrap'>%s</td></tr>"
)


class AftersalesCompensation(models.Model):
    """The whole chain on one page, for those who may not open entries (WA-27).

    Complaint, decision, payment to the customer, receivable, every recovery as it was
    matched, loss, end; drawn from the documents each time.
    """

    _inherit = "aftersales.compensation"

    chain = fields.Html(
        "From complaint to recovery",
        compute="_compute_chain",
        sanitize=False,
        help="Every step with its day, document and amount.",
    )
    next_step = fields.Char(compute="_compute_next_step")

    @api.depends("advance_move_id", "loss_move_id", "state", "entry_ids.state")
    @api.depends_context("lang")
    def _compute_chain(self):
        # Safe: numbers, days and amounts of the record's own documents.
        for row in self.sudo():
            if not row._origin:
                row.chain = False
                continue
            steps = [
                *row._get_steps_before(),
                *row._get_steps_paid(),
                *row._get_steps_recovered(),
                *row._get_steps_end(),
            ]
            body = Markup().join(row._format_step(*step) for step in steps)
            row.chain = Markup("<table class='table table-sm mb-0'>%s</table>") % body

    def _format_step(self, day, title, text="", amount=None):
        return ROW % (
            format_date(self.env, day) if day else "…",
            title,
            text or "",
            "" if amount is None else format_amount(self.env, amount, self.currency_id),
        )

    def _get_steps_before(self):
        complaint = self.complaint_id
        if complaint:
            day = self.company_id._aftersales_day(complaint.received_at)
            yield day, self.env._("Complaint"), complaint.name
        yield (
            self.date,
            self.env._("Proposed"),
            self.proposed_by_id.name,
            self.amount,
        )
        if self.approved_at:
            yield (
                self.company_id._aftersales_day(self.approved_at),
                self.env._("Approved"),
                self.approved_by_id.name,
            )

    def _get_steps_paid(self):
        document = self.payment_id.move_id or self.credit_note_id
        if document:
            waiting = "" if document.state == "posted" else self.env._("(draft)")
            yield (
                document.date,
                self.env._("Customer paid"),
                f"{document.name or ''} {self.customer_id.name} {waiting}",
                self.amount,
            )
        if self.advance_move_id:
            yield (
                self.advance_move_id.date,
                self.env._("Owed by the supplier"),
                f"{self.advance_move_id.name} {self.partner_id.name}",
                self.advanced,
            )

    def _get_steps_recovered(self):
        """What was matched with the receivable, oldest first; what still waits."""
        debt = self._get_debt()
        for match in debt.matched_credit_ids.sorted(lambda m: (m.max_date, m.id)):
            move = match.credit_move_id.move_id
            if move == self.loss_move_id:
                continue
            offset = move.aftersales_deposit_entry_id
            taken = offset.kind == "compensation"
            yield (
                match.credit_move_id.date,
                self.env._("Taken from the deposit")
                if taken
                else self.env._("Paid by the supplier"),
                f"{offset.name or ''} {move.name}",
                match.debit_amount_currency,
            )
        for entry in self.entry_ids.filtered(
            lambda e: e.state in ("proposed", "approved")
        ):
            states = labels(entry, "state")
            text = f"{entry.name} ({states[entry.state]})"
            yield False, self.env._("Offset waits"), text, entry.amount

    def _get_steps_end(self):
        if self.given_up_by_id:
            text = f"{self.given_up_by_id.name}: {self.given_up_reason}"
            yield False, self.env._("Given up"), text
        if self.loss_move_id:
            move = self.loss_move_id
            yield move.date, self.env._("Booked as a loss"), move.name, self.lost
        if self.state == "advanced" and not self.currency_id.is_zero(self.open_amount):
            text = self.partner_id.name
            yield False, self.env._("Still owed"), text, self.open_amount
        elif self.state == "closed":
            yield self.company_id._aftersales_day(self.write_date), self.env._("Closed")

    @api.depends("state", "entry_ids.state", "given_up_by_id", "advance_move_id")
    @api.depends_context("lang")
    def _compute_next_step(self):
        for row in self:
            row.next_step = row._get_next_step()

    def _get_next_step(self):
        """One sentence: what somebody has to do now."""
        if not self._origin:
            return False
        # Safe: only states of the record's own entries.
        states = set(self.sudo().entry_ids.mapped("state"))
        if self.state == "proposed":
            return self.env._("A manager decides")
        if self.state == "approved":
            return self.env._("Accounting pays the customer")
        if self.state != "advanced":
            return False
        if self.currency_id.is_zero(self.open_amount):
            return self.env._("Close it")
        if "approved" in states:
            return self.env._("Accounting posts the offset")
        if "proposed" in states:
            return self.env._("A manager decides on the offset")
        if self.given_up_by_id:
            return self.env._("Accounting books the loss")
        return self.env._("Offset against the deposit, or collect it")
