from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestTechnician(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        categories = cls.env["product.category"]
        cls.hardware = categories.create({"name": "Hardware"})
        cls.servers = categories.create(
            {"name": "Servers", "parent_id": cls.hardware.id}
        )
        cls.server.categ_id = cls.servers
        cls.kind = cls.env["aftersales.certificate.type"].create(
            {"name": "Server expert", "product_categ_ids": cls.hardware.ids}
        )

    def _certify(self, technician, kind=None, **values):
        return self.env["aftersales.certificate"].create(
            {
                "technician_id": technician.id,
                "type_id": (kind or self.kind).id,
                "date_from": "2026-01-01",
                **values,
            }
        )

    def _missing(self, day, **values):
        values.setdefault("product", self.server)
        found = self.technician._missing_certificates(day=day, **values)
        return found[self.technician.id]

    def test_certificate_of_an_ancestor_category_is_needed(self):
        day = date(2026, 6, 1)
        self.assertEqual(self._missing(day), ["Server expert"])
        self.assertEqual(self._missing(day, product=self.disk), [])
        self.kind.active = False
        self.assertEqual(self._missing(day), [])

    def test_validity_includes_both_ends(self):
        self._certify(self.technician, date_to="2026-06-30")
        for day, missing in (
            (date(2025, 12, 31), ["Server expert"]),
            (date(2026, 1, 1), []),
            (date(2026, 6, 30), []),
            (date(2026, 7, 1), ["Server expert"]),
        ):
            with self.subTest(day=day):
                self.assertEqual(self._missing(day), missing)

    def test_site_pass(self):
        site_pass = self.env["aftersales.certificate.type"].create(
            {"name": "High voltage", "is_site_pass": True}
        )
        self.customer.aftersales_site_pass_ids = site_pass
        self._certify(self.technician)
        day = date(2026, 6, 1)
        self.assertEqual(self._missing(day, site=self.customer), ["High voltage"])
        self._certify(self.technician, site_pass)
        self.assertEqual(self._missing(day, site=self.customer), [])

    def test_missing_certificates_queries_do_not_grow(self):
        people = self.env["aftersales.technician"].create(
            [{"name": f"T{n}", "team_id": self.team.id} for n in range(40)]
        )
        for technician in people[::2]:
            self._certify(technician)
        counts = []
        for size in (4, 40):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            found = people[:size]._missing_certificates(
                self.server, self.customer, date(2026, 6, 1)
            )
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual(sum(bool(names) for names in found.values()), size / 2)
        self.assertEqual(*counts)

    @freeze_time("2026-05-01 12:00:00")
    def test_certificate_states_and_renewal(self):
        old = self._certify(self.technician, date_to="2026-04-30")
        self.assertEqual(old.state, "expired")
        self.assertEqual(self.technician.certificate_alert, "expired")
        new = self._certify(
            self.technician, date_from="2026-05-01", date_to="2026-06-15"
        )
        self.assertEqual(new.state, "expiring")
        self.assertEqual(self.technician.certificate_alert, "expiring")
        new.date_to = False
        self.assertEqual(new.state, "valid")
        self.assertFalse(self.technician.certificate_alert)

    def test_certificate_end_from_usual_validity(self):
        self.kind.default_months = 12
        certificate = self._certify(self.technician, date_from="2026-03-01")
        self.assertEqual(certificate.date_to, date(2027, 2, 28))

    @mute_logger("odoo.sql_db")
    def test_certificate_ending_before_it_begins_is_refused(self):
        with self.assertRaises(IntegrityError):
            self._certify(self.technician, date_to="2025-12-31")

    def test_found_by_phone_in_any_spelling(self):
        self.technician.phone = "138 0571-8888"
        found = self.env["aftersales.technician"].name_search("0138-0571")
        self.assertIn(self.technician.id, [pair[0] for pair in found])
        found = self.env["aftersales.technician"].name_search("Li Qi")
        self.assertIn(self.technician.id, [pair[0] for pair in found])

    def test_shares_the_resource_of_an_employee(self):
        user = new_test_user(self.env, login="as_shared", groups="base.group_user")
        resource = self.env["resource.resource"].create(
            {"name": "Wang Fang", "user_id": user.id, "company_id": self.company.id}
        )
        technician = self.env["aftersales.technician"].create(
            {"name": "Wang Fang", "resource_id": resource.id}
        )
        self.assertEqual(technician.user_id, user)
        self.assertEqual(technician.partner_id, user.partner_id)
        technician.action_archive()
        self.assertTrue(resource.active)

    @mute_logger("odoo.sql_db")
    def test_one_technician_per_resource(self):
        with self.assertRaises(IntegrityError):
            self._create_technician("Twin", resource_id=self.technician.resource_id.id)

    def test_user_of_another_company_refused(self):
        other = self.env["res.company"].create({"name": "Other"})
        user = new_test_user(
            self.env,
            login="as_foreign",
            groups="base.group_user",
            company_id=other.id,
            company_ids=other.ids,
        )
        with self.assertRaisesRegex(UserError, "compan"):
            self._create_technician("Foreigner", user_id=user.id)

    def test_archived_keeps_history_and_gets_no_work(self):
        order = self._create_order(technician_id=self.technician.id)
        self.technician.action_archive()
        self.assertEqual(order.technician_id, self.technician)
        order.invalidate_recordset()
        self.as_user("manager", order).read(["technician_id"])
        with self.assertRaisesRegex(UserError, "archived"):
            self.technician._check_assignable()

    def test_rights(self):
        supervisor = self.as_user("supervisor", self.env["aftersales.technician"])
        created = supervisor.create({"name": "New", "team_id": self.team.id})
        created.write({"name": "Renamed", "phone": "123"})
        self.assertEqual(created.resource_id.name, "Renamed")
        for role in ("technician", "operator", "dispatcher", "accountant"):
            with self.subTest(role=role):
                seen = self.as_user(role, self.technician)
                self.assertEqual(seen.name, "Li Qiang")
                with self.assertRaises(AccessError):
                    seen.phone = "1"
                with self.assertRaises(AccessError):
                    self.as_user(role, self.env["aftersales.certificate"]).create(
                        {
                            "technician_id": self.technician.id,
                            "type_id": self.kind.id,
                        }
                    )

    def test_supervisor_enters_absences(self):
        leaves = self.as_user("supervisor", self.env["resource.calendar.leaves"])
        values = {
            "name": "Leave",
            "resource_id": self.technician.resource_id.id,
            "date_from": "2026-03-02 00:00:00",
            "date_to": "2026-03-03 00:00:00",
        }
        self.assertTrue(leaves.create(values))
        with self.assertRaises(AccessError):
            leaves.with_user(self.users["operator"]).create(values)
