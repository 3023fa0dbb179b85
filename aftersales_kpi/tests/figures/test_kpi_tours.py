from odoo import fields
from odoo.tests import HttpCase, tagged

from ..common import ScoreCommon, tell_history


def make_bundles(env, *names):
    """Made before the browser asks for them: it does not wait on a busy machine."""
    for name in names:
        bundle = env["ir.qweb"]._get_asset_bundle(name, css=True, js=True)
        bundle.js()
        bundle.css()


@tagged("post_install", "-at_install")
class TestDashboardTours(ScoreCommon, HttpCase):
    """The dashboards in a browser, with a year of a department behind them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make_bundles(cls.env, "web.assets_web", "spreadsheet.o_spreadsheet")
        yesterday = fields.Date.subtract(fields.Date.context_today(cls.company), days=1)
        tell_history(cls.company, yesterday, 13, 260)

    def _open(self, name, login, tour=None):
        url = f"/odoo/action-aftersales_kpi.aftersales_dashboard_action_{name}"
        tour = tour or f"aftersales_dashboard_{name}"
        self.start_tour(url, tour, login=login, timeout=120)

    def test_manager_opens_the_dashboard(self):
        self._open("manager", "as_manager")

    def test_manager_chooses_a_month_and_a_service_point(self):
        self._open("manager", "as_manager", "aftersales_dashboard_filters")

    def test_supervisor_opens_the_dashboard_of_quality(self):
        self.env["aftersales.team"].search(
            [("company_id", "=", self.company.id)]
        ).user_ids += self.users["supervisor"]
        self._open("quality", "as_supervisor")

    def test_accountant_opens_the_dashboard_of_money(self):
        self._open("accountant", "as_accountant")


@tagged("post_install", "-at_install")
class TestScoreTours(ScoreCommon, HttpCase):
    """A month of scores: checked, closed, and seen by the technician."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make_bundles(cls.env, "web.assets_web")
        order = cls._create_done()
        cls._answer(order, "very_satisfied", praise="Kind and quick.")
        cls._compute()
        cls.sheet = cls._sheet()

    def test_supervisor_and_manager_close_the_month(self):
        url = f"/odoo/scores/{self.sheet.id}"
        self.start_tour(url, "aftersales_score_check", login="as_supervisor")
        self.assertEqual(self.sheet.state, "checked")
        self.start_tour(url, "aftersales_score_close", login="as_manager")
        self.assertEqual(self.sheet.state, "closed")


@tagged("post_install", "-at_install")
class TestScorePhone(ScoreCommon, HttpCase):
    browser_size = "390x844"
    touch_enabled = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make_bundles(cls.env, "web.assets_web")

    def test_technician_sees_the_own_sheet_on_the_phone(self):
        order = self._create_done()
        self._answer(order, "very_satisfied", praise="Kind and quick.")
        self._compute()
        self.start_tour("/odoo/my-day", "aftersales_score_own", login="as_technician")
