from odoo import api, models
from odoo.tools import format_amount

from odoo.addons.aftersales_service.tools.workbook import make_workbook

MARKS = ("mark_attitude", "mark_skill", "mark_punctuality", "mark_promises")
COLUMNS = (
    *("technician_id", "team_id", "month", "state", "total", "answer_count", *MARKS),
    *("bonus", "fine_asked", "fine", "payout"),
)
LINE_COLUMNS = (
    *("technician_id", "month", "rule_id", "source_name", "points", "money"),
    *("forgone", "approval_state", "objection_state", "objection", "decision"),
)


class ReportScoreSheet(models.AbstractModel):
    """Score sheet of one technician on paper."""

    _name = "report.aftersales_kpi.report_score_sheet"
    _description = "Score Sheet"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.score.sheet"

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        doc, lang = paper["doc"], paper["lang"]
        return {
            **paper,
            "barcode": False,
            "money": lambda amount: format_amount(
                doc.env, amount, doc.currency_id, lang_code=lang
            ),
        }


class ReportScoreList(models.AbstractModel):
    """Score, bonus and fine list of several sheets, on one paper and as a workbook."""

    _name = "report.aftersales_kpi.report_score_list"
    _description = "Score, Bonus and Fine List"
    _inherit = ["report.aftersales_kpi.report_score_sheet"]

    _paper_group = "aftersales_service.aftersales_service_group_supervisor"
    _paper_is_list = True

    @api.model
    def _get_report_values(self, docids, data=None):
        values = super()._get_report_values(docids, data)
        companies = values["docs"].grouped("company_id")
        papers = {paper["company"].id: paper for paper in values["papers"]}
        values["papers"] = [
            {**papers[company.id], "docs": docs} for company, docs in companies.items()
        ]
        return values

    @api.model
    def _make_workbook(self, sheets):
        """Two sheets of typed cells: the list, and the lines behind it."""
        sheets.check_access("read")
        lines = sheets.line_ids
        return make_workbook(
            [
                (self.env._("Scores"), *self._get_table(sheets, COLUMNS)),
                (self.env._("Lines"), *self._get_table(lines, LINE_COLUMNS)),
            ]
        )

    def _get_table(self, records, names):
        fields = [records._fields[name] for name in names]
        header = [field._description_string(self.env) for field in fields]
        return header, [[self._get_cell(r, f) for f in fields] for r in records]

    def _get_cell(self, record, field):
        value = record[field.name]
        if field.type == "many2one":
            return value.display_name or ""
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        if field.type == "date":
            return value.strftime("%Y-%m") if value else ""
        return value if field.type in ("float", "monetary", "integer") else value or ""
