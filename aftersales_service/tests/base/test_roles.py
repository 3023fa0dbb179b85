from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestRoles(AftersalesCommon):
    """A role is asked of who runs the code; ``env.user`` itself runs as superuser."""

    def test_a_technician_is_no_supervisor(self):
        users = self.as_user("technician", self.env["res.users"])
        self.assertTrue(users.env.user.env.su, "the trap this test is about")
        self.assertTrue(users._has_aftersales_role("technician", "supervisor"))
        self.assertFalse(users._has_aftersales_role("supervisor", "accountant"))
        with self.assertRaises(AccessError):
            users._check_aftersales_role("supervisor")

    def test_asked_of_the_user_it_is_about_the_user(self):
        user = self.as_user("technician", self.env["res.users"]).env.user
        self.assertTrue(user._has_aftersales_role("technician"))
        self.assertFalse(user._has_aftersales_role("supervisor"))

    def test_superuser_code_has_all_roles(self):
        users = self.as_user("technician", self.env["res.users"]).sudo()
        users._check_aftersales_role("supervisor")
