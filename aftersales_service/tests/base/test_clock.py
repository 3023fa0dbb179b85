from freezegun import freeze_time

from odoo.tests import new_test_user, tagged

from ..common import GROUP, AftersalesCommon

# 20:00 in UTC: noon of the same day in Los Angeles, 4 o'clock of the next in Shanghai.
DONE = "2026-12-01 20:00:00"
FIRST, SECOND = "2026-12-01", "2026-12-02"


@tagged("post_install", "-at_install")
class TestClock(AftersalesCommon):
    """The company's clock decides the day, whoever works and wherever."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = False
        cls.company.resource_calendar_id.tz = "UTC"
        cls.plan = cls.env.ref("aftersales_service.aftersales_followup_plan_card")
        cls.people = {
            tz: new_test_user(
                cls.env,
                f"as_{tz[-4:].lower()}",
                groups=f"{GROUP}supervisor,{GROUP}accountant,"
                "account.group_account_invoice",
                company_id=cls.company.id,
                tz=tz,
            )
            for tz in ("Asia/Shanghai", "America/Los_Angeles")
        }
        for user in cls.people.values():
            cls.team.user_ids += user

    @freeze_time(DONE)
    def _complete(self, tz):
        """Days of an order completed and invoiced by somebody of that time zone."""
        user = self.people[tz]
        order = self._create_reported_order(called_at="2026-12-01 08:00:00")
        order = order.with_user(user).with_context(tz=tz)
        order.action_complete()
        order.action_invoice()
        mine = order.sudo()
        followups = self.env["aftersales.followup"].search(
            [("order_id", "=", order.id)]
        )
        self.assertTrue(followups, "nothing to compare")
        return (
            str(mine.fee_day),
            str(mine.invoice_ids.delivery_date),
            followups.mapped("planned_on"),
            followups.mapped("due_on"),
            str(order.commercial_partner_id.sudo().aftersales_file_due_on),
        )

    def _days_of_both(self):
        """What both find, each for a customer served for the first time."""
        days = []
        for tz in self.people:
            self.customer.sudo().aftersales_file_due_on = False
            days.append(self._complete(tz))
        return days

    def test_both_find_the_day_of_the_company(self):
        east, west = self._days_of_both()
        self.assertEqual(east, west)
        self.assertEqual(east[:2], (FIRST, FIRST))

    def test_the_company_in_shanghai_has_the_next_day(self):
        utc = self._days_of_both()[0]
        self.company.aftersales_own_tz = "Asia/Shanghai"
        east, west = self._days_of_both()
        self.assertEqual(east, west)
        self.assertEqual(east[:2], (SECOND, SECOND))
        for early, late in zip(utc[2], east[2], strict=True):
            self.assertEqual((late - early).days, 1, "follow-ups count from that day")

    def test_an_open_question_is_late_by_the_clock_of_the_company(self):
        followup = self.env["aftersales.followup"].create(
            {
                "plan_id": self.plan.id,
                "kind": self.plan.kind,
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "team_id": self.team.id,
                "planned_on": FIRST,
                "call_on": FIRST,
                "due_on": FIRST,
            }
        )
        late = [("id", "=", followup.id), ("is_overdue", "=", True)]
        with freeze_time(DONE):
            for tz in self.people:
                mine = followup.with_context(tz=tz)
                mine.invalidate_recordset(["is_overdue"])
                self.assertFalse(mine.is_overdue)
                self.assertFalse(mine.search(late))
            self.company.aftersales_own_tz = "Asia/Shanghai"
            for tz in self.people:
                mine = followup.with_context(tz=tz)
                mine.invalidate_recordset(["is_overdue"])
                self.assertTrue(mine.is_overdue)
                self.assertTrue(mine.search(late))

    def test_the_week_of_a_limit_begins_on_the_company_s_monday(self):
        """Granted on Monday at 01:00 in Shanghai: Sunday in UTC, this week there."""
        self.company.aftersales_own_tz = "Asia/Shanghai"
        order = self._create_order()
        user = self.people["America/Los_Angeles"]
        self.env["aftersales.approval"].sudo().create(
            {
                "name": "Price",
                "kind": "price",
                "company_id": self.company.id,
                "order_id": order.id,
                "requested_by_id": user.id,
                "state": "approved",
                "by_limit": True,
                "decided_by_id": user.id,
                "decided_at": "2026-11-29 17:00:00",
            }
        )
        with freeze_time("2026-11-30 03:00:00"):
            approvals = self.env["aftersales.approval"].with_user(user)
            counted = approvals._count_orders_by_limit(user, self.company)
        self.assertEqual(counted, {order.id})

    def test_a_price_list_changes_at_its_moment(self):
        """New prices from 1 April, midnight in Shanghai; a call the day before."""
        self.company.aftersales_own_tz = "Asia/Shanghai"
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "From April",
                "currency_id": self.company.currency_id.id,
                "item_ids": [
                    (
                        0,
                        0,
                        {
                            "applied_on": "0_product_variant",
                            "product_id": self.disk.id,
                            "compute_price": "fixed",
                            "fixed_price": 640.0,
                            "date_start": "2026-03-31 16:00:00",
                        },
                    )
                ],
            }
        )
        calls = {
            "2026-03-31 02:00:00": 800.0,
            "2026-03-31 15:59:59": 800.0,
            "2026-03-31 16:00:00": 640.0,
        }
        orders = self.env["aftersales.order"].create(
            [
                self._order_values(
                    called_at=moment,
                    pricelist_id=pricelist.id,
                    line_ids=[self._line_values("part", self.disk)],
                )
                for moment in calls
            ]
        )
        self.assertEqual(orders.line_ids.mapped("list_price"), list(calls.values()))
