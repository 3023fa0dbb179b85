import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime, split_every

_logger = logging.getLogger(__name__)

CHUNK = 500
# A record that cannot be checked is tried again after this, not at once for ever.
POSTPONE = timedelta(hours=1)
# What is still due after it was looked at comes again with a later run.
AGAIN = timedelta(minutes=1)
# Documents named in one message; the button opens all of them.
MAX_LINES = 8
GROUP = "aftersales_service.aftersales_service_group_"
ACTIVITY = "aftersales_service.mail_activity_type_promise"


class AftersalesSlaMixin(models.AbstractModel):
    """At risk and missed are told to people, once each (SV-12).

    The job reads only what is due by the index on ``next_check_at``. Every chunk is
    one transaction: lock, look again, compute the state, write who is told, tell.
    A row of ``aftersales.sla.alert`` is the proof; killed in the middle, all of a
    chunk is done again, done by two workers, the second finds nothing due.
    """

    _inherit = "aftersales.sla.mixin"

    # -------------------------------------------------------------------------
    # JOB
    # -------------------------------------------------------------------------

    @api.model
    def _cron_check_sla(self):
        """Check every promise that is due, of all kinds of documents."""
        now = fields.Datetime.now()
        # Safe: a scheduled job over all companies; people are told what they may see.
        due = [
            (name, self.env[name].sudo()._search_due_promises(now).ids)
            for name in self._get_sla_models()
        ]
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=sum(len(ids) for _name, ids in due))
        for name, ids in due:
            for chunk in split_every(CHUNK, ids):
                # Safe: see above.
                documents = self.env[name].sudo().browse(chunk)
                documents._check_promises_safely(now)
                if not cron._commit_progress(len(chunk)):
                    return

    @api.model
    def _get_sla_models(self):
        """Names of the documents that make promises."""
        names = self.env.registry.descendants(["aftersales.sla.mixin"], "_inherit")
        return sorted(name for name in names if not self.env[name]._abstract)

    @api.model
    def _search_due_promises(self, now):
        return self.search(self._get_due_domain(now), order="next_check_at, id")

    @api.model
    def _get_due_domain(self, now):
        return Domain("next_check_at", "<=", now)

    def _check_promises_safely(self, now):
        """One fault must not keep the others of a chunk from being told."""
        try:
            self._check_promises(now)
            self.env.flush_all()
        except Exception:  # noqa: BLE001 - the other records are to be checked
            _logger.info("A chunk of promises failed; each is checked alone")
            self._start_again()
            for document in self:
                document._check_promise_alone(now)

    def _start_again(self):
        """A fresh snapshot: what another user has just committed becomes visible."""
        self.env.cr.rollback()
        self.env.invalidate_all()

    def _check_promise_alone(self, now):
        """Check and commit one record; one that fails is put off, and shown."""
        cron = self.env["ir.cron"]
        for attempt in range(2):
            try:
                self._check_promises(now)
                cron._commit_progress()
                return
            except Exception as error:  # noqa: BLE001 - must not stop the job
                self._start_again()
                if isinstance(error, psycopg2.Error) and not attempt:
                    continue  # somebody edits it: once more
                self._put_off(now, error)
                cron._commit_progress()
                return

    def _put_off(self, now, error):
        """Not for ever the first in line, and somebody knows."""
        _logger.warning("Promise of %s could not be checked", self, exc_info=error)
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET next_check_at = %s WHERE id = %s",
                SQL.identifier(self._table),
                now + POSTPONE,
                self.id,
            )
        )
        self.invalidate_recordset(["next_check_at"], flush=False)
        self._tell_promises({(self, self.SLA_MILESTONES[0]): "error"}, now)

    def _check_promises(self, now):
        """Bring the due ones up to date and tell what is new."""
        documents = self.try_lock_for_update()
        documents.invalidate_recordset(flush=False)
        documents = documents.filtered_domain(self._get_due_domain(now))
        if not documents:
            return
        documents._sla_refresh()
        documents._tell_promises(documents._get_sla_levels(now), now)
        documents._leave_the_queue(now)

    def _leave_the_queue(self, now):
        """What has just been looked at is not due at once again."""
        self.flush_recordset(["next_check_at"])
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET next_check_at = %s"
                " WHERE id = ANY(%s) AND next_check_at <= %s",
                SQL.identifier(self._table),
                now + AGAIN,
                self.ids,
                now,
            )
        )
        self.invalidate_recordset(["next_check_at"], flush=False)

    # -------------------------------------------------------------------------
    # WHAT IS NEW
    # -------------------------------------------------------------------------

    def _get_sla_levels(self, now):
        """``{(document, milestone): "at_risk" or "missed"}`` as it is now."""
        levels = {}
        for document in self:
            for milestone in document.SLA_MILESTONES:
                state = document._get_milestone_state(milestone, now)
                if state in ("at_risk", "missed"):
                    levels[document, milestone] = state
        return levels

    def _get_sla_alerts(self):
        """What has been told about the documents."""
        # Safe: read to tell nothing twice, shown on documents the user may read.
        return (
            self.env["aftersales.sla.alert"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        )

    def _get_promise_numbers(self):
        """``{(id, milestone): how often it was agreed anew}``; one query."""
        link = f"{self._sla_document()}_id"
        # Safe: a number.
        groups = (
            self.env["aftersales.sla.agreement"]
            .sudo()
            ._read_group([(link, "in", self.ids)], [link, "milestone"], ["__count"])
        )
        return {(document.id, key): count for document, key, count in groups}

    def _tell_promises(self, levels, now):
        """Write down and tell what nobody has been told yet.

        :param levels: ``{(document, milestone): level}``
        """
        numbers = self._get_promise_numbers()
        told = {
            (alert.res_id, alert.milestone, alert.promise, alert.level)
            for alert in self._get_sla_alerts()
        }
        news = []
        for (document, milestone), level in levels.items():
            key = (document.id, milestone, numbers.get((document.id, milestone), 0))
            if (*key, level) in told or (*key, "missed") in told:
                continue
            news.append((document, milestone, level, key[2]))
        if news:
            self._tell_news(news, now)

    def _tell_news(self, news, now):
        documents = self.browse(dict.fromkeys(item[0].id for item in news))
        people = documents._get_sla_recipients()
        values, by_user = [], {}
        for document, milestone, level, number in news:
            supervisor, manager = people[document]
            manager = manager if level == "missed" or not supervisor else manager[:0]
            values.append(
                {
                    "res_model": self._name,
                    "res_id": document.id,
                    "company_id": document.company_id.id,
                    "milestone": milestone,
                    "level": level,
                    "promise": number,
                    "deadline": document[f"{milestone}_deadline"],
                    "told_at": now,
                    "supervisor_id": supervisor.id,
                    "manager_id": manager.id,
                }
            )
            for user in supervisor | manager:
                by_user.setdefault(user, []).append((document, milestone, level))
        # Safe: the record of who is told, written by the watch alone.
        self.env["aftersales.sla.alert"].sudo().create(values)
        documents._schedule_promise_activities(by_user)
        for user, items in by_user.items():
            documents._notify_promises(user, items)

    # -------------------------------------------------------------------------
    # WHO
    # -------------------------------------------------------------------------

    def _get_sla_recipients(self):
        """``{document: (supervisor, manager)}``; either may be empty.

        The supervisor of the service point, else another supervisor of it; who has
        left or is not of the company is passed over.
        """
        managers = {
            company: self._get_sla_manager(company) for company in self.company_id
        }
        result = {}
        for (team, company), documents in self.grouped(
            lambda document: (document.team_id, document.company_id)
        ).items():
            supervisor = self._get_sla_supervisor(team, company)
            for document in documents:
                result[document] = (supervisor, managers[company])
        return result

    @api.model
    def _get_sla_supervisor(self, team, company):
        group = self.env.ref(f"{GROUP}supervisor")
        team = team.sudo()  # Safe: only who is in charge.
        deputies = team.user_ids.filtered(lambda user: group in user.all_group_ids)
        known = team.supervisor_id | deputies.sorted("id")
        return known.filtered(lambda user: self._can_be_told(user, company))[:1]

    @api.model
    def _get_sla_manager(self, company):
        """The service manager; the administrator only when there is no other."""
        group = self.env.ref(f"{GROUP}manager")
        admin = self.env.ref("base.user_admin", raise_if_not_found=False)
        # Safe: only who is in charge.
        users = self.env["res.users"].sudo().search([("all_group_ids", "in", group.id)])
        users = users.filtered(lambda user: self._can_be_told(user, company))
        return users.sorted(lambda user: (user == admin, user.id))[:1]

    @api.model
    def _can_be_told(self, user, company):
        return user.active and not user.share and company in user.company_ids

    # -------------------------------------------------------------------------
    # TELL
    # -------------------------------------------------------------------------

    def _schedule_promise_activities(self, by_user):
        """One open to-do per person and document, always with the latest news."""
        kind = self.env.ref(ACTIVITY)
        model_id = self.env["ir.model"]._get_id(self._name)
        # Safe: to-dos about promises for the people in charge of the documents.
        activities = self.env["mail.activity"].sudo()
        activities = activities.with_context(mail_activity_quick_update=True)
        users = self.env["res.users"].union(*by_user)
        older = activities.search(
            [
                ("activity_type_id", "=", kind.id),
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("user_id", "in", users.ids),
            ]
        )
        values = []
        for user, items in by_user.items():
            lines = {}
            for document, milestone, level in items:
                text = document._describe_promise(milestone, level, user)
                lines.setdefault(document, []).append(text)
            values += [
                {
                    "activity_type_id": kind.id,
                    "res_model_id": model_id,
                    "res_id": document.id,
                    "user_id": user.id,
                    # A task is due on the day of the person who has it.
                    "date_deadline": fields.Date.context_today(
                        self.with_context(tz=user.tz)
                    ),
                    "summary": " · ".join(texts),
                }
                for document, texts in lines.items()
            ]
        told = {(item["res_id"], item["user_id"]) for item in values}
        older.filtered(lambda old: (old.res_id, old.user_id.id) in told).unlink()
        activities.create(values)

    def _describe_promise(self, milestone, level, user):
        """One line in the words and the time zone of the person told."""
        self.ensure_one()
        document = self.with_context(lang=user.lang)
        if level == "error":
            return document.env._("The promise could not be checked")
        what = document._get_sla_labels()[milestone]
        when = format_datetime(
            document.env,
            document[f"{milestone}_deadline"],
            tz=user.tz or document.company_id._aftersales_zone().zone,
            dt_format="short",
            lang_code=user.lang,
        )
        if level == "missed":
            return document.env._("Missed: %(what)s by %(when)s", what=what, when=when)
        return document.env._("At risk: %(what)s by %(when)s", what=what, when=when)

    def _notify_promises(self, user, items):
        """One message on the screen per person, with a list and a way to open it."""
        env = self.with_context(lang=user.lang).env
        missed = [item for item in items if item[2] == "missed"]
        title = env._(
            "Promises: %(missed)s missed, %(risk)s at risk",
            missed=len(missed),
            risk=len(items) - len(missed),
        )
        lines = [
            f"{document.name} · {document._describe_promise(milestone, level, user)}"
            for document, milestone, level in [
                *missed,
                *(item for item in items if item[2] != "missed"),
            ][:MAX_LINES]
        ]
        user._bus_send(
            "aftersales_sla_alert",
            {
                "title": title,
                "lines": lines,
                "more": max(0, len(items) - MAX_LINES),
                "model": self._name,
                "ids": list(dict.fromkeys(item[0].id for item in items)),
                "missed": bool(missed),
            },
        )

    # -------------------------------------------------------------------------
    # WHAT ENDS A WATCH
    # -------------------------------------------------------------------------

    def _after_sla_reach(self):
        """Called when milestones are reached: late ones are still told.

        A deadline can pass and be reached between two runs of the job; nobody would
        hear of it, since a reached milestone has nothing left to check.
        """
        now = fields.Datetime.now()
        told = {
            (alert.res_id, alert.milestone)
            for alert in self._get_sla_alerts()
            if alert.level == "missed"
        }
        late = self.filtered(
            lambda document: any(
                (document.id, milestone) not in told
                and document[f"{milestone}_deadline"]
                and document[f"{milestone}_at"]
                and document[f"{milestone}_at"] > document[f"{milestone}_deadline"]
                for milestone in document.SLA_MILESTONES
            )
        )
        late.write({"next_check_at": now})
        self.filtered(lambda document: document._get_sla_end())._forget_promise_risk()

    def _forget_promise_risk(self):
        """To-dos about promises that were only at risk go when the document is done.

        A missed promise stays with the people told until they have dealt with it.
        """
        missed = {
            alert.res_id for alert in self._get_sla_alerts() if alert.level == "missed"
        }
        kept = self.filtered(lambda document: document.id not in missed)
        if not kept:
            return
        # Safe: the to-dos the watch has made itself.
        self.env["mail.activity"].sudo().search(
            [
                ("activity_type_id", "=", self.env.ref(ACTIVITY).id),
                ("res_model", "=", self._name),
                ("res_id", "in", kept.ids),
            ]
        ).unlink()

    def unlink(self):
        """What was told about a document goes with it."""
        alerts = self._get_sla_alerts()
        result = super().unlink()
        alerts.unlink()
        return result
