import base64
import logging

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)

CHANNELS = [
    ("email", "E-mail"),
    ("portal", "Portal only"),
    ("handed_over", "Handed over"),
    ("registered", "Registered post"),
]
SEQUENCE = "aftersales.letter"
REPORT = "aftersales_warranty.action_report_letter"
BATCH = 50


class AftersalesLetter(models.Model):
    """How a letter gets its number, goes out and is proven to have arrived (WA-29).

    Issuing is one step under a lock: number, day, person, way. The paper is made and
    mailed in the background, each letter in a transaction of its own, so that a crash
    or a second worker never mails it twice.
    """

    _inherit = "aftersales.letter"

    issued_on = fields.Date("Letter of", readonly=True, copy=False, index=True)
    issued_by_id = fields.Many2one(
        "res.users", "Issued by", readonly=True, copy=False, ondelete="restrict"
    )
    channel = fields.Selection(CHANNELS, "Sent by", readonly=True, copy=False)
    dispatch_state = fields.Selection(
        [("queued", "Waiting"), ("done", "Done"), ("failed", "Failed")],
        "Sending",
        readonly=True,
        copy=False,
    )
    dispatch_error = fields.Char("Why it failed", readonly=True, copy=False)
    document = fields.Binary(
        "Letter as sent", attachment=True, readonly=True, copy=False
    )
    document_name = fields.Char("Name of the file", readonly=True, copy=False)
    tracking_number = fields.Char("Tracking number", readonly=True, copy=False)
    delivered_on = fields.Date(readonly=True, copy=False)
    delivered_to = fields.Char("Received by", readonly=True, copy=False)
    proof = fields.Binary(
        "Proof of delivery", attachment=True, readonly=True, copy=False
    )
    proof_name = fields.Char("Name of the proof", readonly=True, copy=False)

    _dispatch_idx = models.Index("(id) WHERE dispatch_state = 'queued'")

    # -- issue --------------------------------------------------------------------

    def action_send(self):
        """Issue the letters and mail them in the background, each one once.

        :raise UserError: no text, no e-mail address, or issued already
        """
        self._check_can_issue()
        if missing := self.filtered(lambda row: not row.partner_id.email_normalized):
            raise UserError(
                self.env._(
                    "No valid e-mail address: %(suppliers)s. Enter it on the contact, "
                    "or send these letters on paper.",
                    suppliers=", ".join(missing.partner_id.mapped("display_name")),
                )
            )
        self._issue("email")
        return True

    def _check_can_issue(self):
        self.check_access("read")
        self._check_writer()
        self._check_transition("issue")
        if empty := self.filtered(lambda row: not row.subject or not row.body):
            raise UserError(
                self.env._("Write the text first: %s", empty[0].display_name)
            )

    def _issue(self, channel):
        """Number, day, person and way in one step; after the caller's checks."""
        # Safe: the caller has checked who may issue; a number is given nowhere else.
        letters = self.sudo()
        letters._lock_for_action()
        letters._check_transition("issue")
        letters._number()
        letters.write({"channel": channel, "dispatch_state": "queued"})
        letters._transition("issue")
        self.env.ref("aftersales_warranty.ir_cron_send_letters")._trigger()

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        if name == "issue":
            values.update(
                issued_on=self.company_id._aftersales_today(), issued_by_id=self.env.uid
            )
        return values

    def _number(self):
        """Numbers in the order of the drafts, a series for each company."""
        sequences = self.env["ir.sequence"]
        for company, letters in self.sorted("id").grouped("company_id").items():
            self._ensure_sequence(company)
            numbers = sequences._aftersales_next_numbers(
                SEQUENCE, company, len(letters)
            )
            for letter, number in zip(letters, numbers, strict=True):
                letter.name = number

    @api.model
    def _ensure_sequence(self, company):
        """The company's own series, made when it writes its first letter."""
        # Safe: numbers for a letter the caller may issue.
        sequences = self.env["ir.sequence"].sudo()
        domain = [("code", "=", SEQUENCE)]
        if sequences.search_count([*domain, ("company_id", "=", company.id)]):
            return
        shared = sequences.search([*domain, ("company_id", "=", False)], limit=1)
        if not shared:
            return
        name = f"{shared.name} · {company.name}"
        own = shared.copy({"company_id": company.id, "name": name, "number_next": 1})
        # Goes with the add-on when it is uninstalled; updates leave it alone.
        self.env["ir.model.data"].sudo().create(  # Safe: the name of our own record.
            {
                "module": "aftersales_warranty",
                "name": f"sequence_letter_{company.id}",
                "model": "ir.sequence",
                "res_id": own.id,
                "noupdate": True,
            }
        )

    # -- mail and paper, in the background ----------------------------------------

    @api.model
    def _get_dispatch_domain(self):
        return Domain("dispatch_state", "=", "queued") & Domain(
            "state", "in", ("sent", "acknowledged", "objected")
        )

    @api.model
    def _cron_send_letters(self, limit=BATCH):
        """Make the papers and mail them; what breaks waits for somebody to look."""
        domain = self._get_dispatch_domain()
        letters = self.search(domain, limit=limit, order="id")
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=self.search_count(domain) if letters else 0)
        for letter in letters:
            letter = letter.try_lock_for_update().filtered_domain(domain)
            if not letter:
                continue
            letter._dispatch_safely()
            if not progress(1):
                break

    def _dispatch_safely(self):
        """One letter that breaks keeps no other waiting, and somebody is told (31)."""
        try:
            self._dispatch()
            self.env.flush_all()
        except Exception as error:  # noqa: BLE001 - the others are to be sent
            self.env.cr.rollback()
            self.env.invalidate_all()
            if isinstance(error, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
                return  # somebody edits it: it stays in the queue
            if not isinstance(error, UserError):
                _logger.exception("Letter %s could not be sent", self.id)
            self._note_dispatch_failure(error)

    def _dispatch(self):
        """The paper as it went out, and the mail in Odoo's queue."""
        self.ensure_one()
        self._make_document()
        if self.channel == "email":
            self._mail()
        self.write({"dispatch_state": "done", "dispatch_error": False})

    def _make_document(self):
        reports = self.env["ir.actions.report"].with_context(
            force_report_rendering=True
        )
        content, _type = reports._render_qweb_pdf(REPORT, self.ids)
        self.write(
            {
                "document": base64.b64encode(content),
                "document_name": self._get_document_name(),
            }
        )

    def _get_document_name(self):
        self.ensure_one()
        number = self.name if self.name != "/" else self.display_name
        return f"{number.replace('/', '-')}.pdf"

    def _get_document(self):
        """The paper as it was sent, as bytes; empty while there is none."""
        self.ensure_one()
        return base64.b64decode(self.document or b"")

    def _mail(self):
        author = self.issued_by_id.partner_id or self.company_id.partner_id
        template = self.env.ref("aftersales_warranty.mail_template_letter")
        fields_ = ("subject", "body_html", "email_from")
        mail = template._generate_template(self.ids, fields_)[self.id]
        self.message_post(
            subject=mail["subject"],
            body=mail["body_html"],
            email_from=mail["email_from"],
            subtype_xmlid="mail.mt_comment",
            message_type="comment",
            partner_ids=self.partner_id.ids,
            author_id=author.id,
            attachments=[(self.document_name, self._get_document())],
        )

    def _note_dispatch_failure(self, error):
        self.ensure_one()
        self.write({"dispatch_state": "failed", "dispatch_error": str(error)[:500]})
        self._message_log(
            body=self.env._("The letter could not be sent: %s", str(error))
        )
        self._schedule_for_owner(self.env._("The letter could not be sent"))

    def _schedule_for_owner(self, summary, note=False):
        """A task for who follows the letter up."""
        self.ensure_one()
        people = self.user_id + self.issued_by_id + self.create_uid
        user = people.filtered(lambda u: u.active and u.id != SUPERUSER_ID)[:1]
        if user:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=summary,
                note=note,
            )

    def action_send_again(self):
        """Try again what could not be sent; what was sent is not sent twice."""
        self.check_access("read")
        self._check_writer()
        letters = self.sudo()  # Safe: rights were checked above.
        letters._lock_for_action()
        letters.invalidate_recordset(["dispatch_state"])
        failed = letters.filtered(lambda row: row.dispatch_state == "failed")
        if not failed:
            raise UserError(self.env._("None of these letters has failed."))
        failed.write({"dispatch_state": "queued", "dispatch_error": False})
        self.env.ref("aftersales_warranty.ir_cron_send_letters")._trigger()
        return True

    # -- paper --------------------------------------------------------------------

    def action_print(self):
        """The letter as it was sent; a draft prints as such."""
        self.check_access("read")
        if len(self) == 1 and self.document and self.state != "cancelled":
            return {
                "type": "ir.actions.act_url",
                "url": f"/web/content/{self._name}/{self.id}/document/"
                f"{self.document_name}?download=true",
                "target": "self",
            }
        return self.env.ref(REPORT).report_action(self)

    def _issue_on_paper(self, channel):
        """Give the letters their numbers; somebody carries or posts them."""
        self._check_can_issue()
        self._issue(channel)

    def _record_delivery(self, values):
        """How and when it arrived, with the proof; again when more is known.

        :param values: ``channel``, ``delivered_on``, ``delivered_to``,
            ``tracking_number``, ``proof``, ``proof_name``; empty ones stay
        """
        self.check_access("read")
        self._check_writer()
        letters = self.sudo()  # Safe: rights were checked above.
        letters._lock_for_action()
        if blocked := letters.filtered(lambda r: r.state in ("draft", "cancelled")):
            raise UserError(self._blocked_message("deliver", blocked))
        day = values.get("delivered_on")
        if day and any(
            not row.issued_on <= day <= row.company_id._aftersales_today()
            for row in letters
        ):
            raise UserError(
                self.env._("It arrives after the day of the letter, not in the future.")
            )
        letters.write({name: value for name, value in values.items() if value})
