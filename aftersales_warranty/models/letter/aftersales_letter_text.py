from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

from ...tools.letter import fill_html, fill_line


class AftersalesLetter(models.Model):
    """How a letter gets its text: template of its kind, placeholders filled (WA-29).

    Later add-ons and models extend ``_get_placeholder_labels`` and
    ``_get_placeholders`` together.
    """

    _inherit = "aftersales.letter"

    @api.model
    def _get_placeholder_labels(self):
        """``{name: what stands there}`` of all placeholders a text may use."""
        return {
            "supplier": self.env._("name of the supplier"),
            "company": self.env._("name of our company"),
            "number": self.env._("number of the letter it replaces or takes back"),
            "amount": self.env._("amount with its currency"),
            "due_on": self.env._("day until when something is due"),
            "agreement": self.env._("number of the deposit agreement"),
            "required": self.env._("required deposit"),
            "balance": self.env._("deposit held"),
            "entry": self.env._("number and kind of the deposit entry"),
            "from_deposit": self.env._("part taken from the deposit"),
            "owed": self.env._("part that exceeds the deposit"),
            "reason": self.env._("evidence or reason"),
            "complaints": self.env._("list of the complaints"),
            "issue": self.env._("issue complained about"),
            "count": self.env._("number of complaints"),
            "period": self.env._("month or year counted"),
            "next_step": self.env._("what comes next"),
            "notice": self.env._("number of the notice to serve on site"),
            "fault": self.env._("what is broken"),
            "product": self.env._("product and model"),
            "serials": self.env._("serial numbers"),
            "quantity": self.env._("how many"),
            "address": self.env._("where the supplier has to come"),
            "contact": self.env._("who opens the door"),
            "costs": self.env._("costs the supplier bears"),
        }

    def _get_placeholders(self):
        """``{name: text}`` of this letter, in its language; empty where unknown.

        Runs as superuser on one letter. Extend it for what a letter comes from.
        """
        self.ensure_one()
        values = dict.fromkeys(self._get_placeholder_labels(), "")
        deposit, entry = self.deposit_id, self.entry_id
        values.update(
            supplier=self.partner_id.name or "",
            company=self.company_id.name,
            number=self.supersedes_id.name or "",
            amount=self._format_money(self.amount),
            due_on=self._format_day(self.due_on),
            reason=self.reason or "",
        )
        if deposit:
            values.update(
                agreement=deposit.contract_reference or deposit.name,
                required=self._format_money(deposit.required_amount),
                balance=self._format_money(deposit.balance, zero=True),
            )
        if entry:
            values.update(
                entry=entry.with_context(lang=self.lang).display_name,
                reason=self.reason or entry.evidence or entry.note or "",
                complaints=self._describe_complaints(entry.complaint_ids),
            )
        if entry.state in ("posted", "reversed"):
            values.update(
                from_deposit=self._format_money(entry.deposit_amount),
                owed=self._format_money(entry.receivable_amount),
            )
        if self.notice_id:
            values.update(self.notice_id._get_letter_values(self.lang))
        return values

    def _format_money(self, amount, zero=False):
        if not amount and not zero:
            return ""
        return format_amount(self.env, amount, self.currency_id, lang_code=self.lang)

    def _format_day(self, day):
        return format_date(self.env, day, lang_code=self.lang) if day else ""

    def _describe_complaints(self, complaints):
        """One line each: number, day, product, serial; never the customer."""
        lines = []
        for complaint in complaints.with_context(lang=self.lang):
            parts = (
                complaint.name,
                self._format_day(
                    self.company_id._aftersales_day(complaint.received_at)
                ),
                complaint.category_id.name,
                complaint.product_id.display_name,
                complaint.asset_id.serial,
            )
            lines.append(" · ".join(part for part in parts if part))
        return "\n".join(lines)

    # -- filling ------------------------------------------------------------------

    def _fill_text(self):
        """Subject and body from the template, as superuser; drafts only."""
        templates = self.env["aftersales.letter.template"]
        found = {}
        for letter in self:
            key = (letter.company_id, letter.kind)
            if key not in found:
                found[key] = templates._find(*key)
            letter._fill_from(found[key])

    def _fill_from(self, template):
        template = template.with_context(lang=self.lang)
        if template.days and not self.due_on:
            today = self.company_id._aftersales_today()
            self.due_on = today + timedelta(days=template.days)
        values = self._get_placeholders()
        self.write(
            {
                "subject": fill_line(template.subject, values),
                "body": fill_html(template.body, values),
            }
        )

    def action_fill(self):
        """Write subject and body anew from the text of the kind; drafts only."""
        self.check_access("write")
        self._check_writer()
        if blocked := self.filtered(lambda letter: letter.state != "draft"):
            raise UserError(self._blocked_message("fill", blocked))
        # Safe: rights were checked; the text is about the letter's own origin.
        self.sudo()._fill_text()
        return True
