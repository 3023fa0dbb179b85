from odoo.tests import BaseCase, tagged

from ...tools.phone import phone_needle, split_extension
from ..common import AftersalesCommon

WRITTEN = (
    "8657188001234",
    "86-571-88001234",
    "+86 571 8800 1234",
    "008657188001234",
    "0571-88001234",
    "0571–88001234",
    "０５７１－８８００１２３４",
    "0571-88001234转801",
    "0571-88001234 转 801",
    "(0571) 8800 1234 ext. 801",
    "0571-88001234x801",
    "tel:+86-571-88001234",
    "'+86 571 88001234",
)


@tagged("post_install", "-at_install")
class TestPhone(BaseCase):
    def test_one_number_however_it_is_shown(self):
        for text in WRITTEN:
            self.assertEqual(phone_needle(text, 86), "57188001234", text)
        for text in ("8613800138011", "+86 138 0013 8011", "13800138011"):
            self.assertEqual(phone_needle(text, 86), "13800138011", text)

    def test_our_own_numbers_may_begin_like_the_country(self):
        self.assertEqual(phone_needle("86571", 86), "86571")
        self.assertEqual(phone_needle("8600 2100", 86), "86002100")

    def test_extension_is_kept(self):
        for text in ("0571-88001234转801", "0571-88001234 ext. 801"):
            self.assertEqual(split_extension(text), ("0571-88001234", "801"))
        self.assertEqual(split_extension("X3650"), ("X3650", ""))

    def test_no_number(self):
        for text in ("SN-001", "X3650 x8", "转801", ""):
            self.assertEqual(phone_needle(text, 86), "", text)


@tagged("post_install", "-at_install")
class TestCallerIsFound(AftersalesCommon):
    def test_both_ways(self):
        """Stored and typed in any of the ways, at the desk and in the contacts."""
        self.company.country_id = self.env.ref("base.cn")
        desk = self.env["aftersales.call.desk"].with_user(self.users["operator"])
        for stored in WRITTEN:
            self.customer.phone = stored
            for typed in WRITTEN:
                with self.subTest(stored=stored, typed=typed):
                    hits = [hit["partner_id"] for hit in desk.lookup(typed)]
                    self.assertIn(self.customer.id, hits)
            found = self.env["res.partner"].name_search("86-571-88001234")
            self.assertIn(self.customer.id, [found_id for found_id, _name in found])
