from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from ...controllers.cover.certificate import MISSES
from ..common import WarrantyCommon

D = date.fromisoformat


@tagged("post_install", "-at_install")
class TestCertificate(WarrantyCommon, HttpCase):
    """Certificate, its public page and the machines in the portal (WA-02)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        MISSES.clear()
        cls.customer.write({"name": "Secret Customer", "phone": "0571-88880001"})
        cls.machine.list_price = 98765.0
        cls.today = date.today()
        cls.warranty = cls._create_covered("RS-1", cls.today)
        cls.other = cls._create_covered("RS-2", cls.today)
        cls.portal = new_test_user(
            cls.env,
            login="machine_portal",
            password="machine_portal",
            groups="base.group_portal",
            company_id=cls.company.id,
        )
        cls.portal.partner_id.parent_id = cls.customer
        stranger = cls.env["res.partner"].create({"name": "Stranger Ltd"})
        cls.foreign = cls._create_covered(
            "FOREIGN-1", cls.today, partner_id=stranger.id
        )

    def _path(self, warranty):
        return "/warranty/" + warranty._get_certificate_url().rsplit("/", 1)[1]

    def test_the_page_tells_product_and_cover_only(self):
        response = self.url_open(self._path(self.warranty))
        self.assertEqual(response.status_code, 200)
        self.assertIn("noindex", response.headers["X-Robots-Tag"])
        self.assertIn("RS-1", response.text)
        self.assertIn("Rack Server", response.text)
        for secret in ("Secret Customer", "88880001", "98765", "98,765", "RS-2"):
            self.assertNotIn(secret, response.text)
        self.assertNotIn("/odoo", response.text)

    def test_junk_and_forged_links(self):
        bodies = set()
        token = self._path(self.warranty).rsplit("/", 1)[1]
        for junk in (
            "0",
            "-1",
            "%00",
            "%ff%fe",
            "a" * 43,
            "a" * 4000,
            token[:-1],
            token + "a",
            token.swapcase(),
            "%25" * 500,
            str(self.warranty.id),
            "' OR 1=1 --",
        ):
            response = self.url_open(f"/warranty/{junk}")
            self.assertIn(response.status_code, (400, 404), junk)
            if response.status_code == 404 and "certificate" in response.text:
                bodies.add(response.text)
        self.assertEqual(len(bodies), 1, "all wrong links look the same")

    def test_who_guesses_is_told_to_wait(self):
        MISSES.clear()
        for number in range(30):
            self.url_open(f"/warranty/{number}")
        self.assertEqual(self.url_open("/warranty/31").status_code, 429)
        self.assertEqual(self.url_open(self._path(self.warranty)).status_code, 429)
        MISSES.clear()
        self.assertEqual(self.url_open(self._path(self.warranty)).status_code, 200)

    def test_void_and_renewed(self):
        path = self._path(self.warranty)
        with self.assertRaises(AccessError):
            self.as_user("operator", self.warranty).action_renew_certificate()
        self.as_user("supervisor", self.warranty).action_renew_certificate()
        self.assertEqual(self.url_open(path).status_code, 404)
        path = self._path(self.warranty)
        self.warranty._void("Opened by the customer's cousin")
        page = self.url_open(path)
        self.assertIn("Void", page.text)
        self.assertNotIn("cousin", page.text)
        with self.assertRaisesRegex(UserError, "void"):
            self.as_user("operator", self.warranty).action_print_certificate()

    def test_the_token_is_nobodys_business(self):
        self._path(self.warranty)
        with self.assertRaises(AccessError):
            self.as_user("manager", self.warranty).read(["certificate_token"])
        with self.assertRaises(AccessError):
            self.as_user("manager", self.warranty).write({"certificate_token": "x"})

    def test_paper_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.customer.lang = "de_DE"
        report = self.env["ir.actions.report"]
        warranty = self.as_user("operator", self.warranty)
        name = "aftersales_warranty.action_report_certificate"
        html = report.with_user(self.users["operator"])._render_qweb_html(
            name, warranty.ids
        )[0]
        text = html.decode()
        self.assertIn("data:image/svg+xml", text)
        self.assertIn("RS-1", text)
        self.assertIn(self.warranty.date_end.strftime("%d.%m.%Y"), text)
        with self.assertRaises(AccessError):
            report.with_user(self.portal)._render_qweb_html(name, warranty.ids)

    def test_portal_shows_own_machines_only(self):
        self.authenticate("machine_portal", "machine_portal")
        page = self.url_open("/my/machines")
        self.assertEqual(page.status_code, 200)
        self.assertIn("RS-1", page.text)
        self.assertIn("RS-2", page.text)
        self.assertNotIn("FOREIGN-1", page.text)
        own = self.url_open(f"/my/machines/{self.warranty.asset_id.id}")
        self.assertIn("Parts free", own.text)
        self.assertNotIn("98765", own.text.replace(",", ""))
        for path in (
            f"/my/machines/{self.foreign.asset_id.id}",
            f"/my/machines/{self.foreign.asset_id.id}/certificate",
            "/my/machines/0",
            f"/my/machines/{10**20}",
        ):
            response = self.url_open(path)
            self.assertTrue(response.url.endswith("/my"), path)
            self.assertNotIn("FOREIGN-1", response.text)
        self.assertEqual(self.url_open("/my/machines/page/9999").status_code, 200)

    def test_portal_reads_no_warranty_by_rpc(self):
        warranty = self.warranty.with_user(self.portal)
        with self.assertRaises(AccessError):
            warranty.read(["name"])
        with self.assertRaises(AccessError):
            warranty.search([])

    def test_portal_needs_a_login(self):
        page = self.url_open("/my/machines")
        self.assertIn("/web/login", page.url)

    @freeze_time("2026-06-15 04:00:00")
    def test_two_prints_share_one_token(self):
        first = self.warranty._get_certificate_url()
        self.assertEqual(first, self.warranty._get_certificate_url())
        self.assertNotEqual(first, self.other._get_certificate_url())
