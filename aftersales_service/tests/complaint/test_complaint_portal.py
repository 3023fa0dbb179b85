import base64
import re

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .test_complaint import ComplaintCommon

SECRET = "Z-SECRET"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)


@tagged("post_install", "-at_install")
class TestComplaintPortal(ComplaintCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna = cls._create_portal_user("anna", cls.customer)
        cls.other = cls.env["res.partner"].create(
            {"name": "Rival B", "is_company": True}
        )
        cls.foreign = cls._create_complaint(
            partner_id=cls.other.id, asset_id=False, description="Z-RIVAL"
        )
        cls.complaint.write(
            {
                "finding": SECRET,
                "cause": SECRET,
                "prevention": SECRET,
                "correction": SECRET,
                "supplier_id": cls.supplier.id,
                "responsible_unit": cls.unit.id,
                "technician_ids": [(4, cls.technician.id)],
            }
        )
        cls.complaint._message_log(body=SECRET)

    @classmethod
    def _create_portal_user(cls, login, company_partner):
        user = new_test_user(cls.env, login=login, groups="base.group_portal")
        user.partner_id.write({"parent_id": company_partner.id, "name": login.title()})
        return user

    def _get(self, path, user=None):
        self.authenticate(user, user)
        return self.url_open(path, allow_redirects=False)

    def _post(self, path, data, user=None, files=None, token=True):
        self.authenticate(user, user)
        if token:
            page = self.url_open("/my/complaints/new" if user else "/web/login")
            csrf = re.search(r'csrf_token[^>]*?value="([^"]+)"', page.text)
            csrf = csrf or re.search(r'csrf_token: "([^"]+)"', page.text)
            data = {**data, "csrf_token": csrf[1]}
        return self.url_open(path, data=data, files=files, allow_redirects=False)

    def _assert_to_my(self, response):
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith("/my"))

    def _newest(self):
        return self.env["aftersales.complaint"].search([], order="id desc", limit=1)

    # -- reading ------------------------------------------------------------------

    def test_own_page_shows_state_and_answer_only(self):
        own = self._by("supervisor")
        own.action_confirm()
        own.action_answer("A new disk is coming", "email")
        page = self._get(f"/my/complaints/{own.id}", "anna")
        self.assertEqual(page.status_code, 200)
        for text in (own.name, "Nobody came", "A new disk is coming", "7979Q7C-01"):
            self.assertIn(text, page.text)
        for text in (SECRET, "Supplier S1", "Service (test)", "Li Qiang", "Z-RIVAL"):
            self.assertNotIn(text, page.text)

    def test_what_was_said_on_the_phone_stays_inside(self):
        self._by("supervisor").action_answer(f"{SECRET} told her off", "phone")
        page = self._get(f"/my/complaints/{self.complaint.id}", "anna")
        self.assertNotIn(SECRET, page.text)

    def test_others_lead_home_without_a_trace(self):
        token = self.complaint.access_token
        for path, user in (
            (f"/my/complaints/{self.foreign.id}", "anna"),
            (f"/my/complaints/{self.complaint.id}", None),
            (f"/my/complaints/{self.foreign.id}?access_token={token}", None),
            (f"/my/complaints/{self.foreign.id}?access_token={token}", "anna"),
            (f"/my/complaints/{self.complaint.id}?access_token=%C3%A9", None),
            (f"/my/complaints/{self.complaint.id}?access_token=" + "x" * 4096, None),
            (f"/my/complaints/{10**20}", "anna"),
            ("/my/complaints/0", "anna"),
        ):
            with self.subTest(path=path[:60], user=user):
                response = self._get(path, user)
                self._assert_to_my(response)
                self.assertNotIn("Z-RIVAL", response.text)

    def test_token_opens_the_page(self):
        page = self._get(self.complaint.get_portal_url())
        self.assertEqual(page.status_code, 200)
        self.assertIn(self.complaint.name, page.text)
        self.assertNotIn(SECRET, page.text)

    def test_list_and_junk(self):
        page = self._get("/my/complaints", "anna")
        self.assertIn(self.complaint.name, page.text)
        self.assertNotIn(self.foreign.name, page.text)
        for query in ("?filterby=x", "/page/99999999999", "?sortby=%00", "?page=-1"):
            self.assertLess(
                self._get(f"/my/complaints{query}", "anna").status_code, 500
            )

    def test_counter_counts_own(self):
        self.authenticate("anna", "anna")
        found = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["complaint_count"]}
        )
        self.assertEqual(found["complaint_count"], 1)

    def test_nothing_over_rpc(self):
        own = self.complaint.with_user(self.anna)
        for work in (
            lambda: own.search([]),
            lambda: own.read(["name"]),
            lambda: own.create(self._complaint_values()),
            lambda: own.action_withdraw("x"),
            lambda: own.env["aftersales.complaint.report"].search([]),
            lambda: own.env["aftersales.complaint.call"].search([]),
        ):
            with self.assertRaises(AccessError):
                work()

    # -- writing ------------------------------------------------------------------

    def test_new_complaint_takes_whitelisted_values_only(self):
        order = self._create_order()
        response = self._post(
            "/my/complaints/new",
            {
                "description": "He was late\x00",
                "order_id": order.id,
                "category_id": self.category.id,
                "partner_id": self.other.id,
                "state": "resolved",
                "seriousness": "serious",
                "at_fault": "1",
                "company_id": "99",
            },
            "anna",
            files=[("attachments", ("late.png", PNG, "image/png"))],
        )
        self.assertIn("message=created", response.headers["Location"])
        complaint = self._newest()
        self.assertEqual(complaint.partner_id, self.anna.partner_id)
        self.assertEqual((complaint.order_id, complaint.asset_id), (order, self.asset))
        self.assertEqual((complaint.state, complaint.channel), ("new", "portal"))
        self.assertEqual(complaint.seriousness, "normal")
        self.assertFalse(complaint.at_fault)
        self.assertEqual(complaint.description, "He was late")
        self.assertTrue(complaint.is_repeat)
        attachment = complaint.message_ids.attachment_ids
        self.assertEqual(
            (attachment.name, attachment.res_id), ("late.png", complaint.id)
        )

    def test_orders_and_machines_of_others_are_not_taken(self):
        foreign = self.env["aftersales.order"].create(
            {"partner_id": self.other.id, "team_id": self.team.id}
        )
        for junk in (str(foreign.id), "x", "-1", "9" * 30, "²"):
            self._post(
                "/my/complaints/new",
                {"description": "Late", "order_id": junk, "asset_id": junk},
                "anna",
            )
            complaint = self._newest()
            self.assertFalse(complaint.order_id)
            self.assertFalse(complaint.asset_id)

    def test_empty_or_bad_files_create_nothing(self):
        before = self._newest()
        for data, files in (
            ({"description": " \x00"}, None),
            ({"description": "x"}, [("attachments", ("a.exe", b"MZ", "image/png"))]),
            (
                {"description": "x"},
                [("attachments", ("a.png", b"MZ", "image/png"))] * 9,
            ),
        ):
            page = self._post("/my/complaints/new", data, "anna", files=files)
            self.assertEqual(page.status_code, 200)
            self.assertIn("alert-danger", page.text)
        self.assertEqual(self._newest(), before)

    def test_customer_takes_it_back_by_post_only(self):
        path = f"/my/complaints/{self.complaint.id}/withdraw"
        self._get(path, "anna")
        self.assertEqual(self.complaint.state, "new")
        with mute_logger("odoo.http"):
            response = self._post(path, {"reason": "x"}, "anna", token=False)
        self.assertEqual(response.status_code, 400)
        self._assert_to_my(
            self._post(f"/my/complaints/{self.foreign.id}/withdraw", {}, "anna")
        )
        self.assertEqual((self.complaint.state, self.foreign.state), ("new", "new"))
        response = self._post(path, {"reason": "Solved itself"}, "anna")
        self.assertIn("message=withdrawn", response.headers["Location"])
        self.assertEqual(self.complaint.state, "withdrawn")
        self.assertIn("Solved itself", self.complaint.closing_reason)
        response = self._post(path, {}, "anna")
        self.assertIn("message=busy", response.headers["Location"])

    def test_settled_ones_are_not_taken_back_by_the_customer(self):
        self._settle(self.complaint)
        path = f"/my/complaints/{self.complaint.id}/withdraw"
        response = self._post(path, {}, "anna")
        self.assertIn("message=busy", response.headers["Location"])
        self.assertEqual(self.complaint.state, "resolved")
