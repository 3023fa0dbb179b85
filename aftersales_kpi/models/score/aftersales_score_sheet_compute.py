import json
import logging
from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import LockError
from odoo.tools import SQL

from ...const import FAILURES
from ...tools.score import (
    Line,
    difference,
    effective_fine,
    round_money,
    score,
    to_decimal,
)

MARKS = ("mark_attitude", "mark_skill", "mark_punctuality", "mark_promises")

_logger = logging.getLogger(__name__)


class AftersalesScoreSheet(models.Model):
    """Makes sheets of facts and rules, and writes only what differs (KP-01, KP-05).

    Nothing is noted when a fact is written. A job computes again: every ten minutes
    the current month and the one before, every hour all months since the first sheet.
    It may be killed at any point and run beside another one.
    """

    _inherit = "aftersales.score.sheet"

    # -------------------------------------------------------------------------
    # JOB
    # -------------------------------------------------------------------------

    @api.model
    def _cron_compute(self, everything=False):
        """:param everything: all months for what comes late, a sheet for everybody"""
        cron = self.env["ir.cron"]
        months = self._get_due(everything)
        cron._commit_progress(remaining=len(months))
        for company, month in months:
            self._compute_by_job(company, month, everybody=everything)
            if not cron._commit_progress(1):
                break

    @api.model
    def _get_due(self, everything=False):
        """``[(company, month)]``: what people look at most comes first."""
        facts = self.env["aftersales.score.facts"]
        now = fields.Datetime.now()
        due = {}
        # pylint: disable-next=no-search-all
        for company in self.env["res.company"].search([]):
            month = fields.Date.start_of(facts._get_local_day(company, now), "month")
            due[company, month] = True
            due[company, fields.Date.subtract(month, months=1)] = True
        if everything:
            groups = self._read_group(
                [], ["month:month", "company_id"], order="month:month DESC"
            )
            for month, company in groups:
                due[company, fields.Date.to_date(month)] = True
        return list(due)

    @api.model
    def _compute_by_job(self, company, month, everybody=False):
        """All people in one go; when that fails, one after the other.

        Somebody whose sheet is being worked on, or fails, is for the next run.
        """
        people = self._find_people(company, month, everybody)
        if not people:
            return
        try:
            with self.env.cr.savepoint():
                self._compute_month(company, month, people)
        except FAILURES:
            for technician in people:
                try:
                    with self.env.cr.savepoint():
                        self._compute_month(company, month, technician)
                except LockError:
                    continue
                except FAILURES as error:
                    _logger.warning("Score not computed: %s", error)

    @api.model
    def _find_people(self, company, month, everybody=False):
        """Who has a sheet, and whom facts of the month concern.

        :param everybody: all active technicians too, in the current month
        """
        domain = [("company_id", "=", company.id), ("month", "=", month)]
        known = self.search(domain).technician_id
        technicians = self.env["aftersales.technician"].with_context(active_test=False)
        ours = technicians.search([("company_id", "=", company.id)])
        facts = self.env["aftersales.score.facts"].with_company(company)
        today = facts._get_local_day(company, fields.Datetime.now())
        if everybody and month == fields.Date.start_of(today, "month"):
            known |= ours.filtered("active")
        rest = ours - known
        if not rest:
            return known
        rules = self.env["aftersales.score.rule"]._get_rules(company)._to_plain()
        found = facts._collect(facts._get_month(company, month, rules), rest)
        return known | rest.browse({fact.technician for fact in found})

    # -------------------------------------------------------------------------
    # COMPUTATION
    # -------------------------------------------------------------------------

    @api.model
    def _compute_month(self, company, month, technicians):
        """Write what the rules make of the facts of a month; queries are constant.

        The arithmetic comes before the lock, so that nobody waits for it; a row that
        has changed meanwhile cannot be locked under REPEATABLE READ.

        :return: the sheets of these technicians
        """
        # Safe: called by the job and after the checks of the actions.
        sheets = self.sudo()._get_or_create(company, month, technicians)
        sheets.invalidate_recordset()
        closed = sheets.filtered(lambda sheet: sheet.state == "closed")
        by_rules = closed.grouped(lambda s: json.dumps(s.rules, sort_keys=True))
        today = self.env["aftersales.score.rule"]._get_rules(company)._to_plain()
        groups = [(group, group[:1].rules) for group in by_rules.values()]
        expected = [
            (group, group._expect(company, month, rules))
            for group, rules in [*groups, (sheets - closed, today)]
            if group
        ]
        sheets._lock_for_action()
        for group, (lines, limits) in expected:
            if group <= closed:
                group._adjust(company, lines)
            else:
                group._compute_open(lines, limits)
        return sheets

    @api.model
    def _get_or_create(self, company, month, technicians):
        domain = [("month", "=", month), ("technician_id", "in", technicians.ids)]
        sheets = self.search(domain)
        missing = technicians - sheets.technician_id
        return sheets | self.with_context(tracking_disable=True).create(
            [
                {
                    "technician_id": technician.id,
                    "company_id": company.id,
                    "team_id": technician.team_id.id,
                    "month": month,
                }
                for technician in missing
            ]
        )

    def _expect(self, company, month, rules):
        """:return: lines the rules make of the facts, and the month"""
        facts = self.env["aftersales.score.facts"].with_company(company)
        month = facts._get_month(company, month, rules)
        found = facts._collect(month, self.technician_id)
        plain = self.env["aftersales.score.rule"]._from_plain(rules)
        return score(plain, found, company.currency_id.decimal_places), month

    def _compute_open(self, lines, month):
        mine = {sheet.technician_id.id: sheet for sheet in self}
        wanted = {(mine[line.technician].id, line.key, 0): line for line in lines}
        changed = self._store(wanted, self._read_lines(SQL("origin_id IS NULL")))
        self._write_marks(month)
        self._refresh_totals(changed)

    def _read_lines(self, condition):
        """Lines on record as ``{(sheet, key, origin): row}``; one query.

        Read without the ORM: a month of a big department has tens of thousands.
        """
        self.env["aftersales.score.line"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT sheet_id, key, COALESCE(origin_id, 0), id, rule_points,
                       rule_money, forgone, source_ids, approval_state, objection_state
                  FROM aftersales_score_line WHERE sheet_id = ANY(%s) AND %s
                """,
                self.ids,
                condition,
            )
        )
        return {tuple(row[:3]): row[3:] for row in self.env.cr.fetchall()}

    def _store(self, wanted, kept):
        """Insert, change and remove only what differs.

        :param wanted: ``{(sheet id, key, origin id or 0): line of the arithmetic}``
        :param kept: the rows on record, see :meth:`_read_lines`
        :return: sheets with a difference
        """
        new = {key: line for key, line in wanted.items() if key not in kept}
        gone = {
            key: row
            for key, row in kept.items()
            if key not in wanted and (any(row[1:4]) or not self._is_history(row))
        }
        other = {
            key: line
            for key, line in wanted.items()
            if key in kept and not self._is_same(line, kept[key])
        }
        self._insert_lines(new)
        changed = self._change_lines(
            {kept[key][0]: line for key, line in other.items()}
        )
        self._remove_lines(gone)
        fresh = self.env["aftersales.score.line"]
        if new or changed:
            domain = [("sheet_id", "in", self.ids), ("approval_state", "=", "pending")]
            pending = fresh.search(domain)
            asked = self.env["aftersales.approval"].search(
                [("score_line_id", "in", pending.ids), ("state", "=", "pending")]
            )
            (pending - asked.score_line_id)._request_approvals()
        return self.browse({key[0] for key in (*new, *gone, *other)})

    def _is_same(self, line, row):
        _id, points, money, forgone, sources, *_states = row
        return (line.points, line.money, line.forgone, line.ids) == (
            to_decimal(points),
            to_decimal(money),
            to_decimal(forgone),
            sources,
        )

    def _is_history(self, row):
        """Objected to, or decided: it stays on record."""
        return bool(row[-1]) or row[-2] in ("approved", "rejected")

    def _insert_lines(self, new):
        """All new lines in one statement: the ORM costs fifty times as much."""
        if not new:
            return
        rules = self.env["aftersales.score.rule"].browse(
            {line.rule for line in new.values()}
        )
        facts = {
            rule.id: (rule.needs_approval, rule._get_money_kind()) for rule in rules
        }
        columns = defaultdict(list)
        for (sheet, key, origin), line in new.items():
            approval, money_kind = facts[line.rule]
            pending = approval and bool(line.points or line.money)
            values = (sheet, origin or None, line.rule, key, line.points, line.money)
            values += (line.forgone, line.model, line.ids[0], json.dumps(line.ids))
            values += (line.repeat, "pending" if pending else "none", money_kind)
            for number, value in enumerate(values):
                columns[number].append(value)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO aftersales_score_line (
                    sheet_id, origin_id, rule_id, key, rule_points, rule_money, forgone,
                    res_model, res_id, source_ids, is_repeat, approval_state,
                    money_kind, points, money, technician_id, team_id, company_id,
                    month, create_uid, create_date, write_uid, write_date)
                SELECT new.*,
                       CASE WHEN new.approval = 'none' THEN new.points ELSE 0 END,
                       CASE WHEN new.approval = 'none' THEN new.money ELSE 0 END,
                       sheet.technician_id, sheet.team_id, sheet.company_id,
                       sheet.month, %s, now() AT TIME ZONE 'UTC', %s,
                       now() AT TIME ZONE 'UTC'
                  FROM unnest(%s::int[], %s::int[], %s::int[], %s::text[],
                              %s::numeric[], %s::numeric[], %s::numeric[], %s::text[],
                              %s::int[], %s::jsonb[], %s::bool[], %s::text[],
                              %s::text[])
                       AS new(sheet, origin, rule, key, points, money, forgone, model,
                              document, sources, repeat, approval, kind)
                  JOIN aftersales_score_sheet sheet ON sheet.id = new.sheet
                """,
                self.env.uid,
                self.env.uid,
                *columns.values(),
            )
        )
        self.env["aftersales.score.line"].invalidate_model()
        self.invalidate_recordset(["line_ids", "adjustment_ids"])

    def _change_lines(self, changes):
        """Changed values are asked for anew; an objection stays with its line."""
        lines = self.env["aftersales.score.line"].browse(changes)
        for line in lines:
            now = changes[line.id]
            same = (line.rule_points, line.rule_money) == (
                float(now.points),
                float(now.money),
            )
            values = {
                "rule_points": float(now.points),
                "rule_money": float(now.money),
                "forgone": float(now.forgone),
                "source_ids": now.ids,
                "res_id": now.ids[0],
                "is_repeat": now.repeat,
            }
            if not same and line.rule_id.needs_approval:
                line._drop_approvals()
                values["approval_state"] = (
                    "pending" if now.points or now.money else "none"
                )
            line.write(values)
            line.write(line._get_effective())
        return lines

    def _remove_lines(self, gone):
        """Facts that are no facts any more; what was objected to stays, worth nothing.

        A decided approval stays as well: both are on record.
        """
        if not gone:
            return
        lines = self.env["aftersales.score.line"]
        stay = lines.browse(r[0] for r in gone.values() if self._is_history(r))
        worth = ("rule_points", "rule_money", "forgone", "points", "money")
        stay.write(dict.fromkeys(worth, 0.0))
        rest = lines.browse(row[0] for row in gone.values()) - stay
        rest.filtered(lambda x: x.approval_state == "pending")._drop_approvals()
        rest.unlink()

    # -------------------------------------------------------------------------
    # ADJUSTMENTS (KP-05)
    # -------------------------------------------------------------------------

    def _adjust(self, company, lines):
        """What a closed month would be today goes into the current month."""
        recorded, info, placed = self._read_recorded()
        missing = difference(lines, recorded)
        expected = {(line.technician, line.key): line for line in lines}
        facts = self.env["aftersales.score.facts"]
        today = facts._get_local_day(company, fields.Datetime.now())
        current = fields.Date.start_of(today, "month")
        mine = {sheet.technician_id.id: sheet for sheet in self}
        targets = self.browse()
        if {key for key in missing if key not in placed}:
            targets = self._get_or_create(company, current, self.technician_id)
        new_place = {sheet.technician_id.id: sheet.id for sheet in targets}
        wanted = {}
        for (technician, key), (points, money) in missing.items():
            line = expected.get((technician, key)) or info[technician, key]
            sheet = placed.get((technician, key)) or new_place[technician]
            wanted[sheet, key, mine[technician].id] = self._as_adjustment(
                line, points, money
            )
        touched = targets | self.browse(placed.values())
        if touched:
            touched._lock_for_action()
            touched._check_not_closed()
            origins = SQL("origin_id = ANY(%s)", self.ids)
            changed = touched._store(wanted, touched._read_lines(origins))
            touched._refresh_totals(changed)

    def _as_adjustment(self, line, points, money):
        return type(line)(
            line.technician,
            line.rule,
            line.key,
            points,
            money,
            line.model,
            line.ids,
            repeat=line.repeat,
        )

    def _read_recorded(self):
        """What is on record for closed months, frozen adjustments included.

        :return: values by technician and key, a line of each to copy from, and the
            open sheets in which adjustments stand already
        """
        self.env["aftersales.score.line"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.technician_id, line.key, line.rule_points, line.rule_money,
                       line.rule_id, line.res_model, line.source_ids, line.sheet_id,
                       line.origin_id IS NOT NULL AND sheet.state != 'closed'
                  FROM aftersales_score_line line
                  JOIN aftersales_score_sheet sheet ON sheet.id = line.sheet_id
                 WHERE line.origin_id = ANY(%s)
                    OR line.sheet_id = ANY(%s) AND line.origin_id IS NULL
                """,
                self.ids,
                self.ids,
            )
        )
        recorded, info, placed = {}, {}, {}
        for technician, key, points, money, rule, model, ids, sheet, is_open in rows:
            at = (technician, key)
            info[at] = Line(
                technician, rule, key, Decimal(0), Decimal(0), model, ids or [0]
            )
            if is_open:
                placed[at] = sheet
                continue
            old_points, old_money = recorded.get(at, (Decimal(0), Decimal(0)))
            recorded[at] = (
                old_points + to_decimal(points),
                old_money + to_decimal(money),
            )
        return recorded, info, placed

    # -------------------------------------------------------------------------
    # TOTALS
    # -------------------------------------------------------------------------

    def _write_marks(self, month):
        found = self.env["aftersales.score.facts"]._get_marks(month, self.technician_id)
        weights = self.env["aftersales.score.weight"]._get_weights()
        nothing = (None, None, None, None, 0, 0)
        for sheet in self:
            *marks, good, answers = found.get(sheet.technician_id.id, nothing)
            values = dict(zip(MARKS, (float(m or 0) for m in marks), strict=True))
            values["answer_count"] = answers
            values.update(self._prepare_weighted(marks, good, answers, weights))
            sheet._write_changed(values)

    def _refresh_totals(self, changed=None):
        """Sums of the lines, written where they differ; one query for all sheets.

        :param changed: sheets whose lines have changed: a check is taken back
        """
        self.env["aftersales.score.line"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT sheet_id, sum(points),
                       COALESCE(sum(money) FILTER (WHERE money_kind = 'bonus'), 0),
                       COALESCE(-sum(money) FILTER (WHERE money_kind = 'fine'), 0),
                       count(*) FILTER (WHERE approval_state = 'pending'),
                       count(*) FILTER (WHERE objection_state = 'open')
                  FROM aftersales_score_line WHERE sheet_id = ANY(%s)
                 GROUP BY sheet_id
                """,
                self.ids,
            )
        )
        sums = {sheet: values for sheet, *values in rows}
        zero = (0, 0, 0, 0, 0)
        now = fields.Datetime.now()
        for sheet in self:
            values = sheet._prepare_totals(*sums.get(sheet.id, zero))
            if sheet.state == "checked" and changed and sheet in changed:
                values.update(state="open", checked_by_id=False, checked_at=False)
            if sheet._write_changed(values) or changed and sheet in changed:
                # Changed lines change the locked row too: docs/rules.md, Locks.
                sheet.write({"computed_at": now, "version": sheet.version + 1})

    def _prepare_totals(self, points, bonus, fine, pending, objections):
        company = self.company_id
        bonus, fine = to_decimal(bonus), to_decimal(fine)
        cap = to_decimal(company.aftersales_fine_cap)
        taken = effective_fine(
            max(fine, Decimal(0)),
            bonus,
            company.aftersales_fine_mode,
            round_money(cap, company.currency_id.decimal_places),
        )
        return {
            "total": float(points or 0),
            "bonus": float(bonus),
            "fine_asked": float(fine),
            "fine": float(taken),
            "payout": float(bonus - taken),
            "pending_count": pending,
            "objection_count": objections,
        }

    def _write_changed(self, values):
        changed = {name: v for name, v in values.items() if self[name] != v}
        if changed:
            self.write(changed)
        return changed
