from datetime import date

from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.aftersales_service.tests.common import GROUP

from .test_penalty import MARCH, PenaltyCommon, at

D = date.fromisoformat


@tagged("post_install", "-at_install")
class TestPenaltyClock(PenaltyCommon):
    """The company in Shanghai decides which day it is, wherever the manager sits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users["far"] = new_test_user(
            cls.env,
            login="as_far_manager",
            groups=f"{GROUP}manager",
            tz="America/Los_Angeles",
            company_id=cls.company.id,
        )
        cls.users["supervisor"].tz = "America/Los_Angeles"

    def _demand_fund(self):
        rule = self.rules.search([("trigger", "=", "total")], limit=1)
        days = [f"2026-0{2 + n // 25}-{n % 25 + 1:02}" for n in range(60)]
        issues = [self._create_issue(f"Issue {n}") for n in range(rule.threshold + 1)]
        for issue, day in zip(issues, days, strict=False):
            self._complain(day, issue=issue)
        with freeze_time(at("2026-06-01 12:00")):
            self._run()
        return self._penalty("fund")

    def test_a_fund_is_due_on_the_day_of_the_company(self):
        fund = self._demand_fund()
        with freeze_time(at("2026-06-02 09:00")):
            self.as_user("far", fund).action_approve()
            entry = fund._get_fund_entry()
            self.assertEqual((entry.date, entry.due_on), (D("2026-06-02"),) * 2)
            self._run()
        self.assertFalse(self._penalties(action="end_contract"), "the same day")
        with freeze_time(at("2026-06-02 23:50")):
            self._run()
        self.assertFalse(self._penalties(action="end_contract"), "still its day")
        with freeze_time(at("2026-06-03 00:10")):
            self._run()
        self.assertTrue(self._penalties(action="end_contract"))

    def test_an_ultimatum_of_the_small_hours_is_late(self):
        self._complain(*MARCH)
        with freeze_time(at("2026-03-31 20:00")):
            self._run()
            self._penalty("warning").action_approve()
        ultimatum = self._penalty("ultimatum")
        with freeze_time(at("2026-04-01 02:00")):
            ultimatum.action_approve()
        with freeze_time(at("2026-04-28 20:00")):
            self._complain("2026-04-02", "2026-04-03", "2026-04-04", "2026-04-05")
            self._run()
        withdrawal = self._penalty("withdrawal")
        self.assertIn("approved late, on 04/01/2026", withdrawal.reason)

    def test_days_of_documents_are_the_companys(self):
        with freeze_time(at("2026-06-02 03:00")):
            far = self.as_user("far", self.env["aftersales.deposit"])
            deposit = far.create(
                {
                    "partner_id": self._create_supplier("Supplier B").id,
                    "required_amount": 100.0,
                }
            )
            self.assertEqual(deposit.date_start, D("2026-06-02"))
            entry = self._propose("penalty", 10.0, day="2026-06-02")
            far_entry = self.as_user("far", entry)
            far_entry.action_approve()
            letter = self.env["aftersales.letter"].search([("entry_id", "=", entry.id)])
            letter._issue("registered")
            self.assertEqual(letter.issued_on, D("2026-06-02"))

    def test_the_year_of_numbers_is_of_the_records_company(self):
        other = self.env["res.company"].create({"name": "Second house"})
        self.env["ir.sequence"].create(
            {
                "name": "Second agreements",
                "code": "aftersales.deposit",
                "prefix": "SECOND/",
                "company_id": other.id,
            }
        )
        deposit = self.env["aftersales.deposit"].create(
            {
                "partner_id": self._create_supplier("Supplier C").id,
                "required_amount": 100.0,
                "company_id": other.id,
                "currency_id": other.currency_id.id,
            }
        )
        self.assertEqual(deposit.name[:7], "SECOND/")


@tagged("post_install", "-at_install")
class TestPenaltyCorrected(PenaltyCommon):
    """What waits says what the complaints say now."""

    def test_the_day_of_the_third_complaint_is_corrected(self):
        first, second, third = self._complain("2026-03-03", "2026-03-10", "2026-03-12")
        self._run("2026-03-20")
        warning = self._penalty("warning")
        self.assertEqual(warning.reached_on, D("2026-03-12"))
        third.received_at = at("2026-03-15")
        self._run("2026-03-20")
        self.assertEqual(warning.reached_on, D("2026-03-15"))
        self.assertIn("03/15/2026", warning.reason)
        self.assertEqual(warning.complaint_ids, first | second | third)

    def test_the_issue_of_a_deduction_is_corrected(self):
        complaint = self._complain("2026-03-03", settled=False)
        self._run("2026-03-10")
        deduction = self._penalty("deduction")
        entry = deduction.entry_ids
        self.assertIn("Late repair", entry.evidence)
        complaint.category_id = self.rude
        self._run("2026-03-10")
        self.assertEqual(deduction.category_id, self.rude)
        self.assertIn("Rude", deduction.reason)
        self.assertIn("Rude", entry.evidence)
        self.assertNotIn("Late repair", entry.evidence)
        approval = self.env["aftersales.approval"].search(
            [("res_model", "=", deduction._name), ("res_id", "=", deduction.id)]
        )
        self.assertIn("Rude", approval.reason)

    def test_evidence_somebody_wrote_stays(self):
        complaint = self._complain("2026-03-03", settled=False)
        self._run("2026-03-10")
        entry = self._penalty("deduction").entry_ids
        entry.evidence = "Seen by our own engineer"
        complaint.category_id = self.rude
        self._run("2026-03-10")
        self.assertEqual(entry.evidence, "Seen by our own engineer")

    def test_a_letter_speaks_its_own_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env.ref("base.module_aftersales_warranty")._update_translations(["zh_CN"])
        self.supplier.lang = "zh_CN"
        self._complain("2026-05-08", settled=False)
        self._run("2026-05-20")
        deduction = self._penalty("deduction")
        deduction.action_approve()
        letter = self.env["aftersales.letter"].search(
            [("entry_id", "=", deduction.entry_ids.id)]
        )
        self.assertEqual(letter.lang, "zh_CN")
        self.assertNotIn("was not settled", letter.body)
        self.assertNotIn("05/10/2026", letter.body)
        self.assertIn("2026/05/10", letter.body)
        chinese = deduction.with_context(lang="zh_CN")
        self.assertEqual(
            chinese._format_period(D("2026-10-01")),
            "2026年10月",
        )

    def test_settled_with_the_customer_is_a_moment_of_its_own(self):
        """The supplier answers in time; our own paper is written later."""
        complaint = self._complain("2026-11-20 09:00", settled=False)
        with freeze_time(at("2026-11-20 15:00")):
            complaint._answer_by_supplier(
                self.supplier, "Replaced, the customer is content", settled=True
            )
        self.assertEqual(complaint.settled_at, at("2026-11-20 15:00"))
        self.assertFalse(complaint._get_supplier_values()["is_late"])
        self._run("2026-11-22")
        self._run("2026-11-25")
        self.assertFalse(self._penalties(action="deduction"))
        with freeze_time(at("2026-11-26 10:00")):
            self.as_user("supervisor", complaint).action_unsettle("He calls again")
            self._run()
        self.assertTrue(self._penalties(action="deduction"))

    def test_a_statement_names_rule_complaint_and_letter(self):
        self._book("receipt", 1000, "2026-01-20")
        complaint = self._complain("2026-03-03", settled=False)
        self._run("2026-03-10")
        deduction = self._penalty("deduction")
        self._post(deduction)
        letter = self.env["aftersales.letter"].search(
            [("entry_id", "=", deduction.entry_ids.id)]
        )
        letter._issue("registered")
        statement = self.deposit._get_statement(D("2026-01-01"), D("2026-12-31"))
        text = " ".join(row["text"] for row in statement["rows"])
        for part in (complaint.name, deduction.rule_id.name, letter.name):
            self.assertIn(part, text)
