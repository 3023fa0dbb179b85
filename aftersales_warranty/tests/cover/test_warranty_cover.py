from datetime import date, datetime

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from ...tools.cover import CoverRequest
from ..common import WarrantyCommon

D = date.fromisoformat
T = datetime.fromisoformat


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestWarrantyCover(WarrantyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        categories = cls.env["product.category"]
        cls.boards = categories.create({"name": "Boards"})
        cls.wear = categories.create({"name": "Wear parts"})
        cls.board = cls._create_product("Main board", categ_id=cls.boards.id)
        cls.fan = cls._create_product("Fan", categ_id=cls.wear.id)
        cls.term.line_ids = [
            (0, 0, values)
            for values in (
                {
                    "scope": "part",
                    "role": "key",
                    "categ_id": cls.boards.id,
                    "duration": 24,
                    "sequence": 5,
                },
                {
                    "scope": "part",
                    "role": "wear",
                    "categ_id": cls.wear.id,
                    "duration": 3,
                    "sequence": 6,
                },
            )
        ]
        cls.warranty = cls._create_covered("RS-1", D("2025-06-30"))

    def _ask(self, kind, reported, product=None, warranty=None, **values):
        warranty = warranty or self.warranty
        request = CoverRequest(
            kind, T(reported), asset=warranty.asset_id, product=product, **values
        )
        return self.env["aftersales.warranty"]._get_cover([request])[0]

    def test_each_thing_has_its_own_end(self):
        labour = self._ask("labour", "2026-06-30T08:00:00").best
        self.assertEqual((labour.date_end, labour.days_left), (D("2026-06-30"), 0))
        self.assertFalse(self._ask("labour", "2026-06-30T16:00:00").covers)
        board = self._ask("part", "2026-07-20T08:00:00", self.board)
        self.assertEqual(board.best.date_end, D("2027-06-30"))
        self.assertEqual(board.best.record.role, "key")
        disk = self._ask("part", "2026-07-20T08:00:00", self.disk)
        self.assertEqual(disk.refusals[0].reason, "expired")
        self.assertEqual(disk.refusals[0].day, D("2026-06-30"))
        self.assertTrue(self._ask("part", "2025-09-30T08:00:00", self.fan).covers)
        self.assertFalse(self._ask("part", "2025-10-01T08:00:00", self.fan).covers)
        freight = self._ask("freight", "2026-06-01T08:00:00")
        self.assertEqual(freight.refusals[0].reason, "not_in_scope")

    def test_the_part_fitted_has_a_cover_of_its_own(self):
        line = {"warranty_id": self.warranty.id, "product_id": self.disk.id}
        part = self.env["aftersales.warranty"]._register_parts(
            [{**line, "fitted_on": D("2026-05-19")}]
        )
        self.assertEqual(part.date_end, D("2026-08-17"))
        again = self._ask("part", "2026-08-17T08:00:00", self.disk).best
        self.assertEqual((again.source, again.record), ("part", part))
        self.assertFalse(self._ask("part", "2026-08-18T08:00:00", self.disk).covers)
        self.assertFalse(self._ask("labour", "2026-08-01T08:00:00").covers)
        early = self.env["aftersales.warranty"]._register_parts(
            [{**line, "fitted_on": D("2025-09-01")}]
        )
        self.assertEqual(early.date_end, D("2026-06-30"))
        self._register_repair(
            self.warranty, "2026-06-01 01:00:00", "2026-06-02 01:00:00"
        )
        self.assertEqual(early.date_end, D("2026-07-01"))

    def test_usage_ends_it_and_exactly_the_limit_is_covered(self):
        self.machine.aftersales_term_id = self._create_term(
            "car", duration=24, counter="km", counter_limit=50000
        )
        warranty = self._create_covered("CAR", D("2026-02-10"))
        readings = self.as_user("technician", self.env["aftersales.warranty.reading"])
        asset = warranty.asset_id
        readings.create(
            [{"asset_id": asset.id, "read_on": "2026-05-01", "value": 50000}]
        )
        self.assertTrue(self._ask("labour", "2026-05-02T00:00:00", None, warranty).best)
        self.assertEqual(warranty.state, "active")
        readings.create(
            [{"asset_id": asset.id, "read_on": "2026-06-01", "value": 51200}]
        )
        self.assertEqual(warranty.state, "expired")
        answer = self._ask("labour", "2026-06-02T00:00:00", None, warranty)
        self.assertEqual(answer.refusals[0].reason, "usage")
        self.assertTrue(self._ask("labour", "2026-05-31T00:00:00", None, warranty).best)
        found = warranty.search([("id", "=", warranty.id), ("state", "=", "expired")])
        self.assertEqual(found, warranty)

    def test_a_counter_only_grows(self):
        asset = self.warranty.asset_id
        readings = self.env["aftersales.warranty.reading"]
        values = {"asset_id": asset.id, "read_on": "2026-05-01", "value": 300}
        readings.create([values])
        with self.assertRaisesRegex(UserError, "earlier"), self.cr.savepoint():
            readings.create([{**values, "read_on": "2026-05-02", "value": 20}])
        new_meter = {**values, "read_on": "2026-05-02", "value": 20, "before": 310}
        self.assertEqual(readings.create([new_meter]).total, 330)

    def test_void_pending_and_before_the_start(self):
        self.warranty._void("Opened")
        refusal = self._ask("labour", "2026-06-01T00:00:00").refusals[0]
        self.assertEqual((refusal.reason, refusal.warranty), ("void", self.warranty))
        waiting = self._create_term("installed", ("installation",))
        self.machine.aftersales_term_id = waiting
        pending = self._create_covered("RS-2", D("2026-06-01"))
        answer = self._ask("labour", "2026-06-10T00:00:00", None, pending)
        self.assertEqual(answer.best.by, "waiting")
        waiting.cover_before_start = False
        strict = self._create_covered("RS-3", D("2026-06-01"))
        answer = self._ask("labour", "2026-06-10T00:00:00", None, strict)
        self.assertEqual(answer.refusals[0].reason, "pending")

    def test_reported_while_a_covered_repair_goes_on(self):
        self._register_repair(self.warranty, "2026-06-29 01:00:00", False)
        answer = self._ask("labour", "2026-07-20T00:00:00")
        self.assertEqual(answer.best.by, "repair")

    def test_partial_share_and_exclusion(self):
        self.machine.aftersales_term_id = self._create_term(
            "half",
            scopes=[
                {"scope": "labour", "share": 50},
                {"scope": "travel", "share": 0},
                {"scope": "part"},
            ],
        )
        warranty = self._create_covered("RS-2", D("2026-06-01"))
        self.assertEqual(self._ask("labour", "2026-06-10", None, warranty).share, 50)
        travel = self._ask("travel", "2026-06-10", None, warranty)
        self.assertEqual(travel.refusals[0].reason, "excluded")

    def test_sales_line_without_a_serial(self):
        self.disk.aftersales_term_id = self.term
        order = self._sell(self.disk, 3)
        self._deliver(order)
        warranties = order.aftersales_warranty_ids
        request = CoverRequest(
            "labour", T("2026-06-20T00:00:00"), warranties=warranties
        )
        answer = self.env["aftersales.warranty"]._get_cover([request])[0]
        self.assertEqual(answer.best.warranty, warranties)

    def test_a_thousand_orders_cost_what_ten_cost(self):
        assets = self.env["aftersales.asset"]
        for number in range(100):
            assets |= self._create_machine(f"M-{number}", delivered_on="2026-06-01")
        self.env["aftersales.warranty"]._open_for_assets(assets)
        counts = []
        for size in (10, 100):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            requests = [
                CoverRequest(kind, T("2026-06-10T00:00:00"), asset, product)
                for asset in assets[:size]
                for kind, product in (
                    ("part", self.board),
                    ("labour", None),
                    ("travel", None),
                )
            ]
            answers = self.env["aftersales.warranty"]._get_cover(requests)
            self.assertTrue(all(answer.best for answer in answers))
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[1], 15)
