import logging
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from ...const import OPEN_STATES
from ...tools.records import labels
from ...tools.text import clean_text

_logger = logging.getLogger(__name__)


class AftersalesOrder(models.Model):
    """Quotation of a service order: sent, accepted or refused (SV-51).

    ``quote_lines`` remembers what the customer saw. Any change of it takes a sent
    quotation back; an accepted one holds as long as the customer pays no more and for
    no other article than accepted.
    """

    _inherit = "aftersales.order"

    quote_state = fields.Selection(
        [
            ("none", "No quotation"),
            ("sent", "Sent"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
        ],
        "Quotation",
        default="none",
        required=True,
        copy=False,
        readonly=True,
        tracking=True,
    )
    quote_sent_at = fields.Datetime("Quotation sent on", copy=False, readonly=True)
    quote_valid_until = fields.Date("Valid until", copy=False, readonly=True)
    quote_decided_at = fields.Datetime("Decided on", copy=False, readonly=True)
    quote_decided_by = fields.Char("Decided by", copy=False, readonly=True)
    quote_refused_reason = fields.Char("Refused because", copy=False, readonly=True)
    quote_signature = fields.Binary(
        "Signature of the quotation", copy=False, attachment=True, readonly=True
    )
    quote_amount = fields.Monetary("Quoted", copy=False, readonly=True)
    quote_lines = fields.Json("Quoted lines", copy=False, readonly=True)
    quote_is_expired = fields.Boolean(
        "Quotation expired", compute="_compute_quote_is_expired"
    )

    @api.depends("quote_state", "quote_valid_until")
    def _compute_quote_is_expired(self):
        for order in self:
            order.quote_is_expired = (
                order.quote_state == "sent"
                and order.quote_valid_until
                and order.quote_valid_until < order.company_id._aftersales_today()
            )

    # -------------------------------------------------------------------------
    # WHY THIS PRICE
    # -------------------------------------------------------------------------

    def action_explain_approval(self, reason=False):
        """Say why a price or gift is asked for, while somebody has to decide (SV-50).

        :raise UserError: no reason, or nothing waits for a decision
        """
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("operator", "technician")
        reason = clean_text(reason).strip()
        if not reason:
            raise UserError(self.env._("Say why the price should differ."))
        # Safe: the text of requests about orders the user may write.
        waiting = self.sudo().approval_ids.filtered(
            lambda approval: approval.state == "pending" and approval.line_id
        )
        if not waiting:
            raise UserError(self.env._("Nothing waits for a decision any more."))
        waiting._lock_for_action()
        waiting.filtered(lambda a: a.state == "pending")._explain(reason)

    # -------------------------------------------------------------------------
    # SEND
    # -------------------------------------------------------------------------

    def action_quote(self):
        """Send the quotation by mail with the link to the portal (SV-51).

        A customer without an address is told on paper or on the spot; the state is
        the same.

        :raise UserError: wrong state, waits for approval, or nothing to pay
        """
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("operator", "technician")
        self._lock_for_action()
        self._check_can_quote()
        for order in self.sudo():  # Safe: rights and state were checked above.
            order.write(order._prepare_quote_values())
            order._portal_ensure_token()
            order._send_quote()
        return True

    def _check_can_quote(self):
        if blocked := self.filtered(lambda order: order.state not in OPEN_STATES):
            raise UserError(self._blocked_message("quote", blocked))
        self._check_approved()
        if free := self.filtered(
            lambda order: order.currency_id.is_zero(order.amount_customer)
        ):
            raise UserError(
                self.env._(
                    "There is nothing to pay on %(orders)s; no quotation is needed.",
                    orders=", ".join(free[:5].mapped("name")),
                )
            )

    def _prepare_quote_values(self):
        days = self.company_id.aftersales_quote_days
        return {
            "quote_state": "sent",
            "quote_sent_at": fields.Datetime.now(),
            "quote_valid_until": self.company_id._aftersales_today()
            + timedelta(days=days),
            "quote_decided_at": False,
            "quote_decided_by": False,
            "quote_refused_reason": False,
            "quote_signature": False,
            "quote_amount": self.amount_customer,
            "quote_lines": self._get_quote_lines(),
        }

    def _get_quote_lines(self):
        """What the customer pays for, in a form that can be compared later."""
        return sorted(
            [
                line.product_id.id,
                round(line.quantity, 6),
                round(line._get_charged_price(), 6),
                sorted(line.tax_ids.ids),
            ]
            for line in self.line_ids
            if line._is_charged()
        )

    def _send_quote(self):
        """Mail with the quotation attached; without an address only a note."""
        if not self.partner_id.email:
            self._log_reason(
                self.env._("Quotation made; the customer has no e-mail address"), False
            )
            return
        self.message_post_with_source(
            "aftersales_service.mail_template_quote",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            email_layout_xmlid="mail.mail_notification_layout_with_responsible_signature",
            **self._prepare_quote_attachment(),
        )

    def _prepare_quote_attachment(self):
        """The PDF, when the printing engine works; the portal link is there anyway."""
        report = self._get_paper("quotation")
        if not report:
            return {}
        lang = self.partner_id.lang or self.env.lang
        try:
            content, kind = report.with_context(lang=lang)._render_qweb_pdf(
                report.report_name, self.ids
            )
        except UserError as error:
            _logger.info("Quotation %s goes without PDF: %s", self.name, error)
            return {}
        attachment = self.env["ir.attachment"].create(
            {
                "name": self.env._("Quotation %s", self.name) + f".{kind}",
                "raw": content,
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        return {"attachment_ids": [fields.Command.link(attachment.id)]}

    def _get_paper(self, name):
        """Report action of a paper (quotation, voucher …), empty when there is none."""
        for xmlid in (f"action_report_{name}", f"report_{name}"):
            report = self.env.ref(f"aftersales_service.{xmlid}", False)
            if report and report._name == "ir.actions.report":
                return report.sudo()  # Safe: the report of an order already checked.
        return self.env["ir.actions.report"]

    # -------------------------------------------------------------------------
    # ACCEPT, REFUSE
    # -------------------------------------------------------------------------

    def action_accept_quote(self, signed_by, signature=False):
        """The customer accepts on paper or on the technician's screen.

        :param signed_by: name of the person
        :param signature: base64 of the image; empty when accepted on paper
        """
        self.ensure_one()
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("operator", "technician")
        # Safe: rights checked; the decision is written nowhere else.
        self.sudo()._accept_quote(signed_by, signature)
        return True

    def _accept_quote(self, signed_by, signature):
        self._lock_for_action()
        self.invalidate_recordset(["quote_state"])
        self._check_can_decide_quote(("none", "sent"))
        self._check_can_quote()
        if not (signed_by or "").strip():
            raise UserError(self.env._("The name of the person who accepts is needed."))
        self.write(
            {
                **self._prepare_quote_decision("accepted", signed_by),
                "quote_signature": signature,
                "quote_amount": self.amount_customer,
                "quote_lines": self._get_quote_lines(),
                "quote_sent_at": self.quote_sent_at or fields.Datetime.now(),
            }
        )
        self._log_reason(
            self.env._(
                "Quotation of %(amount)s accepted by %(name)s",
                amount=format_amount(self.env, self.quote_amount, self.currency_id),
                name=self.quote_decided_by,
            ),
            False,
        )

    def _prepare_quote_decision(self, state, name):
        return {
            "quote_state": state,
            "quote_decided_by": (name or "").strip(),
            "quote_decided_at": fields.Datetime.now(),
        }

    def _check_can_decide_quote(self, states):
        if self.state not in OPEN_STATES:
            raise UserError(self._blocked_message("quote", self))
        if self.quote_state not in states:
            words = labels(self, "quote_state")
            raise UserError(
                self.env._(
                    "The quotation of %(order)s cannot be decided now (%(state)s).",
                    order=self.name,
                    state=words[self.quote_state],
                )
            )
        if self.quote_is_expired:
            raise UserError(
                self.env._(
                    "The quotation of %(order)s was valid until %(day)s. A new one has "
                    "to be sent.",
                    order=self.name,
                    day=self.quote_valid_until,
                )
            )

    def action_refuse_quote(self, reason=False):
        """The customer refuses: only the inspection is charged (SV-51)."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("operator", "technician")
        for order in self.sudo():  # Safe: rights were checked above.
            if order.quote_state == "none":
                # Read on the technician's screen and refused on the spot.
                order._lock_for_action()
                order._check_can_quote()
                order.write(order._prepare_quote_values())
            order._refuse_quote(reason, order.partner_id.name)
        return True

    def _refuse_quote(self, reason, name):
        self._lock_for_action()
        self.invalidate_recordset(["quote_state"])
        self._check_can_refuse_quote()
        self.write(
            {
                **self._prepare_quote_decision("refused", name),
                "quote_refused_reason": (reason or "").strip() or False,
            }
        )
        removed = self._get_refused_lines()
        self._log_refusal(removed, reason)
        removed.unlink()
        self._add_inspection_fee()

    def _check_can_refuse_quote(self):
        if self.state not in OPEN_STATES:
            raise UserError(self._blocked_message("quote", self))
        if self.quote_state not in ("sent", "accepted"):
            raise UserError(
                self.env._("%(order)s has no quotation to refuse.", order=self.name)
            )
        if self.signed_at:
            raise UserError(
                self.env._(
                    "The customer has signed %(order)s. Withdraw the signature first.",
                    order=self.name,
                )
            )

    def _get_refused_lines(self):
        """Everything the customer would pay, except parts already fitted."""
        return self.line_ids.filtered(
            lambda line: (
                line._is_charged() and "done" not in line.move_ids.mapped("state")
            )
        )

    def _log_refusal(self, lines, reason):
        rows = Markup().join(
            Markup("<li>%s × %s: %s</li>")
            % (
                line.quantity,
                line.name,
                format_amount(self.env, line.customer_total, self.currency_id),
            )
            for line in lines
        )
        title = self.env._("Quotation refused: %s", (reason or "").strip() or "–")
        body = Markup("<p>%s</p><ul>%s</ul>") % (title, rows)
        self._message_log(body=body)

    def _add_inspection_fee(self):
        """One line with the inspection, priced from the list as any other."""
        product = self.company_id.aftersales_inspection_product_id
        if not product:
            self._log_reason(
                self.env._(
                    "No inspection fee is charged: its product is missing in the "
                    "settings of the company"
                ),
                False,
            )
            return
        if product not in self.line_ids.product_id:
            self._add_lines([self._prepare_line_values("other", product, 1.0)])

    # -------------------------------------------------------------------------
    # CHANGES AFTERWARDS
    # -------------------------------------------------------------------------

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"service_type", "misuse", "cause_id", "fiscal_position_id"}:
            self._reset_changed_quotes()
        return result

    def _reset_changed_quotes(self):
        """A quotation that is no longer true has to be sent again."""
        # Safe: a consequence of a change the user was allowed to make.
        for order in self.sudo().filtered(
            lambda order: order.quote_state in ("sent", "accepted")
        ):
            if order._is_quote_outdated():
                order.write({"quote_state": "none", "quote_signature": False})
                order._log_reason(
                    self.env._(
                        "What the customer pays has changed: the quotation of "
                        "%(amount)s is no longer valid, a new one is needed",
                        amount=format_amount(
                            self.env, order.quote_amount, order.currency_id
                        ),
                    ),
                    False,
                )

    def _is_quote_outdated(self):
        lines = self._get_quote_lines()
        if self.quote_state == "sent":
            return lines != self.quote_lines
        quoted = {row[0] for row in self.quote_lines or []}
        more = self.currency_id.compare_amounts(self.amount_customer, self.quote_amount)
        return more > 0 or bool({row[0] for row in lines} - quoted)

    def _get_missing_for_completion(self):
        """An open or missing answer to the quotation, where the company asks for it."""
        missing = super()._get_missing_for_completion()
        for order in self:
            required = order.company_id.aftersales_quote_required
            payable = not order.currency_id.is_zero(order.amount_customer)
            if order.quote_state == "sent" or (
                required
                and payable
                and order.quote_state not in ("accepted", "refused")
            ):
                missing.setdefault(order, []).append(
                    self.env._("the customer's answer to the quotation")
                )
        return missing

    # -------------------------------------------------------------------------
    # SIGNATURE UNDER THE VOUCHER
    # -------------------------------------------------------------------------

    def action_withdraw_signature(self, reason=False):
        """Take the customer's signature back so that lines can change; logged."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor", "technician")
        self._lock_for_action()
        if blocked := self.filtered(lambda order: order.state not in OPEN_STATES):
            raise UserError(self._blocked_message("withdraw", blocked))
        if unsigned := self.filtered(lambda order: not order.signed_at):
            raise UserError(
                self.env._("%(order)s is not signed.", order=unsigned[0].name)
            )
        for order in self:
            order._log_reason(
                self.env._("Signature of %(name)s withdrawn", name=order.signed_by),
                reason,
            )
        # Safe: rights and state were checked; the signature is written nowhere else.
        self.sudo().write({"signed_by": False, "signature": False, "signed_at": False})
        return True
