from bisect import bisect_left, bisect_right

from odoo import api, models


class AftersalesOrder(models.Model):
    """What the order costs, who pays how much, and what was approved."""

    _inherit = "aftersales.order"

    @api.depends("partner_id", "company_id")
    def _compute_pricelist_id(self):
        for company, orders in self.grouped("company_id").items():
            own = company.aftersales_pricelist_id
            for partner, group in orders.grouped("partner_id").items():
                group.pricelist_id = (
                    own or partner.with_company(company).property_product_pricelist
                )

    @api.depends("pricelist_id", "company_id")
    def _compute_currency_id(self):
        for (pricelist, company), orders in self.grouped(
            lambda order: (order.pricelist_id, order.company_id)
        ).items():
            orders.currency_id = pricelist.currency_id or company.currency_id

    @api.depends("partner_id", "site_id", "company_id")
    def _compute_fiscal_position_id(self):
        for company, orders in self.grouped("company_id").items():
            positions = self.env["account.fiscal.position"].with_company(company)
            automatic = positions.sudo().search_count(  # Safe: only counts settings.
                [("company_id", "in", company.parent_ids.ids), ("auto_apply", "=", 1)],
                limit=1,
            )
            for (partner, site), group in orders.grouped(
                lambda order: (order.partner_id, order.site_id)
            ).items():
                group.fiscal_position_id = (
                    positions._get_fiscal_position(partner, site)
                    if automatic
                    else site.with_company(company).property_account_position_id
                    or partner.with_company(company).property_account_position_id
                )

    @api.depends("partner_id", "company_id")
    def _compute_payment_term_id(self):
        for (partner, company), orders in self.grouped(
            lambda order: (order.partner_id, order.company_id)
        ).items():
            partner = partner.with_company(company)
            orders.payment_term_id = partner.property_payment_term_id

    @api.depends(
        "line_ids.customer_amount",
        "line_ids.customer_total",
        "line_ids.covered_amount",
        "line_ids.tax_ids",
        "currency_id",
    )
    def _compute_amounts(self):
        """Totals as Odoo rounds them on an invoice, not the sum of rounded lines.

        Orders of a batch with equal lines are computed once.
        """
        for orders in self.grouped(lambda order: order._get_amounts_key()).values():
            lines = orders[:1].line_ids
            paying = lines.filtered(lambda line: line._is_charged())
            untaxed, tax, total = orders[:1]._get_document_amounts(paying)
            orders.amount_untaxed = untaxed
            orders.amount_tax = tax
            orders.amount_customer = total
            orders.amount_covered = sum(lines.mapped("covered_amount"))

    def _get_amounts_key(self):
        """Everything the totals depend on."""
        return (
            self.company_id,
            self.currency_id,
            tuple(line._get_amounts_key() for line in self.line_ids),
        )

    def _get_document_amounts(self, lines):
        """:return: untaxed amount, tax and total of the lines as one document"""
        AccountTax = self.env["account.tax"]
        company = self.company_id
        currency = self.currency_id or company.currency_id
        base_lines = [line._prepare_base_line() for line in lines]
        AccountTax._add_tax_details_in_base_lines(base_lines, company)
        AccountTax._round_base_lines_tax_details(base_lines, company)
        totals = AccountTax._get_tax_totals_summary(
            base_lines=base_lines, currency=currency, company=company
        )
        return (
            totals["base_amount_currency"],
            totals["tax_amount_currency"],
            totals["total_amount_currency"],
        )

    @api.depends("line_ids.approval_state")
    def _compute_approval_state(self):
        self._assign_grouped(
            "approval_state", [order._get_approval_state() for order in self]
        )

    def _get_approval_state(self):
        """The most pressing state of the lines."""
        states = set(self.line_ids.mapped("approval_state"))
        pressing = ("rejected", "pending", "approved")
        return next((state for state in pressing if state in states), "none")

    def _get_line_facts(self):
        """Everything of the order that a price, a tax or a payer may depend on.

        Lines with the same values under the same facts are computed once. An add-on
        whose payer decider reads another fact of the order adds it here.
        """
        return (
            self.company_id,
            self.currency_id,
            self.pricelist_id,
            self.fiscal_position_id,
            self.partner_id.lang,
            self.company_id._aftersales_day(self.called_at),
            self.service_type,
            self.misuse,
        )

    def _get_price_period(self, steps):
        """What of the moment of the call a price depends on.

        :param steps: moments at which a price list changes, in order
        """
        moment = self.called_at
        # On a step itself both sides hold: a rule counts from its first moment to
        # its last.
        place = moment and (bisect_left(steps, moment), bisect_right(steps, moment))
        return self.company_id._aftersales_day(moment), place
