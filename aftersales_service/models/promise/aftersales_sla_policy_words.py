from datetime import timedelta

from odoo import api, fields, models

from ...tools.promise import CONDITIONS
from ...tools.records import labels
from .aftersales_sla_policy import MILESTONES


class AftersalesSlaPolicy(models.Model):
    """Which promise applies and why, in words."""

    _inherit = "aftersales.sla.policy"

    @api.model
    def _explain(self, facts, start=None, applies_to="order"):
        """What would apply for given facts, and why.

        :param dict facts: as of ``_get_sla_facts``, records or ids; ``company_id``
            and ``team_id`` tell whose policies and working hours
        :param start: the instant of the call; default now
        :return: for each milestone ``{milestone, label, policy, reason, target,
            deadline, message}``; policy and deadline are empty when nothing is
            promised, the message says what stands in the way of a deadline
        """
        start = fields.Datetime.to_datetime(start) or fields.Datetime.now()
        facts = self._complete_facts(facts)
        engine = self._get_engine(
            applies_to,
            {facts.get("team_calendar_id"), facts.get("company_calendar_id")},
            start,
        )
        matches = engine.strictest(facts, start)
        names = MILESTONES if applies_to == "order" else ("answer", "resolve")
        return [
            self._explain_milestone(engine, name, matches.get(name), facts, start)
            for name in names
        ]

    @api.model
    def _get_overruled(self, company, start, applies_to="order"):
        """Sentences about promises that a less urgent fault has earlier."""
        if applies_to != "order":
            return []
        # Safe: names of the policies of a company the user works in.
        teams = self.env["aftersales.team"].sudo()
        team = teams.search([("company_id", "=", company.id)], limit=1)
        calendars = {company.sudo().resource_calendar_id.id}
        engine = self._get_engine(
            applies_to, calendars | {team.resource_calendar_id.id}, start
        )
        starts = [start + timedelta(hours=hour) for hour in range(7 * 24)]
        levels = dict(self._fields["fault_level"]._description_selection(self.env))
        return [
            self.env._(
                "%(milestone)s: for “%(level)s”, “%(policy)s” would be later at times "
                "than “%(other)s” for “%(lower)s”. The earlier one counts.",
                milestone=self._get_milestone_label(name),
                level=levels[level],
                policy=self.browse(own or []).display_name or "–",
                other=self.browse(other).display_name,
                lower=levels[lower],
            )
            for name, level, own, lower, other in sorted(
                engine.overruled(company.id, starts),
                key=lambda row: (MILESTONES.index(row[0]), row[1], row[4]),
            )
        ]

    @api.model
    def _complete_facts(self, facts):
        """Plain facts of given ones: ids for records, and what follows from them."""
        facts = {
            name: value.id if isinstance(value, models.BaseModel) else value
            for name, value in facts.items()
        }
        company = self.env["res.company"].browse(
            facts.get("company_id") or self.env.company.id
        )
        # Safe: working hours and master data behind the facts given.
        team = self.env["aftersales.team"].sudo().browse(facts.get("team_id") or [])
        zone = self.env["aftersales.zone"].sudo().browse(facts.get("zone_id") or [])
        grade = self.env["aftersales.grade"].sudo().browse(facts.get("grade_id") or [])
        team = team or zone.team_id
        defaults = {
            "company_id": company.id,
            "company_calendar_id": company.sudo().resource_calendar_id.id,
            "team_calendar_id": team.resource_calendar_id.id,
            "area": zone.area,
            "customer_class": grade.customer_class,
        }
        return {
            **defaults,
            **{k: v for k, v in facts.items() if v not in (None, False)},
        }

    @api.model
    def _explain_milestone(self, engine, name, promise, facts, start):
        answer = {
            "milestone": name,
            "label": self._get_milestone_label(name),
            "policy": self.browse(),
            "reason": "",
            "target": "",
            "deadline": False,
            "message": "",
        }
        if not promise:
            return {**answer, "message": self.env._("Nothing is promised.")}
        policy = self.browse(promise.id)
        plan = engine.plan(promise, name, facts, start)
        target = engine.target(promise, name, facts)
        return {
            **answer,
            "policy": policy,
            "reason": policy._describe_reason(facts.get("grade_id")),
            "target": policy._describe_value(*target),
            "deadline": plan.deadline or False,
            "message": self._describe_problem(plan.problem),
        }

    @api.model
    def _describe_problem(self, calendar):
        if not calendar:
            return ""
        return self.env._(
            "No deadline: “%(calendar)s” has no working hours. Enter them, or let "
            "the promise run on another calendar.",
            calendar=calendar,
        )

    @api.model
    def _get_milestone_label(self, name):
        return {
            "answer": self.env._("Answer"),
            "arrive": self.env._("On site"),
            "resolve": self.env._("Solved"),
        }[name]

    def _describe_reason(self, grade_id=False):
        """Why this policy, in words: what it names, and where it was promised."""
        self.ensure_one()
        labels = self._get_condition_labels()
        if self.from_grade and grade_id:
            # Safe: the name of the grade of a document the user sees.
            labels[0] = self.env["aftersales.grade"].sudo().browse(grade_id).name
        return " · ".join(labels) or self.env._("always, when nothing else is promised")

    def _describe_target(self, name):
        mode = (
            self.calendar_id.id if self.calendar_mode == "own" else self.calendar_mode
        )
        return self._describe_value(
            self[f"{name}_value"], self[f"{name}_unit"] or "hours", mode
        )

    def _describe_promised(self, name, grade_id=False):
        """What the policy promises for a milestone, of a grade where it says so."""
        if not self.from_grade:
            return self._describe_target(name)
        target = self._get_grade_targets().get(grade_id, {}).get(name)
        return self._describe_value(*target) if target else ""

    def _describe_value(self, value, unit, mode):
        """“6 working hours (service point)” in the user's language."""
        text = self._describe_duration(value, unit)
        if mode == "clock":
            return text
        modes = labels(self, "calendar_mode")
        # Safe: the name of working hours.
        name = modes.get(mode) or self.sudo().calendar_id.name or modes["own"]
        return self.env._("%(time)s, %(calendar)s", time=text, calendar=name)

    @api.model
    def _describe_duration(self, value, unit):
        """“2 days”, “1 week”: one word for one, another for more."""
        if value == 1:
            return {
                "minutes": self.env._("1 minute"),
                "hours": self.env._("1 hour"),
                "working_hours": self.env._("1 working hour"),
                "working_days": self.env._("1 working day"),
                "days": self.env._("1 day"),
                "weeks": self.env._("1 week"),
            }[unit]
        return {
            "minutes": self.env._("%(number)g minutes", number=value),
            "hours": self.env._("%(number)g hours", number=value),
            "working_hours": self.env._("%(number)g working hours", number=value),
            "working_days": self.env._("%(number)g working days", number=value),
            "days": self.env._("%(number)g days", number=value),
            "weeks": self.env._("%(number)g weeks", number=value),
        }[unit]

    def _get_condition_labels(self):
        """What the policy names, strongest first."""
        self.ensure_one()
        names = self._get_condition_names()
        return [self._get_condition_label(name) for name in CONDITIONS if name in names]

    def _get_condition_label(self, name):
        if name == "distance":
            return self._get_distance_label()
        if name == "grade_id" and not self.grade_id:
            return self.env._("the service grade")
        field = self._fields[name]
        if field.type == "boolean":
            return field._description_string(self.env)
        if field.type == "many2one":
            return self.sudo()[name].display_name  # Safe: names of master data.
        value = dict(field._description_selection(self.env))[self[name]]
        title = field._description_string(self.env)
        return self.env._("%(title)s: %(value)s", title=title, value=value)

    def _get_distance_label(self):
        if not self.distance_to:
            return self.env._("farther than %(low)g km", low=self.distance_from)
        if not self.distance_from:
            return self.env._("up to %(high)g km", high=self.distance_to)
        return self.env._(
            "%(low)g to %(high)g km", low=self.distance_from, high=self.distance_to
        )
