from odoo.tests import HttpCase, tagged

from .test_complaint import ComplaintCommon


@tagged("post_install", "-at_install")
class TestComplaintTour(ComplaintCommon, HttpCase):
    def test_supervisor_handles_a_complaint(self):
        self.start_tour(
            "/odoo/complaints", "aftersales_complaint", login="as_supervisor"
        )
        self.assertEqual(self.complaint.state, "resolved")
        self.assertEqual(self.complaint.finding, "Nobody was sent")
        self.assertEqual(self.complaint.answer_channel, "email")
        self.assertEqual(self.complaint.call_ids.user_id, self.users["supervisor"])
        self.assertFalse(self.complaint.activity_ids)
