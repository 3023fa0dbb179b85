import base64
import io

from PIL import Image, UnidentifiedImageError

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools.image import image_data_uri

from ...tools.barcode import code128_svg, qr_svg

PNG_LIMIT = (1200, 600)


class AftersalesPaperMixin(models.AbstractModel):
    """What every printed paper has: rights, language, pictures without network.

    A paper is read by whoever may read its record; pictures are put into the page
    itself, so printing needs no address of the server and loads nothing.
    """

    _name = "aftersales.paper.mixin"
    _description = "After-sales: printed paper"

    _paper_model = None
    _paper_group = "aftersales_service.aftersales_service_group_user"
    _paper_is_list = False  # all records on one paper

    @api.model
    def _get_report_values(self, docids, data=None):
        docs = self._get_paper_documents(docids)
        return {
            "doc_ids": docs.ids,
            "doc_model": self._paper_model,
            "docs": docs,
            "papers": [
                paper for doc in docs for paper in self._prepare_papers(doc, data or {})
            ],
            "report_type": (data or {}).get("report_type", "html"),
        }

    @api.model
    def _get_paper_documents(self, docids):
        """The records to print, if the reader may read every one of them.

        The web route of reports is open to portal users and asks for no group, so
        the paper does: staff only. The portal prints through its own controller,
        which has checked the customer and comes as superuser.
        """
        docs = self.env[self._paper_model].browse(docids).exists()
        if not self.env.su and not self.env.user.has_group(self._paper_group):
            raise AccessError(
                self.env._("Only the service department prints this paper.")
            )
        docs.check_access("read")
        # Safe: read access was checked; a paper shows a fixed set of values that go
        # with the record, whatever else its reader may open.
        return docs.sudo()

    @api.model
    def _prepare_papers(self, doc, data):
        """Papers to print for a record: one, unless a report makes more of it."""
        return [self._prepare_paper(doc, data)]

    @api.model
    def _prepare_paper(self, doc, data):
        """Values of one paper for its template, computed in the reader's language.

        :return: dict with ``doc`` in the right language and company, and helpers
        """
        lang = self._get_paper_lang(doc)
        company = self._get_paper_company(doc)
        doc = doc.with_context(lang=lang).with_company(company)
        return {
            "doc": doc,
            "lang": lang,
            "company": company.with_context(lang=lang),
            "address": self._get_address(company.partner_id.with_context(lang=lang)),
            "logo": self._image_uri(company.logo, keep_svg=True),
            "barcode": self._barcode_uri(doc.display_name),
            "number": doc.display_name,
            "tz": self._get_paper_tz(doc),
        }

    @api.model
    def _get_paper_lang(self, doc):
        """Language of the paper; the user's unless the paper goes to a customer."""
        return self.env.context.get("lang") or self.env.user.lang or "en_US"

    @api.model
    def _get_paper_company(self, doc):
        company = doc.company_id if "company_id" in doc else self.env.company
        # Safe: the letterhead of the company is on every paper.
        return (company or self.env.company).sudo()

    @api.model
    def _get_paper_tz(self, doc):
        """The company's clock, unless the paper goes where another one is read."""
        return self._get_paper_company(doc)._aftersales_zone().zone

    @api.model
    def _get_address(self, partner):
        """The address on one line, without the name of the company."""
        text = partner._display_address(without_company=True)
        return ", ".join(
            part for line in text.splitlines() if (part := line.strip(" ,"))
        )

    # -- pictures ---------------------------------------------------------------

    @api.model
    def _image_uri(self, content, keep_svg=False):
        """A picture as part of the page; False for what is not a picture.

        Re-encoded: the PDF engine does not know every format, and nothing but
        pixels gets through.
        """
        if not content:
            return False
        if keep_svg and content[:1] == b"P":
            return image_data_uri(content)
        try:
            with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
                picture.thumbnail(PNG_LIMIT)
                stream = io.BytesIO()
                picture.convert("RGBA").save(stream, "PNG")
        except (OSError, SyntaxError, ValueError, UnidentifiedImageError):
            return False
        return image_data_uri(base64.b64encode(stream.getvalue()))

    @api.model
    def _barcode_uri(self, value):
        """The number as Code 128; False when it has other characters."""
        svg = code128_svg(value)
        return svg and self._svg_uri(svg) or False

    @api.model
    def _qr_uri(self, value):
        """The link as QR code."""
        return self._svg_uri(qr_svg(value))

    @api.model
    def _svg_uri(self, svg):
        return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
