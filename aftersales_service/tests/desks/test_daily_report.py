from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged

from ..common import GROUP, AftersalesCommon

DAY = "2026-03-02"


@tagged("post_install", "-at_install")
class TestDailyReport(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.south_user = new_test_user(cls.env, "as_s", groups=f"{GROUP}supervisor")
        cls.south = cls.env["aftersales.team"].create(
            {"name": "South", "user_ids": [Command.set(cls.south_user.ids)]}
        )
        cls.other = cls._create_technician("Zhou Min", team_id=cls.south.id)
        order = cls._create_order(technician_id=cls.technician.id)
        visit = cls.env["aftersales.visit"].create(
            {
                "order_id": order.id,
                "lead_id": cls.technician.id,
                "planned_start": f"{DAY} 08:00:00",
            }
        )
        with freeze_time(f"{DAY} 08:00:00"):
            visit.action_depart()
        with freeze_time(f"{DAY} 08:30:00"):
            visit.action_arrive()
        with freeze_time(f"{DAY} 10:30:00"):
            visit.action_leave("done")
        cls.logs = visit.worklog_ids | cls.env["aftersales.worklog"].create(
            [
                {
                    "technician_id": technician.id,
                    "date": DAY,
                    "category": "office",
                    "hours": 1.5,
                }
                for technician in (cls.technician, cls.other)
            ]
        )

    def test_hours_by_category_come_from_the_logs(self):
        report = self.env["aftersales.daily.report"].search(
            [("technician_id", "=", self.technician.id), ("date", "=", DAY)]
        )
        self.assertEqual(len(report), 1)
        self.assertAlmostEqual(report.hours_travel, 0.5)
        self.assertAlmostEqual(report.hours_work, 2.0)
        self.assertAlmostEqual(report.hours_office, 1.5)
        self.assertAlmostEqual(report.hours_total, 4.0)
        self.assertEqual((report.order_count, report.visit_count), (1, 1))
        self.assertEqual(report.unreported_count, 1)
        details = report._get_details()[report]
        self.assertEqual(len(details), 3)
        self.assertAlmostEqual(sum(details.mapped("hours")), report.hours_total)
        action = report.action_view_worklogs()
        self.assertEqual(action["domain"], [("id", "in", details.ids)])

    def test_team_report_adds_its_people(self):
        teams = self.env["aftersales.team.daily.report"].search([("date", "=", DAY)])
        by_team = {report.team_id: report for report in teams}
        self.assertAlmostEqual(by_team[self.team].hours_total, 4.0)
        self.assertEqual(by_team[self.south].technician_count, 1)
        people = teams._get_technician_reports()
        for report in teams:
            self.assertAlmostEqual(
                sum(people[report].mapped("hours_total")), report.hours_total
            )
            self.assertAlmostEqual(
                sum(report._get_details()[report].mapped("hours")), report.hours_total
            )

    def test_moving_to_another_team_keeps_the_past(self):
        self.technician.team_id = self.south
        report = self.env["aftersales.daily.report"].search(
            [("technician_id", "=", self.technician.id)]
        )
        self.assertEqual(report.team_id, self.team)

    def test_shows_nothing_the_work_logs_hide(self):
        company = self.env["res.company"].create({"name": "Other company"})
        foreign = new_test_user(
            self.env,
            "as_m2",
            groups=f"{GROUP}manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        allowed = ("technician", "operator", "dispatcher", "supervisor", "accountant")
        users = [self.users[role] for role in allowed]
        for user in [*users, self.users["manager"], self.south_user, foreign]:
            logs = self.env["aftersales.worklog"].with_user(user)
            reports = self.env["aftersales.daily.report"].with_user(user).search([])
            hours = sum(logs.search([]).mapped("hours"))
            self.assertAlmostEqual(sum(reports.mapped("hours_total")), hours, msg=user)
            if user != self.users["technician"]:
                teams = self.env["aftersales.team.daily.report"].with_user(user)
                total = sum(teams.search([]).mapped("hours_total"))
                self.assertAlmostEqual(total, hours, msg=user.login)
        own = self.env["aftersales.daily.report"].with_user(self.users["technician"])
        self.assertEqual(own.search([]).technician_id, self.technician)
        self.assertFalse(
            self.env["aftersales.daily.report"].with_user(foreign).search([])
        )

    def test_who_has_no_business_here(self):
        portal = new_test_user(self.env, "as_portal", groups="base.group_portal")
        internal = new_test_user(self.env, "as_nobody", groups="base.group_user")
        for model in ("aftersales.daily.report", "aftersales.team.daily.report"):
            for user in (portal, internal):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).search_read([])
        with self.assertRaises(AccessError):
            self.env["aftersales.team.daily.report"].with_user(
                self.users["technician"]
            ).search([])
