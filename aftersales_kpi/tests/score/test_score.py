from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..common import APRIL, MARCH, ScoreCommon

BAD = "dissatisfied"


@tagged("post_install", "-at_install")
@freeze_time("2026-04-09 02:00:00")
class TestScore(ScoreCommon):
    def test_month_of_the_worked_example(self):
        """Ten answers, seven very satisfied and one praise: 5 points and the bonus."""
        for number in range(10):
            order = self._create_done(1000.0)
            opinion = "very_satisfied" if number < 7 else "satisfied"
            self._answer(order, opinion, praise="Good" if not number else False)
        self._compute()
        sheet = self._sheet()
        self.assertEqual((sheet.total, sheet.bonus), (5.0, 10.0))
        self.assertEqual(sheet.answer_count, 10)

    def test_bonus_is_shared_by_hours(self):
        order = self._create_done(8500.0, people=self.technician | self.other)
        self.env["aftersales.worklog"].create(
            [
                {
                    "technician_id": who.id,
                    "hours": hours,
                    "date": "2026-03-10",
                    "order_id": order.id,
                }
                for who, hours in ((self.technician, 6.0), (self.other, 2.0))
            ]
        )
        self._compute()
        shares = [
            self._sheet(technician=t).bonus for t in (self.technician, self.other)
        ]
        self.assertEqual(shares, [6.38, 2.12])
        line = self._lines(self._sheet(), "bonus")
        self.assertEqual((line.res_model, line.res_id), (order._name, order.id))
        self.assertEqual(line.action_open_source()["res_id"], order.id)

    def test_bad_answer_loses_the_bonus_of_its_order(self):
        for amount in (12000.0, 999.0):
            self._create_done(amount)
        order = self._create_done(8500.0)
        self._compute()
        self.assertEqual(self._sheet().bonus, 21.5)
        self._answer(order, BAD)
        self._compute()
        sheet = self._sheet()
        self.assertEqual((sheet.total, sheet.bonus), (-5.0, 13.0))
        self.assertEqual(sum(sheet.line_ids.mapped("forgone")), 8.5)

    def test_a_night_belongs_to_the_day_of_the_company(self):
        """31 March 17:00 UTC is April in Shanghai."""
        self._create_done(done="2026-03-31 17:00:00")
        self._compute()
        self.assertFalse(self._sheet(MARCH).bonus)
        self.assertEqual(self._sheet(APRIL).bonus, 8.5)

    def test_marks_are_averaged(self):
        for mark in ("4", "3"):
            self._answer(self._create_done(), "satisfied", attitude=mark, skill="2")
        self._compute()
        sheet = self._sheet()
        self.assertEqual((sheet.mark_attitude, sheet.mark_skill), (3.5, 2.0))

    def test_closed_march_and_a_bad_answer_in_april(self):
        order = self._create_done(8500.0)
        self._compute()
        march = self._sheet()
        self._close(march)
        self._answer(order, BAD, at="2026-04-09 01:00:00")
        self._compute()
        april = self._sheet(APRIL)
        self.assertEqual((march.state, march.bonus), ("closed", 8.5))
        self.assertEqual((april.total, april.bonus), (-5.0, -8.5))
        self.assertEqual(march.adjustment_ids.sheet_id, april)
        self._compute()
        self._compute()
        self.assertEqual(self._sheet(APRIL).bonus, -8.5, "adjusted once")
        self.assertEqual(april.payout, -8.5)

    def test_new_rules_do_not_change_a_closed_month(self):
        order = self._create_done(8500.0)
        self._compute()
        self._close(self._sheet())
        self.env.ref("aftersales_kpi.aftersales_score_rule_bonus").rate = 5.0
        order.line_ids.name = "Labour, corrected"
        self._compute()
        self.assertFalse(self._sheet().adjustment_ids)

    def test_new_rules_change_open_months(self):
        self._create_done(1000.0)
        self._compute()
        self.env.ref("aftersales_kpi.aftersales_score_rule_bonus").rate = 5.0
        self._compute()
        self.assertEqual(self._sheet().bonus, 50.0)

    def test_reopened_order_gives_its_bonus_back(self):
        order = self._create_done()
        self._compute()
        order.action_reopen("Forgot a part")
        self._compute()
        self.assertEqual(self._sheet().bonus, 0.0)
        self.assertFalse(self._sheet().line_ids)

    # -- fines ------------------------------------------------------------------

    def test_fine_waits_for_approval_and_takes_at_most_the_bonus(self):
        self._create_done(30000.0)
        self._incident()
        self._compute()
        sheet = self._sheet()
        self.assertEqual((sheet.fine, sheet.pending_count, sheet.payout), (0, 1, 30.0))
        approval = self.env["aftersales.approval"].search(
            [("score_line_id", "in", sheet.line_ids.ids)]
        )
        self.assertEqual(len(approval), 1)
        with self.assertRaises(AccessError):
            self.as_user("supervisor", approval).action_approve()
        self.as_user("manager", approval).action_approve()
        self.assertEqual((sheet.fine_asked, sheet.fine, sheet.payout), (50, 30, 0))

    def test_cap_and_switch_of_fines(self):
        self._create_done(90000.0)
        self._incident()
        self._compute()
        sheet = self._sheet()
        self.company.aftersales_fine_cap = 20.0
        self.env["aftersales.approval"].search(
            [("score_line_id", "in", sheet.line_ids.ids)]
        ).action_approve()
        self.assertEqual(sheet.fine, 20.0)
        self.company.aftersales_fine_mode = "off"
        sheet._refresh_totals()
        self.assertEqual((sheet.fine, sheet.payout), (0.0, 90.0))

    def test_rejected_fine_stays_visible_and_counts_nothing(self):
        self._incident()
        self._compute()
        line = self._sheet().line_ids
        self.env["aftersales.approval"].search(
            [("score_line_id", "=", line.id)]
        ).action_reject("He was on leave")
        self.assertEqual((line.money, line.rule_money), (0.0, -50.0))
        self._compute()
        self._compute()
        self.assertEqual(line.approval_state, "rejected", "decided once")

    def test_archived_incident_takes_its_approval_along(self):
        incident = self._incident()
        self._compute()
        approvals = self.env["aftersales.approval"].search(
            [("score_line_id", "in", self._sheet().line_ids.ids)]
        )
        self.assertEqual(approvals.state, "pending")
        incident.active = False
        self._compute()
        self.assertFalse(self._sheet().line_ids)
        self.assertFalse(approvals.exists().filtered(lambda a: a.state == "pending"))

    # -- other facts ------------------------------------------------------------

    def test_repeat_repair_counts_for_the_first_technician(self):
        first = self._create_done(people=self.other)
        self._create_order(
            parent_id=first.id, called_at="2026-03-22 04:00:00", place="remote"
        )
        self._compute()
        self.assertEqual(
            self._lines(
                self._sheet(technician=self.other), "repeat_repair"
            ).rule_points,
            -5.0,
        )
        self.assertFalse(self._lines(self._sheet(), "repeat_repair"))

    def _complain(self, order, **values):
        complaint = self.env["aftersales.complaint"].create(
            order._prepare_complaint_values(
                channel="phone", description="Again", received_at="2026-03-20 04:00:00"
            )
        )
        complaint.sudo().write(
            {
                "at_fault": True,
                "state": "confirmed",
                "confirmed_at": "2026-03-21 04:00:00",
                **values,
            }
        )
        return complaint

    def test_repeat_complaint_doubles(self):
        order = self._create_done()
        first = self._complain(order)
        self._complain(order, parent_id=first.id)
        self._compute()
        lines = self._lines(self._sheet(), "complaint")
        self.assertEqual(sorted(lines.mapped("rule_points")), [-10.0, -5.0])
        first.sudo().write({"state": "withdrawn"})
        self._compute()
        lines = self._lines(self._sheet(), "complaint")
        self.assertEqual(len(lines), 1)

    def test_person_concerned_in_a_suppliers_case(self):
        supplier = self.env["res.partner"].create({"name": "Disks Ltd"})
        complaint = self._complain(
            self._create_done(),
            at_fault=False,
            supplier_id=supplier.id,
            concerned_technician_ids=[(6, 0, self.other.ids)],
            resolve_at="2026-03-22 04:00:00",
        )
        self._compute()
        sheet = self._sheet(technician=self.other)
        self.assertFalse(self._lines(sheet, "supplier_case"), "48:00:00 is in time")
        complaint.sudo().write({"resolve_at": "2026-03-22 04:00:01"})
        self._compute()
        line = self._lines(self._sheet(technician=self.other), "supplier_case")
        self.assertEqual(line.rule_money, -20.0)
        self.env["aftersales.penalty.rule"]._run()
        listed = self.env["aftersales.penalty.person"].search(
            [("complaint_id", "=", complaint.id), ("state", "=", "due")]
        )
        self.assertEqual(listed.technician_id, self.other, "the same case, listed")
        self.assertEqual((listed.side, listed.amount), ("ours", 20.0))
        self.assertFalse(listed.entry_id, "fined on the sheet only")

    # -- close and objection ------------------------------------------------------

    def test_a_month_that_is_not_over_stays_open(self):
        self._create_done(done="2026-04-02 04:00:00")
        self._compute()
        with self.assertRaisesRegex(UserError, "not over"):
            self.as_user("supervisor", self._sheet(APRIL)).action_close()

    def test_close_waits_for_decisions(self):
        self._incident()
        self._compute()
        with self.assertRaisesRegex(UserError, "Decide first"):
            self.as_user("supervisor", self._sheet()).action_close()

    def test_supervisor_checks_and_manager_closes(self):
        self._create_done()
        self._compute()
        sheet = self._sheet()
        self.as_user("supervisor", sheet).action_close()
        self.assertEqual(sheet.state, "checked")
        with self.assertRaises(AccessError):
            self.as_user("supervisor", sheet).action_close()
        self.as_user("manager", sheet).action_close()
        self.assertEqual(sheet.state, "closed")
        for action in ("action_close", "action_compute"):
            with self.assertRaisesRegex(UserError, "closed"):
                getattr(self.as_user("manager", sheet), action)()

    def test_a_change_takes_the_check_back(self):
        order = self._create_done()
        self._compute()
        sheet = self._sheet()
        self.as_user("supervisor", sheet).action_close()
        self._answer(order, BAD)
        with self.assertRaisesRegex(UserError, "changed since"):
            self.as_user("manager", sheet).action_close()
        self._compute()
        self.assertEqual(self._sheet().state, "open")

    def test_objection_and_decision(self):
        order = self._create_done()
        self._answer(order, BAD)
        self._compute()
        line = self._lines(self._sheet(), "opinion")
        mine = self.as_user("technician", line)
        with self.assertRaisesRegex(UserError, "reason"):
            mine.action_object(" ")
        with self.assertRaises(AccessError):
            self.as_user("supervisor", line).action_object("Not mine")
        mine.action_object("The part came late, not I")
        self.assertTrue(mine.with_user(self.users["supervisor"]).can_decide)
        with self.assertRaises(UserError):
            mine.action_object("Again")
        self.as_user("supervisor", line).action_accept_objection("He is right")
        self.assertEqual((line.points, line.rule_points), (0.0, -5.0))
        self.assertEqual((mine.objection, mine.decision)[1], "He is right")
        self._compute()
        self.assertEqual(line.points, 0.0, "computed again, decided still")

    def test_accepted_objection_gives_the_lost_bonus_back(self):
        self._answer(self._create_done(), BAD)
        self._compute()
        line = self._lines(self._sheet(), "bonus")
        self.as_user("technician", line).action_object("It was the supplier")
        self.as_user("supervisor", line).action_accept_objection()
        self.assertEqual((line.money, self._sheet().bonus), (8.5, 8.5))

    def test_accrual_is_a_draft_and_made_once(self):
        accounts = self.env["account.account"].create(
            [
                {"name": "Bonus", "code": "BON1", "account_type": "expense"},
                {"name": "Owed", "code": "BON2", "account_type": "liability_current"},
            ]
        )
        journal = self.env["account.journal"].create(
            {"name": "Bonus", "code": "BON", "type": "general"}
        )
        self._create_done()
        self._compute()
        sheet = self._sheet()
        with self.assertRaisesRegex(UserError, "closed"):
            self.as_user("manager", sheet).action_accrue()
        self._close(sheet)
        with self.assertRaisesRegex(UserError, "settings"):
            self.as_user("manager", sheet).action_accrue()
        self.company.write(
            {
                "aftersales_bonus_journal_id": journal.id,
                "aftersales_bonus_expense_id": accounts[0].id,
                "aftersales_bonus_payable_id": accounts[1].id,
            }
        )
        self.as_user("manager", sheet).action_accrue()
        move = sheet.accrual_move_id
        self.assertEqual((move.state, move.amount_total), ("draft", 8.5))
        with self.assertRaisesRegex(UserError, "nothing left"):
            self.as_user("manager", sheet).action_accrue()

    # -- batches ------------------------------------------------------------------

    def test_queries_do_not_grow(self):
        counts = []
        for number in (3, 30):
            people = self.env["aftersales.technician"].union(
                *(self._create_technician(f"T{number}-{n}") for n in range(number))
            )
            for technician in people:
                self._answer(self._create_done(people=technician), "satisfied")
            self.env.flush_all()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.sheets._compute_month(
                self.company, self._today().replace(month=3), people
            )
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2, counts)

    def test_nothing_changed_writes_no_line(self):
        self._create_done()
        self._compute()
        line = self._sheet().line_ids
        before = line.write_date
        self._compute()
        self.assertEqual((self._sheet().line_ids, line.write_date), (line, before))
