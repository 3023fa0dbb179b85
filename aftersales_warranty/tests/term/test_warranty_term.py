from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from ..common import WarrantyCommon

D = date.fromisoformat


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestWarrantyTerm(WarrantyCommon):
    # -- versions -----------------------------------------------------------------

    def test_a_warranty_keeps_the_version_it_was_sold_under(self):
        before = self._create_covered("RS-1", D("2026-06-01"))
        version = before.term_id
        self.assertEqual((version.head_id, version.version), (self.term, 1))
        self.as_user("manager", self.term).write({"duration": 24})
        self.assertEqual(self.term.version, 2)
        after = self._create_covered("RS-2", D("2026-06-01"))
        self.assertEqual(before.term_id.duration, 12)
        self.assertEqual((after.term_id.version, after.term_id.duration), (2, 24))
        before._refresh_periods()
        self.assertEqual(before.date_end, D("2027-06-01"))
        self.assertEqual(after.date_end, D("2028-06-01"))

    def test_equal_wording_is_one_version(self):
        first = self._create_covered("RS-1", D("2026-06-01"))
        second = self._create_covered("RS-2", D("2026-06-02"))
        self.assertEqual(first.term_id, second.term_id)

    def test_changed_covers_and_events_are_a_new_version_too(self):
        warranty = self._create_covered("RS-1", D("2026-06-01"))
        line = self.term.line_ids.filtered(lambda row: row.scope == "travel")
        self.as_user("manager", self.term).line_ids = [Command.delete(line.id)]
        self.assertEqual(self.term.version, 2)
        self.assertEqual(len(warranty.scope_ids), 3)
        self._create_covered("RS-2", D("2026-06-01"))
        self.as_user("manager", self.term.event_ids).sequence = 5
        self.assertEqual(self.term.version, 3)

    def test_versions_cannot_be_edited(self):
        version = self._create_covered("RS-1", D("2026-06-01")).term_id
        mine = self.as_user("manager", version)
        with self.assertRaisesRegex(UserError, "cannot change"):
            mine.duration = 36
        with self.assertRaisesRegex(UserError, "cannot change"):
            mine.line_ids[0].share = 50
        with self.assertRaisesRegex(UserError, "cannot change"):
            mine.line_ids[0].unlink()
        with self.assertRaisesRegex(UserError, "cannot change"):
            self.as_user("manager", self.term.line_ids).create(
                [{"term_id": version.id, "scope": "freight"}]
            )
        with self.assertRaisesRegex(UserError, "cannot change"):
            self.as_user("manager", self.term.line_ids[0]).term_id = version
        with self.assertRaisesRegex(UserError, "Versions"):
            self.as_user("manager", self.term).version = 7
        with self.assertRaisesRegex(UserError, "Archive"):
            self.as_user("manager", self.term).unlink()

    def test_only_managers_edit_terms(self):
        for role in ("operator", "supervisor", "technician", "accountant"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, self.term).duration = 24

    # -- the nearest wins ------------------------------------------------------------

    def test_product_then_category_then_company(self):
        terms = self.env["aftersales.warranty.term"]
        grand = self.env["product.category"].create({"name": "Hardware"})
        parent = grand.create({"name": "Servers", "parent_id": grand.id})
        child = grand.create({"name": "Blades", "parent_id": parent.id})
        product = self._create_product("Blade", tracking="serial", categ_id=child.id)
        self.assertFalse(terms._find_term(product, self.company).term)
        self.company.aftersales_term_id = self._create_term("by company")
        match = terms._find_term(product, self.company)
        self.assertEqual((match.term.name, match.source), ("by company", "company"))
        grand.aftersales_term_id = self._create_term("by category")
        match = terms._find_term(product, self.company)
        self.assertEqual((match.source, match.name), ("category", "Hardware"))
        parent.aftersales_term_id = self._create_term("nearer")
        self.assertEqual(terms._find_term(product, self.company).term.name, "nearer")
        product.aftersales_term_id = self._create_term("own")
        match = terms._find_term(product, self.company)
        self.assertEqual((match.term.name, match.source), ("own", "product"))
        template = product.product_tmpl_id
        self.assertEqual(template.aftersales_effective_term_id.name, "own")
        product.aftersales_term_id.active = False
        self.assertEqual(terms._find_term(product, self.company).term.name, "nearer")

    def test_a_term_of_another_company_is_not_ours(self):
        other = self.env["res.company"].create({"name": "Other"})
        category = self.env["product.category"].create({"name": "Servers"})
        product = self._create_product("Blade", categ_id=category.id)
        category.aftersales_term_id = self._create_term("x", company_id=other.id)
        terms = self.env["aftersales.warranty.term"]
        self.assertFalse(terms._find_term(product, self.company).term)
        self.assertTrue(terms._find_term(product, other).term)

    def test_finding_terms_costs_the_same_for_many_products(self):
        terms = self.env["aftersales.warranty.term"]
        category = self.env["product.category"].create({"name": "C"})
        category.aftersales_term_id = self.term
        products = self.env["product.product"].create(
            [{"name": str(n), "categ_id": category.id} for n in range(100)]
        )
        counts = []
        for size in (10, 100):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(
                len(terms._find_terms(products[:size], self.company)), size
            )
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_what_the_supplier_grants_us(self):
        supplier = self.env["res.partner"].create({"name": "Maker"})
        self.env["product.supplierinfo"].create(
            {
                "partner_id": supplier.id,
                "product_tmpl_id": self.machine.product_tmpl_id.id,
                "aftersales_term_id": self.term.id,
            }
        )
        found = self.env["aftersales.warranty.term"]._find_supplier_terms(
            self.machine | self.disk, self.company
        )
        self.assertEqual(found[self.machine], [(supplier, self.term)])
        self.assertEqual(found[self.disk], [])

    # -- wrong input -------------------------------------------------------------------

    def test_wrong_terms_are_refused_in_words(self):
        with self.assertRaisesRegex(ValidationError, "counter"):
            self._create_term("x", counter="km")
        with self.assertRaisesRegex(ValidationError, "only once"):
            self._create_term("x", events=("delivery", "delivery"))
        with self.assertRaisesRegex(ValidationError, "which event"):
            self.term.create([{"name": "x", "event_ids": [Command.clear()]}])
        with self.assertRaisesRegex(ValidationError, "key or wear"):
            self._create_term("x", scopes=[{"scope": "part", "role": "key"}])
        with self.assertRaisesRegex(ValidationError, "Only parts"):
            self._create_term("x", scopes=[{"scope": "labour", "role": "key"}])

    def test_shipped_terms_name_their_source(self):
        shipped = self.env["aftersales.warranty.term"].search(
            [("head_id", "=", False), ("id", "not in", self.term.ids)]
        )
        ours = shipped.filtered(lambda term: term.get_external_id()[term.id])
        self.assertGreaterEqual(len(ours), 11)
        self.assertTrue(all(ours.mapped("legal_source")))
        self.assertTrue(all(term.event_ids and term.line_ids for term in ours))
        self.assertLessEqual({"cn", "eu", "fr"}, set(ours.mapped("jurisdiction")))

    def test_a_copied_term_is_a_term_of_its_own(self):
        self._create_covered("RS-1", D("2026-06-01"))
        copy = self.as_user("manager", self.term).copy()
        self.assertFalse(copy.head_id or copy.version_id)
        self.assertEqual(copy.version, 1)
        self.assertEqual(len(copy.line_ids), 3)
