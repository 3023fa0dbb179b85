"""Invented years of a department (KP-12): a story that could be true, and is quiet."""

from datetime import date

from odoo.tests import tagged

from odoo.addons.aftersales_service.tests.common import AftersalesCommon

from aftersales_setup.history import generate

LAST = date(2026, 3, 31)
ORDERS = 240


@tagged("post_install", "-at_install")
class TestHistory(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.before = cls._count_tables()
        cls.history = generate(cls.env, cls.env.company, LAST, 12, ORDERS)
        cls.orders = cls._get_made("aftersales.order")

    @classmethod
    def _get_made(cls, model):
        return cls.env[model].browse(cls.history.made[model])

    @classmethod
    def _count_tables(cls):
        cls.env.flush_all()
        cls.env.cr.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace"
            " AND relname != 'bus_bus'"  # messages on their way to the screens
        )
        counts = {}
        for (table,) in cls.env.cr.fetchall():
            cls.env.cr.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608
            counts[table] = cls.env.cr.fetchone()[0]
        return counts

    # -- the story ----------------------------------------------------------------

    def test_number_of_orders_is_the_one_asked_for(self):
        self.assertEqual(len(self.orders), ORDERS)
        self.assertEqual(len(self.orders.technician_id), 8)
        self.assertEqual(len(self.orders.team_id), 3)

    def test_the_orders_lie_within_the_months(self):
        days = [moment.date() for moment in self.orders.mapped("called_at")]
        self.assertGreaterEqual(min(days), date(2025, 3, 31))
        self.assertLessEqual(max(days), LAST)

    def test_amounts_of_an_order_are_those_of_its_lines(self):
        stored = {
            order: (order.amount_untaxed, order.amount_covered) for order in self.orders
        }
        self.env.add_to_compute(self.orders._fields["amount_untaxed"], self.orders)
        self.env.add_to_compute(self.orders._fields["amount_covered"], self.orders)
        for order, (untaxed, covered) in stored.items():
            self.assertAlmostEqual(order.amount_untaxed, untaxed, 2)
            self.assertAlmostEqual(order.amount_covered, covered, 2)

    def test_a_repeat_is_the_same_machine_and_fault(self):
        repeats = self.orders.filtered("parent_id")
        self.assertTrue(repeats)
        for order in repeats:
            self.assertEqual(order.asset_id, order.parent_id.asset_id)
            self.assertEqual(order.symptom_id, order.parent_id.symptom_id)
            self.assertGreater(order.called_at, order.parent_id.called_at)

    def test_times_of_the_work_follow_each_other(self):
        for order in self.orders.filtered(lambda o: o.state == "closed"):
            self.assertLessEqual(order.called_at, order.started_at)
            self.assertLessEqual(order.started_at, order.done_at)
            self.assertLessEqual(order.done_at, order.closed_at)

    def test_kinds_of_machines_have_their_own_volume_and_faults(self):
        by_kind = self.orders.grouped(lambda order: order.product_id.categ_id.name)
        self.assertEqual(len(by_kind), 4)
        counts = sorted(map(len, by_kind.values()))
        self.assertGreater(counts[-1], 3 * counts[0])
        for name in ("网络设备", "不间断电源"):
            symptoms = by_kind[name].symptom_id - by_kind["存储阵列"].symptom_id
            self.assertTrue(symptoms, name)

    def test_every_cause_of_a_trip_is_there(self):
        """Rework after installation and work of others among them (KP-07)."""
        trips = self.env["aftersales.trip.report"]._read_group(
            [("order_id", "in", self.orders.ids)], ["trip_cause_id"], ["__count"]
        )
        self.assertEqual(len(trips), 6, trips)

    # -- nothing is left to do ------------------------------------------------------

    def test_no_job_has_anything_to_do_with_it(self):
        self.assertFalse(self.orders.filtered("next_check_at"))
        self.assertFalse(self.orders.filtered("archive_due"))
        done = self.orders.filtered(lambda order: order.state == "closed")
        self.assertFalse(done.filtered(lambda order: not order.followup_planned_at))
        cards = self._get_made("aftersales.followup")
        self.assertNotIn("planned", cards.mapped("state"))
        complaints = self._get_made("aftersales.complaint")
        self.assertLessEqual(
            set(complaints.mapped("state")), {"resolved", "rejected", "withdrawn"}
        )
        self.assertFalse(complaints.filtered("next_check_at"))

    def test_nothing_is_sent_booked_or_moved(self):
        changed = {
            table
            for table, count in self._count_tables().items()
            if count != self.before[table]
        }
        for table in ("mail_mail", "mail_message", "account_move", "stock_move"):
            self.assertNotIn(table, changed)

    def test_the_accountants_desk_leaves_it_out(self):
        lines = self.env["aftersales.fee.line"]
        self.assertFalse(lines.search([("order_id", "in", self.orders.ids)]))


@tagged("post_install", "-at_install")
class TestHistoryAgain(AftersalesCommon):
    def _tell(self):
        with self.env.cr.savepoint() as savepoint:
            history = generate(self.env, self.env.company, LAST, 12, ORDERS)
            orders = self.env["aftersales.order"].browse(
                history.made["aftersales.order"]
            )
            told = [
                (order.called_at, order.fault_level, order.amount_customer)
                for order in orders
            ]
            savepoint.rollback()
        self.env.invalidate_all(flush=False)
        return told

    def test_it_is_the_same_story_again(self):
        first = self._tell()
        self.assertEqual(len(first), ORDERS)
        self.assertEqual(self._tell(), first)

    def test_a_bad_lot_stands_out(self):
        """Enough orders, and the early alarm finds the lot (KP-08)."""
        generate(self.env, self.env.company, LAST, 14, 2400)
        rule = self.env.ref("aftersales_kpi.aftersales_alarm_rule_lot")
        day = date(2026, 4, 1)
        alarms = self.env["aftersales.alarm"]
        before = alarms.search([])
        rule._check_company_rates(self.env.company, day)
        raised = alarms.search([]) - before
        self.assertTrue(raised.filtered("lot"))
        symptom = self.env.ref("aftersales_service.aftersales_symptom_disk_amber")
        self.assertIn(symptom, raised.order_ids.symptom_id)
