"""Days by the company's clock where many records are compared in one query."""

from odoo.fields import Datetime, Domain
from odoo.tools import SQL


def day_sql(instant, company):
    """Day of an instant by the clock of its company.

    :param instant: column with a naive UTC instant, or such an instant
    :param company: alias of the joined ``res_company``
    """
    return SQL(
        "(%s::timestamp AT TIME ZONE 'UTC'"
        " AT TIME ZONE coalesce(nullif(%s, ''), 'UTC'))::date",
        SQL(instant) if isinstance(instant, str) else instant,
        SQL.identifier(company, "aftersales_tz"),
    )


def today_sql(company):
    """Today by the clock of the company joined as ``company``."""
    return day_sql(Datetime.now().replace(second=0, microsecond=0), company)


def over_domain(env, name):
    """Records whose day is over at the place of their own company.

    :param name: their date field
    """
    # Safe: which day it is at a company is no secret; access rules still apply.
    companies = env["res.company"].sudo().search([])  # pylint: disable=no-search-all
    by_day = companies.grouped(lambda company: company._aftersales_today())
    return Domain.OR(
        Domain("company_id", "in", group.ids) & Domain(name, "<", day)
        for day, group in by_day.items()
    )
