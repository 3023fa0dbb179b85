import json
from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date

from ...tools.score import (
    Line,
    difference,
    effective_fine,
    round_money,
    score,
    to_decimal,
)

MARKS = ("mark_attitude", "mark_skill", "mark_punctuality", "mark_promises")


class AftersalesScoreSheet(models.Model):
    """The month of a technician in points and money (KP-01 … KP-05).

    ============ ============ ======================================================
    Action       Group        Restriction
    ============ ============ ======================================================
    read         technician   own; supervisor: own service points; manager: all
    compute      supervisor   not closed
    close        supervisor   month over, nothing open: the sheet is checked
    close        manager      checked by somebody before: the sheet is frozen
    take back    supervisor   checked
    accrue       manager      closed; a draft entry, once; accounting posts it
    ============ ============ ======================================================

    Who changes a sheet locks its row and writes it. A fact that comes at the same
    moment is kept in ``aftersales.score.dirty`` and becomes an adjustment line of the
    current month: a closed month never changes and nothing is lost.
    """

    _name = "aftersales.score.sheet"
    _description = "Score Sheet"
    _inherit = [
        "aftersales.guard.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "month desc, technician_id, id"
    _rec_names_search = ["technician_id.name"]
    _mail_post_access = "read"

    technician_id = fields.Many2one(
        "aftersales.technician",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    team_id = fields.Many2one(
        "aftersales.team",
        "Service point",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    month = fields.Date(required=True, readonly=True, index=True)
    state = fields.Selection(
        [("open", "Open"), ("checked", "Checked"), ("closed", "Closed")],
        default="open",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    line_ids = fields.One2many(
        "aftersales.score.line", "sheet_id", "Lines", readonly=True
    )
    adjustment_ids = fields.One2many(
        "aftersales.score.line", "origin_id", "Adjusted later", readonly=True
    )
    total = fields.Float("Points", digits=(16, 2), readonly=True)
    bonus = fields.Monetary(readonly=True)
    fine_asked = fields.Monetary(
        "Fines by rule", readonly=True, help="Approved fines before cap and policy."
    )
    fine = fields.Monetary(
        readonly=True,
        help="What is really taken: by default at most the bonus, never wages.",
    )
    payout = fields.Monetary("Bonus paid", readonly=True, help="Bonus less fine.")
    answer_count = fields.Integer("Answers", readonly=True)
    mark_attitude = fields.Float(
        "Attitude", digits=(16, 2), readonly=True, aggregator="avg"
    )
    mark_skill = fields.Float("Skill", digits=(16, 2), readonly=True, aggregator="avg")
    mark_punctuality = fields.Float(
        "Arrival time", digits=(16, 2), readonly=True, aggregator="avg"
    )
    mark_promises = fields.Float(
        "Promises kept", digits=(16, 2), readonly=True, aggregator="avg"
    )
    pending_count = fields.Integer("Waiting for approval", readonly=True)
    objection_count = fields.Integer("Open objections", readonly=True)
    computed_at = fields.Datetime("Computed on", readonly=True)
    version = fields.Integer(readonly=True)
    rules = fields.Json(readonly=True, help="The rules it was closed with.")
    checked_by_id = fields.Many2one("res.users", readonly=True)
    checked_at = fields.Datetime("Checked on", readonly=True)
    closed_by_id = fields.Many2one("res.users", readonly=True)
    closed_at = fields.Datetime("Closed on", readonly=True)

    _once = models.UniqueIndex(
        "(technician_id, month)", "This technician already has a sheet of the month."
    )
    _first_day = models.Constraint(
        "CHECK (EXTRACT(DAY FROM month) = 1)", "A month begins on its first day."
    )

    @api.depends("technician_id", "month")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for sheet in self:
            month = sheet.month and format_date(
                self.env, sheet.month, date_format="yyyy-MM"
            )
            name = sheet.technician_id.name
            sheet.display_name = " · ".join(part for part in (name, month) if part)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_empty(self):
        if any(sheet.line_ids or sheet.state != "open" for sheet in self):
            raise UserError(self.env._("Score sheets stay on record."))

    # -------------------------------------------------------------------------
    # TRANSITIONS
    # -------------------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "check": (("open",), "checked"),
            "take_back": (("checked",), "open"),
            "close": (("checked",), "closed"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        now = fields.Datetime.now()
        values.update(
            {
                "check": {"checked_by_id": self.env.uid, "checked_at": now},
                "take_back": {"checked_by_id": False, "checked_at": False},
                "close": {"closed_by_id": self.env.uid, "closed_at": now},
            }.get(name, {})
        )
        return values

    def _check_not_closed(self):
        if closed := self.filtered(lambda sheet: sheet.state == "closed"):
            raise UserError(
                self.env._(
                    "%(sheets)s is closed and does not change. What comes later is an "
                    "adjustment in the open month.",
                    sheets=", ".join(closed[:5].mapped("display_name")),
                )
            )

    def _check_not_own(self):
        # Safe: compared with the user.
        if self.env.user in self.sudo().technician_id.user_id and not self.env.su:
            raise AccessError(self.env._("Nobody decides about the own sheet."))

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_compute(self):
        """Compute again now what the job would compute within minutes."""
        self.check_access("read")
        self.env["aftersales.order"]._check_group("supervisor")
        self._check_not_closed()
        # Safe: rights were checked; lines are written by the computation only.
        for (company, month), sheets in self.sudo()._by_month().items():
            sheets._compute_month(company, month, sheets.technician_id)

    def action_close(self):
        """First the supervisor, then the manager; then the month is frozen.

        :raise UserError: the month is not over, or something is still open
        """
        self.check_access("read")
        self.env["aftersales.order"]._check_group("supervisor")
        self._check_not_own()
        # Safe: rights were checked; the state is written in no other way.
        sheets = self.sudo()
        sheets._lock_for_action()
        sheets._check_not_closed()
        sheets._check_month_over()
        checked = sheets.filtered(lambda sheet: sheet.state == "checked")
        if checked:
            self.env["aftersales.order"]._check_group("manager")
        for (company, month), group in sheets._by_month().items():
            group._compute_month(company, month, group.technician_id)
        sheets._check_nothing_open()
        if changed := checked.filtered(lambda sheet: sheet.state != "checked"):
            raise UserError(changed._changed_message())
        checked._do_close()
        (sheets - checked)._transition("check")

    def _do_close(self):
        """Frozen with the rules of the moment."""
        rule = self.env["aftersales.score.rule"]
        for company, sheets in self.grouped("company_id").items():
            sheets.write({"rules": rule._get_rules(company)._to_plain()})
        self._transition("close")

    def action_take_back(self):
        """Checked too early."""
        self.check_access("read")
        self.env["aftersales.order"]._check_group("supervisor")
        # Safe: rights were checked.
        sheets = self.sudo()
        sheets._lock_for_action()
        sheets._transition("take_back")

    def _check_month_over(self):
        facts = self.env["aftersales.score.facts"]
        now = fields.Datetime.now()
        for sheet in self:
            today = facts._get_local_day(sheet.company_id, now)
            if fields.Date.end_of(sheet.month, "month") >= today:
                raise UserError(
                    self.env._(
                        "%(sheet)s: the month is not over yet.",
                        sheet=sheet.display_name,
                    )
                )

    def _check_nothing_open(self):
        if waiting := self.filtered(lambda s: s.pending_count or s.objection_count):
            raise UserError(
                self.env._(
                    "Decide first what is still open: %(sheets)s.",
                    sheets=", ".join(
                        self.env._(
                            "%(sheet)s (%(pending)s to approve, %(open)s objections)",
                            sheet=sheet.display_name,
                            pending=sheet.pending_count,
                            open=sheet.objection_count,
                        )
                        for sheet in waiting[:5]
                    ),
                )
            )

    def _changed_message(self):
        return self.env._(
            "%(sheets)s has changed since it was checked. Compute it and check it "
            "again.",
            sheets=", ".join(self[:5].mapped("display_name")),
        )

    def _by_month(self):
        return self.grouped(lambda sheet: (sheet.company_id, sheet.month))

    # -------------------------------------------------------------------------
    # COMPUTATION
    # -------------------------------------------------------------------------

    @api.model
    def _compute_month(self, company, month, technicians):
        """Write what the rules make of the facts of a month; queries are constant.

        :return: the sheets of these technicians
        """
        # Safe: called by the job and after the checks of the actions.
        sheets = self.sudo()._get_or_create(company, month, technicians)
        sheets._lock_for_action()
        sheets.invalidate_recordset()
        closed = sheets.filtered(lambda sheet: sheet.state == "closed")
        (sheets - closed)._compute_open(company, month)
        by_rules = closed.grouped(lambda s: json.dumps(s.rules, sort_keys=True))
        for group in by_rules.values():
            group._adjust(company, month)
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

    def _compute_open(self, company, month):
        if not self:
            return
        rules = self.env["aftersales.score.rule"]._get_rules(company)._to_plain()
        lines, month = self._expect(company, month, rules)
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

    def _adjust(self, company, month):
        """What a closed month would be today goes into the current month."""
        lines, month = self._expect(company, month, self[:1].rules)
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
            sheet._write_changed(values)
            # Every computation changes the locked row: docs/rules.md, Locks.
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

    # -------------------------------------------------------------------------
    # PEOPLE
    # -------------------------------------------------------------------------

    def _ask_supervisor(self, reason):
        """A to-do for the supervisor of the service point."""
        for sheet in self:
            supervisor = sheet.team_id.supervisor_id
            if supervisor:
                sheet.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=self.env._("Objection to a score"),
                    note=reason,
                    user_id=supervisor.id,
                )

    def _tell_decision(self):
        for sheet in self:
            partner = sheet.technician_id.user_id.partner_id
            if partner:
                sheet.message_notify(
                    partner_ids=partner.ids,
                    subject=self.env._("Your objection was decided"),
                    body=sheet.display_name,
                    force_send=False,
                )

    def action_print(self):
        """One list of scores, bonus and fines."""
        self.check_access("read")
        return self.env.ref("aftersales_kpi.action_report_score_list").report_action(
            self
        )

    def action_xlsx(self):
        """The same list as a workbook, with every line behind it."""
        self.check_access("read")
        ids = ",".join(map(str, self.ids))
        return {
            "type": "ir.actions.act_url",
            "url": f"/aftersales/scores.xlsx?ids={ids}",
            "target": "self",
        }

    def action_view_lines(self):
        """All lines of the sheets: to filter, group, export."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_kpi.aftersales_score_line_action"
        )
        return {**action, "domain": [("sheet_id", "in", self.ids)], "context": {}}
