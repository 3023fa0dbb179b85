from datetime import date, datetime, timedelta

import pytz
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..deposit.test_deposit import DepositCommon

SHANGHAI = pytz.timezone("Asia/Shanghai")
MARCH = ("2026-03-03", "2026-03-10", "2026-03-17", "2026-03-20", "2026-03-25")
APRIL = ("2026-04-02", "2026-04-20", "2026-04-28")


def at(text):
    """An instant in UTC from Shanghai's clock; ten o'clock without an hour."""
    text = text if " " in text else f"{text} 10:00"
    local = SHANGHAI.localize(datetime.fromisoformat(text))
    return local.astimezone(pytz.utc).replace(tzinfo=None)


class PenaltyCommon(DepositCommon):
    """A supplier of Shanghai's time with a deposit, issues, and complaints by day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.late = cls._create_issue("Late repair")
        cls.rude = cls._create_issue("Rude")
        cls.deposit.date_start = "2026-01-15"
        cls.rules = cls.env["aftersales.penalty.rule"]
        cls.general = new_test_user(
            cls.env,
            login="as_general",
            groups="aftersales_warranty.aftersales_warranty_group_general_manager",
        )
        cls.users["general"] = cls.general
        cls.users["purchasing"] = new_test_user(
            cls.env,
            login="as_purchasing",
            groups="aftersales_warranty.aftersales_warranty_group_purchasing",
        )

    @classmethod
    def _create_issue(cls, name):
        return cls.env["aftersales.complaint.category"].create({"name": name})

    @classmethod
    def _complain(cls, *days, issue=None, supplier=None, settled=True, **values):
        """Confirmed complaints received on these days, settled at once."""
        return cls.env["aftersales.complaint"].create(
            [
                {
                    "partner_id": cls.customer.id,
                    "category_id": (issue or cls.late).id,
                    "supplier_id": (supplier or cls.supplier).id,
                    "received_at": at(day),
                    "asset_id": cls.asset.id,
                    "description": "Too late again",
                    "finding": "Justified",
                    "state": "resolved" if settled else "confirmed",
                    "confirmed_at": at(day),
                    "resolve_at": at(day) if settled else False,
                    **values,
                }
                for day in days
            ]
        )

    def _run(self, day=None):
        self.env.flush_all()
        self.rules._run(day)
        self.env.invalidate_all()

    def _penalties(self, supplier=None, **values):
        domain = [("partner_id", "=", (supplier or self.supplier).id)]
        domain += [(name, "=", value) for name, value in values.items()]
        return self.env["aftersales.penalty"].search(domain, order="id")

    def _steps(self, live=True, supplier=None):
        """Action and month of the penalties in force, in the order they came."""
        return [
            (row.action, str(row.period_start)[:7])
            for row in self._penalties(supplier)
            if not live or row.is_live
        ]

    def _penalty(self, action, **values):
        found = self._penalties(action=action, **values)
        self.assertEqual(len(found), 1, found)
        return found

    def _post(self, penalty):
        """The manager has approved, the accountant posts."""
        penalty.action_approve()
        self.as_user("accountant", penalty.entry_ids).action_post()

    def _withdraw(self, complaint):
        complaint.action_withdraw("A mistake")
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestPenaltyExamples(PenaltyCommon):
    """Examples B.1 … B.10."""

    WARNING = ("warning", "2026-03")
    ULTIMATUM = ("ultimatum", "2026-03")

    def test_b1_warning_and_ultimatum(self):
        self._complain(*MARCH)
        for day, steps in (
            ("2026-03-10", []),
            ("2026-03-17", [self.WARNING]),
            ("2026-03-20", [self.WARNING, self.ULTIMATUM]),
            ("2026-03-25", [self.WARNING, self.ULTIMATUM]),
            ("2026-03-31", [self.WARNING, self.ULTIMATUM]),
        ):
            self._run(day)
            self.assertEqual(self._steps(), steps, day)
        warning = self._penalty("warning")
        self.assertEqual(str(warning.reached_on), "2026-03-17")
        self.assertEqual(len(warning.complaint_ids), 5, "all of the month")
        self.assertIn("Late repair", warning.reason)
        self.assertIn("7979Q7C-01", warning.evidence)
        self.assertIn("03/17/2026 10:00", warning.evidence)

    def test_b2_withdrawal_and_forfeiture(self):
        self._book("receipt", 38000, "2026-02-01")
        self._complain(*MARCH, *APRIL[:2])
        self._run("2026-04-30")
        self.assertEqual(self._steps(), [self.WARNING, self.ULTIMATUM])
        self._complain(*APRIL, issue=self.rude)
        self._run("2026-04-30")
        self.assertEqual(self._steps()[2:], [("warning", "2026-04")])
        self.assertEqual(self._penalties()[-1].category_id, self.rude)
        self._complain(APRIL[2])
        self._run("2026-04-30")
        withdrawal = self._penalty("withdrawal")
        self.assertEqual(str(withdrawal.reached_on), "2026-04-28")
        self.assertEqual(withdrawal.built_on_id, self._penalty("ultimatum"))
        entry = withdrawal.entry_ids
        self.assertEqual((entry.kind, entry.amount), ("forfeiture", 38000.0))
        self._post(withdrawal)
        self._assert_figures(balance=0.0, receivable=0.0)
        self.assertEqual(entry.amount, 38000.0)
        self.assertTrue(self.deposit.forfeited_on)

    def test_b3_months_are_those_of_the_company(self):
        self._complain("2026-03-30", "2026-03-31", "2026-04-01 00:30")
        self._run("2026-04-30")
        self.assertEqual(self._steps(), [])
        self._complain("2026-03-31 23:30")
        self._run("2026-04-30")
        self.assertEqual(self._steps(), [self.WARNING])

    def test_b4_withdrawn_before_and_after_the_letter(self):
        fourth = self._complain(*MARCH[:4])[3]
        self._run("2026-03-31")
        ultimatum = self._penalty("ultimatum")
        ultimatum.action_approve()
        letter = ultimatum.letter_ids
        self.assertEqual((letter.kind, letter.state), ("ultimatum", "draft"))
        self._withdraw(fourth)
        self.assertEqual(ultimatum.state, "revoked")
        self.assertEqual(letter.state, "cancelled")
        self.assertEqual(self._steps(), [self.WARNING])
        fourth.action_reopen("It was none")
        self.env.invalidate_all()
        self.assertEqual((ultimatum.state, ultimatum.cycle), ("proposed", 2))
        ultimatum.action_approve()
        second = ultimatum.letter_ids - letter
        self._issue(second)
        self._withdraw(fourth)
        self.assertEqual(second.state, "sent", "stays in the history")
        revocation = ultimatum.letter_ids - letter - second
        self.assertEqual(revocation.kind, "revocation")
        self.assertEqual(revocation.supersedes_id, second)

    def _issue(self, letter):
        letter.write({"state": "sent", "issued_on": "2026-04-01", "name": "L/1"})

    def test_b4_posted_money_comes_back_by_a_reversing_entry(self):
        self._book("receipt", 50000, "2026-02-01")
        complaint = self._complain("2026-03-02", settled=False)
        self._run("2026-03-31")
        deduction = self._penalty("deduction")
        self._post(deduction)
        self._assert_figures(balance=49800.0)
        entry = deduction.entry_ids
        self._withdraw(complaint)
        self.assertEqual(deduction.state, "revoked")
        self.assertEqual(deduction.give_back_amount, 200.0)
        self.assertIn("Give back", self.deposit.next_step)
        with self.assertRaises(AccessError):
            self.as_user("manager", entry).action_give_back()
        self.as_user("accountant", entry).action_give_back()
        self.assertEqual(entry.state, "reversed")
        self.assertEqual(len(entry.move_ids), 2, "nothing is deleted")
        self._assert_figures(balance=50000.0)
        with self.assertRaises(UserError):
            self.as_user("accountant", entry).action_give_back()

    def test_the_company_may_let_the_reversal_be_booked_at_once(self):
        self.company.aftersales_penalty_reversal = "post"
        self._book("receipt", 50000, "2026-02-01")
        complaint = self._complain("2026-03-02", settled=False)
        self._run("2026-03-31")
        self._post(self._penalty("deduction"))
        self._withdraw(complaint)
        self._assert_figures(balance=50000.0)

    def _many(self, count, first=0, **values):
        """Complaints of different issues, so that only their number counts."""
        issues = self._issues = getattr(self, "_issues", None) or [
            self._create_issue(f"Issue {n}") for n in range(20)
        ]
        for number in range(first, first + count):
            day = date(2026, 2, 1) + timedelta(days=number * 2)
            self._complain(str(day), issue=issues[number % 20], **values)

    def test_b5_complaint_fund_once(self):
        self._many(25)
        self._run("2026-05-31")
        self.assertEqual(self._penalties(), self._penalties(action="x"))
        self._many(1, 25)
        self._run("2026-05-31")
        fund = self._penalty("fund")
        self.assertEqual(str(fund.reached_on), "2026-03-23")
        self.assertEqual(len(fund.complaint_ids), 26)
        self.assertEqual(fund.entry_ids.amount, 1000.0)
        self._many(30, 26)
        self._run("2026-05-31")
        self.assertEqual(self._penalties(action="fund"), fund, "not again at 51")
        with freeze_time("2026-06-01 02:00:00"):
            fund.action_approve()
            self.assertEqual(str(fund.entry_ids.due_on), "2026-06-01")
            self.assertEqual(fund.letter_ids.kind, "fund")
            self._run("2026-06-01")
            self.assertFalse(self._penalties(action="end_contract"))
        self._run("2026-06-02")
        end = self._penalty("end_contract")
        self.assertEqual((end.state, end.built_on_id), ("proposed", fund))
        end.action_approve()
        self.assertTrue(self.deposit.exit_on, "nothing is demanded any more")

    def test_b5_a_fund_that_is_paid_ends_nothing(self):
        self._many(26)
        self._run("2026-05-31")
        fund = self._penalty("fund")
        with freeze_time("2026-06-01 02:00:00"):
            fund.action_approve()
        self._run("2026-06-03")
        self.as_user("accountant", fund.entry_ids).action_post()
        self._run("2026-06-04")
        self.assertEqual(self._penalty("end_contract").state, "revoked")
        self._assert_figures(fund_balance=1000.0, balance=0.0)

    def test_the_fund_is_never_given_back_by_itself(self):
        self._many(26)
        self._run("2026-05-31")
        fund = self._penalty("fund")
        self._post(fund)
        self._withdraw(fund.complaint_ids[:1])
        self.assertEqual(fund.state, "revoked")
        self.assertEqual(fund.give_back_amount, 0.0)
        self._assert_figures(fund_balance=1000.0)
        self._many(1, 26)
        self._run("2026-05-31")
        self.assertEqual((fund.state, fund.cycle), ("proposed", 2))
        self.assertEqual(len(fund.entry_ids), 1, "it was paid already")

    def test_complaints_before_the_agreement_count_for_the_month_only(self):
        self.deposit.date_start = "2026-03-01"
        self._complain("2026-02-25", "2026-02-26", "2026-02-27")
        self._many(25, 15)
        self._run("2026-06-30")
        self.assertEqual(self._steps(), [("warning", "2026-02")])

    def test_b6_award_for_a_whole_year(self):
        self.deposit.date_start = "2025-01-01"
        young = self._create_deposit(
            self._create_supplier("Young"), date_start="2025-02-01"
        )
        self._run("2025-12-31")
        self.assertFalse(self._penalties())
        self._run("2026-01-01")
        award = self._penalty("award")
        self.assertEqual(str(award.period_start), "2025-01-01")
        self.assertFalse(self._penalties(young.partner_id))
        award.action_approve()
        self._issue(award.letter_ids)
        self._complain("2025-06-01")
        self._run("2026-01-10")
        self.assertEqual(award.state, "revoked", "confirmed late")
        self.assertIn("revocation", award.letter_ids.mapped("kind"))

    def test_b7_run_twice_is_once(self):
        self._complain(*MARCH, *APRIL)
        self._complain("2026-03-02", settled=False, issue=self.rude)
        self._book("receipt", 1000, "2026-02-01")
        for _round in range(3):
            self._run("2026-04-30")
            self.env["aftersales.complaint"].search([])._touch_ladder()
        penalties = self._penalties()
        self.assertEqual(
            penalties.mapped("action"),
            ["deduction", "warning", "ultimatum", "warning", "withdrawal"],
        )
        self.assertEqual(len(penalties.entry_ids), 2)
        self.assertEqual(set(penalties.mapped("cycle")), {1})

    def test_b8_moved_to_another_supplier(self):
        other = self._create_supplier("Supplier B")
        self._create_deposit(other, date_start="2026-01-01")
        self._complain(*MARCH[:3], supplier=other)
        fourth = self._complain(*MARCH[:4])[3]
        self._run("2026-03-31")
        self.assertEqual(self._steps(), [self.WARNING, self.ULTIMATUM])
        fourth.action_change_supplier(other.id, "Their part")
        self.env.invalidate_all()
        self.assertEqual(self._steps(), [self.WARNING])
        self.assertEqual(self._steps(supplier=other), [self.WARNING, self.ULTIMATUM])
        ultimatum = self._penalties(other, action="ultimatum")
        self.assertEqual(str(ultimatum.reached_on), "2026-03-20", "day of receipt")

    def test_moved_late_is_due_for_the_new_supplier_at_once(self):
        other = self._create_supplier("Supplier B")
        self._create_deposit(other, date_start="2026-01-01")
        complaint = self._complain("2026-03-02", settled=False)
        self._run("2026-03-31")
        first = self._penalty("deduction")
        complaint.action_change_supplier(other.id, "Their part")
        self.env.invalidate_all()
        self.assertEqual(first.state, "revoked")
        self.assertEqual(first.entry_ids.state, "cancelled")
        second = self._penalties(other)
        self.assertEqual((second.action, second.state), ("deduction", "proposed"))

    def test_b9_deduction_and_fines_once(self):
        contact = self.env["res.partner"].create(
            {"name": "Mr Bad", "parent_id": self.supplier.id}
        )
        stranger = self._create_supplier("Somebody else")
        complaint = self._complain(
            "2026-03-02 10:00",
            settled=False,
            concerned_partner_ids=[(6, 0, (contact | stranger).ids)],
            concerned_technician_ids=[(6, 0, self.technician.ids)],
        )
        in_time = self._complain("2026-03-02 10:00", settled=False)
        in_time.resolve_at = at("2026-03-04 10:00")
        early = self._complain("2026-03-02 10:00", settled=False, issue=self.rude)
        early.resolve_at = at("2026-03-04 09:59")
        with freeze_time(at("2026-03-04 09:59")):
            self._run()
            self.assertFalse(self._penalties())
        with freeze_time(at("2026-03-04 10:00")):
            self._run()
            self._run()
        deduction = self._penalty("deduction")
        self.assertEqual(deduction.complaint_id, complaint)
        self.assertEqual(sorted(deduction.entry_ids.mapped("amount")), [20.0, 200.0])
        people = self.env["aftersales.penalty.person"].search([])
        self.assertEqual(
            sorted((p.side, p.name, p.amount) for p in people),
            [("ours", "Li Qiang", 20.0), ("supplier", "Mr Bad", 20.0)],
        )
        self._run("2026-03-31")
        self.assertEqual(len(deduction.entry_ids), 2)

    def test_b10_more_than_the_balance(self):
        self._book("receipt", 600, "2026-02-01")
        self.env.ref(
            "aftersales_warranty.aftersales_penalty_rule_deduction"
        ).amount = 1000
        self._complain("2026-03-02", settled=False)
        self._run("2026-03-31")
        self._assert_figures(balance=600.0, reserved=1000.0, available=-400.0)
        deduction = self._penalty("deduction")
        self._post(deduction)
        self._assert_figures(balance=0.0, receivable=400.0, shortfall=50000.0)
        entry = deduction.entry_ids
        self.assertEqual((entry.deposit_amount, entry.receivable_amount), (600, 400))
        self.assertEqual(self.deposit.demand_ids.amount, 50000.0)


@tagged("post_install", "-at_install")
class TestPenaltyLife(PenaltyCommon):
    """Who decides, what follows what, and what comes after."""

    def _march_and_april(self):
        complaints = self._complain(*MARCH[:4], *APRIL)
        self._run("2026-04-30")
        return complaints

    def test_a_revoked_step_takes_those_built_on_it_back(self):
        complaints = self._march_and_april()
        self.assertIn(("withdrawal", "2026-04"), self._steps())
        self._withdraw(complaints[3])
        self.assertEqual(
            self._steps(), [("warning", "2026-03"), ("warning", "2026-04")]
        )
        self.assertEqual(self._penalty("withdrawal").state, "revoked")

    def test_nothing_comes_after_the_withdrawal(self):
        complaints = self._march_and_april()
        self._complain(*[f"2026-05-0{day}" for day in range(1, 8)])
        self._run("2026-05-31")
        self.assertFalse([row for row in self._steps() if row[1] == "2026-05"])
        self._withdraw(complaints[3])
        self.assertEqual(
            [row for row in self._steps() if row[1] == "2026-05"],
            [("warning", "2026-05"), ("ultimatum", "2026-05")],
            "without the withdrawal they count",
        )

    def test_an_exempted_supplier_is_let_off_what_follows(self):
        self._march_and_april()
        ultimatum = self._penalty("ultimatum")
        with self.assertRaisesRegex(UserError, "Give a reason"):
            ultimatum.action_exempt(" ")
        self.as_user("manager", ultimatum).action_exempt("New plant manager there")
        self.env.invalidate_all()
        self.assertEqual(ultimatum.state, "exempted")
        self.assertEqual(self._penalty("withdrawal").state, "revoked")
        self._run("2026-05-31")
        self.assertEqual(ultimatum.state, "exempted")
        self.as_user("manager", ultimatum).action_propose_again("It was not new")
        self.env.invalidate_all()
        self.assertEqual(ultimatum.state, "proposed")
        self.assertEqual(self._penalty("withdrawal").state, "proposed")

    def test_late_confirmation_reaches_back(self):
        self._complain(*MARCH[:3], *APRIL)
        self._run("2026-04-30")
        self.assertEqual(
            self._steps(), [("warning", "2026-03"), ("warning", "2026-04")]
        )
        late = self.env["aftersales.complaint"].create(
            {
                "partner_id": self.customer.id,
                "category_id": self.late.id,
                "supplier_id": self.supplier.id,
                "received_at": at("2026-03-28"),
                "finding": "Justified",
            }
        )
        self.as_user("supervisor", late).action_confirm()
        self.env.invalidate_all()
        self.assertEqual(self._penalty("ultimatum").built_ids.action, "withdrawal")
        self.assertIn("not been approved", self._penalty("withdrawal").reason)

    def test_confirming_is_enough_no_job_needed(self):
        complaints = self.env["aftersales.complaint"].create(
            [
                {
                    "partner_id": self.customer.id,
                    "category_id": self.late.id,
                    "supplier_id": self.supplier.id,
                    "finding": "Justified",
                }
            ]
            * 4
        )
        own = self.as_user("supervisor", complaints)
        for complaint in own[:3]:
            complaint.action_confirm()
        self.assertEqual([step for step, _month in self._steps()], ["warning"])
        own[3].action_confirm()
        self.assertEqual(
            [step for step, _month in self._steps()], ["warning", "ultimatum"]
        )
        own[3].action_reject("Not justified after all")
        self.assertEqual([step for step, _month in self._steps()], ["warning"])

    def test_the_rule_says_who_approves(self):
        self._march_and_april()
        for action, allowed, refused in (
            ("warning", "supervisor", "accountant"),
            ("ultimatum", "manager", "supervisor"),
            ("withdrawal", "general", "manager"),
        ):
            penalty = self._penalties(action=action)[:1]
            with self.assertRaises(AccessError):
                self.as_user(refused, penalty).action_approve()
            self.assertFalse(self.as_user(refused, penalty).can_decide)
            self.assertTrue(self.as_user(allowed, penalty).can_decide)
            self.as_user(allowed, penalty).action_approve()
            self.assertEqual(penalty.state, "approved")
            self.assertEqual(penalty.decided_by_id, self.users[allowed])
            with self.assertRaises(UserError):
                self.as_user(allowed, penalty).action_approve()

    def test_the_queue_of_approvals_decides_as_well(self):
        self._march_and_april()
        queue = self.env["aftersales.approval"].search([("kind", "=", "penalty")])
        self.assertEqual(len(queue), 4)
        self.assertEqual(set(queue.mapped("state")), {"pending"})
        rows = {self.env[r.res_model].browse(r.res_id).action: r for r in queue}
        with self.assertRaises(AccessError):
            self.as_user("manager", rows["withdrawal"]).action_approve()
        self.as_user("manager", rows["ultimatum"]).action_approve()
        self.assertEqual(self._penalty("ultimatum").state, "approved")
        self.as_user("general", rows["withdrawal"]).action_reject("Last chance")
        withdrawal = self._penalty("withdrawal")
        self.assertEqual(withdrawal.state, "exempted")
        self.assertEqual(withdrawal.decision_note, "Last chance")

    def test_entries_follow_their_penalty(self):
        self._book("receipt", 1000, "2026-02-01")
        self._complain("2026-03-02", settled=False)
        self._run("2026-03-31")
        deduction = self._penalty("deduction")
        entry = deduction.entry_ids
        with self.assertRaisesRegex(UserError, "Exempt"):
            self.as_user("manager", entry).action_cancel("No")
        self.as_user("manager", entry).action_approve()
        self.assertEqual((deduction.state, entry.state), ("approved", "approved"))
        self.assertEqual(entry.approved_by_id, self.users["manager"])
        self.as_user("manager", deduction).action_exempt("Goodwill")
        self.assertEqual(entry.state, "cancelled")

    def test_due_again_before_it_was_given_back_keeps_the_money(self):
        self._book("receipt", 1000, "2026-02-01")
        complaint = self._complain("2026-03-02", settled=False)
        self._run("2026-03-31")
        deduction = self._penalty("deduction")
        self._post(deduction)
        self._withdraw(complaint)
        self.assertTrue(deduction.entry_ids.give_back_reason)
        complaint.action_reopen("Still")
        self.env.invalidate_all()
        self.assertEqual(deduction.cycle, 2)
        self.assertFalse(deduction.entry_ids.give_back_reason)
        self.assertEqual(len(deduction.entry_ids), 1)

    def test_due_again_after_it_was_given_back_is_a_new_entry(self):
        self._book("receipt", 1000, "2026-02-01")
        complaint = self._complain("2026-03-02", settled=False)
        self._run("2026-03-31")
        deduction = self._penalty("deduction")
        self._post(deduction)
        self._withdraw(complaint)
        self.as_user("accountant", deduction.entry_ids).action_give_back()
        complaint.action_reopen("Still")
        self.env.invalidate_all()
        self.assertEqual(deduction.entry_ids.mapped("state"), ["proposed", "reversed"])
        self._post_rest(deduction)
        self._assert_figures(balance=800.0)

    def _post_rest(self, penalty):
        penalty.action_approve()
        open_entries = penalty.entry_ids.filtered(lambda e: e.state == "approved")
        self.as_user("accountant", open_entries).action_post()

    def test_what_the_letter_names_stays_named(self):
        complaints = self._complain(*MARCH[:3])
        self._run("2026-03-31")
        warning = self._penalty("warning")
        warning.action_approve()
        self._complain("2026-03-30")
        self._run("2026-03-31")
        self.assertEqual(warning.complaint_ids, complaints)

    # -- rights --------------------------------------------------------------------

    def test_nobody_writes_a_penalty(self):
        self._complain(*MARCH[:3])
        self._run("2026-03-31")
        warning = self._penalty("warning")
        for role in ("manager", "general", "accountant", "supervisor", "purchasing"):
            model = self.env["aftersales.penalty"].with_user(self.users[role])
            for method, arguments in (
                ("write", [warning.ids, {"state": "approved"}]),
                ("create", [[{"rule_id": warning.rule_id.id}]]),
                ("unlink", [warning.ids]),
                ("copy", [warning.ids]),
            ):
                with (
                    self.subTest(role=role, method=method),
                    self.assertRaises(AccessError),
                ):
                    call_kw(model, method, arguments, {})
            fields_of = list(model.fields_get())
            self.assertTrue(call_kw(model, "read", [warning.ids, fields_of], {}))
        with self.assertRaises(AccessError):
            self.as_user("operator", warning).read(["name"])

    def test_the_evaluation_is_not_for_users(self):
        for method in ("_run", "_cron_run", "_start", "_revoke"):
            model = (
                "aftersales.penalty.rule" if "run" in method else ("aftersales.penalty")
            )
            with self.assertRaises(AccessError):
                call_kw(self.env[model], method, [], {})

    def test_another_company_has_its_own_ladder(self):
        other = self.env["res.company"].create({"name": "Other company"})
        self._complain(*MARCH[:2])
        team = self.env["aftersales.team"].create(
            {"name": "Other", "code": "OT", "company_id": other.id}
        )
        self._complain(
            MARCH[2],
            company_id=other.id,
            team_id=team.id,
            asset_id=False,
        )
        self._run("2026-03-31")
        self.assertFalse(self._penalties())
        self._complain(MARCH[3])
        self._run("2026-03-31")
        warning = self._penalty("warning")
        self.assertEqual(warning.company_id, self.company)
        stranger = new_test_user(
            self.env,
            login="as_stranger",
            groups="aftersales_service.aftersales_service_group_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        with self.assertRaises(AccessError):
            warning.with_user(stranger).read(["name"])
        self.assertFalse(self.env["aftersales.penalty"].with_user(stranger).search([]))

    # -- rules ---------------------------------------------------------------------

    def test_a_company_may_have_its_own_step(self):
        self.rules.create(
            {
                "name": "Strict warning",
                "company_id": self.company.id,
                "threshold": 1,
                "action": "warning",
            }
        )
        self._complain(*MARCH[:2])
        self._run("2026-03-31")
        self.assertEqual(self._penalty("warning").rule_id.name, "Strict warning")

    def test_a_used_rule_is_archived_not_changed(self):
        self._complain(*MARCH[:3])
        self._run("2026-03-31")
        rule = self._penalty("warning").rule_id
        with self.assertRaisesRegex(UserError, "Archive"):
            rule.unlink()
        with self.assertRaisesRegex(UserError, "Archive"):
            rule.action = "ultimatum"
        rule.threshold = 5
        rule.action_archive()
        self._complain(*MARCH[3:])
        self._run("2026-03-31")
        self.assertEqual(self._penalty("warning").state, "proposed", "left as it was")

    def test_rules_that_make_no_sense_are_refused(self):
        deduction = {"trigger": "unsettled", "action": "deduction"}
        for error, values in (
            (ValidationError, {"trigger": "total", "action": "warning"}),
            (ValidationError, {**deduction, "amount": 0}),
            (IntegrityError, {**deduction, "amount": 5, "hours": 0}),
            (ValidationError, {"action": "fund"}),
        ):
            with (
                self.subTest(values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(error),
                self.env.cr.savepoint(),
            ):
                self.rules.create({"name": "Odd", **values}).flush_recordset()

    # -- a foreign deposit ---------------------------------------------------------

    def test_amounts_are_in_the_currency_of_the_deposit(self):
        currency = self.env["res.currency"].create(
            {"name": "XTS", "symbol": "x", "rounding": 0.01}
        )
        self.env["res.currency.rate"].create(
            {
                "currency_id": currency.id,
                "rate": 0.5,
                "name": "2026-01-01",
                "company_id": self.company.id,
            }
        )
        supplier = self._create_supplier("Abroad")
        self._create_deposit(supplier, currency_id=currency.id, date_start="2026-01-01")
        self._complain("2026-03-02", supplier=supplier, settled=False)
        self._run("2026-03-31")
        penalty = self._penalties(supplier)
        self.assertEqual((penalty.amount, penalty.currency_id), (100.0, currency))
        self.assertEqual(penalty.entry_ids.amount, 100.0)

    # -- the job -------------------------------------------------------------------

    def test_a_supplier_that_cannot_be_evaluated_does_not_stop_the_others(self):
        other = self._create_supplier("Supplier B")
        self._complain(*MARCH[:3])
        self._complain(*MARCH[:3], supplier=other)
        cls = self.registry["aftersales.penalty"]
        original = cls._start
        # A sentence of our own, and something nobody thought of (31).
        for tries, poison in enumerate((UserError("Poison"), ValueError("Poison")), 1):

            def start(penalties, batch, rows, poison=poison):
                if any(partner == other.id for partner, _step in rows):
                    raise poison
                return original(penalties, batch, rows)

            self.patch(cls, "_start", start)
            with self.assertLogs("odoo.addons.aftersales_warranty", "WARNING"):
                self._run("2026-03-31")
            self.assertEqual(self._steps(), [("warning", "2026-03")])
            rows = self.env["aftersales.penalty.due"].search([("tries", ">", 0)])
            self.assertEqual(rows.partner_id, other)
            self.assertEqual(set(rows.mapped("tries")), {tries})
        self.patch(cls, "_start", original)
        self._run("2026-03-31")
        self.assertEqual(self._steps(supplier=other), [("warning", "2026-03")])

    def test_the_job_does_the_same(self):
        self._complain(*MARCH[:3])
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(
                "aftersales_warranty.ir_cron_review_penalties"
            ).method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self._steps(), [("warning", "2026-03")])

    def test_the_cost_does_not_depend_on_what_is_old(self):
        def cost():
            issue = self._create_issue("Something else")
            self._complain("2026-05-04", issue=issue)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.rules._run("2026-05-31")
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        self._complain("2026-02-04", "2026-03-04")
        self._run("2026-05-31")
        cost()
        few = cost()
        suppliers = [self._create_supplier(f"Old {n}") for n in range(10)]
        for supplier in suppliers:
            self._complain(*["2026-02-04"] * 20, supplier=supplier, issue=self.rude)
        self._run("2026-05-31")
        self.assertLessEqual(cost(), few + 2)

    def _read_complaints(self):
        """(rows read by full scans, rows fetched by index) of this transaction."""
        self.env.flush_all()
        self.cr.execute(
            "SELECT seq_tup_read, coalesce(idx_tup_fetch, 0)"
            "  FROM pg_stat_xact_user_tables WHERE relname = 'aftersales_complaint'"
        )
        return self.cr.fetchone()

    def _age(self, count):
        """Old complaints about other suppliers, as a server has them after years."""
        other = self._create_supplier("Old hand")
        old = self._complain("2020-03-03", supplier=other, issue=self.rude)
        self._run("2026-05-31")
        names = [
            name
            for name, field in old._fields.items()
            if field.store and field.column_type and name not in ("id", "name")
        ]
        columns = SQL(", ").join(map(SQL.identifier, names))
        self.cr.execute(
            SQL(
                "INSERT INTO aftersales_complaint (name, %s)"
                " SELECT 'OLD' || n, %s FROM aftersales_complaint,"
                " generate_series(1, %s) n WHERE id = %s",
                columns,
                columns,
                count,
                old.id,
            )
        )
        self.cr.execute("ANALYZE aftersales_complaint")

    def test_the_job_reads_what_was_touched_and_scans_nothing(self):
        """Query plans stay on their indexes, however many complaints are old."""
        old = 5000
        self._age(old)
        for day in ("2026-05-04", "2026-05-05", "2026-05-06"):
            self._complain(day)
        scanned, fetched = self._read_complaints()
        self._run("2026-05-31")
        self.assertEqual(self._steps(), [("warning", "2026-05")])
        after = self._read_complaints()
        self.assertLess(after[0] - scanned, old, "no full scan")
        self.assertLess(after[1] - fetched, 300, "only what was touched")
        self.cr.execute("SELECT count(description) FROM aftersales_complaint")
        measured = self._read_complaints()
        self.assertGreaterEqual(measured[0] - after[0], old, "a full scan is seen")

    def test_suppliers_are_evaluated_in_one_batch(self):
        def cost(count):
            for number in range(count):
                supplier = self._create_supplier(f"Batch {count} {number}")
                self._create_deposit(supplier, date_start="2026-01-01")
                self._complain("2026-05-04", supplier=supplier)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.rules._run("2026-05-31")
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost(1)
        self.assertLessEqual(cost(40), cost(4) + 5)

    # -- the supplier --------------------------------------------------------------

    def test_the_deposit_says_what_the_ladder_asks_for(self):
        self._complain(*MARCH[:3])
        self._run("2026-03-31")
        self.assertIn("Verbal warning", self.deposit.next_step)
        self.assertEqual(self.deposit.penalty_count, 1)
        self.assertEqual(self.supplier.aftersales_penalty_count, 1)

    def test_suppliers_with_the_same_step_are_not_merged_over_it(self):
        other = self._create_supplier("Supplier B")
        for supplier in (self.supplier, other):
            self._complain(*MARCH[:3], supplier=supplier)
        self._run("2026-03-31")
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        with self.assertRaisesRegex(UserError, "penalt"):
            wizard._merge([self.supplier.id, other.id], self.supplier)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            other.unlink()

    def test_what_comes_next_is_said(self):
        with freeze_time(at("2026-03-21")):
            self._complain(*MARCH[:4])
            self._run()
            ultimatum = self._penalty("ultimatum")
            self.assertIn("Approve", ultimatum.next_step)
            ultimatum.action_approve()
            self.env.invalidate_all()
            self.assertIn("April 2026", ultimatum.next_step)
        with freeze_time(at("2026-05-02")):
            self.env.invalidate_all()
            self.assertEqual(ultimatum.next_step, "Lapsed")
        self.assertEqual(fields.Date.to_string(ultimatum.period_start), "2026-03-01")
