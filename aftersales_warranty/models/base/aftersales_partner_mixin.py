from odoo import fields, models


class AftersalesPartnerMixin(models.AbstractModel):
    """A document exchanged with one partner of one company."""

    _name = "aftersales.partner.mixin"
    _description = "Numbered document with a partner"
    _inherit = ["aftersales.document.mixin", "mail.activity.mixin"]

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Supplier",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id",
        string="Supplier's company",
        store=True,
        index=True,
        precompute=True,
    )
