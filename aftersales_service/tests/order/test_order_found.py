from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestOrderFound(AftersalesCommon):
    """A technician registers what he finds at his customers, and only there."""

    def test_own_customer(self):
        other = self._create_asset("7979Q7C-02")
        own = self._create_order(technician_id=self.technician.id)
        own.action_dispatch()
        found = self.as_user("technician", own).action_report_found(
            "Fan is loud", asset_id=other.id
        )
        order = found.sudo()
        self.assertEqual(order.state, "new")
        self.assertEqual(order.asset_id, other)
        self.assertEqual(order.partner_id, self.customer)
        self.assertEqual(order.team_id, self.team)
        self.assertFalse(order.technician_id)
        seen = self.env["aftersales.order"].with_user(self.users["dispatcher"])
        self.assertIn(order.id, seen.search([("state", "=", "new")]).ids)

    def test_refusals(self):
        strange = self._create_order()
        with self.assertRaises(AccessError):
            self.as_user("technician", strange).action_report_found("Fan")
        own = self._create_order(technician_id=self.technician.id)
        with self.assertRaises(UserError):
            self.as_user("technician", own).action_report_found("  ")
        partner = self.env["res.partner"].create({"name": "B", "is_company": True})
        foreign = self._create_asset("X-1", partner_id=partner.id)
        with self.assertRaises(UserError):
            self.as_user("technician", own).action_report_found("F", foreign.id)
        with self.assertRaises(AccessError):
            self.as_user("accountant", own).action_report_found("Fan")
