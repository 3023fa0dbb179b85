from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesNoticeSource(models.AbstractModel):
    """What orders and complaints share: their notices to suppliers (WA-21)."""

    _name = "aftersales.notice.source"
    _description = "Where a notice to serve on site comes from"

    notice_count = fields.Integer("Notices", compute="_compute_notice_count")

    def _get_notice_field(self):
        return "order_id" if self._name == "aftersales.order" else "complaint_id"

    def _compute_notice_count(self):
        name = self._get_notice_field()
        notices = self.env["aftersales.supplier.notice"]
        counts = {}
        if notices.has_access("read"):
            groups = notices._read_group([(name, "in", self.ids)], [name], ["__count"])
            counts = {source.id: count for source, count in groups}
        for source in self:
            source.notice_count = counts.get(source.id, 0)

    @api.model
    def _get_notice_address(self, site):
        """Name and address of the place, on a few lines."""
        # Safe: the place the supplier is asked to come to.
        site = site.sudo()
        lines = [site.display_name.split("\n")[0]]
        lines += site._display_address(without_company=True).splitlines()
        return "\n".join(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def _prepare_notice(self):
        """Values of a notice, everything known filled in."""
        return {}

    def action_ask_supplier(self):
        """Ask the supplier to come: a notice with everything known filled in."""
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("purchasing", "dispatcher")
        if self.state in ("closed", "cancelled", "withdrawn", "rejected", "merged"):
            raise UserError(self._blocked_message("ask_supplier", self))
        values = self._prepare_notice()
        if values.get("due_at") and values["due_at"] <= fields.Datetime.now():
            values["due_at"] = False
        return self.env["aftersales.supplier.notice"]._open_prefilled(values)

    def action_view_notices(self):
        """The notices to suppliers about this."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_supplier_notice_action"
        )
        return {
            **action,
            "domain": [(self._get_notice_field(), "in", self.ids)],
            "context": {},
        }
