from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesWarrantyReading(models.Model):
    """A counter as read on the machine: kilometres, hours, pages (WA-01).

    ``total`` is what the machine has done in all: a new meter starts at its own
    reading, what the old one showed is kept in ``before``. Readings only grow.
    """

    _name = "aftersales.warranty.reading"
    _description = "Counter Reading"
    _order = "read_on desc, id desc"
    _check_company_auto = True

    asset_id = fields.Many2one(
        "aftersales.asset",
        "Installed Product",
        required=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="asset_id.company_id", store=True, index=True, precompute=True
    )
    read_on = fields.Date(
        required=True, default=lambda self: self.env.company._aftersales_today()
    )
    value = fields.Float("Reading", required=True)
    before = fields.Float(
        "Of earlier meters",
        help="What meters replaced since had counted; added to the reading.",
    )
    total = fields.Float(compute="_compute_total", store=True, precompute=True)
    note = fields.Char()

    _check_value = models.Constraint(
        "CHECK (value >= 0 AND before >= 0)", "A counter cannot be negative."
    )

    @api.depends("value", "before")
    def _compute_total(self):
        for reading in self:
            reading.total = reading.value + reading.before

    @api.depends("value", "read_on")
    def _compute_display_name(self):
        for reading in self:
            reading.display_name = f"{reading.value:g} · {reading.read_on}"

    @api.constrains("asset_id", "read_on", "value", "before")
    def _check_monotonic(self):
        rows = self.search([("asset_id", "in", self.asset_id.ids)])
        for asset, group in rows.grouped("asset_id").items():
            ordered = group.sorted(lambda row: (row.read_on, row.total))
            for earlier, later in zip(ordered, ordered[1:], strict=False):
                if later.total < earlier.total:
                    raise UserError(
                        self.env._(
                            "%(asset)s: the reading %(later)s of %(day)s is below an "
                            "earlier one (%(earlier)s). With a new meter, enter what "
                            "the old one had counted.",
                            asset=asset.display_name,
                            later=later.total,
                            day=later.read_on,
                            earlier=earlier.total,
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        readings = super().create(vals_list)
        readings._refresh_warranties()
        return readings

    def write(self, vals):
        assets = self.asset_id
        result = super().write(vals)
        (assets | self.asset_id)._refresh_warranties()
        return result

    def unlink(self):
        assets = self.asset_id
        result = super().unlink()
        assets._refresh_warranties()
        return result

    def _refresh_warranties(self):
        self.asset_id._refresh_warranties()
