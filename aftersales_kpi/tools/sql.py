"""Pieces of SQL the analysis models share."""

from odoo.tools import SQL

# Models whose fields the clock of a company reads.
CLOCK_DEPENDS = {"res.company": ["aftersales_tz"]}
# First day of a machine in use.
MACHINE_START = SQL(
    "COALESCE(asset.accepted_on, asset.installed_on, asset.delivered_on)"
)


def clock(row):
    """The join for the clock of a row's company: the same the scores use."""
    return SQL("JOIN res_company company ON company.id = %s.company_id", SQL(row))


def local_day(instant):
    """Day of an instant by the clock of the company."""
    return SQL(
        "(%s AT TIME ZONE 'UTC'"
        " AT TIME ZONE COALESCE(company.aftersales_tz, 'UTC'))::date",
        SQL(instant),
    )


def months_between(start, end):
    """Completed months from one day to a later one; NULL where one is missing."""
    return SQL(
        "(EXTRACT(YEAR FROM age(%(end)s, %(start)s)) * 12"
        " + EXTRACT(MONTH FROM age(%(end)s, %(start)s)))::int",
        start=start,
        end=end,
    )


def vendor(template, product, company):
    """First vendor of a product's price list; a scalar, so unused it costs nothing."""
    return SQL(
        """(SELECT info.partner_id FROM product_supplierinfo info
        WHERE info.product_tmpl_id = %(template)s
            AND (info.product_id IS NULL OR info.product_id = %(product)s)
            AND (info.company_id IS NULL OR info.company_id = %(company)s)
        ORDER BY info.sequence, info.id LIMIT 1)""",
        template=SQL(template),
        product=SQL(product),
        company=SQL(company),
    )


def first_part(column):
    """A column of the first part put into the machine on order ``o``."""
    return SQL(
        """(SELECT %s FROM aftersales_order_line part
        JOIN product_product part_product ON part_product.id = part.product_id
        WHERE part.order_id = o.id AND part.kind = 'part' AND part.quantity > 0
        ORDER BY part.sequence, part.id LIMIT 1)""",
        column,
    )


def in_company_currency(column, row, day):
    """An amount of a row in the company's money; only foreign ones ask for a rate.

    Joins named ``company`` and ``own`` (its currency) are expected.
    """
    return SQL(
        """CASE WHEN %(row)s.currency_id = company.currency_id THEN %(column)s
        ELSE round(%(column)s * %(own)s / %(foreign)s, own.decimal_places) END""",
        row=SQL(row),
        column=SQL(column),
        own=_rate("company.currency_id", row, day),
        foreign=_rate(f"{row}.currency_id", row, day),
    )


def _rate(currency, row, day):
    """The rate of a currency on a day, 1 where there is none."""
    return SQL(
        """COALESCE((SELECT rate.rate FROM res_currency_rate rate
        WHERE rate.currency_id = %(currency)s
            AND (rate.company_id IS NULL OR rate.company_id = %(row)s.company_id)
            AND rate.name <= %(day)s
        ORDER BY rate.company_id, rate.name DESC LIMIT 1), 1)""",
        currency=SQL(currency),
        row=SQL(row),
        day=SQL(day),
    )


def select(columns, source):
    """A query of ``{name: expression}``, plain text or SQL, from a source."""
    return SQL(
        "SELECT %s %s",
        SQL(", ").join(
            SQL(
                "%s AS %s",
                SQL(expression) if isinstance(expression, str) else expression,
                SQL.identifier(name),
            )
            for name, expression in columns.items()
        ),
        source,
    )
