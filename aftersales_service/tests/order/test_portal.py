# Words of a test are no terms. pylint: disable=translation-required
import base64
import io
import re

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import AftersalesCommon

PNG = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
        "awAAAABJRU5ErkJggg=="
    )
).decode()
SECRET = "Z-SECRET-NOTE"


@tagged("post_install", "-at_install")
class TestPortal(AftersalesCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "a@example.com"
        cls.anna = cls._create_portal_user("anna", cls.customer)
        cls.other = cls.env["res.partner"].create(
            {"name": "Rival B", "is_company": True}
        )
        cls.bert = cls._create_portal_user("bert", cls.other)
        cls.inspection = cls._create_product(
            "Inspection", type="service", list_price=80.0
        )
        cls.company.aftersales_inspection_product_id = cls.inspection
        cls.order = cls._create_order(
            note=SECRET,
            technician_id=cls.technician.id,
            line_ids=[
                cls._line_values("part", cls.disk),
                cls._line_values("labour", cls.labour),
            ],
        )
        cls.order.line_ids[1].write(
            {"payer_override": "contract", "payer_override_reason": SECRET}
        )
        cls.order._message_log(body=SECRET)
        cls.foreign = cls.env["aftersales.order"].create(
            {
                "partner_id": cls.other.id,
                "description": "Z-RIVAL",
                "team_id": cls.team.id,
            }
        )

    @classmethod
    def _create_portal_user(cls, login, company_partner):
        user = new_test_user(cls.env, login=login, groups="base.group_portal")
        user.partner_id.write({"parent_id": company_partner.id, "name": login.title()})
        return user

    def _get(self, path, user=None, **kwargs):
        self.authenticate(user, user)
        return self.url_open(path, allow_redirects=False, **kwargs)

    def _post(self, path, data, user=None, token=True, files=None):
        self.authenticate(user, user)
        if token:
            page = self.url_open("/my/service/new" if user else "/web/login")
            csrf = re.search(r'csrf_token[^>]*?value="([^"]+)"', page.text)
            csrf = csrf or re.search(r'csrf_token: "([^"]+)"', page.text)
            data = {**data, "csrf_token": csrf[1]}
        return self.url_open(path, data=data, files=files, allow_redirects=False)

    def _assert_to_my(self, response):
        self.assertEqual(response.status_code, 303)
        self.assertTrue(
            response.headers["Location"].endswith("/my"), response.headers["Location"]
        )

    # -- reading ----------------------------------------------------------------

    def test_own_order_shows_what_it_should(self):
        response = self._get(f"/my/service/{self.order.id}", "anna")
        self.assertEqual(response.status_code, 200)
        for text in (
            self.order.name,
            "Server X3650",
            "7979Q7C-01",
            "covered",
            "800.00",
        ):
            self.assertIn(text, response.text)
        for text in (SECRET, "200.00", "Li Qiang", "Z-RIVAL"):
            self.assertNotIn(text, response.text)

    def test_other_orders_lead_home_without_a_trace(self):
        token = self.order.access_token
        for path, user in (
            (f"/my/service/{self.foreign.id}", "anna"),
            (f"/my/service/{self.order.id}", None),
            (f"/my/service/{self.foreign.id}?access_token={token}", None),
            (f"/my/service/{self.foreign.id}?access_token={token}", "anna"),
            ("/my/service/99999999", "anna"),
            ("/my/service/0", "anna"),
            (f"/my/service/{10**20}", "anna"),
            (f"/my/service/{2**31}", None),
        ):
            with self.subTest(path=path, user=user):
                response = self._get(path, user)
                self._assert_to_my(response)
                self.assertNotIn("Z-RIVAL", response.text)

    def test_bad_tokens_never_crash(self):
        self.foreign.access_token = False
        for token in ("", "é", "x" * 4096, "%00", "None", "False", "0", "%E4%F6"):
            for order in (self.order, self.foreign):
                with self.subTest(token=token[:9], order=order.name):
                    path = f"/my/service/{order.id}?access_token={token}"
                    self._assert_to_my(self._get(path))

    def test_token_opens_the_page(self):
        response = self._get(self.order.get_portal_url())
        self.assertEqual(response.status_code, 200)
        self.assertIn(self.order.name, response.text)
        self.assertNotIn(SECRET, response.text)

    def test_list_shows_own_orders_only(self):
        response = self._get("/my/service", "anna")
        self.assertIn(self.order.name, response.text)
        self.assertNotIn(self.foreign.name, response.text)
        self.assertIn("/my/service/new", response.text)
        self.assertEqual(self._get("/my/service").status_code, 303)

    def test_junk_in_the_list_is_ignored(self):
        for query in (
            "?sortby=password&filterby=x",
            "?sortby[]=1",
            "/page/99999999999999",
            "/page/0",
            "?filterby=%00",
            "?sortby=" + "%25" * 2000,
            "?date_begin=x&date_end=y",
        ):
            with self.subTest(query=query[:20]):
                response = self._get(f"/my/service{query}", "anna")
                self.assertEqual(response.status_code, 200)
                self.assertIn(self.order.name, response.text)

    def test_counters_count_own_orders(self):
        self.authenticate("anna", "anna")
        counters = ["service_count", "service_quote_count"]
        found = self.make_jsonrpc_request("/my/counters", {"counters": counters})
        self.assertEqual(found["service_count"], 1)
        self.assertEqual(found["service_quote_count"], 0)

    def test_papers_of_a_foreign_order(self):
        path = f"/my/service/{self.foreign.id}?paper=voucher"
        self._assert_to_my(self._get(path, "anna"))
        for paper in ("voucher", "quotation", "../x", "archive"):
            path = f"/my/service/{self.order.id}?paper={paper}"
            response = self._get(path, "anna")
            self.assertEqual(response.status_code, 303)
            self.assertIn("no_paper", response.headers["Location"])

    def test_rpc_gives_portal_users_nothing(self):
        order = self.order.with_user(self.anna)
        names = [name for name, field in order._fields.items() if field.store]
        probes = [
            lambda m: m.read(names[:3]),
            lambda m: m.search_read([], ["name"]),
            lambda m: m.web_read({"note": {}}),
            lambda m: m.formatted_read_group([], ["state"], ["__count"]),
            lambda m: m.name_search("SV"),
            lambda m: m.search_count([]),
            lambda m: m.export_data(["name"]),
            lambda m: m.write({"note": "x"}),
            lambda m: m.create({"partner_id": self.customer.id}),
            lambda m: m.unlink(),
        ]
        records = [
            order,
            self.order.line_ids.with_user(self.anna),
            self.env["aftersales.collection"].with_user(self.anna),
            self.env["aftersales.handover"].with_user(self.anna),
        ]
        for record in records:
            for number, probe in enumerate(probes):
                if record._name != "aftersales.order" and number in (0, 2, 7, 8, 9):
                    continue
                with (
                    self.subTest(model=record._name, probe=number),
                    self.assertRaises(UserError),
                ):
                    probe(record)
        for action in ("action_accept_quote", "action_collect"):
            with self.assertRaises(AccessError):
                getattr(order, action)("x", "cash")
        for action in ("action_invoice", "action_quote", "action_refuse_quote"):
            with self.assertRaises(AccessError):
                getattr(order, action)()

    # -- messages ---------------------------------------------------------------

    def _messages(self, order, user, **params):
        self.authenticate(user, user)
        return self.make_jsonrpc_request(
            "/mail/thread/messages",
            {"thread_model": "aftersales.order", "thread_id": order.id, **params},
        )

    def test_internal_notes_stay_inside(self):
        self.order.message_post(
            body="See you on Friday",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self.authenticate("anna", "anna")
        found = self.make_jsonrpc_request(
            "/mail/chatter_fetch",
            {
                "thread_model": "aftersales.order",
                "thread_id": self.order.id,
                "token": self.order.access_token,
            },
        )
        self.assertIn("See you on Friday", str(found))
        self.assertNotIn(SECRET, str(found))

    @mute_logger("odoo.http")
    def test_messages_of_others_are_closed(self):
        for token in (None, self.order.access_token, "é", "x" * 4096):
            for route in ("/mail/chatter_fetch", "/mail/message/post"):
                self.authenticate("anna", "anna")
                params = {
                    "thread_model": "aftersales.order",
                    "thread_id": self.foreign.id,
                    "token": token,
                }
                if route.endswith("post"):
                    params["post_data"] = {
                        "body": "Z-INTRUDER",
                        "message_type": "comment",
                        "subtype_xmlid": "mail.mt_comment",
                    }
                with self.subTest(token=token and token[:5], route=route):
                    response = self.url_open(
                        route,
                        json={"jsonrpc": "2.0", "id": 1, "params": params},
                    )
                    error = response.json().get("error", {}).get("data", {})
                    self.assertNotEqual(error.get("name"), "builtins.TypeError")
                    self.assertNotIn("Z-RIVAL", response.text)
        self.assertNotIn("Z-INTRUDER", str(self.foreign.message_ids.mapped("body")))

    # -- quotation --------------------------------------------------------------

    def _quote(self):
        self.order.action_quote()
        return {
            "access_token": self.order.access_token,
            "quote_key": self.order._get_quote_key(),
            "signed_by": "Ms Cui",
            "signature": PNG,
            "reason": "Too dear",
        }

    def test_accept_with_the_link_alone(self):
        data = self._quote()
        page = self._get(self.order.get_portal_url())
        self.assertIn("service_accept", page.text)
        path = f"/my/service/{self.order.id}/accept"
        extra = {
            "partner_id": self.other.id,
            "amount_customer": 1,
            "state": "done",
            "company_id": 99,
            "technician_id": 1,
        }
        response = self._post(path, {**data, **extra})
        self.assertIn("message=accepted", response.headers["Location"])
        self.assertEqual(self.order.quote_state, "accepted")
        self.assertEqual(self.order.quote_decided_by, "Ms Cui")
        self.assertTrue(self.order.quote_signature)
        self.assertEqual(self.order.partner_id, self.customer)
        self.assertEqual(self.order.state, "new")
        again = self._post(path, data)
        self.assertIn("message=changed", again.headers["Location"])

    def test_refuse_in_the_portal(self):
        data = self._quote()
        response = self._post(f"/my/service/{self.order.id}/refuse", data, "anna")
        self.assertIn("message=refused", response.headers["Location"])
        self.assertEqual(self.order.quote_state, "refused")
        self.assertEqual(self.order.quote_refused_reason, "Too dear")
        self.assertEqual(self.order.quote_decided_by, "Anna")
        self.assertEqual(self.order.amount_customer, 80.0)

    def test_nothing_changes_without_right_post_and_token(self):
        data = self._quote()
        for action in ("accept", "refuse"):
            path = f"/my/service/{self.order.id}/{action}"
            self.assertIn(self._get(path, "anna").status_code, (404, 405))
            with mute_logger("odoo.http"):
                response = self._post(path, data, "anna", token=False)
            self.assertEqual(response.status_code, 400)
            self._assert_to_my(self._post(path, {**data, "access_token": ""}, "bert"))
            self._assert_to_my(self._post(path, {**data, "access_token": "é"}))
        self.assertEqual(self.order.quote_state, "sent")

    def test_incomplete_or_wrong_signature(self):
        data = self._quote()
        text = base64.b64encode(b"<svg onload=alert(1)>").decode()
        big = base64.b64encode(base64.b64decode(PNG) + b"0" * 600_000).decode()
        for change in (
            {"signed_by": " "},
            {"signature": ""},
            {"signature": "é"},
            {"signature": text},
            {"signature": big},
        ):
            with self.subTest(change=str(change)[:40]):
                path = f"/my/service/{self.order.id}/accept"
                response = self._post(path, {**data, **change})
                self.assertIn("incomplete", response.headers["Location"])
        self.assertEqual(self.order.quote_state, "sent")

    def test_changed_quotation_must_be_read_again(self):
        data = self._quote()
        path = f"/my/service/{self.order.id}/accept"
        response = self._post(path, {**data, "quote_key": "2020-01-01 00:00:00"})
        self.assertIn("message=changed", response.headers["Location"])
        self.order.line_ids[0].quantity = 9
        response = self._post(path, data)
        self.assertIn("message=changed", response.headers["Location"])
        self.assertEqual(self.order.quote_state, "none")

    # -- new request ------------------------------------------------------------

    def _request(self, user="anna", files=None, **values):
        data = {"description": "It beeps", "asset_id": str(self.asset.id), **values}
        return self._post("/my/service/new", data, user, files=files)

    def _newest(self):
        return self.env["aftersales.order"].search([], order="id desc", limit=1)

    def test_new_request(self):
        response = self._request(
            symptom_id=str(self.symptom.id),
            partner_id=str(self.other.id),
            state="done",
            technician_id=str(self.technician.id),
            service_type="free",
            duplicate_confirmed="1",
            note="x",
            contact_name="Ms\x00 Cui 😀",
        )
        order = self._newest()
        self.assertIn(f"/my/service/{order.id}", response.headers["Location"])
        self.assertEqual(order.partner_id, self.customer)
        self.assertEqual(order.asset_id, self.asset)
        self.assertEqual(order.channel, "portal")
        self.assertEqual(order.state, "new")
        self.assertEqual(order.service_type, "chargeable")
        self.assertEqual(order.contact_name, "Ms Cui 😀")
        self.assertFalse(order.technician_id or order.note)
        self.assertIn(self.anna.partner_id, order.message_partner_ids)
        page = self._get(response.headers["Location"], "anna")
        self.assertIn("We have received", page.text)

    def test_foreign_machine_is_not_taken(self):
        rival = self._create_asset("RIVAL-1", partner_id=self.other.id)
        page = self._get("/my/service/new", "anna")
        self.assertNotIn("RIVAL-1", page.text)
        for value in (str(rival.id), "x", "-1", "9" * 25, "²"):
            with self.subTest(value=value):
                self._request(asset_id=value)
                order = self._newest()
                self.assertFalse(order.asset_id)
                self.assertEqual(order.partner_id.commercial_partner_id, self.customer)

    def test_second_request_for_the_same_fault_asks(self):
        count = self.env["aftersales.order"].search_count([])
        response = self._request(symptom_id=str(self.symptom.id))
        self.assertEqual(response.status_code, 200)
        self.assertIn("already has an open order", response.text)
        self.assertIn("Register it all the same", response.text)
        self.assertEqual(self.env["aftersales.order"].search_count([]), count)

    def test_uploads_are_limited(self):
        png = base64.b64decode(PNG)
        count = self.env["aftersales.order"].search_count([])
        for name, content in (
            ("virus.exe", b"MZ" + b"0" * 100),
            ("photo.png", b"<svg onload=alert(1)></svg>"),
            ("photo.png.exe", png),
            ("page.html", b"<html><script>1</script></html>"),
            ("big.png", png + b"0" * (5 * 1024 * 1024)),
        ):
            with self.subTest(name=name):
                files = [("attachments", (name, io.BytesIO(content)))]
                response = self._request(files=files)
                self.assertEqual(response.status_code, 200)
                self.assertIn("only PDF, JPG and PNG", response.text)
        files = [("attachments", (f"{i}.png", io.BytesIO(png))) for i in range(6)]
        self.assertIn("At most 5 files", self._request(files=files).text)
        self.assertEqual(self.env["aftersales.order"].search_count([]), count)
        files = [("attachments", ("../../etc/lamp.png", io.BytesIO(png)))]
        self._request(files=files)
        attachment = self._newest().message_ids.attachment_ids
        self.assertEqual(len(attachment), 1)
        self.assertNotIn("/", attachment.name)
        self.assertEqual(attachment.res_id, self._newest().id)

    def test_empty_description_is_asked_for(self):
        response = self._request(description=" \x00 ")
        self.assertIn("Please say what is wrong", response.text)
        payload = "<img src=x onerror=alert(1)>"
        self._request(description=payload, asset_id="")
        order = self._newest()
        page = self._get(f"/my/service/{order.id}", "anna")
        self.assertNotIn(payload, page.text)
