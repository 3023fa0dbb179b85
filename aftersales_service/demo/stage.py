"""The stage of the demo company: its records, and the clock of its story."""

from contextlib import contextmanager
from datetime import datetime, time, timedelta
from unittest.mock import patch

from pytz import timezone, utc

from odoo import fields

SHANGHAI = timezone("Asia/Shanghai")


class Stage:
    """A chapter is played as the people of the company would have done it."""

    QUIET = ("mail_notrack",)

    def __init__(self, company):
        self.env = company.with_context(
            allowed_company_ids=company.ids,
            tz="Asia/Shanghai",
            **dict.fromkeys(self.QUIET, True),
        ).env
        self.company = company.with_env(self.env)

    def _ref(self, name, addon="aftersales_service"):
        return self.env.ref(f"{addon}.{name}_demo").with_env(self.env)

    def _moment(self, days, hour):
        """That hour in Hangzhou, so many days ago, in UTC."""
        day = datetime.now(SHANGHAI).date() - timedelta(days=days)
        local = SHANGHAI.localize(datetime.combine(day, time(hour)))
        return local.astimezone(utc).replace(tzinfo=None)

    @contextmanager
    def _clock(self, moment):
        """The actions stamp the time of the story, not that of the installation."""
        with patch.object(fields.Datetime, "now", staticmethod(lambda: moment)):
            yield

    def _has_chinese(self):
        return "zh_CN" in dict(self.env["res.lang"].get_installed())

    def _prepare_quant(self, product, location, quantity, lot=None):
        return {
            "product_id": product.id,
            "location_id": location.id,
            "inventory_quantity": quantity,
            "lot_id": lot.id if lot else False,
        }
