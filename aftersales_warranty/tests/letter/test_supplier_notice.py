from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import Form, new_test_user, tagged

from .test_letter import PURCHASING, LetterCommon


@tagged("post_install", "-at_install")
class TestSupplierNotice(LetterCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.notices = cls.env["aftersales.supplier.notice"]
        cls.server.seller_ids = [Command.create({"partner_id": cls.supplier.id})]
        cls.order = cls._create_order(contact_name="Ms Cui", description="Amber light")

    def _open(self, source, role="supervisor"):
        """The prefilled form, saved."""
        action = self.as_user(role, source).action_ask_supplier()
        return Form(
            self.notices.with_user(self.users[role]).with_context(**action["context"])
        )

    def _notice(self, **values):
        return self.notices.create(
            {
                "partner_id": self.supplier.id,
                "product_id": self.disk.id,
                "fault": "Does not spin",
                "address": "Hall 3",
                "contact": "Ms Cui",
                "due_at": fields.Datetime.now() + timedelta(days=2),
                "user_id": self.users["purchasing"].id,
                **values,
            }
        )

    def test_one_click_on_the_order_fills_in_everything_known(self):
        form = self._open(self.order)
        self.assertEqual(form.partner_id, self.supplier)
        self.assertEqual(form.product_id, self.server)
        self.assertEqual(form.serials, "7979Q7C-01")
        self.assertIn("Amber light", form.fault)
        self.assertIn("Data Centre A", form.address)
        self.assertIn("Ms Cui", form.contact)
        form.due_at = fields.Datetime.now() + timedelta(days=1)
        notice = form.save()
        self.assertEqual(notice.order_id, self.order)
        self.assertEqual(notice.team_id, self.order.team_id)
        self.assertEqual(self.as_user("supervisor", self.order).notice_count, 1)
        notice.action_send()
        self.assertEqual(notice.state, "sent")

    def test_one_click_on_the_complaint_as_purchasing(self):
        complaint = self.env["aftersales.complaint"].create(
            {
                "partner_id": self.customer.id,
                "supplier_id": self.supplier.id,
                "order_id": self.order.id,
                "description": "Broken again",
            }
        )
        form = self._open(complaint, "purchasing")
        self.assertEqual(form.fault, "Broken again")
        form.due_at = fields.Datetime.now() + timedelta(days=1)
        notice = form.save()
        self.assertFalse(notice.order_id)  # purchasing reads no orders
        self.assertEqual(notice.complaint_id, complaint)
        self.assertEqual(notice.user_id, self.users["purchasing"])
        with self.assertRaises(AccessError):
            notice.order_id = self.order.id

    def test_the_letter_says_all_and_the_deadline_is_a_task(self):
        notice = self._notice(serials="D-1, D-2", quantity=2).with_user(
            self.users["purchasing"]
        )
        notice.action_send()
        letter = notice.letter_id
        self.assertEqual((letter.kind, letter.state), ("service_request", "sent"))
        for text in ("Does not spin", "Hall 3", "Ms Cui", "D-1, D-2", notice.name):
            self.assertIn(text, letter.body)
        self.assertNotIn("{", letter.body)
        task = notice.activity_ids
        self.assertEqual(task.user_id, self.users["purchasing"])
        self.assertEqual(
            task.date_deadline, notice.company_id._aftersales_day(notice.due_at)
        )
        with self.assertRaises(UserError):
            notice.action_send()
        with self.assertRaises(UserError):
            notice.fault = "other"

    def test_what_is_missing_is_named(self):
        notice = self._notice(fault=False, contact=False)
        with self.assertRaisesRegex(UserError, "Fault, Contact"):
            notice.action_send()
        late = self._notice(due_at=fields.Datetime.now() - timedelta(hours=1))
        with self.assertRaisesRegex(UserError, "past"):
            late.action_send()
        nowhere = self._notice(partner_id=self._create_supplier("No mail").id)
        with self.assertRaisesRegex(UserError, "No mail"):
            nowhere.action_send()
        nowhere.action_send_on_paper()
        self.assertEqual(nowhere.letter_id.channel, "registered")

    def test_an_answer_by_phone(self):
        notice = self._notice()
        notice.action_send()
        wizards = self.env["aftersales.supplier.notice.answer"].with_user(
            self.users["purchasing"]
        )
        wizard = wizards.create({"notice_id": notice.id, "decision": "accept"})
        with self.assertRaises(UserError):
            wizard.action_apply()
        wizard.planned_on = fields.Date.today() + timedelta(days=1)
        wizard.action_apply()
        self.assertEqual(notice.state, "accepted")
        self.assertEqual(notice.letter_id.state, "acknowledged")
        second = self._notice()
        second.action_send()
        wizards.create(
            {"notice_id": second.id, "decision": "refuse", "reason": "not ours"}
        ).action_apply()
        self.assertEqual((second.state, second.refusal), ("refused", "not ours"))
        self.assertEqual(len(second.activity_ids), 2)
        second.with_user(self.users["purchasing"]).action_done("our people did it")
        self.assertFalse(second.activity_ids)
        self.assertEqual(second.outcome, "our people did it")

    def test_overdue_ones_are_listed_until_they_end(self):
        notice = self._notice()
        notice.action_send()
        overdue = [("is_overdue", "=", True)]
        self.assertNotIn(notice, self.notices.search(overdue))
        notice.sudo().due_at = fields.Datetime.now() - timedelta(minutes=1)
        self.assertTrue(notice.is_overdue)
        self.assertIn(notice, self.notices.search(overdue))
        with self.assertRaises(UserError):
            notice.action_cancel(" ")
        notice.with_user(self.users["supervisor"]).action_cancel("solved by phone")
        self.assertNotIn(notice, self.notices.search(overdue))
        self.assertEqual(notice.letter_id.state, "cancelled")
        back = self.letters.search([("supersedes_id", "=", notice.letter_id.id)])
        self.assertIn("solved by phone", back.body)

    def test_who_may_do_what(self):
        notice = self._notice()
        for role in ("operator", "dispatcher", "accountant"):
            with self.assertRaises(AccessError, msg=role):
                self.as_user(role, notice).action_send()
            with self.assertRaises(AccessError, msg=role):
                self.as_user(role, notice).action_cancel("x")
        for role in ("technician", "parts"):
            with self.assertRaises(AccessError, msg=role):
                self.as_user(role, notice).read(["name"])
        with self.assertRaises(AccessError):
            self.as_user("operator", self.order).action_ask_supplier()
        self.order.sudo().write({"state": "closed"})
        with self.assertRaises(UserError):
            self.as_user("supervisor", self.order).action_ask_supplier()
        with self.assertRaises(UserError):
            notice.sudo().unlink()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="sn_other",
            groups=PURCHASING,
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.notices.with_user(stranger).search([]))

    def test_other_service_points_see_nothing(self):
        notice = self._notice(order_id=self.order.id)
        point = new_test_user(
            self.env,
            login="sn_point",
            groups="aftersales_service.aftersales_service_group_supervisor",
            company_id=self.company.id,
        )
        with self.assertRaises(AccessError):
            notice.with_user(point).action_send()

    def test_guarded_fields_refuse_every_role(self):
        notice = self._notice()
        values = {"partner_id": self.supplier.id}
        for role in ("purchasing", "supervisor", "manager"):
            notices = self.notices.with_user(self.users[role])
            for name in sorted(self.notices._get_guarded_fields()):
                with self.assertRaises(AccessError, msg=f"{role} {name}"):
                    call_kw(notices, "write", [notice.ids, {name: False}], {})
                with self.assertRaises(AccessError, msg=f"{role} {name}"):
                    notices.with_context(**{f"default_{name}": False}).create(values)
        copy = notice.with_user(self.users["purchasing"]).copy()
        self.assertEqual((copy.state, copy.letter_id.id), ("draft", False))
