"""Examples 19, 20, 21 and D of docs/rules.md, to the cent."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import freeze_time, tagged

from odoo.addons.aftersales_warranty.tests.deposit.test_deposit import DepositCommon

from ..common import MARCH, FiguresCommon

DONE = "2026-03-10 04:00:00"


@tagged("post_install", "-at_install")
@freeze_time("2026-05-20 02:00:00")
class TestFigureExamples(FiguresCommon, DepositCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._create_order(
            place="onsite", technician_id=cls.technician.id, team_id=cls.team.id
        )
        cls._set(
            cls.order,
            state="done",
            called_at="2026-03-10 01:00:00",
            done_at=DONE,
            answer_deadline=None,
            arrive_deadline=None,
            resolve_deadline=None,
        )

    def _orders(self, count, **special):
        return self._multiply(self.order, count, **special)

    def _drop(self):
        """The row the copies were made of."""
        self._set(self.order, state="cancelled", done_at=None)

    def _visit(self, orders, **values):
        self._set(orders, state="in_progress")
        visits = self.env["aftersales.visit"].create(
            [
                {
                    "order_id": order.id,
                    "lead_id": self.technician.id,
                    "planned_start": "2026-03-10 02:00:00",
                }
                for order in orders
            ]
        )
        self._set(visits, arrived_at="2026-03-10 02:00:00", state="left", **values)
        self._set(orders, state="done")
        return visits

    # -- 19 -------------------------------------------------------------------

    def test_first_time_fix(self):
        """11 repairs: 6 quiet, 1 back, 2 with two visits, 1 remote, 1 cancelled."""
        quiet, back, twice = self._orders(6), self._orders(1), self._orders(2)
        self._orders(1, place="'remote'")
        self._orders(1, state="'cancelled'")
        self._orders(
            1,
            parent_id=str(back.id),
            state="'new'",
            done_at="NULL",
            called_at="t.done_at + interval '12 days'",
        )
        self._visit(quiet | back | twice)
        self._visit(twice)
        self._drop()
        self._compute_figures()
        self.assertEqual(self._value("FIRST_FIX"), (6, 9, "66.67 %"))
        self.assertEqual(self._value("FIRST_FIX_ALL"), (7, 10, "70.00 %"))

    def test_repeat_repairs_count_primaries(self):
        """120 closed, 8 primaries with 9 repeats; the window is the definition's."""
        orders = self._orders(119) | self.order
        again = {"state": "'new'", "done_at": "NULL"}
        for first in [*orders[:8], orders[0]]:
            self._orders(
                1,
                parent_id=str(first.id),
                called_at="t.done_at + interval '20 days'",
                **again,
            )
        self._compute_figures()
        self.assertEqual(self._value("REPEAT"), (8, 120, "6.67 %"))
        self.kpis["REPEAT"].count_all = True
        self._work_off()
        self.assertEqual(self._value("REPEAT"), (9, 120, "7.50 %"))
        self.kpis["REPEAT"].write({"count_all": False, "days": 19})
        self._work_off()
        self.assertEqual(self._value("REPEAT"), (0, 120, "0.00 %"))

    def test_without_orders_there_is_no_share(self):
        self._drop()
        self._compute_figures()
        self.assertFalse(self._month("REPEAT"))
        complaint = self._complaints(1)
        self._compute_figures()
        row = self._month("COMPLAINTS_FAULT")
        self.assertEqual((row.text, row.light), ("–", False))
        groups = self.values.formatted_read_group(
            [("kpi_id", "=", row.kpi_id.id)], [], ["value:avg"]
        )
        self.assertFalse(groups[0]["value:avg"])
        self.assertTrue(complaint)

    # -- 20 -------------------------------------------------------------------

    def test_times_in_two_meanings(self):
        called = "2026-03-10 01:00:00"
        self._set(self.order, answer_at="2026-03-10 01:10:00")
        self._orders(1, answer_at="t.called_at + interval '20 minutes'")
        self._orders(
            1,
            state="'cancelled'",
            done_at="NULL",
            answer_at="t.called_at + interval '90 minutes'",
        )
        orders = self.order.search([("state", "=", "done"), ("called_at", "=", called)])
        for order, minutes in zip(orders.sorted("answer_at"), (60, 150), strict=True):
            arrived = fields.Datetime.to_datetime("2026-03-10 02:00:00")
            self._set(
                order, arrive_at=arrived, done_at=arrived + timedelta(minutes=minutes)
            )
        reason = self.env["aftersales.pause.reason"].search([], limit=1)
        self.env["aftersales.sla.pause"].create(
            {
                "order_id": orders.sorted("done_at")[-1].id,
                "reason_id": reason.id,
                "started_at": "2026-03-10 03:00:00",
                "ended_at": "2026-03-10 03:30:00",
            }
        )
        self._compute_figures()
        self.assertEqual(self._value("TIME_ANSWER"), (0.5, 2, "0.25 h"))
        self.assertEqual(self._value("MTTR_WRENCH"), (3.0, 2, "1.50 h"))
        self.assertEqual(self._value("MTTR_RESTORE"), (5.5, 2, "2.75 h"))

    def test_mean_time_between_failures(self):
        """Three machines in April, 60 hours down, four failures."""
        category = self.env["product.category"].create({"name": "Pumps"})
        pump = self._create_product("Pump", categ_id=category.id)
        assets = self.env["aftersales.asset"].browse()
        for number in range(3):
            assets |= self._create_asset(
                f"P{number}", product_id=pump.id, installed_on="2025-01-01"
            )
        for asset, down in zip([*assets, assets[0]], (10, 20, 20, 10), strict=True):
            day = 20 if down == 10 and asset == assets[0] else 6
            self._orders(
                1,
                asset_id=str(asset.id),
                called_at=f"timestamp '2026-04-{day:02} 01:00' + n * interval '1 hour'",
                done_at=f"timestamp '2026-04-{day:02} 02:00'"
                f" + {down} * interval '1 hour'",
            )
        self._compute_figures("2026-04-01")
        rows = self.values.search(
            [("kpi_id.code", "=", "MTBF"), ("categ_id", "=", category.id)]
        )
        self.assertEqual((rows.numerator, rows.denominator), (2100, 4))
        self.assertEqual(rows.text, "525.00 h")
        self._compute_figures("2026-05-01")
        quiet = self.values.search(
            [
                ("kpi_id.code", "=", "MTBF"),
                ("categ_id", "=", category.id),
                ("month", "=", "2026-05-01"),
            ]
        )
        self.assertEqual((quiet.denominator, quiet.text), (0, "–"))

    def test_promises_kept(self):
        """34 met, 4 broken, 1 open and late, 2 open in time, 3 cancelled."""
        now = "timestamp '2026-05-20 02:00'"
        deadline = {"resolve_deadline": f"{now} - interval '1 hour'"}
        self._orders(34, **deadline, resolve_at=f"{now} - interval '2 hours'")
        self._orders(4, **deadline, resolve_at=f"{now}", done_at=now)
        running = {"state": "'in_progress'", "done_at": "NULL"}
        self._orders(1, **deadline, **running)
        self._orders(2, resolve_deadline=f"{now} + interval '1 hour'", **running)
        self._orders(
            3,
            **deadline,
            state="'cancelled'",
            done_at="NULL",
            cancelled_at=f"{now} - interval '3 hours'",
        )
        self._drop()
        self._compute_figures("2026-05-01")
        value = self._value("SLA_RESOLVE", "2026-05-01")
        self.assertEqual(value, (34, 39, "87.18 %"))

    # -- 21 -------------------------------------------------------------------

    def _complaints(self, count, state="confirmed", **values):
        complaints = self.env["aftersales.complaint"].create(
            [
                {
                    "partner_id": self.customer.id,
                    "description": "x",
                    "received_at": "2026-03-12 02:00:00",
                    "team_id": self.team.id,
                    **values,
                }
                for _number in range(count)
            ]
        )
        self._set(
            complaints, state=state, confirmed_at="2026-03-12 03:00:00", at_fault=True
        )
        return complaints

    def test_complaints_by_orders(self):
        """Six, one a duplicate and one withdrawn, of 500 orders."""
        self._orders(499)
        self._complaints(4)
        self._complaints(1, "merged")
        self._complaints(1, "withdrawn")
        self._compute_figures()
        self.assertEqual(self._value("COMPLAINTS"), (4, 500, "0.80 %"))
        row = self._month("COMPLAINTS_FAULT")
        self.assertEqual((row.text, row.light), ("0.80 %", "green"))

    def test_satisfaction_and_response(self):
        """70 of 100 answers are good, 100 of 200 cards were answered."""
        self.order._plan_followups()
        card = self.order.followup_ids[:1]
        self._set(card, state="unreachable", due_on="2026-03-12")
        self._multiply(card, 99, order_id="NULL")
        answered = {
            "order_id": "NULL",
            "state": "'answered'",
            "answered_at": "timestamp '2026-03-12 02:00'",
        }
        for overall, count in (
            ("very_satisfied", 40),
            ("satisfied", 30),
            ("fair", 15),
            ("dissatisfied", 15),
        ):
            self._multiply(card, count, overall=f"'{overall}'", **answered)
        self._compute_figures()
        self.assertEqual(self._value("SATISFACTION"), (70, 100, "70.00 %"))
        self.assertEqual(self._value("RESPONSE"), (100, 200, "50.00 %"))
        self.assertEqual(self._month("SATISFACTION").light, "red")

    def test_utilisation_without_and_with_travel(self):
        """February has 160 hours; two days of leave."""
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Leave",
                "resource_id": self.technician.resource_id.id,
                "calendar_id": self.technician.resource_calendar_id.id,
                "date_from": "2026-02-09 00:00:00",
                "date_to": "2026-02-10 23:59:59",
            }
        )
        for category, hours in (("work", 86.4), ("travel", 21.6)):
            for part in range(6):
                self.env["aftersales.worklog"].create(
                    {
                        "technician_id": self.technician.id,
                        "date": f"2026-02-{part + 11}",
                        "category": category,
                        "hours": hours / 6,
                    }
                )
        self._compute_figures("2026-02-01")
        mine = {
            "month": "2026-02-01",
            "level": "technician",
            "technician_id": self.technician,
        }
        self.assertEqual(self._value("UTILISATION", **mine)[1:], (144, "60.00 %"))
        self.assertEqual(self._value("UTILISATION_TRAVEL", **mine)[2], "75.00 %")

    def test_cost_per_visit_and_per_order(self):
        """25 000 by 125 visits, by 100 orders."""
        self._orders(99)
        self.labour.standard_price = 250.0
        self.order.line_ids = [self._line_values("labour", self.labour)]
        self._multiply(self.order.line_ids, 99)
        self._multiply(self._visit(self.order), 124)
        self._compute_figures()
        numerator, denominator, text = self._value("VISIT_COST")
        self.assertEqual((numerator, denominator), (25000, 125))
        self.assertIn("200.00", text)
        self.assertIn("250.00", self._value("ORDER_COST")[2])

    def test_warranty_cost_gross_and_net(self):
        self.order.line_ids = [self._line_values("labour", self.labour)]
        self._set(self.order.line_ids, payer="warranty", warranty_cost=36000)
        self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": "2026-03-05",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.server.id,
                            "price_unit": 1200000,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        ).action_post()
        self._book("receipt", 50000, "2026-01-05")
        self._book("claim", 9000, "2026-03-12")
        self._compute_figures()
        self.assertEqual(self._value("WARRANTY_GROSS"), (36000, 1200000, "3.00 %"))
        self.assertEqual(self._value("WARRANTY_NET"), (27000, 1200000, "2.25 %"))
        self.assertEqual(self._value("RECOVERY"), (9000, 36000, "25.00 %"))
        deposit = self._month("SUPPLIER_DEPOSIT")
        self.assertEqual(deposit.numerator, 41000)

    def test_parts_filled_from_stock(self):
        """46 of 50 lines, 17 of 20 orders."""
        orders = self._orders(19) | self.order
        self.order.line_ids = [self._line_values("part", self.disk)]
        line = self.order.line_ids
        lines = line
        for order, count in zip(orders, [3] * 10 + [2] * 10, strict=True):
            count -= order == self.order
            lines |= self._multiply(line, count, order_id=str(order.id))
        late = [order.id for order in orders[:3]]
        bought = lines.filtered(lambda x: x.order_id.id in late)
        bought = bought.filtered(lambda x: x == x.order_id.line_ids[0]) | bought[:2]
        self.env["purchase.order"].create(
            {
                "partner_id": self.supplier.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.disk.id,
                            "product_qty": 1,
                            "aftersales_order_line_id": one.id,
                        }
                    )
                    for one in bought[:4]
                ],
            }
        )
        self._compute_figures()
        self.assertEqual(self._value("FILL_LINES"), (46, 50, "92.00 %"))
        self.assertEqual(self._value("FILL_ORDERS"), (17, 20, "85.00 %"))

    def test_backlog_by_age(self):
        """Six open orders at the end of June."""
        self._drop()
        for called in (
            *("2026-06-29 09:00", "2026-06-24 09:00", "2026-06-23 18:00"),
            *("2026-06-15 12:00", "2026-05-31 18:00", "2026-05-01 08:00"),
        ):
            self._orders(
                1,
                state="'new'",
                done_at="NULL",
                called_at=f"timestamp '{called}' - interval '8 hours'",
            )
        with freeze_time("2026-06-30 10:00:00"):
            self._compute_figures("2026-06-01")
        june = "2026-06-01"
        bands = ("0_3", "4_7", "8_15", "16_30", "31")
        counts = [self._value(f"BACKLOG_{band}", june)[0] for band in bands]
        self.assertEqual(counts, [1, 2, 1, 1, 1])
        self.assertEqual(self._value("BACKLOG_MEAN", june), (119, 6, "19.83 d"))
        self.assertEqual(self._value("BACKLOG_OLDEST", june)[0], 60)

    # -- D --------------------------------------------------------------------

    def test_the_year_of_the_dealership(self):
        """1110 orders and 1 359 263.60, planned 2160 and 2 692 320.00."""
        self._set(self.order, amount_untaxed=1226.56)
        self._orders(
            1109,
            amount_untaxed="1224.56",
            done_at="timestamp '2025-01-15' + mod(n, 12) * interval '1 month'",
        )
        self._set(self.order, done_at="2025-01-20 04:00:00")
        months = [f"2025-{number:02}-01" for number in range(1, 13)]
        for month in months:
            self._compute_figures(month)
        plans = self.env["aftersales.kpi.plan"].create(
            [
                {
                    "team_id": self.team.id,
                    "month": month,
                    "orders_plan": 180,
                    "revenue_plan": 224360.0,
                }
                for month in months
            ]
        )
        year = plans.formatted_read_group(
            [("id", "in", plans.ids)],
            ["month:year"],
            [
                *("orders_actual:sum", "revenue_actual:sum", "orders_actual:avg"),
                *("revenue_actual:avg", "orders_share:avg", "revenue_share:avg"),
                *("order_plan:avg", "order_actual:avg", "revenue_plan:sum"),
            ],
        )[0]
        rounded = {
            name: round(value, 2)
            for name, value in year.items()
            if name.endswith((":sum", ":avg"))
        }
        self.assertEqual(
            rounded,
            {
                "orders_actual:sum": 1110,
                "revenue_actual:sum": 1359263.60,
                "orders_actual:avg": 92.5,
                "revenue_actual:avg": 113271.97,
                "orders_share:avg": 51.39,
                "revenue_share:avg": 50.49,
                "order_plan:avg": 1246.44,
                "order_actual:avg": 1224.56,
                "revenue_plan:sum": 2692320.00,
            },
        )
        per_order = self.values.formatted_read_group(
            [("kpi_id.code", "=", "REVENUE_ORDER")], ["month:year"], ["value:avg"]
        )[0]
        self.assertEqual(round(per_order["value:avg"], 2), 1224.56)

    def test_plan_shows_what_is_missing(self):
        plan = self.env["aftersales.kpi.plan"].create(
            {"team_id": self.team.id, "month": MARCH, "revenue_plan": 100.0}
        )
        self.assertEqual((plan.orders_text, plan.orders_light), ("–", False))
        self.assertEqual((plan.revenue_text, plan.revenue_light), ("0.00 %", "red"))
