from odoo import api, models
from odoo.exceptions import UserError

from ...const import COMPLAINT_OPEN


class AftersalesComplaint(models.Model):
    """Who may still change what on a complaint."""

    _inherit = "aftersales.complaint"

    @api.model
    def _check_supervised(self, names):
        """Who is at fault is not for the one who takes the call to say."""
        defaults = {
            name for name in self.SUPERVISED if self.env.context.get(f"default_{name}")
        }
        if self.SUPERVISED & (set(names) | defaults):
            self.env["res.users"]._check_aftersales_role("supervisor")

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """A settled complaint shows no field one could type into and lose the text."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form":
            for node in arch.xpath("//field[not(ancestor::field)]"):
                given = node.get("readonly") or str(
                    self._fields[node.get("name")].readonly
                )
                if given not in ("1", "True"):
                    settled = f"state not in {COMPLAINT_OPEN!r}"
                    node.set("readonly", f"({given}) or {settled}")
        return arch, view

    @api.model
    def _get_always_writable(self):
        """Fields that may change on a settled complaint: nothing of its record."""
        return {
            "activity_ids",
            "message_follower_ids",
            "message_ids",
            "message_main_attachment_id",
        }

    def _check_writable(self, names):
        settled = self.filtered(lambda complaint: complaint.state not in COMPLAINT_OPEN)
        if settled and set(names) - self._get_always_writable():
            raise UserError(
                self.env._(
                    "%(complaints)s is settled and cannot be changed. A supervisor "
                    "can reopen it with a reason.",
                    complaints=", ".join(settled[:5].mapped("name")),
                )
            )
        if self._names_move_supplier(names):
            raise UserError(
                self.env._(
                    "A confirmed complaint is moved to another supplier with a "
                    "reason: use “Move to another supplier”."
                )
            )
        # The clock of the promise starts there.
        if "received_at" in names:
            self.env["res.users"]._check_aftersales_role("supervisor")

    def _names_move_supplier(self, names):
        return "supplier_id" in names and any(
            complaint.state != "new" for complaint in self
        )
