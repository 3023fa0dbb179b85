from datetime import datetime, time, timedelta

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime

from ...const import MARK_FIELDS
from ...tools.phone import phone_needle
from ...tools.text import clean_text

MAX_QUEUE = 200
MAX_PAGES = 6
MAX_HITS = 10
# Overall opinion by letter: the same keys in every language.
LETTERS = ("A", "B", "C", "D")


class AftersalesFollowupDesk(models.AbstractModel):
    """The follow-up caller's day: one call per page, by keyboard (SV-80 … SV-82).

    ============ ========== ======================================================
    Method       Group      Restriction
    ============ ========== ======================================================
    get_day      operator   own list; of a colleague in the same service point
    get_calls    operator   follow-ups the user may read
    search       operator   follow-ups the user may read
    answer …     operator   named values only; the follow-up's own action decides
    ============ ========== ======================================================

    What is sent twice, e.g. after a network fault, is done once: an answer that is
    already there with the same content, or a try already counted, is no error.
    """

    _name = "aftersales.followup.desk"
    _description = "Follow-up Desk"

    TEXTS = ("note", "praise", "suggestion", "complaint_text", "question")

    # -- what the screen asks -----------------------------------------------------

    @api.model
    @api.readonly
    def get_day(self, agent_id=False):
        """Today's list of one caller, and the first pages of it.

        :param agent_id: id of a colleague; 0: calls given to nobody; default oneself
        """
        self._check_caller()
        agent_id = self._check_agent(agent_id)
        queue = self._get_queue(agent_id)
        rows = [self._prepare_row(followup) for followup in queue]
        return {
            "agent_id": agent_id,
            "agents": self._get_agents(agent_id),
            "queue": rows,
            "calls": self._get_pages(queue[:3]),
            "progress": self._get_progress(agent_id, queue),
            "tries": self._get_tries(),
            **self._get_choices(),
        }

    @api.model
    @api.readonly
    def get_calls(self, followup_ids):
        """Pages of a few follow-ups; queries do not depend on how many."""
        self._check_caller()
        if not isinstance(followup_ids, list) or len(followup_ids) > MAX_PAGES:
            raise UserError(self.env._("Ask for at most %s calls.", MAX_PAGES))
        followups = self.env["aftersales.followup"].search(
            [("id", "in", [i for i in followup_ids if self._is_id(i)])]
        )
        return self._get_pages(followups)

    @api.model
    @api.readonly
    def search(self, query):
        """Open follow-ups by customer, telephone or order number, any day."""
        self._check_caller()
        text = clean_text(query, 100).strip()
        if not text:
            return []
        domain = Domain("display_name", "ilike", text)
        if needle := phone_needle(text, self.env.company.country_id.phone_code):
            domain |= Domain("partner_id.aftersales_phone_digits", "ilike", needle)
        domain &= Domain("company_id", "=", self.env.company.id)
        still = Domain("state", "in", ("planned", "unreachable")) | self._tell_domain()
        found = self.env["aftersales.followup"].search(
            domain & still, limit=MAX_HITS, order="call_on, id"
        )
        return [self._prepare_row(followup) for followup in found]

    # -- what the screen does -----------------------------------------------------

    @api.model
    def answer(self, followup_id, values):
        """Write down what the customer answered."""
        followup = self._browse(followup_id)
        values = self._check_answer(values)
        if not self._is_same_answer(followup, values):
            followup.action_answer(values)
        return self._done(followup)

    @api.model
    def not_reached(self, followup_id, values):
        """Nobody answered.

        :param values: ``tries`` the screen has seen, ``next_try``, ``note``
        """
        followup = self._browse(followup_id)
        values = self._check_keys(values, {"tries", "next_try", "note"})
        if not self._is_counted(followup, values.get("tries")):
            followup.action_not_reached(
                next_try=self._check_moment(values.get("next_try")),
                note=clean_text(values.get("note")).strip() or False,
            )
        return self._done(followup)

    @api.model
    def refuse(self, followup_id, values):
        """The customer wants no calls."""
        followup = self._browse(followup_id)
        values = self._check_keys(values, {"note"})
        if followup.state != "refused" or followup.last_try_by_id != self.env.user:
            followup.action_refuse(clean_text(values.get("note")).strip() or False)
        return self._done(followup)

    @api.model
    def told(self, followup_id, values=None):
        """The customer knows the decision on the question."""
        followup = self._browse(followup_id)
        self._check_keys(values or {}, set())
        if followup.told_by_id != self.env.user:
            followup.action_told()
        return self._done(followup)

    # -- checks -------------------------------------------------------------------

    def _check_caller(self):
        self.env["res.users"]._check_aftersales_role("operator")

    @api.model
    def _is_id(self, value):
        return (
            isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31
        )

    def _browse(self, followup_id):
        """A follow-up the user may read, or one sentence for all other cases."""
        self._check_caller()
        followup = self.env["aftersales.followup"]
        if self._is_id(followup_id):
            followup = followup.search([("id", "=", followup_id)])
        if not followup:
            raise UserError(
                self.env._("This call no longer exists or is not yours to see.")
            )
        return followup

    def _check_agent(self, agent_id):
        """Oneself, nobody (0), or a colleague who shares a service point."""
        if agent_id is False or agent_id is None or agent_id == self.env.uid:
            return self.env.uid
        if agent_id == 0:
            return 0
        if agent_id not in self._get_colleagues().ids:
            raise AccessError(
                self.env._("You can stand in for people of your service points only.")
            )
        return agent_id

    def _get_colleagues(self):
        # Safe: names of those who work in the user's own service points.
        return self._get_teams().sudo().user_ids - self.env.user

    def _get_teams(self):
        return self.env["aftersales.board"]._get_teams()

    def _check_keys(self, values, known):
        if not isinstance(values, dict):
            raise UserError(self.env._("The form is empty."))
        if unknown := values.keys() - known:
            raise AccessError(
                self.env._(
                    "The follow-up desk does not set: %(names)s.",
                    names=", ".join(sorted(map(str, unknown))),
                )
            )
        return values

    def _check_answer(self, values):
        """Only marks, opinion and texts, cleaned; anything else is refused."""
        choices = {*MARK_FIELDS, "overall"}
        self._check_keys(values, choices | {*self.TEXTS})
        result = {}
        for name in choices & values.keys():
            allowed = dict(self._selection(name))
            if values[name] and values[name] not in allowed:
                raise UserError(
                    self.env._("“%s” is no answer.", str(values[name])[:30])
                )
            if values[name]:
                result[name] = values[name]
        for name in self.TEXTS:
            # Too long is refused by the follow-up: cutting it would lose words.
            if text := clean_text(values.get(name)).strip():
                result[name] = text
        return result

    def _check_moment(self, text):
        try:
            return fields.Datetime.to_datetime(text or False)
        except (TypeError, ValueError):
            raise UserError(
                self.env._("“%s” is no date and time.", str(text)[:30])
            ) from None

    def _is_same_answer(self, followup, values):
        """Sent again after the connection broke: already written down by me."""
        return (
            followup.state == "answered"
            and followup.answered_by_id == self.env.user
            and all(followup[name] == value for name, value in values.items())
        )

    def _is_counted(self, followup, tries):
        return (
            isinstance(tries, int)
            and followup.tries == tries + 1
            and followup.last_try_by_id == self.env.user
        )

    def _done(self, followup):
        states = dict(self._selection("state"))
        return {
            "id": followup.id,
            "state": followup.state,
            "state_name": states[followup.state],
            "tries": followup.tries,
        }

    # -- the list -----------------------------------------------------------------

    def _get_tz(self):
        return self.env["aftersales.board"]._get_tz()

    def _get_today(self):
        """(today, its begin, its end) by the clock of the company."""
        company = self.env.company
        today = company._aftersales_today()
        return today, *company._aftersales_bounds(today)

    @api.model
    def _tell_domain(self):
        """Questions that are decided and wait to be told."""
        return Domain("question_state", "=", "decided")

    def _agent_domain(self, agent_id):
        domain = Domain("agent_id", "=", agent_id or False)
        domain &= Domain("company_id", "=", self.env.company.id)
        if not agent_id:
            domain &= Domain("team_id", "in", [*self._get_teams().ids, False])
        return domain

    def _call_domain(self):
        """Calls of today and older ones; next tries of later days wait."""
        today, _begin, end = self._get_today()
        return (
            Domain("state", "=", "planned")
            & Domain("call_on", "<=", today)
            & (Domain("next_try_at", "=", False) | Domain("next_try_at", "<", end))
        )

    def _get_queue(self, agent_id):
        """To be told today first, then overdue, then today's, later tries last."""
        followups = self.env["aftersales.followup"]
        mine = self._agent_domain(agent_id)
        found = followups.search(
            mine & (self._call_domain() | self._tell_domain()),
            order="due_on, call_on, id",
            limit=MAX_QUEUE,
        )
        now = fields.Datetime.now()
        return found.sorted(
            lambda followup: (
                followup.question_state != "decided",
                bool(followup.next_try_at and followup.next_try_at > now),
                followup.next_try_at or datetime.min
                if followup.next_try_at and followup.next_try_at > now
                else datetime.min,
                followup.due_on,
            )
        )

    def _prepare_row(self, followup):
        """One line of the list."""
        now = fields.Datetime.now()
        later = followup.next_try_at and followup.next_try_at > now
        company = followup.commercial_partner_id
        return {
            "id": followup.id,
            "customer": company.name or followup.partner_id.name or "",
            "kind": dict(self._selection("kind"))[followup.kind],
            "tell": followup.question_state == "decided",
            "overdue": followup.is_overdue,
            "due": format_date(self.env, followup.due_on, date_format="MM-dd"),
            "later": self._clock(followup.next_try_at) if later else "",
            "tries": followup.tries,
            "vip": company.aftersales_vip,
        }

    def _clock(self, instant):
        return format_datetime(
            self.env, instant, tz=self._get_tz(), dt_format="MM-dd HH:mm"
        )

    def _get_progress(self, agent_id, queue):
        """Calls of the day that are done, and all of them (37 of 60)."""
        begin = self._get_today()[1]
        if not agent_id:
            return {"done": 0, "total": len(queue)}
        mine = Domain("company_id", "=", self.env.company.id)
        answered = Domain("answered_by_id", "=", agent_id) & Domain(
            "answered_at", ">=", begin
        )
        told = Domain("told_by_id", "=", agent_id) & Domain("told_at", ">=", begin)
        # Not reached or refused, and off the list.
        tried = (
            Domain("last_try_by_id", "=", agent_id)
            & Domain("last_try_at", ">=", begin)
            & Domain("state", "in", ("planned", "unreachable", "refused"))
            & Domain("id", "not in", queue.ids)
        )
        done = self.env["aftersales.followup"].search_count(
            mine & (answered | told | tried)
        )
        return {"done": done, "total": done + len(queue)}

    def _get_agents(self, agent_id):
        """Lists one may work on, with their open calls; one grouping for all."""
        people = self.env.user | self._get_colleagues()
        today = self._get_today()[0]
        groups = self.env["aftersales.followup"]._read_group(
            Domain("company_id", "=", self.env.company.id)
            & (self._call_domain() | self._tell_domain())
            & Domain("agent_id", "in", [*people.ids, False])
            & Domain("team_id", "in", [*self._get_teams().ids, False]),
            ["agent_id"],
            ["__count", "due_on:min"],
        )
        counts = {agent.id: (count, first) for agent, count, first in groups}
        names = [(user.id, user.name) for user in people]
        names.append((0, self.env._("Given to nobody")))
        rows = []
        for user_id, name in names:
            count, first = counts.get(user_id or False, (0, False))
            if count or user_id in (self.env.uid, agent_id):
                late = bool(first and first < today)
                rows.append({"id": user_id, "name": name, "count": count, "late": late})
        return rows

    def _get_tries(self):
        """When to try again: later today, the next working morning, afternoon."""
        tz = timezone(self._get_tz())
        now = fields.Datetime.now().replace(second=0, microsecond=0)
        local = utc.localize(now).astimezone(tz)
        days = self._get_working_days(local)
        soon = local + timedelta(hours=2)
        moments = [soon] if time(9) <= soon.time() <= time(18) else []
        for day in days[:2]:
            moments += [
                tz.localize(datetime.combine(day, clock))
                for clock in (time(9, 30), time(14, 30))
            ]
        return [
            {
                "value": fields.Datetime.to_string(
                    moment.astimezone(utc).replace(tzinfo=None)
                ),
                "label": format_datetime(
                    self.env,
                    moment.astimezone(utc).replace(tzinfo=None),
                    tz=tz.zone,
                    dt_format="EEE MM-dd HH:mm",
                ),
            }
            for moment in moments
        ]

    def _get_working_days(self, local):
        """Working days of the company ahead, holidays left out."""
        # Safe: only on which days the company works.
        calendar = self.env.company.resource_calendar_id.sudo()
        days = []
        if calendar:
            work = calendar._work_intervals_batch(local, local + timedelta(days=14))
            dates = {begin.date() for begin, _end, _meta in work[False]}
            early = {local.date()} if local.hour < 8 else set()
            days = sorted(dates - {local.date()} | dates & early)
        return days or [local.date() + timedelta(days=number) for number in range(1, 3)]

    def _selection(self, name):
        followups = self.env["aftersales.followup"]
        return followups._fields[name]._description_selection(self.env)

    def _get_choices(self):
        """Words of the card: four questions, four marks, an opinion."""
        followups = self.env["aftersales.followup"]
        labels = followups.fields_get(
            [*MARK_FIELDS, "overall", *self.TEXTS], ["string"]
        )
        marks = sorted(self._selection("attitude"))
        return {
            "questions": [
                {"name": name, "label": labels[name]["string"]} for name in MARK_FIELDS
            ],
            "marks": [{"value": value, "label": label} for value, label in marks],
            "opinions": [
                {"value": value, "label": label, "key": letter}
                for letter, (value, label) in zip(
                    LETTERS, self._selection("overall"), strict=True
                )
            ],
        }
