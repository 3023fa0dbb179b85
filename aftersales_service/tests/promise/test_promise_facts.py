from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .test_sla_engine import NOW, SlaCommon
from .test_worktime import at, local


@tagged("post_install", "-at_install")
class TestFactsWhileStopped(SlaCommon):
    """A fact changes while the clock stands: as if it had been so from the start."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.east = cls.env["aftersales.team"].create({"name": "East", "code": "E"})
        for applies_to in ("order", "complaint"):
            cls._policy(
                f"All {applies_to}",
                applies_to=applies_to,
                answer_value=6,
                resolve_value=3,
                resolve_unit="days",
            )
            # Every fact has a rule that names it, so that each change counts.
            cls._policy(
                f"VIP {applies_to}",
                applies_to=applies_to,
                vip=True,
                answer_value=4,
                resolve_value=2,
                resolve_unit="days",
            )
        cls._policy("Major", fault_level="2", answer_value=5, resolve_value=9)
        cls._policy("Supplier", needs_supplier=True, resolve_value=40)
        cls._policy("Contract", service_type="contract", resolve_value=30)

    def _make(self, model, partner):
        values = {"partner_id": partner.id, "team_id": self.team.id}
        if model == "aftersales.complaint":
            values.update(description="Late", channel="phone", about="service")
        else:
            values.update(asset_id=False)
        return self.env[model].create(values)

    def _changes(self, document):
        """Another value for each fact of the document that a person may write."""
        vip = self.env["res.partner"].create({"name": "V", "aftersales_vip": True})
        wanted = {"partner_id": vip.id, "site_id": vip.id, "team_id": self.east.id}
        wanted["product_id"] = self.disk.id
        for name in document._get_sla_fact_fields():
            field = document._fields[name]
            if name == "company_id" or name in document._guarded_names:
                continue
            if field.type == "selection":
                values = [key for key, _label in field._description_selection(self.env)]
                current = document[name]
                yield name, next(key for key in values if key != current)
            elif field.type == "boolean":
                yield name, not document[name]
            elif field.type == "datetime":
                yield name, document[name] - timedelta(hours=1)
            elif name in wanted:
                yield name, wanted[name]

    def test_every_fact_of_every_document(self):
        for model in self.env["aftersales.sla.mixin"]._get_sla_models():
            with freeze_time(NOW):
                names = [name for name, _v in self._changes(self._make_one(model))]
            self.assertGreaterEqual(len(names), 5, model)
            for name in names:
                with self.subTest(model=model, fact=name):
                    self._check_change(model, name)

    def _make_one(self, model):
        return self._make(model, self.customer)

    def _check_change(self, model, name):
        with freeze_time(NOW):
            stopped, early = self._make_one(model), self._make_one(model)
            value = dict(self._changes(stopped))[name]
            early.write({name: value})
        with freeze_time(NOW + timedelta(hours=1)):
            (stopped | early).action_pause(self.customer_waits.id)
        with freeze_time(NOW + timedelta(hours=2)):
            stopped.web_save({name: value}, {"sla_state": {}})
            self.assertEqual(stopped[name], early[name])
            self.assertEqual(stopped.resolve_deadline, early.resolve_deadline)
            self.assertEqual(stopped.sla_state, early.sla_state)
        with freeze_time(NOW + timedelta(hours=3)):
            (stopped | early).action_resume()
        for milestone in stopped.SLA_MILESTONES:
            self.assertEqual(
                stopped[f"{milestone}_deadline"], early[f"{milestone}_deadline"]
            )

    def test_pause_that_begins_after_the_new_deadline_changes_nothing(self):
        with freeze_time(NOW):
            order = self._make_one("aftersales.order")
        with freeze_time(NOW + timedelta(hours=10)):
            order.action_pause(self.customer_waits.id)
            self.assertEqual(order.sla_state, "missed", "the answer was due at 16:00")
            order.fault_level = "2"
            self.assertEqual(order.resolve_deadline, NOW + timedelta(hours=9))
        with freeze_time(NOW + timedelta(hours=20)):
            order.action_resume()
        self.assertEqual(order.resolve_deadline, NOW + timedelta(hours=9))


@tagged("post_install", "-at_install")
class TestReopened(SlaCommon):
    """Nobody owes anything between solved and opened again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for applies_to in ("order", "complaint"):
            cls._policy(
                "Two days", applies_to=applies_to, resolve_value=2, resolve_unit="days"
            )
        with freeze_time(NOW):
            cls.order = cls._create_order(technician_id=cls.technician.id)

    def _solve(self, when):
        with freeze_time(when):
            self.order.write(
                {
                    "cause_id": self.cause.id,
                    "customer_opinion": "satisfied",
                    "place": "remote",
                }
            )
            if self.order.state == "new":
                self.order.action_dispatch()
            self.order.action_complete()

    def test_kept_stays_kept(self):
        self._solve(NOW + timedelta(hours=5))
        self.assertEqual(self.order.sla_state, "met")
        again = NOW + timedelta(days=9)
        with freeze_time(again):
            self.order.action_reopen("Light is on again")
            self.assertEqual(self.order.sla_state, "running")
            self.assertFalse(self.order.sla_missed)
        self.assertEqual(self.order.resolve_deadline, again + timedelta(days=2))
        row = self.order.sla_agreement_ids
        self.assertTrue(row.is_reopening)
        self.assertEqual(row.old_deadline, NOW + timedelta(days=2))
        self.assertIn("was kept", self.order.sla_explanation)
        with freeze_time(again + timedelta(hours=1)):
            self.order.fault_level = "1"
        self.assertEqual(self.order.resolve_deadline, again + timedelta(days=2))
        self._solve(again + timedelta(hours=1))
        self.assertEqual(self.order.sla_state, "met")
        self.assertFalse(self.order.sla_missed)

    def test_missed_stays_missed_and_the_second_may_be_kept(self):
        self._solve(NOW + timedelta(days=3))
        self.assertTrue(self.order.sla_missed)
        again = NOW + timedelta(days=9)
        with freeze_time(again):
            self.order.action_reopen("Light is on again")
        self._solve(again + timedelta(hours=1))
        self.assertEqual(self.order.sla_state, "met")
        self.assertTrue(self.order.sla_missed)

    def test_the_second_part_has_its_own_clock(self):
        self._solve(NOW + timedelta(hours=5))
        again = NOW + timedelta(days=9)
        with freeze_time(again):
            self.order.action_reopen("Light is on again")
        with freeze_time(again + timedelta(hours=1)):
            self.order.action_pause(self.customer_waits.id)
        with freeze_time(again + timedelta(hours=4)):
            self.order.action_resume()
        self.assertEqual(
            self.order.resolve_deadline, again + timedelta(days=2, hours=3)
        )
        self._solve(again + timedelta(days=3))
        self.assertEqual(self.order.sla_state, "missed")

    def test_cancelled_in_between(self):
        with freeze_time(NOW + timedelta(hours=5)):
            self.order.action_cancel("Sold")
        again = NOW + timedelta(days=9)
        with freeze_time(again):
            self.order.action_reopen("Not sold")
            self.assertEqual(self.order.sla_state, "running")
        self.assertFalse(self.order.sla_missed)
        self.assertEqual(self.order.resolve_deadline, again + timedelta(days=2))

    def test_late_twice_agreed_stays_late(self):
        """Two agreements: the first was made too late, whatever came after it."""
        with freeze_time(NOW + timedelta(days=3)):
            self.order.action_agree("resolve", NOW + timedelta(days=5), "Part")
        with freeze_time(NOW + timedelta(days=4)):
            self.order.action_agree("resolve", NOW + timedelta(days=8), "Part")
            self.order.fault_level = "1"
        self.assertTrue(self.order.sla_missed)


@tagged("post_install", "-at_install")
class TestFactoryRepair(SlaCommon):
    """5 working days from the arrival in the workshop, not from the call."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shipped.filtered(lambda policy: policy.place == "workshop").active = True

    def test_counted_from_the_arrival(self):
        with freeze_time(at("2026-12-01 10:00")):
            order = self._create_order(place="workshop")
            self.assertFalse(order.resolve_deadline)
            self.assertIn("workshop", order.sla_missing)
        with freeze_time(at("2026-12-04 10:00")):
            self.as_user("parts", order).action_arrive_workshop()
        self.assertEqual(local(order.resolve_deadline), "12-11 10:00")
        self.assertFalse(order.sla_missing)
        with freeze_time(at("2026-12-07 10:00")):
            order.action_arrive_workshop()
        self.assertEqual(local(order.resolve_deadline), "12-11 10:00")

    def test_brought_by_the_customer(self):
        with freeze_time(at("2026-12-01 10:00")):
            order = self._create_order(place="workshop", channel="walk_in")
        self.assertEqual(local(order.resolve_deadline), "12-08 10:00")

    def test_work_begun_means_it_is_there(self):
        with freeze_time(at("2026-12-01 10:00")):
            order = self._create_order(place="workshop")
        with freeze_time(at("2026-12-04 10:00")):
            order.action_start()
        self.assertEqual(local(order.resolve_deadline), "12-11 10:00")

    def test_only_repairs_in_the_workshop(self):
        order = self._create_order(place="onsite")
        with self.assertRaisesRegex(UserError, "no open repair"):
            order.action_arrive_workshop()
        with self.assertRaises(Exception):  # noqa: B017 - any refusal will do
            self.as_user("operator", order).write(
                {"workshop_arrived_at": fields.Datetime.now()}
            )


@tagged("post_install", "-at_install")
class TestMissingFacts(SlaCommon):
    """A fact that a promise needs and nobody knows is named, not taken for far."""

    def test_distance(self):
        self._policy("Near", place="onsite", distance_to=100, arrive_value=24)
        self._policy("Far", place="onsite", distance_from=100, answer_value=12)
        order = self._create_order()
        self.assertFalse(order.sla_due_at)
        self.assertIn("position", order.sla_missing)
        point = self.env["res.partner"].create({"name": "Point"})
        point.write({"partner_latitude": 30.27, "partner_longitude": 120.15})
        self.team.partner_id = point
        self.customer.write({"partner_latitude": 30.0, "partner_longitude": 120.58})
        known = self._create_order()
        self.assertFalse(known.sla_missing)
        self.assertTrue(known.arrive_deadline)

    def test_zone(self):
        self._policy("Town", area="town", arrive_value=6)
        self._policy("Anywhere", arrive_value=1, arrive_unit="weeks")
        order = self._create_order(zone_id=False)
        self.assertIn("zone", order.sla_missing)
        order.place = "remote"
        self.assertFalse(order.sla_missing, "nobody goes there")

    def test_nothing_depends_on_it(self):
        self._policy("Anywhere", arrive_value=1, arrive_unit="weeks")
        self.assertFalse(self._create_order(zone_id=False).sla_missing)
