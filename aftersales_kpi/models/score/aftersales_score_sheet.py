from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date


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
    moment is found by the next run of the job and becomes an adjustment line of the
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
        """Compute now what the job would compute within minutes."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor")
        self._check_not_closed()
        # Safe: rights were checked; lines are written by the computation only.
        for (company, month), sheets in self.sudo()._by_month().items():
            sheets._compute_month(company, month, sheets.technician_id)
            sheets.write({"computed_at": fields.Datetime.now()})

    def action_close(self):
        """First the supervisor, then the manager; then the month is frozen.

        :raise UserError: the month is not over, or something is still open
        """
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor")
        self._check_not_own()
        # Safe: rights were checked; the state is written in no other way.
        sheets = self.sudo()
        sheets._lock_for_action()
        sheets._check_not_closed()
        sheets._check_month_over()
        checked = sheets.filtered(lambda sheet: sheet.state == "checked")
        if checked:
            self.env["res.users"]._check_aftersales_role("manager")
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
        self.env["res.users"]._check_aftersales_role("supervisor")
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
