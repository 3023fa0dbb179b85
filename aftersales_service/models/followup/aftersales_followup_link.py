import secrets
from datetime import datetime, timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS, Domain

LINK_CHUNK = 50
QUIET_UNTIL, QUIET_FROM = 8, 20


class AftersalesFollowup(models.Model):
    """The customer's link to the card: own token, once, expiring (SV-81).

    The token is shown to nobody, not even over RPC; it leaves the database in the mail
    and on the paper card only.
    """

    _inherit = "aftersales.followup"

    link_state = fields.Selection(
        [
            ("none", "No link"),
            ("waiting", "To send"),
            ("sent", "Sent"),
            ("failed", "Could not be sent"),
        ],
        "Link",
        default="none",
        readonly=True,
        copy=False,
    )
    link_token = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    link_expires_on = fields.Date("Link valid until", readonly=True, copy=False)
    link_sent_at = fields.Datetime("Link sent on", readonly=True, copy=False)

    # -- the token ----------------------------------------------------------------

    @api.model
    def _make_link_token(self):
        return secrets.token_urlsafe(32)

    def _get_link_url(self):
        """Address of the customer's page; for mails and paper only."""
        self.ensure_one()
        # Safe: the callers hand it to the customer, to nobody else.
        return f"{self.get_base_url()}/service/opinion/{self.sudo().link_token}"

    @api.model
    def _find_by_link(self, token):
        """The follow-up of a token, as the system; empty when there is none."""
        return self.with_user(SUPERUSER_ID).search(
            [("link_token", "=", token)], limit=1
        )

    def _get_link_page(self):
        """Which page the link shows: ``card``, ``used``, ``expired`` or ``unknown``."""
        if not self or self.state in ("refused", "cancelled"):
            return "unknown"
        if self.state == "answered":
            return "used"
        today = self._get_local_day(self.company_id)
        return "card" if today <= self.link_expires_on else "expired"

    def _answer_by_link(self, values):
        """The customer's own answer; the token was checked by the controller.

        :return: the page to show, ``thanks`` when it was taken
        """
        self._lock_for_action()
        page = self._get_link_page()
        if page != "card":
            return page
        answer = self._prepare_answer(values)
        self._record_answer({**answer, "channel": "link", "answered_by_id": False})
        return "thanks"

    # -- the mail -----------------------------------------------------------------

    @api.model
    def _cron_send_links(self):
        """Mail the links of the day, by day; committed in chunks (restartable)."""
        domain = self._get_link_domain()
        progress = self.env["ir.cron"]
        progress._commit_progress(remaining=self.search_count(domain))
        while chunk := self.search(domain, order="planned_on, id", limit=LINK_CHUNK):
            mine = chunk.try_lock_for_update().filtered_domain(domain)
            mine._send_links()
            if not progress._commit_progress(len(mine)) or not mine:
                break

    @api.model
    def _get_link_domain(self):
        """Links to send now, where it is neither early nor late."""
        days = Domain.FALSE
        # Safe: settings of the companies, for the job.
        # pylint: disable-next=no-search-all
        for company in self.env["res.company"].sudo().search([]):
            now = datetime.now(company._aftersales_zone())
            if QUIET_UNTIL <= now.hour < QUIET_FROM:
                days |= Domain("company_id", "=", company.id) & Domain(
                    "planned_on", "<=", now.date()
                )
        return (
            days
            & Domain("state", "=", "planned")
            & Domain("link_state", "=", "waiting")
        )

    def _send_links(self):
        """Put the mails into Odoo's queue; who has no address is called instead."""
        ready = self.filtered(lambda followup: followup.partner_id.email)
        ready -= ready._mail_links()
        for company, followups in ready.grouped("company_id").items():
            today = self._get_local_day(company)
            for plan, group in followups.grouped("plan_id").items():
                call_on = today + timedelta(days=plan.silent_days)
                group.write({"link_state": "sent", "call_on": call_on})
        ready.link_sent_at = fields.Datetime.now()
        for followup in ready.filtered(lambda f: f.due_on < f.call_on):
            followup.due_on = followup.call_on
        self._call_instead(self - ready)

    def _mail_links(self):
        """Make the mails of all, or one by one when one of them breaks.

        :return: follow-ups whose mail could not be made
        """
        # Not on the follow-up's own page: the link is the customer's alone.
        values = {"model": False, "res_id": False}
        try:
            template = self.env.ref("aftersales_service.mail_template_followup")
            with self.env.cr.savepoint():
                template.send_mail_batch(self.ids, email_values=values)
        except (UserError, ValueError):
            if len(self) > 1:
                return self.browse().union(*(one._mail_links() for one in self))
            self.link_state = "failed"
            return self
        return self.browse()

    @api.model
    def _call_instead(self, followups):
        for followup in followups:
            followup.call_on = followup.planned_on
        followups.filtered(lambda f: f.link_state == "waiting").link_state = "none"
