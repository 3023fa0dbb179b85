# Words of a test are no terms. pylint: disable=translation-required
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import get_public_method
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ...models.complaint.aftersales_complaint_calling import CALL, DEPUTY
from ..common import GROUP, AftersalesCommon


class ComplaintCommon(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.supervisor_id = cls.users["supervisor"]
        cls.customer.email = "cui@dca.example"
        cls.category = cls.env["aftersales.complaint.category"].create(
            {"name": "Late repair (test)", "about": "service"}
        )
        cls.unit = cls.env["aftersales.unit"].create({"name": "Service (test)"})
        cls.supplier = cls.env["res.partner"].create(
            {"name": "Supplier S1", "is_company": True}
        )
        cls.complaint = cls._create_complaint()

    @classmethod
    def _complaint_values(cls, **values):
        return {
            "partner_id": cls.customer.id,
            "asset_id": cls.asset.id,
            "category_id": cls.category.id,
            "description": "Nobody came",
            "team_id": cls.team.id,
            "company_id": cls.company.id,
            **values,
        }

    @classmethod
    def _create_complaint(cls, **values):
        return cls.env["aftersales.complaint"].create(cls._complaint_values(**values))

    @classmethod
    def _by(cls, role, complaint=None):
        return cls.as_user(role, complaint or cls.complaint)

    def _settle(self, complaint):
        """Bring a complaint to its end as the supervisor does."""
        own = self._by("supervisor", complaint)
        own.action_confirm("Nobody was sent", True, self.unit.id)
        own.action_register_call("Wants an apology")
        own.action_answer("We are sorry", "phone")
        own.write({"cause": "Forgotten", "correction": "Sent", "prevention": "A list"})
        own.action_resolve()
        return own

    def _tasks(self, complaint, kind):
        kind = self.env.ref(kind)
        return complaint.activity_ids.filtered(lambda a: a.activity_type_id == kind)


@tagged("post_install", "-at_install")
class TestComplaint(ComplaintCommon):
    # -- what fills itself in -----------------------------------------------------

    def test_number_and_proposals(self):
        complaint = self.complaint
        self.assertRegex(complaint.name, "^CP/")
        self.assertEqual(complaint.about, "service")
        self.assertEqual(complaint.product_id, self.server)
        self.assertEqual(complaint.phone, self.customer.phone)
        self.assertEqual(complaint.state, "new")

    def test_somebody_who_comes_stands_at_the_counter(self):
        self.assertEqual(self._create_complaint(channel="walk_in").place, "counter")
        self.assertEqual(self._create_complaint(channel="letter").place, "remote")

    def test_operator_registers_from_an_order_with_one_click(self):
        order = self._create_order(
            technician_id=self.technician.id, contact_name="Ms Cui"
        )
        own = self._by("operator", order)
        action = own.action_create_complaint()
        form = Form(
            self.env["aftersales.complaint"]
            .with_user(self.users["operator"])
            .with_context(**action["context"])
        )
        form.description = "Came late"
        complaint = form.save()
        self.assertEqual(complaint.order_id, order)
        self.assertEqual(complaint.partner_id, self.customer)
        self.assertEqual(complaint.asset_id, self.asset)
        self.assertEqual(complaint.contact_name, "Ms Cui")
        self.assertEqual(complaint.technician_ids, self.technician)
        self.assertEqual(own.complaint_count, 1)

    def test_machine_of_another_customer_is_refused(self):
        other = self.env["res.partner"].create({"name": "B", "is_company": True})
        with self.assertRaisesRegex(ValidationError, "belongs to"):
            self._create_complaint(partner_id=other.id)

    def test_not_received_in_the_future(self):
        tomorrow = fields.Datetime.now() + timedelta(days=1)
        with self.assertRaises(ValidationError):
            self._create_complaint(received_at=tomorrow)

    # -- the way of a complaint ---------------------------------------------------

    def test_supervisor_handles_a_complaint(self):
        own = self._settle(self.complaint)
        self.assertEqual(own.state, "resolved")
        self.assertEqual(own.confirmed_by_id, self.users["supervisor"])
        self.assertEqual(own.resolved_by_id, self.users["supervisor"])
        self.assertTrue(own.answer_at)
        self.assertTrue(own.resolve_at)
        self.assertFalse(self._tasks(own, CALL))
        self.assertIn("We are sorry", str(own.message_ids.mapped("body")))

    def test_confirming_names_everything_missing(self):
        bare = self._create_complaint(category_id=False)
        own = self._by("supervisor", bare)
        own.at_fault = True
        with self.assertRaises(UserError) as caught:
            own.action_confirm()
        for word in ("issue", "looking into it", "unit"):
            self.assertIn(word, str(caught.exception))
        self.assertEqual(own.state, "new")

    def test_resolving_names_everything_missing(self):
        own = self._by("supervisor")
        own.action_confirm("Seen", False)
        with self.assertRaises(UserError) as caught:
            own.action_resolve()
        for word in ("answer", "cause", "correction", "prevention", "call or visit"):
            self.assertIn(word, str(caught.exception))
        self.assertEqual(own.state, "confirmed")

    def test_a_new_complaint_is_not_resolved(self):
        with self.assertRaises(UserError):
            self._by("supervisor").action_resolve()

    def test_an_answer_before_confirmation_confirms_nothing(self):
        own = self._by("supervisor")
        own.action_answer("We are looking into it", "phone")
        self.assertEqual(own.state, "new")
        self.assertTrue(own.answer_at)
        own.action_confirm("Seen", False)
        self.assertEqual(own.state, "answered")

    def test_written_answer_is_sent_to_the_customer(self):
        own = self._by("supervisor")
        own.action_answer("A new disk is on its way", "email")
        message = own.message_ids.filtered(
            lambda m: "on its way" in str(m.body) and self.customer in m.partner_ids
        )
        self.assertEqual(len(message), 1)
        self.assertFalse(message.is_internal)
        self.assertEqual(message.author_id, self.users["supervisor"].partner_id)

    def test_written_answer_needs_an_address(self):
        self.customer.email = False
        with self.assertRaisesRegex(UserError, "e-mail"):
            self._by("supervisor").action_answer("Text", "email")
        self.assertFalse(self.complaint.answer_at)

    def test_empty_or_unknown_answer_is_refused(self):
        for text, channel in (("", "phone"), ("  \x00 ", "phone"), ("x", "smoke")):
            with self.subTest(text=text), self.assertRaises(UserError):
                self._by("supervisor").action_answer(text, channel)

    def test_answer_of_a_megabyte_is_cut(self):
        own = self._by("supervisor")
        own.action_answer("x\x00" * 600000, "phone")
        self.assertEqual(len(own.answer_text), 10000)

    def test_reject_withdraw_reopen_need_a_reason(self):
        own = self._by("supervisor")
        for method in ("action_reject", "action_withdraw"):
            with self.assertRaisesRegex(UserError, "reason"):
                getattr(own, method)(" ")
        own.action_reject("Another brand")
        self.assertEqual((own.state, own.closing_reason), ("rejected", "Another brand"))
        self.assertTrue(self._tasks(own, CALL), "the customer is still told")
        with self.assertRaisesRegex(UserError, "reason"):
            own.action_reopen()
        own.action_reopen("It is ours")
        self.assertEqual(own.state, "new")
        self.assertFalse(own.resolve_at)

    def test_reasons_are_asked_by_the_dialog(self):
        dialog = (
            self.env["aftersales.reason"]
            .with_user(self.users["supervisor"])
            .create(
                {
                    "reason": "Solved itself",
                    "res_model": "aftersales.complaint",
                    "res_ids": self.complaint.ids,
                    "method": "action_withdraw",
                }
            )
        )
        dialog.action_confirm()
        self.assertEqual(self.complaint.state, "withdrawn")

    def test_a_settled_complaint_is_withdrawn_or_moved_with_a_reason(self):
        own = self._settle(self.complaint)
        own.action_change_supplier(self.supplier.id, "Their part")
        self.assertEqual(own.supplier_id, self.supplier)
        own.action_withdraw("The customer was wrong")
        self.assertEqual(own.state, "withdrawn")
        with self.assertRaises(UserError):
            own.action_change_supplier(False, "None after all")

    def test_a_settled_complaint_does_not_change(self):
        own = self._settle(self.complaint)
        for values in ({"description": "x"}, {"cause": "x"}, {"at_fault": False}):
            with self.assertRaisesRegex(UserError, "settled"):
                own.write(values)

    def test_reopened_it_counts_again(self):
        own = self._settle(self.complaint)
        own.action_reopen("Happened again")
        self.assertEqual(own.state, "confirmed")
        self.assertTrue(own.confirmed_at)

    def test_hooks_are_called(self):
        calls = []
        cls = self.registry["aftersales.complaint"]
        for hook in ("_after_confirm", "_after_withdraw", "_after_supplier_change"):
            self.patch(
                cls, hook, lambda records, *args, name=hook: calls.append((name, args))
            )
        own = self._by("supervisor")
        own.action_confirm("Seen", False)
        own.action_change_supplier(self.supplier.id, "Theirs")
        own.action_withdraw("No")
        self.assertEqual(
            calls,
            [
                ("_after_confirm", ()),
                ("_after_supplier_change", (self.env["res.partner"],)),
                ("_after_withdraw", ()),
            ],
        )

    # -- supplier -----------------------------------------------------------------

    def test_supplier_is_free_while_new_then_moved_with_a_reason(self):
        own = self._by("supervisor")
        own.supplier_id = self.supplier
        own.action_confirm("Seen", False)
        with self.assertRaisesRegex(UserError, "Move to another supplier"):
            own.supplier_id = False
        with self.assertRaisesRegex(UserError, "reason"):
            own.action_change_supplier(False, "")
        own.action_change_supplier(False, "Not theirs")
        self.assertFalse(own.supplier_id)
        bodies = str(own.message_ids.mapped("body"))
        self.assertIn("Supplier S1", bodies)
        self.assertIn("Not theirs", bodies)

    # -- service order ------------------------------------------------------------

    def test_it_starts_one_order_however_often_one_clicks(self):
        own = self._by("operator")
        first = own.action_create_order()["res_id"]
        self.assertEqual(own.action_create_order()["res_id"], first)
        order = self.env["aftersales.order"].browse(first)
        self.assertEqual(order.origin_complaint_id, self.complaint)
        self.assertEqual(order.asset_id, self.asset)
        self.assertEqual(own.started_order_count, 1)

    def test_a_settled_complaint_starts_nothing(self):
        own = self._settle(self.complaint)
        with self.assertRaises(UserError):
            own.action_create_order()

    # -- deletion -----------------------------------------------------------------

    def test_only_new_ones_are_deleted_and_by_the_manager(self):
        with self.assertRaises(AccessError):
            self._by("supervisor").unlink()
        confirmed = self._create_complaint()
        self._by("supervisor", confirmed).action_confirm("Seen", False)
        with self.assertRaisesRegex(UserError, "looked into"):
            self._by("manager", confirmed).unlink()
        self._by("manager").unlink()
        self.assertFalse(self.complaint.exists())

    def test_file_of_complaints_is_imported(self):
        names = ["partner_id", "category_id", "about", "channel", "received_at"]
        names += ["description", "seriousness"]
        group = self.category.create({"name": "Group (test)"})
        self.category.parent_id = group
        row = ["Data Centre A", "Group (test) / Late repair (test)", "Service"]
        row += ["Letter", "2026-01-08 09:30:00", "Too late", "Serious"]
        complaints = self.env["aftersales.complaint"].with_user(self.users["operator"])
        loaded = complaints.load(names, [row, [*row[:1], "", *row[2:]]])
        self.assertFalse(loaded["messages"])
        first, second = complaints.browse(loaded["ids"])
        self.assertEqual(first.category_id, self.category)
        self.assertEqual((first.channel, first.seriousness), ("letter", "serious"))
        self.assertFalse(second.category_id)
        self.assertTrue(first.activity_ids)
        refused = complaints.load([*names, "state"], [[*row, "Resolved"]])
        self.assertFalse(refused["ids"])

    def test_issue_in_use_is_archived_not_deleted(self):
        with self.assertRaisesRegex(UserError, "Archive"):
            self.category.unlink()
        with self.assertRaisesRegex(UserError, "Recursion"):
            child = self.category.create({"name": "x", "parent_id": self.category.id})
            self.category.parent_id = child


@tagged("post_install", "-at_install")
class TestComplaintCalls(ComplaintCommon):
    def test_every_complainant_is_a_task_of_the_supervisor(self):
        task = self._tasks(self.complaint, CALL)
        self.assertEqual(task.user_id, self.users["supervisor"])
        self.assertFalse(self._tasks(self.complaint, DEPUTY))
        self.assertTrue(self.complaint.is_call_open)
        found = self.env["aftersales.complaint"].search([("is_call_open", "=", True)])
        self.assertIn(self.complaint, found)

    def test_without_supervisor_somebody_else_gets_the_task(self):
        self.team.supervisor_id = False
        task = self._tasks(self._create_complaint(), CALL)
        self.assertTrue(task.user_id.has_group(f"{GROUP}supervisor"))

    def test_call_is_on_record_and_ends_the_task(self):
        own = self._by("supervisor")
        own.action_register_call("Angry, wants a visit", "visit")
        call = own.call_ids
        self.assertEqual((call.kind, call.user_id), ("visit", own.env.user))
        self.assertTrue(own.called_at)
        self.assertFalse(self._tasks(own, CALL))
        self.assertFalse(own.is_call_open)

    def test_ticking_the_task_off_is_a_call_too(self):
        task = self._tasks(self.complaint, CALL).with_user(self.users["supervisor"])
        with self.assertRaisesRegex(UserError, "what the customer said"):
            task.action_feedback()
        task.action_feedback(feedback="Calmed down")
        self.assertEqual(self.complaint.call_ids.result, "Calmed down")
        self.assertTrue(self.complaint.called_at)

    def test_somebody_sent_for_it_may_register_the_call(self):
        with self.assertRaisesRegex(AccessError, "somebody sent"):
            self._by("operator").action_register_call("x")
        self._tasks(self.complaint, CALL).user_id = self.users["operator"]
        self._by("operator").action_register_call("Talked to Ms Cui")
        self.assertEqual(self.complaint.call_ids.user_id, self.users["operator"])

    def test_empty_call_is_refused(self):
        for result, kind in (("", "call"), ("x", "dance")):
            with self.assertRaises(UserError):
                self._by("supervisor").action_register_call(result, kind)

    def test_serious_ones_also_go_to_the_deputy(self):
        deputy = self.users["manager"]
        self.company.aftersales_deputy_manager_id = deputy
        complaint = self._create_complaint(seriousness="serious")
        self.assertEqual(complaint.deputy_id, deputy)
        self.assertEqual(self._tasks(complaint, DEPUTY).user_id, deputy)
        own = self._by("supervisor", complaint)
        own.action_confirm("Seen", False)
        own.action_answer("Sorry", "phone")
        own.action_register_call("Angry")
        own.write({"cause": "a", "correction": "b", "prevention": "c"})
        self.assertTrue(self._tasks(complaint, DEPUTY), "the deputy has not called")
        with self.assertRaisesRegex(UserError, "deputy"):
            own.action_resolve()
        self._by("manager", complaint).action_register_call("Apologised", "visit")
        self.assertFalse(self._tasks(complaint, DEPUTY))
        own.action_resolve()
        calls = complaint.call_ids.sorted("id")
        self.assertEqual(calls.mapped("by_deputy"), [False, True])

    def test_serious_later_and_no_longer(self):
        self.company.aftersales_deputy_manager_id = self.users["manager"]
        own = self._by("supervisor")
        own.seriousness = "serious"
        self.assertTrue(self._tasks(own, DEPUTY))
        own.seriousness = "serious"
        self.assertEqual(len(self._tasks(own, DEPUTY)), 1)
        self.assertEqual(len(self._tasks(own, CALL)), 1)
        own.seriousness = "normal"
        self.assertFalse(self._tasks(own, DEPUTY))
        self.assertFalse(own.deputy_id)

    def test_no_deputy_set_is_said_and_blocks_nothing(self):
        complaint = self._create_complaint(seriousness="serious")
        task = self._tasks(complaint, DEPUTY)
        self.assertEqual(task.user_id, self.users["supervisor"])
        self.assertIn("none is set", task.summary)
        self._settle(complaint)
        self.assertEqual(complaint.state, "resolved")
        self.assertFalse(self._tasks(complaint, DEPUTY))

    def test_deputy_who_may_not_read_is_as_good_as_none(self):
        stranger = new_test_user(
            self.env, login="as_stranger", groups="base.group_user"
        )
        self.company.aftersales_deputy_manager_id = stranger
        complaint = self._create_complaint(seriousness="serious")
        self.assertFalse(complaint.deputy_id)
        self.assertNotEqual(self._tasks(complaint, DEPUTY).user_id, stranger)

    def test_withdrawn_ones_are_not_called(self):
        own = self._by("supervisor")
        own.action_withdraw("By the customer")
        self.assertFalse(self._tasks(own, CALL))
        self.assertFalse(own.is_call_open)
        with self.assertRaises(UserError):
            own.action_register_call("x")


@tagged("post_install", "-at_install")
class TestComplaintRepeats(ComplaintCommon):
    def test_same_issue_customer_and_machine_is_a_repeat(self):
        again = self._create_complaint()
        self.assertTrue(again.is_repeat)
        self.assertEqual(again.parent_id, self.complaint)
        self.assertFalse(self.complaint.is_repeat)
        third = self._create_complaint()
        self.assertEqual(third.parent_id, again, "the latest one before it")

    def test_anything_else_is_no_repeat(self):
        other = self.category.create({"name": "Rude (test)"})
        machine = self._create_asset("7979Q7C-02")
        stranger = self.env["res.partner"].create({"name": "B", "is_company": True})
        for values in (
            {"category_id": other.id},
            {"category_id": False},
            {"asset_id": machine.id},
            {"partner_id": stranger.id, "asset_id": False},
        ):
            with self.subTest(values=values):
                self.assertFalse(self._create_complaint(**values).is_repeat)

    def test_contact_of_the_customer_repeats(self):
        contact = self.env["res.partner"].create(
            {"name": "Zhou", "parent_id": self.customer.id}
        )
        self.assertTrue(self._create_complaint(partner_id=contact.id).is_repeat)

    def test_window_of_the_company(self):
        self.company.aftersales_repeat_days = 30
        now = fields.Datetime.now()
        old = self._create_complaint(
            asset_id=self._create_asset("W-1").id, received_at=now - timedelta(days=31)
        )
        self.assertFalse(self._create_complaint(asset_id=old.asset_id.id).is_repeat)
        self.company.aftersales_repeat_days = 32
        self.assertTrue(self._create_complaint(asset_id=old.asset_id.id).is_repeat)

    def test_entered_later_but_received_earlier_is_not_the_repeat(self):
        before = fields.Datetime.now() - timedelta(days=2)
        earlier = self._create_complaint(received_at=before)
        self.assertFalse(earlier.is_repeat)

    def test_the_issue_named_later_finds_the_repeat(self):
        bare = self._create_complaint(category_id=False)
        self._by("operator", bare).category_id = self.category
        self.assertEqual(bare.parent_id, self.complaint)

    def test_withdrawn_ones_are_no_longer_repeated(self):
        again = self._create_complaint()
        third = self._create_complaint()
        self._by("supervisor", again).action_withdraw("Mistake")
        self.assertEqual(third.parent_id, self.complaint)
        self._by("supervisor").action_withdraw("Mistake")
        self.assertFalse(third.is_repeat)
        self._by("supervisor").action_reopen("No mistake")
        again.invalidate_recordset()
        self.assertTrue(self._create_complaint().is_repeat)

    def test_a_batch_finds_its_own_repeats(self):
        machine = self._create_asset("B-1")
        batch = self.env["aftersales.complaint"].create(
            [self._complaint_values(asset_id=machine.id) for _i in range(3)]
        )
        self.assertEqual(batch.mapped("is_repeat"), [False, True, True])
        self.assertEqual(batch[2].parent_id, batch[1])

    # -- duplicates ---------------------------------------------------------------

    def test_duplicates_are_merged_and_counted_once(self):
        first = fields.Datetime.now() - timedelta(hours=5)
        mail = self._create_complaint(channel="email", received_at=first)
        mail.message_post(
            body="From the mail",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            attachments=[("photo.png", b"\x89PNG....")],
        )
        wizard = (
            self.env["aftersales.complaint.merge"]
            .with_user(self.users["supervisor"])
            .create({"complaint_ids": (self.complaint | mail).ids})
        )
        self.assertEqual(wizard.main_id, mail, "the first report is proposed")
        wizard.main_id = self.complaint
        wizard.action_confirm()
        self.assertEqual((mail.state, self.complaint.state), ("merged", "new"))
        self.assertEqual(mail.duplicate_of_id, self.complaint)
        self.assertEqual(self.complaint.received_at, first)
        self.assertFalse(self.complaint.is_repeat)
        self.assertIn("From the mail", str(self.complaint.message_ids.mapped("body")))
        attachment = self.complaint.message_ids.attachment_ids
        self.assertEqual(attachment.res_id, self.complaint.id)
        self.assertFalse(self._tasks(mail, CALL))
        report = self.env["aftersales.complaint.report"]
        found = report.search([("partner_id", "=", self.customer.id)])
        self.assertEqual(found.complaint_id, self.complaint)
        self.assertEqual(self._create_order().complaint_count, 0)

    def test_only_complaints_of_one_customer_are_merged(self):
        other = self.env["res.partner"].create({"name": "B", "is_company": True})
        foreign = self._create_complaint(partner_id=other.id, asset_id=False)
        with self.assertRaisesRegex(UserError, "same customer"):
            self._by("supervisor").action_merge(foreign.ids)
        with self.assertRaisesRegex(UserError, "at least two"):
            self._by("supervisor").action_merge(self.complaint.ids)
        self.assertEqual(foreign.state, "new")

    def test_merged_by_mistake_is_taken_apart(self):
        other = self._create_complaint()
        self._by("supervisor").action_merge(other.ids)
        self._by("supervisor", other).action_reopen("Another matter")
        self.assertEqual(other.state, "new")
        self.assertFalse(other.duplicate_of_id)


@tagged("post_install", "-at_install")
class TestComplaintRights(ComplaintCommon):
    def _refused(self, role, method, *args, error=AccessError, complaint=None):
        with self.subTest(role=role, method=method), self.assertRaises(error):
            own = self._by(role, complaint)
            get_public_method(own, method)
            getattr(own, method)(*args)

    def test_only_the_supervisor_decides(self):
        for role in ("operator", "dispatcher", "technician", "parts", "accountant"):
            for method, args in (
                ("action_confirm", ("Seen", False)),
                ("action_answer", ("Sorry",)),
                ("action_resolve", ()),
                ("action_reject", ("No",)),
                ("action_withdraw", ("No",)),
                ("action_reopen", ("No",)),
                ("action_change_supplier", (self.supplier.id, "No")),
                ("action_merge", ([],)),
            ):
                self._refused(role, method, *args)
        self.assertEqual(self.complaint.state, "new")

    def test_operator_names_nobody_at_fault(self):
        own = self._by("operator")
        own.description = "Longer text"
        for values in (
            {"at_fault": True},
            {"finding": "x"},
            {"responsible_unit": self.unit.id},
            {"concerned_technician_ids": [Command.link(self.technician.id)]},
            {"parent_id": False},
            {"received_at": "2026-01-01 00:00:00"},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                own.write(values)
        with self.assertRaises(AccessError):
            own.create(self._complaint_values(at_fault=True))
        with self.assertRaises(AccessError):
            own.with_context(default_at_fault=True).create(self._complaint_values())
        self._by("supervisor").write({"at_fault": True, "finding": "x"})

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_guarded_fields_over_rpc(self):
        names = (
            ("state", "resolved"),
            ("name", "X"),
            ("answer_at", "2026-01-01 00:00:00"),
            ("resolve_at", "2026-01-01 00:00:00"),
            ("confirmed_at", "2026-01-01 00:00:00"),
            ("called_at", "2026-01-01 00:00:00"),
            ("deputy_id", False),
            ("is_repeat", True),
            ("duplicate_of_id", False),
            ("answer_text", "x"),
            ("access_token", "x"),
            ("source_key", "x"),
            ("call_ids", [Command.create({"result": "x", "kind": "call"})]),
        )
        for role in ("operator", "supervisor", "manager"):
            own = self._by(role)
            for name, value in names:
                with self.subTest(role=role, name=name):
                    with self.assertRaises(AccessError):
                        own.write({name: value})
                    with self.assertRaises(AccessError):
                        own.create(self._complaint_values(**{name: value}))
                    with self.assertRaises(AccessError):
                        own.with_context(**{f"default_{name}": value}).create(
                            self._complaint_values()
                        )

    def test_calls_are_written_by_actions_only(self):
        calls = self.env["aftersales.complaint.call"].with_user(self.users["manager"])
        with self.assertRaises(AccessError):
            calls.create(
                {
                    "complaint_id": self.complaint.id,
                    "kind": "call",
                    "user_id": self.env.uid,
                    "called_at": fields.Datetime.now(),
                    "result": "x",
                }
            )

    def test_technician_reads_what_names_him_and_no_telephone_number(self):
        own = self._by("technician")
        self.assertFalse(own.search([("id", "=", own.id)]))
        with self.assertRaises(AccessError):
            own.read(["description"])
        self.complaint.technician_ids = self.technician
        self.assertEqual(own.read(["description"])[0]["description"], "Nobody came")
        self.assertEqual(own.search([("id", "=", own.id)]), own)
        for name in ("phone", "contact_name", "call_ids"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                own.read([name])
        with self.assertRaises(AccessError):
            own.write({"description": "x"})
        own.message_post(body="I was stuck in traffic", subtype_xmlid="mail.mt_note")

    def test_views_open_for_every_role(self):
        self.complaint.technician_ids = self.technician
        for role in ("operator", "supervisor", "manager", "technician"):
            own = self._by(role)
            views = own.get_views([(False, "form"), (False, "list"), (False, "kanban")])
            for view in ("form", "list", "kanban"):
                names = views["models"]["aftersales.complaint"]["fields"]
                own.read(list(names))
                self.assertIn("arch", views["views"][view])

    def test_other_service_points_do_not_see_it(self):
        north = self.env["aftersales.team"].create({"name": "South"})
        foreign = self._create_complaint(team_id=north.id)
        self.assertEqual(foreign.team_id, north)
        for role in ("operator", "supervisor"):
            own = self._by(role, foreign)
            self.assertFalse(own.search([("id", "=", foreign.id)]))
            with self.assertRaises(AccessError):
                own.read(["name"])
        with self.assertRaises(AccessError):
            self._by("supervisor", foreign).action_confirm("x", False)
        self.assertTrue(self._by("manager", foreign).read(["name"]))

    def test_other_company_does_not_see_it(self):
        company = self.env["res.company"].create({"name": "Other"})
        boss = new_test_user(
            self.env,
            login="other_boss",
            groups=f"{GROUP}manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        report = self.env["aftersales.complaint.report"]
        for model in (self.complaint, report):
            found = model.with_user(boss).search([("company_id", "=", self.company.id)])
            self.assertFalse(found)
        with self.assertRaises(AccessError):
            self.complaint.with_user(boss).action_withdraw("Mine")
        with self.assertRaises(UserError):
            self.complaint.write({"team_id": self._team_of(company).id})

    def _team_of(self, company):
        return self.env["aftersales.team"].create(
            {"name": "Elsewhere", "company_id": company.id}
        )

    def test_report_shows_no_more_than_the_complaints(self):
        south = self.env["aftersales.team"].create({"name": "South"})
        self._create_complaint(team_id=south.id)
        for role in ("operator", "supervisor", "manager"):
            user = self.users[role]
            rows = self.env["aftersales.complaint.report"].with_user(user).search([])
            base = self.env["aftersales.complaint"].with_user(user).search([])
            self.assertLessEqual(set(rows.mapped("complaint_id").ids), set(base.ids))
        with self.assertRaises(AccessError):
            self.env["aftersales.complaint.report"].with_user(
                self.users["technician"]
            ).search([])


@tagged("post_install", "-at_install")
class TestComplaintBatch(ComplaintCommon):
    def _count(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - start

    def _batch(self, size):
        assets = self.env["aftersales.asset"].create(
            [
                {
                    "partner_id": self.customer.id,
                    "product_id": self.server.id,
                    "serial": f"Q-{size}-{number}",
                }
                for number in range(size)
            ]
        )
        return [self._complaint_values(asset_id=asset.id) for asset in assets]

    def test_creating_costs_the_same_for_a_hundred(self):
        complaints = self.env["aftersales.complaint"].with_user(self.users["operator"])
        complaints.create(self._batch(2))
        few, many = self._batch(10), self._batch(100)
        ten = self._count(lambda: complaints.create(few))
        hundred = self._count(lambda: complaints.create(many))
        self.assertLessEqual(hundred, ten + 10)

    def test_confirming_and_settling_cost_the_same_for_a_hundred(self):
        def handle(complaints):
            complaints.write(
                {
                    "finding": "x",
                    "cause": "a",
                    "correction": "b",
                    "prevention": "c",
                }
            )
            complaints.action_confirm()
            now = fields.Datetime.now()
            complaints.sudo().write({"called_at": now, "last_answer_at": now})
            complaints.action_resolve()

        own = self.env["aftersales.complaint"].with_user(self.users["supervisor"])
        few, many = own.create(self._batch(10)), own.create(self._batch(100))
        handle(own.create(self._batch(2)))
        ten = self._count(lambda: handle(few))
        hundred = self._count(lambda: handle(many))
        self.assertLessEqual(hundred, ten + 15)
        self.assertEqual(set(many.mapped("state")), {"resolved"})

    def test_counts_cost_one_query_per_list(self):
        for records, name in (
            (self.env["aftersales.asset"], "complaint_count"),
            (self.env["res.partner"], "aftersales_complaint_count"),
            (self.env["product.product"], "aftersales_complaint_count"),
            (self.env["aftersales.order"], "complaint_count"),
        ):
            with self.subTest(model=records._name):
                user = self.users["supervisor"]
                found = records.with_user(user).search([], limit=20)
                found.read(["id"])
                few = self._count(lambda f=found, n=name: f[:2].mapped(n))
                many = self._count(lambda f=found, n=name: f.mapped(n))
                self.assertLessEqual(many, few + 1)
        self.assertEqual(self.asset.complaint_count, 1)
        self.assertEqual(self.customer.aftersales_complaint_count, 1)
        self.assertEqual(self.server.aftersales_complaint_count, 1)
        self.assertEqual(self.server.product_tmpl_id.aftersales_complaint_count, 1)

    def test_desk_says_how_often_the_customer_complained(self):
        desk = self.env["aftersales.call.desk"].with_user(self.users["operator"])
        card = desk.get_customer(self.customer.id)
        self.assertEqual(card["complaints"], {"count": 1, "open": 1})
        self._settle(self.complaint)
        card = desk.get_customer(self.customer.id)
        self.assertEqual(card["complaints"], {"count": 1, "open": 0})
