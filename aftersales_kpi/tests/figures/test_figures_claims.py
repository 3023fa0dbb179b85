from odoo import fields
from odoo.tests import tagged

from odoo.addons.aftersales_warranty.tests.claim.common_claim import ClaimCommon


@tagged("post_install", "-at_install")
class TestFigureClaims(ClaimCommon):
    """What suppliers paid back, however it came in (KP-10)."""

    def _recovered(self):
        self.env.flush_all()
        for period in self.env["aftersales.kpi.period"]._get_due():
            period._compute_by_job()
        self.env.invalidate_all()
        row = self.env["aftersales.kpi.month"].search(
            [
                ("kpi_id.code", "=", "SUPPLIER_RECOVERED"),
                ("company_id", "=", self.company.id),
                ("month", "=", fields.Date.start_of(fields.Date.today(), "month")),
                ("level", "=", "company"),
            ]
        )
        return row.numerator, row

    def test_a_credit_note_counts_when_posted_and_no_more_when_taken_back(self):
        claim = self._accept(self._claim())
        claim.action_credit_note()
        self.assertEqual(self._recovered()[0], 0)
        claim.credit_note_ids.action_post()
        amount, row = self._recovered()
        self.assertEqual(amount, claim.settled_amount)
        action = row.action_open_numerator()
        self.assertEqual(action["res_model"], claim._name)
        self.assertEqual(action["domain"], [("id", "in", claim.ids)])
        claim.credit_note_ids.button_draft()
        self.assertEqual(self._recovered()[0], 0)

    def test_a_replacement_counts_when_it_arrives(self):
        claim = self._accept(self._claim())
        claim.action_replacement()
        claim.picking_ids.move_ids.quantity = 1
        claim.picking_ids.move_ids.picked = True
        claim.picking_ids.button_validate()
        claim.invalidate_recordset()
        self.assertTrue(claim.settled_amount)
        self.assertEqual(self._recovered()[0], claim.settled_amount)

    def test_a_claim_paid_by_the_deposit_counts_once(self):
        self._set_up_deposit(1000.0)
        claim = self._accept(self._claim())
        claim.action_deduct()
        entry = claim.entry_ids
        entry.with_user(self.users["manager"]).action_approve()
        entry.action_post()
        claim.invalidate_recordset()
        self.assertTrue(claim.settled_amount)
        self.assertEqual(self._recovered()[0], claim.settled_amount)
