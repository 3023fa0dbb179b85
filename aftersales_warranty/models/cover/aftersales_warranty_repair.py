from datetime import datetime

from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.period import Repair, repair_days


class AftersalesWarrantyRepair(models.Model):
    """Time a machine was under repair; covered repairs extend its warranty (WA-03).

    From the report (on site) or the receipt (workshop) to solved or "ready to
    collect"; pauses caused by the customer are taken off.
    """

    _name = "aftersales.warranty.repair"
    _description = "Repair Time of a Warranty"
    _inherit = ["aftersales.guard.mixin"]
    _order = "reported_at desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True
    )
    asset_id = fields.Many2one(
        "aftersales.asset",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        check_company=True,
    )
    warranty_id = fields.Many2one(
        "aftersales.warranty",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        check_company=True,
        help="The warranty that pays; needed where there is no installed product.",
    )
    order_id = fields.Many2one(
        "aftersales.order",
        "Service Order",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        check_company=True,
    )
    reported_at = fields.Datetime(required=True, readonly=True)
    started_at = fields.Datetime(required=True, readonly=True)
    ended_at = fields.Datetime(readonly=True, help="Empty while it goes on.")
    pauses = fields.Json(
        readonly=True, help="[[from, to], …] in UTC, caused by the customer."
    )
    covered = fields.Boolean(
        readonly=True, help="Only repairs the warranty paid for extend it."
    )
    days = fields.Integer(
        readonly=True, help="Every 24 hours begun; overlapping repairs count once."
    )
    counted = fields.Boolean(
        readonly=True, help="Reported in cover, so that it extended the warranty."
    )

    _order_uniq = models.UniqueIndex(
        "(order_id) WHERE order_id IS NOT NULL",
        "The repair time of this order is registered already.",
    )
    _check_interval = models.Constraint(
        "CHECK (ended_at IS NULL OR ended_at >= started_at)",
        "A repair cannot end before it began.",
    )

    @api.depends("order_id")
    def _compute_display_name(self):
        for repair in self:
            # Safe: the number of the order, as on the customer's voucher.
            name = repair.sudo().order_id.name
            repair.display_name = name or str(repair.reported_at or "")

    def _as_repair(self):
        """The row as the arithmetic takes it."""
        self.ensure_one()
        return Repair(
            start=self.started_at,
            end=self.ended_at or None,
            covered=self.covered,
            reported=self.reported_at,
            pauses=tuple(
                (datetime.fromisoformat(first), datetime.fromisoformat(last))
                for first, last in self.pauses or ()
            ),
        )

    @api.model
    def _register_repairs(self, vals_list):
        """Register or correct repair times, then extend what they extend.

        :param vals_list: ``asset_id`` or ``warranty_id``, ``order_id``,
            ``reported_at``, ``started_at``, ``ended_at``, ``pauses``, ``covered``
        """
        # Safe: facts of a service order; who may register is the order's business.
        repairs = self.sudo()
        orders = [vals["order_id"] for vals in vals_list if vals.get("order_id")]
        known = {
            row.order_id.id: row for row in repairs.search([("order_id", "in", orders)])
        }
        new, touched = [], repairs.browse()
        # Safe: a warranty an order no longer names loses the days of its repair.
        left = self.env["aftersales.warranty"].sudo()
        for vals in vals_list:
            if row := known.get(vals.get("order_id")):
                left |= row.warranty_id
                row._write_repair(vals)
                touched |= row
            else:
                new.append(vals)
        touched |= repairs.create(new)
        (left - touched.warranty_id)._refresh_periods()
        touched._refresh_warranties()
        return touched.with_env(self.env)

    def _write_repair(self, vals):
        changed = {
            name: value
            for name, value in vals.items()
            if self._fields[name].convert_to_cache(value, self)
            != self._fields[name].convert_to_cache(self[name], self)
        }
        if changed:
            self.write(changed)

    def _refresh_warranties(self):
        """Recompute the chain of every warranty these repairs may extend."""
        for row in self:
            row.days = repair_days([row._as_repair()])
        warranties = self.env[
            "aftersales.warranty"
        ].sudo()  # Safe: see `_register_repairs`.
        found = warranties.search(
            Domain("is_void", "=", False)
            & (
                Domain("asset_id", "in", self.asset_id.ids)
                | Domain("id", "in", self.warranty_id.ids)
            )
        )
        found._refresh_periods()
        found._mark_counted()
