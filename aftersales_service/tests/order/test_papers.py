import base64
import io
import unicodedata
from unittest.mock import patch

from PIL import Image

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, new_test_user, tagged
from odoo.tools.pdf import PdfFileReader

from ...tools.barcode import code128_svg
from ..common import GROUP, AftersalesCommon

VOUCHER = "aftersales_service.action_report_voucher"
COPIES = "aftersales_service.action_report_voucher_copies"
ARCHIVE = "aftersales_service.action_report_voucher_archive"
QUOTATION = "aftersales_service.action_report_quotation"
REQUISITION = "aftersales_service.action_report_requisition"
GATE_PASS = "aftersales_service.action_report_gate_pass"
DAILY = "aftersales_service.action_report_daily"
ENGINE = (
    "odoo.addons.base.models.ir_actions_report.IrActionsReport.get_wkhtmltopdf_state"
)


def text_of(pdf):
    """Text of the pages; the font gives some characters as their radicals."""
    pages = PdfFileReader(io.BytesIO(pdf)).pages
    text = unicodedata.normalize("NFKC", " ".join(p.extract_text() for p in pages))
    return " ".join(text.split())


class PapersCommon(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.customer.write(
            {"name": "杭州数据中心", "lang": "zh_CN", "tz": "Asia/Shanghai"}
        )
        cls.company.aftersales_approve_free = False

    @classmethod
    def _create_printed_order(cls, **values):
        """A part that pays, one given as a gift, labour; report and signature."""
        values.setdefault(
            "line_ids",
            [
                cls._line_values("part", cls.disk, 2.0),
                cls._line_values("part", cls._create_product("Fan", list_price=123.45)),
                cls._line_values("labour", cls.labour, 2.5),
            ],
        )
        order = cls._create_reported_order(**values)
        order.line_ids[1].action_override_payer("goodwill", "Regular since 2019")
        order.write({"note": "<p>Never send Wang</p>", "remedy": "换盘"})
        cls.env["aftersales.visit"].create(
            {
                "order_id": order.id,
                "lead_id": cls.technician.id,
                "planned_start": "2026-03-02 01:00:00",
                "planned_end": "2026-03-02 03:00:00",
                "departed_at": "2026-03-02 00:40:00",
                "arrived_at": "2026-03-02 01:12:00",
                "left_at": "2026-03-02 03:42:00",
                "outcome": "done",
                "state": "left",
            }
        )
        return order

    def _html(self, report, records, user=None):
        reports = self.env["ir.actions.report"]
        if user:
            reports = reports.with_user(user)
        return reports._render_qweb_html(report, records.ids)[0].decode()

    def _pdf(self, report, records):
        reports = self.env["ir.actions.report"]
        if reports.get_wkhtmltopdf_state() != "ok":
            self.skipTest("wkhtmltopdf is not installed")
        return reports.with_context(force_report_rendering=True)._render_qweb_pdf(
            report, records.ids
        )[0]


@tagged("post_install", "-at_install")
class TestVoucher(PapersCommon):
    def test_customer_copy_keeps_our_secrets(self):
        html = self._html(VOUCHER, self._create_printed_order())
        self.assertIn("Customer copy", html)
        self.assertIn("Covered:", html)
        for secret in ("123.45", "Regular since 2019", "Never send Wang"):
            self.assertNotIn(secret, html)

    def test_company_and_archive_copies_tell_all(self):
        html = self._html(COPIES, self._create_printed_order())
        company, customer, archive = html.split('class="as_mark"')[1:]
        for copy, mark in (
            (company, "Company copy"),
            (customer, "Customer copy"),
            (archive, "Archive copy"),
        ):
            self.assertIn(mark, copy)
            for secret in ("123.45", "Regular since 2019", "Never send Wang"):
                self.assertEqual(secret in copy, mark != "Customer copy")

    def test_content(self):
        order = self._create_printed_order()
        html = self._html(VOUCHER, order)
        for text in (order.name, "杭州数据中心", "7979Q7C-01", "换盘", "Ms Cui"):
            self.assertIn(text, html)
        self.assertIn("1,600.00", html)
        self.assertIn("2,100.00", html)
        self.assertIn("data:image/svg+xml;base64,", html)

    def test_language_and_clock_of_the_customer(self):
        order = self._create_printed_order()
        html = self._html(VOUCHER, order)
        self.assertIn('lang="zh_CN"', html)
        lang = self.env["res.lang"]._get_data(code="zh_CN")
        day = order.visit_ids.arrived_at.strftime(lang.date_format)
        self.assertIn(day, html)
        self.assertIn("09:12", html)
        self.assertIn("11:42", html)
        self.assertIn("Asia/Shanghai", html)
        self.customer.lang = "en_US"
        self.customer.tz = "Europe/Paris"
        html = self._html(VOUCHER, order)
        self.assertIn("03/02/2026", html)
        self.assertIn("02:12", html)

    def test_no_price_leaves_the_house_before_it_is_approved(self):
        order = self._create_order(line_ids=[self._line_values("part", self.disk)])
        self.as_user("operator", order.line_ids).price_unit = 1.0
        self.assertEqual(order.approval_state, "pending")
        for report in (VOUCHER, COPIES, QUOTATION):
            with self.assertRaisesRegex(UserError, "approved"):
                self._html(report, order)
        self.assertIn("Archive copy", self._html(ARCHIVE, order))

    def test_cancelled_order_says_so(self):
        order = self._create_order()
        order.action_cancel("Solved by itself")
        self.assertIn("cancelled", self._html(VOUCHER, order))

    def test_quotation(self):
        html = self._html(QUOTATION, self._create_printed_order())
        self.assertIn("Quotation", html)
        self.assertIn("signature", html)
        self.assertNotIn("123.45", html)
        self.assertNotIn("Never send Wang", html)

    def test_empty_order_prints_a_form_to_fill_in(self):
        order = self._create_order(asset_id=False, symptom_id=False, description=False)
        self.assertIn(order.name, self._html(COPIES, order))

    def test_broken_pictures_are_left_out(self):
        order = self._create_printed_order()
        paper = self.env["aftersales.order.paper.mixin"]
        self.assertFalse(paper._image_uri(order.signature))
        self.assertFalse(paper._image_uri(base64.b64encode(b"<svg onload=x>")))
        self.assertFalse(paper._image_uri(False))
        stream = io.BytesIO()
        Image.new("RGB", (3000, 3000)).save(stream, "JPEG")
        uri = paper._image_uri(base64.b64encode(stream.getvalue()))
        self.assertTrue(uri.startswith("data:image/png;base64,"))

    def test_markup_is_text(self):
        """Reliability 22, 42: nothing a person types becomes part of the page."""
        bad = "<img src=file:///etc/passwd><script>x()</script> 😀 " + "很长" * 5000
        order = self._create_printed_order(description=bad)
        order.write({"remedy": bad, "customer_note": bad})
        order.line_ids[0].name = bad
        html = self._html(COPIES, order)
        self.assertNotIn("<img src=file", html)
        self.assertNotIn("<script>x", html)
        self.assertIn("&lt;img src=file:///etc/passwd&gt;", html)


@tagged("post_install", "-at_install")
class TestPaperRights(PapersCommon):
    def test_staff_of_the_service_point_prints(self):
        order = self._create_printed_order()
        for role in ("operator", "technician", "accountant", "parts", "manager"):
            for report in (VOUCHER, COPIES, ARCHIVE, QUOTATION):
                html = self._html(report, order, self.users[role])
                self.assertIn(order.name, html)

    def test_another_service_point_does_not(self):
        order = self._create_printed_order()
        stranger = new_test_user(self.env, "as_far", groups=f"{GROUP}supervisor")
        south = {"name": "South", "code": "S", "user_ids": [stranger.id]}
        self.env["aftersales.team"].create(south)
        for report in (VOUCHER, COPIES, ARCHIVE, QUOTATION):
            with self.assertRaises(AccessError):
                self._html(report, order, stranger)

    def test_outsiders_do_not(self):
        """The web route of reports asks for no group: the paper does."""
        order = self._create_printed_order()
        employee = new_test_user(self.env, "as_nobody", groups="base.group_user")
        portal = new_test_user(self.env, "as_customer", groups="base.group_portal")
        portal.partner_id.parent_id = self.customer
        self.assertFalse(order.with_user(portal).has_access("read"))
        for user in (employee, portal):
            for report in (VOUCHER, COPIES, ARCHIVE, QUOTATION):
                with self.assertRaises(AccessError):
                    self._html(report, order, user)

    def test_portal_controller_gets_the_customer_copy(self):
        html = self._html(VOUCHER, self._create_printed_order().sudo())
        self.assertIn("Customer copy", html)
        self.assertNotIn("Company copy", html)

    def test_archive_marks_are_not_writable(self):
        order = self._create_printed_order()
        for name in ("archive_due", "archive_failures"):
            with self.assertRaises(AccessError):
                self.as_user("manager", order).write({name: 1})


@tagged("post_install", "-at_install")
class TestPdf(PapersCommon):
    def test_three_copies_in_one_file(self):
        order = self._create_printed_order()
        pdf = self._pdf(COPIES, order)
        text = text_of(pdf)
        self.assertEqual(len(PdfFileReader(io.BytesIO(pdf)).pages), 3)
        for words in ("Company copy", "Customer copy", "Archive copy", "杭州数据中心"):
            self.assertIn(words, text)

    def test_chinese_glyphs_are_embedded(self):
        reader = PdfFileReader(
            io.BytesIO(self._pdf(VOUCHER, self._create_printed_order()))
        )
        fonts = reader.pages[0]["/Resources"]["/Font"].get_object().values()
        names = {str(font.get_object()["/BaseFont"]) for font in fonts}
        self.assertTrue(any("CJK" in name for name in names), names)

    def test_several_orders_at_once(self):
        """Debian's wkhtmltopdf prints one document at a time; so do we."""
        orders = self._create_printed_order() | self._create_printed_order()
        pdf = self._pdf(VOUCHER, orders)
        self.assertEqual(len(PdfFileReader(io.BytesIO(pdf)).pages), 2)
        for order in orders:
            self.assertIn(order.name, text_of(pdf))

    def test_long_order_numbers_its_pages(self):
        lines = [self._line_values("part", self.disk) for _n in range(60)]
        order = self._create_order(line_ids=lines)
        pdf = self._pdf(VOUCHER, order)
        pages = PdfFileReader(io.BytesIO(pdf)).pages
        self.assertGreater(len(pages), 1)
        for index, page in enumerate(pages, start=1):
            foot = f"{order.name}   {index} / {len(pages)}"
            self.assertIn(foot, page.extract_text())
        # Every row is printed once: none is cut at the end of a page.
        self.assertEqual(text_of(pdf).count("Disk 300 GB"), 60)

    def test_local_files_stay_out(self):
        order = self._create_printed_order(description="<img src=file:///etc/passwd>")
        order.note = "<iframe src='file:///etc/passwd'></iframe>"
        text = text_of(self._pdf(COPIES, order))
        self.assertIn("file:///etc/passwd", text)
        self.assertNotIn("root:", text)

    def test_missing_program_is_said_plainly(self):
        """Reliability 48: no PDF engine."""
        order = self._create_printed_order()
        reports = self.env["ir.actions.report"].with_context(
            force_report_rendering=True
        )
        with (
            patch(ENGINE, return_value="install"),
            self.assertRaisesRegex(UserError, "wkhtmltopdf.*administrator"),
        ):
            reports._render_qweb_pdf(VOUCHER, order.ids)

    def test_other_reports_are_left_alone(self):
        report = self.env.ref("stock.action_report_delivery")
        self.assertFalse(report._is_aftersales_paper())
        self.assertEqual(report._get_layout(), self.env.ref("web.minimal_layout"))


@tagged("post_install", "-at_install")
class TestArchive(PapersCommon):
    def _closed_order(self):
        order = self._create_printed_order(
            line_ids=[
                self._line_values("labour", self.labour),
                self._line_values("labour", self.labour),
            ]
        )
        for visit in order.visit_ids:
            visit.state = "left"
        order.action_complete()
        order._transition("close")
        return order

    def _archives(self, order):
        return self.env["ir.attachment"].search(
            [("res_model", "=", order._name), ("res_id", "=", order.id)]
        )

    def _run_cron(self):
        cron = self.env.ref("aftersales_service.ir_cron_archive_vouchers")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()

    def test_archived_once_for_each_closing(self):
        if self.env["ir.actions.report"].get_wkhtmltopdf_state() != "ok":
            self.skipTest("wkhtmltopdf is not installed")
        order = self._closed_order()
        self.assertTrue(order.archive_due)
        self._run_cron()
        archive = self._archives(order)
        self.assertEqual(archive.mimetype, "application/pdf")
        self.assertIn("Archive copy", text_of(archive.raw))
        self.assertFalse(order.archive_due)
        # Again, by the job and by hand: still one, and the same file.
        order.archive_due = True
        self._run_cron()
        self.assertEqual(self._pdf(ARCHIVE, order), archive.raw)
        self.assertEqual(self._archives(order), archive)
        # Another closing is another archive; the first is kept.
        order._transition("reopen")
        self.assertFalse(order._get_archive_filename())
        order.closed_at = False
        order._transition("complete")
        order._transition("close")
        order.closed_at = "2026-01-01 00:00:00"
        self._run_cron()
        self.assertEqual(len(self._archives(order)), 2)

    def test_closing_does_not_need_the_program(self):
        with patch(ENGINE, return_value="install"):
            order = self._closed_order()
            self._run_cron()
        self.assertEqual(order.state, "closed")
        self.assertTrue(order.archive_due)
        self.assertFalse(self._archives(order))

    def test_failure_is_noted_once_and_others_go_on(self):
        order = self._closed_order()
        error = UserError("Out of paper")
        with patch.object(type(order), "_archive_voucher", side_effect=error):
            self._run_cron()
            self._run_cron()
        self.assertEqual(order.archive_failures, 2)
        self.assertTrue(order.archive_due)
        notes = order.message_ids.filtered(lambda m: "Out of paper" in (m.body or ""))
        self.assertEqual(len(notes), 1)

    def test_open_order_is_not_archived(self):
        order = self._create_printed_order()
        self.assertFalse(order._get_archive_filename())
        self.assertNotIn(order, order.search(order._get_archive_due_domain()))


@tagged("post_install", "-at_install")
class TestRequisitionPapers(PapersCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        point = warehouse.lot_stock_id
        cls.team.write({"warehouse_id": warehouse.id, "location_id": point.id})
        part = cls._create_product("控制器", default_code="CTL", tracking="serial")
        lot = cls.env["stock.lot"].create({"product_id": part.id, "name": "CTL-001"})
        quants = cls.env["stock.quant"]
        quants._update_available_quantity(part, point, 1, lot_id=lot)
        quants._update_available_quantity(cls.disk, point, 3)
        order = cls._create_reported_order(
            line_ids=[
                cls._line_values("part", part),
                cls._line_values("part", cls.disk, 2.0),
            ]
        )
        cls.as_user("technician", order).action_request_parts()
        cls.order = order
        cls.requisition = order.requisition_ids

    def test_requisition(self):
        html = self._html(REQUISITION, self.requisition, self.users["parts"])
        for text in (self.requisition.name, self.order.name, "控制器", "CTL-001"):
            self.assertIn(text, html)
        self.assertIn("as_technician", html)

    def test_gate_pass_only_for_what_was_issued(self):
        with self.assertRaisesRegex(UserError, "issued"):
            self._html(GATE_PASS, self.requisition)
        self.as_user("parts", self.requisition).action_issue()
        html = self._html(GATE_PASS, self.requisition, self.users["parts"])
        for text in (self.requisition.gate_pass, "控制器", "CTL-001", "杭州数据中心"):
            self.assertIn(text, html)
        self.assertEqual(html.count("2.00"), 1)

    def test_pdf(self):
        self.as_user("parts", self.requisition).action_issue()
        for report in (REQUISITION, GATE_PASS):
            pdf = self._pdf(report, self.requisition)
            self.assertEqual(len(PdfFileReader(io.BytesIO(pdf)).pages), 1)
            self.assertIn("控制器", text_of(pdf))

    def test_another_service_point_does_not_print(self):
        stranger = new_test_user(self.env, "as_far", groups=f"{GROUP}parts")
        for report in (REQUISITION, GATE_PASS):
            with self.assertRaises(AccessError):
                self._html(report, self.requisition, stranger)


@tagged("post_install", "-at_install")
class TestDailyReport(PapersCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id.tz = "Asia/Shanghai"
        cls.order = cls._create_printed_order()
        cls.colleague = cls._create_technician("Wang Fang")
        logs = (
            (cls.technician, "work", 5.0, cls.order),
            (cls.technician, "travel", 1.25, cls.order),
            (cls.colleague, "training", 3.0, cls.order.browse()),
        )
        cls.env["aftersales.worklog"].create(
            [
                {
                    "technician_id": technician.id,
                    "date": "2026-03-02",
                    "category": category,
                    "hours": hours,
                    "order_id": order.id,
                }
                for technician, category, hours, order in logs
            ]
        )

    def _wizard(self, role="supervisor", **values):
        return (
            self.env["aftersales.daily.report.wizard"]
            .with_user(self.users[role])
            .create({"date": "2026-03-02", **values})
        )

    def test_sheets(self):
        first, second = self._wizard()._get_sheets()
        self.assertEqual(first["technician"], self.technician)
        self.assertEqual(first["hours"], {"work": 5.0, "travel": 1.25})
        self.assertEqual(first["total"], 6.25)
        self.assertEqual(first["visits"], self.order.visit_ids)
        self.assertEqual(second["technician"], self.colleague)
        self.assertEqual(second["total"], 3.0)

    def test_page_for_each_technician(self):
        html = self._html(DAILY, self._wizard(), self.users["supervisor"])
        self.assertEqual(html.count("article"), 2)
        for text in ("Li Qiang", "Wang Fang", self.order.name, "6.25", "09:12"):
            self.assertIn(text, html)

    def test_team_adds_up(self):
        wizard = self._wizard(kind="team", team_ids=[Command.set(self.team.ids)])
        html = self._html(DAILY, wizard, self.users["supervisor"])
        self.assertEqual(html.count("article"), 1)
        for text in ("North", "Li Qiang", "Wang Fang", "9.25"):
            self.assertIn(text, html)

    def test_technician_prints_only_his_own_day(self):
        wizard = self._wizard("technician")
        self.assertEqual(wizard.technician_ids, self.technician)
        wizard.technician_ids = False
        names = [sheet["technician"].name for sheet in wizard._get_sheets()]
        html = self._html(DAILY, wizard, self.users["technician"])
        self.assertIn("Li Qiang", html)
        self.assertNotIn("Wang Fang", html)
        self.assertEqual(names, ["Li Qiang"])

    def test_day_ends_at_midnight_of_the_company(self):
        visit = self.order.visit_ids
        visit.departed_at = visit.planned_start = "2026-03-01 15:00:00"
        visit.arrived_at = "2026-03-01 16:00:00"
        self.assertTrue(self._wizard()._get_sheets()[0]["visits"])
        visit.arrived_at = "2026-03-01 15:59:59"
        self.assertFalse(self._wizard()._get_sheets()[0]["visits"])

    def test_left_without_a_report_is_shown(self):
        self.order.visit_ids.left_without_report = True
        html = self._html(DAILY, self._wizard(), self.users["supervisor"])
        self.assertIn("No report", html)

    def test_empty_day_is_refused(self):
        with self.assertRaisesRegex(UserError, "2026-04-05"):
            self._wizard(date="2026-04-05").action_print()

    def test_action(self):
        action = self._wizard().action_print()
        self.assertEqual(action["report_name"], "aftersales_service.report_daily")

    def test_somebody_elses_wizard_shows_no_more(self):
        html = self._html(DAILY, self._wizard("supervisor"), self.users["technician"])
        self.assertIn("Li Qiang", html)
        self.assertNotIn("Wang Fang", html)


@tagged("post_install", "-at_install")
class TestBarcode(BaseCase):
    def test_code128(self):
        svg = code128_svg("SV/2026/00012")
        self.assertTrue(svg.startswith("<svg"))
        self.assertNotEqual(svg, code128_svg("SV/2026/00013"))

    def test_other_characters_have_no_bars(self):
        for value in ("服务单1", "", False, None, "é"):
            self.assertIsNone(code128_svg(value))
