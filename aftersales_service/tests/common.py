from odoo import Command
from odoo.tests import new_test_user

from odoo.addons.base.tests.common import BaseCommon

GROUP = "aftersales_service.aftersales_service_group_"


class AftersalesCommon(BaseCommon):
    """A service point with its people, a customer with a machine, parts and prices.

    Tests build on these factories, never on demo data.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.team = cls.env["aftersales.team"].create(
            {"name": "North", "code": "N", "company_id": cls.company.id}
        )
        cls.users = {
            role: new_test_user(
                cls.env,
                login=f"as_{role}",
                groups=f"{GROUP}{role}",
                company_id=cls.company.id,
            )
            for role in (
                "operator",
                "dispatcher",
                "supervisor",
                "manager",
                "parts",
                "technician",
                "accountant",
            )
        }
        cls.users["accountant"].group_ids += cls.env.ref(
            "account.group_account_invoice"
        )
        office = [r for r in cls.users if r not in ("technician", "accountant")]
        cls.team.user_ids = [Command.set([cls.users[r].id for r in office])]
        cls.technician = cls._create_technician(
            "Li Qiang", user_id=cls.users["technician"].id
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "Data Centre A", "phone": "+86 571 8888 0001", "is_company": True}
        )
        cls.server = cls._create_product("Server X3650")
        cls.disk = cls._create_product("Disk 300 GB", list_price=800.0)
        cls.labour = cls._create_product("Labour", type="service", list_price=200.0)
        cls.travel = cls._create_product("Travel", type="service", list_price=50.0)
        cls.company.aftersales_labour_product_id = cls.labour
        cls.company.aftersales_travel_product_id = cls.travel
        cls.symptom = cls.env["aftersales.symptom"].create({"name": "Amber light"})
        cls.cause = cls.env["aftersales.cause"].create(
            {"name": "Disk worn", "remedy": "Disk replaced"}
        )
        cls.asset = cls._create_asset("7979Q7C-01")

    @classmethod
    def as_user(cls, role, record):
        """The record as seen and used by that role."""
        return record.with_user(cls.users[role])

    @classmethod
    def _create_technician(cls, name, **values):
        return cls.env["aftersales.technician"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "team_id": cls.team.id,
                **values,
            }
        )

    @classmethod
    def _create_product(cls, name, **values):
        values.setdefault("type", "consu")
        values.setdefault("list_price", 100.0)
        values.setdefault("taxes_id", False)
        if values["type"] == "consu":
            values.setdefault("is_storable", True)
        return cls.env["product.product"].create({"name": name, **values})

    @classmethod
    def _create_asset(cls, serial, **values):
        return cls.env["aftersales.asset"].create(
            {
                "partner_id": cls.customer.id,
                "product_id": cls.server.id,
                "serial": serial,
                "company_id": cls.company.id,
                **values,
            }
        )

    @classmethod
    def _create_order(cls, **values):
        """A chargeable on-site order for the customer's machine."""
        return cls.env["aftersales.order"].create(cls._order_values(**values))

    @classmethod
    def _order_values(cls, **values):
        return {
            "partner_id": cls.customer.id,
            "asset_id": cls.asset.id,
            "symptom_id": cls.symptom.id,
            "description": "The disk shows an amber light",
            "team_id": cls.team.id,
            "duplicate_confirmed": True,
            **values,
        }

    @classmethod
    def _line_values(cls, kind, product, quantity=1.0, **values):
        return Command.create(
            {
                "kind": kind,
                "product_id": product.id,
                "quantity": quantity,
                **values,
            }
        )

    @classmethod
    def _report_values(cls):
        """What a technician writes down and the customer signs."""
        return {
            "cause_id": cls.cause.id,
            "remedy": "Disk replaced",
            "customer_opinion": "satisfied",
            "signature": b"iVBORw0KGgo=",
            "signed_by": "Ms Cui",
            "signed_at": "2026-03-02 08:00:00",
        }

    @classmethod
    def _create_reported_order(cls, **values):
        """In progress, with labour, report and signature: ready to complete."""
        values.setdefault("line_ids", [cls._line_values("labour", cls.labour)])
        order = cls._create_order(technician_id=cls.technician.id, **values)
        order.action_dispatch()
        order.action_start()
        order.write(cls._report_values())
        return order
