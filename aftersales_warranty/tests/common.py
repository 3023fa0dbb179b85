from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import UserError

from odoo.addons.aftersales_service.tests.common import AftersalesCommon


class WarrantyCommon(AftersalesCommon):
    """A machine with a serial whose product has a warranty of 12 months."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.customer.tz = "Asia/Shanghai"
        cls.term = cls._create_term("12 months", code="T1")
        cls.machine = cls._create_product("Rack Server", tracking="serial")
        cls.machine.aftersales_term_id = cls.term

    @classmethod
    def _create_term(cls, name, events=("delivery",), scopes=(), **values):
        """A term; ``scopes``: dicts of rows, by default all parts, labour, travel."""
        scopes = scopes or [{"scope": s} for s in ("part", "labour", "travel")]
        return cls.env["aftersales.warranty.term"].create(
            {
                "name": name,
                "duration": 12,
                "duration_unit": "month",
                "event_ids": [
                    Command.create({"event": event, "sequence": number})
                    for number, event in enumerate(events)
                ],
                "line_ids": [Command.create(scope) for scope in scopes],
                **values,
            }
        )

    def _refuses_deletion(self, record):
        """Whether deleting it is refused, by a rule or by the database."""
        try:
            with self.cr.savepoint():
                record.unlink()
                self.env.flush_all()
        except (UserError, IntegrityError):
            return True
        return False

    @classmethod
    def _create_machine(cls, serial, **values):
        """An installed product of the customer, without a warranty yet."""
        return (
            cls.env["aftersales.asset"]
            .with_context(aftersales_no_warranty=True)
            .create(
                {
                    "partner_id": cls.customer.id,
                    "product_id": cls.machine.id,
                    "serial": serial,
                    "company_id": cls.company.id,
                    **values,
                }
            )
            .with_context(aftersales_no_warranty=False)
        )

    @classmethod
    def _open(cls, asset, **values):
        """The standard warranty of a machine."""
        return cls.env["aftersales.warranty"].create([{"asset_id": asset.id, **values}])

    @classmethod
    def _create_covered(cls, serial, delivered_on, **values):
        """A machine delivered on a day, with its warranty."""
        asset = cls._create_machine(serial, delivered_on=delivered_on, **values)
        return cls._open(asset)

    @classmethod
    def _register_repair(cls, warranty, start, end, **values):
        """A covered repair of the machine; times in UTC."""
        return cls.env["aftersales.warranty.repair"]._register_repairs(
            [
                {
                    "asset_id": warranty.asset_id.id,
                    "company_id": warranty.company_id.id,
                    "reported_at": fields.Datetime.to_datetime(start),
                    "started_at": fields.Datetime.to_datetime(start),
                    "ended_at": fields.Datetime.to_datetime(end),
                    "covered": True,
                    **values,
                }
            ]
        )

    @classmethod
    def _sell(cls, product, quantity=1.0, **values):
        """A confirmed sales order of the customer with one line."""
        order = cls.env["sale.order"].create(
            {
                "partner_id": cls.customer.id,
                "company_id": cls.company.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": quantity,
                            "price_unit": 100.0,
                            **values,
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        return order

    @classmethod
    def _deliver(cls, order, *serials):
        """Deliver the order; serial numbers are made as named."""
        picking = order.picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel")
        )
        for move in picking.move_ids:
            if move.product_id.tracking == "serial":
                move.move_line_ids.unlink()
                lots = cls.env["stock.lot"].create(
                    [{"name": s, "product_id": move.product_id.id} for s in serials]
                )
                move.move_line_ids = [
                    Command.create(
                        {
                            "product_id": move.product_id.id,
                            "lot_id": lot.id,
                            "quantity": 1,
                            "picking_id": picking.id,
                            "location_id": move.location_id.id,
                            "location_dest_id": move.location_dest_id.id,
                        }
                    )
                    for lot in lots
                ]
            else:
                move.quantity = move.product_uom_qty
            move.picked = True
        picking.button_validate()
        return picking
