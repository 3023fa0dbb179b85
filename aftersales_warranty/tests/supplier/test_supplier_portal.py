import io
import re
import zipfile
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import BaseCase, HttpCase, JsonRpcException, new_test_user, tagged

from ...tools.privacy import mask_personal
from ..letter.test_letter import LetterCommon

SECRET = "Z-RIVAL"
MODELS = (
    "aftersales.letter",
    "aftersales.letter.template",
    "aftersales.supplier.notice",
    "aftersales.complaint",
    "aftersales.penalty",
    "aftersales.deposit",
    "aftersales.deposit.entry",
    "aftersales.deposit.demand",
    "aftersales.deposit.desk",
)


@tagged("post_install", "-at_install")
class TestPrivacy(BaseCase):
    def test_customers_stay_unnamed(self):
        text = "Call Mr Wang Fang, +86 (571) 8888-0001 or wang@a.example; lot 20260501"
        masked = mask_personal(text, ["Wang Fang", None])
        self.assertEqual(masked, "Call Mr ***, *** or ***; lot ***")
        plain = "Fan 7979Q7C, 2026-05-01"
        self.assertEqual(mask_personal(plain), plain)
        chinese = mask_personal("请致电张伟13812345678", ["张伟"])
        self.assertEqual(chinese, "请致电*** ***")
        self.assertEqual(mask_personal(None), "")


@tagged("post_install", "-at_install")
class TestSupplierPortal(LetterCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._create_portal_user("sp_seller", cls.supplier)
        cls.rival = cls._create_supplier(SECRET, email="r@rival.example")
        cls.rival_user = cls._create_portal_user("sp_rival", cls.rival)
        cls._book("receipt", 50000)
        cls.foreign_deposit = cls._create_deposit(cls.rival)
        cls.letter = cls._letter(user_id=cls.users["purchasing"].id, reason="Mine")
        cls.foreign = cls._letter(partner_id=cls.rival.id)
        (cls.letter | cls.foreign).action_send()
        cls.draft = cls._letter(reason="Z-DRAFT")
        complaints = cls.env["aftersales.complaint"]
        cls.customer.name = "Customer Wang"
        cls.complaint, cls.foreign_complaint = complaints.create(
            [
                {
                    "partner_id": cls.customer.id,
                    "supplier_id": supplier.id,
                    "product_id": cls.disk.id,
                    "phone": "0571 8888 0001",
                    "description": "Customer Wang says: broken, call 0571 8888 0001",
                    "finding": "Z-FINDING",
                    "team_id": cls.team.id,
                }
                for supplier in (cls.supplier, cls.rival)
            ]
        )
        notices = cls.env["aftersales.supplier.notice"].create(
            [
                {
                    "partner_id": supplier.id,
                    "product_id": cls.disk.id,
                    "fault": "Does not spin",
                    "address": "Hall 3",
                    "contact": "Ms Cui 139",
                    "note": "Z-INSIDE",
                    "due_at": fields.Datetime.now() + timedelta(days=2),
                    "user_id": cls.users["purchasing"].id,
                }
                for supplier in (cls.supplier, cls.rival)
            ]
        )
        notices.action_send()
        cls.notice, cls.foreign_notice = notices

    @classmethod
    def _create_portal_user(cls, login, supplier):
        user = new_test_user(cls.env, login=login, groups="base.group_portal")
        user.partner_id.write({"parent_id": supplier.id, "name": login.title()})
        return user

    def _get(self, path, user="sp_seller"):
        self.authenticate(user, user)
        return self.url_open(path, allow_redirects=False)

    def _post(self, path, data=None, user="sp_seller", token=True):
        self.authenticate(user, user)
        data = dict(data or {})
        if token:
            page = self.url_open("/my/service/new")
            data["csrf_token"] = re.search(
                r'csrf_token[^>]*?value="([^"]+)"', page.text
            )[1]
        return self.url_open(path, data=data, allow_redirects=False)

    def _assert_to_my(self, response):
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith("/my"))

    # -- reading ------------------------------------------------------------------

    def test_own_pages_show_what_they_should_and_no_more(self):
        pages = {
            f"letters/{self.letter.id}": (self.letter.name, "Mine", "acknowledge"),
            "letters": (self.letter.name,),
            f"complaints/{self.complaint.id}": ("broken", "Disk 300 GB", "***"),
            "complaints": (self.complaint.name,),
            f"notices/{self.notice.id}": ("Hall 3", "Ms Cui 139", "Does not spin"),
            "notices": (self.notice.name,),
            f"deposits/{self.deposit.id}": ("50,000.00", self.deposit.name),
        }
        hidden = (SECRET, "Z-DRAFT", "Z-FINDING", "Z-INSIDE", "Wang", "8888 0001")
        for path, texts in pages.items():
            response = self._get(f"/my/supplier/{path}")
            self.assertEqual(response.status_code, 200, path)
            for text in texts:
                self.assertIn(text, response.text, path)
            for text in hidden:
                self.assertNotIn(text, response.text, path)
        response = self._get("/my/supplier/deposits")
        self.assertIn(f"/deposits/{self.deposit.id}", response.headers["Location"])

    def test_what_belongs_to_others_leads_home_without_a_trace(self):
        others = {
            "letters": (self.foreign.id, self.draft.id),
            "complaints": (self.foreign_complaint.id,),
            "notices": (self.foreign_notice.id,),
            "deposits": (self.foreign_deposit.id,),
        }
        for kind, ids in others.items():
            for number in (*ids, 0, 2**31 - 1, 2**31, 10**20):
                response = self._get(f"/my/supplier/{kind}/{number}")
                self._assert_to_my(response)
                self.assertNotIn(SECRET, response.text)
        for path in (
            f"letters/{self.foreign.id}/pdf",
            f"deposits/{self.foreign_deposit.id}/pdf",
            f"deposits/{self.foreign_deposit.id}/xlsx",
            f"deposits/{self.deposit.id}/exe",
        ):
            self._assert_to_my(self._get(f"/my/supplier/{path}"))
        own = f"/my/supplier/letters/{self.letter.id}"
        self._assert_to_my(self._get(own, "sp_rival"))
        self.authenticate(None, None)
        response = self.url_open(
            f"/my/supplier/letters/{self.letter.id}", allow_redirects=False
        )
        self.assertIn("/web/login", response.headers["Location"])

    def test_employees_and_customers_are_no_suppliers(self):
        customer = self._create_portal_user("sp_customer", self.customer)
        for login in (customer.login, "as_technician"):
            self._assert_to_my(
                self._get(f"/my/supplier/letters/{self.letter.id}", login)
            )

    def test_counters_count_own_records(self):
        counters = {
            "aftersales_letter_count": 2,  # the notice has its letter
            "aftersales_letter_open_count": 2,
            "supplier_complaint_count": 1,
            "supplier_complaint_open_count": 1,
            "supplier_notice_count": 1,
            "supplier_notice_open_count": 1,
            "supplier_deposit_count": 1,
        }
        self.authenticate("sp_seller", "sp_seller")
        found = self.make_jsonrpc_request("/my/counters", {"counters": [*counters]})
        self.assertEqual({name: found[name] for name in counters}, counters)

    def test_a_company_the_supplier_does_not_serve_stays_hidden(self):
        other = self.env["res.company"].create({"name": "Other"})
        letter = self._letter(company_id=other.id)
        letter.action_send()
        self._assert_to_my(self._get(f"/my/supplier/letters/{letter.id}"))

    def test_junk_never_crashes(self):
        own = (
            "letters",
            f"letters/{self.letter.id}",
            "complaints",
            f"complaints/{self.complaint.id}",
            "notices",
            f"notices/{self.notice.id}",
            f"deposits/{self.deposit.id}",
        )
        for query in (
            "?page=-1",
            "?page=x",
            "?filterby=%00&message=%00",
            "?filterby[]=1",
            "?message=" + "%25" * 2000,
            "?date_from=x&date_to=%00",
            "?date_from=9999-99-99&date_to=0001-01-01",
            "?date_from=2026-12-31&date_to=2026-01-01",
            "?access_token=%E4%F6",
        ):
            for path in own:
                response = self._get(f"/my/supplier/{path}{query}")
                self.assertEqual(response.status_code, 200, f"{path}{query[:20]}")
        for path in ("letters/page/0", "letters/page/99999999999999"):
            self.assertEqual(self._get(f"/my/supplier/{path}").status_code, 200)

    def test_rpc_gives_suppliers_nothing(self):
        for model in MODELS:
            records = self.env[model].with_user(self.seller)
            ids = self.env[model].search([], limit=1).ids or [1]
            probes = [
                ("read", [ids]),
                ("search_read", [[]]),
                ("search_count", [[]]),
                ("formatted_read_group", [[], [], ["__count"]]),
                ("name_search", [""]),
                ("web_search_read", [[], {}]),
                ("export_data", [ids, ["id"]]),
                ("write", [ids, {"active": True}]),
                ("create", [[{}]]),
                ("unlink", [ids]),
            ]
            for method, args in probes:
                with self.assertRaises(UserError, msg=f"{model} {method}"):
                    call_kw(records, method, args, {})
        for model, record, methods in (
            ("aftersales.letter", self.letter, ("action_send", "action_print")),
            ("aftersales.supplier.notice", self.notice, ("action_send",)),
        ):
            for method in methods:
                with self.assertRaises(UserError):
                    call_kw(
                        self.env[model].with_user(self.seller), method, [record.ids], {}
                    )

    def test_attachments_of_letters_stay_inside(self):
        self.letter.write({"document": b"UEFQRVI=", "document_name": "x.pdf"})
        self.env.flush_all()
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "aftersales.letter"),
                    ("res_field", "=", "document"),
                    ("res_id", "=", self.letter.id),
                ]
            )
        )
        for path in (
            f"/web/content/{attachment.id}",
            f"/web/content/aftersales.letter/{self.letter.id}/document",
            f"/web/image/aftersales.letter/{self.letter.id}/document",
        ):
            response = self._get(path, "sp_rival")
            self.assertNotIn(b"PAPER", response.content)
        response = self._get(f"/my/supplier/letters/{self.letter.id}/pdf")
        self.assertEqual(response.content, b"PAPER")
        self.assertEqual(response.headers["Content-Type"], "application/pdf")

    def test_messages_of_letters_are_closed(self):
        self.authenticate("sp_seller", "sp_seller")
        with self.assertRaises(JsonRpcException):
            self.make_jsonrpc_request(
                "/mail/message/post",
                {
                    "thread_model": "aftersales.letter",
                    "thread_id": self.letter.id,
                    "post_data": {"body": "x"},
                },
            )

    def _create_penalty(self, supplier, complaint, **values):
        return self.env["aftersales.penalty"].create(
            {
                "rule_id": self.env.ref(
                    "aftersales_warranty.aftersales_penalty_rule_warning"
                ).id,
                "action": "warning",
                "company_id": self.company.id,
                "partner_id": supplier.id,
                "category_id": self.env.ref(
                    "aftersales_service.aftersales_complaint_category_product_defect"
                ).id,
                "period_start": "2026-05-01",
                "reached_on": "2026-05-20",
                "counted": 3,
                "threshold": 2,
                "complaint_ids": complaint.ids,
                **values,
            }
        )

    def test_penalties_with_their_letters(self):
        penalty = self._create_penalty(self.supplier, self.complaint)
        foreign = self._create_penalty(self.rival, self.foreign_complaint)
        url = f"/my/supplier/penalties/{penalty.id}"
        self._assert_to_my(self._get(url))  # only proposed
        (penalty | foreign).action_approve()
        letter = penalty.letter_ids
        self.assertIn("3 confirmed complaints", letter.body)
        self.assertIn(self.complaint.name, letter.body)
        self.assertNotIn("Wang", letter.body)
        letter.action_send()
        page = self._get(url).text
        for text in (penalty.name, self.complaint.name, letter.name, "May 2026"):
            self.assertIn(text, page)
        self.assertNotIn("Wang", page)
        self._assert_to_my(self._get(f"/my/supplier/penalties/{foreign.id}"))
        page = self._get("/my/supplier/penalties").text
        self.assertIn(penalty.name, page)
        self.assertNotIn(foreign.name, page)

    # -- writing ------------------------------------------------------------------

    def test_get_and_missing_tokens_never_write(self):
        for path in (
            f"letters/{self.letter.id}/acknowledge",
            f"letters/{self.letter.id}/object?objection=x",
            f"complaints/{self.complaint.id}/answer?answer=x",
            f"notices/{self.notice.id}/accept?planned_on=2099-01-01",
            f"notices/{self.notice.id}/refuse?reason=x",
        ):
            self.assertEqual(self._get(f"/my/supplier/{path}").status_code, 405)
            response = self._post(f"/my/supplier/{path}", {"x": "1"}, token=False)
            self.assertEqual(response.status_code, 400)
        self.assertEqual((self.letter.state, self.notice.state), ("sent", "sent"))
        self.assertFalse(self.complaint.supplier_answer)

    def test_what_belongs_to_others_is_not_answered(self):
        for path, data in (
            (f"letters/{self.foreign.id}/acknowledge", {}),
            (f"letters/{self.foreign.id}/object", {"objection": "x"}),
            (f"complaints/{self.foreign_complaint.id}/answer", {"answer": "x"}),
            (f"notices/{self.foreign_notice.id}/refuse", {"reason": "x"}),
            (f"notices/{2**40}/refuse", {"reason": "x"}),
        ):
            self._assert_to_my(self._post(f"/my/supplier/{path}", data))
        self.assertEqual(self.foreign.state, "sent")
        self.assertEqual(self.foreign_notice.state, "sent")
        self.assertFalse(self.foreign_complaint.supplier_answer)

    def test_a_letter_is_acknowledged_then_objected_to_once(self):
        url = f"/my/supplier/letters/{self.letter.id}"
        response = self._post(f"{url}/acknowledge", {"state": "cancelled"})
        self.assertIn("acknowledged", response.headers["Location"])
        self.assertEqual(self.letter.state, "acknowledged")
        self.assertEqual(self.letter.acknowledged_by_id, self.seller.partner_id)
        self.assertIn("late", self._post(f"{url}/acknowledge").headers["Location"])
        response = self._post(f"{url}/object", {"objection": " \x00 "})
        self.assertIn("empty", response.headers["Location"])
        text = "Not <b>ours</b>\x00" + "x" * 6000
        response = self._post(f"{url}/object", {"objection": text})
        self.assertIn("objected", response.headers["Location"])
        self.assertEqual(len(self.letter.objection), 5000)
        self.assertNotIn("\x00", self.letter.objection)
        response = self._post(f"{url}/object", {"objection": "again"})
        self.assertIn("late", response.headers["Location"])
        self.assertEqual(self.letter.activity_ids.user_id, self.users["purchasing"])
        page = self._get(url).text
        self.assertIn("Not &lt;b&gt;ours&lt;/b&gt;", page)
        self.assertNotIn("/object", page)

    def test_a_complaint_is_answered_for_the_supervisor_only(self):
        url = f"/my/supplier/complaints/{self.complaint.id}"
        response = self._post(f"{url}/answer", {"answer": ""})
        self.assertIn("empty", response.headers["Location"])
        data = {"answer": "We replace it", "state": "resolved", "supplier_id": "1"}
        response = self._post(f"{url}/answer", data)
        self.assertIn("answered", response.headers["Location"])
        self.assertEqual(self.complaint.supplier_answer, "We replace it")
        self.assertEqual(self.complaint.state, "new")
        self.assertEqual(self.complaint.supplier_id, self.supplier)
        message = self.complaint.message_ids[0]
        self.assertEqual(message.author_id, self.seller.partner_id)
        self.assertTrue(message.subtype_id.internal)
        tasks = self.complaint.activity_ids.filtered(
            lambda task: "supplier" in (task.summary or "")
        )
        self.assertEqual(len(tasks), 1)
        self._post(f"{url}/answer", {"answer": "On Friday"})
        self.assertEqual(self.complaint.supplier_answer, "On Friday")
        self.complaint._withdraw("by phone")
        response = self._post(f"{url}/answer", {"answer": "too late"})
        self.assertIn("late", response.headers["Location"])

    def test_the_supplier_has_the_hours_of_the_rule_not_our_promise(self):
        """48 hours from the receipt, as the penalty rule says (WA-23)."""
        received = fields.Datetime.to_datetime("2026-03-02 10:00:00")
        self.complaint.received_at = received
        self.complaint.invalidate_recordset()
        self.assertEqual(
            self.complaint.supplier_deadline, received + timedelta(hours=48)
        )
        values = self.complaint._get_supplier_values()
        self.assertEqual(values["deadline"], received + timedelta(hours=48))
        self.assertTrue(values["is_late"])
        notice = self.complaint._prepare_notice()
        self.assertEqual(notice["due_at"], received + timedelta(hours=48))
        rule = self.env.ref("aftersales_warranty.aftersales_penalty_rule_deduction")
        rule.hours = 72
        self.env.invalidate_all()
        self.assertEqual(
            self.complaint.supplier_deadline, received + timedelta(hours=72)
        )
        rule.active = False
        self.env.invalidate_all()
        self.assertEqual(
            self.complaint.supplier_deadline, self.complaint.resolve_deadline
        )
        self.complaint.supplier_id = False
        self.assertFalse(self.complaint.supplier_deadline)

    def test_a_notice_is_accepted_with_a_day_or_refused_with_a_reason(self):
        url = f"/my/supplier/notices/{self.notice.id}"
        for day in ("", "x", "2001-01-01", "2099-99-99", "\x00"):
            response = self._post(f"{url}/accept", {"planned_on": day})
            self.assertRegex(response.headers["Location"], "empty|late")
        self.assertEqual(self.notice.state, "sent")
        day = str(fields.Date.today() + timedelta(days=1))
        response = self._post(f"{url}/accept", {"planned_on": day, "note": "by noon"})
        self.assertIn("answered", response.headers["Location"])
        self.assertEqual(self.notice.state, "accepted")
        self.assertEqual(str(self.notice.planned_on), day)
        self.assertEqual(self.notice.letter_id.state, "acknowledged")
        response = self._post(f"{url}/refuse", {"reason": "no"})
        self.assertIn("late", response.headers["Location"])
        self.assertFalse(self.notice.refusal)

    # -- statement ----------------------------------------------------------------

    def test_the_statement_as_workbook_and_paper(self):
        self._book("penalty", 3000, evidence="=cmd|' /C calc'!A0")
        url = f"/my/supplier/deposits/{self.deposit.id}"
        page = self._get(url).text
        self.assertIn("47,000.00", page)
        response = self._get(f"{url}/xlsx?date_from=2020-01-01&date_to=2099-01-01")
        with zipfile.ZipFile(io.BytesIO(response.content)) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        self.assertIn("47000", sheet)
        response = self._get(f"{url}/pdf")
        self.assertEqual(response.status_code, 200)
        self.assertNotIn(SECRET, response.text)
