from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..common import WarrantyCommon

D = date.fromisoformat


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestWarranty(WarrantyCommon):
    # -- opening ------------------------------------------------------------------

    def test_delivery_opens_the_warranty_of_each_serial(self):
        order = self._sell(self.machine, 2)
        self._deliver(order, "RS-1", "RS-2")
        warranties = order.aftersales_warranty_ids
        self.assertEqual(warranties.asset_id.mapped("serial"), ["RS-1", "RS-2"])
        self.assertEqual(set(warranties.mapped("date_start")), {D("2026-06-15")})
        self.assertEqual(set(warranties.mapped("date_end")), {D("2027-06-15")})
        self.assertEqual(set(warranties.mapped("state")), {"active"})
        self.assertEqual(warranties[0].partner_id, self.customer)
        self.assertEqual(order.aftersales_warranty_count, 2)
        asset = warranties[0].asset_id
        self.assertEqual(asset.warranty_state, "active")
        self.assertEqual(asset.lot_id.aftersales_warranty_end, D("2027-06-15"))

    def test_goods_without_a_serial_have_it_on_the_sales_line(self):
        self.disk.aftersales_term_id = self.term
        order = self._sell(self.disk, 3)
        self._deliver(order)
        warranty = order.aftersales_warranty_ids
        self.assertFalse(warranty.asset_id)
        self.assertEqual((warranty.quantity, warranty.state), (3.0, "active"))
        self.assertEqual(warranty.sale_line_id, order.order_line)

    def test_pending_says_what_it_waits_for_and_starts_at_the_cap(self):
        self.machine.aftersales_term_id = self._create_term(
            "installed", ("installation",), cap_value=90, cap_unit="day"
        )
        order = self._sell(self.machine)
        self._deliver(order, "RS-1")
        warranty = order.aftersales_warranty_ids
        self.assertEqual(warranty.state, "pending")
        self.assertIn("Installation", warranty.waits_for)
        self.assertEqual(warranty.date_start, D("2026-09-13"))
        with freeze_time("2026-09-14 00:00:00"):
            warranty.invalidate_recordset()
            self.assertEqual(warranty.state, "active")
            self.assertIn(warranty, warranty.search([("state", "=", "active")]))
        warranty.asset_id.installed_on = D("2026-06-20")
        self.assertEqual(warranty.date_start, D("2026-06-20"))
        self.assertEqual(warranty.start_event, "installation")

    def test_trial_run_and_acceptance_start_it(self):
        term = self._create_term("trial", ("trial",))
        self.machine.aftersales_term_id = term
        asset = self._create_machine("RS-1", delivered_on=D("2026-06-01"))
        warranty = self._open(asset)
        self.assertEqual((warranty.state, warranty.date_start), ("pending", False))
        self.assertIn("trial", warranty.waits_for)
        asset.trial_ended_at = "2026-06-10 16:30:00"  # 11 June in Shanghai
        self.assertEqual(warranty.date_start, D("2026-06-11"))
        self.machine.aftersales_term_id = self._create_term("signed", ("acceptance",))
        other = self._create_machine("RS-2")
        other.accepted_on = D("2026-06-12")
        self.assertEqual(other.warranty_ids.date_start, D("2026-06-12"))

    def test_a_second_event_does_not_open_a_second_one(self):
        warranty = self._create_covered("RS-1", D("2026-06-01"))
        warranty.asset_id.installed_on = D("2026-06-02")
        self.assertEqual(warranty.asset_id.warranty_ids, warranty)

    def test_old_events_open_nothing_by_themselves(self):
        asset = self.env["aftersales.asset"].create(
            {
                "partner_id": self.customer.id,
                "product_id": self.machine.id,
                "serial": "OLD",
                "installed_on": "2025-01-01",
            }
        )
        self.assertFalse(asset.warranty_ids)
        self.assertEqual(asset.warranty_state, "none")

    def test_opening_by_hand_in_the_past_needs_a_reason(self):
        asset = self._create_machine("RS-1")
        values = {"asset_id": asset.id, "opening_date": "2026-01-10"}
        mine = self.as_user("supervisor", self.env["aftersales.warranty"])
        with self.assertRaisesRegex(UserError, "past"):
            mine.create([values])
        warranty = mine.create([{**values, "opening_reason": "Bought at the fair"}])
        self.assertEqual(warranty.date_start, D("2026-01-10"))
        self.assertEqual(warranty.start_user_id, self.users["supervisor"])
        with self.assertRaises(AccessError):
            self.as_user("operator", warranty).create([values])

    # -- periods --------------------------------------------------------------------

    def test_makeup_day_inside_a_holiday_is_no_holiday_to_roll_off(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "National Day",
                "calendar_id": self.company.resource_calendar_id.id,
                "date_from": "2026-10-01 00:00:00",
                "date_to": "2026-10-11 12:00:00",
            }
        )
        before = set(self.env["aftersales.warranty"]._get_holidays_of(self.company))
        self.assertLessEqual({D("2026-10-09"), D("2026-10-10")}, before)
        self.env["aftersales.makeup.day"].create(
            {"date": "2026-10-10", "company_id": self.company.id}
        )
        after = set(self.env["aftersales.warranty"]._get_holidays_of(self.company))
        self.assertEqual(before - after, {D("2026-10-10")})

    def test_repairs_extend_it_and_bring_the_next_into_cover(self):
        warranty = self._create_covered("RS-1", D("2025-06-30"))
        self.assertEqual(warranty.date_end, D("2026-06-30"))
        first = self._register_repair(
            warranty, "2026-06-29 01:00:00", "2026-07-04 01:00:00"
        )
        self.assertEqual(warranty.date_end, D("2026-07-05"))
        second = self._register_repair(
            warranty, "2026-07-05 02:00:00", "2026-07-07 02:00:00"
        )
        third = self._register_repair(
            warranty, "2026-07-08 02:00:00", "2026-07-09 02:00:00"
        )
        self.assertEqual(warranty.date_end, D("2026-07-07"))
        self.assertEqual(warranty.extended_days, 7)
        self.assertEqual(set(warranty.scope_ids.mapped("date_end")), {D("2026-07-07")})
        self.assertEqual(
            (first | second | third).mapped("counted"), [True, True, False]
        )

    def test_state_in_lists_is_that_of_the_place(self):
        """The last day counts fully where the machine stands (Example 13)."""
        berlin = self.customer.copy({"tz": "Europe/Berlin"})
        here = self._create_covered("RS-1", D("2025-02-28"))
        there = self._create_covered("RS-2", D("2025-02-28"), partner_id=berlin.id)
        both = here | there
        with freeze_time("2026-02-28 16:30:00"):
            both.invalidate_recordset()
            self.assertEqual(both.mapped("state"), ["expired", "active"])
            found = both.search([("id", "in", both.ids), ("state", "=", "active")])
            self.assertEqual(found, there)
            groups = both._read_group([("id", "in", both.ids)], ["state"], ["__count"])
            self.assertEqual(dict(groups), {"active": 1, "expired": 1})
            self.assertEqual(
                both.search([("id", "in", both.ids)], order="state"), there | here
            )
            self.assertEqual(both.filtered_domain([("state", "!=", "active")]), here)

    # -- who may ----------------------------------------------------------------------

    def test_start_changes_with_reason_and_person_only(self):
        warranty = self._create_covered("RS-1", D("2026-06-01"))
        mine = self.as_user("supervisor", warranty)
        with self.assertRaisesRegex(UserError, "Give a reason"):
            mine.action_change_start("2026-05-01", " ")
        mine.action_change_start("2026-05-01", "Delivered by the maker")
        self.assertEqual(warranty.date_end, D("2027-05-01"))
        self.assertEqual(warranty.start_user_id, self.users["supervisor"])
        with self.assertRaises(AccessError):
            self.as_user("operator", warranty).action_change_start("2026-04-01", "x")
        with self.assertRaises(AccessError):
            mine.write({"date_start": "2026-01-01"})
        with self.assertRaises(AccessError):
            mine.write({"term_id": self.term.id})

    def test_void_and_restore(self):
        warranty = self._create_covered("RS-1", D("2026-06-01"))
        with self.assertRaises(AccessError):
            self.as_user("operator", warranty).action_void("opened")
        self.as_user("supervisor", warranty).action_void("Opened by others")
        self.assertEqual(warranty.state, "void")
        self.assertEqual(warranty.void_user_id, self.users["supervisor"])
        with self.assertRaises(AccessError):
            self.as_user("supervisor", warranty).action_restore("mistake")
        self.as_user("manager", warranty).action_restore("Wrong machine")
        self.assertEqual(warranty.state, "active")
        with self.assertRaises(UserError):
            self.as_user("manager", warranty).unlink()
