from odoo import api, models

from ...tools.workbook import make_workbook
from .aftersales_fee_tie_out import TOTALS


class AftersalesFeeTieOut(models.AbstractModel):
    """The tie-out as a workbook."""

    _inherit = "aftersales.fee.tie_out"

    @api.model
    def _make_workbook(self, close):
        """The close as a workbook: summary, one row per order, accepted exceptions."""
        return make_workbook(
            [
                (self.env._("Summary"), *self._summary_sheet(close)),
                (self.env._("Orders"), *self._orders_sheet(close)),
                (self.env._("Accepted"), *self._accepted_sheet(close)),
            ]
        )

    @api.model
    def _get_labels(self):
        """Words for the figures; papers and workbook use the same."""
        return {
            "agreed": self.env._("Agreed"),
            "covered": self.env._("Covered"),
            "invoiced": self.env._("Invoiced"),
            "credited": self.env._("Credited"),
            "written_off": self.env._("Written off"),
            "collected": self.env._("Taken on site"),
            "handed": self.env._("Handed in"),
            "open": self.env._("Open"),
            "rate_difference": self.env._("Rate difference"),
            "revenue": self.env._("Revenue"),
            "receivable": self.env._("Receivable"),
            "technicians": self.env._("With technicians"),
        }

    @api.model
    def _summary_sheet(self, close):
        figures, labels = close.figures, self._get_labels()
        methods = dict(
            self.env["aftersales.collection"]
            ._fields["method"]
            ._description_selection(self.env)
        )
        rows = [[labels[name], figures["totals"][name]] for name in TOTALS]
        rows += [
            [
                f"{row.get('name') or methods[row['method']]} ({row['currency']})",
                row["amount"],
                row["count"],
            ]
            for row in figures["methods"]
        ]
        rows += [[row["tax"], row["base"], row["amount"]] for row in figures["taxes"]]
        rows += [[row["category"], row["base"]] for row in figures["categories"]]
        rows += [
            [
                labels.get(name, name),
                *(tie[key] for key in ("desk", "ledger", "rounding", "difference")),
            ]
            for name, tie in figures["ties"].items()
        ]
        header = [
            close.display_name,
            self.env._("Amount"),
            self.env._("Tax, count or ledger"),
            self.env._("Rounding"),
            self.env._("Difference"),
        ]
        return header, rows

    @api.model
    def _orders_sheet(self, close):
        names = (
            "name",
            "day",
            "partner_id",
            "technician_id",
            "currency_id",
            "agreed",
            "deviation",
            "covered",
            "invoiced",
            "credited",
            "written_off",
            "collected",
            "handed",
            "paid",
            "open",
            "state",
            "accepted_reason",
        )
        day = close.date_to
        lines = close.with_context(aftersales_fee_until=day)._get_lines()
        lines.invalidate_model()  # the cache may hold what is open now
        model = lines._fields
        header = [model[name]._description_string(self.env) for name in names]
        states = dict(model["state"]._description_selection(self.env))
        rows = []
        for line in lines:
            row = []
            for name in names:
                value = line[name]
                if isinstance(value, models.BaseModel):
                    value = value.display_name
                elif name == "state":
                    value = states[value]
                row.append(value or (0.0 if model[name].type == "monetary" else ""))
            rows.append(row)
        lines.invalidate_model()
        return header, rows

    @api.model
    def _accepted_sheet(self, close):
        header = [
            self.env._("Order"),
            self.env._("Exception"),
            self.env._("Amount"),
            self.env._("Reason"),
            self.env._("Checked by"),
        ]
        rows = [
            [row["order"], row["exception"], row["amount"], row["reason"], row["user"]]
            for row in close.figures["accepted"]
        ]
        return header, rows
