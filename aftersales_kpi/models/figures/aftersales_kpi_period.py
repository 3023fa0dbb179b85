from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class AftersalesKpiPeriod(models.Model):
    """A month of a company: open, or closed and from then on marked when it changes.

    ======== ========== ===========================================================
    Action   Group      Restriction
    ======== ========== ===========================================================
    read     supervisor own companies
    close    manager    month over; what has changed is computed first
    reopen   manager    closed; what was revised keeps its mark
    ======== ========== ===========================================================

    Whoever computes or closes a month locks its row and writes it, with the trace of
    the facts it has counted: a fact that comes meanwhile is not in that trace, so the
    job finds it later. It is either in the closed values or shown as revised, never
    lost (Reliability 26).
    """

    _name = "aftersales.kpi.period"
    _description = "Month of Figures"
    _inherit = ["aftersales.guard.mixin"]
    _order = "month desc, company_id"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    month = fields.Date(required=True, readonly=True, index=True)
    state = fields.Selection(
        [("open", "Open"), ("closed", "Closed")],
        default="open",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    computed_at = fields.Datetime("Computed on", readonly=True)
    closed_at = fields.Datetime("Closed on", readonly=True, copy=False)
    closed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    revised_count = fields.Integer(
        "Revised", compute="_compute_revised_count", guarded=True
    )
    version = fields.Integer(readonly=True)
    trace = fields.Json(
        "Counted from",
        readonly=True,
        copy=False,
        help="A number for the facts of each topic and person. Where today's differs, "
        "they are counted again.",
    )

    _once = models.UniqueIndex("(company_id, month)", "This month exists already.")
    _first_day = models.Constraint(
        "CHECK (EXTRACT(DAY FROM month) = 1)", "A month begins on its first day."
    )

    @api.depends("month")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for period in self:
            period.display_name = period.month and format_date(
                self.env, period.month, date_format="yyyy-MM"
            )

    def _compute_revised_count(self):
        groups = self.env["aftersales.kpi.value"]._read_group(
            [
                ("revised", "=", True),
                ("company_id", "in", self.company_id.ids),
                ("month", "in", self.mapped("month")),
            ],
            ["company_id", "month:day"],
            ["__count"],
        )
        counts = {(company, day): count for company, day, count in groups}
        for period in self:
            key = (period.company_id, period.month)
            period.revised_count = counts.get(key, 0)

    # -- actions --------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "close": (("open",), "closed"),
            "reopen": (("closed",), "open"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        now = fields.Datetime.now()
        values.update(
            {
                "close": {"closed_at": now, "closed_by_id": self.env.uid},
                "reopen": {"closed_at": False, "closed_by_id": False},
            }.get(name, {})
        )
        return values

    def action_close(self):
        """Freeze the months: what changes later keeps a mark and its first value.

        :raise UserError: the month is not over
        """
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("manager")
        # Safe: rights were checked; the state is written in no other way.
        periods = self.sudo()
        periods._lock_for_action()
        periods._check_transition("close")
        periods._check_over()
        periods._do_close()

    def _do_close(self):
        """Count what has changed, then close; the caller holds the locks."""
        for period in self:
            period._compute_changes(clock=True)
        self._transition("close")

    def action_reopen(self):
        """Open a month again; what was revised keeps its mark."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("manager")
        # Safe: rights were checked.
        periods = self.sudo()
        periods._lock_for_action()
        periods._transition("reopen")

    def action_compute(self):
        """Compute all figures of the months again, now."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("manager")
        # Safe: rights were checked; values are written by the computation only.
        for period in self.sudo():
            period._lock_for_action()
            period._compute_all()

    def action_view_revised(self):
        """Open the values that changed after the month was closed."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_kpi.aftersales_kpi_value_action"
        )
        action["domain"] = [
            ("company_id", "=", self.company_id.id),
            ("month", "=", self.month),
            ("revised", "=", True),
        ]
        action["context"] = {}
        return action

    def _check_over(self):
        facts = self.env["aftersales.kpi.facts"]
        for period in self:
            today = facts._get_today(period.company_id)
            if fields.Date.end_of(period.month, "month") >= today:
                raise UserError(
                    self.env._("%(month)s is not over yet.", month=period.display_name)
                )

    # -- computation ----------------------------------------------------------

    @api.model
    def _get_or_create(self, company, month):
        # Safe: a month exists as soon as something is counted in it.
        periods = self.sudo()
        domain = [("company_id", "=", company.id), ("month", "=", month)]
        return periods.search(domain) or periods.create(
            {"company_id": company.id, "month": month}
        )

    @api.model
    def _cron_close(self):
        """Close months by themselves on the company's day, one by one."""
        cron = self.env["ir.cron"]
        facts = self.env["aftersales.kpi.facts"]
        for company in self.env["res.company"].search(
            [("aftersales_kpi_close_day", ">", 0)]
        ):
            today = facts._get_today(company)
            back = 1 if today.day >= company.aftersales_kpi_close_day else 2
            last = fields.Date.subtract(
                fields.Date.start_of(today, "month"), months=back
            )
            periods = self.search(
                [
                    ("company_id", "=", company.id),
                    ("state", "=", "open"),
                    ("month", "<=", last),
                ],
                order="month",
            )
            for period in periods:
                due = period.try_lock_for_update().filtered_domain(
                    [("state", "=", "open")]
                )
                due._do_close()
                if not cron._commit_progress(len(due)):
                    return
