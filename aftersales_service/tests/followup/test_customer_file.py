from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..common import AftersalesCommon

FILE = "aftersales_service.action_report_customer_file"
VIP = "aftersales_service.action_report_vip_list"
KIND = "aftersales_service.mail_activity_type_customer_file"


@tagged("post_install", "-at_install")
class TestCustomerFile(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.team.supervisor_id = cls.users["supervisor"]

    def _complete(self, **values):
        order = self._create_reported_order(**values)
        order.action_complete()
        return order

    def _html(self, report, records, user=None):
        reports = self.env["ir.actions.report"]
        if user:
            reports = reports.with_user(user)
        return reports._render_qweb_html(report, records.ids)[0].decode()

    def _activities(self, partner):
        return partner.activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref(KIND)
        )

    # -- due ----------------------------------------------------------------------

    def test_first_service_makes_the_file_due_in_two_days(self):
        self.assertFalse(self.customer.aftersales_file_due_on)
        self.assertEqual(self.customer.aftersales_file_state, "none")
        order = self._complete()
        tz = self.company.resource_calendar_id.tz
        local = fields.Datetime.context_timestamp(
            order.with_context(tz=tz), order.done_at
        )
        self.assertEqual(
            self.customer.aftersales_file_due_on, local.date() + timedelta(days=2)
        )
        self.assertEqual(self.customer.aftersales_file_state, "due")
        activity = self._activities(self.customer)
        self.assertEqual(activity.user_id, self.users["supervisor"])
        self.assertEqual(activity.date_deadline, self.customer.aftersales_file_due_on)

    def test_second_service_changes_nothing(self):
        self._complete()
        self.customer.aftersales_file_due_on = due = fields.Date.to_date("2026-01-05")
        self._complete()
        self.assertEqual(self.customer.aftersales_file_due_on, due)
        self.assertEqual(len(self._activities(self.customer)), 1)

    def test_days_are_a_setting_and_contacts_count_for_their_company(self):
        self.company.aftersales_file_days = 5
        person = self.env["res.partner"].create(
            {"name": "Ms Cui", "parent_id": self.customer.id}
        )
        order = self._complete(partner_id=person.id)
        self.assertFalse(person.aftersales_file_due_on)
        gap = self.customer.aftersales_file_due_on - order.done_at.date()
        self.assertIn(gap.days, (5, 6))

    def test_dates_of_the_file_are_not_typed(self):
        for role in ("operator", "manager"):
            partners = self.as_user(role, self.customer)
            for name in ("aftersales_file_due_on", "aftersales_file_created_on"):
                with self.assertRaises(AccessError, msg=role):
                    partners.write({name: "2026-01-01"})
                with self.assertRaises(AccessError, msg=role):
                    partners.create({"name": "New", name: "2026-01-01"})

    def test_internal_service_makes_no_file(self):
        self._complete(service_type="internal")
        self.assertFalse(self.customer.aftersales_file_due_on)

    def test_file_is_of_the_company_that_served(self):
        other = self.env["res.company"].create({"name": "Other service"})
        self._complete()
        self.assertTrue(self.customer.aftersales_file_due_on)
        self.assertFalse(self.customer.with_company(other).aftersales_file_due_on)
        found = self.env["res.partner"].search(
            self.env["res.partner"]._aftersales_file_due_domain()
        )
        self.assertIn(self.customer, found)
        found = found.with_company(other).search(found._aftersales_file_due_domain())
        self.assertNotIn(self.customer, found)

    def test_many_first_services_cost_no_more_queries_each(self):
        def started(count):
            partners = self.env["res.partner"].create(
                [{"name": f"Customer {number}"} for number in range(count)]
            )
            orders = self.env["aftersales.order"].create(
                [
                    self._order_values(partner_id=partner.id, asset_id=False)
                    for partner in partners
                ]
            )
            orders.sudo().write({"state": "done", "done_at": "2026-03-02 08:00:00"})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            orders._start_customer_files()
            self.env.flush_all()
            self.assertTrue(all(partners.mapped("aftersales_file_due_on")))
            return self.cr.sql_log_count - before

        few = started(10)
        self.assertLess(started(100), few + 40)

    # -- made -----------------------------------------------------------------------

    def test_operator_confirms_the_file(self):
        self._complete()
        customer = self.as_user("operator", self.customer).with_context(
            mail_activity_automation_skip=False
        )
        self.assertIn("service cycle", customer.aftersales_file_gaps)
        customer.action_aftersales_confirm_file()
        self.assertTrue(self.customer.aftersales_file_created_on)
        self.assertEqual(self.customer.aftersales_file_state, "made")
        self.assertFalse(self._activities(self.customer))
        found = customer.search(customer._aftersales_file_due_domain())
        self.assertNotIn(self.customer, found)

    def test_confirming_again_keeps_the_first_day(self):
        self.customer.aftersales_file_created_on = "2026-01-05"
        self.as_user("operator", self.customer).action_aftersales_confirm_file()
        self.assertEqual(
            fields.Date.to_string(self.customer.aftersales_file_created_on),
            "2026-01-05",
        )

    def test_technician_cannot_confirm(self):
        with self.assertRaises(AccessError):
            self.as_user("technician", self.customer).action_aftersales_confirm_file()
        self.assertFalse(self.customer.aftersales_file_created_on)

    # -- paper ----------------------------------------------------------------------

    def test_file_shows_all_on_one_paper_in_the_customers_language(self):
        self.customer.write(
            {
                "lang": "zh_CN",
                "aftersales_service_months": 6,
                "aftersales_next_service_on": "2026-06-01",
                "aftersales_wishes": "Only after 18:00",
            }
        )
        order = self._complete()
        self.env["aftersales.complaint"].create(
            {"partner_id": self.customer.id, "description": "He came two hours late"}
        )
        html = self._html(FILE, self.customer, self.users["operator"])
        for text in (
            self.customer.name,
            "7979Q7C-01",
            "Only after 18:00",
            order.name,
            "Disk replaced",
            "He came two hours late",
        ):
            self.assertIn(text, html)
        self.assertIn('data-oe-lang="zh_CN"', html)

    def test_contact_gives_the_file_of_its_company(self):
        person = self.env["res.partner"].create(
            {"name": "Ms Cui", "parent_id": self.customer.id}
        )
        html = self._html(FILE, person, self.users["operator"])
        self.assertIn(self.customer.name, html)
        self.assertIn("7979Q7C-01", html)

    def test_file_widens_nobodys_rights(self):
        """Orders of another service point are not on the paper of an operator."""
        other = self.env["aftersales.team"].create(
            {"name": "South", "code": "S", "company_id": self.company.id}
        )
        hidden = self._create_order(team_id=other.id)
        html = self._html(FILE, self.customer, self.users["operator"])
        self.assertNotIn(hidden.name, html)
        html = self._html(FILE, self.customer, self.users["manager"])
        self.assertIn(hidden.name, html)

    def test_portal_user_prints_no_file(self):
        portal = new_test_user(self.env, "as_portal_file", groups="base.group_portal")
        portal.partner_id.parent_id = self.customer
        for report, records in ((FILE, self.customer), (VIP, self.company)):
            with self.assertRaises(AccessError):
                self._html(report, records, portal)

    def test_vip_list(self):
        self.customer.aftersales_vip = True
        self._complete()
        html = self._html(VIP, self.company, self.users["operator"])
        self.assertIn(self.customer.name, html)
        self.customer.aftersales_vip = False
        html = self._html(VIP, self.company, self.users["operator"])
        self.assertNotIn(self.customer.name, html)

    def test_vip_list_costs_the_same_for_many(self):
        report = self.env["report.aftersales_service.report_vip_list"]

        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            rows = report._get_rows(self.company, "en_US")
            for row in rows:
                self.assertIsNotNone(row["partner"].aftersales_grade_id.display_name)
            return self.cr.sql_log_count - before

        names = [{"name": f"VIP {n}", "aftersales_vip": True} for n in range(100)]
        self.env["res.partner"].create(names[:10])
        few = cost()
        self.env["res.partner"].create(names[10:])
        self.assertLessEqual(cost(), few + 1)

    def test_role_sees_list_and_form(self):
        """Every role of ours opens the customer's form with the file on it."""
        self._complete()
        for role, user in self.users.items():
            with self.subTest(role):
                partner = self.customer.with_user(user)
                views = partner.get_views([(False, "form")])
                names = views["models"]["res.partner"]["fields"]
                self.assertTrue(names)
                specification = {
                    "aftersales_file_state": {},
                    "aftersales_file_gaps": {},
                    "aftersales_history_ids": {"fields": {"name": {}}},
                }
                partner.web_read(specification)

    def test_menu_lists_open(self):
        for name in ("file", "vip"):
            action = self.env.ref(
                f"aftersales_service.res_partner_action_aftersales_{name}"
            )
            views = [(view.view_id.id, "list") for view in action.view_ids]
            partners = self.env["res.partner"].with_user(self.users["operator"])
            self.assertTrue(partners.get_views(views)["views"]["list"]["arch"])

    def test_without_a_supervisor_whoever_completes_makes_the_file(self):
        self.team.supervisor_id = False
        self.team.user_ids = [Command.clear()]
        self._complete()
        self.assertEqual(self._activities(self.customer).user_id, self.env.user)
