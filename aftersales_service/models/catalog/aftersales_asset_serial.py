from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ...tools.place import fold


class AftersalesAsset(models.Model):
    """ＳＮ－００１, sn-001 and SN-001 are one machine, whoever typed them."""

    _inherit = "aftersales.asset"

    serial_key = fields.Char(
        compute="_compute_serial_key", store=True, precompute=True, index=True
    )

    @api.depends("serial")
    def _compute_serial_key(self):
        for asset in self:
            asset.serial_key = fold(asset.serial) or False

    @api.constrains("serial", "product_id", "company_id")
    def _check_serial_folded(self):
        """What stock keeps apart as two lots stays two machines."""
        typed = self.filtered(lambda asset: asset.serial_key and not asset.lot_id)
        if not typed:
            return
        # Safe: only whether there is one, with its number for the sentence.
        machines = self.sudo().with_context(active_test=False)
        found = machines.search(
            Domain("serial_key", "in", typed.mapped("serial_key"))
            & Domain("product_id", "in", typed.product_id.ids)
        ).grouped(lambda a: (a.company_id.id, a.product_id.id, a.serial_key))
        for asset in typed.sudo():  # Safe: as above.
            key = (asset.company_id.id, asset.product_id.id, asset.serial_key)
            if others := found.get(key, machines.browse()) - asset:
                raise ValidationError(
                    self.env._(
                        "%(serial)s is registered already as %(other)s. Width, case "
                        "and blanks do not make another machine.",
                        serial=asset.serial,
                        other=others[0].display_name,
                    )
                )
