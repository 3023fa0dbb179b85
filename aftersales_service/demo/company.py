"""What Odoo does not make for a company that comes from a data file."""

from odoo import Command


def play(company):
    env = company.env
    company.resource_calendar_id.tz = "Asia/Shanghai"
    _add_warehouse(env, company)
    _load_accounts(env, company)
    _set_journals(env, company)
    # Parts from the shelf are approved by the supervisor.
    company.aftersales_requisition_approval = True


def _add_warehouse(env, company):
    warehouses = env["stock.warehouse"]
    if not warehouses.search_count([("company_id", "=", company.id)], limit=1):
        warehouses.create({"name": "杭州总库", "code": "HZ", "company_id": company.id})


def _load_accounts(env, company):
    """Chinese accounts where that localisation is installed, else generic ones."""
    chart = env["account.chart.template"]
    chinese = "cn" in chart._get_chart_template_mapping()
    chart._load("cn" if chinese else "generic_coa", company, install_demo=False)


def _set_journals(env, company):
    """Where the money taken on site goes, and who owes what is missing."""
    Journal = env["account.journal"]
    journals = Journal.search([("company_id", "=", company.id)])
    taken = journals.filtered(lambda journal: journal.code == "XCSK")
    taken = taken or Journal.create(
        {"name": "现场收款", "code": "XCSK", "type": "cash", "company_id": company.id}
    )
    by_type = (journals - taken).grouped("type")
    company.write(
        {
            "aftersales_collection_journal_id": taken.id,
            "aftersales_electronic_journal_id": by_type["bank"][:1].id,
            "aftersales_cash_journal_id": by_type["cash"][:1].id,
            "aftersales_technician_account_id": _get_dues_account(env, company).id,
        }
    )


def _get_dues_account(env, company):
    """Account of what technicians owe; kept when the add-on is installed again."""
    Account = env["account.account"].with_company(company)
    return Account.search(
        [("code", "=", "122199"), ("company_ids", "in", company.ids)], limit=1
    ) or Account.create(
        {
            "name": "其他应收款-技术员",
            "code": "122199",
            "account_type": "asset_current",
            "reconcile": True,
            "company_ids": [Command.set(company.ids)],
        }
    )
