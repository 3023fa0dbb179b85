"""Every shipped figure, counted once more in plain Python over random data."""

import random
from datetime import date, datetime, timedelta

from odoo import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.aftersales_warranty.tests.deposit.test_deposit import DepositCommon

from ..common import FiguresCommon

NOW = datetime(2026, 4, 9, 2)
# March by the clock of Shanghai.
START, END = datetime(2026, 2, 28, 16), datetime(2026, 3, 31, 16)
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
OPEN = ("new", "dispatched", "in_progress")
OUT = ("withdrawn", "rejected", "merged")
HOUR = timedelta(hours=1)


def within(instant):
    return bool(instant) and START <= instant < END


def hours(delta):
    return delta / HOUR


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestFiguresRandom(FiguresCommon, DepositCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(20260301)
        cls._seed_masters()
        cls._seed_orders()
        cls._seed_cards()
        cls._seed_complaints()
        cls._seed_hours()
        cls._seed_money()
        cls._compute_figures()

    # -- random data ----------------------------------------------------------

    @classmethod
    def _instant(cls, first=-40, last=8):
        """Around March, also in the hours at its edges."""
        if cls.random.random() < 0.2:
            edge = cls.random.choice([START, END])
            return edge + timedelta(minutes=cls.random.randint(-120, 120))
        return datetime(2026, 3, 31) + timedelta(
            days=cls.random.randint(first, last), minutes=cls.random.randint(0, 1439)
        )

    @classmethod
    def _seed_masters(cls):
        cls.other_team = cls.env["aftersales.team"].create({"name": "South"})
        category = cls.env["product.category"].create({"name": "Printers"})
        printer = cls._create_product("Printer", categ_id=category.id)
        cls.vendors = [cls._create_supplier(name) for name in ("V1", "V2")]
        cls.env["product.supplierinfo"].create(
            [
                {
                    "partner_id": vendor.id,
                    "product_tmpl_id": printer.product_tmpl_id.id,
                    "sequence": number,
                }
                for number, vendor in enumerate(cls.vendors)
            ]
        )
        people = cls.technician | cls.other
        people.resource_id.tz = people.resource_calendar_id.tz = "Asia/Shanghai"
        (cls.disk | cls.labour).standard_price = 60.0
        cls.machines = [
            cls._create_asset(f"R-{number}", product_id=product.id, installed_on=day)
            for number in range(4)
            for product, day in ((cls.server, "2025-05-01"), (printer, "2026-03-11"))
        ]

    @classmethod
    def _seed_orders(cls):
        choice = cls.random.choice
        people = [cls.technician, cls.other, cls.env["aftersales.technician"]]
        cls.orders = cls.env["aftersales.order"].create(
            [
                cls._order_values(
                    asset_id=choice(cls.machines).id,
                    team_id=choice([cls.team, cls.other_team]).id,
                    place=choice(["onsite", "onsite", "remote", "workshop"]),
                    service_type=choice(["chargeable", "chargeable", "internal"]),
                    line_ids=[
                        cls._line_values("labour", cls.labour, price_unit=price),
                        *(
                            [cls._line_values("part", cls.disk, quantity=2.0)]
                            if cls.random.random() < 0.6
                            else []
                        ),
                    ],
                )
                for price in range(101, 191)
            ]
        )
        cls._seed_visits()
        for number, order in enumerate(cls.orders):
            cls._play(order, choice(people), cls.orders[: max(number, 1)])

    @classmethod
    def _play(cls, order, technician, earlier):
        rnd, choice = cls.random, cls.random.choice
        called = cls._instant()
        state = choice(["done", "closed", "done", "in_progress", "new", "cancelled"])
        over = called + timedelta(hours=rnd.randint(1, 300))
        answered = called + timedelta(hours=rnd.randint(0, 9))
        again = [
            o
            for o in earlier
            if o.done_at and timedelta() < called - o.done_at < timedelta(40)
        ]
        cls._set(
            order,
            called_at=called,
            state=state,
            technician_id=technician.id or None,
            done_at=over if state in ("done", "closed") else None,
            cancelled_at=over if state == "cancelled" else None,
            answer_at=choice([answered, answered, None]),
            arrive_at=choice([answered + 2 * HOUR, None]),
            answer_deadline=choice([called + 4 * HOUR, None]),
            arrive_deadline=choice([called + 8 * HOUR, None]),
            resolve_deadline=choice([called + 99 * HOUR, None]),
            resolve_at=over if state in ("done", "closed") else None,
            misuse=rnd.random() < 0.1,
            parent_id=choice(again).id if again and rnd.random() < 0.4 else None,
        )
        if state in ("done", "closed") and rnd.random() < 0.3:
            pause = cls.env["aftersales.sla.pause"].create(
                {
                    "order_id": order.id,
                    "reason_id": cls.env["aftersales.pause.reason"]
                    .search([], limit=1)
                    .id,
                    "started_at": called + 3 * HOUR,
                    "ended_at": called + rnd.randint(4, 200) * HOUR,
                }
            )
            pause.flush_recordset()

    @classmethod
    def _seed_visits(cls):
        for order in cls.orders.filtered(lambda o: o.place == "onsite"):
            for _visit in range(cls.random.randint(0, 2)):
                arrived = cls._instant(-30, 5)
                visit = cls.env["aftersales.visit"].create(
                    {
                        "order_id": order.id,
                        "lead_id": cls.technician.id,
                        "planned_start": arrived,
                    }
                )
                cls._set(
                    visit,
                    arrived_at=cls.random.choice([arrived, arrived, None]),
                    state=cls.random.choice(["left", "left", "cancelled"]),
                    outcome=cls.random.choice(["done", "continue", "absent"]),
                )

    @classmethod
    def _seed_cards(cls):
        done = cls.orders.filtered("done_at")
        done[: len(done) * 3 // 4]._plan_followups()
        cls.cards = done.followup_ids
        for card in cls.cards:
            answered = cls._instant(-25, 8)
            state = cls.random.choice(
                [
                    "answered",
                    "answered",
                    "unreachable",
                    "refused",
                    "planned",
                    "cancelled",
                ]
            )
            cls._set(
                card,
                state=state,
                due_on=answered.date() + timedelta(days=2),
                answered_at=answered if state == "answered" else None,
                overall=cls.random.choice(
                    ["very_satisfied", "satisfied", "fair", "dissatisfied"]
                )
                if state == "answered"
                else None,
            )

    @classmethod
    def _seed_complaints(cls):
        choice = cls.random.choice
        cls.complaints = cls.env["aftersales.complaint"].create(
            [
                {
                    "partner_id": cls.customer.id,
                    "description": "x",
                    "order_id": choice([*cls.orders[:20], cls.orders.browse()]).id,
                    "technician_ids": [Command.set(choice([[], cls.other.ids]))],
                    "supplier_id": choice([False, cls.supplier.id]),
                    "received_at": cls._instant(-32, 2),
                }
                for _number in range(30)
            ]
        )
        for complaint in cls.complaints:
            cls._set(
                complaint,
                state=choice(["new", "confirmed", "resolved", "resolved", *OUT]),
                at_fault=choice([True, False, None]),
                confirmed_at=choice([complaint.received_at, None]),
            )

    @classmethod
    def _seed_hours(cls):
        cls.logs = cls.env["aftersales.worklog"].create(
            [
                {
                    "technician_id": cls.random.choice([cls.technician, cls.other]).id,
                    "date": date(2026, 2, 20) + timedelta(days=number),
                    "category": cls.random.choice(
                        ["work", "work", "travel", "workshop", "training", "office"]
                    ),
                    "hours": cls.random.randint(1, 16) / 2,
                    "order_id": cls.random.choice([*cls.orders[:5].ids, False]),
                }
                for number in range(45)
            ]
        )

    @classmethod
    def _seed_money(cls):
        lines = cls.orders.line_ids
        for line in lines[::3]:
            cls._set(line, payer="warranty", warranty_cost=cls.random.randint(1, 90))
        parts = lines.filtered(lambda line: line.kind == "part")
        cls.purchase = cls.env["purchase.order"].create(
            {
                "partner_id": cls.supplier.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": cls.disk.id,
                            "product_qty": 1,
                            "aftersales_order_line_id": line.id,
                        }
                    )
                    for line in parts[::3]
                ],
            }
        )
        for kind, day, price in (
            ("out_invoice", "2026-03-05", 9000.0),
            ("out_refund", "2026-03-20", 500.0),
            ("out_invoice", "2026-04-01", 700.0),
        ):
            cls.env["account.move"].create(
                {
                    "move_type": kind,
                    "partner_id": cls.customer.id,
                    "invoice_date": day,
                    "invoice_line_ids": [
                        Command.create(
                            {"product_id": cls.server.id, "price_unit": price}
                        )
                    ],
                }
            ).action_post()
        cls._book("receipt", 50000, "2026-01-05")
        cls._book("penalty", 3000, "2026-03-10")
        cls._book("claim", 1130, "2026-03-12")
        cls._book("penalty", 100, "2026-04-01")

    # -- counted again --------------------------------------------------------

    def _done(self):
        return self.orders.filtered(
            lambda o: o.state in ("done", "closed") and within(o.done_at)
        )

    def _repairs(self):
        return self._done().filtered(lambda o: o.service_type != "internal")

    def _repeats(self, order):
        return order.child_ids.filtered(
            lambda a: (
                a.state != "cancelled"
                and not a.misuse
                and order.done_at <= a.called_at <= order.done_at + timedelta(days=30)
            )
        )

    def _quiet_first_visit(self, order):
        visits = order.visit_ids.filtered(
            lambda v: v.arrived_at and v.state != "cancelled" and v.outcome != "absent"
        )
        return len(visits) <= 1 and not self._repeats(order)

    def _promises(self, names):
        met = due = 0
        for order in self.orders:
            for name in names(order):
                deadline = order[f"{name}_deadline"]
                reached = order[f"{name}_at"]
                cancelled = order.cancelled_at or NOW
                if not within(deadline):
                    continue
                if order.state == "cancelled" and cancelled <= deadline:
                    continue
                if deadline > NOW and not reached and not order.done_at:
                    continue
                reached = reached or order.done_at
                due += 1
                met += bool(reached and reached <= deadline)
        return met, due

    def _times(self, start, end, orders):
        spans = [(start(o), end(o), o) for o in orders]
        spans = [(s, e, o) for s, e, o in spans if s and e and within(e) and e >= s]
        return sum(hours(e - s) for s, e, _o in spans), len(spans)

    def _paused(self, order, start):
        pauses = order.sla_pause_ids
        return sum(
            hours(min(p.ended_at, order.done_at) - max(p.started_at, start))
            for p in pauses
            if p.started_at < order.done_at and p.ended_at > start
        )

    def _open(self):
        return self.orders.filtered(
            lambda o: (
                o.called_at <= END
                and (
                    o.state in OPEN
                    or (o.done_at and o.done_at > END)
                    or (o.state == "cancelled" and o.cancelled_at > END)
                )
            )
        )

    def _ages(self, low=0, high=10**6):
        ages = [(END - order.called_at).days for order in self._open()]
        return [age for age in ages if low <= age <= high]

    def _valid(self):
        return self.complaints.filtered(
            lambda c: c.confirmed_at and c.state not in OUT and within(c.received_at)
        )

    def _cost(self, order, parts=True):
        return sum(
            line.product_id.standard_price * line.quantity
            for line in order.line_ids
            if parts or line.kind != "part"
        )

    def _worked(self, *categories):
        return sum(
            log.hours
            for log in self.logs
            if log.category in categories and FIRST <= log.date <= LAST
        )

    def _expected(self):
        done, repairs = self._done(), self._repairs()
        live = self.orders.filtered(lambda o: o.state != "cancelled")
        onsite = repairs.filtered(lambda o: o.place == "onsite")
        near = repairs.filtered(lambda o: o.place != "workshop")
        answered = self.cards.filtered(
            lambda c: c.state == "answered" and within(c.answered_at)
        )
        good = [c for c in answered if c.overall in ("very_satisfied", "satisfied")]
        asked = self.cards.filtered(
            lambda c: (
                c.state != "cancelled"
                and FIRST <= c.due_on <= LAST
                and (c.state != "planned" or c.due_on < NOW.date())
            )
        )
        tried = [
            o
            for o in done
            if {"answered", "unreachable", "refused"}
            & set(o.followup_ids.mapped("state"))
        ]
        wrench = self._times(
            lambda o: o.arrive_at or o.started_at, lambda o: o.done_at, repairs
        )
        wrench = (
            wrench[0]
            - sum(
                self._paused(o, o.arrive_at or o.started_at)
                for o in repairs
                if (o.arrive_at or o.started_at)
                and (o.arrive_at or o.started_at) <= o.done_at
            ),
            wrench[1],
        )
        visits = self.orders.visit_ids.filtered(
            lambda v: within(v.arrived_at) and v.state != "cancelled"
        )
        parts = done.line_ids.filtered(lambda line: line.kind == "part")
        bought = self.purchase.order_line.aftersales_order_line_id
        with_parts = parts.order_id
        warranty = sum(
            line.warranty_cost for line in done.line_ids if line.payer == "warranty"
        )
        roster = self._roster()
        n = len(done)
        fault = self._valid().filtered("at_fault")
        return {
            "TIMELY": self._promises(
                lambda o: ["arrive" if o.place == "onsite" else "answer"]
            ),
            "SLA": self._promises(lambda o: ["answer", "arrive", "resolve"]),
            "SLA_ANSWER": self._promises(lambda o: ["answer"]),
            "SLA_ARRIVE": self._promises(lambda o: ["arrive"]),
            "SLA_RESOLVE": self._promises(lambda o: ["resolve"]),
            "SATISFACTION": (len(good), len(answered)),
            "FOLLOWUP": (len(tried), n),
            "RESPONSE": (
                len(asked.filtered(lambda c: c.state == "answered")),
                len(asked),
            ),
            "COMPLAINTS": (len(self._valid()), n),
            "COMPLAINTS_FAULT": (len(fault), n),
            "FIRST_FIX": (sum(map(self._quiet_first_visit, onsite)), len(onsite)),
            "FIRST_FIX_ALL": (
                sum(self._quiet_first_visit(o) for o in near),
                len(near),
            ),
            "REPEAT": (sum(bool(self._repeats(o)) for o in repairs), len(repairs)),
            "TIME_ANSWER": self._times(
                lambda o: o.called_at, lambda o: o.answer_at, live
            ),
            "TIME_ARRIVE": self._times(
                lambda o: o.called_at, lambda o: o.arrive_at, live
            ),
            "MTTR_WRENCH": wrench,
            "MTTR_RESTORE": self._times(
                lambda o: o.called_at, lambda o: o.done_at, repairs
            ),
            "MTBF": self._between_failures(),
            "ORDERS": (n, 0),
            "BACKLOG": (len(self._ages()), 0),
            "BACKLOG_0_3": (len(self._ages(0, 3)), 0),
            "BACKLOG_4_7": (len(self._ages(4, 7)), 0),
            "BACKLOG_8_15": (len(self._ages(8, 15)), 0),
            "BACKLOG_16_30": (len(self._ages(16, 30)), 0),
            "BACKLOG_31": (len(self._ages(31)), 0),
            "BACKLOG_MEAN": (sum(self._ages()), len(self._ages())),
            "BACKLOG_OLDEST": (max(self._ages()), 0),
            "UTILISATION": (self._worked("work", "workshop"), roster),
            "UTILISATION_TRAVEL": (self._worked("work", "workshop", "travel"), roster),
            "FILL_LINES": (len(parts - bought), len(parts)),
            "FILL_ORDERS": (
                len(with_parts.filtered(lambda o: not o.line_ids & bought)),
                len(with_parts),
            ),
            "REVENUE": (sum(done.mapped("amount_untaxed")), 0),
            "REVENUE_ORDER": (sum(done.mapped("amount_untaxed")), n),
            "VISIT_COST": (sum(map(self._cost, done)), len(visits)),
            "VISIT_COST_LABOUR": (
                sum(self._cost(o, parts=False) for o in done),
                len(visits),
            ),
            "ORDER_COST": (sum(map(self._cost, done)), n),
            "WARRANTY_GROSS": (warranty, 8500.0),
            "WARRANTY_NET": (warranty - 1130, 8500.0),
            "RECOVERY": (1130, warranty),
            "SUPPLIER_COMPLAINTS": (len(self._valid().filtered("supplier_id")), 0),
            "SUPPLIER_PENALTIES": (3000, 0),
            "SUPPLIER_RECOVERED": (1130, 0),
            "SUPPLIER_DEPOSIT": (50000 - 3000 - 1130, 0),
        }

    def _roster(self):
        """Weekdays of March at eight hours for two people, less training."""
        days = sum((FIRST + timedelta(days=n)).weekday() < 5 for n in range(LAST.day))
        return days * 8 * 2 - self._worked("training")

    def _between_failures(self):
        up = failures = 0
        for asset in self.env["aftersales.asset"].search([]):
            installed = asset.installed_on or asset.create_date.date()
            since = max(START, datetime.combine(installed, datetime.min.time()))
            if since >= END:
                continue
            orders = asset.order_ids.filtered(
                lambda o, since=since: (
                    o.state != "cancelled"
                    and o.service_type != "internal"
                    and not o.misuse
                    and o.called_at < END
                    and (o.done_at or END) > since
                )
            )
            down = sum(
                hours(min(o.done_at or END, END) - max(o.called_at, since))
                for o in orders
            )
            up += max(hours(END - since) - down, 0)
            failures += len(
                orders.filtered(lambda o, since=since: o.called_at >= since)
            )
        return up, failures

    # -- tests ----------------------------------------------------------------

    def test_plain_python_agrees_with_every_shipped_definition(self):
        expected = self._expected()
        shipped = self.env["aftersales.kpi"].search([])
        self.assertEqual(set(shipped.mapped("code")), set(expected))
        for code, (numerator, denominator) in expected.items():
            with self.subTest(code=code):
                row = self._month(code)
                self.assertAlmostEqual(row.numerator, numerator, 3)
                self.assertAlmostEqual(row.denominator, denominator, 3)
                self.assertTrue(numerator, "random data without a case prove nothing")

    def test_parts_add_up_to_the_whole(self):
        """By service point, technician, category and supplier alike."""
        for kpi in self.env["aftersales.kpi"].search([("roll_up", "!=", "max")]):
            rows = self.values.search([("kpi_id", "=", kpi.id)])
            whole = self._month(kpi.code)
            with self.subTest(code=kpi.code):
                for name in ("numerator", "denominator"):
                    self.assertAlmostEqual(sum(rows.mapped(name)), whole[name], 3)

    def test_a_group_is_no_average_of_averages(self):
        groups = self.values.formatted_read_group(
            [("kpi_id.code", "=", "SATISFACTION")],
            ["technician_id"],
            ["value:avg", "numerator:sum", "denominator:sum"],
        )
        self.assertGreater(len(groups), 1)
        for group in groups:
            num, den = group["numerator:sum"], group["denominator:sum"]
            self.assertAlmostEqual(group["value:avg"], num * 100 / den, 4)

    def test_changed_slices_give_what_a_whole_computation_gives(self):
        """Random changes by the ORM, found by the job, then all counted anew."""
        for order in self.orders[:25]:
            order.sudo().write(
                {
                    "technician_id": self.random.choice(
                        [self.technician, self.other]
                    ).id,
                    "misuse": self.random.random() < 0.5,
                    "arrive_at": self._instant(-30, 0),
                }
            )
        for card in self.cards[:10]:
            card.sudo().write({"state": "answered", "overall": "fair"})
            card.sudo().write({"answered_at": self._instant(-30, 0)})
        for complaint in self.complaints[:10]:
            complaint.sudo().write({"at_fault": True, "product_id": self.disk.id})
        self.logs[:10].write({"hours": 3.0})
        self.orders.line_ids[:10].sudo().write({"discount": 10.0})
        self._work_off()
        by_changes = self._snapshot()
        self._compute_figures()
        whole = self._snapshot()
        changed = {
            key: (by_changes.get(key), whole.get(key))
            for key in by_changes.keys() | whole.keys()
            if by_changes.get(key) != whole.get(key)
        }
        self.assertEqual(changed, {})

    def _snapshot(self):
        names = ("team_id", "technician_id", "categ_id", "supplier_id")
        return {
            (row.kpi_id.code, *(row[name] for name in names)): (
                row.numerator,
                row.denominator,
            )
            for row in self.values.search([("month", "=", FIRST)])
        }

    def test_numbers_open_their_records(self):
        """Ids behind a number are as many as the number says."""
        for code in ("SATISFACTION", "COMPLAINTS", "FIRST_FIX", "REPEAT", "BACKLOG"):
            row = self._month(code)
            with self.subTest(code=code):
                action = row.action_open_numerator()
                self.assertEqual(len(action["domain"][0][2]), row.numerator)
                if row.denominator:
                    action = row.action_open_denominator()
                    self.assertEqual(len(action["domain"][0][2]), row.denominator)
