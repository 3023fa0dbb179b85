from dataclasses import replace
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...tools import entitlement
from ...tools.period import Length

JURISDICTIONS = [
    ("contract", "Own promise"),
    ("cn", "China"),
    ("eu", "European Union"),
    ("fr", "France"),
    ("other", "Other law"),
]
KINDS = [
    ("refund", "Refund"),
    ("exchange", "Exchange"),
    ("repair", "Repair free of charge"),
    ("compensation", "Compensation"),
    ("loaner", "Loaner"),
]
CONDITIONS = [
    ("no_reason", "Without reason"),
    ("quality_fault", "Quality fault confirmed by our engineer"),
    ("wrong_spec", "Wrong specification"),
    ("unusable", "Irreparable, found before use"),
    ("heavy_loss", "Heavy loss by a manufacturing fault"),
    ("failed_repairs", "So many repairs failed"),
    ("same_fault", "Same fault repaired more often than"),
    ("part_replaced", "Same part replaced so many times"),
    ("repair_days", "More days in repair than"),
    ("parts_wait", "Parts not supplied for more days than"),
    ("repair_running", "This repair has taken so many days"),
    ("fault", "Any fault not caused by the customer"),
]
PAYERS = [("company", "We"), ("customer", "Customer")]
FINDINGS = [
    ("quality_fault", "Quality fault"),
    ("wrong_spec", "Wrong specification"),
    ("unusable", "Irreparable, found before use"),
    ("heavy_loss", "Manufacturing fault with heavy loss"),
    ("no_fault", "No fault found"),
]


class AftersalesEntitlementRule(models.Model):
    """One thing a customer may ask for, and when (WA-10).

    ============ ============ =====================================================
    Action       Group        Restriction
    ============ ============ =====================================================
    read         user         own companies and shared sets
    edit         manager
    delete       manager      only if no return rests on it; else archive
    ============ ============ =====================================================
    """

    _name = "aftersales.entitlement.rule"
    _description = "Entitlement"
    _order = "set_id, sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    set_id = fields.Many2one(
        "aftersales.entitlement.set",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="set_id.company_id", store=True, index=True)
    jurisdiction = fields.Selection(related="set_id.jurisdiction")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(KINDS, required=True, default="refund")

    # When
    condition = fields.Selection(CONDITIONS, required=True, default="no_reason")
    threshold = fields.Integer(
        "Number", help="How many repairs, replacements or days the condition means."
    )
    only_severe = fields.Boolean(
        "Critical faults only", help="Only orders of fault level 1 count."
    )
    limit = fields.Selection(
        [
            ("window", "So long after the start"),
            ("warranty", "As long as the warranty"),
            ("none", "Any time"),
        ],
        "Possible",
        required=True,
        default="window",
    )
    window = fields.Integer("Length", help="The first day is not counted.")
    window_unit = fields.Selection(
        [("day", "Days"), ("month", "Months"), ("year", "Years")],
        "Unit of the length",
        required=True,
        default="day",
    )
    start_event = fields.Selection(
        [
            ("latest", "Latest of invoice, delivery, installation"),
            ("invoice", "Invoice"),
            ("delivery", "Delivery"),
            ("installation", "Installation"),
            ("acceptance", "Signed acceptance"),
        ],
        "Starts with",
        required=True,
        default="latest",
    )
    counter_limit = fields.Float(
        help="Ends earlier when the counter (km, hours) passes this reading."
    )

    # What it costs
    freight_payer = fields.Selection(
        PAYERS, "Freight paid by", required=True, default="company"
    )
    fee_kind = fields.Selection(
        [
            ("none", "None"),
            ("use", "For use, by counter"),
            ("day", "Depreciation per day, days in repair left out"),
            ("pro_rata", "Pro rata of the months"),
        ],
        "Fee",
        required=True,
        default="none",
    )
    fee_rate = fields.Float("Fee %", digits=(8, 4), help="Of the price paid.")
    fee_per = fields.Integer(
        "Per", default=1000, help="The rate is for so many km or hours."
    )
    fee_months = fields.Integer(
        "Months in all", help="0: the months of the machine's warranty."
    )
    fee_free_months = fields.Integer("Months without a fee")
    needs_approval = fields.Boolean(
        "General manager approves",
        default=True,
        help="Otherwise the return goes on as soon as it is requested.",
    )
    legal_source = fields.Text(translate=True, help="Article or clause.")

    _check_numbers = models.Constraint(
        'CHECK (threshold >= 0 AND "window" >= 0 AND counter_limit >= 0 AND '
        "fee_rate >= 0 AND fee_per > 0 AND fee_months >= 0 AND fee_free_months >= 0)",
        "Numbers of a rule cannot be negative.",
    )
    _check_rate = models.Constraint(
        "CHECK (fee_rate <= 100)", "A fee cannot be more than 100 %."
    )

    @api.constrains("condition", "threshold")
    def _check_threshold(self):
        for rule in self:
            if rule.condition in entitlement.COUNTED and not rule.threshold:
                raise ValidationError(
                    self.env._("“%(rule)s” needs a number.", rule=rule.name)
                )

    @api.constrains("limit", "window")
    def _check_window(self):
        for rule in self:
            if rule.limit == "window" and not rule.window:
                raise ValidationError(
                    self.env._("“%(rule)s” needs a length.", rule=rule.name)
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_unused()

    def _check_unused(self):
        # Safe: only existence is tested, also of returns of other companies.
        returns = self.env["aftersales.return"].sudo()
        if used := returns.search([("rule_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._(
                    "Return %(name)s rests on “%(rule)s”. Archive the rule instead of "
                    "deleting it.",
                    name=used.name,
                    rule=used.rule_id.name,
                )
            )

    # -- arithmetic -------------------------------------------------------------

    def _as_rule(self):
        """The rule as the arithmetic takes it."""
        self.ensure_one()
        return entitlement.Rule(
            key=self.id,
            kind=self.kind,
            condition=self.condition,
            threshold=self.threshold,
            limit=self.limit,
            length=Length(self.window, self.window_unit),
            start_event=self.start_event,
            counter_limit=self.counter_limit,
            only_severe=self.only_severe,
            freight=self.freight_payer,
            fee=self.fee_kind,
            fee_rate=self.fee_rate,
            fee_per=self.fee_per,
            fee_months=self.fee_months,
            fee_free_months=self.fee_free_months,
        )

    def _describe_fee(self, facts):
        """The fee in words, for the credit note and the assistant."""
        self.ensure_one()
        if self.fee_kind == "use":
            return self.env._(
                "Fee for use: %(counter)s × %(rate)s %% per %(per)s",
                counter=f"{facts.counter or 0:g}",
                rate=f"{self.fee_rate:g}",
                per=self.fee_per,
            )
        if self.fee_kind == "day":
            return self.env._(
                "Depreciation: %(rate)s %% a day, %(days)s days in repair left out",
                rate=f"{self.fee_rate:g}",
                days=facts.repair_days,
            )
        if self.fee_kind == "pro_rata":
            return self.env._("Deduction for the months of use")
        return False

    def _evaluate_price(self, facts, price):
        """Price, fee and amount of this rule for a price that may differ by hand."""
        facts = replace(facts, price=Decimal(str(price)))
        return entitlement.evaluate([self._as_rule()], facts)[0]
