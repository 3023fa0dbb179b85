"""Figures of all months, plans of a year; only two months are still open."""

from odoo import fields

from odoo.addons.aftersales_service.demo.stage import Stage


def play(company):
    Figures(company).play()


class Figures(Stage):
    QUIET = ("tracking_disable",)

    def play(self):
        company = self.company
        facts = self.env["aftersales.kpi.facts"]
        first = self.env["aftersales.order"].search(
            [("company_id", "=", company.id)], order="called_at", limit=1
        )
        last = facts._get_today(company).replace(day=1)
        months = [first.called_at.date().replace(day=1)]
        while months[-1] < last:
            months.append(fields.Date.add(months[-1], months=1))
        periods = self.env["aftersales.kpi.period"]
        for month in months:
            periods |= periods._get_or_create(company, month)
            periods[-1]._compute_all()
        self._plan_months(company, months[-13:])
        periods[:-2]._transition("close")

    def _plan_months(self, company, months):
        """A plan near what was done, so that all lights are seen."""
        teams = self.env["aftersales.team"].search([("company_id", "=", company.id)])
        plans = self.env["aftersales.kpi.plan"].create(
            [{"team_id": team.id, "month": month} for team in teams for month in months]
        )
        for number, plan in enumerate(plans):
            factor = (1.0, 1.06, 1.4)[number % 3]
            plan.orders_plan = round((plan.orders_actual or 8) * factor)
            plan.revenue_plan = round((plan.revenue_actual or 6000) * factor, -2)
