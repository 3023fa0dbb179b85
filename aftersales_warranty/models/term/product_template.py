from odoo import api, fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    aftersales_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Warranty Term",
        domain="[('head_id', '=', False)]",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        help="Empty: the term of the category, else of the company.",
    )
    aftersales_extension_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Sells This Extended Warranty",
        domain="[('head_id', '=', False)]",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        help="Sold, it opens a second warranty that starts where the standard ends.",
    )
    aftersales_is_freight = fields.Boolean(
        "Freight",
        help="On a service order the warranty pays it like freight, not like work.",
    )
    aftersales_effective_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Warranty That Applies",
        compute="_compute_aftersales_effective_term_id",
    )
    aftersales_term_source = fields.Char(
        "Where It Comes From", compute="_compute_aftersales_effective_term_id"
    )
    aftersales_warranty_count = fields.Integer(
        "Warranties", compute="_compute_aftersales_warranty_count"
    )
    aftersales_entitlement_set_ids = fields.Many2many(
        "aftersales.entitlement.set",
        "aftersales_entitlement_set_template_rel",
        "template_id",
        "set_id",
        string="Customers may ask for",
        help="Empty: what is set on the category or the company.",
    )

    @api.depends("aftersales_term_id", "categ_id", "tracking")
    @api.depends_context("company", "lang")
    def _compute_aftersales_effective_term_id(self):
        terms = self.env["aftersales.warranty.term"]
        matches = {}
        if terms.has_access("read"):
            matches = terms._find_terms(self.product_variant_ids, self.env.company)
        for template in self:
            match = matches.get(template.product_variant_ids[:1])
            template.aftersales_effective_term_id = match and match.term
            template.aftersales_term_source = match and match.name

    @api.depends_context("uid", "company")
    def _compute_aftersales_warranty_count(self):
        counts = self._aftersales_count("aftersales.warranty")
        for template in self:
            template.aftersales_warranty_count = counts.get(template.id, 0)

    def action_view_aftersales_warranties(self):
        """Open the warranties of all variants."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_warranty_action"
        )
        action["domain"] = [("product_id.product_tmpl_id", "in", self.ids)]
        action["context"] = {}
        return action
