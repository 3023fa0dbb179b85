from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...const import ACCOUNTS, DEDUCTIONS, FIGURES
from ...tools.deposit import is_below_alarm


class AftersalesDeposit(models.Model):
    """The figures of an agreement, drawn from posted journal items (WA-22)."""

    _inherit = "aftersales.deposit"

    @api.model
    def _figures_sql(self, day=None):
        """One row per agreement with its figures, straight from posted items.

        A foreign deposit counts its items in its own currency. What was posted after
        an agreement ended belongs to the next one. Its complaint fund is carried over
        to that one, so that no money stands on two agreements.
        """
        until = SQL("AND e.date <= %s", day) if day else SQL()
        begun = SQL("AND n.date_start <= %s", day) if day else SQL()
        return SQL(
            """
            SELECT d.id, l.balance,
                   CASE WHEN x.carried_over THEN 0 ELSE l.fund_balance END
                       AS fund_balance,
                   l.receivable, r.reserved,
                   l.balance - r.reserved AS available,
                   CASE WHEN d.state = 'ended' THEN 0
                        ELSE greatest(d.required_amount - l.balance, 0)
                   END AS shortfall
              FROM aftersales_deposit d
              JOIN res_company c ON c.id = d.company_id
              JOIN res_partner s ON s.id = d.partner_id
              CROSS JOIN LATERAL (
                SELECT coalesce(-sum(v.value)
                           FILTER (WHERE v.account_id = d.account_id), 0) AS balance,
                       coalesce(-sum(v.value)
                           FILTER (WHERE v.account_id = d.fund_account_id), 0)
                           AS fund_balance,
                       coalesce(sum(v.value)
                           FILTER (WHERE v.account_id = d.receivable_account_id), 0)
                           AS receivable
                  FROM (
                    SELECT e.account_id,
                           CASE WHEN d.currency_id = c.currency_id THEN e.balance
                                WHEN e.currency_id = d.currency_id
                                THEN e.amount_currency ELSE 0 END AS value
                      FROM res_partner p
                      JOIN account_move_line e ON e.partner_id = p.id
                     WHERE p.commercial_partner_id = s.commercial_partner_id
                       AND e.company_id = d.company_id
                       AND e.parent_state = 'posted'
                       AND e.account_id IN (d.account_id, d.receivable_account_id,
                                            d.fund_account_id)
                       AND (d.ended_on IS NULL OR e.date <= d.ended_on)
                       %(until)s
                  ) v
              ) l
              CROSS JOIN LATERAL (
                SELECT d.state = 'ended' AND EXISTS (
                    SELECT FROM aftersales_deposit n
                      JOIN res_partner o ON o.id = n.partner_id
                     WHERE o.commercial_partner_id = s.commercial_partner_id
                       AND n.company_id = d.company_id
                       AND n.fund_account_id = d.fund_account_id
                       AND n.state != 'draft'
                       AND (n.date_start, n.id) > (d.date_start, d.id) %(begun)s
                ) AS carried_over
              ) x
              CROSS JOIN LATERAL (
                SELECT coalesce(sum(x.amount), 0) AS reserved
                  FROM aftersales_deposit_entry x
                 WHERE x.deposit_id = d.id AND x.state IN ('proposed', 'approved')
                   AND x.kind IN %(deductions)s
              ) r
            """,
            until=until,
            begun=begun,
            deductions=DEDUCTIONS,
        )

    @api.model
    def _flush_figures(self):
        self.env["account.move.line"].flush_model()
        self.env["account.move"].flush_model(["state"])
        self.env["aftersales.deposit.entry"].flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        self.flush_model()

    def _get_figures(self, day=None):
        """:return: ``{id: {name: amount}}`` of stored agreements, in one query"""
        if not self.ids:
            return {}
        self._flush_figures()
        query = SQL(
            "SELECT * FROM (%s) f WHERE f.id IN %s",
            self._figures_sql(day),
            tuple(self.ids),
        )
        return {
            row[0]: dict(zip(FIGURES, map(float, row[1:]), strict=True))
            for row in self.env.execute_query(query)
        }

    @api.depends(
        "entry_ids.state",
        "entry_ids.amount",
        "required_amount",
        "minimum_share",
        "state",
        "partner_id",
        *ACCOUNTS,
    )
    def _compute_figures(self):
        figures = self._get_figures()
        for deposit in self:
            values = figures.get(deposit._origin.id) or dict.fromkeys(FIGURES, 0.0)
            for name, value in values.items():
                deposit[name] = deposit.currency_id.round(value)
            deposit.is_below_alarm = deposit.state == "running" and is_below_alarm(
                deposit.balance,
                deposit.required_amount,
                deposit.minimum_share,
                deposit.currency_id.round,
            )

    def _search_figure(self, name, operator, value):
        if operator not in ("in", ">", ">=", "<", "<="):
            return NotImplemented
        operators = {">": SQL(">"), ">=": SQL(">="), "<": SQL("<"), "<=": SQL("<=")}
        values = tuple(value or [0]) if operator == "in" else float(value or 0)
        self._flush_figures()
        rows = self.env.execute_query(
            SQL(
                "SELECT f.id FROM (%s) f WHERE round(f.%s, 6) %s %s",
                self._figures_sql(),
                SQL.identifier(name),
                operators.get(operator, SQL("IN")),
                values,
            )
        )
        return Domain("id", "in", [row[0] for row in rows])

    def _search_balance(self, operator, value):
        return self._search_figure("balance", operator, value)

    def _search_fund_balance(self, operator, value):
        return self._search_figure("fund_balance", operator, value)

    def _search_receivable(self, operator, value):
        return self._search_figure("receivable", operator, value)

    def _search_reserved(self, operator, value):
        return self._search_figure("reserved", operator, value)

    def _search_available(self, operator, value):
        return self._search_figure("available", operator, value)

    def _search_shortfall(self, operator, value):
        return self._search_figure("shortfall", operator, value)
