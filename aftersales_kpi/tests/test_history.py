from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.aftersales_service.tests.common import AftersalesCommon

LAST = date(2026, 3, 31)
ORDERS = 240


@tagged("post_install", "-at_install")
class TestHistory(AftersalesCommon):
    """Invented years of a department, and how they go again (KP-12)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.histories = cls.env["aftersales.history"]
        cls.before = cls._count_tables()
        cls.history = cls.histories._generate(cls.env.company, LAST, 12, ORDERS)
        cls.orders = cls._get_made("aftersales.order")

    @classmethod
    def _get_made(cls, model):
        return cls.env[model].browse(cls.history._get_made(model))

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

    def _wizard(self, user=None, **values):
        wizards = self.env["aftersales.history.wizard"]
        return wizards.with_user(user or self.env.user).create(values)

    # -- the story ----------------------------------------------------------------

    def test_number_of_orders_is_the_one_asked_for(self):
        self.assertEqual(len(self.orders), ORDERS)
        self.assertEqual(len(self.orders.technician_id), 8)
        self.assertEqual(len(self.orders.team_id), 3)

    def test_the_orders_lie_within_the_months(self):
        days = [moment.date() for moment in self.orders.mapped("called_at")]
        self.assertGreaterEqual(min(days), date(2025, 3, 31))
        self.assertLessEqual(max(days), LAST)

    def test_it_is_the_same_story_again(self):
        def tell(history):
            orders = self.env["aftersales.order"].browse(
                history._get_made("aftersales.order")
            )
            return [
                (order.called_at, order.fault_level, order.amount_customer)
                for order in orders
            ]

        first = tell(self.history)
        self.history._remove()
        again = self.histories._generate(self.env.company, LAST, 12, ORDERS)
        self.assertEqual(tell(again), first)

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

    def test_a_bad_lot_stands_out(self):
        """Enough orders, and the early alarm finds the lot (KP-08)."""
        self.history._remove()
        self.histories._generate(self.env.company, LAST, 14, 2400)
        rule = self.env.ref("aftersales_kpi.aftersales_alarm_rule_lot")
        day = date(2026, 4, 1)
        alarms = self.env["aftersales.alarm"]
        before = alarms.search([])
        rule._check_company_rates(self.env.company, day)
        raised = alarms.search([]) - before
        self.assertTrue(raised.filtered("lot"))
        symptom = self.env.ref("aftersales_service.aftersales_symptom_disk_amber")
        self.assertIn(symptom, raised.order_ids.symptom_id)

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

    # -- away again -----------------------------------------------------------------

    def test_removal_leaves_every_table_as_it_was(self):
        self.history._remove()
        after = self._count_tables()
        changed = {
            table: (self.before[table], count)
            for table, count in after.items()
            if count != self.before[table]
        }
        self.assertEqual(changed, {})

    def test_what_people_wrote_on_it_goes_too(self):
        self.orders[:1].message_post(body="A remark")
        self.orders[:1].activity_schedule("mail.mail_activity_data_todo")
        self.history._remove()
        self.assertEqual(
            self._count_tables()["mail_message"], self.before["mail_message"]
        )

    def test_what_the_jobs_made_of_it_goes_too(self):
        """Scores of invented people, alarms and requests about invented faults."""
        people = self._get_made("aftersales.technician")
        sheets = self.env["aftersales.score.sheet"]
        sheets._compute_month(self.env.company, date(2026, 3, 1), people)
        requests = self.env["aftersales.improvement"]
        for key in requests._get_missing([(self.env.company, date(2026, 3, 1))]):
            requests._make(*key)
        rule = self.env["aftersales.alarm.rule"].search([], limit=1)
        alarm = self.env["aftersales.alarm"].create(
            {
                "rule_id": rule.id,
                "company_id": self.env.company.id,
                "product_id": self.orders[0].product_id.id,
                "order_ids": [(6, 0, self.orders[:3].ids)],
            }
        )
        self.assertTrue(sheets.search([("technician_id", "in", people.ids)]).line_ids)
        self.assertTrue(requests.search([("month", "=", "2026-03-01")]).line_ids)
        self.history._remove()
        after = self._count_tables()
        kept = {  # mails wait to be sent, of both
            *("mail_mail", "mail_message", "mail_message_res_partner_rel"),
            *("mail_mail_res_partner_rel", "mail_notification"),
        }
        changed = {
            table: (self.before[table], count)
            for table, count in after.items()
            if count != self.before[table] and table not in kept
        }
        self.assertEqual(changed, {})
        self.assertFalse(alarm.exists())

    def test_a_real_person_keeps_only_what_is_real(self):
        """Invented lines go from closed sheets too; nothing is to be adjusted."""
        mine = self.orders.filtered(lambda o: o.state == "closed")[:6]
        mine.write({"technician_ids": [(4, self.technician.id)]})
        months = {order.done_at.date().replace(day=1) for order in mine}
        sheets = self.env["aftersales.score.sheet"]
        for month in months:
            sheets |= sheets._compute_month(self.env.company, month, self.technician)
        self.assertTrue(sheets.line_ids)
        sheets.write({"state": "checked"})
        sheets._do_close()
        self.history._remove()
        self.assertFalse(sheets.exists())

    def test_a_real_alarm_and_a_real_request_stay(self):
        real = self._create_order(
            called_at="2026-03-10 04:00:00", cause_id=self.cause.id
        )
        unit = self.env["aftersales.unit"].create({"name": "Real unit"})
        self.cause.unit_id = unit
        requests = self.env["aftersales.improvement"]
        request = requests._make(self.env.company, date(2026, 3, 1), unit)
        rule = self.env["aftersales.alarm.rule"].search([], limit=1)
        alarm = self.env["aftersales.alarm"].create(
            {
                "rule_id": rule.id,
                "company_id": self.env.company.id,
                "product_id": self.server.id,
                "order_ids": [(6, 0, (real | self.orders[:1]).ids)],
            }
        )
        self.history._remove()
        self.assertTrue(alarm.exists() and request.exists())
        self.assertEqual(alarm.order_ids, real)
        self.assertEqual(request.line_ids.cause_id, self.cause)

    def test_figures_and_scores_that_stay_are_counted_again(self):
        """A month after the history counted its machines; a real sheet its answers."""
        company, march, april = self.env.company, date(2026, 3, 1), date(2026, 4, 1)
        self._create_order(
            technician_id=self.technician.id,
            called_at="2026-03-10 04:00:00",
        ).write({"state": "done", "done_at": "2026-03-10 06:00:00"})
        self.env["aftersales.kpi.period"]._get_or_create(company, april)
        self.env["aftersales.score.sheet"]._compute_month(
            company, march, self.technician
        )
        plan = self.env["aftersales.kpi.plan"].create(
            {"team_id": self.team.id, "month": march, "orders_plan": 5}
        )
        self.history._remove()
        rows = self.env["aftersales.kpi.value"].search(
            [
                ("kpi_id.code", "=", "ORDERS"),
                ("company_id", "=", company.id),
                ("month", "=", march),
            ]
        )
        self.assertEqual(sum(rows.mapped("numerator")), 1, "the real order only")
        self.assertEqual(plan.orders_actual, 1)
        counted = self.env["aftersales.kpi.breakdown"].search(
            [("company_id", "=", company.id), ("kind", "=", "symptom")]
        )
        self.assertEqual(counted.mapped("fact_count"), [1])
        self.assertEqual(counted.month, march)

    def test_something_real_on_it_keeps_it(self):
        real = self.env["aftersales.order"].create(
            {
                "partner_id": self.orders[0].partner_id.id,
                "asset_id": self.orders[0].asset_id.id,
            }
        )
        with mute_logger("odoo.sql_db"), self.assertRaisesRegex(UserError, "real"):
            self.history._remove()
        self.assertTrue(real.exists())
        self.assertEqual(len(self.orders.exists()), ORDERS)

    # -- who may ----------------------------------------------------------------------

    def test_only_an_administrator_makes_or_removes_it(self):
        user = new_test_user(
            self.env,
            "boss",
            groups="aftersales_service.aftersales_service_group_manager",
            company_id=self.env.company.id,
        )
        with self.assertRaises(AccessError):
            self._wizard(user)
        with self.assertRaises(AccessError):
            self.history.with_user(user).read(["months"])

    def test_one_history_per_company(self):
        with self.assertRaisesRegex(UserError, "already"):
            self._wizard(confirmed=True).action_generate()

    def test_a_real_database_is_asked_first(self):
        self.history._remove()
        wizard = self._wizard(months=1, orders=5, date_to=LAST)
        if not wizard.is_demo:
            with self.assertRaisesRegex(UserError, "demo database"):
                wizard.action_generate()
        wizard.confirmed = True
        wizard.action_generate()
        self.assertEqual(wizard.history_id.order_count, 5)
        wizard.invalidate_recordset()
        wizard.action_remove()
        self.assertFalse(self.histories.search([("company_id", "=", 1)]))

    def test_the_last_day_is_over(self):
        self.history._remove()
        wizard = self._wizard(
            confirmed=True, date_to=fields.Date.today() + timedelta(days=2)
        )
        with self.assertRaisesRegex(UserError, "over"):
            wizard.action_generate()
