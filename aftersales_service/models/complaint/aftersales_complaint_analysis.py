from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

DIMENSIONS = ("category_id", "product_id", "supplier_id", "responsible_unit", "team_id")


class AftersalesComplaintAnalysis(models.Model):
    """The complaints of a month and the measures proposed to the superior (SV-62).

    ========= ========== ===========================================
    Action    Group      Restriction
    ========= ========== ===========================================
    edit      supervisor own service points; not when submitted
    submit    supervisor measures written, superior chosen
    take back manager    submitted
    ========= ========== ===========================================
    """

    _name = "aftersales.complaint.analysis"
    _description = "Monthly Complaint Analysis"
    _inherit = ["aftersales.guard.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "month desc, team_id, id"
    _rec_names_search = ["team_id.name"]
    _check_company_auto = True

    month = fields.Date(
        required=True,
        default=lambda self: self._default_month(),
        index=True,
        help="Any day of the month.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    team_id = fields.Many2one(
        "aftersales.team",
        "Service point",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="Empty: the whole company (service managers).",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("submitted", "Submitted")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    measures = fields.Text(
        "Measures proposed", help="What is to be done, by whom, until when."
    )
    superior_id = fields.Many2one(
        "res.users",
        compute="_compute_superior_id",
        store=True,
        readonly=False,
        domain=[("share", "=", False)],
        help="To whom the analysis is submitted.",
    )
    submitted_at = fields.Datetime("Submitted on", copy=False, readonly=True)
    submitted_by_id = fields.Many2one(
        "res.users", "Submitted by", copy=False, readonly=True
    )
    complaint_count = fields.Integer("Complaints", compute="_compute_counts")
    previous_count = fields.Integer("Month before", compute="_compute_counts")
    year_count = fields.Integer("Year so far", compute="_compute_counts")

    _month_uniq = models.UniqueIndex(
        "(company_id, COALESCE(team_id, 0), month)",
        "The analysis of this month exists already: open it in the list.",
    )

    def _default_month(self):
        """The month that is over."""
        today = self.env.company._aftersales_today()
        return today.replace(day=1) - relativedelta(months=1)

    @api.depends("company_id")
    def _compute_superior_id(self):
        for analysis in self:
            # Safe: who the superior is.
            deputy = analysis.company_id.sudo().aftersales_deputy_manager_id
            analysis.superior_id = analysis.superior_id or deputy

    @api.depends("month", "team_id")
    def _compute_display_name(self):
        for analysis in self:
            month = analysis.month and analysis.month.strftime("%Y-%m")
            names = [month, analysis.team_id.name or analysis.company_id.name]
            analysis.display_name = " · ".join(name for name in names if name)

    @api.depends("month", "team_id", "company_id")
    def _compute_counts(self):
        for analysis in self:
            total = analysis._get_total()
            analysis.complaint_count = total["month"]
            analysis.previous_count = total["previous"]
            analysis.year_count = total["year"]

    # -- guarded ------------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "submit": (("draft",), "submitted"),
            "take_back": (("submitted",), "draft"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        if name == "submit":
            values["submitted_at"] = fields.Datetime.now()
            values["submitted_by_id"] = self.env.uid
        return values

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._normalise_month(vals)
        return super().create(vals_list)

    def write(self, vals):
        vals = dict(vals)
        self._normalise_month(vals)
        facts = {"month", "company_id", "team_id", "measures", "superior_id"}
        if not self._writes_itself(vals) and facts & vals.keys():
            self._check_draft()
        return super().write(vals)

    @api.model
    def _normalise_month(self, vals):
        if day := fields.Date.to_date(vals.get("month")):
            vals["month"] = day.replace(day=1)

    def _check_draft(self):
        if done := self.filtered(lambda analysis: analysis.state == "submitted"):
            raise UserError(
                self.env._(
                    "%(analyses)s has been submitted. A service manager can take it "
                    "back.",
                    analyses=", ".join(done[:5].mapped("display_name")),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_submitted(self):
        self._check_draft()

    # -- actions ------------------------------------------------------------------

    def action_submit(self):
        """Hand the month and its measures to the superior."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor")
        self._lock_for_action()
        self._check_transition("submit")
        for analysis in self:
            if not (analysis.measures or "").strip() or not analysis.superior_id:
                raise UserError(
                    self.env._(
                        "Write the measures you propose and choose the superior "
                        "before you submit %(analysis)s.",
                        analysis=analysis.display_name,
                    )
                )
        self._transition("submit")
        for superior, analyses in self.grouped("superior_id").items():
            analyses._tell_superior(superior)

    def _tell_superior(self, superior):
        """A task, and the analysis in their messages; whoever they are."""
        if self.with_user(superior).has_access("read"):
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=superior.id,
                summary=self.env._("Decide on the measures proposed"),
            )
            return
        self._message_log_batch(
            bodies={
                analysis.id: self.env._(
                    "%(superior)s may not open the analyses: print it for them.",
                    superior=superior.name,
                )
                for analysis in self
            }
        )

    def action_take_back(self):
        """Open a submitted analysis again."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("manager")
        self._lock_for_action()
        self._transition("take_back")

    def action_view_complaints(self):
        """Open the figures of the month."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_complaint_report_action"
        )
        action["domain"] = list(self._get_scope() & self._get_month_domain())
        action["context"] = {}
        return action

    # -- figures ------------------------------------------------------------------

    def _get_scope(self):
        scope = Domain("company_id", "=", self.company_id.id)
        return (
            scope & Domain("team_id", "=", self.team_id.id) if self.team_id else scope
        )

    def _get_month_domain(self):
        end = self.month + relativedelta(months=1)
        return Domain("received_on", ">=", self.month) & Domain("received_on", "<", end)

    def _get_period_domain(self):
        """From the start of the year, or the month before, to the end of the month."""
        before = self.month - relativedelta(months=1)
        start = min(before, self.month.replace(month=1))
        end = self.month + relativedelta(months=1)
        return Domain("received_on", ">=", start) & Domain("received_on", "<", end)

    def _get_total(self):
        rows = self._get_rows(None) if self.month else []
        return rows[0] if rows else self._new_row("")

    @api.model
    def _new_row(self, name):
        """A row of figures: ``month`` and its details, ``previous``, ``year``."""
        figures = ("month", "valid", "fault", "previous", "year")
        return {"name": name, **dict.fromkeys(figures, 0)}

    def _get_rows(self, dimension):
        """Figures by one dimension, most complaints of the month first; one query."""
        self.ensure_one()
        groups = self.env["aftersales.complaint.report"]._read_group(
            self._get_scope() & self._get_period_domain(),
            [*([dimension] if dimension else []), "received_on:month"],
            ["complaint_count:sum", "valid_count:sum", "fault_count:sum"],
        )
        rows = {}
        for *key, month, count, valid, fault in groups:
            row = rows.setdefault(
                tuple(key), self._new_row(key[0].display_name if key else "")
            )
            self._add_figures(row, fields.Date.to_date(month), count, valid, fault)
        return sorted(
            rows.values(), key=lambda r: (-r["month"], -r["year"], r["name"] or "")
        )

    def _add_figures(self, row, month, count, valid, fault):
        if month.year == self.month.year:
            row["year"] += count or 0
        if month == self.month:
            row["month"] += count or 0
            row["valid"] += valid or 0
            row["fault"] += fault or 0
        elif month == self.month - relativedelta(months=1):
            row["previous"] += count or 0

    def _get_figures(self):
        """Everything the paper shows: the total, and the rows of each dimension."""
        report = self.env["aftersales.complaint.report"]
        return {
            "total": self._get_total(),
            "tables": [
                (report._fields[name]._description_string(self.env), rows)
                for name in DIMENSIONS
                if not (name == "team_id" and self.team_id)
                if (rows := self._get_rows(name))
            ],
        }
