"""Sweeps over every model of the add-on: new models are covered by themselves."""

import inspect
import json
import re
from pathlib import Path

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import SQL, json_default, mute_logger

from odoo.addons.aftersales_service.tests.common import GROUP

from ..common import FiguresCommon
from ..quality.test_analysis import AnalysisCommon

ROLES = ("technician", "supervisor", "manager")
SHEET, LINE = "aftersales.score.sheet", "aftersales.score.line"
ALARM, PERIOD = "aftersales.alarm", "aftersales.kpi.period"
REQUEST, ENTRY = "aftersales.improvement", "aftersales.handbook"
STATES = {
    **dict.fromkeys((SHEET, ALARM, PERIOD, REQUEST, ENTRY), "state"),
    LINE: "objection_state",
    "aftersales.order": "state",
}
BOTH, MANAGER = ("supervisor", "manager"), ("manager",)
# Who may move what from where to where; everything else moves nothing.
TABLE = {
    (SHEET, "action_close"): {
        ("open", "checked"): BOTH,
        ("checked", "closed"): MANAGER,
    },
    (SHEET, "action_take_back"): {("checked", "open"): BOTH},
    (LINE, "action_object"): {(None, "open"): ("technician",)},
    (LINE, "action_accept_objection"): {("open", "accepted"): BOTH},
    (LINE, "action_reject_objection"): {("open", "rejected"): BOTH},
    (ALARM, "action_take"): {("new", "working"): BOTH},
    (ALARM, "action_close"): {
        ("new", "closed"): MANAGER,
        ("working", "closed"): MANAGER,
    },
    (ALARM, "action_reopen"): {("closed", "working"): MANAGER},
    (PERIOD, "action_close"): {("open", "closed"): MANAGER},
    (PERIOD, "action_reopen"): {("closed", "open"): MANAGER},
    (REQUEST, "action_send"): {("draft", "sent"): MANAGER},
    (REQUEST, "action_answer"): {("sent", "answered"): MANAGER},
    (REQUEST, "action_accept"): {("answered", "accepted"): MANAGER},
    (REQUEST, "action_send_back"): {("answered", "sent"): MANAGER},
    (ENTRY, "action_publish"): {("draft", "published"): BOTH},
    (ENTRY, "action_take_back"): {("published", "draft"): BOTH},
}
DUMMIES = {"options": {}, "age": 1}
KEY = re.compile(
    r"context(?:\.get\(|\[)\s*[\"'](\w+)"  # read
    r"|with_context\(\s*(\w+)="  # set
    r"|[\"'](aftersales_\w+)[\"']:\s*(?:True|1)\b"  # given by a view
)
# True is no language, time zone or company; Odoo fails before we are asked.
VALUED = {"lang", "tz", "allowed_company_ids"}


def get_context_keys():
    """Every context key that the code or a view of the three add-ons knows."""
    addons = Path(__file__).resolve().parents[3]
    keys = {"install_mode", "import_file", "module", "tracking_disable"}
    for path in addons.glob("aftersales_*/**/*"):
        if path.suffix in (".py", ".xml") and "tests" not in path.parts:
            keys.update(filter(None, sum(KEY.findall(path.read_text()), ())))
    return keys - VALUED


@tagged("post_install", "-at_install")
@freeze_time("2026-04-09 02:00:00")
class TestKpiSecurity(AnalysisCommon, FiguresCommon):
    """One record of each model, and whatever anybody may call on it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users["manager"].email = "head@example.com"
        order = cls._fault(remedy="Fastened it")
        cls._visits(order)
        cls._incident("hotline_missed")
        cls._answer(order, "satisfied")
        cls._compute()
        cls._compute_figures()
        cls._approve()
        cls._make_plan_and_alarm()
        cls._make_request_and_entry(order)
        cls.records = {
            SHEET: cls._sheet(),
            LINE: cls._sheet().line_ids[:1],
            PERIOD: cls._period(),
            "aftersales.order": order,
        }

    @classmethod
    def _approve(cls):
        approvals = cls.env["aftersales.approval"].search([("kind", "=", "score")])
        cls.as_user("manager", approvals).action_approve()

    @classmethod
    def _make_plan_and_alarm(cls):
        cls.env["aftersales.kpi.plan"].create(
            {"team_id": cls.team.id, "month": "2026-03-01", "orders_plan": 4}
        )
        cls.env[ALARM].search([]).unlink()
        cls.env[ALARM].create(
            {
                "rule_id": cls.env["aftersales.alarm.rule"].search([], limit=1).id,
                "company_id": cls.company.id,
                "product_id": cls.disk.id,
                "finding": "A bad lot",
            }
        )

    @classmethod
    def _make_request_and_entry(cls, order):
        cls.env[REQUEST].create(
            {
                "unit_id": cls.unit.id,
                "company_id": cls.company.id,
                "month": "2026-03-01",
                "line_ids": [Command.create({"kind": "fault", "order_id": order.id})],
            }
        )
        cls.env[ENTRY].create(
            {
                "name": "Cable loose",
                "problem": "No signal",
                "remedy": "Fasten it",
                "company_id": cls.company.id,
            }
        )

    def _own_models(self):
        for name, model in self.env.registry.items():
            if name.startswith("aftersales.") and (
                model._original_module == "aftersales_kpi"
            ):
                yield self.env[name]

    def _get_record(self, name):
        return self.records.get(name) or self.env[name].search(
            [("company_id", "in", (self.company.id, False))]
            if "company_id" in self.env[name]._fields
            else [],
            limit=1,
        )

    def _rpc(self, role, model, method, *args):
        """What /web/dataset/call_kw runs, its answer sent."""
        env = self.env(user=self.users[role])
        result = call_kw(env[model], method, list(args), {})
        env.flush_all()
        json.dumps(result, default=json_default)

    # -- guarded fields (Reliability 12) ------------------------------------------

    def test_no_context_key_opens_a_guarded_field(self):
        keys = get_context_keys()
        self.assertLessEqual({"aftersales_pass", "aftersales_cover"}, keys)
        contexts = [dict.fromkeys(keys, True), *({key: True} for key in sorted(keys))]
        tried = 0
        for model in self._own_models():
            if model._abstract or not hasattr(model, "_get_guarded_fields"):
                continue
            guarded = model._get_guarded_fields()
            record = guarded and self._get_record(model._name)
            self.assertTrue(record or not guarded, model._name)
            for name in sorted(guarded & set(model._fields)):
                for context in contexts:
                    self._assert_refused(record, name, context)
                    tried += 1
        self.assertGreater(tried, 100 * len(keys))

    def _assert_refused(self, record, name, context):
        mine = self.as_user("manager", record).with_context(**context)
        for method, args in (
            ("write", [record.ids, {name: False}]),
            ("create", [[{name: False}]]),
        ):
            try:
                call_kw(mine, method, args, {"context": context})
            except AccessError:
                continue
            self.fail(f"{method} of {record._name}.{name} passes with {context}")

    # -- public methods (Reliability 13) ------------------------------------------

    def _public_methods(self):
        """Those of our models, and ours on the models of the other add-ons."""
        inherited = set(dir(self.env["mail.thread"]))
        for name, model in self.env.registry.items():
            if not name.startswith("aftersales.") or model._transient:
                continue
            if model._abstract and self._is_part(name):
                continue  # parts of a model: their methods are called on the model
            for attribute in dir(model):
                member = inspect.getattr_static(model, attribute, None)
                if (
                    not attribute.startswith("_")
                    and attribute not in inherited
                    and inspect.isfunction(member)
                    and "aftersales_kpi" in member.__module__
                    and not getattr(member, "_api_private", False)
                ):
                    yield name, attribute, member

    def _is_part(self, name):
        return any(
            name in model._inherit_module for model in self.env.registry.values()
        )

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.models", "odoo.sql_db")
    def test_public_methods_move_only_along_the_table(self):
        """Each method, each state, each role: a step of the table, or a sentence."""
        called, moved = 0, {}
        for name, method, member in self._public_methods():
            for state in self._get_states(name):
                for role in ROLES:
                    step = self._try(name, method, member, state, role)
                    called += 1
                    if step:
                        moved.setdefault((name, method), {}).setdefault(step, [])
                        moved[name, method][step].append(role)
        self.assertGreater(called, 200)
        expected = {
            key: {step: list(roles) for step, roles in steps.items()}
            for key, steps in TABLE.items()
        }
        self.assertEqual(moved, expected)

    def _get_states(self, name):
        if name not in STATES:
            return [None]
        field = self.env[name]._fields[STATES[name]]
        return [*([] if field.required else [None]), *field.get_values(self.env)]

    def _try(self, name, method, member, state, role):
        """The step the record makes, if any; whatever happens is taken back."""
        savepoint = self.env.cr.savepoint()
        try:
            with self.subTest(model=name, method=method, state=state, role=role):
                return self._call(name, method, member, state, role)
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def _call(self, name, method, member, state, role):
        record = None if self.env[name]._abstract else self._get_record(name)
        if record and name in STATES:
            # As history left it, without anything following from it.
            self._set(record, **{STATES[name]: state})
        args = self._get_dummies(member)
        if not hasattr(member, "_api_model"):
            self.assertTrue(record, "an example is missing")
            args.insert(0, record.ids)
        before = self._read_states()
        try:
            self._rpc(role, name, method, *args)
        except UserError as error:  # AccessError is one
            self.assertGreater(len(str(error)), 8)
            return None
        return self._get_step(record, before, self._read_states())

    def _get_dummies(self, member):
        parameters = list(inspect.signature(member).parameters.values())[1:]
        return [
            DUMMIES.get(parameter.name, "as it was told")
            for parameter in parameters
            if parameter.default is parameter.empty or parameter.name == "reason"
        ]

    def _get_step(self, record, before, after):
        """No other record has moved, and a new one begins at the beginning."""
        steps = {}
        for key, now in after.items():
            if key not in before:
                field = self.env[key[0]]._fields[STATES[key[0]]]
                first = field.default(self.env[key[0]]) if field.default else None
                self.assertEqual(now, first, key)
            elif before[key] != now:
                steps[key] = (before[key], now)
        mine = (record._name, record.id) if record else None
        self.assertLessEqual(set(steps), {mine})
        return steps.get(mine)

    def _read_states(self):
        found = {}
        for model, name in STATES.items():
            table = SQL.identifier(self.env[model]._table)
            column = SQL.identifier(name)
            for key, state in self.env.execute_query(
                SQL("SELECT id, %s FROM %s", column, table)
            ):
                found[model, key] = state
        return found

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.models", "odoo.sql_db")
    def test_outsiders_call_nothing(self):
        outsider = new_test_user(self.env, "as_outsider", groups="base.group_user")
        portal = new_test_user(self.env, "as_portal", groups="base.group_portal")
        self.users = {**self.users, "outsider": outsider, "portal": portal}
        for name, method, member in self._public_methods():
            for state in self._get_states(name):
                for role in ("outsider", "portal"):
                    self.assertIsNone(self._try(name, method, member, state, role))

    # -- who sees what (Reliability 14) -------------------------------------------

    def test_every_model_with_a_company_has_a_global_rule(self):
        rules = self.env["ir.rule"].search([("groups", "=", False)])
        ruled = set(rules.mapped("model_id.model"))
        for model in self._own_models():
            if (
                "company_id" in model._fields
                and not model._transient
                and not model._abstract
            ):
                with self.subTest(model=model._name):
                    self.assertIn(model._name, ruled)

    def test_another_company_sees_nothing(self):
        company = self.env["res.company"].create({"name": "Other Company"})
        foreigner = new_test_user(
            self.env,
            "as_foreigner",
            groups=f"{GROUP}manager,{GROUP}accountant,{GROUP}technician",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        for model in self._own_models():
            if "company_id" not in model._fields or model._transient or model._abstract:
                continue
            ours = model.search([("company_id", "=", self.company.id)])
            foreign = ours.with_user(foreigner)
            if not ours or not foreign.browse().has_access("read"):
                continue
            with self.subTest(model=model._name):
                self.assertFalse(foreign.search([("id", "in", ours.ids)]))
                with self.assertRaises(AccessError):
                    foreign[0].read(["id", "display_name"])
