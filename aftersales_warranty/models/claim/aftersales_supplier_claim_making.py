from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain


class AftersalesSupplierClaim(models.Model):
    """How a claim is drawn up from the repair it is about (WA-20).

    The order is locked and updated, so two clicks or workers make one claim; what was
    used comes as lines with our cost and what the supplier's own terms cover.
    """

    _inherit = "aftersales.supplier.claim"

    @api.model
    def _create_for_orders(self, orders, partners=None):
        """One draft per order and supplier; what exists is returned, not doubled.

        The orders are locked and updated: a second click or worker repeats and finds
        the claim. Call it after checking the user's rights.

        :param partners: only these suppliers
        :raise UserError: names the order for which nothing can be claimed, and why
        """
        orders = orders.sorted("id")
        orders._check_can_claim()
        # Safe: the caller has checked who may claim; amounts come from the order.
        orders, claims = orders.sudo(), self.sudo()
        orders._lock_for_action()
        orders.claim_checked_at = fields.Datetime.now()
        orders.flush_recordset(["claim_checked_at"])
        found = self.env["aftersales.claim.due"]._refresh(orders)
        result, vals_list = claims.browse(), []
        known = claims.search(
            Domain("order_id", "in", orders.ids) & Domain("state", "!=", "cancelled")
        ).grouped("order_id")
        for order in orders:
            own = known.get(order, claims.browse())
            items = self._group_by_supplier(order, found[order], partners)
            result |= own.filtered(
                lambda row: not partners or row.partner_id in partners
            )
            missing = [key for key in items if key not in own.partner_id]
            if not own and not items:
                raise UserError(self._nothing_message(order, found[order]))
            vals_list += [
                self._prepare_claim(order, supplier, items[supplier], own)
                for supplier in missing
            ]
        result |= claims.create(vals_list)
        result._link_due()
        return result.with_env(self.env)

    @api.model
    def _group_by_supplier(self, order, items, partners):
        """Suppliers with something covered, and all their lines."""
        by_supplier = {}
        for item in items:
            by_supplier.setdefault(item.delivery.supplier, []).append(item)
        return {
            supplier: group
            for supplier, group in by_supplier.items()
            if any(item.cover and item.amount > 0 for item in group)
            and (not partners or supplier in partners)
        }

    def _nothing_message(self, order, items):
        assessor = self.env["aftersales.claim.assessor"]
        reasons = [
            f"{item.line.name}: "
            + assessor._describe_cover(
                assessor._pack_cover(item.cover),
                item.cover.term.name if item.cover.term else "",
            )
            for item in items[:5]
        ]
        if not reasons:
            return self.env._(
                "Nothing of %(order)s can be claimed: the customer pays everything, or "
                "nobody knows who delivered it.",
                order=order.name,
            )
        return self.env._(
            "Nothing of %(order)s can be claimed from a supplier. %(reasons)s",
            order=order.name,
            reasons="; ".join(reasons),
        )

    @api.model
    def _prepare_claim(self, order, supplier, items, siblings=None):
        due = order.claim_due_ids.filtered(lambda row: row.partner_id == supplier)
        first = next((item for item in items if item.cover), items[0])
        return {
            "order_id": order.id,
            "company_id": order.company_id.id,
            "partner_id": supplier.id,
            "supplier_facts": self.env["aftersales.claim.assessor"]._pack_delivery(
                first.delivery
            ),
            "deadline": due.deadline or self._get_default_deadline(order),
            "note": self._prepare_note(order, supplier),
            "line_ids": self._prepare_lines(items, siblings),
        }

    @api.model
    def _get_default_deadline(self, order):
        due = self.env["aftersales.claim.due"]
        days = order.company_id.aftersales_claim_days
        return due._get_done_on(order) + timedelta(days=days)

    @api.model
    def _prepare_note(self, order, supplier):
        """Fault, cause and remedy in the supplier's language."""
        order = order.with_context(lang=supplier.lang or self.env.lang)
        parts = (order.symptom_id.name, order.description)
        parts += (order.cause_id.name, order.remedy)
        return "\n".join(dict.fromkeys(part for part in parts if part))

    @api.model
    def _prepare_lines(self, items, siblings=None):
        """A line another claim has already asked for is not asked for twice."""
        taken = (siblings or self.browse()).line_ids.order_line_id
        assessor = self.env["aftersales.claim.assessor"]
        return [
            Command.create(
                {
                    "order_line_id": item.line.id,
                    "sequence": number,
                    "kind": item.line._get_scope(),
                    "product_id": item.line.product_id.id,
                    "name": item.line.name,
                    "quantity": item.line.uom_id._compute_quantity(
                        item.line._get_charged_quantity(), item.line.product_id.uom_id
                    ),
                    "cost": item.cost,
                    "share": item.cover.share,
                    "amount": item.amount,
                    "cover_facts": assessor._pack_cover(item.cover),
                }
            )
            for number, item in enumerate(items, 1)
            if item.line not in taken
        ]

    def _link_due(self):
        """The list of what is to be claimed knows the claim."""
        rows = self.env["aftersales.claim.due"].search(
            [("order_id", "in", self.order_id.ids)]
        )
        for claim in self:
            row = rows.filtered(
                lambda row, claim=claim: (
                    row.order_id == claim.order_id
                    and row.partner_id == claim.partner_id
                )
            )
            if row.claim_id != claim or (row.state != "claimed") != (
                claim.state == "draft"
            ):
                state = "open" if claim.state == "draft" else "claimed"
                row.write({"claim_id": claim.id, "state": state})
