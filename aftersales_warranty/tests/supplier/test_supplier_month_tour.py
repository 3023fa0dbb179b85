from odoo.tests import HttpCase, tagged

from ..claim.common_claim import ClaimCommon

ENTRIES = "/odoo/deposit-entries"


@tagged("post_install", "-at_install")
class TestSupplierMonthTour(ClaimCommon, HttpCase):
    """The month of a supplier in the web client, each step as who does it (WA-22)."""

    def test_service_manager_and_accountant_play_the_month(self):
        deposit = self._set_up_deposit(1000, minimum_share=10)
        by_note, by_deposit = self._claim(), self._claim()
        self.assertEqual(by_note.claimed_amount, 590)
        self.start_tour(ENTRIES, "aftersales_month_service", login="as_supervisor")
        penalty = deposit.entry_ids.filtered(lambda row: row.kind == "penalty")
        self.assertEqual(penalty.proposed_by_id, self.users["supervisor"])
        self.start_tour(
            "/odoo/supplier-claims", "aftersales_month_claims", login="as_accountant"
        )
        settled = (by_note | by_deposit).filtered(lambda row: row.state == "settled")
        self.assertEqual(settled.credit_note_ids.state, "posted")
        offset = deposit.entry_ids.filtered(lambda row: row.kind == "claim")
        self.assertEqual(offset.claim_id, (by_note | by_deposit) - settled)
        self.start_tour(ENTRIES, "aftersales_month_manager", login="as_manager")
        self.assertEqual(set((penalty | offset).mapped("state")), {"approved"})
        self.start_tour(
            "/odoo/deposit-desk", "aftersales_month_accountant", login="as_accountant"
        )
        self.assertEqual(set((by_note | by_deposit).mapped("state")), {"settled"})
        self.assertEqual(set(deposit.entry_ids.mapped("state")), {"posted"})
        deposit.invalidate_recordset()
        self.assertEqual((deposit.balance, deposit.shortfall), (1000, 0))
