from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..order.test_import import CALLS, CREATED, ImportCommon

SIGNATURE = b"iVBORw0KGgo="


@tagged("post_install", "-at_install")
class TestTenCalls(ImportCommon):
    """The ten real calls, each role doing its own part, nobody an administrator."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users["accountant"].group_ids += cls.env.ref("account.group_account_user")
        cls.disk.taxes_id = cls.env["account.tax"].search(
            [("type_tax_use", "=", "sale"), ("company_id", "=", cls.company.id)],
            limit=1,
        )
        cls.team.location_id = (
            cls.env["stock.warehouse"]
            .search([("company_id", "=", cls.company.id)], limit=1)
            .lot_stock_id
        )
        cls.env["stock.quant"]._update_available_quantity(
            cls.disk, cls.team.location_id, 10
        )

    def test_ten_calls_become_paid_and_archived_vouchers(self):
        self._import(CALLS, name_create_enabled_fields=CREATED)
        orders = self.env["aftersales.order"].search(
            [("called_at", "<", "2010-01-01")], order="called_at"
        )
        self.assertEqual(len(orders), 10)
        self.assertEqual(len(orders.partner_id), 10)
        for order in orders:
            self._dispatch(self.as_user("dispatcher", order))
            self._serve(self.as_user("technician", order))
        self.as_user("technician", orders).action_complete()
        self.assertEqual(set(orders.mapped("state")), {"done"})
        self._collect_money(self.as_user("accountant", orders))
        self.assertEqual(set(orders.mapped("charge_state")), {"paid"})
        self.as_user("supervisor", orders).action_close()
        self.assertEqual(set(orders.mapped("state")), {"closed"})
        for order in orders:
            self.assertEqual(order.invoice_ids.amount_total, order.amount_customer)
            self.assertTrue(order.line_ids.filtered("move_ids").move_ids.picked)

    def _dispatch(self, order):
        order.technician_id = self.technician
        order.action_dispatch()
        start = fields.Datetime.now() + timedelta(hours=1)
        order.env["aftersales.visit"].create(
            {
                "order_id": order.id,
                "lead_id": self.technician.id,
                "planned_start": start,
                "planned_end": start + timedelta(hours=2),
            }
        )

    def _serve(self, order):
        visit = order.visit_ids
        visit.action_depart()
        visit.action_arrive()
        order.add_part(self.disk.id, 1.0)
        order.write(
            {
                "cause_id": order.cause_id.id or self.cause.id,
                "remedy": "Replaced and tested for an hour",
                "customer_opinion": "very_satisfied",
            }
        )
        visit.action_leave("done")
        order.action_sign(order.partner_id.name, SIGNATURE)

    def _collect_money(self, orders):
        orders.action_invoice()
        invoices = orders.invoice_ids
        invoices.filtered(lambda move: move.state == "draft").action_post()
        for invoice in invoices:
            invoice.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            ).create({}).action_create_payments()
