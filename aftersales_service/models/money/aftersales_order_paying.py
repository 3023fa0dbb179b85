from odoo import models

from ...const import OPEN_STATES


class AftersalesOrder(models.Model):
    """Quotation and invoices of an order on the customer's page (SV-51)."""

    _inherit = "aftersales.order"

    def _get_papers(self):
        papers = super()._get_papers()
        if self.quote_state in ("sent", "accepted"):
            papers = {"quotation": self.env._("Quotation (PDF)"), **papers}
        return papers

    def _get_portal_invoices(self):
        return self.invoice_ids.filtered(lambda move: move.state == "posted")

    def _is_quote_open(self):
        """The customer can accept or refuse now."""
        return (
            self.quote_state == "sent"
            and self.state in OPEN_STATES
            and not self.quote_is_expired
        )

    def _get_quote_key(self):
        """Which quotation is on the page: a newer one must be read again."""
        return str(self.quote_sent_at or "")
