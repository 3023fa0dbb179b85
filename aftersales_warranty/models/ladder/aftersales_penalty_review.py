from dataclasses import dataclass, field
from datetime import date
from typing import Any

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools import ladder
from ...tools.period import local_date

LIVE = ("proposed", "approved")
COUNTED = SQL("('confirmed', 'answered', 'resolved')")


@dataclass
class Batch:
    """Some suppliers of one company, and what of them has to be looked at."""

    company: Any
    zone: str
    rules: Any
    limits: dict
    issues: dict = field(default_factory=dict)  # {(partner, issue): first month}
    complaints: list = field(default_factory=list)  # ids that were touched
    years: set = field(default_factory=set)  # {(partner, year)}
    agreements: dict = field(default_factory=dict)  # {partner: [Agreement]}
    deposits: dict = field(default_factory=dict)  # {partner: running agreement}
    members: dict = field(default_factory=dict)  # {partner: [it and its contacts]}

    @property
    def owners(self):
        return {
            member: partner
            for partner, members in self.members.items()
            for member in members
        }

    @property
    def partners(self):
        return list(self.limits)

    def local(self, instant):
        return local_date(instant, self.zone)

    def utc(self, day):
        """The first moment of a day of the company."""
        return self.company._aftersales_bounds(day)[0]

    def plain(self, trigger):
        rules = self.rules.filtered(lambda rule: rule.trigger == trigger)
        return rules._to_ladder()

    def complaint(self, row):
        """(id, issue, received, settled[, state]) as a plain fact."""
        key, issue, received, settled, *state = row
        return ladder.Complaint(
            key, issue, received, self.local(received), settled, *state
        )


class AftersalesPenaltyReview(models.AbstractModel):
    """Compares what is due with what is recorded, for a batch of suppliers (WA-28).

    The number of queries does not depend on the number of suppliers or complaints,
    and no query reads more than the touched months of the touched issues, the touched
    complaints, and the first ``threshold + 1`` complaints of an agreement. What lies
    before the first touched month is known from the penalties recorded for it.
    """

    _name = "aftersales.penalty.review"
    _description = "Penalty ladder: evaluation"

    @api.model
    def _evaluate(self, company, rows, instant):
        """Bring the penalties of the suppliers in line with their complaints."""
        rules = self.env["aftersales.penalty.rule"]
        zone = company._aftersales_zone().zone
        lang = company.partner_id.lang or self.env.user.lang or "en_US"
        # Every step is logged with its reason; tracking would only repeat it.
        stage = self.with_company(company).with_context(
            lang=lang,
            tz=zone,
            tracking_disable=True,
            mail_create_nolog=True,
            mail_create_nosubscribe=True,
        )
        limits = self.env["aftersales.penalty.standing"]._take(
            company, rows.partner_id.ids, instant
        )
        batch = Batch(company, zone, rules._get_effective(company), limits)
        stage._read_rows(batch, rows)
        stage._read_members(batch)
        stage._read_agreements(batch)
        stage._review_complaints(batch)
        stage._review_funds(batch)

    # -------------------------------------------------------------------------
    # WHAT TO LOOK AT
    # -------------------------------------------------------------------------

    @api.model
    def _read_rows(self, batch, rows):
        for row in rows:
            partner = row.partner_id.id
            if row.category_id:
                key = (partner, row.category_id.id)
                month = ladder.month_of(row.day)
                batch.issues[key] = min(batch.issues.get(key, month), month)
            if row.day.year < batch.local(batch.limits[partner]).year:
                batch.years.add((partner, row.day.year))
        batch.complaints = rows.complaint_id.ids

    @api.model
    def _read_agreements(self, batch):
        deposits = self.env["aftersales.deposit"].search(
            [
                ("company_id", "=", batch.company.id),
                ("partner_id", "in", batch.partners),
                ("state", "in", ("running", "ended")),
            ],
            order="date_start, id",
        )
        for deposit in deposits:
            ends = [day for day in (deposit.date_end, deposit.ended_on) if day]
            agreement = ladder.Agreement(
                deposit.id, deposit.date_start, min(ends, default=None)
            )
            batch.agreements.setdefault(deposit.partner_id.id, []).append(agreement)
            if deposit.state == "running":
                batch.deposits[deposit.partner_id.id] = deposit

    # -------------------------------------------------------------------------
    # FACTS: one index probe for each key, whatever the planner believes
    # -------------------------------------------------------------------------

    @api.model
    def _read_members(self, batch):
        """A complaint may name the supplier's company or one of its contacts."""
        rows = self.env.execute_query(
            SQL(
                "SELECT commercial_partner_id, id FROM res_partner"
                " WHERE commercial_partner_id = ANY(%s)",
                batch.partners,
            )
        )
        for partner, member in rows:
            batch.members.setdefault(partner, []).append(member)

    @api.model
    def _get_issue_facts(self, batch):
        """:return: ``{(partner, issue): [complaints since the first month]}``"""
        facts = {key: [] for key in batch.issues}
        keys = [
            (member, issue, batch.utc(since), batch.limits[partner])
            for (partner, issue), since in batch.issues.items()
            for member in batch.members[partner]
        ]
        if not keys:
            return facts
        rows = self.env.execute_query(
            SQL(
                """
                SELECT k.member, c.*
                  FROM unnest(%s::int[], %s::int[], %s::timestamp[], %s::timestamp[])
                       AS k(member, issue, since, until)
                 CROSS JOIN LATERAL (
                    SELECT c.id, c.category_id, c.received_at,
                           coalesce(c.settled_at, c.resolve_at)
                      FROM aftersales_complaint c
                     WHERE c.supplier_id = k.member AND c.category_id = k.issue
                       AND c.company_id = %s AND c.state IN %s
                       AND c.received_at >= k.since AND c.received_at <= k.until
                    OFFSET 0
                 ) c
                """,
                *map(list, zip(*keys, strict=True)),
                batch.company.id,
                COUNTED,
            )
        )
        owners = batch.owners
        for member, *row in rows:
            facts[owners[member], row[1]].append(batch.complaint(row))
        return facts

    @api.model
    def _get_touched_facts(self, batch):
        """:return: ``[(partner, complaint)]`` of what was touched, as it is now"""
        if not batch.complaints:
            return []
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.*
                  FROM unnest(%s::int[]) AS k(id)
                 CROSS JOIN LATERAL (
                    SELECT m.commercial_partner_id, c.id, c.category_id,
                           c.received_at, coalesce(c.settled_at, c.resolve_at),
                           c.state
                      FROM aftersales_complaint c
                      JOIN res_partner m ON m.id = c.supplier_id
                     WHERE c.id = k.id AND c.company_id = %s
                     LIMIT 1
                 ) c
                """,
                batch.complaints,
                batch.company.id,
            )
        )
        return [(partner, batch.complaint(row)) for partner, *row in rows]

    @api.model
    def _get_total_facts(self, batch, count):
        """:return: ``{(partner, agreement): [its first complaints]}``"""
        agreements = [
            (partner, agreement)
            for partner, agreements in batch.agreements.items()
            for agreement in agreements
        ]
        facts = {(partner, agreement.key): [] for partner, agreement in agreements}
        keys = [
            (partner, agreement.key, member, batch.utc(agreement.start))
            for partner, agreement in agreements
            for member in batch.members[partner]
        ]
        if not keys:
            return facts
        # The end of what counts is left to Python: without it the database walks
        # along the index and stops after so many.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT k.partner, k.agreement, c.*
                  FROM unnest(%s::int[], %s::int[], %s::int[], %s::timestamp[])
                       AS k(partner, agreement, member, since)
                 CROSS JOIN LATERAL (
                    SELECT c.id, c.category_id, c.received_at,
                           coalesce(c.settled_at, c.resolve_at)
                      FROM aftersales_complaint c
                     WHERE c.supplier_id = k.member AND c.company_id = %s
                       AND c.state IN %s AND c.received_at >= k.since
                     ORDER BY c.received_at, c.id
                     LIMIT %s
                 ) c
                """,
                *map(list, zip(*keys, strict=True)),
                batch.company.id,
                COUNTED,
                count,
            )
        )
        for partner, agreement, *row in rows:
            complaint = batch.complaint(row)
            if complaint.received <= batch.limits[partner]:
                facts[partner, agreement].append(complaint)
        return facts

    @api.model
    def _get_year_facts(self, batch):
        """:return: ``{(partner, year): [one complaint of it, if there is any]}``"""
        facts = {key: [] for key in batch.years}
        keys = [
            (
                partner,
                year,
                member,
                batch.utc(date(year, 1, 1)),
                batch.utc(date(year + 1, 1, 1)),
            )
            for partner, year in batch.years
            for member in batch.members[partner]
        ]
        if not keys:
            return facts
        rows = self.env.execute_query(
            SQL(
                """
                SELECT k.partner, k.year, c.*
                  FROM unnest(%s::int[], %s::int[], %s::int[], %s::timestamp[],
                              %s::timestamp[]) AS k(partner, year, member, since, until)
                 CROSS JOIN LATERAL (
                    SELECT c.id, c.category_id, c.received_at,
                           coalesce(c.settled_at, c.resolve_at)
                      FROM aftersales_complaint c
                     WHERE c.supplier_id = k.member AND c.company_id = %s
                       AND c.state IN %s
                       AND c.received_at >= k.since AND c.received_at < k.until
                     LIMIT 1
                 ) c
                """,
                *map(list, zip(*keys, strict=True)),
                batch.company.id,
                COUNTED,
            )
        )
        for partner, year, *row in rows:
            facts[partner, year].append(batch.complaint(row))
        return facts

    # -------------------------------------------------------------------------
    # WHAT IS RECORDED
    # -------------------------------------------------------------------------

    @api.model
    def _get_recorded(self, batch):
        """Penalties the evaluation compares with, and those it builds on."""
        issues = {issue for _partner, issue in batch.issues}
        since = min(batch.issues.values(), default=batch.company._aftersales_today())
        years = {date(year, 1, 1) for _partner, year in batch.years}
        domain = Domain.OR(
            [
                Domain("complaint_id", "in", batch.complaints),
                Domain("rule_id.trigger", "=", "total"),
                Domain("rule_id.trigger", "=", "no_complaint")
                & Domain("period_start", "in", list(years)),
                Domain("rule_id.trigger", "=", "same_issue")
                & Domain("category_id", "in", list(issues))
                & (
                    Domain("period_start", ">=", ladder.month_before(since))
                    | Domain("action", "=", ladder.LAST)
                ),
            ]
        )
        return self.env["aftersales.penalty"].search(
            Domain("company_id", "=", batch.company.id)
            & Domain("partner_id", "in", batch.partners)
            & Domain("rule_id", "in", batch.rules.ids)
            & domain,
            order="id",
        )

    @api.model
    def _is_compared(self, batch, penalty):
        """Whether a recorded penalty lies in what is evaluated anew."""
        trigger = penalty.rule_id.trigger
        partner = penalty.partner_id.id
        if trigger == "same_issue":
            since = batch.issues.get((partner, penalty.category_id.id))
            return bool(since) and penalty.period_start >= since
        if trigger == "no_complaint":
            return (partner, penalty.period_start.year) in batch.years
        return True

    # -------------------------------------------------------------------------
    # COMPARE
    # -------------------------------------------------------------------------

    @api.model
    def _review_complaints(self, batch):
        recorded = self._get_recorded(batch)
        touched = self._get_touched_facts(batch)
        steps = [
            *self._get_issue_steps(batch, recorded),
            *self._get_late_steps(batch, touched),
            *self._get_total_steps(batch),
            *self._get_award_steps(batch),
        ]
        compared = recorded.filtered(lambda p: self._is_compared(batch, p))
        self._apply(batch, steps, compared)
        self.env["aftersales.penalty.person"]._review(batch, touched)

    @api.model
    def _get_issue_steps(self, batch, recorded):
        rules = batch.plain("same_issue")
        before = recorded.filtered(lambda p: p.rule_id.trigger == "same_issue").grouped(
            lambda p: (p.partner_id.id, p.category_id.id)
        )
        steps = []
        for key, complaints in self._get_issue_facts(batch).items():
            since = batch.issues[key]
            known = before.get(key, recorded.browse())
            old = known.filtered(lambda p, s=since: p.period_start < s)
            held = {
                (p.action, p.period_start) for p in old.filtered(lambda p: p.is_live)
            }
            if any(action == ladder.LAST for action, _month in held):
                continue
            exempt = {
                (p.action, p.period_start)
                for p in known.filtered(lambda p: p.state == "exempted")
            }
            steps += [
                (key[0], step)
                for step in ladder.issue_steps(rules, complaints, held, exempt)
            ]
        return steps

    @api.model
    def _get_late_steps(self, batch, touched):
        steps = []
        for rule in batch.plain("unsettled"):
            for partner, complaint in touched:
                if partner in batch.limits:
                    steps += [
                        (partner, step)
                        for step in ladder.late_steps(
                            rule,
                            [complaint],
                            batch.agreements.get(partner, ()),
                            batch.limits[partner],
                            batch.local,
                        )
                    ]
        return steps

    @api.model
    def _get_total_steps(self, batch):
        rules = batch.plain("total")
        if not rules:
            return []
        count = max(rule.threshold for rule in rules) + 1
        facts = self._get_total_facts(batch, count)
        return [
            (partner, step)
            for partner, agreements in batch.agreements.items()
            for agreement in agreements
            for rule in rules
            for step in ladder.total_steps(
                rule, facts[partner, agreement.key], agreement
            )
        ]

    @api.model
    def _get_award_steps(self, batch):
        rules = batch.plain("no_complaint")
        if not rules:
            return []
        return [
            (partner, step)
            for (partner, year), complaints in self._get_year_facts(batch).items()
            for rule in rules
            for step in ladder.award_steps(
                rule,
                year,
                complaints,
                batch.agreements.get(partner, ()),
                batch.local(batch.limits[partner]),
            )
        ]

    @api.model
    def _review_funds(self, batch):
        """A demanded fund that was not paid on its day ends the contract (WA-25)."""
        rules = batch.rules.filtered(lambda rule: rule.trigger == "unpaid_fund")
        if not rules or not batch.deposits:
            return
        penalties = self.env["aftersales.penalty"].search(
            Domain("company_id", "=", batch.company.id)
            & Domain("partner_id", "in", batch.partners)
            & Domain("action", "in", ("fund", "end_contract"))
        )
        funds = penalties.filtered(lambda p: p.action == "fund")
        ends = penalties.filtered(lambda p: p.rule_id in rules)
        steps = []
        for fund in funds:
            today = batch.local(batch.limits[fund.partner_id.id])
            steps += [
                (fund.partner_id.id, step)
                for rule in rules
                for step in fund._get_unpaid_steps(rule, today, ends)
            ]
        self._apply(batch, steps, ends)

    @api.model
    def _apply(self, batch, steps, recorded):
        """Record what is new, revive what is due again, revoke what no longer is."""
        known = {penalty._get_key(): penalty for penalty in recorded}
        due = {(partner, *step.key): (partner, step) for partner, step in steps}
        fresh = [
            row
            for key, row in due.items()
            if key not in known and self._may_start(batch, *row)
        ]
        gone = recorded.filtered(lambda p: p.is_live and p._get_key() not in due)
        gone._revoke()
        evidence = self._get_evidence(recorded)
        for key, (_partner, step) in due.items():
            if key in known:
                penalty = known[key]
                shown = evidence.get(penalty.id, set())
                penalty._renew(step, batch.deposits.get(key[0]), shown)
        self.env["aftersales.penalty"]._start(batch, fresh)

    @api.model
    def _get_evidence(self, penalties):
        """:return: ``{penalty id: ids of its complaints}``, by the index of the link"""
        if not penalties:
            return {}
        evidence = {}
        rows = self.env.execute_query(
            SQL(
                "SELECT penalty_id, complaint_id FROM aftersales_penalty_complaint_rel"
                " WHERE penalty_id = ANY(%s)",
                penalties.ids,
            )
        )
        for penalty, complaint in rows:
            evidence.setdefault(penalty, set()).add(complaint)
        return evidence

    @api.model
    def _may_start(self, batch, partner, step):
        """The fund of an agreement that has ended is not demanded any more."""
        if step.action not in ("fund", "end_contract"):
            return True
        running = batch.deposits.get(partner)
        return bool(running) and running.id == step.agreement
