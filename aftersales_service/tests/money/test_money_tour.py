from odoo.tests import HttpCase, tagged

from ..common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestMoneyTour(AftersalesCommon, HttpCase):
    def test_accountant_and_supervisor_bring_an_order_to_its_end(self):
        order = self._create_reported_order()
        order.action_complete()
        self.start_tour(
            "/odoo/service-to-invoice", "aftersales_accountant", login="as_accountant"
        )
        self.assertEqual(order.invoice_ids.state, "posted")
        self.assertEqual(order.charge_state, "paid")
        self.start_tour(
            f"/odoo/service-orders/{order.id}",
            "aftersales_supervisor",
            login="as_supervisor",
        )
        self.assertEqual(order.state, "closed")
