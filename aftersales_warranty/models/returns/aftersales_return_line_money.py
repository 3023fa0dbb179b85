from odoo import fields, models


class AftersalesReturnLine(models.Model):
    """What a returned machine is worth, on which document."""

    _inherit = "aftersales.return.line"

    def _is_to_book(self):
        """There is money to move and no document for it."""
        if self.credit_line_id and self.credit_line_id.parent_state != "cancel":
            return False
        if self.kind == "exchange":
            return not self.currency_id.is_zero(self.amount)
        return not self.currency_id.is_zero(self.price_total)

    def _prepare_document_line(self, move_type):
        """One line over the amount of the return line, tax included."""
        amount = abs(self.amount)
        # Safe: taxes and accounts of the company of the return.
        line = self.sudo().with_context(lang=self.partner_id.lang)
        if self.kind == "compensation":
            return line._prepare_compensation_line(amount)
        product = line.replacement_product_id or line.product_id
        taxes = line._get_document_taxes(product)
        values = {
            "product_id": product.id,
            "name": line._document_text(),
            "quantity": 1.0,
            "product_uom_id": product.uom_id.id,
            "tax_ids": [fields.Command.set(taxes.ids)],
            "price_unit": line.return_id._without_tax(amount, taxes, line.currency_id),
        }
        if self.kind == "refund":
            values["quantity"] = line.quantity
            values["price_unit"] = (
                line.return_id._without_tax(amount, taxes, line.currency_id)
                / line.quantity
            )
        if line.kind == "refund" and line.sale_line_id:
            values["sale_line_ids"] = [fields.Command.set(line.sale_line_id.ids)]
        return values

    def _document_text(self):
        name = self.product_id.display_name
        serial = f" · {self.serial}" if self.serial else ""
        if self.kind != "exchange":
            return f"{name}{serial}"
        return self.env._(
            "Exchange of %(old)s for %(new)s: difference",
            old=f"{name}{serial}",
            new=self.replacement_product_id.display_name,
        )

    def _get_document_taxes(self, product):
        """Taxes the goods were sold with, else those of the product."""
        if self.invoice_line_id:
            return self.invoice_line_id.tax_ids
        if self.sale_line_id:
            return self.sale_line_id.tax_ids
        company = self.company_id
        positions = self.env["account.fiscal.position"].with_company(company)
        taxes = product.taxes_id._filter_taxes_by_company(company)
        return positions._get_fiscal_position(self.return_id.partner_id).map_tax(taxes)

    def _prepare_compensation_line(self, amount):
        company = self.company_id
        product = company.aftersales_compensation_product_id.with_company(company)
        taxes = product.taxes_id._filter_taxes_by_company(company)
        values = {
            "product_id": product.id,
            "name": f"{product.display_name}: {self._document_text()}",
            "quantity": 1.0,
            "tax_ids": [fields.Command.set(taxes.ids)],
            "price_unit": self.return_id._without_tax(amount, taxes, self.currency_id),
        }
        account = product.product_tmpl_id.get_product_accounts()["expense"]
        if account:
            values["account_id"] = account.id
        return values

    def _get_portal_values(self):
        """What the customer sees of a product."""
        return {
            "product": self.product_id.display_name,
            "serial": self.serial or "",
            "quantity": self.quantity,
            "uom": self.uom_id.name,
            "replacement": self.replacement_product_id.display_name or "",
            "new_serial": self.new_asset_id.serial or "",
        }
