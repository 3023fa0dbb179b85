import email
import email.policy
import logging
from xmlrpc import client as xmlrpclib

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ...tools.mail import (
    MAX_PARTS,
    as_attachment,
    clean_values,
    is_auto_reply,
    repair_charsets,
    widen_charsets,
    widen_headers,
)

_logger = logging.getLogger(__name__)


class MailThread(models.AbstractModel):
    """Mail is never lost, never answered twice (SV-01).

    The gateway parses and routes before any document is known, so what protects the
    intake of service orders has to stand here. Mails Odoo can read take Odoo's way.

    Who hands in a mail chooses model, record and values, and Odoo writes them as
    superuser: over RPC that is for administrators only. The job that fetches mail
    runs as superuser, the script of a mail server logs in as an administrator.
    """

    _inherit = "mail.thread"

    @api.model
    def _check_may_route_mail(self):
        if not self.env.su and not self.env.user.has_group("base.group_system"):
            raise AccessError(
                self.env._("Only administrators hand incoming e-mail to the system.")
            )

    @api.model
    def _takes_new_mail(self):
        """Does an e-mail that answers nothing make a document of this model?

        Of ours only what has addresses of its own; others get answers at most.
        """
        return not self._name.startswith("aftersales.")

    @api.model
    def message_process(
        self,
        model,
        message,
        custom_values=None,
        save_original=False,
        strip_attachments=False,
        thread_id=None,
    ):
        """A mail nested beyond what the parser can stand comes in as a file."""
        self._check_may_route_mail()
        if isinstance(message, xmlrpclib.Binary):
            message = bytes(message.data)
        if isinstance(message, str):
            message = message.encode("utf-8", "surrogateescape")
        if message.lower().count(b"boundary=") > MAX_PARTS:
            message = as_attachment(message)
        message = widen_headers(message)
        return super().message_process(
            model,
            message,
            custom_values=custom_values,
            save_original=save_original,
            strip_attachments=strip_attachments,
            thread_id=thread_id,
        )

    @api.model
    def message_parse(self, message, save_original=False):
        """Read what Odoo's parser refuses: unknown charsets, NUL, broken MIME."""
        try:
            widen_charsets(message)
            values = super().message_parse(message, save_original=save_original)
        except (LookupError, UnicodeError, ValueError, TypeError, AttributeError):
            _logger.info("Repairing an incoming mail that could not be parsed")
            values = self._message_parse_repaired(message, save_original)
        return clean_values(values)

    def _message_parse_repaired(self, message, save_original):
        """Second try with known charsets, third with the mail as an attached file."""
        repair_charsets(message)
        try:
            # pylint: disable-next=super-method-mismatch
            return super().message_parse(message, save_original=save_original)
        except (LookupError, UnicodeError, ValueError, TypeError, AttributeError):
            wrapped = email.message_from_bytes(
                as_attachment(message.as_bytes(policy=email.policy.compat32)),
                policy=email.policy.SMTP,
            )
            # pylint: disable-next=super-method-mismatch
            return super().message_parse(wrapped, save_original=save_original)

    @api.model
    def message_route(
        self, message, message_dict, model=None, thread_id=None, custom_values=None
    ):
        """One document per e-mail, not per service point, delivery or absence note."""
        self._check_may_route_mail()
        routes = super().message_route(
            message,
            message_dict,
            model=model,
            thread_id=thread_id,
            custom_values=custom_values,
        )
        for name in {route[0] for route in routes or () if not route[1]}:
            documents = self.env[name] if name else self
            if not hasattr(documents, "_filter_new_mail_routes"):
                continue
            new = [route for route in routes if route[0] == name and not route[1]]
            kept = documents._filter_new_mail_routes(message, message_dict, new)
            routes = [route for route in routes if route not in new] + kept
        if is_auto_reply(message):
            for model, thread_id, *_rest in routes or ():
                if thread_id and hasattr(self.env[model], "_filter_new_mail_routes"):
                    # Kept with the document; nobody is called to read it.
                    message_dict["aftersales_automatic"] = True
        return routes

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """No document of ours comes from a mail to it, nor a guarded value."""
        self._check_may_route_mail()
        if not self._takes_new_mail():
            # Safe: the name of a kind of document.
            kind = self.env["ir.model"].sudo()._get(self._name).name
            raise UserError(
                self.env._(
                    "%(kind)s is not created by e-mail. Write to the address of a "
                    "service point, or answer a message about the record.",
                    kind=kind,
                )
            )
        if custom_values:
            custom_values = self._without_guarded(custom_values)
        return super().message_new(msg_dict, custom_values=custom_values)

    def message_update(self, msg_dict, update_vals=None):
        """An answer changes nothing that only the record's own actions change."""
        self._check_may_route_mail()
        if update_vals:
            update_vals = self._without_guarded(update_vals)
        return super().message_update(msg_dict, update_vals=update_vals)
