from odoo import fields, models
from odoo.tools import format_amount


class AftersalesTechnician(models.Model):
    """Money a technician has taken on site and not handed in (SV-52)."""

    _inherit = "aftersales.technician"

    cash_stamp = fields.Integer(
        "Claims on cash", readonly=True, copy=False, groups="base.group_system"
    )

    def get_cash_held(self):
        """Cash taken on site and not yet handed in; one query for all technicians.

        Technicians see their own, by the rules on ``aftersales.collection``.

        :return: ``{technician id: [{"amount", "currency_id", "text"}]}``
        """
        groups = self.env["aftersales.collection"]._read_group(
            [
                ("technician_id", "in", self.ids),
                ("state", "=", "collected"),
                ("method", "=", "cash"),
            ],
            ["technician_id", "currency_id"],
            ["amount:sum"],
        )
        held = {technician.id: [] for technician in self}
        for technician, currency, amount in groups:
            held[technician.id].append(
                {
                    "amount": amount or 0.0,
                    "currency_id": currency.id,
                    "text": format_amount(self.env, amount or 0.0, currency),
                }
            )
        return held

    def _claim_cash(self):
        """Let one after the other take cash for the same pocket.

        The row changes with every claim: who comes second waits, is repeated by the
        server, and then sees the first one's money.
        """
        # Safe: a counter, changed only on the way to money that is recorded.
        technician = self.sudo()
        technician.cash_stamp += 1
        technician.flush_recordset(["cash_stamp"])

    def _get_cash_in_company_currency(self, company):
        """What one technician holds for a company, all currencies together."""
        # Safe: a sum the company's limit is compared with.
        groups = (
            self.env["aftersales.collection"]
            .sudo()
            ._read_group(
                [
                    ("technician_id", "=", self.id),
                    ("company_id", "=", company.id),
                    ("state", "=", "collected"),
                    ("method", "=", "cash"),
                ],
                ["currency_id"],
                ["amount:sum"],
            )
        )
        today = company._aftersales_today()
        return sum(
            currency._convert(amount or 0.0, company.currency_id, company, today)
            for currency, amount in groups
        )

    def get_cash_warning(self):
        """A sentence for a technician who should hand in cash; else False."""
        self.ensure_one()
        self.check_access("read")
        company = self.company_id or self.env.company
        # Safe: the limits of the company, compared with the technician's own money.
        policy = company.sudo()
        warn, stop = policy.aftersales_cash_warning, policy.aftersales_cash_limit
        held = self._get_cash_in_company_currency(company)
        base = company.currency_id
        if stop and base.compare_amounts(held, stop) >= 0:
            return self.env._("The limit on cash is reached. Hand the money in first.")
        if warn and base.compare_amounts(held, warn) >= 0:
            return self.env._("You hold a lot of cash. Hand it in soon.")
        return False
