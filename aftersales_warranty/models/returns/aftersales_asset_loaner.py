from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

WORKED_ON = ("new", "dispatched", "in_progress")


class AftersalesAsset(models.Model):
    """Free repairs and loaners that the rules give (WA-10, SV-32).

    A loaner stays ours: it moves to a place of its own that counts neither as stock to
    sell nor as sold. So it costs no entry, registers no machine at the customer, and
    the list of loaners is the stock of that place.
    """

    _inherit = "aftersales.asset"

    # -- repair -------------------------------------------------------------------

    def _start_repair(self, rule, order=None):
        """Go on with the service order free of charge, or register one per machine."""
        orders = order or self.env["aftersales.order"]
        if orders.state in WORKED_ON:
            orders.check_access("write")
            orders._lock_for_action()
            if orders.service_type == "chargeable":
                orders.service_type = "free"
        else:
            orders = orders.create([asset._prepare_free_order(rule) for asset in self])
        for row in orders:
            row._log_reason(self.env._("Free of charge: %s", rule.name), False)
        return self._get_orders_action(orders)

    def _prepare_free_order(self, rule):
        self.ensure_one()
        return {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "site_id": self.site_id.id,
            "asset_id": self.id,
            "service_type": "free",
            "description": rule.name,
        }

    @api.model
    def _get_orders_action(self, orders):
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Free repairs"),
            "res_model": "aftersales.order",
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", orders.ids)],
        }
        if len(orders) == 1:
            action.update(
                res_id=orders.id, view_mode="form", views=[(False, "form")], domain=[]
            )
        return action

    # -- loaner -------------------------------------------------------------------

    def _start_loaner(self, rule, order=None):
        """Ask the parts keeper for a loaner; he chooses the unit and hands it out."""
        orders = order or self.env["aftersales.order"]
        self.env["res.users"]._check_aftersales_role("operator", "supervisor", "parts")
        self._check_no_loaner()
        # Safe: rights were checked; people at the desk are no stock users. The unit
        # leaves the stock only when the parts keeper validates the transfer.
        pickings = self.env["stock.picking"].sudo()
        for asset in self.sudo():
            pickings |= pickings.create(asset._prepare_loaner(rule, orders))
        pickings.action_confirm()
        pickings.action_assign()
        return self._get_loaner_action(pickings)

    def _check_no_loaner(self):
        # Safe: the number of the other transfer only.
        found = (
            self.env["stock.picking"]
            .sudo()
            .search(
                [
                    ("aftersales_loaner_asset_id", "in", self.ids),
                    ("aftersales_loaner_state", "in", ("planned", "out")),
                ],
                limit=1,
            )
        )
        if found:
            raise UserError(
                self.env._(
                    "%(machine)s has a loaner already: %(picking)s.",
                    machine=found.aftersales_loaner_asset_id.display_name,
                    picking=found.name,
                )
            )

    def _prepare_loaner(self, rule, order):
        """A transfer from the stock of the service point, due back on a day."""
        team = order.team_id
        warehouse = team.warehouse_id or order._get_main_warehouse(self.company_id)
        if not warehouse or self.product_id.type != "consu":
            raise UserError(
                self.env._(
                    "%(product)s cannot be lent from the stock of %(company)s.",
                    product=self.product_id.display_name,
                    company=self.company_id.name,
                )
            )
        source = warehouse.lot_stock_id
        place = self.company_id._aftersales_get_loaner_location()
        address = order.site_id or self.site_id or self.partner_id
        due_on = self.company_id._aftersales_today() + relativedelta(
            days=self.company_id.aftersales_return_days
        )
        return {
            "company_id": self.company_id.id,
            "partner_id": address.id,
            "picking_type_id": warehouse.int_type_id.id,
            "location_id": source.id,
            "location_dest_id": place.id,
            "origin": order.name or rule.name,
            "aftersales_order_id": order.id,
            "aftersales_loaner_asset_id": self.id,
            "aftersales_loaner_state": "planned",
            "aftersales_loaner_due_on": due_on,
            "move_ids": [
                Command.create(
                    {
                        "company_id": self.company_id.id,
                        "product_id": self.product_id.id,
                        "product_uom": self.product_id.uom_id.id,
                        "product_uom_qty": 1.0,
                        "location_id": source.id,
                        "location_dest_id": place.id,
                        "picking_type_id": warehouse.int_type_id.id,
                    }
                )
            ],
        }

    @api.model
    def _get_loaner_action(self, pickings):
        """The list for those who may see transfers, else a message."""
        if not self.env["stock.picking"].has_access("read"):
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "success",
                    "message": self.env._(
                        "The parts keeper was asked for a loaner: %s",
                        ", ".join(pickings.mapped("name")),
                    ),
                    "next": {"type": "ir.actions.act_window_close"},
                },
            }
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_loaner_action"
        )
        action["context"] = {}
        action["domain"] = [("id", "in", pickings.ids)]
        return action
