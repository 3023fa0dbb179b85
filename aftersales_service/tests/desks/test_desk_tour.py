from odoo.tests import HttpCase, tagged

from ..common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestDeskTour(AftersalesCommon, HttpCase):
    def test_operator_registers_calls_by_keyboard(self):
        self._create_asset("7979Q7C-02")
        self.start_tour(
            "/odoo/service-desk", "aftersales_desk_call", login="as_operator"
        )
        orders = self.env["aftersales.order"].search(
            [("channel", "=", "phone")], order="id"
        )
        first, bank = orders
        self.assertEqual(first.asset_id, self.asset)
        self.assertEqual(first.symptom_id, self.symptom)
        self.assertEqual(first.fault_level, "2")
        self.assertEqual(first.team_id, self.team)
        self.assertIn("They ask when", " ".join(first.message_ids.mapped("body")))
        self.assertEqual(bank.partner_id.name, "Bank F")
        self.assertEqual(bank.partner_id.phone, "138 0000 7777")
        self.assertTrue(bank.answer_at)

    def test_dispatcher_assigns_from_the_desk(self):
        self.start_tour(
            "/odoo/service-desk", "aftersales_desk_assign", login="as_dispatcher"
        )
        order = self.env["aftersales.order"].search(
            [("asset_id", "=", self.asset.id)], limit=1
        )
        self.assertEqual(order.technician_id, self.technician)
        self.assertEqual(len(order.visit_ids), 1)
