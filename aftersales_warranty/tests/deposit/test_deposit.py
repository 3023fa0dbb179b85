import io
import zipfile

from lxml import etree

from odoo import Command, fields
from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged

from odoo.addons.aftersales_service.tests.common import GROUP, AftersalesCommon

ENTRY = "aftersales.deposit.entry"


class DepositCommon(AftersalesCommon):
    """A supplier with a running agreement over 50,000.00; accounts by the set-up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users["accountant"].group_ids += cls.env.ref(
            "account.group_account_invoice"
        )
        cls.users["manager2"] = new_test_user(
            cls.env, login="as_manager2", groups=f"{GROUP}manager"
        )
        cls.supplier = cls._create_supplier("Supplier A")
        cls.tax_out = cls._create_tax("sale")
        cls.tax_in = cls._create_tax("purchase")
        setup = cls.env["aftersales.deposit.setup"].create({})
        setup.write({"sale_tax_id": cls.tax_out.id, "purchase_tax_id": cls.tax_in.id})
        setup.action_apply()
        cls.deposit = cls._create_deposit(cls.supplier)

    @classmethod
    def _create_supplier(cls, name, **values):
        return cls.env["res.partner"].create(
            {"name": name, "is_company": True, **values}
        )

    @classmethod
    def _create_tax(cls, use):
        account = cls.env["account.account"].create(
            {
                "name": f"VAT {use}",
                "code": "2221X1" if use == "sale" else "2221X2",
                "account_type": "liability_current",
            }
        )
        lines = [
            Command.create({"repartition_type": "base"}),
            Command.create({"repartition_type": "tax", "account_id": account.id}),
        ]
        return cls.env["account.tax"].create(
            {
                "name": f"VAT 13 {use}",
                "amount": 13,
                "type_tax_use": use,
                "invoice_repartition_line_ids": lines,
                "refund_repartition_line_ids": lines,
            }
        )

    @classmethod
    def _create_deposit(cls, supplier, start=True, **values):
        deposit = cls.env["aftersales.deposit"].create(
            {"partner_id": supplier.id, "required_amount": 50000.0, **values}
        )
        if start:
            deposit.action_start()
        return deposit

    @classmethod
    def _propose(cls, kind, amount, day=None, deposit=None, **values):
        values.setdefault("evidence", "Photo and report")
        return cls.env[ENTRY].create(
            {
                "deposit_id": (deposit or cls.deposit).id,
                "kind": kind,
                "amount": amount,
                "date": day or fields.Date.today(),
                **values,
            }
        )

    @classmethod
    def _book(cls, kind, amount, day=None, **values):
        entry = cls._propose(kind, amount, day, **values)
        if kind not in ("receipt", "top_up"):
            entry.action_approve()
        entry.action_post()
        return entry

    def _sum(self, account):
        """Posted credit less debit of an account."""
        items = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        return -sum(items.mapped("balance"))

    def _assert_figures(self, **expected):
        self.deposit.invalidate_recordset()
        figures = {name: round(self.deposit[name], 2) for name in expected}
        self.assertEqual(figures, expected)

    def _rpc(self, role, method, ids, *args, model="aftersales.deposit", **kwargs):
        """What /web/dataset/call_kw runs."""
        records = self.env[model].with_user(self.users[role])
        return call_kw(records, method, [ids, *args], kwargs)


@tagged("post_install", "-at_install")
class TestDepositExamples(DepositCommon):
    """Examples 22, 23 and B.10, to the cent."""

    def test_the_ledger_of_a_spring(self):
        self._book("receipt", 50000, "2026-01-05")
        self._assert_figures(balance=50000.0, reserved=0.0, available=50000.0)
        self.assertEqual(self._sum(self.deposit.income_account_id), 0.0)
        penalty = self._propose("penalty", 3000, "2026-02-10")
        self._assert_figures(balance=50000.0, reserved=3000.0, available=47000.0)
        penalty.action_approve()
        self._assert_figures(balance=50000.0, available=47000.0)
        penalty.date = "2026-02-20"
        penalty.action_post()
        self._assert_figures(balance=47000.0, reserved=0.0, available=47000.0)
        row = self._create_compensation(8000, "2026-03-01")
        self._assert_figures(balance=47000.0, receivable=8000.0)
        row.action_offset()
        offset = row.entry_ids
        offset.write({"date": "2026-03-10"})
        offset.action_approve()
        moves = self.env["account.move"].search_count([])
        offset.action_post()
        self.assertEqual(
            self.env["account.move"].search_count([]), moves + 1, "a demand is no entry"
        )
        self._assert_figures(balance=39000.0, receivable=0.0, shortfall=11000.0)
        demand = self.deposit.demand_ids
        self.assertEqual(
            (demand.amount, str(demand.due_on), demand.state),
            (11000.0, "2026-03-20", "open"),
        )
        self._book("top_up", 11000, "2026-03-18")
        self._assert_figures(balance=50000.0, shortfall=0.0)
        self.assertEqual(demand.state, "met")
        self.assertEqual(self._sum(self.deposit.income_account_id), 3000.0)
        self.assertEqual(
            (row.advanced, row.recovered, row.lost, row.open_amount),
            (8000.0, 8000.0, 0.0, 0.0),
        )
        row.action_close()

    def _create_compensation(self, amount, day, **values):
        row = self.env["aftersales.compensation"].create(
            {
                "deposit_id": self.deposit.id,
                "customer_id": self.customer.id,
                "amount": amount,
                "date": day,
                "reason": "The supplier refuses",
                **values,
            }
        )
        row.action_approve()
        row.action_book()
        return row

    def test_23a_more_than_the_balance_becomes_a_receivable(self):
        self._book("receipt", 5000)
        entry = self._book("penalty", 8000)
        self._assert_figures(balance=0.0, receivable=3000.0, shortfall=50000.0)
        self.assertEqual(self._sum(self.deposit.income_account_id), 8000.0)
        self.assertEqual(self.deposit.demand_ids.amount, 50000.0)
        self.assertEqual((entry.deposit_amount, entry.receivable_amount), (5000, 3000))

    def test_23b_part_given_back_on_appeal(self):
        self._book("receipt", 50000)
        entry = self._book("penalty", 3000)
        entry.action_reverse("Appeal upheld in part", 1000)
        self._assert_figures(balance=48000.0)
        self.assertEqual(self._sum(self.deposit.income_account_id), 2000.0)
        self.assertEqual((entry.state, entry.given_back), ("posted", 1000.0))
        with self.assertRaisesRegex(UserError, "2,000"):
            entry.action_reverse("Too much", 2000.01)
        entry.action_reverse("The rest as well")
        self._assert_figures(balance=50000.0)
        self.assertEqual(self._sum(self.deposit.income_account_id), 0.0)
        self.assertEqual(entry.state, "reversed")

    def test_give_back_settles_the_receivable_first(self):
        self._book("receipt", 5000)
        entry = self._book("penalty", 8000)
        entry.action_reverse("Appeal", 3500)
        self._assert_figures(balance=500.0, receivable=0.0)
        account = self.deposit.receivable_account_id
        lines = entry.move_ids.line_ids.filtered(lambda ln: ln.account_id == account)
        self.assertEqual(len(lines), 2)
        self.assertTrue(all(lines.mapped("reconciled")))

    def test_23c_exit_keeps_what_is_disputed(self):
        self._book("receipt", 50000)
        disputed = self._propose("penalty", 6000)
        self.deposit.action_announce_exit("Contract ends")
        self.deposit.action_refund()
        refund = self.deposit.entry_ids.filtered(lambda e: e.kind == "refund")
        self.assertEqual(refund.amount, 44000.0)
        refund.action_approve()
        refund.action_post()
        self._assert_figures(balance=6000.0, available=0.0)
        with self.assertRaisesRegex(UserError, "Nothing can be refunded"):
            self.deposit.action_refund()
        disputed.amount = 4500
        disputed.action_approve()
        disputed.action_post()
        self._assert_figures(balance=1500.0)
        with self.assertRaisesRegex(UserError, "1,500"):
            self.deposit.action_end()
        self.deposit.action_refund()
        rest = self.deposit.entry_ids.filtered(lambda e: e.state == "proposed")
        self.assertEqual(rest.amount, 1500.0)
        rest.action_approve()
        rest.action_post()
        self._assert_figures(balance=0.0)
        self.assertFalse(self.deposit.demand_ids, "no demand at exit")
        self.deposit.action_end()
        self.assertEqual(self.deposit.state, "ended")

    def test_23d_the_three_tax_treatments_of_1130(self):
        self._book("receipt", 50000)
        treatments = self.env["aftersales.deposit.treatment"]
        for kind, net, tax_account, tax in (
            ("penalty", 1130.0, False, 0.0),
            ("allowance", 1000.0, self.tax_in, 130.0),
            ("service_sale", 1000.0, self.tax_out, 130.0),
        ):
            with self.subTest(kind):
                entry = self._book("penalty", 1130, treatment=kind)
                account = treatments._find(self.company, kind).account_id
                lines = entry.move_id.line_ids
                booked = lines.filtered(lambda ln, a=account: ln.account_id == a)
                self.assertEqual(-sum(booked.mapped("balance")), net)
                taxes = lines.filtered("tax_line_id")
                self.assertEqual(-sum(taxes.mapped("balance")), tax)
                self.assertEqual(taxes.tax_line_id.id, tax_account and tax_account.id)
                self.assertEqual(entry.deposit_amount, 1130.0)
        self._assert_figures(balance=50000.0 - 3 * 1130)

    def test_tax_parts_given_back_add_up_again(self):
        self._book("receipt", 50000)
        entry = self._book("penalty", 999.99, treatment="service_sale")
        entry.action_reverse("Part", 333.33)
        entry.action_reverse("Part", 333.33)
        entry.action_reverse("Rest")
        for account in entry.move_ids.line_ids.account_id - self.deposit.account_id:
            items = entry.move_ids.line_ids.filtered(
                lambda ln, a=account: ln.account_id == a
            )
            self.assertEqual(round(sum(items.mapped("balance")), 2), 0.0)
        self._assert_figures(balance=50000.0)

    def test_23e_confirmed_twice_is_one_entry(self):
        self._book("receipt", 50000)
        entry = self._book("penalty", 3000)
        with self.assertRaisesRegex(UserError, "already posted by"):
            entry.action_post()
        self.assertEqual(len(entry.move_ids), 1)

    def test_b10_deduction_over_the_balance(self):
        self._book("receipt", 600)
        entry = self._book("penalty", 1000)
        self.assertEqual((entry.deposit_amount, entry.receivable_amount), (600, 400))
        self._assert_figures(balance=0.0, receivable=400.0)
        self.assertEqual(self.deposit.demand_ids.amount, 50000.0)

    def test_forfeiture_takes_the_balance_of_the_day(self):
        self._book("receipt", 38000)
        entry = self._propose("forfeiture", 100)
        entry.action_approve()
        self._book("penalty", 1000)
        self.assertEqual(self.deposit.demand_ids.state, "open")
        entry.action_post()
        self.assertEqual(entry.amount, 37000.0)
        self._assert_figures(balance=0.0)
        self.assertEqual(self.deposit.demand_ids.state, "cancelled")
        self._book("penalty", 500)
        self.assertEqual(len(self.deposit.demand_ids), 1, "none after forfeiture")

    def test_complaint_fund_is_apart_from_the_deposit(self):
        self._book("receipt", 50000)
        fund = self._propose("fund", 1000)
        self.assertEqual(fund.due_on, fund.date)
        fund.action_approve()
        self._assert_figures(balance=50000.0, reserved=0.0, fund_balance=0.0)
        fund.action_post()
        self._assert_figures(balance=50000.0, fund_balance=1000.0)

    def test_one_demand_raised_to_the_shortfall_first_due_date(self):
        self._book("receipt", 50000, "2026-01-05")
        self._book("penalty", 10000, "2026-01-06")
        self.assertFalse(self.deposit.demand_ids, "40,000 is not below 80 %")
        self._book("penalty", 1000, "2026-01-07")
        self._book("penalty", 2000, "2026-02-07")
        demand = self.deposit.demand_ids
        self.assertEqual((demand.amount, str(demand.due_on)), (13000.0, "2026-01-17"))
        self._book("top_up", 12999.99, "2026-02-08")
        self.assertEqual(demand.state, "open")
        self._book("top_up", 0.01, "2026-02-08")
        self.assertEqual(demand.state, "met")

    def test_a_top_up_pays_what_is_owed_only_when_accounting_says_so(self):
        self._book("receipt", 600)
        self._book("penalty", 1000)
        self._book("top_up", 300)
        self._assert_figures(balance=300.0, receivable=400.0)
        paid = self._book("top_up", 500, settle_receivable=True)
        self._assert_figures(balance=400.0, receivable=0.0)
        paid.action_reverse("Cheque bounced")
        self._assert_figures(balance=300.0, receivable=400.0)


@tagged("post_install", "-at_install")
class TestDeposit(DepositCommon):
    def test_roles_of_an_entry(self):
        entry = (
            self.env[ENTRY]
            .with_user(self.users["supervisor"])
            .create({"deposit_id": self.deposit.id, "kind": "penalty", "amount": 100})
        )
        for role, method in (
            ("supervisor", "action_approve"),
            ("accountant", "action_approve"),
            ("supervisor", "action_post"),
            ("manager", "action_post"),
        ):
            with self.subTest(role=role, method=method), self.assertRaises(AccessError):
                self._rpc(role, method, entry.ids, model=ENTRY)
        with self.assertRaisesRegex(UserError, "evidence"):
            self._rpc("manager", "action_approve", entry.ids, model=ENTRY)
        self.as_user("supervisor", entry).evidence = "Photo"
        with self.assertRaises(UserError):
            self._rpc("accountant", "action_post", entry.ids, model=ENTRY)
        self._rpc("manager", "action_approve", entry.ids, model=ENTRY)
        with self.assertRaises(UserError):
            self.as_user("supervisor", entry).amount = 1
        self._rpc("accountant", "action_post", entry.ids, model=ENTRY)
        self.assertEqual(entry.state, "posted")
        self.assertEqual(entry.posted_by_id, self.users["accountant"])

    def test_a_manager_never_approves_the_own_proposal(self):
        entry = (
            self.env[ENTRY]
            .with_user(self.users["manager"])
            .create(
                {
                    "deposit_id": self.deposit.id,
                    "kind": "penalty",
                    "amount": 100,
                    "evidence": "x",
                }
            )
        )
        with self.assertRaisesRegex(AccessError, "another manager"):
            entry.action_approve()
        self.as_user("manager2", entry).action_approve()
        self.assertEqual(entry.state, "approved")

    def test_accountant_without_accounting_rights_books_nothing(self):
        plain = new_test_user(self.env, login="plain", groups=f"{GROUP}accountant")
        entry = self._propose("receipt", 100)
        with self.assertRaisesRegex(AccessError, "accounting"):
            entry.with_user(plain).action_post()

    def test_technician_and_operator_see_nothing(self):
        for role in ("technician", "operator", "parts"):
            for model in (
                "aftersales.deposit",
                ENTRY,
                "aftersales.deposit.desk",
                "aftersales.compensation",
                "aftersales.deposit.demand",
                "aftersales.deposit.treatment",
            ):
                records = self.env[model].with_user(self.users[role])
                for method in ("search_read", "search_count"):
                    with (
                        self.subTest(role, model=model),
                        self.assertRaises(AccessError),
                    ):
                        call_kw(records, method, [[]], {})

    def test_every_role_opens_every_form(self):
        """No AccessError from a field the view shows (Reliability 9)."""
        entry = self._book("receipt", 10)
        entry.write({"complaint_ids": False})
        row = self.env["aftersales.compensation"].create(
            {
                "deposit_id": self.deposit.id,
                "customer_id": self.customer.id,
                "amount": 5,
                "reason": "x",
            }
        )
        row.action_approve()
        row.action_book()
        general = new_test_user(
            self.env,
            login="general",
            groups="aftersales_warranty.aftersales_warranty_group_general_manager",
        )
        users = [self.users[r] for r in ("supervisor", "manager", "accountant")]
        desk = self.env["aftersales.deposit.desk"].browse(self.deposit.id)
        for user in (*users, general):
            for record in (self.deposit, entry, row, desk):
                with self.subTest(user.login, model=record._name):
                    record = record.with_user(user)
                    kind = "list" if record._name.endswith("desk") else "form"
                    view = record.get_view(view_type=kind)
                    arch = etree.fromstring(view["arch"])
                    names = arch.xpath("//field[not(ancestor::field)]/@name")
                    self.env.invalidate_all()
                    record.web_read({name: {} for name in names})

    def test_supervisor_changes_nothing_of_the_booking_once_approved(self):
        entry = self._propose("refund", 10)
        self._book("receipt", 100)
        entry.action_approve()
        with self.assertRaises(AccessError):
            self.as_user("supervisor", entry).source = "other"
        with self.assertRaises(UserError):
            self.as_user("manager", entry).evidence = "Another story"
        self.as_user("accountant", entry).source = "payable"

    def test_guarded_fields_over_rpc(self):
        entry = self._propose("penalty", 100)
        cases = [
            (self.deposit, name, value)
            for name, value in (
                ("state", "ended"),
                ("balance", 99),
                ("reserved", 99),
                ("available", 9),
                ("shortfall", 9),
                ("fund_balance", 9),
                ("receivable", 9),
                ("version", 5),
                ("forfeited_on", "2026-01-01"),
                ("exit_on", "2026-01-01"),
            )
        ] + [
            (entry, name, value)
            for name, value in (
                ("state", "posted"),
                ("origin", "x"),
                ("move_id", False),
                ("approved_by_id", 2),
                ("given_back", 5),
                ("deposit_amount", 5),
                ("proposed_by_id", 2),
            )
        ]
        contexts = ({}, {"aftersales_pass": True}, {"aftersales_change": True})
        for record, name, value in cases:
            for role in ("supervisor", "manager", "accountant"):
                for context in contexts:
                    with (
                        self.subTest(name, role=role),
                        self.assertRaises(AccessError),
                    ):
                        self._rpc(
                            role,
                            "write",
                            record.ids,
                            {name: value},
                            model=record._name,
                            context=context,
                        )

    def test_another_company_sees_nothing(self):
        company = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups=f"{GROUP}manager,{GROUP}accountant",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self._book("receipt", 100)
        for model in (
            "aftersales.deposit",
            ENTRY,
            "aftersales.deposit.desk",
            "aftersales.deposit.treatment",
        ):
            found = self.env[model].with_user(stranger).search_count([])
            self.assertEqual(found, 0, model)
        tie = self.env["aftersales.deposit.tie_out"].with_user(stranger)
        with self.assertRaises(AccessError):
            tie.get_tie_out(self.company.id)

    def test_entry_of_the_deposit_cannot_be_touched_by_hand(self):
        entry = self._book("receipt", 100)
        move = entry.move_id.with_user(self.users["accountant"])
        line = move.line_ids[0]
        for action in (
            move.button_draft,
            move._reverse_moves,
            move.button_cancel,
            move.unlink,
            move.with_context(force_delete=True).unlink,
            lambda: move.write({"state": "draft"}),
            lambda: line.write({"partner_id": self.customer.id}),
            lambda: line.write({"account_id": self.deposit.fund_account_id.id}),
            lambda: move.sudo(False).write({"aftersales_deposit_entry_id": False}),
        ):
            with self.assertRaises(UserError):
                action()
        self.assertEqual((move.state, entry.state), ("posted", "posted"))

    def test_entries_and_used_agreements_are_not_deleted(self):
        entry = self._propose("penalty", 10)
        with self.assertRaises(UserError):
            entry.unlink()
        with self.assertRaises(UserError):
            self.deposit.unlink()
        with self.assertRaises(UserError):
            self.as_user("accountant", self.deposit).partner_id = self.customer
            self._book("receipt", 10)
            self.as_user("accountant", self.deposit).partner_id = self.supplier

    def test_a_cancelled_origin_can_be_proposed_again(self):
        values = {
            "deposit_id": self.deposit.id,
            "kind": "penalty",
            "amount": 10,
            "origin": "penalty:1",
        }
        [first] = self.env[ENTRY]._propose([values])
        self.assertEqual(self.env[ENTRY]._propose([values]), first)
        with self.assertRaisesRegex(UserError, "Give a reason"):
            first.action_cancel(" ")
        first.action_cancel("Withdrawn")
        [second] = self.env[ENTRY]._propose([values])
        self.assertNotEqual(first, second)

    def test_approval_can_be_withdrawn_to_correct_the_amount(self):
        entry = self._propose("penalty", 10)
        entry.action_approve()
        entry.action_withdraw("Wrong amount")
        entry.amount = 12
        self.assertEqual((entry.state, entry.approved_by_id.id), ("proposed", False))

    # -- by hand in the ledger ---------------------------------------------------

    def _post_by_hand(self, amount, partner=None, account=None):
        other = self.deposit.income_account_id
        account = account or self.deposit.account_id
        partner = self.supplier if partner is None else partner
        move = self.env["account.move"].create(
            {
                "journal_id": self.deposit.journal_id.id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": account.id,
                            "partner_id": partner.id,
                            "balance": -amount,
                        }
                    ),
                    Command.create({"account_id": other.id, "balance": amount}),
                ],
            }
        )
        move.action_post()
        return move

    def test_the_ledger_is_the_only_truth(self):
        contact = self.env["res.partner"].create(
            {"name": "Her office", "parent_id": self.supplier.id}
        )
        self._post_by_hand(700)
        self._post_by_hand(50, contact)
        self._assert_figures(balance=750.0)
        with self.assertRaisesRegex(UserError, "below zero"):
            self._post_by_hand(-750.01)

    def test_tie_out_names_what_differs(self):
        self._book("receipt", 1000)
        ties = self.env["aftersales.deposit.tie_out"]
        tie = ties.get_tie_out(self.company.id)["balance"]
        self.assertEqual((tie["desk"], tie["ledger"]), (1000.0, 1000.0))
        self.assertEqual((tie["difference"], tie["entries"]), (0.0, []))
        hand = self._post_by_hand(5)
        nobody = self._post_by_hand(7, self.env["res.partner"])
        tie = ties.get_tie_out(self.company.id)["balance"]
        self.assertEqual(tie["difference"], 7.0)
        self.assertEqual([row["move_id"] for row in tie["entries"]], nobody.ids)
        self.assertEqual([row["move_id"] for row in tie["by_hand"]], hand.ids)
        before = ties.get_tie_out(self.company.id, "2020-01-01")["balance"]
        self.assertEqual(before["ledger"], 0.0)
        wizard = self.env["aftersales.deposit.tie_out.wizard"].create({})
        self.assertEqual(wizard.balance_difference, 7.0)
        self.assertIn(nobody.name, wizard.entries)

    # -- settings, locks ---------------------------------------------------------

    def test_missing_settings_name_company_and_way(self):
        entry = self._propose("penalty", 10)
        entry.action_approve()
        moves = self.env["account.move"].search_count([])
        for record, field in (
            (self.deposit, "account_id"),
            (self.deposit, "journal_id"),
            (self.deposit, "receivable_account_id"),
        ):
            value = record[field]
            record.sudo()[field] = False
            with (
                self.subTest(field),
                self.assertRaises(RedirectWarning) as warned,
            ):
                entry.action_post()
            self.assertIn(self.company.name, warned.exception.args[0])
            record.sudo()[field] = value
        self.deposit.journal_id.active = False
        with self.assertRaises(RedirectWarning):
            entry.action_post()
        self.deposit.journal_id.active = True
        self.deposit.income_account_id.active = False
        with self.assertRaises(RedirectWarning):
            entry.action_post()
        self.assertEqual(self.env["account.move"].search_count([]), moves)
        self.assertEqual(entry.state, "approved")

    def test_lock_date_refuses_or_takes_the_next_open_day(self):
        self.company.fiscalyear_lock_date = "2026-01-31"
        entry = self._propose("receipt", 10, "2026-01-15")
        with self.assertRaisesRegex(UserError, "locked period"):
            entry.action_post()
        self.assertFalse(entry.move_id)
        self.company.aftersales_deposit_lock_policy = "next"
        entry.action_post()
        self.assertEqual(str(entry.move_id.date), "2026-02-01")
        self.assertEqual(str(entry.date), "2026-02-01")

    def test_three_accounts_must_differ(self):
        with self.assertRaises(ValidationError):
            self._create_deposit(
                self._create_supplier("B"),
                start=False,
                fund_account_id=self.deposit.account_id.id,
            )

    def test_a_contact_stands_for_its_company_and_one_agreement_each(self):
        contact = self.env["res.partner"].create(
            {"name": "Ms Wu", "parent_id": self._create_supplier("C").id}
        )
        deposit = self._create_deposit(contact)
        self.assertEqual(deposit.partner_id.name, "C")

    def test_merging_suppliers_keeps_both_agreements(self):
        other = self._create_supplier("Supplier B")
        self._create_deposit(other)
        merge = self.env["base.partner.merge.automatic.wizard"].create({})
        with self.assertRaisesRegex(UserError, "each have a deposit"):
            merge._merge([self.supplier.id, other.id], self.supplier)
        self._book("receipt", 100)
        twin = self._create_supplier("Supplier A again")
        merge._merge([self.supplier.id, twin.id], twin)
        self.deposit.invalidate_recordset()
        self.assertEqual(self.deposit.partner_id, twin)
        self._assert_figures(balance=100.0)
        with self.assertRaises(Exception):  # noqa: B017, PT011 - foreign key or UserError
            twin.unlink()

    def test_foreign_deposit_counts_in_its_own_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "name": "2026-01-01", "rate": 0.5}
        )
        deposit = self._create_deposit(
            self._create_supplier("Foreign"), currency_id=euro.id, required_amount=1000
        )
        self._book("receipt", 1000, "2026-01-05", deposit=deposit)
        entry = self._book("penalty", 333.33, "2026-01-06", deposit=deposit)
        self.assertEqual(deposit.balance, 666.67)
        self.assertEqual(sum(entry.move_id.line_ids.mapped("balance")), 0.0)
        line = entry.move_id.line_ids.filtered(
            lambda ln: ln.account_id == deposit.account_id
        )
        self.assertEqual((line.amount_currency, line.balance), (333.33, 666.66))

    def test_rates_change_and_the_foreign_deposit_ends_at_zero_in_both(self):
        """Every entry has the rate of its day; the end books what they leave (38)."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        days = [f"2026-01-0{number}" for number in range(5, 10)]
        self.env["res.currency.rate"].create(
            [
                {"currency_id": euro.id, "name": day, "rate": rate}
                for day, rate in zip(
                    ["2026-01-01", *days], (0.9, 0.5, 0.8, 0.8, 0.3, 0.7), strict=True
                )
            ]
        )
        deposit = self._create_deposit(
            self._create_supplier("Foreign"), currency_id=euro.id, required_amount=1000
        )
        self._book("receipt", 1000, days[0], deposit=deposit)
        entry = self._book("penalty", 100.01, days[1], deposit=deposit)
        entry.action_reverse("Part", 33.33)
        deposit.invalidate_recordset()
        self.assertEqual((deposit.balance, deposit.receivable), (933.32, 0.0))
        self._book("penalty", 1000.00, days[3], deposit=deposit)
        deposit.invalidate_recordset()
        self.assertEqual((deposit.balance, deposit.receivable), (0.0, 66.68))
        paid = self._book(
            "receipt", 66.68, days[4], deposit=deposit, settle_receivable=True
        )
        self.assertEqual((paid.deposit_amount, paid.receivable_amount), (0.0, -66.68))
        for move in deposit.entry_ids.move_ids:
            self.assertEqual(round(sum(move.line_ids.mapped("balance")), 2), 0.0)
        self.assertTrue(self._sum_of(deposit, "account_id"), "rates have changed")
        deposit.action_end()
        self.assertEqual(self._sum_of(deposit, "account_id"), 0.0)
        self.assertEqual(self._sum_of(deposit, "receivable_account_id"), 0.0)
        tie = self.env["aftersales.deposit.tie_out"].get_tie_out(self.company.id)
        self.assertEqual(tie["balance"]["difference"], 0.0)

    def _sum_of(self, deposit, name):
        """Balance of an account of the agreement in the currency of the company."""
        items = self.env["account.move.line"].search(
            [
                ("account_id", "=", deposit[name].id),
                ("partner_id", "=", deposit.partner_id.id),
                ("parent_state", "=", "posted"),
            ]
        )
        return round(sum(items.mapped("balance")), 2)

    def test_opening_balance_by_import(self):
        other = self.env["account.account"].create(
            {"name": "Old", "code": "2241OLD", "account_type": "liability_current"}
        )
        result = self.env[ENTRY].load(
            [
                "deposit_id",
                "kind",
                "opening",
                "amount",
                "date",
                "source",
                "counterpart_account_id",
            ],
            [
                [
                    self.deposit.name,
                    "receipt",
                    "True",
                    "1234.50",
                    "2026-01-01",
                    "other",
                    "2241OLD",
                ]
            ],
        )
        self.assertFalse(result["messages"])
        entry = self.env[ENTRY].browse(result["ids"])
        self.assertEqual(entry.state, "proposed")
        entry.action_post()
        self._assert_figures(balance=1234.5)
        self.assertEqual(self._sum(other), -1234.5)

    def test_searching_figures(self):
        self._book("receipt", 100)
        deposits = self.env["aftersales.deposit"]
        self.assertIn(self.deposit, deposits.search([("balance", ">", 99)]))
        self.assertNotIn(self.deposit, deposits.search([("balance", ">", 100)]))
        self.assertIn(self.deposit, deposits.search([("shortfall", "=", 49900)]))
        self.assertNotIn(self.deposit, deposits.search([("balance", "!=", 100)]))

    # -- desk, papers ------------------------------------------------------------

    def test_desk_shows_the_ledger_and_sorts(self):
        other = self._create_deposit(self._create_supplier("B"), required_amount=100)
        self._book("receipt", 300)
        self._book("receipt", 90, deposit=other)
        desk = self.env["aftersales.deposit.desk"].with_user(self.users["accountant"])
        rows = desk.search([("id", "in", (self.deposit | other).ids)], order="balance")
        self.assertEqual(rows.mapped("balance"), [90.0, 300.0])
        self.assertEqual(rows.mapped("is_below_alarm"), [False, True])
        [(total,)] = desk._read_group(
            [("id", "in", rows.ids)], aggregates=["balance:sum"]
        )
        self.assertEqual(total, 390.0)
        self.assertEqual(rows[1].action_open()["res_id"], self.deposit.id)

    def test_workbook_holds_text_never_formulas(self):

        self.supplier.name = '=HYPERLINK("http://x")'
        names = ["+1", "-1", "@x", "\tx", "\rx"]
        for name in names:
            self._create_deposit(self._create_supplier(name))
        rows = self.env["aftersales.deposit.desk"].search([])
        book = zipfile.ZipFile(io.BytesIO(rows._make_workbook()))
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        self.assertNotIn("<f>", sheet)
        texts = book.read("xl/sharedStrings.xml").decode()
        self.assertIn("=HYPERLINK", texts)
        action = rows.with_user(self.users["accountant"]).action_xlsx()
        self.assertIn("/web/content/", action["url"])

    def test_statement_adds_up(self):
        self._book("receipt", 1000, "2026-01-05")
        self._book("penalty", 300, "2026-02-05")
        self._book("penalty", 100, "2026-03-05")
        day = fields.Date.to_date
        statement = self.deposit._get_statement(day("2026-02-01"), day("2026-02-28"))
        self.assertEqual((statement["opening"], statement["closing"]), (1000.0, 700.0))
        [row] = statement["rows"]
        self.assertEqual((row["outgoing"], row["balance"]), (300.0, 700.0))
        html = self.env["ir.actions.report"]._render_qweb_html(
            "aftersales_warranty.report_deposit_statement",
            self.deposit.ids,
            {"date_from": "2026-02-01", "date_to": "2026-02-28"},
        )[0]
        self.assertIn(b"700.00", html)
        wizard = self.env["aftersales.deposit.statement"]
        action = wizard.create({"deposit_id": self.deposit.id}).action_print()
        self.assertEqual(action["type"], "ir.actions.report")
        self.assertTrue(
            self.deposit._make_statement(day("2026-01-01"), day("2026-12-31"))
        )

    def test_reading_100_suppliers_costs_what_10_cost(self):
        deposits = self.env["aftersales.deposit"].create(
            [
                {"partner_id": self._create_supplier(f"S{n}").id, "required_amount": 5}
                for n in range(100)
            ]
        )
        counts = []
        for batch in (deposits[:10], deposits):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            batch.mapped("balance")
            batch.mapped("next_step")
            counts.append(self.env.cr.sql_log_count - start)
        self.assertLessEqual(counts[1], counts[0] + 2)

    def test_next_step_tells_what_to_do(self):
        self.assertFalse(self.deposit.next_step)
        entry = self._propose("penalty", 100)
        self.assertIn("Decide", self.deposit.next_step)
        entry.action_approve()
        self.assertIn("Post", self.deposit.next_step)
        entry.action_post()
        self.assertIn("Top-up", self.deposit.next_step)


@tagged("post_install", "-at_install")
class TestCompensation(DepositCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._book("receipt", 5000)
        cls.row = cls._create_row()

    @classmethod
    def _create_row(cls, **values):
        return cls.env["aftersales.compensation"].create(
            {
                "deposit_id": cls.deposit.id,
                "customer_id": cls.customer.id,
                "amount": 8000,
                "reason": "The supplier refuses",
                **values,
            }
        )

    def _look(self):
        self.row.invalidate_recordset()
        return (
            self.row.advanced,
            self.row.recovered,
            self.row.lost,
            self.row.open_amount,
        )

    def test_chain_on_one_page(self):
        self.row.action_approve()
        self.assertEqual(self.row.payment_id.state, "draft")
        self.as_user("accountant", self.row).action_book()
        self.assertEqual(self._look(), (8000.0, 0.0, 0.0, 8000.0))
        with self.assertRaisesRegex(UserError, "still owes"):
            self.row.action_close()
        self.row.action_offset()
        self.row.action_offset()
        self.assertEqual(len(self.row.entry_ids), 1, "a second click finds the first")
        entry = self.row.entry_ids
        entry.action_approve()
        entry.action_post()
        self.assertEqual(entry.deposit_amount, 5000.0)
        self._assert_figures(balance=0.0, receivable=3000.0)
        self.assertEqual(self._look(), (8000.0, 5000.0, 0.0, 3000.0))
        with self.assertRaisesRegex(UserError, "give up"):
            self.row.action_book_loss()
        self.as_user("manager", self.row).action_give_up("Insolvent")
        self.as_user("accountant", self.row).action_book_loss()
        self.assertEqual(self._look(), (8000.0, 5000.0, 3000.0, 0.0))
        chain = self.as_user("supervisor", self.row).chain
        for word in ("Customer paid", "Taken from the deposit", "Insolvent", "loss"):
            self.assertIn(word, chain)
        self.assertIn("5,000.00", chain)
        self.assertIn("3,000.00", chain)
        self.assertIn("Close", self.row.next_step)
        self._assert_figures(receivable=0.0)
        self.as_user("supervisor", self.row).action_close()
        self.assertEqual(self.row.state, "closed")

    def test_from_the_complaint_and_back(self):
        complaint = self.env["aftersales.complaint"].create(
            {
                "partner_id": self.customer.id,
                "description": "Does not answer",
                "supplier_id": self._create_supplier("Without agreement").id,
            }
        )
        with self.assertRaisesRegex(UserError, "running deposit agreement"):
            self.as_user("supervisor", complaint).action_compensate()
        complaint.supplier_id = self.supplier
        action = self.as_user("supervisor", complaint).action_compensate()
        row = (
            self.env["aftersales.compensation"]
            .with_context(**action["context"])
            .create({"amount": 10.0, "reason": "x"})
        )
        self.assertEqual(
            (row.deposit_id, row.customer_id), (self.deposit, self.customer)
        )
        self.assertEqual(complaint.compensation_count, 1)
        self.assertIn(complaint.name, row.chain)
        row.action_approve()
        row.action_book()
        self.deposit.action_announce_exit("Leaves")
        with self.assertRaisesRegex(UserError, row.name):
            self.deposit.action_end()

    def test_supplier_pays_and_the_chain_closes(self):
        self.row.action_approve()
        self.row.action_book()
        self._book("receipt", 8000, settle_receivable=True)
        self.assertEqual(self._look(), (8000.0, 8000.0, 0.0, 0.0))
        self.row.action_close()

    def test_offset_given_back_is_owed_again(self):
        self.row.action_approve()
        self.row.action_book()
        self.row.action_offset()
        entry = self.row.entry_ids
        entry.action_approve()
        entry.action_post()
        entry.action_reverse("Wrong supplier")
        self._assert_figures(balance=5000.0, receivable=8000.0)

    def test_credit_note_instead_of_a_payment(self):
        self.company.aftersales_compensation_product_id = self.labour
        row = self._create_row(method="credit_note", amount=100)
        row.action_approve()
        self.assertEqual(
            (row.credit_note_id.state, row.credit_note_id.amount_total),
            ("draft", 100.0),
        )
        row.action_book()
        self.assertEqual(row.credit_note_id.state, "posted")
        self.assertEqual(row.open_amount, 100.0)

    def test_who_may_do_what(self):
        row = self.as_user("supervisor", self._create_row())
        for role, method in (
            ("supervisor", "action_approve"),
            ("accountant", "action_approve"),
            ("manager", "action_book"),
            ("supervisor", "action_give_up"),
            ("supervisor", "action_cancel"),
        ):
            with self.subTest(role=role, method=method), self.assertRaises(AccessError):
                args = ["why"] if method in ("action_give_up", "action_cancel") else []
                self._rpc(role, method, row.ids, *args, model="aftersales.compensation")
        for role in ("supervisor", "manager", "accountant"):
            for name in ("state", "advance_move_id", "open_amount", "given_up_by_id"):
                with self.assertRaises(AccessError):
                    self._rpc(
                        role,
                        "write",
                        row.ids,
                        {name: False},
                        model="aftersales.compensation",
                    )

    def test_cancelled_before_payment_leaves_no_draft(self):
        self.row.action_approve()
        self.row.action_cancel("Supplier pays himself")
        self.assertEqual(self.row.payment_id.state, "canceled")
        with self.assertRaises(UserError):
            self.row.action_book()

    def test_advance_entry_cannot_be_touched_by_hand(self):
        self.row.action_approve()
        self.row.action_book()
        with self.assertRaisesRegex(UserError, self.row.name):
            self.row.advance_move_id.button_draft()

    def test_booked_twice_is_one_entry(self):
        self.row.action_approve()
        self.row.action_book()
        with self.assertRaisesRegex(UserError, "already booked"):
            self.row.action_book()
