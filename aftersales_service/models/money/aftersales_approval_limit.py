from odoo import api, fields, models
from odoo.fields import Domain


class AftersalesApproval(models.Model):
    """What users may grant themselves, within their limits."""

    _inherit = "aftersales.approval"

    @api.model
    def _get_granted(self, lines):
        return super()._get_granted(lines) | self.env[
            "aftersales.discount.limit"
        ]._granted(lines)

    @api.model
    def _count_orders_by_limit(self, user, company):
        """Orders this user granted himself this week, by the company's clock."""
        today = company._aftersales_today()
        monday = fields.Date.subtract(today, days=today.weekday())
        since, _end = company._aftersales_bounds(monday)
        domain = Domain("by_limit", "=", True) & Domain("decided_by_id", "=", user.id)
        domain &= Domain("decided_at", ">=", since)
        domain &= Domain("company_id", "=", company.id)
        # Safe: a count about the user himself.
        return set(self.sudo().search(domain).order_id.ids)
