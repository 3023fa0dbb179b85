from odoo import models
from odoo.tools import groupby


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def _exclude_requiring_lot(self):
        """Old parts come back without a serial when nobody can read it."""
        return super()._exclude_requiring_lot() or self.move_id.aftersales_kind == "old"

    def _aftersales_customer(self):
        """The address the line was delivered to."""
        self.ensure_one()
        return self.picking_id.partner_id or self.move_id.partner_id

    def _aftersales_asset_key(self):
        """Company, product and serial: what identifies an installed product."""
        self.ensure_one()
        return (self.company_id.id, self.product_id.id, self.lot_id.name)

    def _aftersales_day(self):
        """Day of the move by the company's clock."""
        self.ensure_one()
        return self.company_id._aftersales_day(self.date)

    def _prepare_aftersales_owner_values(self):
        """Whose the product is and where it stands after the delivery."""
        self.ensure_one()
        address = self._aftersales_customer()
        return {
            "partner_id": address.commercial_partner_id.id,
            "site_id": address.id,
            "delivered_on": self._aftersales_day(),
        }

    def _prepare_aftersales_asset_values(self):
        """Values of an installed product delivered for the first time.

        A part fitted by a service order becomes a component of the machine.
        """
        self.ensure_one()
        # Safe: the machine of the very order the part was fitted for.
        order = self.move_id.aftersales_order_line_id.sudo().order_id
        machine = order.asset_id.filtered(
            lambda asset: (
                asset.partner_id.commercial_partner_id
                == order.partner_id.commercial_partner_id
            )
        )
        return {
            "parent_id": machine.id,
            **self._prepare_aftersales_owner_values(),
            "company_id": self.company_id.id,
            "product_id": self.product_id.id,
            "lot_id": self.lot_id.id,
        }

    def _aftersales_delivery_text(self):
        self.ensure_one()
        return self.env._(
            "Delivered to %(customer)s with %(document)s",
            customer=self._aftersales_customer().display_name,
            document=self.reference or self.move_id.origin or "–",
        )

    def _aftersales_return_text(self):
        self.ensure_one()
        return self.env._(
            "Returned with %(document)s",
            document=self.reference or self.move_id.origin or "–",
        )

    def _aftersales_return(self, known):
        """Mark the products that came back; serials never delivered are ignored."""
        returned = {}
        for line in self:
            asset = known.get(line._aftersales_asset_key())
            if asset and asset.state == "in_use":
                returned[asset] = line
        if returned:
            # Safe: see `_aftersales_create_assets`.
            assets = self.env["aftersales.asset"].sudo()
            reasons = {a.id: ln._aftersales_return_text() for a, ln in returned.items()}
            assets._write_grouped(
                [({"state": "returned"}, assets.union(*returned))], reasons
            )

    def _aftersales_deliver(self, known):
        """Register new serials and give known ones to whom they were delivered."""
        new, again = {}, {}
        for line in self:
            key = line._aftersales_asset_key()
            if asset := known.get(key):
                again[asset] = line
            else:
                new[key] = line
        # Safe: see `_aftersales_create_assets`.
        assets = self.env["aftersales.asset"].sudo()
        if new:
            assets._create_delivered(
                [line._prepare_aftersales_asset_values() for line in new.values()],
                [line._aftersales_delivery_text() for line in new.values()],
            )
        if again:
            self._aftersales_deliver_again(assets, again)

    def _aftersales_deliver_again(self, assets, lines):
        """Serials delivered once more: back in use, at the new owner if it changed.

        :param lines: ``{asset: move line}``
        """
        kept = [
            asset
            for asset, line in lines.items()
            if line._aftersales_customer().commercial_partner_id
            == asset.partner_id.commercial_partner_id
        ]
        moved = assets.union(*lines) - assets.union(*kept)
        components = moved._with_components() - assets.union(*lines)
        groups = [({"state": "in_use", "active": True}, assets.union(*kept))]
        by_owner = groupby(
            moved,
            lambda asset: tuple(
                lines[asset]._prepare_aftersales_owner_values().items()
            ),
        )
        for values, group in by_owner:
            group = assets.union(*group)
            values = {**dict(values), **assets._prepare_new_owner_values()}
            groups.append(
                (
                    {
                        **values,
                        "state": "in_use",
                        "active": True,
                        "parent_id": False,
                        "installed_on": False,
                        "accepted_on": False,
                    },
                    group,
                )
            )
            built_in = components.filtered(lambda c, g=group: c._top_of(g))
            values.pop("delivered_on")
            groups.append((values, built_in))
        for asset, line in lines.items():
            if not asset.lot_id:
                asset.lot_id = line.lot_id
        assets._write_grouped(
            [(values, group) for values, group in groups if group],
            {
                asset.id: line._aftersales_delivery_text()
                for asset, line in lines.items()
            },
        )
