import doctest
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import BaseCase, Form, new_test_user, tagged

from ...tools import letter as letter_tools
from ...tools import privacy
from ..deposit.test_deposit import DepositCommon

PURCHASING = "aftersales_warranty.aftersales_warranty_group_purchasing"
PDF = (b"%PDF-1.4 paper", "pdf")
ROLES = ("operator", "dispatcher", "supervisor", "technician", "parts", "accountant")


class LetterCommon(DepositCommon):
    """A supplier with an address, its agreement, a purchaser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.letters = cls.env["aftersales.letter"]
        cls.supplier.write({"email": "q@supplier.example", "lang": "en_US"})
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

    def _send_due(self):
        """The background job; papers are not really printed."""
        reports = type(self.env["ir.actions.report"])
        with (
            self.enter_registry_test_mode(),
            patch.object(reports, "_render_qweb_pdf", lambda *args, **kwargs: PDF),
        ):
            self.env.ref(
                "aftersales_warranty.ir_cron_send_letters"
            ).method_direct_trigger()
        self.env.invalidate_all()

    def _mails(self, letter):
        return letter.message_ids.filtered(lambda m: m.message_type == "comment")


@tagged("post_install", "-at_install")
class TestLetterTools(BaseCase):
    def test_the_examples_in_the_tools_hold(self):
        for module in (letter_tools, privacy):
            self.assertFalse(doctest.testmod(module).failed, module.__name__)


@tagged("post_install", "-at_install")
class TestLetter(LetterCommon):
    # -- drafts -------------------------------------------------------------------

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
        for role in ROLES:
            with self.assertRaises(AccessError, msg=role):
                self.letters.with_user(self.users[role]).create(values)
        letter = self.letters.with_user(self.users["purchasing"]).create(values)
        self.assertEqual(letter.user_id, self.users["purchasing"])
        for role in ROLES:
            seen = letter.with_user(self.users[role])
            for action in (seen.action_send, seen.action_fill, seen.action_acknowledge):
                with self.assertRaises(AccessError, msg=role):
                    action()
            with self.assertRaises(AccessError, msg=role):
                seen.action_cancel("no")
            with self.assertRaises(AccessError, msg=role):
                seen._record_delivery({"tracking_number": "1"})
        with self.assertRaises(UserError):
            letter.action_cancel(" ")
        letter.action_cancel("not needed")
        with self.assertRaises(UserError):
            letter.write({"subject": "x"})
        with self.assertRaises(UserError):
            letter.sudo().unlink()

    def test_guarded_fields_refuse_every_role(self):
        letter = self._letter()
        guarded = sorted(self.letters._get_guarded_fields())
        self.assertIn("state", guarded)
        self.assertIn("objection_answer", guarded)
        values = {"kind": "warning", "partner_id": self.supplier.id}
        for role in ("purchasing", "manager", "supervisor"):
            letters = self.letters.with_user(self.users[role])
            for name in guarded:
                with self.assertRaises(AccessError, msg=f"{role} {name}"):
                    call_kw(letters, "write", [letter.ids, {name: False}], {})
                with self.assertRaises(AccessError, msg=f"{role} {name}"):
                    letters.create({**values, name: False})
                with self.assertRaises(AccessError, msg=f"{role} {name}"):
                    letters.with_context(**{f"default_{name}": False}).create(values)
        copy = letter.with_user(self.users["purchasing"]).copy()
        self.assertEqual((copy.name, copy.state, copy.origin), ("/", "draft", False))

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
        theirs.description = "Broken"
        form = Form(theirs.with_user(self.users["purchasing"]))
        self.assertEqual(form.description, "Broken")
        with self.assertRaises(AccessError):
            theirs.with_user(self.users["purchasing"]).action_confirm()
        with self.assertRaises(AccessError):
            theirs.with_user(self.users["purchasing"]).write({"finding": "x"})

    def test_other_companies_see_nothing(self):
        letter = self._letter()
        company = self.env["res.company"].create({"name": "Other"})
        other = new_test_user(
            self.env,
            login="lt_other",
            groups=f"{PURCHASING},aftersales_service.aftersales_service_group_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.assertFalse(self.letters.with_user(other).search([]))
        with self.assertRaises(AccessError):
            letter.with_user(other).action_send()
        with self.assertRaises(UserError):  # the agreement of another company
            self.letters.with_user(other).create(
                {
                    "kind": "demand",
                    "partner_id": self.supplier.id,
                    "deposit_id": self.deposit.id,
                }
            )

    # -- text ---------------------------------------------------------------------

    def test_the_text_comes_from_the_template_in_the_supplier_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        template = self.env.ref("aftersales_warranty.letter_template_award")
        template.with_context(lang="zh_CN").write(
            {"subject": "{period}全年无投诉", "body": "<p>致{supplier}</p>"}
        )
        self.supplier.lang = "zh_CN"
        letter = self._letter(kind="award")
        self.assertEqual(letter.lang, "zh_CN")
        self.assertEqual(letter.subject, "全年无投诉")
        self.assertIn("致Supplier A", letter.body)
        letter.lang = "en_US"
        letter.with_user(self.users["purchasing"]).action_fill()
        self.assertIn("without a complaint", letter.subject)

    def test_values_are_escaped_and_empty_paragraphs_left_out(self):
        self.supplier.name = "<b>A & B</b>"
        letter = self._letter(reason="<script>alert(1)</script>\nline two")
        self.assertNotIn("<script", letter.body)
        self.assertNotIn("<b>A", letter.body)
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;<br>line two", letter.body)
        self.assertNotIn("What comes next", letter.body)
        self.assertNotIn("{", letter.body)
        self.assertEqual(letter.subject, "Warning")

    def test_a_template_knows_its_names(self):
        template = self.env.ref("aftersales_warranty.letter_template_warning")
        with self.assertRaises(ValidationError):
            template.body = "<p>{password}</p>"
        with self.assertRaises(AccessError):
            template.with_user(self.users["supervisor"]).subject = "x"
        template.with_user(self.users["purchasing"]).subject = "About {issue}"
        self.assertIn("{amount}", template.placeholder_help)

    def test_the_company_text_goes_first(self):
        shared = self.env.ref("aftersales_warranty.letter_template_warning")
        shared.copy({"company_id": self.company.id, "subject": "Own {supplier}"})
        self.assertEqual(self._letter().subject, "Own Supplier A")
        other = self.env["res.company"].create({"name": "Other"})
        self.assertNotIn("Own", self._letter(company_id=other.id).subject)

    # -- sending ------------------------------------------------------------------

    def test_a_letter_is_numbered_and_mailed_once(self):
        letter = self._letter().with_user(self.users["purchasing"])
        self.assertEqual(letter.name, "/")
        letter.action_send()
        self.assertRegex(letter.name, r"^SL/\d{4}/00001$")
        self.assertEqual((letter.state, letter.channel), ("sent", "email"))
        self.assertEqual(letter.issued_by_id, self.users["purchasing"])
        self.assertFalse(self._mails(letter))
        with self.assertRaises(UserError):
            letter.action_send()
        self._send_due()
        self._send_due()
        mail = self._mails(letter)
        self.assertEqual(len(mail), 1)
        self.assertIn(letter.name, mail.subject)
        self.assertEqual(mail.notified_partner_ids, self.supplier)
        self.assertEqual(mail.attachment_ids.raw, PDF[0])
        self.assertEqual(letter.dispatch_state, "done")
        with self.assertRaises(UserError):
            letter.write({"body": "<p>other</p>"})
        with self.assertRaises(UserError):
            letter.action_send_again()

    def test_many_letters_at_once_and_who_has_no_address_is_named(self):
        letters = self.letters.union(*(self._letter() for _number in range(3)))
        nowhere = self._create_supplier("No mail")
        more = letters | self._letter(partner_id=nowhere.id)
        with self.assertRaisesRegex(UserError, "No mail"):
            more.with_user(self.users["purchasing"]).action_send()
        self.assertEqual(set(more.mapped("state")), {"draft"})
        letters.with_user(self.users["manager"]).action_send()
        numbers = [letter.name[-5:] for letter in letters.sorted("id")]
        self.assertEqual(numbers, ["00001", "00002", "00003"])
        self._send_due()
        self.assertEqual(set(letters.mapped("dispatch_state")), {"done"})

    def test_each_company_has_its_own_series(self):
        other = self.env["res.company"].create({"name": "Other"})
        first = self._letter()
        second = self._letter(company_id=other.id)
        (first | second).action_send()
        self.assertEqual(first.name[-5:], second.name[-5:])
        third = self._letter()
        third.action_send()
        self.assertEqual(third.name[-5:], "00002")

    def test_what_breaks_waits_and_the_others_go_out(self):
        bad, good = self._letter(), self._letter()
        (bad | good).with_user(self.users["purchasing"]).action_send()
        dispatch = type(self.letters)._make_document

        def break_one(letter):
            if letter == bad:
                raise UserError("no paper")  # pylint: disable=translation-required
            dispatch(letter)

        with patch.object(type(self.letters), "_make_document", break_one):
            self._send_due()
        self.assertEqual(bad.dispatch_state, "failed")
        self.assertIn("no paper", bad.dispatch_error)
        self.assertEqual(bad.activity_ids.user_id, self.users["purchasing"])
        self.assertEqual(good.dispatch_state, "done")
        bad.with_user(self.users["purchasing"]).action_send_again()
        self._send_due()
        self.assertEqual(bad.dispatch_state, "done")
        self.assertEqual(len(self._mails(bad)), 1)

    def test_on_paper_with_proof_of_delivery(self):
        letter = self._letter()
        purchasing = self.env["aftersales.letter.delivery"].with_user(
            self.users["purchasing"]
        )
        context = {"active_ids": letter.ids}
        wizard = purchasing.with_context(**context).create({"channel": "registered"})
        self.assertTrue(wizard.is_new)
        action = wizard.action_apply()
        self.assertEqual(action["type"], "ir.actions.report")
        self.assertEqual((letter.state, letter.channel), ("sent", "registered"))
        values = {
            "channel": "registered",
            "tracking_number": "XA123",
            "delivered_on": fields.Date.today(),
            "delivered_to": "Ms Li",
            "proof": b"UE5H",
            "proof_name": "slip.png",
        }
        purchasing.with_context(**context).create(values).action_apply()
        self.assertEqual(letter.tracking_number, "XA123")
        self.assertTrue(letter.proof)
        late = fields.Date.today() + timedelta(days=1)
        with self.assertRaises(UserError):
            letter._record_delivery({"delivered_on": late})
        letter.with_user(self.users["purchasing"]).action_acknowledge()
        self.assertEqual(letter.state, "acknowledged")
        self.assertEqual(letter.acknowledged_by_id, self.supplier)

    def test_what_has_gone_out_is_taken_back_by_a_manager(self):
        letter = self._letter(origin="penalty:9")
        letter.action_send()
        with self.assertRaises(AccessError):
            letter.with_user(self.users["purchasing"]).action_cancel("mistake")
        letter.with_user(self.users["manager"]).action_cancel("mistake")
        self.assertEqual(letter.state, "cancelled")
        other = self._letter(origin="penalty:10")
        other.action_send()
        draft = self._letter(origin="penalty:11")
        back = (other | draft)._revoke("complaint withdrawn")
        self.assertEqual((other | draft).mapped("state"), ["cancelled"] * 2)
        self.assertEqual((back.kind, back.supersedes_id), ("revocation", other))
        self.assertIn(other.name, back.body)
        self.assertIn("complaint withdrawn", back.body)

    # -- objections ---------------------------------------------------------------

    def test_an_objection_is_made_once_and_answered(self):
        letter = self._letter(user_id=self.users["purchasing"].id)
        self.assertFalse(letter._object(self.supplier, "not ours"))
        letter.action_send()
        self.assertFalse(letter._object(self.supplier, ""))
        self.assertTrue(letter._acknowledge(self.supplier))
        self.assertFalse(letter._acknowledge(self.supplier))
        self.assertTrue(letter._object(self.supplier, "not ours"))
        self.assertFalse(letter._object(self.supplier, "again"))
        self.assertEqual((letter.state, letter.objection), ("objected", "not ours"))
        self.assertEqual(letter.activity_ids.user_id, self.users["purchasing"])
        seen = letter.with_user(self.users["purchasing"])
        with self.assertRaises(UserError):
            seen.action_answer_objection(" ")
        seen.action_answer_objection("See the photos")
        self.assertFalse(letter.activity_ids)
        self.assertEqual(letter._get_supplier_values()["objection_answer"][:3], "See")
        with self.assertRaises(UserError):
            seen.action_answer_objection("once more")


@tagged("post_install", "-at_install")
class TestDepositLetters(LetterCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._book("receipt", 50000)

    def _find(self, kind, **values):
        domain = [("kind", "=", kind), ("partner_id", "=", self.supplier.id)]
        domain += [(name, "=", value) for name, value in values.items()]
        return self.letters.search(domain, order="id")

    def test_every_deduction_gets_its_notice(self):
        entry = self._propose("penalty", 3000, evidence="Photos of 3 May\nLot 7")
        self.assertFalse(self._find("set_off"))
        entry.action_approve()
        notice = self._find("set_off")
        self.assertEqual((notice.amount, notice.entry_id), (3000.0, entry))
        for text in ("3,000.00", "Photos of 3 May", "Lot 7", "Article 568"):
            self.assertIn(text, notice.body)
        self.assertNotIn("Taken from the deposit", notice.body)
        entry.action_post()
        self.assertEqual(self._find("set_off"), notice)
        self.assertIn("Taken from the deposit", notice.body)
        self.assertIn("47,000.00", notice.body)
        for kind in ("claim", "forfeiture"):
            self._book(kind, 1000)
        self.assertEqual(len(self._find("set_off")), 3)
        self.assertEqual(self._find("set_off")[-1].amount, 46000.0)
        self._book("top_up", 100)
        self.assertEqual(len(self._find("set_off")), 3)

    def test_what_exceeds_the_deposit_is_named(self):
        self._book("penalty", 60000)
        body = self._find("set_off").body
        self.assertIn("50,000.00", body)
        self.assertIn("10,000.00", body)
        self.assertIn("pay it without delay", body)

    def test_an_approval_taken_back_takes_the_notice_back(self):
        entry = self._propose("penalty", 3000)
        entry.action_approve()
        draft = self._find("set_off")
        entry.action_withdraw("wrong amount")
        self.assertEqual(draft.state, "cancelled")
        entry.amount = 2000
        entry.action_approve()
        second = self._find("set_off") - draft
        self.assertEqual(second.amount, 2000.0)
        second.action_send()
        entry.action_cancel("complaint withdrawn")
        self.assertEqual(second.state, "cancelled")
        self.assertEqual(self._find("revocation").supersedes_id, second)

    def test_what_is_given_back_is_told(self):
        entry = self._book("penalty", 3000)
        notice = self._find("set_off")
        entry.action_reverse("one serial was not theirs", 1000)
        self.assertEqual((notice.state, notice.amount), ("draft", 2000.0))
        notice.action_send()
        entry.action_reverse("appeal upheld")
        self.assertEqual(notice.state, "cancelled")
        back = self._find("revocation")
        self.assertEqual(back.amount, 2000.0)
        self.assertIn("appeal upheld", back.body)

    def test_a_demand_writes_its_letter_and_a_higher_one_replaces_it(self):
        self._book("penalty", 20000)
        letter = self._find("demand")
        self.assertEqual(letter.amount, 20000.0)
        self.assertEqual(letter.due_on, self.deposit.demand_due_on)
        self.assertIn("20,000.00", letter.body)
        self._book("penalty", 1000)
        self.assertEqual(self._find("demand"), letter)
        self.assertEqual(letter.amount, 21000.0)
        letter.action_send()
        self._book("penalty", 1000)
        second = self._find("demand") - letter
        self.assertEqual((second.amount, second.supersedes_id), (22000.0, letter))
        self.assertIn(letter.name, second.body)
        self._book("top_up", 22000)
        self.assertEqual(second.state, "cancelled")
        self.assertEqual(letter.state, "sent")

    def test_the_desk_shows_the_last_letter_with_few_queries(self):
        self.assertFalse(self.deposit.last_letter)
        letter = self._letter()
        letter.action_send()
        self.deposit.invalidate_recordset()
        self.assertIn(letter.name, self.deposit.last_letter)
        suppliers = [self._create_supplier(f"S{n}", email="a@b.c") for n in range(20)]
        deposits = self.env["aftersales.deposit"].union(
            *(self._create_deposit(s, start=False) for s in suppliers)
        )
        self.letters.union(
            *(self._letter(partner_id=s.id) for s in suppliers)
        ).action_send()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(20):
            self.assertTrue(all(deposits.mapped("last_letter")))
