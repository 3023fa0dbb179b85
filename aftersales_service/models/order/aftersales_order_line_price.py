from odoo import api, fields, models
from odoo.fields import Domain


class AftersalesOrderLine(models.Model):
    """What a line costs by the price list, and how far the agreed price is off it."""

    _inherit = "aftersales.order.line"

    @api.depends(
        "product_id", "uom_id", "order_id.pricelist_id", "order_id.currency_id"
    )
    def _compute_list_price(self):
        """Price of the list at the moment of the call, in the order's currency.

        The record's company decides, whoever computes: a product without a company
        has its price in the currency of the company that looks at it.
        """
        self.list_price = 0.0
        steps = self._get_price_steps()
        groups = self.filtered("product_id").grouped(
            lambda line: (
                line.order_id.company_id,
                line.order_id.pricelist_id,
                line.order_id.currency_id,
                line.uom_id,
                line.order_id._get_price_period(steps),
            )
        )
        for (company, pricelist, currency, uom, _period), lines in groups.items():
            prices = pricelist.with_company(company)._get_products_price(
                lines.product_id.with_company(company),
                quantity=1.0,
                currency=currency,
                uom=uom,
                date=lines[:1].order_id.called_at or fields.Datetime.now(),
            )
            for line in lines:
                line.list_price = line._adapt_to_fiscal_position(
                    prices[line.product_id.id]
                )

    @api.model
    def _get_price_steps(self):
        """Moments at which a rule of a price list begins or ends, in order."""
        # Safe: only tells which calls may be priced together.
        rules = self.env["product.pricelist.item"].sudo()
        bounds = rules.search_fetch(
            Domain("date_start", "!=", False) | Domain("date_end", "!=", False),
            ["date_start", "date_end"],
        )
        moments = {*bounds.mapped("date_start"), *bounds.mapped("date_end")}
        return sorted(moment for moment in moments if moment)

    def _adapt_to_fiscal_position(self, price):
        """Tax-included list prices follow the customer's fiscal position."""
        position = self.order_id.fiscal_position_id
        if not position:
            return price
        company = self.order_id.company_id
        product = self.product_id.with_company(company)
        taxes = product.taxes_id._filter_taxes_by_company(company)
        return product._get_tax_included_unit_price_from_price(
            price, taxes, fiscal_position=position
        )

    @api.depends("list_price")
    def _compute_price_unit(self):
        for line in self:
            line.price_unit = line.list_price

    @api.depends("product_id", "order_id.fiscal_position_id", "order_id.company_id")
    def _compute_tax_ids(self):
        groups = self.grouped(
            lambda line: (
                line.order_id.company_id,
                line.order_id.fiscal_position_id,
                line.product_id,
            )
        )
        for (company, position, product), lines in groups.items():
            taxes = product.taxes_id._filter_taxes_by_company(company)
            lines.tax_ids = position.map_tax(taxes)

    @api.depends("price_unit", "discount", "list_price")
    def _compute_deviation(self):
        for line in self:
            net = line._get_net_price()
            if line.list_price:
                line.deviation = 100.0 * (net - line.list_price) / line.list_price
            else:
                line.deviation = 100.0 if net else 0.0

    def _get_net_price(self):
        return self.price_unit * (1.0 - (self.discount or 0.0) / 100.0)
