from odoo import Command, api, models


class AftersalesDemo(models.AbstractModel):
    """Plays the life of the demo company; only called by the demo data files."""

    _name = "aftersales.demo"
    _description = "After-sales: demo company"

    @api.model
    def _load_accounts(self, company):
        """Chinese accounts where that localisation is installed, else generic ones."""
        chart = self.env["account.chart.template"]
        chinese = "cn" in chart._get_chart_template_mapping()
        chart._load("cn" if chinese else "generic_coa", company, install_demo=False)

    @api.model
    def _set_taxes(self, company, products):
        """Products made by data files know only the main company's taxes."""
        products.write(
            {
                "taxes_id": [Command.link(company.account_sale_tax_id.id)],
                "supplier_taxes_id": [Command.link(company.account_purchase_tax_id.id)],
            }
        )

    @api.model
    def _fill_shelves(self, company):
        """Parts at the service points and a few in each van."""
        locations = self.env["aftersales.team"].search(
            [("company_id", "=", company.id)]
        ).location_id
        vans = self.env["aftersales.technician"].search(
            [("company_id", "=", company.id)]
        ).van_location_id
        parts = self.env["product.product"].search(
            [("default_code", "in", self._get_stocked_codes())]
        )
        quants = []
        for location in locations | vans:
            quantity = 8 if location in locations else 2
            for part in parts:
                if part.tracking == "none":
                    quants.append(self._prepare_quant(part, location, quantity))
                else:
                    lots = self._create_lots(part, location, company, quantity // 2)
                    quants += [self._prepare_quant(part, location, 1, x) for x in lots]
        self.env["stock.quant"].with_context(inventory_mode=True).create(
            quants
        ).action_apply_inventory()

    @api.model
    def _get_stocked_codes(self):
        return [
            *("HDD-300", "HDD-146", "RAID-8K", "DIMM-4G"),
            *("MB-3650", "PCI-R", "PSU-835"),
        ]

    def _prepare_quant(self, product, location, quantity, lot=None):
        return {
            "product_id": product.id,
            "location_id": location.id,
            "inventory_quantity": quantity,
            "lot_id": lot.id if lot else False,
        }

    def _create_lots(self, product, location, company, count):
        return self.env["stock.lot"].create(
            [
                {
                    "name": f"{product.default_code}-{location.id:03d}{number}",
                    "product_id": product.id,
                    "company_id": company.id,
                }
                for number in range(count)
            ]
        )
