"""What only the model's own code writes: the guard, and a sweep over the registry."""

import datetime
import json
from contextlib import suppress
from types import SimpleNamespace
from unittest import SkipTest

import psycopg2

from odoo import Command, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...models.base.base import DOCUMENTS, GuardPass
from ..common import AftersalesCommon

MAIL = """Message-Id: <%s@example.com>
From: Ms Cui <cui@dca.example>
To: %s
Subject: Disk light
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Please look at it.
"""
ROUTING = ("message_process", "message_route", "message_new", "message_update")
DENIED = mute_logger("odoo.models", "odoo.addons.base.models.ir_rule")


class GuardCommon(AftersalesCommon):
    def _rpc(self, user, model, method, args, context=None):
        """What a browser or a script reaches, undone afterwards."""
        env = self.env(user=user)
        savepoint = self.env.cr.savepoint()
        try:
            return call_kw(env[model], method, list(args), {"context": context or {}})
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)


@tagged("post_install", "-at_install")
class TestGuard(GuardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._create_order()
        cls.admin = new_test_user(
            cls.env, "as_admin", groups="base.group_user,base.group_system"
        )
        cls.outsider = new_test_user(cls.env, "as_plain", groups="base.group_user")

    def _values(self, **values):
        return {
            **self._order_values(company_id=self.company.id),
            "asset_id": False,
            **values,
        }

    # -- the parameter ------------------------------------------------------------

    def test_the_field_itself_decides(self):
        model = self.env["aftersales.order"]
        guarded = model._get_guarded_fields()
        self.assertLessEqual({"state", "name", "access_token", "done_at"}, guarded)
        self.assertFalse({"description", "partner_id", "message_ids"} & guarded)
        self.assertFalse(self.env["res.users"]._get_guarded_fields())

    def test_a_related_field_is_not_open_because_its_target_is(self):
        """Odoo copies parameters of the target that the related field lacks."""
        model = self.env["aftersales.order"]
        for value in (True, False):
            said = SimpleNamespace(guarded=value)
            self.assertTrue(model._valid_field_parameter(said, "guarded"))
        self.assertFalse(model._valid_field_parameter(SimpleNamespace(), "guarded"))

    # -- ways in --------------------------------------------------------------------

    @DENIED
    def test_no_public_method_of_odoo_writes_a_guarded_field(self):
        operator = self.users["operator"]
        one = self.order.ids
        tried = {
            "write": (one, {"state": "done"}),
            "web_save": (one, {"state": "done"}, {}),
            "web_save_multi": (one, [{"state": "done"}], {}),
            "create": ([self._values(state="done")],),
            "copy": (one, {"state": "done", "duplicate_confirmed": True}),
            "web_resequence": (one, {}, "amount_untaxed"),
            "update_field_translations": (one, "signed_by", {"en_US": "Ms X"}),
        }
        for method, args in tried.items():
            with self.subTest(method), self.assertRaises(AccessError):
                self._rpc(operator, "aftersales.order", method, args)
        for method, args in (
            ("create", ([self._values()],)),
            ("name_create", ("New",)),
            ("web_save", ([], self._values(), {})),
        ):
            with self.subTest(method, by="context"), self.assertRaises(AccessError):
                context = {"default_state": "done"}
                self._rpc(operator, "aftersales.order", method, args, context)
        rows = ["id", "state"], [[str(self.order.id), "done"]]
        result = self._rpc(operator, "aftersales.order", "load", rows)
        self.assertFalse(result["ids"])
        self.assertEqual(self.order.state, "new")

    @DENIED
    def test_nested_commands_carry_no_guarded_field(self):
        line = {"product_id": self.disk.id, "kind": "part", "approved_price": 1.0}
        for method, args in (
            ("write", (self.order.ids, {"line_ids": [Command.create(line)]})),
            ("create", ([self._values(line_ids=[Command.create(line)])],)),
        ):
            with self.subTest(method), self.assertRaises(AccessError):
                self._rpc(self.users["operator"], "aftersales.order", method, args)

    def test_a_copy_starts_anew(self):
        self.order.sudo().write({"signed_by": "Ms Cui"})
        mine = self.as_user("operator", self.order)
        copied = mine.copy_data({"description": "Again"})[0]
        self.assertFalse(copied.keys() & mine._get_guarded_fields())
        self.assertEqual(copied["description"], "Again")

    # -- defaults -------------------------------------------------------------------

    def test_defaults_of_users_are_no_way_in(self):
        model = self.as_user("operator", self.env["aftersales.order"])
        settings = self.env["ir.default"]
        for scope in (
            {"user_id": self.users["operator"].id},
            {"company_id": self.company.id},
            {},
        ):
            settings.set("aftersales.order", "state", "done", **scope)
            settings.set("aftersales.order", "signed_by", "Ms X", **scope)
            for orders in (model, model.sudo(), self.env["aftersales.order"]):
                with self.subTest(scope=scope, su=orders.env.su):
                    order = orders.create(self._values())
                    self.assertEqual(order.state, "new")
                    self.assertFalse(order.signed_by)

    def test_defaults_of_users_for_open_fields_still_count(self):
        self.env["ir.default"].set("aftersales.order", "channel", "email")
        order = self.as_user("operator", self.env["aftersales.order"]).create(
            self._values()
        )
        self.assertEqual(order.channel, "email")

    def test_a_users_own_default_decides_nothing_in_an_action(self):
        """The action creates as superuser; the default is the requester's."""
        own = self.env["ir.default"].with_user(self.users["technician"])
        for name, value in {"state": "approved", "by_limit": True}.items():
            own.set("aftersales.approval", name, value, user_id=True)
        order = self.order
        model = self.as_user("technician", self.env["aftersales.approval"]).sudo()
        approval = model.with_context(default_state="approved").create(
            {
                "name": "Free",
                "kind": "gift",
                "company_id": order.company_id.id,
                "order_id": order.id,
            }
        )
        self.assertEqual(approval.state, "pending")
        self.assertFalse(approval.by_limit)
        self.assertEqual(approval.requested_by_id, self.users["technician"])

    # -- guarded writes with the user's own rights ------------------------------------

    def test_an_action_writes_with_the_users_own_rights(self):
        mine = self.as_user("operator", self.order)
        mine._write_guarded({"signed_by": "Ms Cui"})
        self.assertEqual(self.order.signed_by, "Ms Cui")
        self.assertEqual(self.order.write_uid, self.users["operator"])
        with self.assertRaises(AccessError), DENIED:
            mine.write({"signed_by": "Ms X"})
        with self.assertRaises(AccessError), DENIED:
            self.as_user("accountant", self.order)._write_guarded({"signed_by": "Ms X"})

    def test_record_rules_hold_in_a_guarded_write(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        stranger = new_test_user(
            self.env,
            "as_stranger",
            groups="aftersales_service.aftersales_service_group_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        with self.assertRaises(AccessError), DENIED:
            self.order.with_user(stranger)._write_guarded({"signed_by": "Ms X"})

    def test_the_pass_opens_what_it_names_and_nothing_else(self):
        model = self.as_user("operator", self.env["aftersales.order"])
        mine, other = self.as_user("operator", self.order), self._create_order()
        held = GuardPass(mine, {"signed_by"})
        self.assertTrue(held.opens(mine, "signed_by"))
        self.assertFalse(held.opens(mine, "state"))
        self.assertFalse(held.opens(model, "signed_by"))
        self.assertFalse(held.opens(other, "signed_by"))
        self.assertFalse(held.opens(mine + other, "signed_by"))
        self.assertFalse(held.opens(self.env["aftersales.complaint"], "signed_by"))
        new = GuardPass(model, {"signed_by"})
        self.assertTrue(new.opens(model, "signed_by"))
        self.assertFalse(new.opens(mine, "signed_by"))

    def test_the_pass_does_not_stay_with_the_records(self):
        model = self.as_user("operator", self.env["aftersales.order"])
        order = model._create_guarded([self._values(signed_by="Ms Cui")])
        self.assertEqual(order.signed_by, "Ms Cui")
        self.assertEqual(order.state, "new")
        order._write_guarded({"signed_by": "Ms Li"})
        plain = model.create([self._values()])
        for records in (order, plain, plain.line_ids, order.message_ids):
            self.assertNotIn("aftersales_pass", records.env.context)
        with self.assertRaises(AccessError), DENIED:
            order.write({"signed_by": "Ms X"})

    @DENIED
    def test_no_context_from_outside_is_a_pass(self):
        forged = {"model": "aftersales.order", "names": ["state"], "checked": False}
        for value in (True, 1, "x", forged, [forged], self.order.ids):
            self.assertEqual(json.loads(json.dumps(value)), value)
            for method, args in (
                ("write", (self.order.ids, {"state": "done"})),
                ("create", ([self._values(state="done")],)),
            ):
                with self.subTest(value=value), self.assertRaises(AccessError):
                    self._rpc(
                        self.users["operator"],
                        "aftersales.order",
                        method,
                        args,
                        {"aftersales_pass": value},
                    )

    # -- mail -------------------------------------------------------------------------

    def test_only_administrators_hand_in_mail(self):
        raw = MAIL % ("rpc-1", "nobody@service.example")
        values = {"state": "done", **self._values()}
        parsed = {
            "message_id": "<x@example.com>",
            "subject": "x",
            "to": "x",
            "from": "cui@dca.example",
            "email_from": "cui@dca.example",
        }
        calls = {
            "message_process": ("aftersales.order", raw, values),
            "message_route": (raw, parsed, "aftersales.order", None, values),
            "message_new": (parsed, values),
            "message_update": (self.order.ids, parsed, {"description": "x"}),
        }
        self.assertEqual(set(ROUTING), set(calls))
        for user in (self.outsider, *self.users.values()):
            for model in ("mail.thread", "aftersales.order", "account.move"):
                for method, args in calls.items():
                    with (
                        self.subTest(user=user.login, model=model, by=method),
                        self.assertRaises(AccessError),
                    ):
                        self._rpc(user, model, method, args)
        self.assertEqual(self.order.description, "The disk shows an amber light")

    @mute_logger("odoo.addons.mail.models.mail_thread")
    def test_the_script_of_a_mail_server_still_hands_in_mail(self):
        """It logs in as an administrator and calls ``message_process``."""
        raw = MAIL % ("rpc-2", "nobody@service.example")
        orders = self.env["aftersales.order"]
        before = orders.search([])
        gateway = self.env["mail.thread"].with_user(self.admin)
        values = {"team_id": self.team.id, "state": "done", "signed_by": "Ms X"}
        call_kw(gateway, "message_process", ["aftersales.order", raw, values], {})
        order = orders.search([]) - before
        self.assertEqual(len(order), 1)
        self.assertEqual((order.state, order.signed_by), ("new", False))
        self.assertEqual(order.channel, "email")

    @mute_logger("odoo.addons.mail.models.mail_thread")
    def test_the_job_that_fetches_mail_still_hands_it_in(self):
        root = self.env["mail.thread"].with_user(self.env.ref("base.user_root"))
        raw = MAIL % ("rpc-3", "nobody@service.example")
        before = self.env["aftersales.order"].search([])
        root.message_process("aftersales.order", raw)
        self.assertEqual(len(self.env["aftersales.order"].search([]) - before), 1)

    def test_models_without_an_address_take_no_mail(self):
        parsed = {"message_id": "<y@example.com>", "subject": "y", "to": "y"}
        takers = {
            name
            for name in self.env.registry
            if name.startswith("aftersales.")
            and hasattr(self.env[name], "message_new")
            and not self.env[name]._abstract
            and self.env[name]._takes_new_mail()
        }
        self.assertEqual(takers, {"aftersales.order", "aftersales.complaint"})
        for name in self.env.registry:
            model = self.env[name]
            if (
                name.startswith("aftersales.")
                and not model._abstract
                and hasattr(model, "message_new")
                and name not in takers
            ):
                with self.subTest(model=name), self.assertRaises(UserError):
                    model.sudo().message_new(dict(parsed), {})

    def test_values_of_an_address_set_no_guarded_field(self):
        parsed = {
            "message_id": "<z@example.com>",
            "subject": "z",
            "to": "z",
            "email_from": "cui@dca.example",
        }
        for name in ("aftersales.order", "aftersales.complaint"):
            model = self.env[name].sudo()
            values = {"team_id": self.team.id, "access_token": "known"}
            record = model.message_new(dict(parsed), values)
            self.assertNotEqual(record.access_token, "known")
            record.message_update(dict(parsed), {"access_token": "known"})
            self.assertNotEqual(record.access_token, "known")


@tagged("post_install", "-at_install")
class TestGuardSweep(GuardCommon):
    """Each field of each model is open by its definition, or refuses everybody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if hasattr(type(cls.env["aftersales.guard.mixin"]), "PROTECTED"):
            raise SkipTest("the fields do not say yet what is guarded")
        cls._create_order(line_ids=[cls._line_values("part", cls.disk)])

    def _fields_of_ours(self):
        for name, model in self.env.registry.items():
            own = name.startswith("aftersales.")
            if model._abstract or model._transient or not model._auto:
                continue
            for field in model._fields.values():
                ours = any(part.startswith("aftersales_") for part in field._modules)
                named = own or field.name.startswith("aftersales_")
                magic = field.name in models.MAGIC_COLUMNS or field.inherited
                if ours and named and field.store and not magic:
                    yield self.env[name], field

    def _has_to_be_guarded(self, model, field):
        """The rule, from its wording: what nobody fills in is nobody's to write."""
        if not model._name.startswith("aftersales.") and field.relational:
            target = field.comodel_name
            if model._name in DOCUMENTS and target.startswith("aftersales."):
                return True
        computed = field.compute and not field.inverse
        return bool(field.readonly or computed and field.readonly)

    def test_everything_read_only_is_guarded_unless_named(self):
        seen = 0
        for model, field in self._fields_of_ours():
            if self._has_to_be_guarded(model, field):
                named = getattr(field, "guarded", None) is False
                guarded = field.name in model._get_guarded_fields()
                with self.subTest(field=str(field)):
                    self.assertTrue(guarded or named)
                    self.assertFalse(guarded and named)
                seen += 1
        self.assertGreater(seen, 500)

    @DENIED
    def test_guarded_fields_refuse_every_role(self):
        tried, records, roles = 0, {}, {}
        for model, field in self._fields_of_ours():
            name = model._name
            if field.name not in model._get_guarded_fields():
                continue
            if name not in records:
                records[name] = model.search([], limit=1)
                roles[name] = [
                    user
                    for user in self.users.values()
                    if model.with_user(user).has_access("write")
                    or model.with_user(user).has_access("create")
                ]
            for user in roles[name]:
                self._assert_refused(user, records[name], field)
                tried += 1
        self.assertGreater(tried, 1000)

    def _assert_refused(self, user, record, field):
        name, value = field.name, self._other_value(record, field)
        mine = record.with_user(user)
        with self.subTest(field=str(field), user=user.login):
            if mine._has_field_access(field, "read"):
                shown = mine.fields_get([name], ["readonly"])[name]["readonly"]
                self.assertTrue(shown)
            if record:
                with self.assertRaises(UserError):
                    call_kw(mine, "write", [record.ids, {name: value}], {})
            # Some models ask for more before Odoo asks for the field: refused anyway.
            for vals, context in (
                ({name: value}, {}),
                ({}, {f"default_{name}": value}),
            ):
                try:
                    self._rpc(user, record._name, "create", [[vals]], context)
                except (UserError, KeyError, psycopg2.Error):
                    continue
                self.fail("created")

    def test_no_default_reaches_a_guarded_field(self):
        users = list(self.users.values())
        for model, field in self._fields_of_ours():
            if field.name not in model._get_guarded_fields():
                continue
            own = field.default and field.default(model)
            value = self._other_value(model, field, own)
            if field.type in ("one2many", "many2many", "binary") or not value:
                continue
            user = users[len(field.name) % len(users)]
            mine = model.with_user(user).sudo()
            own = field.default and field.default(mine)
            default = f"default_{field.name}"
            with self.subTest(field=str(field)):
                self._store_default(model, field, value, user)
                for asked in (mine, mine.with_context(**{default: value})):
                    found = asked._add_missing_default_values({}).get(field.name)
                    expected = own and field.convert_to_write(
                        field.convert_to_cache(own, mine, validate=False), mine
                    )
                    if field.type != "datetime":  # its default is the moment
                        self.assertEqual(found or False, expected or False)
                    self.assertNotEqual(found, value)

    def _store_default(self, model, field, value, user):
        with suppress(ValidationError):  # of a kind that Odoo stores no default for
            self.env["ir.default"].set(model._name, field.name, value, user_id=user.id)

    def _other_value(self, record, field, now=False):
        """A value of the right type that the record, or its default, does not have."""
        now = record[field.name] if record else now
        if field.type in ("char", "text", "html"):
            return "another"
        if field.type == "boolean":
            return not now
        if field.type in ("integer", "float", "monetary"):
            return (now or 0) + 77
        if field.type == "date":
            return datetime.date(2099, 1, 2).isoformat()
        if field.type == "datetime":
            return "2099-01-02 03:04:05"
        if field.type == "selection":
            values = field.get_values(self.env)
            return next((value for value in values if value != now), False)
        if field.type == "many2one":
            target = self.env[field.comodel_name].with_context(active_test=False)
            return target.search([("id", "!=", self._get_id(now))], limit=1).id
        if field.type in ("one2many", "many2many"):
            return [Command.clear()]
        return False

    def _get_id(self, value):
        return value if isinstance(value, int) else value.id if value else 0

    # -- searching ------------------------------------------------------------------

    def test_no_field_of_ours_searches_past_the_rights(self):
        """Photos are shown with their document, whose reader may read them anyway."""
        for model in self.env.registry.values():
            for field in model._fields.values():
                first = (field._modules or ("",))[0]
                ours = first.startswith("aftersales_") and not field.inherited
                if ours and field.relational:
                    with self.subTest(field=str(field)):
                        self.assertTrue(
                            field.comodel_name == "ir.attachment"
                            or not field.bypass_search_access
                        )

    @DENIED
    def test_a_search_reads_nothing_that_may_not_be_read(self):
        for path in ("access_token", "amount_total", "line_ids.price_unit", "ref"):
            domain = [(f"invoice_ids.{path}", "!=", False)]
            with self.subTest(path), self.assertRaises(AccessError):
                self._rpc(
                    self.users["technician"],
                    "aftersales.order",
                    "search_count",
                    [domain],
                )
