from odoo import fields, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    # Open: sales says which machines a service is sold for.
    aftersales_asset_ids = fields.Many2many(
        "aftersales.asset",
        "aftersales_sale_line_asset_rel",
        "line_id",
        "asset_id",
        string="Machines",
        copy=False,
        check_company=True,
        help="For which machines the extended warranty is bought. Empty: for those "
        "delivered with this order.",
        guarded=False,
    )
    aftersales_is_extension = fields.Boolean(compute="_compute_aftersales_is_extension")
    aftersales_returned_quantity = fields.Float(
        "Given back",
        readonly=True,
        copy=False,
        digits="Product Unit",
        help="In stock units, on returns that were requested.",
    )

    def _compute_aftersales_is_extension(self):
        for line in self:
            line.aftersales_is_extension = bool(
                line.product_id.aftersales_extension_term_id
            )

    def _get_aftersales_invoiced_on(self):
        """Day of the first posted invoice of the line."""
        self.ensure_one()
        moves = self.invoice_lines.move_id.filtered(
            lambda move: move.state == "posted" and move.move_type == "out_invoice"
        )
        return min(moves.mapped("invoice_date"), default=False)

    def _aftersales_open_sold(self):
        """What a confirmed order sells: extended warranties, and work with a term."""
        extensions = self.filtered(
            lambda line: line.product_id.aftersales_extension_term_id
        )
        extensions._aftersales_open_extensions()
        works = (self - extensions).filtered(
            lambda line: line.product_id.type == "service" and not line.display_type
        )
        works._aftersales_open_works()

    def _aftersales_open_extensions(self):
        """One extended warranty per piece; a second confirmation opens no second."""
        # Safe: the consequence of a confirmed sale.
        warranties = self.env["aftersales.warranty"].sudo()
        opened = warranties.search(
            [("sale_line_id", "in", self.ids), ("is_void", "=", False)]
        ).grouped("sale_line_id")
        vals_list, assets_list = [], []
        for line in self:
            done = opened.get(line, warranties)
            # Safe: the machines chosen on the sales line.
            assets = list(line.sudo().aftersales_asset_ids - done.asset_id)
            count = max(0, int(line.product_uom_qty) - len(done))
            for position in range(count):
                vals_list.append(line._prepare_aftersales_extension_values())
                free = assets[position] if position < len(assets) else None
                assets_list.append(free or self.env["aftersales.asset"])
        if vals_list:
            warranties._open_extended(vals_list, assets_list)

    def _prepare_aftersales_extension_values(self):
        self.ensure_one()
        return {
            "sale_line_id": self.id,
            "product_id": self.product_id.id,
            "term_id": self.product_id.aftersales_extension_term_id.id,
            "term_source_name": self.product_id.display_name,
            "invoiced_on": self.company_id._aftersales_day(self.order_id.date_order),
        }

    def _aftersales_open_works(self):
        """Work with a term of its own, such as landscaping: waits for acceptance."""
        terms = self.env["aftersales.warranty.term"]
        # Safe: the consequence of a confirmed sale.
        warranties = self.env["aftersales.warranty"].sudo()
        known = warranties.search(
            [("sale_line_id", "in", self.ids), ("is_void", "=", False)]
        ).sale_line_id
        vals_list = []
        for company, lines in (self - known).grouped("company_id").items():
            matches = terms._find_terms(lines.product_id, company)
            vals_list += [
                {
                    "sale_line_id": line.id,
                    "quantity": line.product_uom_qty,
                    "term_id": matches[line.product_id].term.id,
                    "term_source": matches[line.product_id].source,
                    "term_source_name": matches[line.product_id].name,
                }
                for line in lines
                if line.product_id in matches
            ]
        if vals_list:
            warranties.create(vals_list)

    def _aftersales_returnable_quantity(self):
        """What was ordered: delivered quantities already go down with a return."""
        self.ensure_one()
        return self.product_uom_id._compute_quantity(
            self.product_uom_qty, self.product_id.uom_id, round=False
        )

    def _aftersales_document_name(self):
        return self.order_id.name
