from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.aftersales_service.tests.common import GROUP

from ..common import WarrantyCommon

ROLES = ("technician", "operator", "supervisor", "manager", "accountant")


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestWarrantySecurity(WarrantyCommon):
    """Sweeps over every model of the add-on (Reliability 10 to 16, 40)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create({"name": "Other Company"})
        cls.foreigner = new_test_user(
            cls.env,
            "as_foreigner",
            groups=f"{GROUP}manager,{GROUP}accountant,{GROUP}technician",
            company_id=cls.other_company.id,
            company_ids=[Command.set(cls.other_company.ids)],
        )
        cls.outsider = new_test_user(cls.env, "as_outsider", groups="base.group_user")
        cls.portal = new_test_user(cls.env, "as_portal", groups="base.group_portal")
        cls.seller = new_test_user(
            cls.env, "as_seller", groups="sales_team.group_sale_salesman"
        )
        cls.warranty = cls._create_covered("RS-1", "2026-06-01")
        cls._register_repair(cls.warranty, "2026-06-02 01:00:00", "2026-06-03 01:00:00")
        cls.env["aftersales.warranty"]._register_parts(
            [
                {
                    "warranty_id": cls.warranty.id,
                    "product_id": cls.disk.id,
                    "fitted_on": "2026-06-03",
                }
            ]
        )
        cls.env["aftersales.warranty.reading"].create(
            [{"asset_id": cls.warranty.asset_id.id, "value": 3}]
        )

    def _own_models(self):
        for name, model in self.env.registry.items():
            if (
                model._original_module == "aftersales_warranty"
                and name.startswith("aftersales.")
                and not model._abstract
            ):
                yield self.env[name]

    # -- guarded fields (11, 12) ---------------------------------------------------

    def test_nobody_writes_guarded_fields(self):
        bypass = {
            "aftersales_pass": True,
            "aftersales_defaults": {},
            "aftersales_no_warranty": True,
            "install_mode": 1,
        }
        for model in self._own_models():
            guarded = getattr(model, "_get_guarded_fields", frozenset)()
            record = model.search([], limit=1)
            for name in sorted(guarded):
                for role in ROLES:
                    own = self.as_user(role, model)
                    with self.subTest(model=model._name, field=name, role=role):
                        with self.assertRaises(AccessError):
                            own.create([{name: False}])
                        with self.assertRaises(AccessError):
                            own.with_context(**{f"default_{name}": 1}).create([{}])
                        with self.assertRaises(AccessError):
                            own.with_context(**bypass).create([{name: False}])
                        with self.assertRaises(AccessError):
                            self.as_user(role, record).with_context(**bypass).write(
                                {name: False}
                            )

    def test_what_was_given_at_opening_stays(self):
        for name in sorted(self.warranty.FIXED):
            for role in ROLES:
                mine = self.as_user(role, self.warranty)
                refused = self.assertRaises(AccessError)
                with self.subTest(field=name, role=role), refused:
                    mine.write({name: False})

    def test_results_of_the_arithmetic_have_no_create_right(self):
        for model in ("scope", "part", "repair"):
            for role in ROLES:
                own = self.as_user(role, self.env[f"aftersales.warranty.{model}"])
                with self.subTest(model=model, role=role):
                    self.assertFalse(own.has_access("create"))
                    self.assertFalse(own.has_access("write"))
                    self.assertFalse(own.has_access("unlink"))

    # -- public methods (13) -----------------------------------------------------------

    def test_actions_refuse_who_may_not(self):
        asset = self.warranty.asset_id.id
        for name, args, roles in (
            ("action_void", ("x",), ("technician", "operator", "accountant")),
            ("action_restore", ("x",), ("technician", "operator", "supervisor")),
            ("action_change_start", ("2026-01-01", "x"), ("technician", "operator")),
            ("action_set_event", ("acceptance", "2026-01-01"), ("technician",)),
            ("action_assign", (asset,), ("technician", "accountant")),
        ):
            for role in roles:
                mine = self.as_user(role, self.warranty)
                refused = self.assertRaises(AccessError)
                with self.subTest(action=name, role=role), refused:
                    getattr(mine, name)(*args)

    def test_actions_refuse_the_wrong_state(self):
        mine = self.as_user("manager", self.warranty)
        with self.assertRaisesRegex(UserError, "not void"):
            mine.action_restore("x")
        with self.assertRaisesRegex(UserError, "installed product"):
            mine.action_set_event("acceptance", "2026-06-01")
        with self.assertRaisesRegex(UserError, "what happened"):
            mine.action_set_event("birthday", "2026-06-01")
        mine.action_void("Opened")
        with self.assertRaisesRegex(UserError, "void already"):
            mine.action_void("Opened")
        with self.assertRaisesRegex(UserError, "is void"):
            mine.action_change_start("2026-06-01", "x")
        self._open(self.warranty.asset_id)
        with self.assertRaisesRegex(UserError, "opened meanwhile"):
            mine.action_restore("mistake")

    # -- who sees what (10, 14, 17) -----------------------------------------------

    def test_every_model_has_a_company_rule(self):
        rules = self.env["ir.rule"].search([("groups", "=", False)])
        ruled = set(rules.mapped("model_id.model"))
        for model in self._own_models():
            if "company_id" in model._fields and not model._transient:
                with self.subTest(model=model._name):
                    self.assertIn(model._name, ruled)

    def test_another_company_sees_nothing(self):
        for model in self._own_models():
            if "company_id" not in model._fields or model._transient:
                continue
            # What names no company (shipped terms and rules) is for all.
            own = model.search([("company_id", "!=", False)])
            if not own:
                continue
            foreign = own.with_user(self.foreigner)
            with self.subTest(model=model._name):
                self.assertFalse(foreign.search([("id", "in", own.ids)]))
                with self.assertRaises(AccessError):
                    foreign[0].read(["id", "display_name"])

    def test_a_machine_of_another_company_gets_no_warranty_here(self):
        foreign = self._create_machine("X", company_id=self.other_company.id)
        with self.assertRaises(AccessError):
            self.as_user("supervisor", self.env["aftersales.warranty"]).create(
                [{"asset_id": foreign.id}]
            )

    def test_outsiders_have_no_access_at_all(self):
        for user in (self.outsider, self.portal):
            for model in self._own_models():
                with self.subTest(user=user.login, model=model._name):
                    self.assertFalse(model.with_user(user).has_access("read"))

    def test_sales_people_see_the_warranties_of_their_orders(self):
        mine = self.warranty.with_user(self.seller)
        self.assertEqual(mine.state, "active")
        self.assertTrue(mine.scope_ids[0].display_name)
        self.assertFalse(mine.has_access("write"))
        specification = {
            name: {}
            for name, field in mine._fields.items()
            if "message" not in name and not field.groups
        }
        self.assertTrue(
            mine.web_read(
                {k: v for k, v in specification.items() if "activity" not in k}
            )
        )

    def test_every_role_can_read_every_field(self):
        for model in self._own_models():
            record = model.search([], limit=1)
            for role in ROLES:
                mine = self.as_user(role, record)
                if not mine or not mine.has_access("read"):
                    continue
                names = [n for n, f in mine._fields.items() if not f.groups]
                with self.subTest(model=model._name, role=role):
                    self.assertTrue(mine.read(names))

    # -- history stays (40) ---------------------------------------------------------

    @mute_logger("odoo.sql_db")
    def test_what_a_warranty_hangs_on_cannot_be_deleted(self):
        for record in (
            self.warranty.asset_id,
            self.machine,
            self.customer,
            self.warranty.term_id,
            self.disk,
        ):
            with self.subTest(model=record._name):
                self.assertTrue(self._refuses_deletion(record))

    def test_no_history_hangs_on_a_cascade(self):
        """Rows belong to what is never deleted once it has been used."""
        owners = (
            "aftersales.warranty",
            "aftersales.warranty.term",
            "aftersales.return",
            "aftersales.entitlement.set",
            "aftersales.supplier.claim",
        )
        # Locks and marks: nothing is told by them, the next run makes them again.
        working = {"aftersales.penalty.due", "aftersales.penalty.standing"}
        for model in self._own_models():
            for field in model._fields.values():
                if (
                    not model._transient
                    and model._name not in working
                    and field.type == "many2one"
                    and field.store
                    and field.ondelete == "cascade"
                    and field._module == "aftersales_warranty"
                ):
                    with self.subTest(field=str(field)):
                        self.assertIn(field.comodel_name, owners)

    def test_merging_customers_keeps_the_warranties(self):
        twin = self.customer.copy({"name": "Data Centre A twice"})
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge([self.customer.id, twin.id], twin)
        self.warranty.invalidate_recordset()
        self.assertEqual(self.warranty.partner_id, twin)

    def test_who_creates_companies_need_not_be_of_the_service_department(self):
        admin = new_test_user(self.env, "as_admin_only", groups="base.group_system")
        company = self.env["res.company"].with_user(admin).create({"name": "Fresh"})
        promise = self.env.ref("aftersales_warranty.entitlement_set_promise")
        self.assertEqual(company.sudo().aftersales_entitlement_set_ids, promise)

    def test_a_new_company_may_promise_nothing(self):
        company = self.env["res.company"].create(
            {"name": "Fresh", "aftersales_entitlement_set_ids": []}
        )
        self.assertFalse(company.aftersales_entitlement_set_ids)
