from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ...models.promise.aftersales_sla_mixin_watch import AftersalesSlaMixin
from ..common import GROUP, AftersalesCommon


class SlaWatchCommon(AftersalesCommon):
    """Orders with a promise: an answer in 1 h, on site in 4 h, solved in 24 h."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.sla.policy"].search([]).active = False
        cls.policy = cls.env["aftersales.sla.policy"].create(
            {
                "name": "Plain promise",
                "answer_value": 1,
                "answer_unit": "hours",
                "arrive_value": 4,
                "arrive_unit": "hours",
                "resolve_value": 24,
                "resolve_unit": "hours",
                "at_risk_share": 80,
            }
        )
        cls.team.supervisor_id = cls.users["supervisor"]
        cls.cron = cls.env.ref("aftersales_service.ir_cron_check_sla")
        cls.promise_type = cls.env.ref("aftersales_service.mail_activity_type_promise")
        # Only what the tests make is looked at.
        cls.env.cr.execute("UPDATE aftersales_order SET next_check_at = NULL")
        cls.env.invalidate_all()

    @classmethod
    def _called(cls, count=1, hours=0.0, **values):
        """Orders called so many hours ago."""
        start = fields.Datetime.now() - timedelta(hours=hours)
        return cls.env["aftersales.order"].create(
            [
                {
                    "partner_id": cls.customer.id,
                    "team_id": cls.team.id,
                    "called_at": start,
                    "duplicate_confirmed": True,
                    **values,
                }
                for _number in range(count)
            ]
        )

    def _run(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()

    def _activities(self, orders, user=None):
        domain = [
            ("activity_type_id", "=", self.promise_type.id),
            ("res_model", "=", orders._name),
            ("res_id", "in", orders.ids),
        ]
        if user:
            domain.append(("user_id", "=", self.users.get(user, user).id))
        return self.env["mail.activity"].search(domain)

    def _alerts(self, orders):
        return {
            (alert.milestone, alert.level, alert.promise)
            for alert in orders._get_sla_alerts()
        }


@tagged("post_install", "-at_install")
class TestSlaWatch(SlaWatchCommon):
    def test_at_risk_is_told_to_the_supervisor_alone(self):
        order = self._called(hours=0.85)
        self._run()
        self.assertEqual(self._alerts(order), {("answer", "at_risk", 0)})
        self.assertEqual(len(self._activities(order, "supervisor")), 1)
        self.assertFalse(self._activities(order, "manager"))
        self.assertEqual(order.sla_state, "at_risk")

    def test_missed_is_told_to_the_manager_as_well(self):
        order = self._called(hours=1.5)
        self._run()
        self.assertEqual(self._alerts(order), {("answer", "missed", 0)})
        self.assertEqual(len(self._activities(order, "supervisor")), 1)
        manager = order._get_sla_recipients()[order][1]
        self.assertTrue(manager.has_group(f"{GROUP}manager"))
        self.assertIn("Missed", self._activities(order, manager).summary)

    def test_told_once_however_often_the_job_runs(self):
        order = self._called(hours=1.5)
        self._run()
        first = self._activities(order)
        for _again in range(3):
            order.sudo().next_check_at = fields.Datetime.now()
            self._run()
        self.assertEqual(self._activities(order), first)
        self.assertEqual(len(order._get_sla_alerts()), 1)

    def test_late_answer_before_the_job_hides_no_other_missed_promise(self):
        order = self._called(hours=5)
        order._sla_reach("answer")
        self._run()
        self.assertIn(("arrive", "missed", 0), self._alerts(order))

    def test_a_job_three_days_late_misses_nobody(self):
        order = self._called(hours=72)
        self._run()
        self.assertEqual(
            self._alerts(order),
            {(name, "missed", 0) for name in ("answer", "arrive", "resolve")},
        )
        activity = self._activities(order, "supervisor")
        self.assertEqual(len(activity), 1, "one to-do per person and order")
        self.assertEqual(activity.summary.count("Missed"), 3)

    def test_at_risk_then_missed_leaves_one_to_do(self):
        order = self._called(hours=0.85)
        self._run()
        order.sudo().called_at -= timedelta(hours=1)
        self._run()
        self.assertEqual(
            self._alerts(order), {("answer", "at_risk", 0), ("answer", "missed", 0)}
        )
        self.assertEqual(len(self._activities(order, "supervisor")), 1)
        self.assertIn("Missed", self._activities(order, "supervisor").summary)

    def test_only_what_is_due_is_read(self):
        order = self._called()
        self.assertGreater(order.next_check_at, fields.Datetime.now())
        with patch.object(
            AftersalesSlaMixin, "_check_promises", autospec=True
        ) as checked:
            self._run()
        checked.assert_not_called()

    def test_reached_late_between_two_runs_is_told(self):
        order = self._called(hours=1.5)
        order._sla_reach("answer")
        self._run()
        self.assertEqual(self._alerts(order), {("answer", "missed", 0)})

    def test_kept_promise_takes_its_warning_back(self):
        order = self._called(hours=0.85)
        self._run()
        self.assertTrue(self._activities(order))
        order._sla_reach("resolve")
        self.assertFalse(self._activities(order))

    def test_agreed_anew_may_be_told_anew(self):
        order = self._called(hours=1.5)
        self._run()
        soon = fields.Datetime.now() + timedelta(hours=2)
        order.action_agree("answer", soon, "The caller is in a meeting")
        self._run()
        self.assertEqual(self._alerts(order), {("answer", "missed", 0)})
        order.sudo().write(
            {
                "answer_deadline": fields.Datetime.now() - timedelta(minutes=1),
                "next_check_at": fields.Datetime.now(),
            }
        )
        self._run()
        self.assertIn(("answer", "missed", 1), self._alerts(order))

    def test_cancelled_order_tells_nobody(self):
        order = self._called(hours=0.5)
        order.action_cancel("The customer repaired it himself")
        self._run()
        self.assertFalse(order._get_sla_alerts())
        self.assertFalse(order.next_check_at)

    # -- who ------------------------------------------------------------------

    def test_archived_supervisor_is_passed_over(self):
        self.users["supervisor"].active = False
        deputy = new_test_user(
            self.env, "as_deputy", f"{GROUP}supervisor", company_id=self.company.id
        )
        self.team.user_ids = [Command.link(deputy.id)]
        managers = self.team.user_ids & self.users["manager"]
        self.team.user_ids = [Command.unlink(user.id) for user in managers]
        order = self._called(hours=0.85)
        self._run()
        self.assertEqual(self._activities(order).user_id, deputy)

    def test_no_supervisor_goes_to_the_manager(self):
        self.team.supervisor_id = False
        self.team.user_ids = [Command.clear()]
        order = self._called(hours=0.85)
        self._run()
        self.assertTrue(self._activities(order).user_id.has_group(f"{GROUP}manager"))

    def test_a_manager_of_another_company_hears_nothing(self):
        other = self.env["res.company"].create({"name": "Other company"})
        stranger = new_test_user(
            self.env,
            "as_stranger",
            f"{GROUP}manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        order = self._called(hours=1.5)
        self._run()
        self.assertNotIn(stranger, self._activities(order).user_id)

    def test_one_message_per_person_with_a_list(self):
        orders = self._called(count=12, hours=1.5)
        sent = []

        def send(users, kind, message, /, **_options):
            sent.extend((user, message) for user in users)

        users = self.env.registry["res.users"]
        with patch.object(users, "_bus_send", send):
            self._run()
        alerts = [(user, message) for user, message in sent if "ids" in (message or {})]
        told = [user for user, _message in alerts]
        self.assertEqual(len(told), len(set(told)), "one message for each person")
        _user, message = next(item for item in alerts)
        self.assertEqual(set(message["ids"]), set(orders.ids))
        self.assertEqual(len(message["lines"]) + message["more"], 12)

    # -- faults ---------------------------------------------------------------

    def test_a_poisoned_record_does_not_stop_the_others(self):
        orders = self._called(count=4, hours=1.5)
        poison = orders[1]
        original = AftersalesSlaMixin._get_sla_levels

        def broken(documents, now):
            if poison in documents:
                raise ValueError("broken record")
            return original(documents, now)

        with (
            patch.object(AftersalesSlaMixin, "_get_sla_levels", broken),
            self.assertLogs("odoo.addons.aftersales_service", "WARNING"),
        ):
            self._run()
        self.assertEqual(
            {order for order in orders if self._activities(order, "supervisor")},
            set(orders),
            "the broken one is shown too",
        )
        self.assertIn(("answer", "error", 0), self._alerts(poison))
        self.assertGreater(poison.next_check_at, fields.Datetime.now())
        for order in orders - poison:
            self.assertEqual(self._alerts(order), {("answer", "missed", 0)})

    def test_cost_follows_what_is_due(self):
        """SV-12: the same number of queries for 10 due and for 100 due."""
        counts = {}
        for number in (10, 100):
            self._called(count=number, hours=1.5)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            watch = self.env["aftersales.order"]
            now = fields.Datetime.now()
            watch._search_due_promises(now)._check_promises(now)
            self.env.flush_all()
            counts[number] = self.env.cr.sql_log_count - before
        self.assertLess(counts[100], counts[10] + 20, counts)

    def test_due_records_are_found_by_the_index(self):
        model = self.env["aftersales.order"]
        query = model._search(model._get_due_domain(fields.Datetime.now()))
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        sql = query.select()
        self.env.cr.execute("EXPLAIN " + sql.code, sql.params)
        plan = "\n".join(line for (line,) in self.env.cr.fetchall())
        self.assertIn("next_check_at", plan)
        self.assertIn("Index", plan)

    # -- rights ---------------------------------------------------------------

    def test_nobody_writes_alerts(self):
        order = self._called(hours=1.5)
        self._run()
        alert = order._get_sla_alerts()
        for role in ("supervisor", "manager"):
            with self.assertRaises(AccessError):
                self.as_user(role, alert).unlink()
            with self.assertRaises(AccessError):
                self.as_user(role, alert).level = "at_risk"
        with self.assertRaises(AccessError):
            self.as_user("operator", alert).read(["level"])

    def test_check_date_is_no_field_to_write(self):
        order = self._called(hours=1.5)
        with self.assertRaises(AccessError):
            self.as_user("manager", order).write({"next_check_at": False})

    def test_deleted_order_takes_its_alerts_along(self):
        order = self._called(hours=1.5)
        self._run()
        alert = order._get_sla_alerts()
        order.unlink()
        self.assertFalse(alert.exists())

    def test_dialogs_refuse_other_documents(self):
        wizard = self.env["aftersales.sla.pause.wizard"].with_user(
            self.users["operator"]
        )
        dialog = wizard.new({"res_model": "res.partner", "res_ids": self.customer.ids})
        with self.assertRaises(UserError):
            dialog.action_confirm()
