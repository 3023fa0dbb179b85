from odoo import api, models
from odoo.tools import SQL

from odoo.addons.aftersales_service.tools.workbook import make_workbook

from ...tools.pareto import rate
from ...tools.sql import MACHINE_START

MAX_AGE = 120


class AftersalesFailureCurve(models.AbstractModel):
    """Failures by month of age of the machines (KP-08).

    Denominator: machines at risk, each with the share of that month of its life that
    lies in the period. A month of age nobody went through shows "–".
    """

    _name = "aftersales.failure.curve"
    _description = "Failures by Age"

    @api.model
    @api.readonly
    def get_curve(self, options=None):
        """Failures, machines at risk and rate per month of age, for the screen.

        :param options: period and product as for the Pareto
        """
        self.env["res.users"]._check_aftersales_role("supervisor")
        options = self._read_options(options)
        failures = self._count_failures(options)
        exposure = self._get_exposure(options)
        last = min(MAX_AGE, max([*failures, *exposure], default=-1))
        rows = [
            {
                "age": age,
                "failures": failures.get(age, 0),
                "machines": round(exposure.get(age, 0.0), 1),
                "rate": rate(failures.get(age, 0), exposure.get(age, 0.0)),
            }
            for age in range(last + 1)
        ]
        return {"rows": rows, "total": sum(failures.values())}

    @api.model
    def _read_options(self, options):
        """Machines belong to no service point: the curve is that of the company."""
        options = options if isinstance(options, dict) else {}
        return self.env["aftersales.pareto"]._read_options(
            {**options, "source": "fault", "dimension": False, "team_id": False}
        )

    @api.model
    def _count_failures(self, options):
        """``{month of age: faults}`` of machines with a known start."""
        pareto = self.env["aftersales.pareto"]
        # Safe: numbers by age of the reader's companies, for supervisors; a part of
        # the faults over all of the machines would be no rate.
        groups = (
            self.env["aftersales.fault.report"]
            .sudo()
            ._read_group(
                [
                    *pareto._get_domain(options),
                    ("age", ">=", 0),
                    ("asset_id", "!=", False),
                ],
                ["age"],
                ["__count"],
            )
        )
        return dict(groups)

    @api.model
    def _get_exposure(self, options):
        """``{month of age: machines at risk}``; one query over machines and months."""
        query = self.env["aftersales.asset"]._search(
            self._get_machine_domain(options), active_test=False
        )
        rows = self.env.execute_query(
            SQL(
                _EXPOSURE,
                born=MACHINE_START,
                start=options["date_from"],
                end=options["date_to"],
                machines=query.subselect(),
                last=MAX_AGE,
            )
        )
        return {age: float(machines) for age, machines in rows}

    @api.model
    def _get_machine_domain(self, options):
        domain = [("company_id", "in", self.env.companies.ids)]
        if options["product_id"]:
            domain.append(("product_id", "=", options["product_id"]))
        return domain

    @api.model
    def open_age(self, options, age):
        """The orders of one month of age."""
        options = self._read_options(options)
        pareto = self.env["aftersales.pareto"]
        domain = [*pareto._get_domain(options), ("age", "=", int(age))]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Faults in month %(age)s of age", age=int(age)),
            "res_model": "aftersales.order",
            "views": [(False, "list"), (False, "form")],
            "domain": [("fault_row_ids", "any", [*domain, ("asset_id", "!=", False)])],
        }

    @api.model
    def _make_workbook(self, options):
        """The curve as typed cells."""
        header = [
            self.env._("Month of age"),
            self.env._("Faults"),
            self.env._("Machines at risk"),
            self.env._("Faults per 100 machines"),
        ]
        rows = [
            [
                row["age"],
                row["failures"],
                row["machines"],
                "–" if row["rate"] is None else row["rate"],
            ]
            for row in self.get_curve(options)["rows"]
        ]
        return make_workbook([(self.env._("Failures by age"), header, rows)])


_EXPOSURE = """
    WITH machine AS (
        SELECT %(born)s AS born,
               LEAST(COALESCE(asset.retired_on, %(end)s::date), %(end)s::date) AS gone
          FROM aftersales_asset asset
         WHERE asset.id IN %(machines)s AND %(born)s IS NOT NULL
    ), lived AS (
        SELECT age.month,
               (machine.born + make_interval(months => age.month))::date AS first,
               (machine.born + make_interval(months => age.month + 1))::date AS after,
               machine.gone
          FROM machine
          CROSS JOIN LATERAL generate_series(
              GREATEST(0, (EXTRACT(YEAR FROM age(%(start)s::date, machine.born)) * 12
                           + EXTRACT(MONTH FROM age(%(start)s::date, machine.born))
                          )::int - 1),
              LEAST(%(last)s, (EXTRACT(YEAR FROM age(machine.gone, machine.born)) * 12
                       + EXTRACT(MONTH FROM age(machine.gone, machine.born)))::int)
          ) AS age(month)
         WHERE machine.gone >= machine.born
    )
    SELECT month,
           sum((LEAST(after, gone + 1) - GREATEST(first, %(start)s::date))::numeric
               / (after - first)) AS machines
      FROM lived
     WHERE LEAST(after, gone + 1) > GREATEST(first, %(start)s::date)
     GROUP BY month
"""
