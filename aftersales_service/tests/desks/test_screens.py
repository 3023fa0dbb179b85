from odoo.tests import new_test_user, tagged

from ..common import AftersalesCommon
from ..common_screens import Screens


@tagged("post_install", "-at_install")
class TestScreens(AftersalesCommon):
    """Whoever sees a menu can open what is behind it, with all it shows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._create_reported_order()
        visit = {"order_id": cls.order.id, "lead_id": cls.technician.id}
        cls.env["aftersales.visit"].create(
            {
                **visit,
                "planned_start": "2026-03-01 01:00:00",
                "planned_end": "2026-03-01 03:00:00",
            }
        )
        cls.env["aftersales.complaint"].create(
            {"partner_id": cls.customer.id, "description": "Nobody came."}
        )

    def _open_all(self, user):
        screens = Screens(self.env(user=user), limit=3)
        screens.open_menus(self.env.ref("aftersales_service.aftersales_menu_root"))
        return screens

    def test_every_role_opens_what_its_menu_shows(self):
        for role, user in self.users.items():
            with self.subTest(role=role):
                screens = self._open_all(user)
                self.assertEqual(screens.errors, [])
                self.assertIn(("res.partner", "form"), screens.opened)

    def test_somebody_without_a_role_sees_no_menu(self):
        stranger = new_test_user(self.env, "as_stranger", groups="base.group_user")
        self.assertFalse(self._open_all(stranger).opened)
