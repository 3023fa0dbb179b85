from odoo import api, fields, models
from odoo.exceptions import UserError

from .aftersales_entitlement_rule import JURISDICTIONS


class AftersalesEntitlementSet(models.Model):
    """A law or a promise: rules on what customers may ask for (WA-10).

    Sets stand on the product, its category (and those above it) or the company; the
    nearest of the three that names any wins, with all sets named there.
    """

    _name = "aftersales.entitlement.set"
    _description = "Set of Entitlements"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Short name used by imports.")
    jurisdiction = fields.Selection(JURISDICTIONS, default="contract", required=True)
    legal_source = fields.Text(
        translate=True, help="The law or document the figures come from."
    )
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: for all companies."
    )
    rule_ids = fields.One2many(
        "aftersales.entitlement.rule", "set_id", string="Rules", copy=True
    )
    rule_count = fields.Integer("Number of rules", compute="_compute_rule_count")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex(
        "(COALESCE(company_id, 0), code) WHERE code IS NOT NULL AND code <> ''",
        "Another set of entitlements has this code.",
    )

    @api.depends("rule_ids")
    def _compute_rule_count(self):
        for group in self:
            group.rule_count = len(group.rule_ids)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self.with_context(active_test=False).rule_ids._check_unused()
        # Safe: only existence is tested, also in companies the user cannot see.
        for model, label in (
            ("product.template", self.env._("products")),
            ("product.category", self.env._("product categories")),
            ("res.company", self.env._("companies")),
        ):
            domain = [("aftersales_entitlement_set_ids", "in", self.ids)]
            records = self.env[model].sudo().with_context(active_test=False)
            if records.search_count(domain, limit=1):
                raise UserError(
                    self.env._(
                        "This set is used on %(records)s. Archive it instead of "
                        "deleting it.",
                        records=label,
                    )
                )

    def copy_data(self, default=None):
        data = super().copy_data(default)
        for group, vals in zip(self, data, strict=True):
            vals["name"] = self.env._("%s (copy)", group.name)
            vals["code"] = False
        return data

    # -- which sets -------------------------------------------------------------

    @api.model
    def _find_sets(self, products, company):
        """The sets that hold for each product, and where they were found.

        :return: ``{product: (sets, source, name)}``; source is ``product``,
            ``category``, ``company`` or None
        """
        # Safe: which rules hold for a product is no secret to whoever serves it.
        products = products.sudo().with_company(company)
        return {
            product.with_env(self.env): self._find_for(product, company)
            for product in products
        }

    def _find_for(self, product, company):
        places = [("product", product.product_tmpl_id)]
        category = product.categ_id
        while category:
            places.append(("category", category))
            category = category.parent_id
        # Safe: a setting of the company the machine belongs to.
        places.append(("company", company.sudo()))
        for source, place in places:
            sets = place.aftersales_entitlement_set_ids.filtered(
                lambda group: group.active and group.company_id <= company
            )
            if sets:
                return sets.with_env(self.env), source, place.display_name
        return self.browse(), None, None
