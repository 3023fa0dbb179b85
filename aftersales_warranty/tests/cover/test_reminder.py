from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ..common import WarrantyCommon

D = date.fromisoformat


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestReminder(WarrantyCommon):
    """Sales are told before a warranty ends, once (WA-02)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.warranty.reminder.plan"].search([]).active = False
        cls.plan = cls.env["aftersales.warranty.reminder.plan"].create(
            {
                "name": "Two months before",
                "company_id": cls.company.id,
                "days": 60,
                "user_id": cls.users["supervisor"].id,
                "to_customer": True,
            }
        )
        cls.soon = cls._create_covered("SOON", D("2025-08-10"))
        cls.late = cls._create_covered("LATE", D("2025-08-15"))
        cls.over = cls._create_covered("OVER", D("2025-06-14"))
        cls.customer.email = "it@example.com"

    def _run(self):
        cron = self.env.ref("aftersales_warranty.ir_cron_reminder")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        return self.env["aftersales.warranty.reminder"].search(
            [("plan_id", "=", self.plan.id)]
        )

    def test_each_once_and_only_what_ends_soon(self):
        told = self._run()
        self.assertEqual(told.warranty_id, self.soon)
        self.assertEqual(told.user_id, self.users["supervisor"])
        self.assertTrue(told.mailed)
        self.assertIn("08/10/2026", self.soon.activity_ids.summary)
        self.assertEqual(self.soon.activity_ids.user_id, self.users["supervisor"])
        mails = self.env["mail.mail"].search([("res_id", "=", self.soon.id)])
        self.assertIn("SOON", mails[0].body_html)
        self.assertEqual(self._run(), told)
        self.assertEqual(len(self.soon.activity_ids), 1)

    def test_the_customers_salesperson_comes_first(self):
        salesman = self.users["manager"]
        self.customer.user_id = salesman
        self.assertEqual(self._run().user_id, salesman)

    def test_consent_is_respected(self):
        self.customer.aftersales_followup_consent = "refused"
        told = self._run()
        self.assertFalse(told.mailed)
        self.assertTrue(told.user_id)
        self.assertFalse(self.env["mail.mail"].search([("res_id", "=", self.soon.id)]))

    def test_void_and_extended_are_left_out(self):
        self.env["aftersales.warranty"].create(
            [
                {
                    "kind": "extended",
                    "asset_id": self.soon.asset_id.id,
                    "parent_id": self.soon.id,
                    "term_id": self.term.id,
                }
            ]
        )
        self.assertFalse(self._run())
        self.soon.child_ids._void("cancelled")
        self.soon._void("opened")
        self.assertFalse(self._run())

    def test_a_plan_tells_somebody(self):
        with self.assertRaises(ValidationError):
            self.plan.create({"name": "x", "to_salesperson": False, "days": 3})
        with self.assertRaises(AccessError):
            self.as_user("supervisor", self.plan).write({"days": 3})

    def test_nobody_writes_a_reminder(self):
        reminders = self.as_user("manager", self.env["aftersales.warranty.reminder"])
        with self.assertRaises(AccessError):
            reminders.create([{"plan_id": self.plan.id, "warranty_id": self.soon.id}])

    @mute_logger("odoo.sql_db")
    def test_the_database_allows_one(self):
        told = self._run()
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            told.create([{"plan_id": self.plan.id, "warranty_id": self.soon.id}])

    def test_expiry_list(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_warranty_action_expiry"
        )
        domain = safe_eval(action["domain"])
        found = self.env["aftersales.warranty"].search(domain)
        self.assertIn(self.soon, found)
        self.assertNotIn(self.late, found)
        self.assertNotIn(self.over, found)
