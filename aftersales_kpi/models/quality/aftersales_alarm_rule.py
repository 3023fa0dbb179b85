import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.alarm import Limits, Seen, assess
from ...tools.sql import MACHINE_START, clock, local_day

_logger = logging.getLogger(__name__)
# Mean length of a month in days, for machine-months.
MONTH = 30.4375


class AftersalesAlarmRule(models.Model):
    """When faults of a product or lot count as risen above the usual (KP-08).

    ============== ========== ======================================================
    Action         Group      Restriction
    ============== ========== ======================================================
    read           supervisor own companies
    change, create manager
    check now      manager
    delete         manager    only rules without alarms; archive the others
    ============== ========== ======================================================
    """

    _name = "aftersales.alarm.rule"
    _description = "Rule of the Early Alarm"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: for all companies."
    )
    level = fields.Selection(
        [("product", "Product"), ("lot", "Lot")],
        required=True,
        default="product",
        help="Product: all machines of it. Lot: machines whose serial number begins "
        "alike.",
    )
    lot_digits = fields.Integer(
        "Last characters of the serial number",
        default=3,
        help="So many characters at the end tell machines of a lot apart; what stands "
        "before them is the lot.",
    )
    window_days = fields.Integer("Recent days", default=60, required=True)
    usual_days = fields.Integer(
        "Days before",
        default=365,
        required=True,
        help="The usual rate is that of these days, right before the recent ones.",
    )
    factor = fields.Float(
        "At least times the usual",
        default=2.0,
        digits=(16, 2),
        help="Faults per machine and month, recent over usual.",
    )
    significance = fields.Float(
        "Chance at most %",
        default=1.0,
        digits=(16, 3),
        help="Chance that the usual rate alone gives so many faults.",
    )
    min_failures = fields.Integer("At least faults", default=4)
    min_machines = fields.Integer("At least machines", default=5)
    min_exposure = fields.Float(
        "At least machine-months",
        default=12.0,
        help="History a product or lot needs for a usual rate of its own; with less, "
        "its product's, or that of all machines, is taken.",
    )
    with_misuse = fields.Boolean(
        "Count misuse", help="Also faults by misuse or force majeure."
    )
    user_id = fields.Many2one(
        "res.users",
        "Told to",
        domain=[("share", "=", False)],
        ondelete="set null",
        help="Gets the alarm as a task. Empty: the quality manager of the company in "
        "the settings.",
    )
    checked_at = fields.Datetime("Checked on", readonly=True, copy=False)
    error = fields.Char("Last failure", readonly=True, copy=False)
    alarm_count = fields.Integer("Alarms", compute="_compute_alarm_count")

    _limits = models.Constraint(
        "CHECK (window_days > 0 AND usual_days > 0 AND factor >= 1 AND lot_digits >= 0"
        " AND significance > 0 AND significance <= 100 AND min_failures > 0"
        " AND min_machines > 0 AND min_exposure > 0)",
        "Days and minimum counts are positive, the factor is at least 1 and the "
        "chance lies between 0 and 100 %.",
    )

    def _compute_alarm_count(self):
        groups = self.env["aftersales.alarm"]._read_group(
            [("rule_id", "in", self.ids)], ["rule_id"], ["__count"]
        )
        counts = {rule.id: count for rule, count in groups}
        for rule in self:
            rule.alarm_count = counts.get(rule.id, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # Safe: only whether there are alarms.
        alarms = self.env["aftersales.alarm"].sudo()
        if used := alarms.search([("rule_id", "in", self.ids)], limit=1).rule_id:
            raise UserError(
                self.env._(
                    "“%(rule)s” has raised alarms. Archive it instead.", rule=used.name
                )
            )

    # -------------------------------------------------------------------------
    # JOB
    # -------------------------------------------------------------------------

    @api.model
    def _cron_check(self):
        """Every rule once a day; each is one transaction, a broken one stops none."""
        cron = self.env["ir.cron"]
        midnight = fields.Datetime.now().replace(hour=0, minute=0, second=0)
        # Safe: a scheduled job over all companies.
        due = self.sudo().search(
            ["|", ("checked_at", "=", False), ("checked_at", "<", midnight)]
        )
        cron._commit_progress(remaining=len(due))
        for rule in due:
            try:
                rule._check_once(midnight)
            except Exception as error:  # noqa: BLE001 - the others are to be checked
                self.env.cr.rollback()
                self.env.invalidate_all()
                _logger.warning("Alarm rule %s failed", rule.id, exc_info=True)
                rule.write({"error": str(error)[:500], "checked_at": midnight})
            if not cron._commit_progress(1):
                return

    def _check_once(self, midnight):
        """Locked and read again: a second worker finds nothing to do."""
        rule = self.try_lock_for_update()
        rule.invalidate_recordset(["checked_at"])
        if rule and (not rule.checked_at or rule.checked_at < midnight):
            rule._check()

    def action_check(self):
        """Check now what the job checks every night."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("manager")
        # Safe: rights were checked; alarms are made by the computation only.
        rules = self.sudo()
        if rules.try_lock_for_update() != rules:
            raise UserError(
                self.env._("The rule is being checked right now, try again later.")
            )
        rules._check()

    def _check(self):
        """Compare and raise; the locked row is written."""
        now = fields.Datetime.now()
        facts = self.env["aftersales.score.facts"]
        for rule in self:
            for company in rule._get_companies():
                rule._check_company_rates(company, facts._get_local_day(company, now))
        self.write({"checked_at": now, "error": False})

    def _get_companies(self):
        """The rule's own company, else all that have machines."""
        if self.company_id:
            return self.company_id
        groups = self.env["aftersales.asset"]._read_group([], ["company_id"])
        return self.env["res.company"].concat(*(company for (company,) in groups))

    # -------------------------------------------------------------------------
    # RATES
    # -------------------------------------------------------------------------

    def _check_company_rates(self, company, today):
        """Raise, update or end the alarms of a company."""
        seen = self._get_seen(company, today)
        wider = self._get_wider(seen)
        limits = self._get_limits()
        verdicts = {
            key: (figures, verdict)
            for key, figures in seen.items()
            if (verdict := assess(figures, wider[key], limits))
        }
        self.env["aftersales.alarm"]._record_rises(self, company, today, verdicts)

    def _get_limits(self):
        return Limits(
            self.factor,
            self.significance,
            self.min_failures,
            self.min_machines,
            self.min_exposure,
        )

    def _get_periods(self, today):
        """First recent day, first usual day; today is not over and does not count."""
        recent = today - timedelta(days=self.window_days)
        return recent, recent - timedelta(days=self.usual_days)

    def _get_seen(self, company, today):
        """``{(product id, lot): Seen}``; two queries whatever the machines."""
        exposure = {
            (product, lot): (float(recent or 0), machines, float(usual or 0))
            for product, lot, recent, machines, usual in self.env.execute_query(
                self._get_exposure_query(company, today)
            )
        }
        failures = defaultdict(lambda: (0, 0))
        for product, lot, recent, usual in self.env.execute_query(
            self._get_failure_query(company, today)
        ):
            failures[product, lot] = (recent, usual)
        return {
            key: Seen(failures[key][0], months, machines, failures[key][1], before)
            for key, (months, machines, before) in exposure.items()
        }

    def _get_wider(self, seen):
        """What a short history is compared with: the product's, or all machines'."""
        groups = defaultdict(list)
        everything = self._sum(seen.values())
        for (product, _lot), figures in seen.items():
            groups[product].append(figures)
        result = {}
        for key in seen:
            product = self._sum(groups[key[0]])
            own = self.level == "lot" and product.usual_exposure >= self.min_exposure
            result[key] = product if own else everything
        return result

    @api.model
    def _sum(self, figures):
        figures = list(figures)
        return Seen(
            *(
                sum(getattr(one, name) for one in figures)
                for name in (
                    *("failures", "exposure", "machines"),
                    *("usual_failures", "usual_exposure"),
                )
            )
        )

    def _get_lot_sql(self):
        """The lot of a machine: its serial number without the last characters.

        What is left of a short number (``CV01``) names no lot.
        """
        if self.level == "product":
            return SQL("''")
        return SQL(
            "CASE WHEN length(asset.serial) > %(n)s + 2"
            " THEN left(asset.serial, length(asset.serial) - %(n)s) END",
            n=self.lot_digits,
        )

    def _get_exposure_query(self, company, today):
        """Machine-months of the recent and the usual days, by product and lot."""
        recent, usual = self._get_periods(today)
        self.env.flush_all()
        return SQL(
            _EXPOSURE,
            lot=self._get_lot_sql(),
            born=MACHINE_START,
            company=company.id,
            today=today,
            recent=recent,
            usual=usual,
            month=MONTH,
        )

    def _get_faults(self, company, since):
        """Rows of product, lot, order and day, of all faults since a day."""
        return SQL(
            _FAULTS,
            lot=self._get_lot_sql(),
            clock=clock("o"),
            day=local_day("o.called_at"),
            company=company.id,
            since=since,
            misuse=self.with_misuse,
        )

    def _get_failure_query(self, company, today):
        """Faults of the recent and the usual days, by product and lot."""
        recent, usual = self._get_periods(today)
        faults = self._get_faults(company, usual)
        return SQL(_FAILURES, faults=faults, today=today, recent=recent, usual=usual)

    def _get_evidence(self, company, today, keys):
        """``{(product id, lot): order ids}`` of the recent days."""
        recent, _usual = self._get_periods(today)
        rows = self.env.execute_query(
            SQL(
                _EVIDENCE,
                faults=self._get_faults(company, recent),
                today=today,
                recent=recent,
                products=[product for product, _lot in keys] or [0],
            )
        )
        return {(product, lot): orders for product, lot, orders in rows}


_EXPOSURE = """
    WITH machine AS (
        SELECT asset.product_id, %(lot)s AS lot,
               COALESCE(%(born)s, %(usual)s::date) AS born,
               COALESCE(asset.retired_on, %(today)s::date) AS gone
          FROM aftersales_asset asset
         WHERE asset.company_id = %(company)s
    )
    SELECT product_id, lot,
           sum(GREATEST(0, LEAST(gone, %(today)s::date)
                           - GREATEST(born, %(recent)s::date))) / %(month)s,
           count(*) FILTER (WHERE gone > %(recent)s AND born < %(today)s),
           sum(GREATEST(0, LEAST(gone, %(recent)s::date)
                           - GREATEST(born, %(usual)s::date))) / %(month)s
      FROM machine
     WHERE lot IS NOT NULL
     GROUP BY product_id, lot
"""
_FAULTS = """
    SELECT asset.product_id, %(lot)s AS lot, o.id, %(day)s AS day
      FROM aftersales_order o
      %(clock)s
      JOIN aftersales_asset asset ON asset.id = o.asset_id
     WHERE o.company_id = %(company)s AND o.state <> 'cancelled'
       AND o.service_type <> 'internal'
       AND (o.symptom_id IS NOT NULL OR o.cause_id IS NOT NULL)
       AND (o.misuse IS NOT TRUE OR %(misuse)s)
       AND o.called_at >= %(since)s::date - 1
"""
_FAILURES = """
    WITH fault AS (%(faults)s)
    SELECT product_id, lot,
           count(*) FILTER (WHERE day >= %(recent)s AND day < %(today)s),
           count(*) FILTER (WHERE day >= %(usual)s AND day < %(recent)s)
      FROM fault WHERE lot IS NOT NULL GROUP BY product_id, lot
"""
_EVIDENCE = """
    WITH fault AS (%(faults)s)
    SELECT product_id, lot, array_agg(id ORDER BY id)
      FROM fault
     WHERE day >= %(recent)s AND day < %(today)s AND lot IS NOT NULL
       AND product_id = ANY(%(products)s)
     GROUP BY product_id, lot
"""
