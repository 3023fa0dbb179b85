"""Every event of money on every state it can meet (docs/rules.md, Events of money).

``CELLS`` is the table. What the desk has to say is worked out by ``Money``, which is
written from the rule: it knows nothing of journal items or of the desk's query.
"""

from dataclasses import dataclass, field

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .test_fee_desk import FeeCommon

AGREED = 200.0

# State of the order's money: the events that lead to it.
STATES = {
    "to invoice": (),
    "draft": ("invoice",),
    "open": ("invoice", "post"),
    "partly paid": ("invoice", "post", "pay_part"),
    "paid": ("invoice", "post", "pay"),
    "paid with a loss": ("invoice", "post", "pay_less"),
    "credited in full": ("invoice", "post", "credit"),
    "paid and credited": ("invoice", "post", "pay", "credit"),
    "credited in part": ("invoice", "post", "credit_half"),
    "paid and credited in part": ("invoice", "post", "pay", "credit_half"),
    "being corrected": ("invoice", "post", "correct"),
    "corrected": ("invoice", "post", "correct", "post"),
    "invoiced again": ("invoice", "post", "credit", "again"),
}

# (event, state): None, or the sentence it is refused with.
CELLS = {
    ("nothing", "to invoice"): None,
    ("invoice", "to invoice"): None,
    ("invoice", "draft"): "already invoiced",
    ("invoice", "open"): "already invoiced",
    ("invoice", "paid"): "already invoiced",
    ("invoice", "credited in full"): "already invoiced",
    ("invoice", "being corrected"): "already invoiced",
    ("post", "draft"): None,
    ("post", "being corrected"): None,
    ("pay", "open"): None,
    ("pay", "partly paid"): None,
    ("pay", "credited in part"): None,
    ("pay", "corrected"): None,
    ("pay", "invoiced again"): None,
    ("pay_part", "open"): None,
    ("pay_part", "corrected"): None,
    ("pay_less", "open"): None,
    ("pay_less", "partly paid"): None,
    ("pay_less", "corrected"): None,
    ("undo", "partly paid"): None,
    ("undo", "paid"): None,
    ("undo", "paid with a loss"): None,
    ("credit", "open"): None,
    ("credit", "partly paid"): None,
    ("credit", "paid"): None,
    ("credit", "paid with a loss"): None,
    ("credit", "corrected"): None,
    ("credit", "invoiced again"): None,
    ("credit_half", "open"): None,
    ("credit_half", "paid"): None,
    ("credit_half", "corrected"): None,
    ("pay_back", "paid and credited in part"): None,
    ("correct", "open"): None,
    ("correct", "partly paid"): None,
    ("correct", "paid"): None,
    ("correct", "corrected"): None,
    ("again", "to invoice"): "no invoice that was credited",
    ("again", "open"): "no invoice that was credited",
    ("again", "credited in full"): None,
    ("again", "paid and credited"): None,
    ("again", "credited in part"): "no invoice that was credited",
    ("again", "being corrected"): "no invoice that was credited",
    ("reset", "open"): None,
    ("reset", "partly paid"): None,
    ("reset", "paid"): None,
    ("void", "partly paid"): None,
    ("void", "paid"): None,
    ("void", "paid with a loss"): None,
    ("drop", "draft"): None,
    ("drop", "being corrected"): None,
    ("take_back", "credited in full"): None,
    ("take_back", "credited in part"): None,
    ("take_back", "being corrected"): None,
    ("take_back", "corrected"): None,
    ("take_back", "invoiced again"): "was invoiced again",
}


@dataclass
class Money:
    """An order's money by the rule; amounts of the customer, taxes included."""

    agreed: float = AGREED
    draft: float = 0.0
    invoiced: float = 0.0
    credited: float = 0.0
    matched: float = 0.0
    written_off: float = 0.0
    loose: float = 0.0
    limit: float = 0.5
    last: list = field(default_factory=list)  # amounts of the posted credit notes

    def loosen(self):
        """A match is undone: the money lies there, what was given away is not."""
        self.loose += self.matched + self.written_off
        self.matched = self.written_off = 0.0

    @property
    def net(self):
        return self.invoiced - self.credited

    @property
    def open(self):
        return self.net - self.matched - self.written_off

    @property
    def codes(self):
        given = min(self.credited, max(self.agreed - self.net, 0.0))
        pending = min(self.draft, given)
        given -= pending
        holds = {
            "not_invoiced": not self.net or pending,
            "voucher": self.net and self.net + given + pending != self.agreed,
            "unmatched": self.loose,
            "credited": given,
            "less": self.written_off > self.limit,
        }
        return {code for code, value in holds.items() if value}

    # -- events -----------------------------------------------------------------

    def nothing(self):
        pass

    def invoice(self):
        self.draft = self.agreed

    def post(self):
        self.invoiced, self.draft = self.invoiced + self.draft, 0.0

    def pay(self):
        self.matched += self.open

    def pay_part(self):
        self.matched += 50.0

    def pay_less(self):
        rest = self.open
        self.matched += rest - 10.0
        self.written_off += 10.0

    def undo(self):
        self.loosen()

    def credit(self):
        self.loosen()
        self.last.append(self.agreed)
        self.credited += self.agreed

    def credit_half(self):
        self.last.append(self.agreed / 2)
        self.credited += self.agreed / 2

    def pay_back(self):
        self.matched -= self.last[-1]

    def correct(self):
        self.credit()
        self.draft = self.agreed

    def again(self):
        self.invoiced += self.agreed

    def reset(self):
        """The money stays matched with the draft and comes back with it."""
        self.matched = self.written_off = 0.0
        self.invoiced, self.draft = self.invoiced - self.agreed, self.agreed

    def void(self):
        """The payment is a draft: nothing was paid."""
        self.matched = self.written_off = 0.0

    def drop(self):
        self.draft = 0.0

    def take_back(self):
        self.credited -= self.last.pop()


class NetCommon(FeeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.aftersales_rounding_limit = 0.5
        cls.loss = cls.env["account.account"].create(
            {"name": "Bad debts", "code": "660299", "account_type": "expense"}
        )

    # -- the same events on the documents ---------------------------------------

    def _posted(self, order, kind="out_invoice"):
        moves = order.invoice_ids.filtered(
            lambda m: m.state == "posted" and m.move_type == kind
        )
        return moves.sorted("id")

    def _live(self, order):
        return self._posted(order).filtered(lambda m: m.payment_state != "reversed")[-1]

    def _do_nothing(self, order):
        pass

    def _do_invoice(self, order):
        self.as_user("accountant", order).action_invoice()

    def _do_post(self, order):
        order.invoice_ids.filtered(lambda m: m.state == "draft").action_post()

    def _do_pay(self, order):
        self._pay(self._live(order))

    def _do_pay_part(self, order):
        self._pay(self._live(order), 50.0)

    def _do_pay_less(self, order):
        invoice = self._live(order)
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({})
        )
        wizard.write(
            {
                "amount": invoice.amount_residual - 10.0,
                "payment_difference_handling": "reconcile",
                "writeoff_account_id": self.loss.id,
            }
        )
        wizard._create_payments()

    def _do_undo(self, order):
        payments = order.invoice_ids.matched_payment_ids
        payments.move_id.line_ids.remove_move_reconcile()

    def _do_credit(self, order):
        self._credit(self._live(order))

    def _do_credit_half(self, order):
        note = self._credit(self._live(order), cancel=False)
        note.invoice_line_ids.price_unit = AGREED / 2
        note.action_post()

    def _do_pay_back(self, order):
        note = self._posted(order, "out_refund")[-1]
        self._pay(note)

    def _do_correct(self, order):
        wizard = (
            self.as_user("accountant", self.env["account.move.reversal"])
            .with_context(active_model="account.move", active_ids=self._live(order).ids)
            .create({"journal_id": self._live(order).journal_id.id})
        )
        wizard.reverse_moves(is_modify=True)

    def _do_again(self, order):
        self.as_user("accountant", order).action_invoice_again("Wrong address")
        self._do_invoice(order)
        self._do_post(order)

    def _do_reset(self, order):
        self._live(order).button_draft()

    def _do_void(self, order):
        order.invoice_ids.matched_payment_ids.action_draft()

    def _do_drop(self, order):
        order.invoice_ids.filtered(lambda m: m.state == "draft").button_cancel()

    def _do_take_back(self, order):
        note = self._posted(order, "out_refund")[-1]
        note.button_draft()
        note.button_cancel()

    def _play(self, *events):
        order, money = self._create_done_order(), Money()
        for event in events:
            getattr(self, f"_do_{event}")(order)
            getattr(money, event)()
        return order, money

    def _assert_money(self, order, money):
        line = self._line(order)
        found = (line.invoiced, line.credited, line.written_off, line.paid, line.open)
        expected = (
            money.invoiced,
            money.credited,
            money.written_off,
            money.matched,
            money.open,
        )
        self.assertEqual(found, expected)
        self.assertEqual(set((line.codes or "").split(",")) - {""}, money.codes)


@tagged("post_install", "-at_install")
class TestEventsOfMoney(NetCommon):
    def test_every_cell(self):
        for (event, state), refused in CELLS.items():
            with self.subTest(event=event, state=state), self.cr.savepoint() as point:
                order, money = self._play(*STATES[state])
                self._assert_money(order, money)
                act = getattr(self, f"_do_{event}")
                if refused:
                    with (
                        self.assertRaisesRegex(UserError, refused),
                        self.cr.savepoint(),
                    ):
                        act(order)
                    self.env.invalidate_all()
                else:
                    act(order)
                    getattr(money, event)()
                self._assert_money(order, money)
                self._assert_ties("revenue", "receivable")
                point.rollback()
                self.env.invalidate_all()

    def test_state_of_the_order_follows_the_net(self):
        wanted = {
            "to invoice": "to_invoice",
            "draft": "invoiced",
            "open": "invoiced",
            "partly paid": "partial",
            "paid": "paid",
            "paid with a loss": "paid",
            "credited in full": "refunded",
            "credited in part": "invoiced",
            "being corrected": "invoiced",
            "corrected": "invoiced",
            "invoiced again": "invoiced",
        }
        for state, expected in wanted.items():
            with self.subTest(state=state):
                order, _money = self._play(*STATES[state])
                self.assertEqual(order.charge_state, expected)

    def test_credit_of_the_first_invoice_pays_the_second(self):
        """Paid, credited without cancelling the payment, and invoiced again."""
        order, _money = self._play("invoice", "post", "pay")
        first = order.invoice_ids
        note = self._credit(first, cancel=False)
        note.action_post()
        second = first.with_context(include_business_fields=True).copy()
        second.action_post()
        self._assert_codes(order)
        line = self._line(order)
        self.assertEqual((line.open, line.paid), (0.0, AGREED))
        self.assertEqual(order.charge_state, "paid")

    def test_part_that_stays_with_the_customer(self):
        location = self.env["stock.warehouse"].search([], limit=1).lot_stock_id
        self.team.location_id = location
        self.env["stock.quant"]._update_available_quantity(self.disk, location, 5)
        order = self._create_done_order(line_ids=[self._line_values("part", self.disk)])
        self._do_invoice(order)
        self._do_post(order)
        self._do_correct(order)
        self._assert_codes(order, "not_invoiced")
        self._do_post(order)
        self._assert_codes(order)
        self._do_credit(order)
        self._assert_codes(order, "not_invoiced", "refund")

    def test_money_for_a_corrected_invoice_lies_unmatched_until_it_is_matched(self):
        order, _money = self._play("invoice", "post", "pay", "correct", "post")
        self._assert_codes(order, "unmatched")
        action = self._line(order).action_mend("unmatched")
        payment = order.invoice_ids.matched_payment_ids
        self.assertEqual(action["res_id"], payment.id)
        entries = (payment.move_id + self._live(order)).line_ids.filtered(
            lambda e: e.account_type == "asset_receivable" and not e.reconciled
        )
        entries.reconcile()
        self._assert_codes(order)
        self.assertEqual(self._line(order).paid, AGREED)

    def test_money_with_the_technician_follows_the_corrected_invoice(self):
        order, _money = self._play("invoice", "post")
        self._collect(AGREED, "qr", order=order)
        self._line(order).action_book_money()
        self._assert_codes(order)
        self._do_correct(order)
        self._assert_codes(order, "not_invoiced", "unmatched")
        self._do_post(order)
        self._assert_codes(order)

    def test_cash_rounding_up_to_the_limit(self):
        accounts = self.env["account.account"]
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "0.50",
                "rounding": 0.5,
                "rounding_method": "DOWN",
                "strategy": "add_invoice_line",
                "profit_account_id": accounts.search(
                    [("account_type", "=", "income")], limit=1
                ).id,
                "loss_account_id": self.loss.id,
            }
        )
        odd = self._create_product("Odd labour", type="service", list_price=200.4)
        order = self._create_done_order(line_ids=[self._line_values("labour", odd)])
        self._do_invoice(order)
        order.invoice_ids.invoice_cash_rounding_id = rounding
        self._do_post(order)
        line = self._line(order)
        self.assertEqual((line.invoiced, line.paid, line.open), (200.4, 0.0, 200.0))
        self._assert_codes(order)
        self.company.aftersales_rounding_limit = 0.3
        self._assert_codes(order, "less")

    def test_write_off_in_an_entry_by_hand(self):
        order, _money = self._play("invoice", "post")
        receivable = self._live(order).line_ids.filtered(
            lambda e: e.account_type == "asset_receivable"
        )
        entry = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create(
                        {
                            "account_id": receivable.account_id.id,
                            "partner_id": self.customer.id,
                            "balance": -30.0,
                        }
                    ),
                    Command.create({"account_id": self.loss.id, "balance": 30.0}),
                ]
            }
        )
        entry.action_post()
        (receivable + entry.line_ids.filtered(lambda e: e.balance < 0)).reconcile()
        line = self._line(order)
        self.assertEqual((line.written_off, line.paid, line.open), (30.0, 0.0, 170.0))
        self._assert_codes(order, "less")
        self._assert_ties("receivable")


@tagged("post_install", "-at_install")
class TestGivenAway(NetCommon):
    """Nothing leaves without somebody's name."""

    def test_manager_approves_a_credit(self):
        order, _money = self._play("invoice", "post", "pay", "credit_half")
        self._assert_codes(order, "credited")
        self._line(order).action_mend("credited")
        approval = order.approval_ids
        self.assertEqual(
            (approval.kind, approval.amount, approval.state), ("credit", 100, "pending")
        )
        self._assert_codes(order, "credited")
        self.as_user("manager", approval).action_approve()
        self._assert_codes(order)
        self._do_credit_half(order)
        self._assert_codes(order, "not_invoiced", "credited")

    def test_full_credit_that_was_approved_settles_the_order(self):
        order, _money = self._play("invoice", "post", "credit")
        self._line(order).action_mend("credited")
        self.as_user("manager", order.approval_ids).action_approve()
        self._assert_codes(order)

    def test_loss_at_payment_within_the_own_limit(self):
        order, _money = self._play("invoice", "post", "pay_less")
        self._line(order).action_mend("less")
        self.assertEqual(order.approval_ids.state, "pending")
        self._assert_codes(order, "less")
        self.env["aftersales.discount.limit"].create(
            {
                "group_id": self.env.ref(
                    "aftersales_service.aftersales_service_group_accountant"
                ).id,
                "percent": 5.0,
            }
        )
        self._line(order).action_mend("less")
        granted = order.approval_ids.filtered(lambda a: a.state == "approved")
        self.assertTrue(granted.by_limit)
        self.assertEqual((granted.kind, granted.amount), ("write_off", 10.0))
        self._assert_codes(order)
        other, _money = self._play("invoice", "post", "credit_half")
        self._line(other).action_mend("credited")
        self.assertEqual(other.approval_ids.state, "pending", "50 % is above 5 %")


@tagged("post_install", "-at_install")
class TestPointsAddUp(NetCommon):
    """A collective invoice over two service points, on both sides of the tie-out."""

    def test_each_point_counts_its_own_lines(self):
        south = self.env["aftersales.team"].create(
            {"name": "South", "code": "S", "company_id": self.company.id}
        )
        orders = self._create_done_order(
            line_ids=[self._line_values("labour", self.labour, 1.0)]
        ) + self._create_done_order(
            line_ids=[self._line_values("labour", self.labour, 3.0)]
        )
        orders[1].team_id = south
        orders.action_invoice_collective()
        invoice = orders.invoice_ids
        self.assertEqual(len(invoice), 1)
        invoice.action_post()
        self._pay(invoice, 100.0)
        whole = self._tie()
        parts = [self._tie(team=team.id) for team in (self.team, south)]
        wanted = {"revenue": (200.0, 600.0), "receivable": (175.0, 525.0)}
        for name, amounts in wanted.items():
            for tie, amount in zip(parts, amounts, strict=True):
                self.assertEqual(
                    (tie[name]["desk"], tie[name]["ledger"]), (amount,) * 2
                )
                self.assertEqual(tie[name]["difference"], 0.0)
            for side in ("desk", "ledger"):
                total = sum(tie[name][side] for tie in parts)
                self.assertEqual(total, whole[name][side], (name, side))

    def test_covered_of_a_point(self):
        south = self.env["aftersales.team"].create(
            {"name": "South", "code": "S", "company_id": self.company.id}
        )
        self.labour.standard_price = 80.0
        self.company.aftersales_free_work_policy = "period"
        self.company.aftersales_free_work_journal_id = self.env[
            "account.journal"
        ].create({"name": "Free work", "code": "FRW", "type": "general"})
        self.env["aftersales.free.work.account"].create(
            {
                "payer": "contract",
                "account_id": self.loss.id,
                "counter_account_id": self.loss.copy({"code": "660298"}).id,
            }
        )
        for quantity, team in ((1.0, self.team), (2.0, south)):
            self._create_done_order(
                service_type="contract",
                line_ids=[self._line_values("labour", self.labour, quantity)],
            ).team_id = team
        self.env.flush_all()
        work = self.as_user("accountant", self.env["aftersales.free.work"]).create(
            {"date_from": self.today, "date_to": self.today}
        )
        work.action_post()
        for team, amount in ((self.team, 80.0), (south, 160.0), (False, 240.0)):
            tie = self._tie(team=team and team.id)["covered"]
            self.assertEqual((tie["desk"], tie["ledger"]), (amount, amount), team)
        self.env.cr.execute(
            "UPDATE aftersales_free_work_line SET cost = cost + 7 WHERE cost = 80"
        )
        self.assertEqual(self._tie()["covered"]["difference"], 7.0)
        self.assertEqual(self._tie()["covered"]["entries"][0]["id"], work.id)


@tagged("post_install", "-at_install")
class TestTieOutCanFail(NetCommon):
    """Broken on purpose, each names the difference and its document."""

    def _break(self, name, statement, amount):
        order, _money = self._play("invoice", "post")
        invoice = order.invoice_ids
        self._assert_ties(name)
        self.env.flush_all()
        self.env.cr.execute(statement, [invoice.id])
        self.env.invalidate_all()
        for team in (False, self.team.id):
            tie = self._tie(team=team)[name]
            self.assertEqual(tie["difference"], amount)
            self.assertEqual([e["id"] for e in tie["entries"]], invoice.ids)

    def test_income_item_changed(self):
        self._break(
            "revenue",
            "UPDATE account_move_line SET balance = balance - 5, credit = credit + 5"
            " WHERE move_id = %s AND display_type = 'product'",
            -5.0,
        )

    def test_income_item_deleted(self):
        self._break(
            "revenue",
            "DELETE FROM account_move_line"
            " WHERE move_id = %s AND display_type = 'product'",
            200.0,
        )

    def test_document_changed(self):
        self._break(
            "revenue",
            "UPDATE account_move SET amount_untaxed = amount_untaxed + 9 WHERE id = %s",
            9.0,
        )

    def test_receivable_item_deleted(self):
        self._break(
            "receivable",
            "DELETE FROM account_move_line"
            " WHERE move_id = %s AND display_type = 'payment_term'",
            200.0,
        )

    def test_receivable_item_changed(self):
        self._break(
            "receivable",
            "UPDATE account_move_line SET balance = balance + 5, debit = debit + 5"
            " WHERE move_id = %s AND display_type = 'payment_term'",
            -5.0,
        )

    def test_entry_by_hand_on_the_account_of_the_technicians(self):
        other = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create(
                        {"account_id": self.onsite_account.id, "balance": 40.0}
                    ),
                    Command.create({"account_id": self.loss.id, "balance": -40.0}),
                ]
            }
        )
        other.action_post()
        tie = self._tie()["technicians"]
        self.assertEqual(tie["difference"], -40.0)
        self.assertEqual([e["id"] for e in tie["entries"]], other.ids)

    def test_receipt_changed(self):
        collection = self._collect(200.0)
        self.as_user("accountant", collection).action_book()
        self._assert_ties("technicians")
        self.env.cr.execute(
            "DELETE FROM account_move_line WHERE move_id = %s AND account_id = %s",
            [collection.payment_id.move_id.id, self.onsite_account.id],
        )
        self.env.invalidate_all()
        tie = self._tie()["technicians"]
        self.assertEqual(tie["difference"], 200.0)
        self.assertEqual([e["id"] for e in tie["entries"]], collection.ids)


@tagged("post_install", "-at_install")
class TestClosedDay(NetCommon):
    """What settles an invoice keeps off closed days, whatever door it comes by."""

    def _register(self, invoice, day):
        wizard = (
            self.as_user("accountant", self.env["account.payment.register"])
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"payment_date": day})
        )
        return wizard._create_payments()

    def _assert_closed(self, action):
        with self.assertRaisesRegex(UserError, "closed up to"), self.cr.savepoint():
            action()
        self.env.invalidate_all()

    def test_no_payment_into_a_closed_day(self):
        order, _money = self._play("invoice", "post")
        invoice = order.invoice_ids
        receivable = invoice.line_ids.filtered(
            lambda e: e.account_type == "asset_receivable"
        )
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_id": self.customer.id,
                "amount": 80.0,
                "journal_id": self.box.id,
                "date": self.today,
            }
        )
        payment.outstanding_account_id = self.box_account
        payment.action_post()
        loose = payment.move_id.line_ids.filtered(
            lambda e: e.account_type == "asset_receivable"
        )
        journal = self.env["account.journal"].create(
            {"name": "Bank", "code": "BNT", "type": "bank"}
        )
        statement = self.env["account.bank.statement.line"].create(
            {"journal_id": journal.id, "date": self.today, "amount": 60.0}
        )
        statement.line_ids.filtered(
            lambda e: e.account_id == journal.suspense_account_id
        ).write(
            {"account_id": receivable.account_id.id, "partner_id": self.customer.id}
        )
        banked = statement.line_ids.filtered(
            lambda e: e.account_type == "asset_receivable"
        )
        self._close()
        accountant = self.as_user("accountant", invoice)
        for door in (
            lambda: self._register(invoice, self.today),
            lambda: (receivable + loose).reconcile(),
            lambda: accountant.js_assign_outstanding_line(loose.id),
            lambda: (receivable + banked).reconcile(),
            lambda: invoice.write(
                {"invoice_date": fields.Date.add(self.today, days=3)}
            ),
        ):
            self._assert_closed(door)
        self.assertEqual(invoice.amount_residual, 200.0)
        tomorrow = fields.Date.add(self.today, days=1)
        payment = self._register(invoice, tomorrow)
        self.assertEqual(invoice.amount_residual, 0.0)
        payment.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(invoice.amount_residual, 200.0)

    def test_nothing_undone_in_a_closed_day(self):
        order, _money = self._play("invoice", "post", "pay")
        invoice = order.invoice_ids
        payment = invoice.matched_payment_ids
        partial = payment.move_id.line_ids.matched_debit_ids
        self._close()
        for door in (
            payment.move_id.line_ids.remove_move_reconcile,
            partial.unlink,
            lambda: invoice.js_remove_outstanding_partial(partial.id),
            payment.action_draft,
            payment.move_id.button_draft,
            lambda: self._do_correct(order),
        ):
            with self.subTest(door=door):
                self._assert_closed(door)
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_one_count_for_desk_filter_and_close(self):
        late = self._create_done_order()
        self._line(late).action_accept("Monthly invoice")
        order, _money = self._play("invoice", "post")
        self._close()
        tomorrow = fields.Date.add(self.today, days=1)
        late.action_invoice()
        late.invoice_ids.invoice_date = tomorrow
        late.invoice_ids.action_post()
        self._assert_codes(late)
        self.assertEqual(self._line(late).state, "accepted", "the same fact")
        note = order.invoice_ids._reverse_moves(
            [{"invoice_date": tomorrow, "date": tomorrow}]
        )
        note.invoice_line_ids.price_unit = 50.0
        note.action_post()
        self._assert_codes(order, "credited")
        desk = ["|", ("close_id", "=", False), ("rank", "=", 0)]
        lines = self.lines.search(desk)
        left = lines.filtered(lambda line: line.state == "exception")
        self.assertEqual(left.order_id.ids, order.ids)
        self.assertEqual(self.lines.get_summary(desk)["exceptions"], 1)
        wizard = self.as_user("accountant", self.env["aftersales.fee.close.wizard"])
        wizard = wizard.new({"team_id": self.team.id, "day": tomorrow})
        self.assertEqual(wizard.exception_count, 1)
        closes = self.env["aftersales.fee.close"]
        with self.assertRaisesRegex(UserError, ": 1 exceptions"):
            closes._check_no_exceptions(self.team, tomorrow)
