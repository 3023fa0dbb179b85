from odoo.tests import HttpCase, new_test_user, tagged

from .test_letter import LetterCommon


@tagged("post_install", "-at_install")
class TestSupplierPortalTour(LetterCommon, HttpCase):
    def test_a_supplier_answers_what_waits_for_it(self):
        user = new_test_user(
            self.env, login="st_seller", groups="base.group_portal", lang="en_US"
        )
        user.partner_id.parent_id = self.supplier
        self._book("receipt", 50000)
        letter = self._letter(reason="Three repairs late")
        letter.action_send()
        complaint = self.env["aftersales.complaint"].create(
            {
                "partner_id": self.customer.id,
                "supplier_id": self.supplier.id,
                "product_id": self.disk.id,
                "description": "The disk is dead",
                "team_id": self.team.id,
            }
        )
        self.start_tour("/my", "aftersales_supplier_portal", login="st_seller")
        self.assertEqual(letter.state, "acknowledged")
        self.assertEqual(complaint.supplier_answer, "We replace the disk on Friday")
