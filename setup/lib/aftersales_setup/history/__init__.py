"""Invented years of a service department, for demonstrations and measuring (KP-12).

    history = generate(env, company, last, months, orders)
    env["aftersales.order"].browse(history.made["aftersales.order"])

The same company and last day give the same story. Rows are inserted in SQL: nothing is
sent, booked or moved, no job has anything to do with them, and the accountant's desk
leaves them out. Nothing of it is part of an add-on; it runs in Odoo, on a database made
for it.
"""

from odoo import fields
from odoo.tools import SQL

from .cast import PARTS, Casting
from .story import Story
from .writer import Writer

PERIOD = "aftersales.kpi.period"


class History(Casting, Writer):
    """What is told of one company, and the ids of all that was made of it."""

    def __init__(self, env, company, last, months, orders):
        quiet = dict.fromkeys(
            ("tracking_disable", "mail_create_nosubscribe", "mail_notrack"), True
        )
        self.company = company.with_env(env).with_company(company).with_context(**quiet)
        self.env = self.company.env
        self.date_to, self.months, self.orders = last, months, orders
        self.made = {}

    def tell(self):
        cast = self._prepare_cast()
        story = Story(cast, self.date_to, self.months, self.orders)
        self._write_story(cast, story.tell())
        self.env.invalidate_all()
        self._analyze()

    def _analyze(self):
        """PostgreSQL still takes the tables for empty, and would plan badly.

        What it counts by itself, it counts only after the transaction.
        """
        for model in self.made:
            table = SQL.identifier(self.env[model]._table)
            self.env.cr.execute(SQL("ANALYZE %s", table))

    def compute_figures(self):
        first = fields.Date.start_of(self.date_to, "month")
        for back in range(self.months):
            month = fields.Date.subtract(first, months=back)
            period = self.env[PERIOD]._get_or_create(self.company, month)
            period._compute_all()


def generate(env, company, last, months, orders):
    """Invent the history of a company, with the figures of its months.

    :param last: last day of the history
    :param months: how many months, that of the last day counted
    :param orders: how many orders
    """
    history = History(env, company, last, months, orders)
    history.tell()
    history.compute_figures()
    return history


def tell_demo(env):
    """Three years of the demo company up to the day before its forty orders."""
    company = env.ref("aftersales_service.company_demo")
    today = fields.Date.context_today(company.with_context(tz="Asia/Shanghai"))
    yesterday = fields.Date.subtract(today, days=1)
    # Data files know the cost of parts for the main company only.
    for name in (*PARTS, "labour", "travel"):
        product = env.ref(f"aftersales_service.product_{name}_demo")
        share = 0.55 if name in ("labour", "travel") else 0.6
        if not product.with_company(company).standard_price:
            cost = round(product.list_price * share, 2)
            product.with_company(company).standard_price = cost
    History(env, company, yesterday, 36, 12000).tell()
    # Scores, figures and alarms of all the months.
    for chapter in ("scores", "figures", "quality"):
        company._aftersales_play("aftersales_kpi", chapter)
