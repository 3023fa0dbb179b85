from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import HttpCase, new_test_user, tagged

from ..claim.common_claim import ClaimCommon

PDF = (b"%PDF-1.4 paper", "pdf")


@tagged("post_install", "-at_install")
class TestSupplierPortalTour(ClaimCommon, HttpCase):
    """The month of a supplier in its portal (WA-20, WA-29)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        user = new_test_user(
            cls.env, login="st_seller", groups="base.group_portal", lang="en_US"
        )
        user.partner_id.parent_id = cls.supplier
        user.company_ids = [Command.set(cls.company.ids)]
        cls.supplier.write({"email": "q@supplier.example", "lang": "en_US"})

    def _letters(self, *reasons):
        letters = self.env["aftersales.letter"]._draft(
            [
                {
                    "kind": "warning",
                    "partner_id": self.supplier.id,
                    "company_id": self.company.id,
                    "reason": reason,
                }
                for reason in reasons
            ]
        )
        letters.action_send()
        return letters

    def test_a_supplier_answers_what_waits_for_it(self):
        deposit = self._set_up_deposit()
        self._book(deposit, "receipt", 1000, date=fields.Date.to_date("2026-01-05"))
        objected, read = self._letters("Three repairs late", "Four complaints")
        claim = self._claim()
        complaint = self.env["aftersales.complaint"].create(
            {
                "partner_id": self.customer.id,
                "supplier_id": self.supplier.id,
                "product_id": self.disk.id,
                "description": "The disk is dead",
                "team_id": self.team.id,
            }
        )
        reports = type(self.env["ir.actions.report"])
        with patch.object(reports, "_render_qweb_pdf", lambda *args, **kwargs: PDF):
            self.start_tour("/my", "aftersales_supplier_portal", login="st_seller")
        self.assertEqual((read.state, objected.state), ("acknowledged", "objected"))
        self.assertEqual(objected.objection, "The disks were dropped on site")
        self.assertEqual(complaint.supplier_answer, "We replace the disk on Friday")
        self.assertEqual((claim.state, claim.reference), ("partly", "RMA-7"))
        self.assertEqual(claim.accepted_amount, 580)
