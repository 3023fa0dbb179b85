"""Early alarm: a rise is told once (KP-08; Reliability 7, 11, 29–31)."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.aftersales_service.tests.common import AftersalesCommon

TODAY = "2026-06-01 02:00:00"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestAlarm(AftersalesCommon):
    """Twenty machines; usually one fault a month, in May eight."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.company.aftersales_quality_manager_id = cls.users["manager"]
        cls.asset.installed_on = "2025-01-01"
        cls.machines = cls.asset | cls.env["aftersales.asset"].create(
            [
                {
                    "partner_id": cls.customer.id,
                    "product_id": cls.server.id,
                    "serial": f"{'KD1' if number < 10 else 'KD2'}{number:03d}",
                    "company_id": cls.company.id,
                    "installed_on": "2025-01-01",
                }
                for number in range(19)
            ]
        )
        cls.alarms = cls.env["aftersales.alarm"]
        cls.rule = cls.env.ref("aftersales_kpi.aftersales_alarm_rule_product")
        cls.lots = cls.env.ref("aftersales_kpi.aftersales_alarm_rule_lot")
        cls.env["aftersales.alarm.rule"].search([]).company_id = cls.company
        cls._faults([f"2025-{month:02d}-10 04:00:00" for month in range(5, 13)])

    @classmethod
    def _faults(cls, moments, machines=None, **values):
        machines = machines or cls.machines
        return cls.env["aftersales.order"].create(
            [
                cls._order_values(
                    asset_id=machines[number % len(machines)].id,
                    product_id=cls.server.id,
                    called_at=moment,
                    place="remote",
                    **values,
                )
                for number, moment in enumerate(moments)
            ]
        )

    def _rise(self, count=8, **values):
        return self._faults(
            [f"2026-05-{day:02d} 04:00:00" for day in range(2, 2 + count)], **values
        )

    def _check(self, rule=None):
        (rule or self.rule)._check()
        self.env.flush_all()
        return self.alarms.search([("rule_id", "=", (rule or self.rule).id)])

    def test_a_rise_makes_one_alarm_with_evidence_and_a_task(self):
        orders = self._rise()
        alarm = self._check()
        self.assertEqual((alarm.product_id, alarm.failures), (self.server, 8))
        self.assertEqual(alarm.order_ids, orders.sorted(alarm.order_ids._order))
        self.assertEqual((alarm.machines, alarm.state), (20, "new"))
        self.assertGreater(alarm.rate, 2 * alarm.usual_rate)
        self.assertEqual(alarm.activity_ids.user_id, self.users["manager"])
        self.assertIn("8 faults in 60 days", alarm.activity_ids.summary)

    def test_the_usual_is_no_alarm(self):
        self._rise(2)
        self.assertFalse(self._check())

    def test_never_twice_for_the_same_rise(self):
        self._rise()
        alarm = self._check()
        with freeze_time("2026-06-02 02:00:00"):
            self._rise(1)
            self.assertEqual(self._check(), alarm)
        self.assertEqual(len(alarm.activity_ids), 1)
        self.assertEqual((alarm.failures, str(alarm.seen_on)), (9, "2026-06-02"))
        # Closed by people, the rise is not over: still no second alarm.
        alarm.finding = "Fans of May"
        self.as_user("manager", alarm).action_close()
        self.assertEqual(self._check(), alarm)

    def test_the_next_rise_is_a_new_alarm(self):
        self._rise()
        first = self._check()
        with freeze_time("2026-09-01 02:00:00"):
            self.assertEqual(self._check(), first)
            self.assertEqual(str(first.ended_on), "2026-09-01")
        with freeze_time("2027-06-01 02:00:00"):
            self._faults([f"2027-05-{day:02d} 04:00:00" for day in range(2, 12)])
            self.assertEqual(len(self._check()), 2)

    def test_misuse_and_cancelled_orders_do_not_count(self):
        self._rise(misuse=True)
        self.assertFalse(self._check())
        self.rule.with_misuse = True
        self.assertTrue(self._check())

    def test_a_lot_is_compared_with_its_product(self):
        bad = self.machines.filtered(lambda m: (m.serial or "").startswith("KD2"))
        self._faults(
            [f"2026-05-{day:02d} 04:00:00" for day in range(2, 8)], machines=bad
        )
        alarm = self._check(self.lots)
        self.assertEqual((alarm.lot, alarm.failures), ("KD2", 6))
        self.assertEqual(alarm.order_ids.asset_id, bad[:6].sorted())

    def test_scrapped_machines_are_not_at_risk(self):
        self._rise()
        gone = self.machines[6:]
        gone.sudo().state = "scrapped"
        gone.flush_recordset()
        gone.sudo().retired_on = "2025-02-01"
        self.rule.min_machines = 7
        self.assertFalse(self._check(), "six machines are too few")

    def test_job_checks_each_rule_once_a_day(self):
        self._rise()
        rules = self.rule | self.lots
        rules.checked_at = False
        with self.enter_registry_test_mode():
            cron = self.env.ref("aftersales_kpi.ir_cron_check_alarms")
            cron.method_direct_trigger()
            self.assertTrue(all(rules.mapped("checked_at")))
            with patch.object(type(self.rule), "_check") as check:
                cron.method_direct_trigger()
            check.assert_not_called()

    def test_a_broken_rule_stops_no_other(self):
        self._rise()
        rules = self.rule | self.lots
        rules.checked_at = False
        self.rule.sequence = 99
        original = type(self.rule)._check

        def check(rule):
            if rule == self.lots:
                raise ValueError("Broken")
            return original(rule)

        with (
            self.enter_registry_test_mode(),
            patch.object(type(self.rule), "_check", check),
            mute_logger(
                "odoo.addons.aftersales_kpi.models.quality.aftersales_alarm_rule"
            ),
        ):
            self.env.ref("aftersales_kpi.ir_cron_check_alarms").method_direct_trigger()
        self.assertTrue(self.alarms.search([("rule_id", "=", self.rule.id)]))
        self.assertEqual(self.lots.error, "Broken")

    def test_who_may_do_what(self):
        self._rise()
        alarm = self._check()
        for role in ("operator", "technician", "accountant"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, alarm).read(["failures"])
        self.as_user("supervisor", alarm).action_take()
        self.assertEqual(alarm.state, "working")
        with self.assertRaises(AccessError):
            self.as_user("supervisor", alarm).action_close()
        manager = self.as_user("manager", alarm)
        with self.assertRaisesRegex(UserError, "what you found"):
            manager.action_close()
        manager.finding = "Fans of May"
        manager.action_close()
        self.assertEqual(
            (alarm.state, alarm.closed_by_id), ("closed", manager.env.user)
        )
        self.assertFalse(alarm.activity_ids)
        with self.assertRaises(UserError):
            manager.action_take()
        manager.action_reopen()
        self.assertEqual(alarm.state, "working")
        with self.assertRaises(AccessError):
            self.as_user("supervisor", self.rule).action_check()
        self.as_user("manager", self.rule).action_check()

    def test_nobody_writes_what_was_computed(self):
        self._rise()
        alarm = self._check()
        for role in ("supervisor", "manager"):
            for name in sorted(alarm._get_guarded_fields()):
                with self.subTest(role=role, name=name), self.assertRaises(AccessError):
                    self.as_user(role, alarm).write({name: alarm[name]})
        with self.assertRaises(AccessError):
            self.as_user("manager", self.alarms).create({})
        with self.assertRaises(UserError):
            alarm.unlink()
        with self.assertRaisesRegex(UserError, "Archive"):
            self.as_user("manager", self.rule).unlink()

    def test_other_companies_do_not_see_it(self):
        self._rise()
        alarm = self._check()
        other = self.env["res.company"].create({"name": "B"})
        manager = self.users["manager"]
        manager.write({"company_ids": [(4, other.id)]})
        mine = alarm.with_user(manager).with_context(allowed_company_ids=other.ids)
        self.assertFalse(mine.search([]))

    def test_without_a_quality_manager_a_service_manager_is_told(self):
        self.company.aftersales_quality_manager_id = False
        self.assertTrue(
            self.company._get_quality_manager().has_group(
                "aftersales_service.aftersales_service_group_manager"
            )
        )

    def test_queries_do_not_grow_with_machines(self):
        self._rise()
        self._check()
        self.rule.window_days = 59
        self.env.flush_all()
        with self.assertQueryCount(40):
            self.rule._check()
            self.env.flush_all()
