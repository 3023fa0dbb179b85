from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..common import WarrantyCommon

D = date.fromisoformat


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestWarrantyBulk(WarrantyCommon):
    def _machines(self, count, **values):
        values = {"delivered_on": "2026-01-10", **values}
        quiet = self.env["aftersales.asset"].with_context(aftersales_no_warranty=True)
        return quiet.create(
            [
                {
                    "partner_id": self.customer.id,
                    "product_id": self.machine.id,
                    "serial": f"B-{number}",
                    **values,
                }
                for number in range(count)
            ]
        )

    def _wizard(self, role="supervisor", **values):
        return self.as_user(role, self.env["aftersales.warranty.open"]).create(values)

    def test_preview_opens_nothing_and_names_problems(self):
        machines = self._machines(3)
        self._create_asset("NOTERM", product_id=self.server.id)
        wizard = self._wizard()
        wizard.action_preview()
        self.assertFalse(machines.warranty_ids)
        self.assertEqual((wizard.ready_count, wizard.problem_count), (3, 2))
        row = wizard.line_ids.filtered(lambda row: row.asset_id == machines[0])
        self.assertEqual(row.date_start, D("2026-01-10"))
        self.assertEqual(row.date_end, D("2027-01-10"))
        self.assertEqual(row.term_id, self.term)
        self.assertIn("No term", wizard.line_ids.filtered("problem")[0].problem)

    def test_opens_once_and_says_so_the_second_time(self):
        machines = self._machines(3)
        action = self._wizard().action_open()
        opened = self.env["aftersales.warranty"].search(action["domain"])
        self.assertEqual(opened.asset_id, machines)
        self.assertEqual(opened[0].opening_reason, "Old deliveries taken over")
        with self.assertRaisesRegex(UserError, "nothing to open"):
            self._wizard().action_open()
        self.assertEqual(len(machines.warranty_ids), 3)

    def test_what_was_voided_stays_void(self):
        machine = self._machines(1)
        self._open(machine)._void("Opened by the customer")
        with self.assertRaisesRegex(UserError, "nothing to open"):
            self._wizard().action_open()
        machine.installed_on = "2026-06-14"
        self.assertEqual(machine.warranty_state, "void")

    def test_one_term_and_one_start_for_all(self):
        machines = self._machines(2, product_id=self.server.id)
        term = self._create_term("36 months", duration=36)
        self._wizard(
            term_id=term.id,
            opening_date="2026-02-01",
            product_ids=[Command.set(self.server.ids)],
        ).action_open()
        self.assertEqual(
            set(machines.warranty_ids.mapped("date_end")), {D("2029-02-01")}
        )

    def test_serials_delivered_before_are_registered_first(self):
        order = self._sell(self.machine, 2)
        self._deliver(order, "S-1", "S-2")
        # As if the add-on had been installed afterwards.
        order.aftersales_warranty_ids._void("x")
        lots = self.env["stock.lot"].search([("name", "in", ("S-1", "S-2"))])
        assets = lots.aftersales_asset_ids
        assets.lot_id = False
        assets.serial = False
        wizard = self._wizard(product_ids=[Command.set(self.machine.ids)])
        wizard.action_preview()
        self.assertEqual(wizard.unregistered_count, 2)
        wizard.action_open()
        fresh = lots.aftersales_asset_ids
        self.assertEqual(len(fresh), 2)
        self.assertEqual(fresh.mapped("warranty_state"), ["active", "active"])

    def test_only_supervisors(self):
        self._machines(1)
        wizard = self._wizard("operator")
        with self.assertRaises(AccessError):
            wizard.action_open()
        with self.assertRaises(AccessError):
            wizard.action_preview()

    def test_another_companys_machines_stay_out(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._machines(1, company_id=other.id)
        wizard = self._wizard()
        wizard.action_preview()
        self.assertEqual(wizard.ready_count, 0)
        with self.assertRaises(AccessError):
            self._wizard(company_id=other.id).action_open()

    def test_queries_do_not_grow_with_the_number(self):
        """Besides the INSERT of Odoo for every hundred rows."""
        machines = self._machines(300)
        counts = []
        for rows in (machines[:10], machines[10:110], machines[110:300]):
            wizard = self._wizard(asset_ids=[Command.set(rows.ids)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            wizard.action_open()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)
        self.assertLessEqual(counts[2], counts[0] + 4)
        self.assertLessEqual(counts[0], 100)
