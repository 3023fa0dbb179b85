"""Chinese charts (docs/rules.md, Accounts): sub-accounts and every entry."""

from odoo.tests import tagged

from odoo.addons.aftersales_service.tests.common import AftersalesCommon

# Number of the parent account: (small enterprises, large enterprises)
NUMBERS = {
    "income": {"cn": "5301", "cn_large_bis": "6301"},
    "cost": {"cn": "5401", "cn_large_bis": "6401"},
    "revenue": {"cn": "5051", "cn_large_bis": "6051"},
    "loss": {"cn": "5711", "cn_large_bis": "6711"},
}


@tagged("post_install", "-at_install")
class TestDepositChina(AftersalesCommon):
    """Two companies of our own, each with a chart of the module l10n_cn."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.companies = {
            chart: cls._create_company(chart) for chart in ("cn", "cn_large_bis")
        }
        cls.supplier = cls.env["res.partner"].create(
            {"name": "杭州供应商", "is_company": True}
        )

    @classmethod
    def _create_company(cls, chart):
        company = cls.env["res.company"].create(
            {
                "name": f"中国公司 {chart}",
                "country_id": cls.env.ref("base.cn").id,
                "currency_id": cls.env.ref("base.CNY").id,
            }
        )
        charts = cls.env["account.chart.template"]
        charts._load(chart, company, install_demo=False)
        cls.env.user.company_ids += company
        return company

    def _env(self, chart):
        company = self.companies[chart]
        return self.env(
            context={**self.env.context, "allowed_company_ids": company.ids}
        ), company

    def _set_up(self, chart):
        env, company = self._env(chart)
        setup = env["aftersales.deposit.setup"].create({"company_id": company.id})
        setup.action_apply()
        return env, company, setup

    def test_the_charts_are_there(self):
        """Nothing here may be skipped in silence: setup/test installs l10n_cn."""
        for chart, company in self.companies.items():
            self.assertEqual(company.chart_template, chart)

    def test_sub_accounts_of_both_charts(self):
        for chart in self.companies:
            with self.subTest(chart):
                env, company, setup = self._set_up(chart)

                def code(account, company=company):
                    return account.with_company(company).code

                deposit = company.aftersales_deposit_account_id
                fund = company.aftersales_deposit_fund_account_id
                owed = company.aftersales_deposit_receivable_account_id
                for account, parent in (
                    (deposit, "2241"),
                    (fund, "2241"),
                    (owed, "1221"),
                ):
                    self.assertTrue(code(account).startswith(parent))
                    self.assertGreater(len(code(account)), 4, "a sub-account")
                    self.assertTrue(account.reconcile)
                self.assertEqual(len({deposit, fund, owed}), 3)
                for name in ("income", "loss"):
                    account = company[f"aftersales_deposit_{name}_account_id"]
                    number = NUMBERS[name][chart]
                    self.assertTrue(code(account).startswith(number), code(account))
                treatments = env["aftersales.deposit.treatment"].search(
                    [("company_id", "=", company.id)]
                )
                found = {row.kind: row for row in treatments}
                for kind, name, use in (
                    ("penalty", "income", False),
                    ("allowance", "cost", "purchase"),
                    ("service_sale", "revenue", "sale"),
                    ("cost_recharge", "cost", False),
                ):
                    row, number = found[kind], NUMBERS[name][chart]
                    self.assertTrue(code(row.account_id).startswith(number), kind)
                    self.assertEqual(row.tax_id.type_tax_use, use, kind)
                setup.action_apply()
                again = treatments.search_count([("company_id", "=", company.id)])
                self.assertEqual((len(treatments), again), (4, 4))
                self.assertEqual(company.aftersales_deposit_account_id, deposit)

    # -- docs/rules.md, Deposit entries (1 to 11) --------------------------------

    def _booked(self, move):
        """{first digits of the account: balance}"""
        booked = {}
        for line in move.line_ids:
            number = line.account_id.with_company(move.company_id).code[:4]
            booked[number] = round(booked.get(number, 0.0) + line.balance, 2)
        return {number: amount for number, amount in booked.items() if amount}

    def _book(self, deposit, kind, amount, **values):
        entry = self.env_cn["aftersales.deposit.entry"].create(
            {
                "deposit_id": deposit.id,
                "kind": kind,
                "amount": amount,
                "evidence": "照片",
                **values,
            }
        )
        if kind not in ("receipt", "top_up"):
            entry.action_approve()
        entry.action_post()
        return entry

    def test_every_entry_of_the_domain_in_both_charts(self):
        for chart in self.companies:
            with self.subTest(chart):
                self._check_entries(chart)

    def _check_entries(self, chart):
        self.env_cn, company, _setup = self._set_up(chart)
        number = {name: codes[chart] for name, codes in NUMBERS.items()}
        self._set_taxes(company)
        deposit = self.env_cn["aftersales.deposit"].create(
            {"partner_id": self.supplier.id, "required_amount": 50000.0}
        )
        deposit.action_start()
        book = self._book
        cases = [
            ("1 in", book(deposit, "receipt", 50000.0), {"1002": 5e4, "2241": -5e4}),
            (
                "2 hold back",
                book(deposit, "receipt", 1000.0, source="payable"),
                {"2202": 1000.0, "2241": -1000.0},
            ),
            (
                "3a penalty",
                book(deposit, "penalty", 3000.0),
                {"2241": 3000.0, number["income"]: -3000.0},
            ),
            (
                "3b allowance",
                book(deposit, "penalty", 1130.0, treatment="allowance"),
                {"2241": 1130.0, number["cost"]: -1000.0, "2221": -130.0},
            ),
            (
                "3c service sale",
                book(deposit, "penalty", 1130.0, treatment="service_sale"),
                {"2241": 1130.0, number["revenue"]: -1000.0, "2221": -130.0},
            ),
            (
                "3d cost recharge",
                book(deposit, "claim", 500.0),
                {"2241": 500.0, number["cost"]: -500.0},
            ),
        ]
        for name, entry, expected in cases:
            self.assertEqual(self._booked(entry.move_id), expected, name)
        self._check_advance(deposit, number)
        self._check_end(deposit, number)

    def _set_taxes(self, company):
        """13 %, whatever the chart's first tax is."""
        for treatment in self.env_cn["aftersales.deposit.treatment"].search(
            [("company_id", "=", company.id), ("tax_id", "!=", False)]
        ):
            use = treatment.tax_id.type_tax_use
            treatment.tax_id = self.env["account.tax"].search(
                [
                    ("company_id", "=", company.id),
                    ("type_tax_use", "=", use),
                    ("amount", "=", 13.0),
                    ("amount_type", "=", "percent"),
                ],
                limit=1,
            )
            self.assertTrue(treatment.tax_id, use)

    def _check_advance(self, deposit, number):
        """4 先行赔付, 5 offset, 11 loss."""
        row = self.env_cn["aftersales.compensation"].create(
            {
                "deposit_id": deposit.id,
                "customer_id": self.customer.id,
                "amount": 800.0,
                "reason": "供应商拒绝",
            }
        )
        row.action_approve()
        row.action_book()
        paid = row.advance_move_id | row.payment_id.move_id
        booked = {}
        for move in paid:
            for code, amount in self._booked(move).items():
                booked[code] = round(booked.get(code, 0.0) + amount, 2)
        booked = {code: amount for code, amount in booked.items() if amount}
        self.assertEqual(booked.pop("1221"), 800.0)
        self.assertEqual(list(booked.values()), [-800.0], "the bank, in one sum")
        row.action_offset()
        row.entry_ids.action_approve()
        row.entry_ids.action_post()
        expected = {"2241": 800.0, "1221": -800.0}
        self.assertEqual(self._booked(row.entry_ids.move_id), expected)
        lost = row.copy({"amount": 70.0, "reason": "破产"})
        lost.action_approve()
        lost.action_book()
        lost.action_give_up("破产")
        lost.action_book_loss()
        expected = {number["loss"]: 70.0, "1221": -70.0}
        self.assertEqual(self._booked(lost.loss_move_id), expected)

    def _check_end(self, deposit, number):
        """6 over the balance, 7 appeal, 8 forfeit, 9 refund."""
        book, balance = self._book, deposit.balance
        over = book(deposit, "penalty", balance + 400.0)
        expected = {"2241": balance, "1221": 400.0, number["income"]: -balance - 400.0}
        self.assertEqual(self._booked(over.move_id), expected)
        over.action_reverse("申诉成立", 1000.0)
        back = over.move_ids - over.move_id
        expected = {number["income"]: 1000.0, "1221": -400.0, "2241": -600.0}
        self.assertEqual(self._booked(back), expected)
        refund = book(deposit, "refund", 100.0)
        self.assertEqual(self._booked(refund.move_id), {"2241": 100.0, "1002": -100.0})
        forfeit = book(deposit, "forfeiture", 1.0)
        expected = {"2241": 500.0, number["income"]: -500.0}
        self.assertEqual(self._booked(forfeit.move_id), expected)
        tie = self.env_cn["aftersales.deposit.tie_out"].get_tie_out(
            deposit.company_id.id
        )
        self.assertEqual(tie["balance"]["difference"], 0.0)
