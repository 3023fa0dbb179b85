from odoo import fields, models


class AftersalesWarranty(models.Model):
    """Whom a reminder of the end goes to."""

    _inherit = "aftersales.warranty"

    reminder_ids = fields.One2many(
        "aftersales.warranty.reminder", "warranty_id", "Reminders"
    )

    def _get_reminded_user(self, plan):
        """The salesperson who may read it, else the sales lead of the plan."""
        self.ensure_one()
        partner = self.partner_id
        people = self.env["res.users"]
        if plan.to_salesperson:
            people += partner.user_id + partner.commercial_partner_id.user_id
            # Safe: who sold it, to tell that person.
            people += self.sudo().sale_order_id.user_id
        for user in people + plan.user_id:
            if user.active and self.with_user(user).has_access("read"):
                return user
        return self.env["res.users"]

    def _may_write_to_customer(self):
        """An address, and nobody there has refused contact."""
        self.ensure_one()
        people = self.partner_id | self.partner_id.commercial_partner_id
        refused = "refused" in people.mapped("aftersales_followup_consent")
        return bool(self.partner_id.email) and not refused
