from datetime import timedelta

from odoo import Command, fields
from odoo.tests import HttpCase, tagged

from ..common import AftersalesCommon


class BoardCommon(AftersalesCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # People who work round the clock: the tour passes at any hour of any day.
        calendar = cls.company.resource_calendar_id
        calendar.tz = "Asia/Shanghai"
        calendar.attendance_ids = [
            Command.clear(),
            *[
                Command.create(
                    {
                        "name": "Day",
                        "dayofweek": str(day),
                        "hour_from": 0,
                        "hour_to": 24,
                    }
                )
                for day in range(7)
            ],
        ]


@tagged("post_install", "-at_install")
class TestBoard(BoardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        zone = cls.env["aftersales.zone"].create(
            {"name": "Town", "team_id": cls.team.id, "zip_prefixes": "310"}
        )
        cls.customer.zip = "310001"
        cls.other = cls._create_technician("Zhou Min", zone_ids=[zone.id])
        category = cls.env["product.category"].create({"name": "Power"})
        ups = cls._create_product("UPS 20 kVA", categ_id=category.id)
        kind = cls.env["aftersales.certificate.type"].create(
            {"name": "High voltage", "product_categ_ids": [Command.set(category.ids)]}
        )
        cls.env["aftersales.certificate"].create(
            {
                "technician_id": cls.other.id,
                "type_id": kind.id,
                "date_from": "2020-01-01",
            }
        )
        noise = cls.env["aftersales.symptom"].create({"name": "Noise"})
        cls.old = cls._create_order(
            called_at=fields.Datetime.now() - timedelta(days=2), fault_level="3"
        )
        cls.noisy = cls._create_order(symptom_id=noise.id)
        cls.power = cls._create_order(asset_id=False, product_id=ups.id)

    def test_dispatcher_assigns_by_click_key_and_drag(self):
        self.start_tour(
            "/odoo/service-board", "aftersales_board_dispatcher", login="as_dispatcher"
        )
        self.assertEqual(self.old.technician_id, self.technician)
        self.assertEqual(self.old.state, "dispatched")
        self.assertEqual(self.noisy.technician_id, self.other)
        self.assertEqual(self.power.state, "new")

    def test_supervisor_overrides_on_the_board(self):
        self.start_tour(
            "/odoo/service-board", "aftersales_board_supervisor", login="as_supervisor"
        )
        self.assertEqual(self.power.state, "dispatched")
        self.assertIn("Only cleaning", self.power.certificate_override_reason)


@tagged("post_install", "-at_install")
class TestBoardSize(BoardCommon):
    """A service point of real size: what a click draws does not grow with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        people = [cls.technician] + [
            cls._create_technician(f"Engineer {number:02}") for number in range(29)
        ]
        orders = cls.env["aftersales.order"].create(
            [cls._order_values() for _number in range(160)]
        )
        planned, waiting = orders[:60], orders[60:]
        start = fields.Datetime.now().replace(minute=0, second=0, microsecond=0)
        cls.env["aftersales.visit"].create(
            [
                {
                    "order_id": order.id,
                    "lead_id": people[number % 30].id,
                    "planned_start": start + timedelta(hours=1 + 3 * (number // 30)),
                    "planned_end": start + timedelta(hours=3 + 3 * (number // 30)),
                }
                for number, order in enumerate(planned)
            ]
        )
        cls.waiting = waiting

    def test_a_click_draws_only_what_has_changed(self):
        self.start_tour(
            "/odoo/service-board", "aftersales_board_size", login="as_dispatcher"
        )
        dispatched = self.waiting.filtered(lambda order: order.state == "dispatched")
        self.assertEqual(len(dispatched), 1)
        visit = dispatched.visit_ids
        self.assertGreaterEqual(visit.planned_start, visit.create_date)
