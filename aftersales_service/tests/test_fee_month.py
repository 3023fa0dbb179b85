import os
import random
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_fee_tie import FeeCommon

ORDERS = int(os.environ.get("AFTERSALES_MONTH_ORDERS", "60"))


class CrashError(Exception):
    """The server dies here."""


@tagged("post_install", "-at_install")
class TestFeeMonth(FeeCommon):
    """A month of random work, payments and crashes ends with nothing unexplained."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        currency = cls.env.ref("base.EUR")
        if currency == cls.company.currency_id:
            currency = cls.env.ref("base.USD")
        currency.active = True
        today = fields.Date.today()
        cls.env["res.currency.rate"].create(
            [
                {
                    "currency_id": currency.id,
                    "rate": rate,
                    "name": day,
                    "company_id": cls.company.id,
                }
                for rate, day in (
                    (0.1371, "2020-01-01"),
                    (0.1298, fields.Date.subtract(today, days=9)),
                    (0.1417, fields.Date.subtract(today, days=2)),
                )
            ]
        )
        cls.foreign = cls.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        cls.labour.taxes_id = cls.env["account.tax"].create(
            {"name": "VAT", "amount": 13.0, "type_tax_use": "sale"}
        )
        cls._book_tax(cls.labour.taxes_id)
        cls.env["account.journal"].create(
            {"name": "Wallet", "code": "WLT", "type": "bank"}
        )
        cls.dice = random.Random(20261123)

    def test_month(self):
        orders = [self._make_order(number) for number in range(ORDERS)]
        for order in orders:
            path = self.dice.choice(
                ("cash", "cash", "qr", "invoice", "partial", "refund", "nothing")
            )
            with mute_logger("odoo.addons.aftersales_service"):
                getattr(self, f"_path_{path}")(order)
        self._hand_over_everything()
        self._check_books(self.env["aftersales.order"].concat(*orders))

    def _make_order(self, number):
        values = {
            "line_ids": [
                self._line_values(
                    "labour", self.labour, round(self.dice.uniform(0.1, 9.0), 2)
                )
            ]
        }
        if number % 4 == 1:
            values["pricelist_id"] = self.foreign.id
        if number % 7 == 3:
            values["service_type"] = "contract"
        order = self._create_done_order(**values)
        order.done_at = fields.Datetime.subtract(
            order.done_at, days=self.dice.randrange(28)
        )
        return order

    def _crashing(self, model, method, action):
        """Half of the time the step dies in the middle, and is done again."""
        if self.dice.random() < 0.5:
            cls = type(self.env[model])
            with (
                patch.object(cls, method, side_effect=CrashError),
                self.assertRaises(CrashError),
                self.cr.savepoint(),
            ):
                action()
            self.env.invalidate_all()
        return action()

    def _take(self, order, method):
        amount = order.amount_to_collect
        if not amount:
            return None
        if self.dice.random() < 0.2:
            amount = order.currency_id.round(amount / 3)
        technician = self.as_user("technician", order)
        return self._crashing(
            "aftersales.order",
            "_log_reason",
            lambda: technician.action_collect(amount, method),
        )

    def _bill(self, order):
        if order.charge_state == "to_invoice":
            order.action_invoice()
            if self.dice.random() < 0.7:  # invoiced on the day, at the rate of the day
                order.invoice_ids.invoice_date = order.fee_day
            self._crashing(
                "account.move",
                "_mark_aftersales_orphans",
                order.invoice_ids.action_post,
            )
        return order.invoice_ids

    def _path_cash(self, order):
        if self.dice.random() < 0.5:
            self._bill(order)
        self._take(order, "cash")
        self._bill(order)

    def _path_qr(self, order):
        collection = self._take(order, "qr")
        if collection:
            accountant = self.as_user("accountant", collection)
            self._crashing(
                "aftersales.collection", "_match_invoices", accountant.action_book
            )
        self._bill(order)

    def _path_invoice(self, order):
        if invoice := self._bill(order):
            self._pay(invoice)

    def _path_partial(self, order):
        if invoice := self._bill(order):
            self._pay(invoice, invoice.currency_id.round(invoice.amount_total / 3))

    def _path_refund(self, order):
        if invoice := self._bill(order):
            self._credit(invoice, cancel=self.dice.random() < 0.5)

    def _path_nothing(self, order):
        """Somebody forgot it: the desk must say so."""

    def _hand_over_everything(self):
        for currency in (self.company.currency_id, self.foreign.currency_id):
            handover = self._handover(0.0, currency_id=currency.id)
            if not handover.expected_amount:
                continue
            short = self.dice.choice((0.0, 1.0))
            handover.counted_amount = handover.expected_amount - short
            self._crashing(
                "aftersales.handover", "_clear_account", handover.action_post
            )
            with self.assertRaises(UserError):
                handover.action_post()

    def _check_books(self, orders):
        ties = self.as_user("accountant", self.env["aftersales.fee.tie"])
        start = fields.Date.subtract(self.today, days=40)
        for name, tie in ties.get_tie_out(self.company.id, start, self.today).items():
            self._check_tie(name, tie)
        self.assertAlmostEqual(self._balance(self.onsite_account), 0.0, 2)
        lines = self.lines.search([("id", "in", orders.ids)])
        self.assertEqual(len(lines), len(orders))
        for line in lines:
            self._check_line(line)
        self._check_payments(orders)

    def _check_tie(self, name, tie):
        """Nothing unexplained; every cent of rounding stands beside its document."""
        self.assertEqual(tie["difference"], 0.0, (name, tie))
        self.assertFalse(tie["more"], name)
        listed = sum(entry["rounding"] for entry in tie["entries"])
        self.assertAlmostEqual(tie["rounding"], listed, 2, name)
        off = tie["desk"] - tie["ledger"]
        self.assertAlmostEqual(off, listed, 2, name)
        for entry in tie["entries"]:
            self.assertLess(abs(entry["rounding"]), 0.5, entry)

    def _check_line(self, line):
        rest = line.invoiced - line.credited - line.paid - line.open
        self.assertTrue(line.currency_id.is_zero(rest), line.name)
        if line.agreed and not line.invoiced:
            self.assertIn("not_invoiced", line.codes)
        self.assertFalse(line.held, line.name)
        for code in ("voucher", "not_booked", "unmatched", "not_handed_over"):
            self.assertNotIn(code, line.codes or "", line.name)

    def _check_payments(self, orders):
        """No crash left a payment without receipt, or two for one."""
        collections = orders.collection_ids
        self.assertTrue(all(collections.mapped("is_booked")))
        payments = self.env["account.payment"].search(
            [("journal_id", "=", self.onsite.id), ("state", "!=", "canceled")]
        )
        self.assertEqual(
            payments, collections.filtered(lambda c: c.method == "cash").payment_id
        )
