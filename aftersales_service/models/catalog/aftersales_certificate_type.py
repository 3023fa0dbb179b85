from odoo import api, fields, models


class AftersalesCertificateType(models.Model):
    """Qualification that a product category or a customer site demands."""

    _name = "aftersales.certificate.type"
    _description = "Certificate Type"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    product_categ_ids = fields.Many2many(
        "product.category",
        string="Required for Products of",
        help="Products of these categories and below are serviced only by people who "
        "hold this certificate.",
    )
    is_site_pass = fields.Boolean(
        string="Site Pass",
        help="Can be demanded by customer sites, e.g. a high-voltage permit.",
    )
    default_months = fields.Integer(
        string="Usual Validity (months)", help="0 for no expiry."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _check_months = models.Constraint(
        "CHECK (default_months >= 0)", "The validity cannot be negative."
    )

    @api.model
    def _get_required(self, product=None, site=None):
        """Types needed to service a product at a site.

        :param product: product.product, may be empty
        :param site: res.partner, may be empty
        :return: recordset of certificate types
        """
        required = self.browse()
        if product:
            path = product.categ_id.parent_path or ""
            categories = [int(part) for part in path.split("/") if part]
            required = self.search([("product_categ_ids", "in", categories)])
        if site:
            required |= site.aftersales_site_pass_ids.filtered("active")
        return required
