import logging
import re
import unicodedata
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize, html2plaintext
from odoo.tools.mail import parse_contact_from_email

from ...tools.mail import is_auto_reply
from ...tools.place import fold
from ...tools.text import clean_text

_logger = logging.getLogger(__name__)

MESSAGE_ACTIVITY = "aftersales_service.mail_activity_customer_wrote"

_TOKEN = re.compile(r"[0-9A-Za-z][0-9A-Za-z_./-]{2,63}")
# SV/2026/00042, in any width and case.
_NUMBER = re.compile(r"[A-Z]{1,8}/\d{4}/\d{3,9}")
_MAX_TOKENS = 500
_MAX_SCANNED = 20000
_MAX_DESCRIPTION = 10000


class AftersalesMailIntake(models.AbstractModel):
    """Documents that an e-mail to a service point makes, each mail one (SV-01).

    A model names the field of its moment, adds its values in
    ``_prepare_mail_values`` and has a unique index on ``source_key``.
    """

    _name = "aftersales.mail.intake"
    _description = "After-sales: documents made by e-mail"
    _primary_email = "email_from"

    email_from = fields.Char(
        "Sender", copy=False, readonly=True, index="btree_not_null"
    )
    source_key = fields.Char(
        "Origin",
        copy=False,
        readonly=True,
        help="Message-Id of the e-mail or key of the call; each makes one document.",
    )

    customer_wrote_at = fields.Datetime(
        "Customer wrote on",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="A message of the customer that nobody has answered or read yet.",
    )

    # -- gateway ------------------------------------------------------------------

    @api.model
    def _takes_new_mail(self):
        return True

    @api.model
    def _detect_loop_sender_domain(self, email_from_normalized):
        """A sender without an address answers nothing, so there is no loop.

        Odoo would compare with every document of the last two hours and lose the mail
        on a busy day.
        """
        if not email_from_normalized:
            return []
        return super()._detect_loop_sender_domain(email_from_normalized)

    @api.model
    def _filter_new_mail_routes(self, message, message_dict, routes):
        """Routes that may create a document; called before anything is created.

        Odoo's own check for a known Message-Id is a SELECT: two deliveries at once
        pass it both. The second waits here for the first and finds its document.
        """
        message_id = message_dict["message_id"]
        if is_auto_reply(message):
            _logger.info("Ignored mail %s: nobody wrote it", message_id)
            return []
        if self._is_mail_registered(message_id):
            _logger.info("Ignored mail %s: it is registered already", message_id)
            return []
        return [self._route_by_number(message_dict, route) for route in routes[:1]]

    @api.model
    def _route_by_number(self, message_dict, route):
        """A number of ours in the subject, from its own customer, is a reply."""
        subject = clean_text(message_dict.get("subject"), 500)
        names = _NUMBER.findall(unicodedata.normalize("NFKC", subject).upper())
        if not names:
            return route
        sender = email_normalize(clean_text(message_dict.get("email_from"), 512))
        for model in self.env.registry.descendants(
            ["aftersales.mail.intake"], "_inherit"
        ):
            if self.env[model]._abstract:
                continue
            # Safe: whether the sender is the customer of the number he names.
            found = self.env[model].sudo().search([("name", "in", names)], limit=5)
            for record in found:
                if record._is_mail_of(sender):
                    return (model, record.id, *route[2:])
        return route

    def _is_mail_of(self, sender):
        """Whether an address belongs to the customer, one of its people, or wrote."""
        if not sender:
            return False
        if sender == email_normalize(self.email_from or ""):
            return True
        return bool(
            self.env["res.partner"].search_count(
                [
                    ("id", "child_of", self.partner_id.commercial_partner_id.id),
                    ("email_normalized", "=", sender),
                ],
                limit=1,
            )
        )

    @api.model
    def _is_mail_registered(self, message_id):
        """Wait for another delivery of the same mail, then look with fresh eyes."""
        cr = self.env.cr
        cr.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"{self._name}:{message_id}"],
        )
        # Safe: a yes or no about the very same mail.
        if self.sudo().search_count([("source_key", "=", message_id)], limit=1):
            return True
        # A new transaction sees what was committed while we waited.
        with self.env.registry.cursor() as fresh:
            fresh.execute(
                SQL(
                    "SELECT 1 FROM %s WHERE source_key = %s",
                    SQL.identifier(self._table),
                    message_id,
                )
            )
            return bool(fresh.rowcount)

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Create the document of an e-mail to a service point.

        Whatever the mail looks like, something comes out: what cannot be matched is
        left for the operator, what cannot be stored is left out.
        """
        self._check_may_route_mail()
        custom_values = self._without_guarded(custom_values or {})
        team = self._get_mail_team(custom_values)
        company = team.company_id or self.env.company
        intake = self.with_company(company)
        values = intake._prepare_mail_values(msg_dict, team, company)
        partner = intake._get_mail_partner(msg_dict, company)
        text = intake._get_mail_text(msg_dict)
        machine = intake._match_serial(text, partner, company)
        try:
            with self.env.cr.savepoint():
                full = {**custom_values, **values}
                return intake._create_from_mail(msg_dict, full, partner, machine)
        except (
            UserError,
            ValueError,
            psycopg2.DataError,
            psycopg2.IntegrityError,
        ) as error:
            _logger.info("Mail %s registered bare: %s", values["source_key"], error)
        unknown = intake._get_unknown_sender()
        nothing = self.env["aftersales.asset"]
        return intake._create_from_mail(msg_dict, values, unknown, nothing)

    @api.model
    def _prepare_mail_values(self, msg_dict, team, company):
        """Values of the document that need nothing to be found."""
        return {
            "company_id": company.id,
            "team_id": team.id,
            "channel": "email",
            "email_from": clean_text(msg_dict.get("email_from"), 512),
            "source_key": clean_text(msg_dict.get("message_id"), 998) or False,
            "description": self._get_mail_text(msg_dict)[:_MAX_DESCRIPTION],
            "contact_name": self._get_mail_name(msg_dict)[:128],
        }

    @api.model
    def _get_mail_ended_states(self):
        """States after which a reply would be read by nobody."""
        return ()

    def message_update(self, msg_dict, update_vals=None):
        """What the customer writes is brought to somebody's notice."""
        automatic = msg_dict.pop("aftersales_automatic", False)
        result = super().message_update(msg_dict, update_vals=update_vals)
        author = self.env["res.partner"].browse(msg_dict.get("author_id") or [])
        if not automatic and not self._is_colleague(author):
            self._notice_customer_message()
        return result

    def _message_post_after_hook(self, message, msg_values):
        """A message from the portal has a reader too; an answer of ours was one."""
        result = super()._message_post_after_hook(message, msg_values)
        # Safe: who wrote; customers' e-mails are noticed in message_update.
        author = message.sudo().author_id
        if message.message_type != "comment" or not author:
            return result
        if self._is_colleague(author):
            self._take_notice()
        elif author.partner_share and author.active:
            self._notice_customer_message()
        return result

    def _notice_customer_message(self):
        """Mark the documents, and give their person in charge something to do."""
        # Safe: a mark and an activity about the customer's own message.
        records = self.sudo()
        records.write({"customer_wrote_at": fields.Datetime.now()})
        ended = self._get_mail_ended_states()
        for record in records:
            over = record.state in ended
            user = (over and record._get_late_reply_user()) or record._get_mail_reader()
            if user and not record._get_message_activities():
                record.activity_schedule(
                    MESSAGE_ACTIVITY,
                    user_id=user.id,
                    summary=self.env._("The customer wrote after the end")
                    if over
                    else self.env._("The customer wrote"),
                )

    def _get_message_activities(self):
        kind = self.env.ref(MESSAGE_ACTIVITY, raise_if_not_found=False)
        return self.activity_ids.filtered(lambda a: a.activity_type_id == kind)

    def _take_notice(self):
        # Safe: a mark and its activity, when one of us has answered or read.
        records = self.sudo().filtered("customer_wrote_at")
        if records:
            records.write({"customer_wrote_at": False})
            records._get_message_activities().unlink()

    def action_message_read(self):
        """Somebody has read what the customer wrote; the mark goes."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role(
            "operator", "dispatcher", "supervisor", "technician"
        )
        self._take_notice()

    def _get_mail_reader(self):
        """Who reads what the customer writes: somebody always does."""
        return self.team_id.supervisor_id or self.team_id.user_ids[:1]

    def _get_late_reply_user(self):
        return self.team_id.supervisor_id

    # -- what the mail says -------------------------------------------------------

    def _get_mail_team(self, custom_values):
        """Service point of the alias, else the first of the company."""
        team_id = custom_values.get("team_id")
        team = self.env["aftersales.team"].browse(team_id).exists()
        orders = self.env["aftersales.order"]
        return team or orders._get_default_team(self.env.company)

    def _get_mail_text(self, msg_dict):
        subject = clean_text(msg_dict.get("subject"), 500).strip()
        body = html2plaintext(clean_text(msg_dict.get("body"), 200000)).strip()
        return "\n\n".join(part for part in (subject, body) if part)

    def _get_mail_date(self, msg_dict):
        """The mail's own date while it is believable: not in the future, not old."""
        now = fields.Datetime.now()
        try:
            sent = fields.Datetime.to_datetime(msg_dict.get("date")) or now
        except (TypeError, ValueError):
            return now
        return sent if now - timedelta(days=2) <= sent <= now else now

    def _get_mail_name(self, msg_dict):
        name, _email = parse_contact_from_email(msg_dict.get("email_from") or "")
        return clean_text(name)

    # -- whose mail, which machine ------------------------------------------------

    def _get_mail_partner(self, msg_dict, company):
        """The sender as a contact the company may use; a new one when unknown.

        A mail forwarded by a colleague keeps the colleague as sender only when no
        machine in it tells who the customer is.
        """
        sender = clean_text(msg_dict.get("email_from"), 512)
        author = self.env["res.partner"].browse(msg_dict.get("author_id") or [])
        if author and author.company_id in (author.company_id.browse(), company):
            return author
        normalized = email_normalize(sender)
        if not normalized or self._is_own_address(normalized):
            return self._get_unknown_sender()
        partners = self.env["res.partner"]
        known = partners.search(
            [
                ("email_normalized", "=", normalized),
                ("company_id", "in", [company.id, False]),
            ],
            order="is_company DESC, id",
            limit=1,
        )
        if known:
            return known
        name = self._get_mail_name(msg_dict) or normalized
        return partners.create(
            {
                "name": name[:128],
                "email": normalized,
                "company_id": company.id if author.company_id else False,
            }
        )

    def _is_own_address(self, normalized):
        # Safe: whether an address is one of our own.
        return bool(self.env["mail.alias.domain"].sudo()._find_aliases([normalized]))

    def _get_unknown_sender(self):
        """One contact for mails without a usable sender."""
        name = "aftersales_service.res_partner_unknown_sender"
        partner = self.env.ref(name, raise_if_not_found=False)
        return partner or self.env["res.partner"].create({"name": "?"})

    def _match_serial(self, text, partner, company):
        """The machine whose serial number the mail quotes.

        Only machines of the sender: a serial number is no proof of who writes. When
        a colleague forwards a mail, any customer's machine counts.
        """
        tokens = dict.fromkeys(
            token.strip("./-")
            for token in _TOKEN.findall(
                unicodedata.normalize("NFKC", text[:_MAX_SCANNED])
            )
        )
        tokens = [token for token in tokens if re.search(r"\d", token)][:_MAX_TOKENS]
        assets = self.env["aftersales.asset"]
        if not tokens:
            return assets
        domain = Domain("company_id", "=", company.id) & Domain(
            "serial_key", "in", [fold(token) for token in tokens]
        )
        if not self._is_colleague(partner):
            domain &= Domain("partner_id", "child_of", partner.commercial_partner_id.id)
        found = {asset.serial_key: asset for asset in assets.search(domain)}
        matches = (found.get(fold(token)) for token in tokens)
        return next((asset for asset in matches if asset), assets)

    def _is_colleague(self, partner):
        return any(not user.share for user in partner.user_ids)

    def _create_from_mail(self, msg_dict, values, partner, asset):
        """The document, its customer following it by e-mail."""
        if asset and self._is_colleague(partner):
            partner = asset.partner_id
        record = self.create(
            {**values, "partner_id": partner.id, "asset_id": asset.id or False}
        )
        # The message is posted in the sender's name, who follows by it.
        msg_dict.setdefault("author_id", False)
        if not msg_dict["author_id"] and partner.email_normalized:
            msg_dict["author_id"] = partner.id
        if partner.email_normalized:
            record.message_subscribe(partner.ids)
        return record
