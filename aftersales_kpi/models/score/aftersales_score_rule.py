from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.score import BONUS, SHARE, Rule

OPINIONS = [
    ("very_satisfied", "Very satisfied"),
    ("satisfied", "Satisfied"),
    ("fair", "Fair"),
    ("dissatisfied", "Dissatisfied"),
]


class AftersalesScoreRule(models.Model):
    """What a fact is worth in points and money (KP-01 … KP-03).

    A rule of a known kind needs no code. A new kind is an entry of ``kind`` and one
    method ``_facts_<kind>(month, technicians)`` on ``aftersales.score.facts``.

    ============== ========== ======================================================
    Action         Group      Restriction
    ============== ========== ======================================================
    read           all roles  own companies
    create, change manager    closed months keep the rules they were closed with
    delete         manager    only rules no sheet has used; archive the others
    ============== ========== ======================================================
    """

    _name = "aftersales.score.rule"
    _description = "Score Rule"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Empty: for all companies."
    )
    kind = fields.Selection(
        [
            ("praise", "Praised by a customer"),
            ("opinion_share", "Share of an opinion"),
            ("opinion", "Each answer with an opinion"),
            ("bonus", "Service bonus of an order"),
            ("late_arrival", "Late at the customer's"),
            ("left_without_report", "Left without report"),
            ("incomplete_report", "Report incomplete"),
            ("dispatch_refused", "Dispatch not followed"),
            ("hotline_missed", "Hotline not answered"),
            ("complaint_concealed", "Complaint concealed"),
            ("repeat_repair", "Repeat repair of the same fault"),
            ("complaint", "Complaint with our fault"),
            ("supplier_case", "Concerned in a supplier's unsettled case"),
        ],
        required=True,
        help="The facts this rule reads.",
    )
    period = fields.Selection(
        [("event", "Each time"), ("month", "Once a month")],
        "Counts",
        default="event",
        required=True,
    )
    points = fields.Float(digits=(16, 2))
    money = fields.Float(
        digits=(16, 2), help="In the company's currency. Negative: a fine."
    )
    rate = fields.Float(
        "Bonus %",
        digits=(16, 4),
        help="Per cent of the order's value before tax at list price, what is covered "
        "included; shared by the hours of its technicians.",
    )
    opinion = fields.Selection(
        OPINIONS, help="Only answers with this overall opinion count."
    )
    share = fields.Float(
        "Share %",
        digits=(16, 2),
        help="So many per cent of the month's answers; exactly as many is enough.",
    )
    without = fields.Selection(
        OPINIONS, "And none", help="No answer of the month may have this opinion."
    )
    days = fields.Integer(
        "Within days",
        default=30,
        help="The same fault again within so many days after the work was done.",
    )
    hours = fields.Float(
        "After hours",
        default=48.0,
        help="Hours after receipt in which the complaint had to be settled.",
    )
    double_repeat = fields.Boolean(
        "Repeats count double",
        help="A repeat complaint on the same fault of the same machine, after work of "
        "the same technician, counts twice.",
    )
    cap_points = fields.Float(
        "At most points", digits=(16, 2), help="A month, without sign; 0: no limit."
    )
    cap_money = fields.Float(
        "At most money", digits=(16, 2), help="A month, without sign; 0: no limit."
    )
    needs_approval = fields.Boolean(help="Counts only after a manager has approved it.")

    _limits = models.Constraint(
        "CHECK (rate >= 0 AND share >= 0 AND share <= 100 AND days >= 0 AND hours >= 0"
        " AND cap_points >= 0 AND cap_money >= 0)",
        "Shares lie between 0 and 100; rates, days, hours and limits are not negative.",
    )
    _share_opinion = models.Constraint(
        "CHECK (kind NOT IN ('opinion_share', 'opinion') OR opinion IS NOT NULL)",
        "Choose the opinion this rule looks at.",
    )
    _fine_approved = models.Constraint(
        "CHECK (money >= 0 OR needs_approval)", "A fine always needs approval."
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # Safe: only whether any sheet has used them.
        lines = self.env["aftersales.score.line"].sudo()
        if used := lines.search([("rule_id", "in", self.ids)], limit=1).rule_id:
            raise UserError(
                self.env._(
                    "“%(rule)s” is on score sheets. Archive it instead.",
                    rule=used.name,
                )
            )

    @api.model
    def _get_rules(self, company):
        """Rules in force for a company, archived ones left out."""
        # Safe: rules are no secret; the job and all roles compute the same.
        return self.sudo().search([("company_id", "in", [company.id, False])])

    def _to_plain(self):
        """The rules as plain values: for the arithmetic, and to keep at the close."""
        return [
            {
                "id": rule.id,
                **{
                    name: rule[name] or ""
                    for name in ("kind", "period", "opinion", "without")
                },
                **{
                    name: repr(rule[name])
                    for name in (
                        *("points", "money", "rate", "share"),
                        *("cap_points", "cap_money"),
                    )
                },
                "double_repeat": rule.double_repeat,
                "days": rule.days,
                "hours": rule.hours,
            }
            for rule in self
        ]

    @api.model
    def _from_plain(self, values):
        """:return: rules for :func:`..tools.score.score`"""
        numbers = ("points", "money", "rate", "share", "cap_points", "cap_money")
        return [
            Rule(
                **{
                    name: Decimal(value) if name in numbers else value
                    for name, value in rule.items()
                    if name not in ("days", "hours")
                }
            )
            for rule in values
        ]

    @api.model
    def _get_fact_kind(self, kind):
        """Kinds that read the facts of another kind."""
        return {SHARE: "opinion"}.get(kind, kind)

    def _get_money_kind(self):
        """A bonus taken back is still bonus; only what a rule takes is a fine."""
        return "fine" if self.kind != BONUS and self.money < 0 else "bonus"
