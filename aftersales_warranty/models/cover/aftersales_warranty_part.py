from odoo import api, fields, models

from ...tools.period import Length, part_end


class AftersalesWarrantyPart(models.Model):
    """A part fitted under warranty carries a cover of its own (WA-03).

    Its period never shortens the machine's: either covers.
    """

    _name = "aftersales.warranty.part"
    _description = "Replaced Part under Warranty"
    _inherit = ["aftersales.guard.mixin"]
    _order = "fitted_on desc, id desc"
    _check_company_auto = True

    warranty_id = fields.Many2one(
        "aftersales.warranty",
        required=True,
        index=True,
        ondelete="restrict",
        readonly=True,
    )
    company_id = fields.Many2one(
        related="warranty_id.company_id", store=True, index=True, precompute=True
    )
    asset_id = fields.Many2one(
        related="warranty_id.asset_id", store=True, index=True, precompute=True
    )
    order_line_id = fields.Many2one(
        "aftersales.order.line",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    order_id = fields.Many2one(related="order_line_id.order_id", string="Service Order")
    product_id = fields.Many2one(
        "product.product", required=True, index=True, ondelete="restrict", readonly=True
    )
    lot_id = fields.Many2one(
        "stock.lot", "Lot/Serial", readonly=True, ondelete="restrict", index=True
    )
    quantity = fields.Float(default=1.0, digits="Product Unit", readonly=True)
    share = fields.Float("Share %", default=100.0, readonly=True)
    fitted_on = fields.Date("Handed over", required=True, readonly=True)
    date_end = fields.Date("End", readonly=True)
    rule = fields.Selection(
        [
            ("rest", "Rest of the machine's warranty"),
            ("days", "A period of its own"),
            ("greater", "The longer of both"),
            ("restart", "Its full period anew"),
        ],
        required=True,
        readonly=True,
    )

    _line_uniq = models.UniqueIndex(
        "(order_line_id) WHERE order_line_id IS NOT NULL",
        "This part is registered already.",
    )

    @api.depends("product_id", "fitted_on")
    def _compute_display_name(self):
        for part in self:
            part.display_name = part.product_id.display_name

    @api.model
    def _register_parts(self, vals_list):
        """Parts handed over: ``warranty_id, product_id, fitted_on, order_line_id``.

        Parts of lines already registered are brought up to date, never doubled.
        """
        # Safe: the service order has issued the part; the rule of the term decides.
        parts = self.sudo()
        lines = [v["order_line_id"] for v in vals_list if v.get("order_line_id")]
        known = parts.search([("order_line_id", "in", lines)]).grouped("order_line_id")
        by_line = {line.id: rows for line, rows in known.items()}
        new, touched = [], parts.browse()
        warranties = self.env["aftersales.warranty"].sudo()
        for vals in vals_list:
            rule = warranties.browse(vals["warranty_id"]).term_id.part_rule
            if rows := by_line.get(vals.get("order_line_id")):
                rows.write(vals)
                touched |= rows
            else:
                new.append({**vals, "rule": rule})
        touched |= parts.create(new)
        touched._refresh_ends()
        return touched.with_env(self.env)

    def _refresh_ends(self):
        """Ends by the term's rule and the present end of the machine's cover."""
        for part in self:
            end = part._get_end()
            if part.date_end != end:
                # Safe: arithmetic on stored facts.
                part.sudo().date_end = end

    def _get_end(self):
        self.ensure_one()
        # Safe: the wording the machine was sold under, and its cover.
        warranty = self.sudo().warranty_id
        term = warranty.term_id
        scope = warranty._match_scopes("part", self.product_id)[:1]
        own = scope.term_line_id._get_length() if scope else Length(0)
        return part_end(
            self.rule,
            self.fitted_on,
            scope.date_end or warranty.date_end,
            own=Length(term.part_value, term.part_unit),
            original=own or term._get_length(),
        )
