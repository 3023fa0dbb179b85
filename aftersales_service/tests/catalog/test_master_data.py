from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import BaseCase, tagged

from ...tools.phone import phone_digits, phone_needle
from ..common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestPhone(BaseCase):
    def test_digits(self):
        self.assertEqual(phone_digits("+86 (571) 8888-0001"), "8657188880001")
        self.assertEqual(phone_digits("０５７１"), "0571")
        self.assertEqual(phone_digits(False), "")

    def test_needle(self):
        for typed, needle in (
            ("0571-8888", "5718888"),
            ("+86 571 8888", "5718888"),
            ("0086 571 8888", "5718888"),
            ("０５７１ ８８８８", "5718888"),
            ("7979Q7C", ""),
            ("057", ""),
            ("", ""),
        ):
            with self.subTest(typed=typed):
                self.assertEqual(phone_needle(typed, 86), needle)


@tagged("post_install", "-at_install")
class TestMasterData(AftersalesCommon):
    def _found(self, text, model="res.partner"):
        pairs = self.env[model].name_search(text, limit=None)
        return [pair[0] for pair in pairs]

    def test_customer_found_by_phone_in_any_spelling(self):
        self.company.country_id = self.env.ref("base.cn")
        for typed in ("0571-8888", "05718888", "+86 571 8888", "5718888 0001"):
            with self.subTest(typed=typed):
                self.assertIn(self.customer.id, self._found(typed))
        self.assertNotIn(self.customer.id, self._found("0571-9999"))
        self.assertIn(self.customer.id, self._found("Data Centre"))
        self.customer.phone = "0571 7777 0002"
        self.assertIn(self.customer.id, self._found("+86 571 7777"))
        without = self.env["res.partner"].search(
            [("display_name", "not ilike", "05717777")]
        )
        self.assertNotIn(self.customer, without)

    def test_grade_goes_to_the_contacts(self):
        grade = self.env.ref("aftersales_service.aftersales_grade_7x24x4")
        self.customer.aftersales_grade_id = grade
        contact = self.env["res.partner"].create(
            {"name": "Ms Cui", "parent_id": self.customer.id}
        )
        self.assertEqual(contact.aftersales_grade_id, grade)
        self.assertEqual(self._found("7x24x4", "aftersales.grade"), grade.ids)

    def test_grades_shipped(self):
        classes = {
            grade.code: (grade.customer_class, grade.answer_minutes)
            for grade in self.env["aftersales.grade"].search([])
        }
        self.assertEqual(classes["7x24x4"], ("A", 10))
        self.assertEqual(classes["7x24x8"], ("B", 10))
        self.assertEqual(classes["5x9"], ("C", 30))

    def test_symptom_found_by_words_of_the_caller(self):
        found = self.env["aftersales.symptom"].name_search("RAID卡自检不过")
        self.assertEqual(len(found), 1)

    def test_symptoms_offered_for_a_product(self):
        categories = self.env["product.category"]
        parent = categories.create({"name": "Parent"})
        child = categories.create({"name": "Child", "parent_id": parent.id})
        self.server.categ_id = child
        symptoms = self.env["aftersales.symptom"]
        mine = symptoms.create({"name": "Mine", "product_categ_ids": parent.ids})
        foreign = symptoms.create(
            {
                "name": "Foreign",
                "product_categ_ids": categories.create({"name": "Else"}).ids,
            }
        )
        offered = symptoms.search(symptoms._get_product_domain(self.server))
        self.assertIn(mine, offered)
        self.assertIn(self.symptom, offered)
        self.assertNotIn(foreign, offered)

    def test_used_catalogue_entries_are_kept(self):
        order = self._create_order()
        with self.assertRaisesRegex(UserError, "Archive"):
            self.symptom.unlink()
        order.cause_id = self.cause
        with self.assertRaisesRegex(UserError, "Archive"):
            self.cause.unlink()
        self.symptom.action_archive()
        self.assertEqual(order.symptom_id, self.symptom)
        self.env["aftersales.symptom"].create({"name": "Unused"}).unlink()

    def test_symptom_cycle_refused(self):
        child = self.env["aftersales.symptom"].create(
            {"name": "Child", "parent_id": self.symptom.id}
        )
        with self.assertRaises(ValidationError):
            self.symptom.parent_id = child

    def test_configuration_is_for_the_manager(self):
        for record in (
            self.team,
            self.symptom,
            self.cause,
            self.env.ref("aftersales_service.aftersales_grade_5x9"),
        ):
            with self.subTest(model=record._name):
                self.as_user("manager", record).name = "Changed"
                for role in ("technician", "operator", "supervisor", "accountant"):
                    self.as_user(role, record).read(["name"])
                    with self.assertRaises(AccessError):
                        self.as_user(role, record).name = "No"

    def test_team_location_follows_its_warehouse(self):
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        team = self.env["aftersales.team"].create(
            {"name": "South", "warehouse_id": warehouse.id}
        )
        self.assertEqual(team.location_id, warehouse.lot_stock_id)
        self.assertEqual(team.alias_id.alias_model_id.model, "aftersales.order")
        self.assertIn(str(team.id), team.alias_defaults)
        copy = team.copy()
        self.assertNotEqual(copy.name, team.name)
        self.assertNotEqual(copy.alias_id, team.alias_id)

    def test_companies_do_not_see_each_other(self):
        other = self.env["res.company"].create({"name": "Other"})
        team = self.env["aftersales.team"].create(
            {"name": "There", "company_id": other.id}
        )
        technician = self.env["aftersales.technician"].create(
            {"name": "There", "company_id": other.id, "team_id": team.id}
        )
        asset = self._create_asset("X1", company_id=other.id)
        for record in (team, technician, asset):
            with self.subTest(model=record._name):
                seen = self.as_user("manager", record)
                self.assertFalse(seen.search([("id", "=", record.id)]))
                with self.assertRaises(AccessError):
                    seen.read(["display_name"])
        with self.assertRaises(UserError):
            self.technician.team_id = team

    def test_site_rules(self):
        self.customer.aftersales_safety_agreement_required = True
        day = self.env.cr.now().date()
        self.assertIn(self.customer.id, self.customer._aftersales_site_blockers(day))
        self.customer.aftersales_safety_agreement_date = day
        self.assertFalse(self.customer._aftersales_site_blockers(day))

    def test_counts_cost_the_same_for_a_whole_list(self):
        partners = self.env["res.partner"].create(
            [{"name": f"C{n}", "is_company": True} for n in range(40)]
        )
        self.env["aftersales.asset"].create(
            [
                {
                    "partner_id": partner.id,
                    "product_id": self.server.id,
                    "serial": f"L{n}",
                }
                for n, partner in enumerate(partners)
            ]
        )
        costs = []
        for size in (4, 40):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            counts = partners[:size].mapped("aftersales_asset_count")
            partners[:size].mapped("aftersales_order_count")
            costs.append(self.cr.sql_log_count - before)
            self.assertEqual(counts, [1] * size)
        self.assertEqual(*costs)

    def test_counts_include_contacts_and_sites(self):
        contact = self.env["res.partner"].create(
            {"name": "Site 2", "parent_id": self.customer.id, "type": "delivery"}
        )
        self._create_asset("S2", site_id=contact.id)
        self._create_order(partner_id=contact.id)
        self.assertEqual(self.customer.aftersales_asset_count, 2)
        self.assertEqual(contact.aftersales_asset_count, 1)
        self.assertEqual(self.customer.aftersales_order_count, 1)
        self.assertEqual(contact.aftersales_order_count, 1)
        template = self.server.product_tmpl_id
        self.assertEqual(template.aftersales_asset_count, 2)
        self.assertEqual(self.server.aftersales_asset_count, 2)
        self.assertEqual(template.aftersales_order_count, 1)
        action = self.customer.action_view_aftersales_assets()
        self.assertEqual(self.env["aftersales.asset"].search_count(action["domain"]), 2)

    def test_counts_for_people_without_service_rights(self):
        self.users["operator"].group_ids = [
            Command.set([self.env.ref("base.group_user").id])
        ]
        seen = self.as_user("operator", self.customer)
        self.assertEqual(seen.aftersales_asset_count, 0)
        self.assertEqual(seen.aftersales_order_count, 0)
        self.assertFalse(seen.aftersales_zone_id)
