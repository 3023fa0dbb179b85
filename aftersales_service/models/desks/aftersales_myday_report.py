import base64
import binascii

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools.mimetypes import guess_mimetype

from .aftersales_myday import OLD_PARTS

PHOTO_TYPES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "application/pdf": ".pdf",
}
MAX_PHOTOS = 30
MAX_TEXT = 10000


class AftersalesMyday(models.AbstractModel):
    """What the technician writes down on site: report, photos, lines."""

    _inherit = "aftersales.myday"

    # -------------------------------------------------------------------------
    # REPORT
    # -------------------------------------------------------------------------

    @api.model
    def _get_report_fields(self):
        """Fields of the order the phone may write, nothing else."""
        return {
            "cause_id",
            "remedy",
            "misuse",
            "misuse_evidence",
            "customer_opinion",
            "customer_note",
        }

    @api.model
    def save_report(self, order_id, values):
        """Store what was found and done (SV-03, SV-55).

        :param values: report fields only; anything else is refused
        :return: the order as :meth:`get_order` shows it
        """
        self._check_keys(values, self._get_report_fields())
        after_signing = not values.keys() - {"customer_opinion", "customer_note"}
        order = self._get_writable_order(order_id, signed=after_signing)
        order.write(self._clean_report(values))
        return self.get_order(order_id)

    def _check_keys(self, values, allowed):
        if not isinstance(values, dict):
            raise UserError(self.env._("Nothing to save."))
        if refused := {str(key) for key in values.keys() - allowed}:
            raise AccessError(
                self.env._(
                    "This screen cannot change: %(fields)s.",
                    fields=", ".join(sorted(refused)[:10]),
                )
            )

    def _clean_report(self, values):
        cleaned = {}
        for name, value in values.items():
            if name == "cause_id":
                cleaned[name] = self._check_cause(value)
            elif name == "misuse":
                cleaned[name] = bool(value)
            elif name == "customer_opinion":
                cleaned[name] = self._check_opinion(value)
            else:
                cleaned[name] = self._clean_text(value) or False
        return cleaned

    def _check_cause(self, value):
        if not value:
            return False
        valid = isinstance(value, int) and 0 < value < 2**31
        cause = valid and self.env["aftersales.cause"].search([("id", "=", value)])
        if not cause:
            raise UserError(self.env._("This cause no longer exists. Choose another."))
        return cause.id

    def _check_opinion(self, value):
        selection = self._get_selection(
            self.env["aftersales.order"], "customer_opinion"
        )
        if value and value not in [key for key, _label in selection]:
            raise UserError(self.env._("Unknown opinion “%s”.", value))
        return value or False

    @api.model
    def _clean_text(self, value):
        """Text as the database can store it: no NUL, no half emoji, not endless."""
        if not value:
            return ""
        if not isinstance(value, str):
            raise UserError(self.env._("Text was expected."))
        if len(value) > MAX_TEXT:
            raise UserError(
                self.env._("The text is too long: at most %s characters.", MAX_TEXT)
            )
        text = value.replace("\x00", "").encode("utf-8", "ignore").decode()
        return text.strip()

    # -------------------------------------------------------------------------
    # PHOTOS
    # -------------------------------------------------------------------------

    @api.model
    def add_photo(self, order_id, name, data):
        """Keep a photo or PDF with the report; sent twice, it is kept once.

        :param data: base64 of a jpeg, png or pdf
        :return: the photos of the order
        """
        order = self._get_writable_order(order_id, signed=True)
        content = self._decode_photo(order, data)
        mimetype = self._check_photo_type(content)
        order._lock_for_action()
        attachments = self.env["ir.attachment"]
        checksum = attachments._compute_checksum(content)
        if checksum not in order.photo_ids.mapped("checksum"):
            if len(order.photo_ids) >= MAX_PHOTOS:
                raise UserError(
                    self.env._("At most %s photos belong to one report.", MAX_PHOTOS)
                )
            photo = attachments.create(
                {
                    "name": self._get_photo_name(name, mimetype),
                    "raw": content,
                    "mimetype": mimetype,
                    "res_model": order._name,
                    "res_id": order.id,
                }
            )
            order.write({"photo_ids": [Command.link(photo.id)]})
        return self._prepare_photos(order)

    def _decode_photo(self, order, data):
        limit = max(order.company_id.aftersales_photo_max_mb, 1)
        too_big = self.env._(
            "The file is too big: at most %(limit)s MB, pdf, jpg or png.", limit=limit
        )
        if isinstance(data, str):
            data = data.encode("ascii", "ignore")
        if not isinstance(data, bytes) or not data:
            raise UserError(self.env._("The file is empty."))
        if len(data) > limit * 1024 * 1024 * 4 // 3 + 1024:
            raise UserError(too_big)
        try:
            content = base64.b64decode(data, validate=True)
        except (ValueError, binascii.Error):
            content = b""
        if not content:
            raise UserError(self.env._("The file is empty or damaged."))
        if len(content) > limit * 1024 * 1024:
            raise UserError(too_big)
        return content

    def _check_photo_type(self, content):
        """Type by content; the name and what the browser says are not trusted."""
        mimetype = guess_mimetype(content, default="application/octet-stream")
        if mimetype not in PHOTO_TYPES:
            raise UserError(self.env._("Only jpg, png and pdf files can be added."))
        return mimetype

    def _get_photo_name(self, name, mimetype):
        stem = self._clean_text(name if isinstance(name, str) else "")
        stem = stem.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
        stem = "".join(char for char in stem if char.isprintable()).strip(". ")
        return (stem[:80] or self.env._("photo")) + PHOTO_TYPES[mimetype]

    @api.model
    def remove_photo(self, order_id, photo_id):
        """Take a photo off the report before the order is done."""
        order = self._get_writable_order(order_id, signed=True)
        photo = order.photo_ids.filtered(lambda photo: photo.id == photo_id)
        order.write({"photo_ids": [Command.unlink(item.id) for item in photo]})
        own = photo.filtered(
            lambda item: item.res_model == order._name and item.res_id == order.id
        )
        own.unlink()
        return self._prepare_photos(order)

    # -------------------------------------------------------------------------
    # LINES
    # -------------------------------------------------------------------------

    @api.model
    def save_line(self, order_id, line_id, values):
        """Quantity of a line, and what happened to the old part (SV-41)."""
        self._check_keys(values, {"quantity", "old_part_state", "old_part_note"})
        order = self._get_writable_order(order_id)
        line = self._get_line(order, line_id)
        cleaned = self._clean_line(values)
        note = cleaned.get("old_part_note", line.old_part_note)
        if cleaned.get("old_part_state", line.old_part_state) == "left" and not note:
            raise UserError(self.env._("Say why the old part stays with the customer."))
        line.write(cleaned)
        return self.get_order(order_id)

    def _clean_line(self, values):
        cleaned = {}
        if "quantity" in values:
            cleaned["quantity"] = self._check_number(values["quantity"])
        if "old_part_state" in values:
            if values["old_part_state"] not in OLD_PARTS:
                raise UserError(self.env._("Say what happened to the old part."))
            cleaned["old_part_state"] = values["old_part_state"]
        if "old_part_note" in values:
            cleaned["old_part_note"] = self._clean_text(values["old_part_note"])[:250]
        return cleaned

    def _get_line(self, order, line_id):
        line = order.line_ids.filtered(lambda line: line.id == line_id)
        if not line:
            raise UserError(
                self.env._("This line is gone. Reload the page to see the order.")
            )
        return line

    def _check_number(self, value, maximum=10000.0):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= maximum:
            raise UserError(self.env._("Type a number between 0 and %s.", int(maximum)))
        return float(value)

    @api.model
    def add_service(self, order_id, kind, quantity):
        """Labour or travel by hand; one line of a kind for each visit.

        :param kind: "labour" or "travel"
        :param quantity: in the unit of the company's product; 0 removes the line
        """
        if kind not in ("labour", "travel"):
            raise UserError(self.env._("Labour or travel was expected."))
        quantity = self._check_number(quantity)
        order = self._get_writable_order(order_id)
        order._lock_for_action()
        visit = self._get_visit(order)
        line = order.line_ids.filtered(
            lambda line: line.kind == kind and line.visit_id == visit
        )[:1]
        if line and not quantity:
            line.unlink()
        elif line:
            line.quantity = quantity
        elif quantity:
            order._add_lines([self._prepare_service(order, kind, quantity, visit)])
        return self.get_order(order_id)

    def _prepare_service(self, order, kind, quantity, visit):
        product = order.company_id[f"aftersales_{kind}_product_id"]
        if not product:
            raise UserError(
                self.env._(
                    "No product is chosen for this in the service settings of "
                    "%(company)s. Tell your manager.",
                    company=order.company_id.name,
                )
            )
        return order._prepare_line_values(
            kind, product, quantity, visit_id=visit.id or False
        )

    @api.model
    def request_price(self, order_id, line_id, price, reason):
        """Ask for another unit price than the list's; blocks signing until decided.

        :param price: what the customer would pay per unit; the list price takes
            the request back
        :param reason: for the manager who decides
        """
        price = self._check_number(price, 10000000.0)
        reason = self._clean_text(reason)
        order = self._get_writable_order(order_id)
        line = self._get_line(order, line_id)
        if line._compare_price(price, line.list_price) and not reason:
            raise UserError(self.env._("Say why the price should differ."))
        line._request_price(price, 0.0, reason)
        return self.get_order(order_id)
