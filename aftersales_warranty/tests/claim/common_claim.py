from odoo import Command, fields
from odoo.service.model import call_kw
from odoo.tests import new_test_user

from odoo.addons.aftersales_service.tests.common import GROUP

from ..common import WarrantyCommon


class ClaimCommon(WarrantyCommon):
    """A covered server with a disk of supplier A, who grants us 24 months.

    Disk 500.00 at cost, one hour of labour 80.00, travel 30.00, freight 20.00; the
    supplier's terms cover parts and labour in full, freight by half, travel not.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users["accountant"].group_ids += cls.env.ref(
            "account.group_account_invoice"
        )
        cls.users["manager2"] = new_test_user(
            cls.env, login="as_manager2", groups=f"{GROUP}manager"
        )
        cls.supplier = cls._create_supplier("Disk Maker A")
        cls.other = cls._create_supplier("Disk Trader B")
        cls.supplier_term = cls._create_term(
            "24 months from A",
            duration=24,
            scopes=[
                {"scope": "part"},
                {"scope": "labour"},
                {"scope": "freight", "share": 50.0},
            ],
        )
        cls.freight = cls._create_product(
            "Freight", type="service", aftersales_is_freight=True
        )
        cls._grant(cls.disk, cls.supplier, cls.supplier_term)
        cls.disk.standard_price = 500.0
        cls.labour.standard_price = 80.0
        cls.travel.standard_price = 30.0
        cls.freight.standard_price = 20.0
        cls.term.line_ids = [Command.create({"scope": "freight"})]
        cls.warranty = cls._create_covered("SN-1", fields.Date.today())
        cls.place = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls._stock(cls.disk, 50)

    @classmethod
    def _create_supplier(cls, name, **values):
        return cls.env["res.partner"].create(
            {"name": name, "is_company": True, **values}
        )

    @classmethod
    def _grant(cls, product, supplier, term=None, **values):
        """A vendor line of the product, with what the supplier grants us."""
        return cls.env["product.supplierinfo"].create(
            {
                "product_tmpl_id": product.product_tmpl_id.id,
                "partner_id": supplier.id,
                "aftersales_term_id": term and term.id,
                **values,
            }
        )

    @classmethod
    def _stock(cls, product, quantity, lot=None):
        cls.env["stock.quant"]._update_available_quantity(
            product, cls.place.lot_stock_id, quantity, lot_id=lot
        )

    @classmethod
    def _receive(cls, product, supplier, serial, **values):
        """A receipt of one piece with its serial."""
        kind = cls.place.in_type_id
        picking = cls.env["stock.picking"].create(
            {
                "picking_type_id": kind.id,
                "partner_id": supplier.id,
                "location_id": cls.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": cls.place.lot_stock_id.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": 1,
                            "product_uom": product.uom_id.id,
                            "location_id": cls.env.ref(
                                "stock.stock_location_suppliers"
                            ).id,
                            "location_dest_id": cls.place.lot_stock_id.id,
                        }
                    )
                ],
                **values,
            }
        )
        picking.action_confirm()
        line = picking.move_ids.move_line_ids
        line.write({"lot_name": serial, "quantity": 1})
        picking.move_ids.picked = True
        picking.button_validate()
        return cls.env["stock.lot"].search(
            [("name", "=", serial), ("product_id", "=", product.id)]
        )

    @classmethod
    def _get_repair_lines(cls):
        return [
            cls._line_values("part", cls.disk),
            cls._line_values("labour", cls.labour),
            cls._line_values("travel", cls.travel),
            cls._line_values("other", cls.freight),
        ]

    @classmethod
    def _repair(cls, lines=None, **values):
        """A done order on the covered machine."""
        values.setdefault("asset_id", cls.warranty.asset_id.id)
        order = cls._create_reported_order(
            line_ids=lines or cls._get_repair_lines(), place="workshop", **values
        )
        for line in order.line_ids.filtered(lambda row: row.kind == "part"):
            line.source_location_id = cls.place.lot_stock_id
        order.action_complete()
        return order

    @classmethod
    def _claim(cls, order=None, send=True):
        order = order or cls._repair()
        claim = cls.env["aftersales.supplier.claim"]._create_for_orders(order)
        if send:
            claim.action_claim()
        return claim

    @classmethod
    def _accept(cls, claim, amounts=None):
        """Answers by kind of line; everything without a word on it."""
        amounts = amounts or {}
        claim.action_answer(
            {
                line.id: (amounts.get(line.kind, line.amount), "Our finding")
                for line in claim.line_ids
                if line.amount
            }
        )
        return claim

    @classmethod
    def _set_up_deposit(cls, balance=0.0, **values):
        if not cls.company.aftersales_deposit_account_id:
            cls.env["aftersales.deposit.setup"].create({}).action_apply()
        deposit = cls.env["aftersales.deposit"].create(
            {"partner_id": cls.supplier.id, "required_amount": 1000.0, **values}
        )
        deposit.action_start()
        if balance:
            cls._book(deposit, "receipt", balance)
        return deposit

    @classmethod
    def _book(cls, deposit, kind, amount, **values):
        entry = cls.env["aftersales.deposit.entry"].create(
            {
                "deposit_id": deposit.id,
                "kind": kind,
                "amount": amount,
                "evidence": "x",
                **values,
            }
        )
        if kind not in ("receipt", "top_up"):
            entry.action_approve()
        entry.action_post()
        return entry

    def _rpc(self, role, method, records, *args, **kwargs):
        """What /web/dataset/call_kw runs."""
        model = records.with_user(self.users[role])
        return call_kw(model, method, [records.ids, *args], kwargs)
