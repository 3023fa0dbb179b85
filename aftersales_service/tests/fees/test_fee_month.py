import os
import random
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .test_fee_tie import FeeCommon

FIXED_SEED = 20261123
FIRST_DAY = datetime(2026, 9, 1, 4)
CLOSED_EVERY = 3
PATHS = {
    "cash": 5,
    "cash_first": 3,
    "qr": 3,
    "transfer": 1,
    "invoice": 4,
    "partial": 2,
    "collective": 3,
    "refund": 2,
    "corrected": 1,
    "cancelled": 1,
    "wrong": 1,
    "late": 2,
    "forgotten": 1,
}


class CrashError(Exception):
    """The server dies here."""


@tagged("post_install", "-at_install")
class TestFeeMonth(FeeCommon):
    """A month of random work, payments and crashes ends with nothing unexplained.

    Every day has its orders, in two currencies, with tax on top and inside; they are
    paid in every way, credited, cancelled, billed too late, wrongly or not at all.
    Steps die in the middle and are done again. Every third evening the desk is
    compared with an account of the documents of its own, the exceptions are accepted
    and the day is closed; at the end the desk must agree with the ledger.

    The suite runs a short month twice: with a fixed seed and with a new one, which a
    failure names. A thousand orders, with the seed of your choice::

        AFTERSALES_MONTH_ORDERS=1000 AFTERSALES_MONTH_SEED=7 \
            setup/test aftersales_service/tests/fees/test_fee_month.py -k full
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        currency = cls.env.ref("base.EUR")
        if currency == cls.company.currency_id:
            currency = cls.env.ref("base.USD")
        currency.active = True
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
                    (0.1298, "2026-09-02"),
                    (0.1417, "2026-09-05"),
                )
            ]
        )
        cls.foreign = cls.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        cls.labours = [
            cls._create_product(
                name,
                type="service",
                list_price=200.0,
                taxes_id=[cls._make_tax(name, included).id],
            )
            for name, included in (("On top", False), ("Inside", True))
        ]
        cls.env["account.journal"].create(
            {"name": "Wallet", "code": "WLT", "type": "bank"}
        )

    @classmethod
    def _make_tax(cls, name, included):
        kind = "tax_included" if included else "tax_excluded"
        tax = cls.env["account.tax"].create(
            {
                "name": name,
                "amount": 13.0,
                "type_tax_use": "sale",
                "price_include_override": kind,
            }
        )
        cls._book_tax(tax)
        return tax

    def test_short_month(self):
        self._play(FIXED_SEED, 60, 6)

    def test_short_month_of_a_new_seed(self):
        self._play(random.SystemRandom().randrange(10**6), 24, 3)

    def test_full_month_on_demand(self):
        orders = int(os.environ.get("AFTERSALES_MONTH_ORDERS", "0"))
        if not orders:
            self.skipTest("AFTERSALES_MONTH_ORDERS=1000 plays a full month")
        self._play(int(os.environ.get("AFTERSALES_MONTH_SEED", FIXED_SEED)), orders, 28)

    # -- the month --------------------------------------------------------------

    def _play(self, seed, count, days):
        self.dice = random.Random(seed)
        self.orders = self.env["aftersales.order"]
        self.late = self.env["aftersales.order"]
        with (
            self.subTest(seed=seed, orders=count),
            freeze_time(FIRST_DAY) as clock,
            mute_logger("odoo.addons.aftersales_service"),
        ):
            for number in range(days):
                clock.move_to(FIRST_DAY + timedelta(days=number))
                share = count * (number + 1) // days - count * number // days
                self._play_day(share)
                if number % CLOSED_EVERY == CLOSED_EVERY - 1:
                    self._close_the_day()
            clock.move_to(FIRST_DAY + timedelta(days=days + 4))
            self._know_the_tables()
            self._check_books()

    def _know_the_tables(self):
        """What a server does by itself over night: the planner learns what is there.

        All of the month is one transaction, which autovacuum does not see into.
        """
        self.env.flush_all()
        self.cr.execute(
            "ANALYZE account_move, account_move_line, account_payment,"
            " account_partial_reconcile, aftersales_order, aftersales_order_line,"
            " aftersales_collection, aftersales_handover"
        )

    def _play_day(self, count):
        self._know_the_tables()
        self._bill(self.late)
        self.late = self.env["aftersales.order"]
        orders = self._make_orders(count)
        self.orders |= orders
        names = self.dice.choices(list(PATHS), PATHS.values(), k=len(orders))
        for name in PATHS:
            mine = orders.browse(
                [o.id for o, path in zip(orders, names, strict=True) if path == name]
            )
            if mine:
                getattr(self, f"_path_{name}")(mine)
        if self.dice.random() < 0.8:  # else the money stays in the pocket over night
            self._hand_over_everything()

    def _make_orders(self, count):
        orders = self.orders.create([self._random_values() for _n in range(count)])
        orders.action_dispatch()
        orders.action_start()
        orders.write(self._report_values())
        orders.action_complete()
        return orders

    def _random_values(self):
        product = self.dice.choice(self.labours)
        quantity = round(self.dice.uniform(0.1, 9.0), 2)
        values = {
            "technician_id": self.technician.id,
            "line_ids": [self._line_values("labour", product, quantity)],
        }
        if self.dice.random() < 0.25:
            values["pricelist_id"] = self.foreign.id
        if self.dice.random() < 0.12:
            values["service_type"] = "contract"
        return self._order_values(**values)

    def _crashing(self, model, method, action):
        """A third of the steps die in the middle, and are done again."""
        if self.dice.random() < 0.33:
            with (
                patch.object(type(self.env[model]), method, side_effect=CrashError),
                self.assertRaises(CrashError),
                self.cr.savepoint(),
            ):
                action()
            self.env.invalidate_all()
        return action()

    # -- how an order is paid ---------------------------------------------------

    def _bill(self, orders, collective=False):
        todo = orders.filtered(lambda order: order.charge_state == "to_invoice")
        if not todo:
            return todo.invoice_ids
        self._crashing(
            "aftersales.order",
            "action_view_invoices",
            todo.action_invoice_collective if collective else todo.action_invoice,
        )
        drafts = todo.invoice_ids.filtered(lambda move: move.state == "draft")
        self._crashing("account.move", "_mark_aftersales_orphans", drafts.action_post)
        return drafts

    def _take(self, orders, method):
        for order in orders:
            amount = order.amount_to_collect
            if not amount:
                continue
            if self.dice.random() < 0.2:
                amount = order.currency_id.round(amount / 3)
            technician = self.as_user("technician", order)
            self._crashing(
                "aftersales.order",
                "_log_reason",
                lambda: technician.action_collect(amount, method),  # noqa: B023
            )

    def _pay_all(self, invoices, share=1):
        for moves in invoices.grouped("currency_id").values():
            if share == 1:
                self._pay_in_one_go(moves)
                continue
            for move in moves:
                self._pay(move, move.currency_id.round(move.amount_total / share))

    def _pay_in_one_go(self, moves):
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=moves.ids
        )
        wizard = register.create({"group_payment": False})
        wizard._create_payments()

    def _path_cash(self, orders):
        self._bill(orders)
        self._take(orders, "cash")

    def _path_cash_first(self, orders):
        self._take(orders, "cash")
        self._bill(orders)

    def _path_qr(self, orders):
        self._take(orders, "qr")
        if taken := orders.collection_ids:
            accountant = self.as_user("accountant", taken)
            self._crashing(
                "aftersales.collection", "_match_invoices", accountant.action_book
            )
        self._bill(orders)

    def _path_transfer(self, orders):
        """In the bank, and nobody has booked it."""
        self._bill(orders)
        self._take(orders, "transfer")

    def _path_invoice(self, orders):
        self._pay_all(self._bill(orders))

    def _path_partial(self, orders):
        self._pay_all(self._bill(orders), 3)

    def _path_collective(self, orders):
        invoices = self._bill(orders, collective=True)
        self._pay_all(invoices, self.dice.choice((1, 3)))

    def _path_refund(self, orders):
        for invoice in self._bill(orders):
            self._credit(invoice, cancel=self.dice.random() < 0.5)

    def _path_corrected(self, orders):
        """Credited in full and invoiced anew."""
        for invoice in self._bill(orders):
            self._credit(invoice)
        orders = orders.filtered("invoice_ids")
        if orders:
            self.as_user("accountant", orders).action_invoice_again("Wrong address")
            self._bill(orders)

    def _path_cancelled(self, orders):
        for invoice in self._bill(orders):
            invoice.button_draft()
            invoice.button_cancel()

    def _path_wrong(self, orders):
        """The invoice is not what the customer has signed."""
        todo = orders.filtered(lambda order: order.charge_state == "to_invoice")
        if todo:
            todo.action_invoice()
            for line in todo.invoice_ids.invoice_line_ids:
                line.price_unit += 7.0
            todo.invoice_ids.action_post()

    def _path_late(self, orders):
        self.late |= orders

    def _path_forgotten(self, orders):
        """Somebody forgot it: the desk must say so."""

    def _hand_over_everything(self):
        for currency in (self.company.currency_id, self.foreign.currency_id):
            handover = self._handover(0.0, currency_id=currency.id)
            if not handover.expected_amount:
                handover.unlink()
                continue
            short = self.dice.choice((0.0, 0.0, 0.05))
            handover.counted_amount = handover.expected_amount - short
            self._crashing(
                "aftersales.handover", "_clear_account", handover.action_post
            )
            with self.assertRaises(UserError):
                handover.action_post()

    # -- the evening ------------------------------------------------------------

    def _close_the_day(self):
        """What the documents say is what the desk says; accepted, it can be closed."""
        self._know_the_tables()
        lines = self._get_lines()
        for line in lines:
            expected = self._expect(line.sudo().order_id)
            found = set((line.codes or "").split(",")) - {""}
            known = line.sudo().order_id.fee_check_ids.mapped("code")
            self.assertLessEqual(found, expected, line.name)
            self.assertLessEqual(expected, found | set(known), line.name)
        left = lines.filtered(lambda line: line.state == "exception")
        day = self._today()
        if left:
            with self.assertRaisesRegex(UserError, "cannot be closed"):
                self._close(day)
            left.action_accept("Seen at the close")
        close = self._close(day)
        self.assertFalse(self._get_lines().filtered(lambda li: li.state == "exception"))
        for name, tie in close.figures["ties"].items():
            self._check_tie(name, tie)
        self._try_to_move_money_backwards(close)

    def _today(self):
        return self.env["aftersales.handover"]._default_date()

    def _get_lines(self):
        self.env.flush_all()
        self.lines.invalidate_model()
        return self.lines.search([("id", "in", self.orders.ids)])

    def _expect(self, order):
        """Exceptions of an order, from its documents and not from the desk."""
        posted = order.invoice_ids.filtered(lambda move: move.state == "posted")
        invoices = posted.filtered(lambda move: move.move_type == "out_invoice")
        credits = posted.filtered(lambda move: move.move_type == "out_refund")
        codes = self._expect_invoice(order, invoices, credits)
        taken = order.collection_ids
        if taken.filtered(lambda c: c.method == "cash" and c.state == "collected"):
            codes.add("not_handed_over")
        if taken.filtered(lambda c: c.method != "cash" and not c.payment_id):
            codes.add("not_booked")
        payments = taken.payment_id | order.invoice_ids.matched_payment_ids
        if payments.filtered(lambda payment: not payment.is_reconciled):
            codes.add("unmatched")
        return codes

    def _expect_invoice(self, order, invoices, credits):
        """What stands is what was invoiced less what was credited."""
        agreed, currency = order.amount_customer, order.currency_id
        if len(invoices.aftersales_order_ids) > 1:  # collective, of a later day
            return set()
        back = sum(credits.mapped("amount_total"))
        net = currency.round(sum(invoices.mapped("amount_total")) - back)
        codes = {"credited"} if back and net < agreed else set()
        if not net:
            return {*codes, "not_invoiced"} if agreed else codes
        if min(invoices.mapped("invoice_date")) > order.fee_day:
            codes.add("late")
        if not currency.is_zero(net - agreed) and not codes & {"credited"}:
            codes.add("voucher")
        return codes

    def _try_to_move_money_backwards(self, close):
        closed = self.orders.filtered(lambda order: order.fee_close_id == close)
        moves = closed.invoice_ids.filtered(lambda move: move.state == "posted")
        for move in self.dice.sample(list(moves), min(2, len(moves))):
            with self.assertRaisesRegex(UserError, "closed up to"):
                move.button_draft()

    # -- the end ----------------------------------------------------------------

    def _check_books(self):
        self._bill(self.late)
        self._hand_over_everything()
        ties = self.as_user("accountant", self.env["aftersales.fee.tie_out"])
        start, end = FIRST_DAY.date(), self._today()
        for name, tie in ties.get_tie_out(self.company.id, start, end).items():
            self._check_tie(name, tie)
        self.assertAlmostEqual(self._balance(self.onsite_account), 0.0, 2)
        lines = self._get_lines()
        self.assertEqual(len(lines), len(self.orders))
        for line in lines:
            self._check_line(line)
        self._check_payments()
        self._check_rank(lines)

    def _check_tie(self, name, tie):
        """Nothing unexplained; every cent of rounding stands beside its document."""
        self.assertFalse(tie["more"], name)
        if name == "technicians":
            self._check_listed(tie)
            return
        self.assertEqual(tie["difference"], 0.0, (name, tie))
        listed = sum(entry["rounding"] for entry in tie["entries"])
        self.assertAlmostEqual(tie["rounding"], listed, 2, name)
        off = tie["desk"] - tie["ledger"]
        self.assertAlmostEqual(off, listed, 2, name)
        for entry in tie["entries"]:
            self.assertLess(abs(entry["rounding"]), 0.5, entry)

    def _check_listed(self, tie):
        """The ledger lacks the receipts nobody has booked yet, each is named."""
        listed = sum(entry["difference"] for entry in tie["entries"])
        self.assertAlmostEqual(tie["difference"], listed, 2)
        receipts = self.env["aftersales.collection"].browse(
            [entry["id"] for entry in tie["entries"]]
        )
        self.assertFalse(receipts.payment_id)

    def _check_line(self, line):
        order = line.sudo().order_id
        rest = line.invoiced - line.credited - line.paid - line.open
        self.assertTrue(line.currency_id.is_zero(rest), line.name)
        self.assertEqual(line.agreed, order.amount_customer)
        self.assertFalse(line.held, line.name)
        moves = order.invoice_ids.filtered(lambda move: move.state == "posted")
        if len(moves.aftersales_order_ids) == 1:
            bills = moves.filtered(lambda move: move.move_type == "out_invoice")
            self.assertAlmostEqual(
                line.invoiced, sum(bills.mapped("amount_total")), 2, line.name
            )

    def _check_payments(self):
        """No crash left a payment without receipt, or two for one."""
        collections = self.orders.collection_ids
        open_ones = collections.filtered(lambda c: not c.is_booked)
        self.assertEqual(set(open_ones.mapped("method")) - {"transfer"}, set())
        payments = self.env["account.payment"].search(
            [("journal_id", "=", self.onsite.id), ("state", "!=", "canceled")]
        )
        self.assertEqual(
            payments, collections.filtered(lambda c: c.method == "cash").payment_id
        )

    def _check_rank(self, lines):
        """What nobody has to look at leaves the list; everything else stays."""
        self.env["aftersales.order"]._settle_fees(10**6)
        left = lines.filtered(lambda line: line.state == "exception")
        waiting = self.orders.filtered(lambda order: order.fee_rank == 0)
        self.assertEqual(left.sudo().order_id, waiting)
