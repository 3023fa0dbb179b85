from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from .test_return import GROUP, ReturnCommon

GUARDED = {
    "name": "X",
    "state": "approved",
    "amount_total": 9.0,
    "amount_price": 9.0,
    "amount_fee": 0.0,
    "costs_payer": "customer",
    "freight_payer": "customer",
    "requested_at": "2026-01-01 00:00:00",
    "decided_at": "2026-01-01 00:00:00",
    "decision_note": "x",
    "started_at": "2026-01-01 00:00:00",
    "done_at": "2026-01-01 00:00:00",
}
GUARDED_LINE = {
    "price": 9.0,
    "price_total": 9.0,
    "fee": 0.0,
    "amount": 9.0,
    "price_source": "manual",
    "state": "approved",
    "credit_line_id": False,
    "new_asset_id": False,
}


@tagged("post_install", "-at_install")
@freeze_time("2026-06-16 04:00:00")
class TestReturnSecurity(ReturnCommon):
    def test_guarded_fields_refuse_every_role(self):
        row = self._draft()
        for role in ("operator", "supervisor", "manager", "general", "accountant"):
            for name, value in GUARDED.items():
                with self.assertRaises(AccessError, msg=f"{role} {name}"):
                    self.as_user(role, row).write({name: value})
            for name, value in GUARDED_LINE.items():
                with self.assertRaises(AccessError, msg=f"{role} {name}"):
                    self.as_user(role, row.line_ids).write({name: value})

    def test_guarded_fields_refuse_create_and_defaults(self):
        returns = self.returns.with_user(self.users["operator"])
        values = {"partner_id": self.customer.id, "team_id": self.team.id}
        for name, value in GUARDED.items():
            with self.assertRaises(AccessError, msg=name):
                returns.create({**values, name: value})
            with self.assertRaises(AccessError, msg=name):
                returns.with_context(**{f"default_{name}": value}).create(values)
        with self.assertRaises(AccessError):
            returns.create(
                {**values, "line_ids": [Command.create({"amount": 5.0})]},
            )

    def test_who_may_do_what(self):
        row = self._draft()
        for role in ("operator", "technician", "parts", "accountant", "general"):
            with self.assertRaises(AccessError, msg=role):
                self.as_user(role, row).action_request()
        self.as_user("supervisor", row).action_request()
        for role in ("operator", "supervisor", "manager", "accountant"):
            with self.assertRaises(AccessError, msg=role):
                approvals = self.env["aftersales.approval"].search(
                    [("res_model", "=", row._name), ("res_id", "=", row.id)]
                )
                self.as_user(role, approvals).action_approve()
        self.as_user("general", row).action_approve()
        self.assertEqual(row.decided_by_id, self.users["general"])
        for role in ("operator", "technician", "accountant", "general"):
            with self.assertRaises(AccessError, msg=role):
                self.as_user(role, row).action_start()
        self.as_user("parts", row).action_start()
        self.assertEqual(row.state, "in_progress")
        with self.assertRaises(AccessError):
            self.as_user("parts", row).action_cancel("no")
        with self.assertRaises(AccessError):
            self.as_user("operator", row).unlink()

    def test_the_general_manager_decides_nothing_else(self):
        order = self._create_order(
            line_ids=[self._line_values("labour", self.labour, price_unit=1.0)]
        )
        approval = order.approval_ids
        self.assertEqual(approval.kind, "price")
        with self.assertRaises(AccessError):
            self.as_user("general", approval).action_approve()

    def test_every_role_reads_the_form(self):
        row = self._started()
        names = list(self.returns._fields)
        for role in ("operator", "supervisor", "manager", "parts", "accountant"):
            seen = self.as_user(role, row)
            allowed = [
                name
                for name in names
                if seen._has_field_access(seen._fields[name], "read")
            ]
            seen.read(allowed)
            seen.line_ids.read()
        general = self.as_user("general", row)
        general.web_read({"order_id": {}, "rule_id": {}, "line_ids": {"fields": {}}})
        self.env.invalidate_all()
        self.as_user("general", row).read(["name", "amount_total", "order_id"])

    def test_other_companies_and_points_see_nothing(self):
        row = self._draft()
        company = self.env["res.company"].create({"name": "Other"})
        other = new_test_user(
            self.env,
            login="as_other",
            groups=f"aftersales_service.aftersales_service_group_manager,{GROUP}",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.assertFalse(self.returns.with_user(other).search([]))
        with self.assertRaises(AccessError):
            row.with_user(other).read(["name"])
        self.assertFalse(self.env["aftersales.return.line"].with_user(other).search([]))
        point = new_test_user(
            self.env,
            login="as_point",
            groups="aftersales_service.aftersales_service_group_supervisor",
            company_id=self.company.id,
        )
        with self.assertRaises(AccessError):
            row.with_user(point).action_request()

    def test_numbers_come_from_the_sequence(self):
        first, second = self._draft(), self._draft(self.assets[1])
        self.assertRegex(first.name, r"^RT/2026/\d{5}$")
        self.assertNotEqual(first.name, second.name)


@tagged("post_install", "-at_install")
class TestReturnPortal(ReturnCommon, HttpCase):
    @freeze_time("2026-06-16 04:00:00")
    def _approved_then(self):
        """Approved in the days when the rule held; the pages are read today."""
        return self._approved()

    def test_the_customer_sees_the_own_ones_only(self):
        user = new_test_user(self.env, login="portal_rt", groups="base.group_portal")
        user.partner_id.parent_id = self.customer
        stranger = new_test_user(
            self.env, login="portal_no", groups="base.group_portal"
        )
        draft = self._draft(self.assets[1])
        row = self._approved_then()
        row.cause_text = "SECRET"
        self.authenticate("portal_rt", "portal_rt")
        page = self.url_open("/my/returns").text
        self.assertIn(row.name, page)
        self.assertNotIn(draft.name, page)
        one = self.url_open(f"/my/returns/{row.id}").text
        self.assertIn("RT-1", one)
        self.assertNotIn("SECRET", one)
        self.assertNotIn(self.unit.name, one)
        self.authenticate(stranger.login, stranger.login)
        for number in (row.id, draft.id, 0, 2**31, 10**20):
            found = self.url_open(f"/my/returns/{number}", allow_redirects=False)
            self.assertIn(found.status_code, (303, 404), number)
            self.assertNotIn(row.name, found.text)
        self.assertNotIn(row.name, self.url_open("/my/returns").text)

    def test_the_return_slip_in_the_customer_s_language(self):
        row = self._approved_then()
        html = (
            self.env["ir.actions.report"]
            ._render_qweb_html("aftersales_warranty.report_return", row.ids)[0]
            .decode()
        )
        self.assertIn("RT-1", html)
        self.assertIn(row.name, html)
        self.assertNotIn(self.unit.name, html)
