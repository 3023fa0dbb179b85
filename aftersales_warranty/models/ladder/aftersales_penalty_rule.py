import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.api import SUPERUSER_ID
from odoo.exceptions import LockError, UserError, ValidationError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from odoo.addons.aftersales_service.tools.records import count_by

from ...tools import ladder

_logger = logging.getLogger(__name__)

BATCH = 100
# What each trigger counts, and what its steps may do.
KINDS = {
    "unsettled": ("hours", ("deduction",)),
    "same_issue": ("month", ("warning", "ultimatum", "withdrawal")),
    "total": ("agreement", ("fund",)),
    "unpaid_fund": ("agreement", ("end_contract",)),
    "no_complaint": ("year", ("award",)),
}
ACTIONS = [
    ("deduction", "Deduction from the deposit"),
    ("warning", "Verbal warning"),
    ("ultimatum", "Ultimatum"),
    ("withdrawal", "Withdrawal and forfeiture"),
    ("fund", "Complaint fund"),
    ("end_contract", "End of the contract"),
    ("award", "Award: a year without complaints"),
]
WITH_AMOUNT = ("deduction", "fund")


class AftersalesPenaltyRule(models.Model):
    """A step of the penalty ladder, as a record (WA-23 … WA-26).

    ``threshold`` is strictly exceeded: more than 2 is the third complaint. A step with
    ``after_id`` needs that step on the same issue in the month before. Rules of a
    company replace the shared rules that do the same.

    ``_run(day)`` proposes what is due; run twice, or by two workers, it proposes once.
    """

    _name = "aftersales.penalty.rule"
    _description = "Penalty rule"
    _order = "sequence, id"

    FIXED = frozenset({"trigger", "window", "action", "after_id", "company_id"})

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10, help="Order of steps that are reached by the same complaint."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        index=True,
        help="Empty: for all companies without a rule of their own that does the same.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    trigger = fields.Selection(
        [
            ("unsettled", "A complaint not settled in time"),
            ("same_issue", "Complaints about the same issue"),
            ("total", "All complaints"),
            ("unpaid_fund", "Complaint fund not paid"),
            ("no_complaint", "No complaint"),
        ],
        required=True,
        default="same_issue",
    )
    threshold = fields.Integer(
        "More than",
        default=2,
        help="Strictly more than so many: 2 means from the third complaint on.",
    )
    hours = fields.Float(
        "Hours to settle",
        default=48.0,
        help="Plain hours from the receipt of the complaint. Settled exactly then is "
        "in time.",
    )
    window = fields.Selection(
        [
            ("hours", "Hours from the receipt"),
            ("month", "Calendar month"),
            ("agreement", "Since the agreement began"),
            ("year", "Calendar year"),
        ],
        "Counted over",
        compute="_compute_window",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    after_id = fields.Many2one(
        "aftersales.penalty.rule",
        "In the month after",
        ondelete="restrict",
        domain="[('trigger', '=', 'same_issue'), ('id', '!=', id)]",
        help="This step follows only if that one was reached on the same issue in the "
        "month before.",
    )
    action = fields.Selection(ACTIONS, "Step", required=True, default="warning")
    amount = fields.Monetary(help="Deducted from the deposit, or paid into the fund.")
    person_fine = fields.Monetary(
        "Fine per person",
        help="For each person named as concerned: the supplier's from the deposit, "
        "ours on the score sheet.",
    )
    approver = fields.Selection(
        [
            ("supervisor", "Supervisor"),
            ("manager", "Service manager"),
            ("general_manager", "General manager"),
        ],
        "Approved by",
        required=True,
        default="manager",
    )
    letter_kind = fields.Selection(
        [
            ("warning", "Warning"),
            ("ultimatum", "Ultimatum"),
            ("withdrawal", "Withdrawal and forfeiture"),
            ("fund", "Demand of the complaint fund"),
            ("end_contract", "End of the contract"),
            ("award", "Award"),
        ],
        "Letter",
        help="Drafted when the penalty is approved. Deductions have their set-off "
        "notices anyway.",
    )
    note = fields.Text("Source", translate=True, help="Where the rule is agreed.")
    penalty_count = fields.Integer("Penalties", compute="_compute_penalty_count")

    _threshold_valid = models.Constraint(
        "CHECK (threshold >= 0)", "The threshold cannot be negative."
    )
    _hours_valid = models.Constraint(
        "CHECK (trigger != 'unsettled' OR hours > 0)",
        "A complaint needs some hours to be settled.",
    )
    _amounts_valid = models.Constraint(
        "CHECK (coalesce(amount, 0) >= 0 AND coalesce(person_fine, 0) >= 0)",
        "Amounts cannot be negative.",
    )

    # -------------------------------------------------------------------------
    # COMPUTE, CONSTRAINTS AND CRUD
    # -------------------------------------------------------------------------

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for rule in self:
            rule.currency_id = (rule.company_id or self.env.company).currency_id

    @api.depends("trigger")
    def _compute_window(self):
        for rule in self:
            rule.window = KINDS.get(rule.trigger, ("month",))[0]

    def _compute_penalty_count(self):
        counts = count_by(self.env["aftersales.penalty"], "rule_id", self)
        for rule in self:
            rule.penalty_count = counts.get(rule.id, 0)

    @api.constrains("trigger", "window", "action", "after_id")
    def _check_kind(self):
        for rule in self:
            window, actions = KINDS[rule.trigger]
            if rule.window != window or rule.action not in actions:
                raise ValidationError(
                    self.env._(
                        "%s: what is counted, its window and the step do not go "
                        "together.",
                        rule.name,
                    )
                )
            if rule.after_id and {rule.trigger, rule.after_id.trigger} != {
                "same_issue"
            }:
                raise ValidationError(
                    self.env._(
                        "%s: only steps on the same issue follow each other.", rule.name
                    )
                )

    @api.constrains("amount", "action")
    def _check_amount(self):
        for rule in self:
            if rule.action in WITH_AMOUNT and not rule.amount > 0:
                raise ValidationError(
                    self.env._("%s needs an amount above zero.", rule.name)
                )

    def write(self, vals):
        if self.FIXED & vals.keys():
            self._check_unused()
        result = super().write(vals)
        if "hours" in vals:
            self._mark_open_complaints()
        return result

    def _check_unused(self):
        # Safe: only the existence of penalties is looked at.
        if used := self.sudo().filtered("penalty_count"):
            raise UserError(
                self.env._(
                    "Penalties come from %s. Archive it and make a new rule instead.",
                    used[0].name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_unused()

    def _mark_open_complaints(self):
        """The new hours apply to what is still open."""
        domain = [
            ("state", "in", ("confirmed", "answered")),
            ("supplier_id", "!=", False),
        ]
        if companies := self.company_id:
            domain.append(("company_id", "in", companies.ids))
        # Safe: rows for the evaluation; nothing is shown.
        complaints = self.env["aftersales.complaint"].sudo().search(domain)
        complaints._touch_ladder()

    # -------------------------------------------------------------------------
    # THE LADDER OF A COMPANY
    # -------------------------------------------------------------------------

    @api.model
    def _get_effective(self, company):
        """Active rules of a company; its own replace shared ones of the same action."""
        # Safe: rules decide what is proposed; they are no secret of a company.
        rules = self.sudo().search([("company_id", "in", (company.id, False))])
        own = set(rules.filtered("company_id").mapped("action"))
        return rules.filtered(lambda rule: rule.company_id or rule.action not in own)

    def _to_ladder(self):
        """:return: the rules as plain facts for ``tools/ladder.py``"""
        return [
            ladder.Rule(
                rule.id,
                rule.action,
                rule.trigger,
                rule.threshold,
                rule.after_id.action or None,
                rule.hours,
                rule.sequence,
            )
            for rule in self
        ]

    def _get_hours_to_settle(self):
        """How long a supplier has to settle a complaint; False without a rule."""
        rules = self.filtered(lambda rule: rule.trigger == "unsettled")
        return min(rules.mapped("hours"), default=False)

    @api.model
    def _get_hours(self):
        """All deadlines in use, to look at a complaint again when they end."""
        # Safe: numbers of hours.
        rules = self.sudo().search([("trigger", "=", "unsettled")])
        return sorted(set(rules.mapped("hours")))

    @api.model
    def _get_instant(self, company, day):
        """Now, or the last moment of another day by the company's clock."""
        now = fields.Datetime.now()
        day = fields.Date.to_date(day)
        if not day or day == company._aftersales_day(now):
            return now
        return company._aftersales_bounds(day)[1] - timedelta(seconds=1)

    # -------------------------------------------------------------------------
    # RUN
    # -------------------------------------------------------------------------

    @api.model
    def _run(self, day=None):
        """Propose every penalty that is due at a day; twice is once (WA-28).

        Only suppliers whose complaints were touched since the last run are looked at,
        and those for whom time alone makes something due.

        :param day: day of evaluation by each company's clock; today when left out
        """
        job = self._as_job()
        for company in job._get_companies():
            instant = job._get_instant(company, day)
            job._mark_due(company, instant)
            seen = []
            while partners := job._work(company, instant, seen):
                seen += partners

    @api.model
    def _cron_run(self):
        """The job: as ``_run``, a transaction for every few suppliers."""
        cron, job = self.env["ir.cron"], self._as_job()
        for company in job._get_companies():
            instant = job._get_instant(company, None)
            job._mark_due(company, instant)
            cron._commit_progress()
            seen = []
            while partners := job._work(company, instant, seen):
                seen += partners
                if not cron._commit_progress(len(partners)):
                    return

    @api.model
    def _as_job(self):
        """Proposals come from the system: whoever decides has not proposed them."""
        return self.with_user(SUPERUSER_ID)

    @api.model
    def _get_companies(self):
        return self.env["res.company"].search([])  # pylint: disable=no-search-all

    @api.model
    def _mark_due(self, company, instant):
        """What comes with time alone: a year that ended, a fund nobody paid."""
        today = company._aftersales_day(instant)
        touches = self.env["aftersales.penalty.due"]
        self.env.flush_all()
        touches._mark_years(company, today)
        touches._mark_unpaid(company, today)

    @api.model
    def _work(self, company, instant, seen):
        """Evaluate the next few suppliers.

        :return: ids of the suppliers that were looked at; empty when nothing is left
        """
        touches = self.env["aftersales.penalty.due"]
        touches.flush_model()
        partners = touches._get_batch(company, instant, BATCH, seen)
        if partners:
            self._review(company, partners, instant)
        return partners

    @api.model
    def _review_now(self, company, partners):
        """Evaluate suppliers at once, in the transaction that touched them."""
        job = self._as_job()
        company = company.with_env(job.env)
        job.env["aftersales.penalty.due"].flush_model()
        job._review_marked(company, partners.ids, fields.Datetime.now())

    @api.model
    def _review(self, company, partner_ids, instant):
        """All at once; when that fails, one after the other."""
        try:
            with self.env.cr.savepoint():
                self._review_marked(company, partner_ids, instant)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:  # noqa: BLE001 - one of them must not stop the others (31)
            for partner_id in partner_ids:
                self._review_alone(company, partner_id, instant)

    @api.model
    def _review_alone(self, company, partner_id, instant):
        try:
            with self.env.cr.savepoint():
                self._review_marked(company, [partner_id], instant)
        except LockError:
            return  # somebody decides or books right now; the next run comes back
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            _logger.warning("Supplier %s not evaluated: %s", partner_id, error)
            touches = self.env["aftersales.penalty.due"]
            touches._get_rows(company, [partner_id], instant)._fail(error)

    @api.model
    def _review_marked(self, company, partner_ids, instant):
        touches = self.env["aftersales.penalty.due"]
        rows = touches._get_rows(company, partner_ids, instant)
        if rows:
            self.env["aftersales.penalty.review"]._evaluate(company, rows, instant)
            rows.unlink()

    def action_view_penalties(self):
        """The penalties that came from the rule."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_penalty_action"
        )
        return {**action, "domain": [("rule_id", "in", self.ids)], "context": {}}
