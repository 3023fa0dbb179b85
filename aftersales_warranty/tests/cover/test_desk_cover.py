from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from ...demo.cover import MACHINES, Cover
from ..common import WarrantyCommon


class DeskCoverCommon(WarrantyCommon):
    """The twenty machines of the demo, made for the customer of the tests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boards = cls.env["product.category"].create({"name": "Boards"})
        cls.machines = Cover(cls.company).prepare_machines(
            cls.customer, cls.machine, cls.disk, cls.boards
        )


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestDeskCover(DeskCoverCommon):
    """“Is it covered, what may I ask for?”, asked of the desk for all twenty."""

    def _ask_desk(self):
        desk = self.as_user("operator", self.env["aftersales.call.desk"])
        found = desk.get_customer(self.customer.id)
        return {machine["serial"]: machine for machine in found["machines"]}

    def test_the_desk_answers_for_all_twenty(self):
        rows = self._ask_desk()
        self.assertEqual(len(MACHINES), 20)
        for serial, _term, _left, _story, state, text in MACHINES:
            with self.subTest(serial):
                card = rows[serial]["warranty"]
                self.assertEqual(card["state"], state)
                self.assertIn(text, card["short"])
                self.assertTrue(card["text"])

    def test_the_order_decides_what_the_desk_has_said(self):
        """No agent promises what the order then charges."""
        rows = self._ask_desk()
        for serial, asset in self.machines.items():
            order = self.env["aftersales.order"].create(
                {
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "asset_id": asset.id,
                    "called_at": "2026-06-15 03:00:00",
                    "duplicate_confirmed": True,
                    "line_ids": [(0, 0, {"kind": "labour"})],
                }
            )
            said = "labour ✓" in rows[serial]["warranty"]["short"]
            free = not order.line_ids._is_charged()
            self.assertEqual(free, said, serial)
            self.assertEqual(order.warranty_text, rows[serial]["warranty"]["text"])

    def test_what_may_i_ask_for_all_twenty(self):
        for asset in self.machines.values():
            found = self.as_user("operator", asset).get_entitlements()
            self.assertIn(asset.id, found)

    def test_queries_do_not_grow_with_machines(self):
        desk = self.as_user("operator", self.env["aftersales.call.desk"])
        counts = []
        assets = [self.machines["CV01"], self.machines["CV04"]]
        cards = self.env["aftersales.warranty.card"]
        everything = self.env["aftersales.asset"].union(*self.machines.values())
        for group in (assets[0] | assets[1], everything):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            cards.with_env(desk.env)._get_cards(group)
            counts.append(self.cr.sql_log_count - before)
        # Names of key parts and terms are read once each, machines cost nothing.
        self.assertLessEqual(counts[1], counts[0] + 10)

    def test_a_stranger_to_the_desk_is_refused(self):
        for role in ("technician", "accountant"):
            desk = self.as_user(role, self.env["aftersales.call.desk"])
            with self.assertRaises(AccessError):
                desk.get_customer(self.customer.id)

    def test_another_company_says_nothing(self):
        other = self.env["res.company"].create({"name": "Other"})
        operator = self.users["operator"]
        operator.write({"company_ids": [(4, other.id)]})
        desk = self.env["aftersales.call.desk"].with_user(operator).with_company(other)
        desk = desk.with_context(allowed_company_ids=other.ids)
        self.assertFalse(desk.get_customer(self.customer.id)["machines"])
