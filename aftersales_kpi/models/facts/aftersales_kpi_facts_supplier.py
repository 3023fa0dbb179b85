from odoo import models
from odoo.tools import SQL

PENALTIES = ("penalty", "forfeiture")


class AftersalesKpiFacts(models.AbstractModel):
    """Suppliers: complaints, penalties, what they paid back, deposits (KP-10)."""

    _inherit = "aftersales.kpi.facts"

    def _values_supplier_complaints(self, kpi, slice):
        """Confirmed complaints that name a supplier."""
        fault = SQL("AND c.at_fault") if kpi.at_fault else SQL()
        where = SQL("AND c.supplier_id IS NOT NULL %s", fault)
        return self._select_complaints(slice, SQL("NULL::numeric"), where)

    def _values_supplier_penalties(self, kpi, slice):
        """Penalties and forfeitures booked in the month, given back ones taken off."""
        if not (slice.whole or slice.nobody):
            return None
        return self._select_entries(slice, PENALTIES, SQL("amount"), SQL("NULL"))

    def _values_supplier_recovered(self, kpi, slice):
        if not (slice.whole or slice.nobody):
            return None
        return self._select_recovered(slice, SQL("amount"), SQL("NULL"))

    def _select_recovered(self, slice, num, den):
        """What suppliers paid back for warranty work; extension point.

        Credit notes, replacements and deposits by their claims, and what was set off
        against a deposit without one. ``num`` and ``den`` may name ``amount``.
        """
        return self._union(
            self._select_recoveries(slice, num, den),
            self._select_entries(
                slice, ("claim",), num, den, SQL("AND d.claim_id IS NULL")
            ),
        )

    def _select_recoveries(self, slice, num, den):
        """Posted documents of supplier claims, in the company's currency."""
        return SQL(
            """
            SELECT 'aftersales.supplier.claim' AS source, c.id AS res_id,
                   NULL::int AS team_id, NULL::int AS technician_id,
                   NULL::int AS categ_id, c.partner_id AS supplier_id,
                   (%(num)s)::numeric AS num, (%(den)s)::numeric AS den
              FROM (%(recoveries)s) paid
              JOIN aftersales_supplier_claim c ON c.id = paid.claim_id
             WHERE c.company_id = %(company)s AND %(who)s
               AND paid.date >= %(first)s AND paid.date <= %(last)s
            """,
            num=num,
            den=den,
            recoveries=self.env["aftersales.supplier.claim"]._recoveries_sql(),
            company=slice.company_id,
            who=SQL("TRUE") if slice.whole or slice.nobody else SQL("FALSE"),
            first=slice.first,
            last=slice.last,
        )

    def _select_entries(self, slice, kinds, num, den, where=None):
        """Booked entries of deposits, in the company's currency."""
        amount = SQL(
            """
            ROUND((COALESCE(d.deposit_amount, 0) + COALESCE(d.receivable_amount, 0)
                   - COALESCE(d.given_back, 0)) * %s, %s)
            """,
            self._get_rate(slice, SQL("agreement.currency_id")),
            self._get_digits(slice),
        )
        return SQL(
            """
            SELECT 'aftersales.deposit.entry' AS source, id AS res_id,
                   NULL::int AS team_id, NULL::int AS technician_id,
                   NULL::int AS categ_id, partner_id AS supplier_id,
                   (%(num)s)::numeric AS num, (%(den)s)::numeric AS den
              FROM (
                  SELECT d.id, d.partner_id, %(amount)s AS amount
                    FROM aftersales_deposit_entry d
                    JOIN aftersales_deposit agreement ON agreement.id = d.deposit_id
                   WHERE d.company_id = %(company)s AND %(who)s
                     AND d.state IN ('posted', 'reversed') AND d.kind IN %(kinds)s
                     AND d.date >= %(first)s AND d.date <= %(last)s %(where)s
              ) entry
             WHERE amount <> 0
            """,
            num=num,
            den=den,
            amount=amount,
            company=slice.company_id,
            who=SQL("TRUE") if slice.whole or slice.nobody else SQL("FALSE"),
            kinds=kinds,
            where=where or SQL(),
            first=slice.first,
            last=slice.last,
        )

    def _values_supplier_deposit(self, kpi, slice):
        """Balance of each agreement in the ledger at the end of the month."""
        if not (slice.whole or slice.nobody):
            return None
        deposits = self.env["aftersales.deposit"]
        deposits._flush_figures()
        return SQL(
            """
            SELECT 'aftersales.deposit' AS source, agreement.id AS res_id,
                   NULL::int AS team_id, NULL::int AS technician_id,
                   NULL::int AS categ_id, agreement.partner_id AS supplier_id,
                   ROUND(figures.balance * %(rate)s, %(digits)s) AS num,
                   NULL::numeric AS den
              FROM (%(figures)s) figures
              JOIN aftersales_deposit agreement ON agreement.id = figures.id
             WHERE agreement.company_id = %(company)s AND agreement.state <> 'draft'
               AND (agreement.date_start <= %(last)s OR figures.balance <> 0)
               AND %(first)s <= %(today)s
            """,
            rate=self._get_rate(slice, SQL("agreement.currency_id")),
            digits=self._get_digits(slice),
            figures=deposits._figures_sql(min(slice.last, slice.today)),
            company=slice.company_id,
            first=slice.first,
            last=slice.last,
            today=slice.today,
        )
