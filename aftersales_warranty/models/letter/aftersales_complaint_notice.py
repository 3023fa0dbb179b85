from odoo import models


class AftersalesComplaint(models.Model):
    """Asking the supplier to come, from the complaint (WA-21)."""

    _name = "aftersales.complaint"
    _inherit = ["aftersales.complaint", "aftersales.notice.source"]

    def _prepare_notice(self):
        # Safe: who reads the complaint asks its supplier; place and contact are what
        # the supplier needs to come.
        complaint = self.sudo()
        order = complaint.order_id
        site = order.site_id or complaint.partner_id
        contact = (complaint.contact_name, complaint.phone)
        return {
            "order_id": order.id if self.order_id.has_access("read") else False,
            "complaint_id": self.id,
            "company_id": complaint.company_id.id,
            "partner_id": complaint.supplier_id.commercial_partner_id.id,
            "product_id": complaint.product_id.id,
            "serials": complaint.asset_id.serial,
            "fault": complaint.description,
            "address": self._get_notice_address(site),
            "contact": " ".join(part for part in contact if part),
            "due_at": complaint.supplier_deadline,
        }
