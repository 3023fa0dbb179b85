from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from ...models.fees.aftersales_fee_line import CODES
from .test_fee_desk import FeeCommon


@tagged("post_install", "-at_install")
class TestFeeTour(FeeCommon, HttpCase):
    def test_accountant_closes_a_day_with_exceptions_of_every_kind(self):
        self._close_by_hand()

    def test_the_same_in_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"].search(
            [("name", "=", "aftersales_service")]
        )._update_translations("zh_CN")
        self.users["accountant"].lang = "zh_CN"
        self._close_by_hand()

    def _close_by_hand(self):
        self._plant()
        self.env.flush_all()
        found = {
            code
            for line in self.lines.search([("team_id", "=", self.team.id)])
            for code in (line.codes or "").split(",")
        }
        self.assertEqual(found - {""}, set(CODES))
        orphans = self.env["aftersales.fee.orphan"].search([])
        self.assertEqual(set(orphans.mapped("code")), {"no_order", "no_match"})
        self.start_tour("/odoo/service-fees", "aftersales_fees", login="as_accountant")
        close = self.env["aftersales.fee.close"].search(
            [("team_id", "=", self.team.id)]
        )
        self.assertEqual(close.state, "closed")
        self.assertEqual(close.closed_by_id, self.users["accountant"])
        self.assertEqual(self.team.fee_lock_date, close.date_to)
        self.assertGreater(close.accepted_count, 5)

    def _plant(self):
        self._create_done_order()  # not invoiced
        late = self._create_done_order()
        late.done_at = fields.Datetime.subtract(late.done_at, days=1)
        self._invoice(late)
        different = self._create_done_order()
        different.action_invoice()
        different.invoice_ids.invoice_line_ids.price_unit = 180.0
        different.invoice_ids.action_post()
        self._collect(200.0)  # not handed over
        self._collect(200.0, "qr")  # in the bank, not booked
        cheap = self._create_done_order()
        cheap.line_ids.write({"price_unit": 150.0})
        gift = self._create_done_order(service_type="contract")
        self.env.cr.execute(
            "UPDATE aftersales_order_line SET payer_rule = NULL WHERE order_id = %s",
            [gift.id],
        )
        unmatched = self._create_done_order()
        self._collect(200.0, "qr", order=unmatched)
        self._invoice(unmatched)
        unmatched.collection_ids.payment_id.move_id.line_ids.remove_move_reconcile()
        self._plant_refund()
        self._plant_given_away()
        self._plant_orphan()

    def _plant_refund(self):
        location = self.env["stock.warehouse"].search([], limit=1).lot_stock_id
        self.team.location_id = location
        self.env["stock.quant"]._update_available_quantity(self.disk, location, 5)
        order = self._create_done_order(line_ids=[self._line_values("part", self.disk)])
        self._credit(self._invoice(order))

    def _plant_given_away(self):
        credited, short = self._create_done_order(), self._create_done_order()
        note = self._credit(self._invoice(credited), cancel=False)
        note.invoice_line_ids.price_unit = 50.0
        note.action_post()
        loss = self.env["account.account"].create(
            {"name": "Bad debts", "code": "660299", "account_type": "expense"}
        )
        wizard = (
            self.env["account.payment.register"]
            .with_context(
                active_model="account.move", active_ids=self._invoice(short).ids
            )
            .create({})
        )
        wizard.write(
            {
                "amount": 190.0,
                "payment_difference_handling": "reconcile",
                "writeoff_account_id": loss.id,
            }
        )
        wizard._create_payments()

    def _plant_orphan(self):
        self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_id": self.customer.id,
                "amount": 12.0,
                "journal_id": self.onsite.id,
            }
        ).action_post()
        self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_line_ids": [
                    Command.create({"product_id": self.labour.id, "price_unit": 9.0})
                ],
            }
        ).action_post()
