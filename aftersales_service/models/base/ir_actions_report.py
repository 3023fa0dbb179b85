import io
import re

from reportlab.pdfgen.canvas import Canvas

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.pdf import PdfFileReader, PdfFileWriter, PdfReadError

PAPER_PREFIX = "aftersales_"
NUMBER = re.compile(r'data-paper-number="([^"]*)"')


class IrActionsReport(models.Model):
    """Papers of the after-sales add-ons print with any build of wkhtmltopdf.

    The build of Debian knows neither page headers nor several documents at once:
    our pages carry their own head, each document is printed by itself, and pages
    are numbered afterwards. Other reports are left as they are.
    """

    _inherit = "ir.actions.report"

    def _is_aftersales_paper(self):
        return (self.report_name or "").startswith(PAPER_PREFIX)

    def _get_layout(self):
        if len(self) == 1 and self._is_aftersales_paper():
            return self.env.ref("aftersales_service.paper_layout")
        return super()._get_layout()

    def _is_one_paper(self):
        """A list of several records is one document, not one for each of them."""
        model = self.env.get(f"report.{self.report_name}")
        return model is not None and getattr(model, "_paper_is_list", False)

    def _check_pdf_engine(self):
        """Say plainly that and why nothing can be printed."""
        if self.get_wkhtmltopdf_state() in ("install", "broken"):
            raise UserError(
                self.env._(
                    "“%(paper)s” cannot be printed: the PDF program of the server "
                    "(wkhtmltopdf) is missing or broken. Ask your administrator to "
                    "install it; everything else works without it.",
                    paper=self.name,
                )
            )

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        report = self._get_report(report_ref)
        if not report._is_aftersales_paper():
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids)
        report._check_pdf_engine()
        if report._is_one_paper():
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids)
        streams = {}
        for res_id in dict.fromkeys(res_ids or []):
            streams.update(
                super()._render_qweb_pdf_prepare_streams(
                    report_ref, dict(data or {}), [res_id]
                )
            )
        return streams or super()._render_qweb_pdf_prepare_streams(
            report_ref, data, res_ids
        )

    @api.model
    def _run_wkhtmltopdf(
        self, bodies, report_ref=False, header=None, footer=None, **kwargs
    ):
        report = report_ref and self._get_report(report_ref)
        if not report or not report._is_aftersales_paper():
            return super()._run_wkhtmltopdf(
                bodies, report_ref=report_ref, header=header, footer=footer, **kwargs
            )
        writer = PdfFileWriter()
        printer = self.with_context(aftersales_paper=True)
        for body in bodies:
            content = super(IrActionsReport, printer)._run_wkhtmltopdf(
                [body], report_ref=report_ref, **kwargs
            )
            self._add_numbered_pages(writer, content, NUMBER.search(str(body)))
        stream = io.BytesIO()
        writer.write(stream)
        return stream.getvalue()

    @api.model
    def _build_wkhtmltopdf_args(self, *args, **kwargs):
        """Our pages hold no script: none runs, and none is waited for."""
        command = super()._build_wkhtmltopdf_args(*args, **kwargs)
        if self.env.context.get("aftersales_paper"):
            delay = command.index("--javascript-delay")
            command[delay : delay + 2] = ["--disable-javascript"]
        return command

    @api.model
    def _add_numbered_pages(self, writer, content, number):
        """Append the pages of a document; more than one are numbered."""
        try:
            pages = PdfFileReader(io.BytesIO(content), strict=False).pages
            count = len(pages)
        except PdfReadError as error:
            raise UserError(
                self.env._("The PDF program made a file that cannot be read.")
            ) from error
        title = number.group(1) if number and number.group(1).isascii() else ""
        for index, page in enumerate(pages, start=1):
            writer.addPage(page)
            if count > 1:
                text = f"{title}   {index} / {count}".strip()
                writer.pages[-1].mergePage(self._get_stamp(page, text))

    @api.model
    def _get_stamp(self, page, text):
        width, height = (float(page.mediabox.width), float(page.mediabox.height))
        stream = io.BytesIO()
        canvas = Canvas(stream, pagesize=(width, height))
        canvas.setFont("Helvetica", 7)
        canvas.drawCentredString(width / 2, 18, text)
        canvas.save()
        return PdfFileReader(io.BytesIO(stream.getvalue())).pages[0]
