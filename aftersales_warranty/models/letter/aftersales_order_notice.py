from odoo import models


class AftersalesOrder(models.Model):
    """Asking the supplier to come, from the order (WA-21)."""

    _name = "aftersales.order"
    _inherit = ["aftersales.order", "aftersales.notice.source"]

    def _prepare_notice(self):
        complaint = self.origin_complaint_id
        site = self.site_id or self.partner_id
        notices = self.env["aftersales.supplier.notice"]
        supplier = complaint.supplier_id or notices._get_vendor(
            self.product_id, self.company_id
        )
        fault = (self.symptom_id.name, self.description)
        contact = (self.contact_name, self.phone)
        return {
            "order_id": self.id,
            "complaint_id": complaint.id,
            "company_id": self.company_id.id,
            "partner_id": supplier.commercial_partner_id.id,
            "product_id": self.product_id.id,
            "serials": self.serial,
            "fault": "\n".join(part for part in fault if part),
            "address": self._get_notice_address(site),
            "contact": " ".join(part for part in contact if part),
            "due_at": complaint.supplier_deadline or self.resolve_deadline,
        }
