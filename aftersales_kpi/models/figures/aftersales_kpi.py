from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.figures import KINDS, LAST, MAX, RATIO, SUM

# A change of these makes the figure another one: open months are counted again.
MEANING = (
    *("kind", "days", "milestone", "at_fault", "with_remote", "count_all"),
    *("without_pauses", "days_from", "days_to", "with_travel", "with_parts"),
    *("per_order", "net", "by_team", "by_technician", "by_category", "by_supplier"),
    *("company_id", "target", "direction", "active"),
)


class AftersalesKpi(models.Model):
    """What a figure counts, and what we aim at (KP-06, KP-10).

    A definition of a known kind needs no code. A new kind is an entry of ``kind``, one
    of ``_get_kinds`` and one method ``_values_<kind>(kpi, slice)`` on
    ``aftersales.kpi.facts``.

    ============== ========== =====================================================
    Action         Group      Restriction
    ============== ========== =====================================================
    read           all roles  own companies
    create, change manager    closed months keep what they were closed with, marked
    delete         manager    without values; archive the others
    ============== ========== =====================================================
    """

    _name = "aftersales.kpi"
    _description = "Service Figure"
    _order = "sequence, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short code used by dashboards and imports.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Empty: for all companies."
    )
    kind = fields.Selection(
        [
            ("timeliness", "In time at the customer's"),
            ("sla", "Promises kept"),
            ("time_answer", "Time to answer"),
            ("time_arrive", "Time to arrive"),
            ("time_wrench", "Time to repair: arrival to fixed"),
            ("time_restore", "Time to repair: report to restored"),
            ("satisfaction", "Satisfaction"),
            ("followup_rate", "Orders followed up"),
            ("response_rate", "Follow-ups answered"),
            ("complaint_rate", "Complaints per order"),
            ("first_fix", "Fixed at the first visit"),
            ("repeat", "Repeat repairs"),
            ("mtbf", "Time between failures"),
            ("orders", "Orders done"),
            ("backlog", "Open orders"),
            ("backlog_mean", "Mean age of open orders"),
            ("backlog_oldest", "Oldest open order"),
            ("utilisation", "Utilisation"),
            ("fill_lines", "Parts lines filled from stock"),
            ("fill_orders", "Orders filled from stock"),
            ("revenue", "Order value"),
            ("revenue_order", "Value per order"),
            ("visit_cost", "Cost per visit"),
            ("warranty_cost", "Warranty cost to sales"),
            ("recovery", "Warranty cost recovered"),
            ("supplier_complaints", "Complaints about suppliers"),
            ("supplier_penalties", "Penalties of suppliers"),
            ("supplier_recovered", "Recovered from suppliers"),
            ("supplier_deposit", "Deposits of suppliers"),
        ],
        required=True,
        help="The facts that are counted.",
    )
    numerator = fields.Text(
        required=True, translate=True, help="What is counted or added up, in words."
    )
    denominator = fields.Text(
        translate=True, help="What it is divided by, in words. Empty: by nothing."
    )
    unit = fields.Selection(
        [
            ("percent", "%"),
            ("hours", "Hours"),
            ("days", "Days"),
            ("count", "Number"),
            ("money", "Money"),
        ],
        compute="_compute_unit",
        store=True,
        precompute=True,
    )
    roll_up = fields.Selection(
        [
            ("ratio", "Numerators by denominators"),
            ("sum", "Sum"),
            ("last", "Sum, of one month only"),
            ("max", "Greatest"),
        ],
        "Totals",
        compute="_compute_unit",
        store=True,
        precompute=True,
        help="How the values of several rows become one. Ratios are never averaged.",
    )
    direction = fields.Selection(
        [
            ("higher", "Higher is better"),
            ("lower", "Lower is better"),
            ("none", "No target"),
        ],
        default="none",
        required=True,
    )
    target = fields.Float(digits=(16, 2))
    tolerance = fields.Float(
        "Amber up to",
        digits=(16, 2),
        help="A value that misses the target by no more than this is amber, else red.",
    )
    audience = fields.Selection(
        [
            ("all", "Technicians: their own"),
            ("supervisor", "Supervisors and above"),
            ("manager", "Managers and accounting"),
        ],
        "Who may see it",
        compute="_compute_audience",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Supervisors see their service points. What is about cost is shown to "
        "managers and accounting.",
    )
    by_team = fields.Boolean("By service point", default=True)
    by_technician = fields.Boolean(
        default=True,
        help="By the technician in charge, so that the numbers of all technicians "
        "add up to the whole.",
    )
    by_category = fields.Boolean("By product category", default=True)
    by_supplier = fields.Boolean(default=True)

    # What a kind may be told
    days = fields.Integer(
        "Within days",
        default=30,
        help="The same fault again within so many days after the work was done.",
    )
    milestone = fields.Selection(
        [("answer", "Answer"), ("arrive", "Arrival"), ("resolve", "Solution")],
        help="Empty: all promises.",
    )
    at_fault = fields.Boolean("With our fault only")
    with_remote = fields.Boolean(
        "Remote repairs too", help="Orders solved by phone or remote access count."
    )
    count_all = fields.Boolean(
        "Count every repeat",
        help="Off: an order that came back twice counts once (primaries).",
    )
    without_pauses = fields.Boolean(
        "Without stopped clock", help="Time in which the clock stood still is left out."
    )
    days_from = fields.Integer("From days")
    days_to = fields.Integer("To days", help="0: no limit.")
    with_travel = fields.Boolean("Travel counts as productive")
    with_parts = fields.Boolean("Parts are cost", default=True)
    per_order = fields.Boolean("Per order instead of per visit")
    net = fields.Boolean("Less what suppliers paid back")

    _code_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "Another figure has this code."
    )
    _ages = models.Constraint(
        "CHECK (days_from >= 0 AND (days_to = 0 OR days_to >= days_from))",
        "The age begins before it ends.",
    )
    _window = models.Constraint("CHECK (days > 0)", "The window has at least one day.")
    _amber = models.Constraint(
        "CHECK (tolerance >= 0)", "The tolerance cannot be negative."
    )

    @api.model
    def _get_kinds(self):
        """``{kind: Kind}``; a later add-on adds its own."""
        return KINDS

    def _get_kind(self):
        self.ensure_one()
        return self._get_kinds()[self.kind]

    @api.depends("kind")
    def _compute_unit(self):
        names = {RATIO: "ratio", SUM: "sum", LAST: "last", MAX: "max"}
        for kpi in self:
            kind = self._get_kinds().get(kpi.kind)
            kpi.unit = kind.unit if kind else False
            kpi.roll_up = names[kind.roll_up] if kind else False

    @api.depends("kind")
    def _compute_audience(self):
        for kpi in self:
            kind = self._get_kinds().get(kpi.kind)
            private = kind and kind.private
            kpi.audience = "manager" if private else kpi.audience or "all"

    def copy_data(self, default=None):
        """A copy needs its own code."""
        vals_list = super().copy_data(default=default)
        for kpi, vals in zip(self, vals_list, strict=True):
            vals["code"] = (default or {}).get("code", f"{kpi.code}_2")
            vals["name"] = self.env._("%(name)s (copy)", name=kpi.name)
        return vals_list

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # Safe: whether values exist, whoever may see them.
        values = self.env["aftersales.kpi.value"].sudo()
        if values.search_count([("kpi_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._("This figure has values. Archive it instead of deleting it.")
            )

    def _get_meaning(self):
        """What it counts, as plain values."""
        self.ensure_one()
        return [(name, self[name]) for name in MEANING]

    @api.model
    def _get_for_company(self, company):
        """Definitions in force for a company, those of its own before the common."""
        kpis = self.search([("company_id", "in", [company.id, False])])
        own = set(kpis.filtered("company_id").mapped("code"))
        return kpis.filtered(lambda kpi: kpi.company_id or kpi.code not in own)
