from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

GENERAL_MANAGER = "aftersales_warranty.aftersales_warranty_group_general_manager"


class AftersalesGoodwillBudget(models.Model):
    """What may be given away in a year, by company or by service point (WA-05).

    Counted is the value at list price of the lines given as goodwill, in the year of
    the call, internal work left out. Where a service point has a budget of its own,
    that one counts; otherwise the company's. No budget: no limit. Above it only the
    general manager gives.
    """

    _name = "aftersales.goodwill.budget"
    _description = "Goodwill Budget"
    _order = "year desc, company_id, team_id, id"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    team_id = fields.Many2one(
        "aftersales.team",
        "Service Point",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Empty: all service points without a budget of their own.",
    )
    year = fields.Integer(
        required=True,
        default=lambda self: self.env.company._aftersales_today().year,
    )
    amount = fields.Monetary(required=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    used = fields.Monetary(compute="_compute_used")
    left = fields.Monetary(compute="_compute_used")
    used_percent = fields.Float("Used %", compute="_compute_used")

    _year_uniq = models.UniqueIndex(
        "(company_id, year, COALESCE(team_id, 0))",
        "There is a budget for this year already.",
    )
    _check_values = models.Constraint(
        "CHECK (amount >= 0 AND year BETWEEN 2000 AND 2999)",
        "Enter a year, and an amount that is not negative.",
    )

    @api.depends("year", "team_id", "company_id")
    def _compute_display_name(self):
        for budget in self:
            where = budget.team_id.name or budget.company_id.name or ""
            budget.display_name = f"{where} {budget.year}"

    @api.depends("year", "team_id", "company_id", "amount")
    def _compute_used(self):
        for budget in self:
            used = budget._get_used()
            budget.used = used
            budget.left = budget.amount - used
            budget.used_percent = 100.0 * used / budget.amount if budget.amount else 0.0

    def _get_used(self, without=None):
        """Value given away so far, in the company's currency.

        :param without: lines left out, because they are being decided
        """
        self.ensure_one()
        # Safe: one sum about the own company, for those who may see the budget.
        lines = self.env["aftersales.order.line"].sudo()
        domain = [*self._get_domain(), ("id", "not in", without.ids if without else [])]
        rows = lines._read_group(domain, ["currency_id"], ["covered_amount:sum"])
        return sum(
            currency._convert(
                total or 0.0, self.currency_id, self.company_id, self._get_last_day()
            )
            for currency, total in rows
        )

    def _get_last_day(self):
        return min(date(self.year, 12, 31), self.company_id._aftersales_today())

    def _get_domain(self):
        """Approved gifts of the year, of the service points the budget is for."""
        first, _second = self.company_id._aftersales_bounds(date(self.year, 1, 1))
        _last, after = self.company_id._aftersales_bounds(date(self.year, 12, 31))
        domain = [
            ("company_id", "=", self.company_id.id),
            ("payer", "=", "goodwill"),
            ("payer_rule", "!=", "internal"),
            ("approval_state", "in", ("none", "approved")),
            ("order_id.state", "!=", "cancelled"),
            ("order_id.called_at", ">=", first),
            ("order_id.called_at", "<", after),
        ]
        if self.team_id:
            return [*domain, ("order_id.team_id", "=", self.team_id.id)]
        own = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("year", "=", self.year),
                ("team_id", "!=", False),
            ]
        )
        return [*domain, ("order_id.team_id", "not in", own.team_id.ids)]

    def action_view_lines(self):
        """The lines that were given away."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": "aftersales.order.line",
            "view_mode": "list",
            "views": [
                (self.env.ref("aftersales_warranty.gift_view_list").id, "list"),
            ],
            "domain": self._get_domain(),
        }

    @api.model
    def _check_lines(self, lines):
        """Refuse to give these lines away when the budget does not hold them.

        :raise UserError: names budget, used and asked
        """
        if self.env["res.users"]._has_aftersales_role("general_manager"):
            return
        # Safe: the budget of the lines' own company, to compare one sum.
        budgets = self.sudo()
        for (company, team, year), group in lines.grouped(self._get_key).items():
            found = budgets._find(company, team, year)
            if found:
                found._lock_and_check(group)

    def _get_key(self, line):
        called_at = line.order_id.called_at or fields.Datetime.now()
        day = line.company_id._aftersales_day(called_at)
        return line.company_id, line.order_id.team_id, day.year

    @api.model
    def _find(self, company, team, year):
        rows = self.search([("company_id", "=", company.id), ("year", "=", year)])
        own = rows.filtered(lambda row: row.team_id and row.team_id == team)
        return own or rows.filtered(lambda row: not row.team_id)

    def _lock_and_check(self, lines):
        """Two managers who decide at once do not both use the last of it."""
        self.lock_for_update()
        asked = sum(line._get_gift_value() for line in lines)
        used = self._get_used(without=lines)
        if self.currency_id.compare_amounts(used + asked, self.amount) <= 0:
            return
        raise UserError(
            self.env._(
                "The goodwill budget %(budget)s of %(amount)s does not hold it: "
                "%(used)s are used, %(asked)s are asked for. Only the general "
                "manager gives more.",
                budget=self.display_name,
                amount=format_amount(self.env, self.amount, self.currency_id),
                used=format_amount(self.env, used, self.currency_id),
                asked=format_amount(self.env, asked, self.currency_id),
            )
        )
