"""Sweeps over every model of the add-on: new models are covered by themselves."""

import inspect

from odoo import Command, models
from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common import GROUP, AftersalesCommon

# Readable by anybody inside the company because Odoo shows them in its own lists.
HARMLESS = {"get_import_templates", "get_empty_list_help"}
DESKS = ("aftersales.call.desk", "aftersales.board", "aftersales.myday")
READERS = (
    ("search_read", ([],)),
    ("search_count", ([],)),
    ("name_search", ("",)),
    ("web_search_read", ([], {"display_name": {}})),
    ("formatted_read_group", ([], ["id"], ["__count"])),
)


@tagged("post_install", "-at_install")
class TestSecurity(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create(
            {"name": "Other Company", "currency_id": cls.env.ref("base.JPY").id}
        )
        cls.foreigner = new_test_user(
            cls.env,
            "as_foreigner",
            groups=f"{GROUP}manager,{GROUP}accountant,{GROUP}technician",
            company_id=cls.other_company.id,
            company_ids=[Command.set(cls.other_company.ids)],
        )
        cls.outsider = new_test_user(cls.env, "as_outsider", groups="base.group_user")
        cls.portal = new_test_user(cls.env, "as_portal", groups="base.group_portal")
        cls.order = cls._create_reported_order()
        cls.order.action_complete()

    def _own_models(self, kinds=(models.Model,)):
        for name, model in self.env.registry.items():
            if (
                name.startswith("aftersales.")
                and model._module == "aftersales_service"
                and not model._abstract
                and isinstance(self.env[name], kinds)
            ):
                yield self.env[name]

    def _rpc(self, user, model, method, *args):
        """What /web/dataset/call_kw runs, rolled back afterwards."""
        records = self.env[model].with_user(user)
        get_public_method(records, method)
        savepoint = self.env.cr.savepoint()
        try:
            return getattr(records, method)(*args)
        finally:
            savepoint.close(rollback=True)

    # -- guarded fields (Reliability 7, 11, 12) ----------------------------------

    def test_nobody_writes_guarded_fields(self):
        for model in self._own_models():
            protected = getattr(model, "_get_guarded_fields", frozenset)()
            if not protected:
                continue
            record = model.search([], limit=1)
            for name in sorted(protected & set(model._fields)):
                for role in ("technician", "operator", "manager", "accountant"):
                    self._assert_guarded(model, record, name, role)

    def _assert_guarded(self, model, record, name, role):
        own = model.with_user(self.users[role])
        bypass = {
            "aftersales_pass": True,
            "aftersales_defaults": {},
            "install_mode": 1,
        }
        with self.subTest(model=model._name, field=name, role=role):
            with self.assertRaises(AccessError):
                own.create([{name: False}])
            with self.assertRaises(AccessError):
                own.with_context(**{f"default_{name}": 1}).create([{}])
            with self.assertRaises(AccessError):
                own.with_context(**bypass).create([{name: False}])
            if record:
                with self.assertRaises(UserError):
                    record.with_user(self.users[role]).write({name: False})

    def test_copy_starts_anew(self):
        copy = self.as_user("operator", self.order).copy({"duplicate_confirmed": True})
        self.assertEqual(copy.state, "new")
        self.assertFalse(copy.signed_at)
        self.assertNotEqual(copy.name, self.order.name)

    # -- who sees what (Reliability 10, 14, 15, 17) ------------------------------

    def test_every_model_with_a_company_has_a_global_rule(self):
        ruled = set(
            self.env["ir.rule"]
            .search([("groups", "=", False)])
            .mapped("model_id.model")
        )
        for model in self._own_models((models.Model,)):
            if "company_id" in model._fields and not model._transient:
                with self.subTest(model=model._name):
                    self.assertIn(model._name, ruled)

    def test_another_company_sees_and_changes_nothing(self):
        for model in self._own_models():
            if "company_id" not in model._fields or model._transient:
                continue
            foreign = model.with_user(self.foreigner)
            if not foreign.has_access("read"):
                continue
            ours = model.search([("company_id", "=", self.company.id)])
            with self.subTest(model=model._name):
                self.assertFalse(foreign.search([]) & ours)
                for method, args in READERS:
                    getattr(foreign, method)(*args)  # answers, and not with an error
                if ours:
                    with self.assertRaises(AccessError):
                        ours[:1].with_user(self.foreigner).check_access("read")

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.models")
    def test_outsiders_read_nothing(self):
        for user in (self.outsider, self.portal):
            for model in self._own_models():
                for method, args in READERS:
                    with self.subTest(user=user.login, model=model._name, by=method):
                        try:
                            found = self._rpc(user, model._name, method, *args)
                        except AccessError:
                            continue
                        self.assertFalse(
                            model._transient is False and self._has_rows(found), found
                        )

    def _has_rows(self, found):
        if isinstance(found, dict):
            return bool(found.get("records"))
        if isinstance(found, list) and found and isinstance(found[0], dict):
            return any(row.get("__count", 1) for row in found)
        return bool(found)

    def test_no_ordinary_user_gets_our_groups(self):
        ours = (
            self.env["res.groups"]
            .search([])
            .filtered(
                lambda group: group.get_external_id()[group.id].startswith(
                    "aftersales_service."
                )
            )
        )
        self.assertTrue(ours)
        self.assertFalse(self.outsider.all_group_ids & ours)
        self.assertFalse(self.env.ref("base.group_user").all_implied_ids & ours)

    # -- public methods (Reliability 13) ------------------------------------------

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.models", "odoo.sql_db")
    def test_outsiders_can_call_no_public_method(self):
        called = 0
        for name, method in self._public_methods():
            for user in (self.outsider, self.portal):
                with self.subTest(model=name, method=method, user=user.login):
                    try:
                        result = self._call_with_dummies(user, name, method)
                    except UserError:  # AccessError and our own sentences
                        result = {"type": "ir.actions.refused"}
                    # To open a dialog or a list is harmless: those have own rights.
                    self.assertIsInstance(result, dict)
                    self.assertIn("ir.actions", result.get("type", ""))
                    called += 1
        self.assertGreater(called, 60)

    def _public_methods(self):
        for name, model in self.env.registry.items():
            if not name.startswith("aftersales.") or model._transient:
                continue
            if model._abstract and name not in DESKS:
                continue  # parts of a model: their methods are called on the model
            for attribute in dir(model):
                if attribute.startswith("_") or attribute in HARMLESS:
                    continue
                member = inspect.getattr_static(model, attribute, None)
                module = getattr(member, "__module__", "") or ""
                private = getattr(member, "_api_private", False)
                if (
                    inspect.isfunction(member)
                    and "aftersales_service" in module
                    and attribute not in dir(self.env["mail.thread"])
                    and not private
                ):
                    yield name, attribute

    def _call_with_dummies(self, user, name, method):
        model = self.env[name].with_user(user)
        records = model
        if not model._abstract:
            records = self.env[name].search([], limit=1).with_user(user)
            if not records:
                model.check_access("read")  # no record to try: at least no access
                raise AccessError(name)
        function = getattr(records, method)
        required = [
            parameter
            for parameter in inspect.signature(function).parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind == parameter.POSITIONAL_OR_KEYWORD
        ]
        with self.env.cr.savepoint():
            return function(*([1] * len(required)))
