"""The tie-out of the deposits, broken on purpose: it names every difference (WA-22)."""

from odoo import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .test_deposit import DepositCommon


@tagged("post_install", "-at_install")
class TestDepositTieOut(DepositCommon):
    def _tie(self, day=False):
        self.env.flush_all()
        self.env.invalidate_all()
        ties = self.env["aftersales.deposit.tie_out"]
        return ties.get_tie_out(self.company.id, day)

    def _assert_right(self, day=False):
        ties = self._tie(day)
        for name, tie in ties.items():
            self.assertEqual((tie["difference"], tie["entries"]), (0.0, []), name)
        return ties

    def _assert_off(self, name, amount, *documents):
        tie = self._tie()[name]
        self.assertEqual(tie["difference"], amount, tie)
        self.assertEqual([row["name"] for row in tie["entries"]], list(documents))

    def _foreign(self, *rates):
        """An agreement in euro; one rate per day from 1 January on."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            [
                {"currency_id": euro.id, "name": f"2026-01-{day:02}", "rate": rate}
                for day, rate in enumerate(rates, start=1)
            ]
        )
        return self._create_deposit(
            self._create_supplier("Foreign"), currency_id=euro.id, required_amount=1000
        )

    def _post_by_hand(self, deposit, balance, **values):
        move = self.env["account.move"].create(
            {
                "journal_id": deposit.journal_id.id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": deposit.account_id.id,
                            "partner_id": deposit.partner_id.id,
                            "balance": -balance,
                            **values,
                        }
                    ),
                    Command.create(
                        {
                            "account_id": deposit.income_account_id.id,
                            "balance": balance,
                        }
                    ),
                ],
            }
        )
        move.action_post()
        return move

    def test_every_kind_of_entry_says_what_it_has_booked(self):
        """Deducted above the balance, given back in parts, paid, refunded, and then."""
        self._book("receipt", 1000, "2026-01-05")
        penalty = self._book("penalty", 300, "2026-01-06")
        sale = self._book("penalty", 113, "2026-01-07", treatment="service_sale")
        self._assert_right("2026-01-06")
        penalty.action_reverse("Appeal", 100)
        above = self._book("penalty", 900, "2026-01-08")
        self.assertGreater(above.receivable_amount, 0)
        self._assert_right()
        self._book("receipt", 500, "2026-01-09", settle_receivable=True)
        penalty.action_reverse("Appeal")
        sale.action_reverse("Not ours")
        above.action_reverse("Appeal", 50)
        self._book("refund", 20, "2026-01-10")
        ties = self._assert_right()
        self.assertEqual(ties["balance"]["by_hand"], [])
        self._assert_right("2026-01-08")

    def test_item_deleted(self):
        entry = self._book("receipt", 1000)
        self._assert_right()
        self.env.cr.execute(
            "DELETE FROM account_move_line WHERE move_id = %s AND account_id = %s",
            [entry.move_id.id, self.deposit.account_id.id],
        )
        self._assert_off("balance", -1000.0, entry.name)

    def test_item_changed(self):
        entry = self._book("receipt", 1000)
        self.env.cr.execute(
            "UPDATE account_move_line SET balance = balance - 9,"
            " amount_currency = amount_currency - 9, credit = credit + 9"
            " WHERE move_id = %s AND account_id = %s",
            [entry.move_id.id, self.deposit.account_id.id],
        )
        self._assert_off("balance", 9.0, entry.name)

    def test_row_changed(self):
        self._book("receipt", 100)
        entry = self._book("penalty", 130)
        self._assert_right()
        for column, side, off in (
            ("amount", "balance", 5.0),
            ("receivable_amount", "balance", -5.0),
            ("deposit_amount", "receivable", 5.0),
        ):
            with self.subTest(column=column):
                savepoint = self.cr.savepoint()
                self.env.cr.execute(
                    SQL(
                        "UPDATE aftersales_deposit_entry SET %(column)s = %(column)s"
                        " + 5 WHERE id = %(id)s",
                        column=SQL.identifier(column),
                        id=entry.id,
                    )
                )
                self._assert_off(side, off, entry.name)
                savepoint.close(rollback=True)

    def test_entry_taken_from_the_register(self):
        """Its items stay in the ledger, and no entry answers for them."""
        self._book("receipt", 100)
        entry = self._book("receipt", 40)
        self.env.cr.execute(
            "UPDATE aftersales_deposit_entry SET given_back = 40 WHERE id = %s",
            [entry.id],
        )
        self._assert_off("balance", 40.0, entry.name)

    def test_by_hand_without_supplier_and_with(self):
        self._book("receipt", 1000)
        hand = self._post_by_hand(self.deposit, 5.0)
        self.assertEqual(
            [row["move_id"] for row in self._assert_right()["balance"]["by_hand"]],
            hand.ids,
        )
        nobody = self._post_by_hand(self.deposit, 7.0, partner_id=False)
        self._assert_off("balance", 7.0, nobody.name)

    def test_another_currency_than_the_agreement(self):
        """700.00 of the company's money on the account of an agreement in euro."""
        deposit = self._foreign(0.5, 0.8)
        self._book("receipt", 1000, "2026-01-01", deposit=deposit)
        self._book("penalty", 1000, "2026-01-02", deposit=deposit)
        deposit.invalidate_recordset()
        self.assertEqual(deposit.balance, 0.0)
        tie = self._assert_right()["balance"]
        # 2 000.00 came, 1 250.00 went; what the rates have left is no deposit.
        self.assertEqual((tie["desk"], tie["ledger"], tie["exchange"]), (0, 750, 750))
        hand = self._post_by_hand(deposit, 700.0)
        tie = self._tie()["balance"]
        self.assertEqual((tie["ledger"], tie["exchange"]), (1450.0, 750.0))
        self._assert_off("balance", 700.0, hand.name)

    def test_foreign_deposit_is_worth_the_rate_of_the_day(self):
        deposit = self._foreign(0.5, 0.8)
        self._book("receipt", 1000, "2026-01-01", deposit=deposit)
        for day, desk in (("2026-01-01", 2000.0), ("2026-01-02", 1250.0)):
            tie = self._assert_right(day)["balance"]
            self.assertEqual((tie["desk"], tie["ledger"]), (desk, 2000.0))
            self.assertEqual(tie["exchange"], 2000.0 - desk)
        wizard = self.env["aftersales.deposit.tie_out.wizard"].create(
            {"day": "2026-01-02"}
        )
        self.assertEqual(wizard.balance_exchange, 750.0)
        self.assertEqual(wizard.balance_difference, 0.0)
