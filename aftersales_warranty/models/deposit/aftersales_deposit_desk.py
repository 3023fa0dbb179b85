from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.aftersales_service.tools.records import open_form
from odoo.addons.aftersales_service.tools.workbook import make_workbook


class AftersalesDepositDesk(models.Model):
    """The accountant's desk: every supplier, its figures, what to do next (WA-22).

    One row per agreement, drawn from the ledger each time; sorted, grouped and summed
    by the database. The record's id is that of its agreement.
    """

    _name = "aftersales.deposit.desk"
    _description = "Deposit desk"
    _auto = False
    _order = "is_below_alarm desc, partner_id, id"
    _rec_name = "partner_id"

    deposit_id = fields.Many2one("aftersales.deposit", "Agreement", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", "Supplier", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("ended", "Ended")], readonly=True
    )
    required_amount = fields.Monetary("Required", readonly=True)
    balance = fields.Monetary("Ledger balance", readonly=True)
    reserved = fields.Monetary(readonly=True)
    available = fields.Monetary(readonly=True)
    receivable = fields.Monetary("Owed by supplier", readonly=True)
    fund_balance = fields.Monetary("Complaint fund", readonly=True)
    shortfall = fields.Monetary(readonly=True)
    is_below_alarm = fields.Boolean("Below alarm", readonly=True)
    demand_due_on = fields.Date("Top-up due", readonly=True)
    pending_count = fields.Integer("Entries waiting", readonly=True)
    last_letter = fields.Char(related="deposit_id.last_letter")
    next_step = fields.Char(related="deposit_id.next_step")

    _depends = {
        "account.move.line": [
            "account_id",
            "balance",
            "amount_currency",
            "currency_id",
            "partner_id",
            "parent_state",
            "company_id",
            "date",
        ],
        "aftersales.deposit": [
            "partner_id",
            "company_id",
            "state",
            "ended_on",
            "currency_id",
            "required_amount",
            "minimum_share",
            "account_id",
            "receivable_account_id",
            "fund_account_id",
        ],
        "aftersales.deposit.entry": ["deposit_id", "state", "kind", "amount"],
        "aftersales.deposit.demand": ["deposit_id", "state", "due_on"],
        "res.partner": ["commercial_partner_id"],
    }

    @property
    def _table_query(self):
        figures = self.env["aftersales.deposit"]._figures_sql()
        return SQL(
            """
            SELECT d.id, d.id AS deposit_id, d.company_id, d.partner_id,
                   d.currency_id, d.state, d.required_amount, f.balance, f.reserved,
                   f.available, f.receivable, f.fund_balance, f.shortfall,
                   (d.state = 'running' AND round(f.balance, 6)
                       < round((d.required_amount * d.minimum_share / 100)::numeric, 6)
                   ) AS is_below_alarm,
                   (SELECT t.due_on FROM aftersales_deposit_demand t
                     WHERE t.deposit_id = d.id AND t.state = 'open') AS demand_due_on,
                   (SELECT count(*) FROM aftersales_deposit_entry x
                     WHERE x.deposit_id = d.id
                       AND x.state IN ('proposed', 'approved')) AS pending_count
              FROM aftersales_deposit d
              JOIN (%s) f ON f.id = d.id
            """,
            figures,
        )

    def action_open(self):
        """The agreement behind the row."""
        self.ensure_one()
        return open_form(self.deposit_id)

    # -------------------------------------------------------------------------
    # XLSX
    # -------------------------------------------------------------------------

    def action_xlsx(self):
        """The rows as a workbook; without a selection all of the companies."""
        self.env["res.users"]._check_aftersales_role("accountant", "manager")
        rows = self or self.search([("company_id", "in", self.env.companies.ids)])
        # Safe: a file of rows the reader has just read; only he may open it.
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": self.env._("Deposit desk.xlsx"),
                    "raw": rows._make_workbook(),
                }
            )
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "self",
        }

    @api.model
    def _get_columns(self):
        return (
            "partner_id",
            "state",
            "currency_id",
            "required_amount",
            "balance",
            "reserved",
            "available",
            "receivable",
            "shortfall",
            "fund_balance",
            "demand_due_on",
            "last_letter",
            "next_step",
        )

    def _make_workbook(self):
        columns = self._get_columns()
        labels = self.fields_get(columns)
        header = [labels[name]["string"] for name in columns]
        rows = [[row._get_cell(name) for name in columns] for row in self]
        return make_workbook([(self.env._("Deposits"), header, rows)])

    def _get_cell(self, name):
        """A plain value: texts stay texts in every spreadsheet (Reliability 20)."""
        field, value = self._fields[name], self[name]
        if field.type == "many2one":
            return value.display_name or ""
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        if field.type in ("date", "char"):
            return str(value) if value else ""
        return value
