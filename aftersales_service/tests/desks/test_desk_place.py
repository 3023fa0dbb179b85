from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestDeskPlace(AftersalesCommon):
    """The desk never guesses far from unknown, and tells the promise before saving."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.zone"].search([]).active = False
        cls.env["aftersales.sla.policy"].search([]).active = False
        cls.company.country_id = cls.env.ref("base.cn")
        cls.east = cls.env["aftersales.team"].create(
            {"name": "宁波站", "code": "NBX", "company_id": cls.company.id}
        )
        cls.east.user_ids = cls.users["operator"]
        zone = cls.env["aftersales.zone"]
        china = cls.company.country_id.id
        cls.town, cls.ningbo, cls.far = zone.create(
            [
                {
                    "name": "市区",
                    "team_id": cls.team.id,
                    "country_id": china,
                    "zip_prefixes": "3100",
                    "places": "杭州",
                    "area": "town",
                },
                {
                    "name": "宁波",
                    "team_id": cls.east.id,
                    "country_id": china,
                    "places": "宁波",
                    "area": "town",
                },
                {
                    "name": "省外",
                    "team_id": cls.team.id,
                    "country_id": china,
                    "area": "remote",
                },
            ]
        )
        cls.env["aftersales.sla.policy"].create(
            [
                {
                    "name": "Town",
                    "area": "town",
                    "place": "onsite",
                    "arrive_value": 6,
                },
                {
                    "name": "Far",
                    "area": "remote",
                    "place": "onsite",
                    "arrive_value": 1,
                    "arrive_unit": "weeks",
                },
            ]
        )
        cls.desk = cls.env["aftersales.call.desk"].with_user(cls.users["operator"])
        cls.new = {
            "name": "刘晓红",
            "phone": "057187659999",
            "street": "文三路 18 号",
            "city": "杭州",
            "is_company": False,
        }

    def _register(self, **values):
        result = self.desk.register({"place": "onsite", "fault_level": "3", **values})
        return self.env["aftersales.order"].browse(result["id"])

    def test_promise_of_a_customer_not_saved_yet(self):
        values = {"new_partner": self.new, "place": "onsite"}
        before = self.env["res.partner"].search_count([])
        self.assertEqual([p["policy"] for p in self.desk.get_promise(values)], ["Town"])
        zone = self.desk.get_zone(values)
        self.assertEqual((zone["id"], zone["known"]), (self.town.id, True))
        self.assertEqual(self.env["res.partner"].search_count([]), before)
        order = self._register(new_partner=self.new)
        self.assertEqual(order.zone_id, self.town)
        self.assertEqual(order.arrive_policy_id.name, "Town")

    def test_caller_from_another_city_goes_to_its_service_point(self):
        order = self._register(new_partner={**self.new, "city": "宁波"})
        self.assertEqual(order.team_id, self.east)

    def test_unknown_is_asked(self):
        new = {"name": "刘晓红", "phone": "13800138011"}
        values = {"new_partner": new, "place": "onsite"}
        zone = self.desk.get_zone(values)
        self.assertFalse(zone["known"])
        self.assertTrue(zone["missing"])
        self.assertEqual(
            {choice["name"] for choice in zone["choices"]}, {"市区", "宁波", "省外"}
        )
        self.assertFalse(self.desk.get_promise(values))
        order = self._register(new_partner=new)
        self.assertFalse(order.zone_id)
        self.assertTrue(order.sla_missing)
        # Told at the desk, it is told for the next call too.
        values["zone_id"] = self.ningbo.id
        self.assertTrue(self.desk.get_zone(values)["known"])
        order = self._register(new_partner=new, zone_id=self.ningbo.id)
        self.assertEqual((order.zone_id, order.team_id), (self.ningbo, self.east))
        again = self._register(partner_id=order.partner_id.id)
        self.assertEqual(again.zone_id, self.ningbo)

    def test_other_roles_are_refused(self):
        desk = self.desk.with_user(self.users["accountant"])
        for method in ("get_zone", "get_promise"):
            with self.assertRaises(AccessError):
                getattr(desk, method)({})


@tagged("post_install", "-at_install")
class TestSolvedByPhone(AftersalesCommon):
    """The commonest case needs one person, a cause and what helped."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk = cls.env["aftersales.call.desk"].with_user(cls.users["operator"])

    def _register(self):
        result = self.desk.register(
            {
                "partner_id": self.customer.id,
                "asset_id": self.asset.id,
                "place": "onsite",
                "answered": True,
            }
        )
        return self.env["aftersales.order"].browse(result["id"])

    def test_operator_finishes(self):
        order = self._register()
        found = self.desk.search_causes("Disk worn")
        self.assertEqual(found[0]["remedy"], "Disk replaced")
        self.desk.finish(order.id, self.cause.id, "Restarted by the customer")
        self.assertEqual(order.state, "done")
        self.assertEqual(order.remedy, "Restarted by the customer")
        self.assertTrue(order.answer_at and order.resolve_at and order.solved_by_phone)
        self.assertFalse(order.technician_id or order.signature)
        self.as_user("supervisor", order).action_close()
        self.assertEqual(order.state, "closed")

    def test_call_again_opens_it(self):
        order = self._register()
        self.desk.finish(order.id, self.cause.id)
        self.as_user("operator", order).action_call_again()
        self.assertEqual(order.state, "new")
        self.assertFalse(order.done_at or order.resolve_at or order.solved_by_phone)

    def test_refusals(self):
        order = self._register()
        with self.assertRaisesRegex(UserError, "cause"):
            self.as_user("operator", order).action_solve_by_phone()
        with self.assertRaises(AccessError):
            self.as_user("dispatcher", order).with_user(
                self.users["accountant"]
            ).action_solve_by_phone(self.cause.id, "x")
        self.env["aftersales.order.line"].create(
            {
                "order_id": order.id,
                "kind": "labour",
                "product_id": self.labour.id,
                "quantity": 1,
            }
        )
        with self.assertRaisesRegex(UserError, "report"):
            self.as_user("operator", order).action_solve_by_phone(self.cause.id, "x")
        with self.assertRaises(UserError):
            self.as_user("operator", order).action_call_again()
