from odoo.tests import HttpCase, tagged

from .test_desk_cover import DeskCoverCommon


@tagged("post_install", "-at_install")
class TestDeskCoverTour(DeskCoverCommon, HttpCase):
    def test_an_agent_answers_for_some_of_them(self):
        self.company.aftersales_entitlement_set_ids = self.env.ref(
            "aftersales_warranty.entitlement_set_promise"
        )
        self.start_tour(
            "/odoo/service-desk", "aftersales_desk_cover", login="as_operator"
        )
