from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command, Domain

from ...tools.records import label, require_reason
from .aftersales_order_line_stock import HANDLED_OLD_STATES


class AftersalesOrderLine(models.Model):
    """The old part that comes back: received, scrapped, or sent on (SV-41)."""

    _inherit = "aftersales.order.line"

    @api.model
    def _get_always_writable(self):
        """Old parts come back after completion."""
        return super()._get_always_writable() | {"old_part_state", "old_part_note"}

    def _mark_old_parts_due(self):
        """At completion the old part of marked products becomes due."""
        due = self.filtered(
            lambda line: (
                line.kind == "part"
                and (
                    line.old_part_state == "due"
                    or (
                        line.old_part_state == "none"
                        and line.issue_state == "issued"
                        and line.product_id._is_aftersales_old_part_due()
                    )
                )
            )
        )
        for company, lines in due.grouped("company_id").items():
            days = company.aftersales_old_part_days
            deadline = fields.Date.add(company._aftersales_today(), days=days)
            # Safe: called while completing, the deadline is the company's.
            lines.sudo().write({"old_part_state": "due", "old_part_deadline": deadline})

    def action_old_part_receive(self):
        """The old part is back: it lies with us, belongs to the customer, no value."""
        self._check_old_part_action(("none", "due", "left"))
        self._move_old_parts("received")

    def action_old_part_scrap(self):
        """The old part is thrown away."""
        self._check_old_part_action(("received",))
        self._move_old_parts("scrapped")

    def action_old_part_supplier(self):
        """The old part goes to the supplier."""
        self._check_old_part_action(("received",))
        self._move_old_parts("supplier")

    def action_old_part_left(self, note):
        """The old part stays with the customer, with the reason why."""
        self._check_old_part_action(("none", "due"), "technician", "parts")
        note = require_reason(
            self.env, note, self.env._("Say why the old part stays with the customer.")
        )
        # Safe: rights and state were checked above.
        self.sudo().write({"old_part_state": "left", "old_part_note": note})

    def action_old_part_due(self):
        """The old part must come back after all."""
        self._check_old_part_action(("none", "left"), "technician", "parts")
        # Safe: rights and state were checked above.
        self.sudo().write({"old_part_state": "due"})
        self._mark_old_parts_due()

    def _check_old_part_action(self, states, *groups):
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role(*(groups or ("parts",)))
        self.order_id._lock_for_action()
        self.invalidate_recordset(["old_part_state"])
        if wrong := self.filtered(lambda line: line.old_part_state not in states):
            raise UserError(
                self.env._(
                    "This is not possible now: old part of %(product)s on %(order)s is "
                    "“%(state)s”.",
                    product=wrong[0].product_id.display_name,
                    order=wrong[0].order_id.name,
                    state=label(wrong[0], "old_part_state"),
                )
            )
        if wrong := self.filtered(
            lambda line: line.kind != "part" or not line.issued_quantity
        ):
            raise UserError(
                self.env._(
                    "%(line)s on %(order)s has not been fitted; there is no old part.",
                    line=wrong[0].name,
                    order=wrong[0].order_id.name,
                )
            )

    def _move_old_parts(self, state):
        """State and stock move together; the moves are owned, so never valued."""
        # Safe: the actions that call this have checked role and state.
        goods = self.sudo().filtered(lambda line: line.product_id.is_storable)
        vals_list = []
        for company, lines in goods.grouped("company_id").items():
            places = lines._get_old_part_places(company)
            vals_list += [
                line._prepare_old_part_values(*places[line][state]) for line in lines
            ]
        self._create_done_moves(vals_list)
        values = {"old_part_state": state}
        if state == "received":
            values["old_part_received_at"] = fields.Datetime.now()
        # Safe: the action has checked rights and state.
        self.sudo().write(values)

    def _get_old_part_places(self, company):
        """``{line: {state: (from, to)}}``"""
        shelf = company._get_aftersales_old_parts_location()
        scrap = self.env["stock.location"].search(
            [("usage", "=", "inventory"), ("company_id", "=", company.id)],
            order="id",
            limit=1,
        )
        supplier = self.env.ref("stock.stock_location_suppliers")
        result = {}
        for line in self:
            partner = line.order_id.partner_id.with_company(company)
            result[line] = {
                "received": (partner.property_stock_customer, shelf),
                "scrapped": (shelf, scrap),
                "supplier": (shelf, supplier),
            }
        return result

    def _prepare_old_part_values(self, location, destination):
        quantity = self.uom_id._compute_quantity(
            self.issued_quantity, self.product_id.uom_id, rounding_method="HALF-UP"
        )
        owner = self.order_id.partner_id.commercial_partner_id
        lot = self._get_old_part_lot()
        values = self._prepare_move_values("old", location, destination, quantity)
        values.update(
            {
                "priority": "0",
                "picked": True,
                "restrict_partner_id": owner.id,
                "move_line_ids": [
                    Command.create(
                        {
                            "product_id": self.product_id.id,
                            "product_uom_id": self.product_id.uom_id.id,
                            "quantity": quantity,
                            "lot_id": lot.id,
                            "owner_id": owner.id,
                            "location_id": location.id,
                            "location_dest_id": destination.id,
                            "company_id": self.company_id.id,
                            "picked": True,
                        }
                    )
                ],
            }
        )
        return values

    def _get_old_part_lot(self):
        """The known serial of the old part; an unknown one needs none."""
        lots = self.env["stock.lot"]
        if self.tracking == "none" or not self.old_part_serial:
            return lots
        return lots.search(
            Domain("product_id", "=", self.product_id.id)
            & Domain("name", "=", self.old_part_serial.strip())
            & Domain("company_id", "in", [False, self.company_id.id]),
            limit=1,
        )

    @api.constrains("old_part_state", "old_part_note")
    def _check_old_part_note(self):
        if self.filtered(
            lambda line: (
                line.old_part_state == "left" and not (line.old_part_note or "").strip()
            )
        ):
            raise ValidationError(
                self.env._("Say why the old part stays with the customer.")
            )

    def _check_old_part_write(self, vals):
        """Receiving and what follows is the parts keeper's action, never a write."""
        if "old_part_state" not in vals or self._writes_itself(vals):
            return
        handled = self.filtered(lambda ln: ln.old_part_state in HANDLED_OLD_STATES)
        changed = self.filtered(lambda ln: ln.old_part_state != vals["old_part_state"])
        if changed and (handled or vals["old_part_state"] in HANDLED_OLD_STATES):
            raise AccessError(
                self.env._("The parts keeper receives and settles old parts.")
            )
