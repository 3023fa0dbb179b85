from odoo import api, fields, models

from ...tools.mark import shrink, weighted_mean

CRITERIA = ("attitude", "skill", "punctuality", "promises")


class AftersalesScoreSheet(models.Model):
    """The weighted mark of a month: a figure of its own beside the points (KP-04).

    Marks between 1 and 4 become 0 to 100; what nobody answered drops out and the other
    weights count more. Few answers are pulled towards the mean of the service point,
    so that one good card does not make a champion.
    """

    _inherit = "aftersales.score.sheet"

    satisfaction = fields.Float(
        "Satisfied customers %",
        digits=(16, 2),
        readonly=True,
        aggregator="avg",
        help="Answers “very satisfied” or “satisfied” by all answers of the month.",
    )
    weighted_mark = fields.Float(
        digits=(16, 2),
        readonly=True,
        aggregator="avg",
        help="Of 100: marks and satisfied customers by the weights in the settings.",
    )
    fair_mark = fields.Float(
        "Weighted mark, fair to few answers",
        digits=(16, 2),
        compute="_compute_fair_mark",
        help="(answers × mark + 10 × mean of the service point) ÷ (answers + 10).",
    )

    @api.model
    def _prepare_weighted(self, marks, satisfied, answers, weights):
        """:param marks: the four averages in their order, None where nobody answered
        :return: values of the sheet
        """
        values = {
            name: (float(mark) - 1) / 3 * 100 if mark is not None else None
            for name, mark in zip(CRITERIA, marks, strict=True)
        }
        share = 100 * satisfied / answers if answers else None
        values["satisfaction"] = share
        mark = weighted_mean(values, weights)
        return {
            "satisfaction": round(share or 0.0, 2),
            "weighted_mark": round(mark or 0.0, 2),
        }

    @api.depends("weighted_mark", "answer_count", "team_id", "month")
    def _compute_fair_mark(self):
        """The mean is that of all answers of the service point; one query."""
        # Safe: of the others only a mean is shown.
        groups = self.sudo()._read_group(
            [
                ("month", "in", self.mapped("month")),
                ("team_id", "in", [*self.team_id.ids, False]),
                ("company_id", "in", self.company_id.ids),
                ("answer_count", ">", 0),
            ],
            ["company_id", "team_id", "month:month"],
            ["id:recordset"],
        )
        means = {
            (company.id, team.id, fields.Date.to_date(month)): _get_mean(sheets)
            for company, team, month, sheets in groups
        }
        for sheet in self:
            key = (sheet.company_id.id, sheet.team_id.id, sheet.month)
            mark = sheet.weighted_mark if sheet.answer_count else None
            fair = shrink(mark, sheet.answer_count, means.get(key))
            sheet.fair_mark = round(fair or 0.0, 2)


def _get_mean(sheets):
    total = sum(sheet.answer_count for sheet in sheets)
    return sum(s.answer_count * s.weighted_mark for s in sheets) / total
