from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import WarrantyCommon

PURCHASING = "aftersales_warranty.aftersales_warranty_group_purchasing"


class LetterCommon(WarrantyCommon):
    """A supplier, a purchaser and one way to draft letters."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.letters = cls.env["aftersales.letter"]
        cls.supplier = cls.env["res.partner"].create(
            {"name": "Hengda Power", "is_company": True, "email": "q@hengda.example"}
        )
        cls.users["purchasing"] = new_test_user(
            cls.env,
            login="lt_purchasing",
            groups=PURCHASING,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def _letter(cls, **values):
        return cls.letters._draft(
            [
                {
                    "kind": "warning",
                    "partner_id": cls.supplier.id,
                    "company_id": cls.company.id,
                    **values,
                }
            ]
        )


@tagged("post_install", "-at_install")
class TestLetter(LetterCommon):
    def test_the_same_origin_is_drafted_once(self):
        contact = self.env["res.partner"].create(
            {"name": "Ms Li", "parent_id": self.supplier.id}
        )
        values = {
            "kind": "warning",
            "partner_id": contact.id,
            "company_id": self.company.id,
        }
        first, second, again, free = self.letters._draft(
            [
                {**values, "origin": "penalty:1"},
                {**values, "origin": "penalty:2"},
                {**values, "origin": "penalty:1"},
                values,
            ]
        )
        self.assertEqual(first, again)
        self.assertEqual(len(first | second | free), 3)
        self.assertEqual(first.partner_id, self.supplier)
        self.assertEqual(self._letter(origin="penalty:2"), second)

    def test_a_cancelled_letter_can_be_written_again(self):
        first = self._letter(origin="penalty:1")
        first._cancel("complaint withdrawn")
        self.assertEqual(first.state, "cancelled")
        self.assertEqual(first.cancel_reason, "complaint withdrawn")
        second = self._letter(origin="penalty:1")
        self.assertNotEqual(first, second)
        first._cancel("again")
        self.assertEqual(first.cancel_reason, "complaint withdrawn")

    def test_only_purchasing_and_managers_write(self):
        values = {"kind": "warning", "partner_id": self.supplier.id}
        for role in ("operator", "supervisor", "technician", "accountant"):
            with self.assertRaises(AccessError, msg=role):
                self.letters.with_user(self.users[role]).create(values)
        letter = self.letters.with_user(self.users["purchasing"]).create(values)
        self.assertEqual(letter.user_id, self.users["purchasing"])
        with self.assertRaises(UserError):
            letter.action_cancel(" ")
        letter.action_cancel("not needed")
        with self.assertRaises(UserError):
            letter.write({"subject": "x"})
        with self.assertRaises(UserError):
            letter.sudo().unlink()

    def test_purchasing_sees_complaints_about_suppliers_only(self):
        complaints = self.env["aftersales.complaint"]
        ours, theirs = complaints.create(
            [
                {"partner_id": self.customer.id},
                {"partner_id": self.customer.id, "supplier_id": self.supplier.id},
            ]
        )
        seen = complaints.with_user(self.users["purchasing"])
        self.assertEqual(seen.search([("id", "in", (ours | theirs).ids)]), theirs)
        with self.assertRaises(AccessError):
            theirs.with_user(self.users["purchasing"]).action_confirm()
