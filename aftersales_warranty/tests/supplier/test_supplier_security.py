"""Sweeps over every object of suppliers (Reliability 2, 3, 7, 9 … 17, 36, 39, 40).

One record of each kind stands ready; who may not, what is protected and what has
ended is tried by every path.
"""

import inspect
import io
import zipfile
from contextlib import suppress

from odoo import Command, fields
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.service.model import call_kw
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..claim.common_claim import ClaimCommon

MODELS = (
    "aftersales.deposit",
    "aftersales.deposit.entry",
    "aftersales.deposit.demand",
    "aftersales.deposit.treatment",
    "aftersales.deposit.desk",
    "aftersales.compensation",
    "aftersales.penalty",
    "aftersales.penalty.rule",
    "aftersales.penalty.person",
    "aftersales.letter",
    "aftersales.letter.template",
    "aftersales.supplier.notice",
    "aftersales.supplier.claim",
    "aftersales.supplier.claim.line",
    "aftersales.supplier.claim.report",
    "aftersales.supplier.recovery.report",
    "aftersales.claim.due",
    "aftersales.warranty.provision",
)
# Shared by all companies, or without one.
SHARED = {"aftersales.penalty.rule", "aftersales.letter.template"}
ROLES = ("technician", "supervisor", "manager", "accountant", "purchasing", "general")
# Every key our code reads from the context, and what opens doors elsewhere.
BYPASS = {
    "aftersales_change": True,
    "aftersales_cover": True,
    "aftersales_pass": True,
    "aftersales_defaults": {},
    "aftersales_no_warranty": True,
    "aftersales_paper": True,
    "aftersales_reason": "x",
    "force_delete": True,
    "install_mode": True,
    "skip_invoice_sync": True,
}
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1")


class SupplierObjects(ClaimCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "aftersales_warranty.aftersales_warranty_group_"
        for role, suffix in (
            ("purchasing", "purchasing"),
            ("general", "general_manager"),
        ):
            cls.users[role] = new_test_user(
                cls.env, login=f"ss_{role}", groups=f"{group}{suffix}"
            )
        cls.supplier.email = "q@supplier.example"
        cls.other.email = "r@trader.example"
        cls.deposit = cls._set_up_deposit(
            600.0, date_start=fields.Date.subtract(fields.Date.today(), days=90)
        )
        cls.company.aftersales_compensation_product_id = cls.labour
        cls.records = cls._make_records()
        cls.env.flush_all()

    @classmethod
    def _make_records(cls):
        """{model: a record about the supplier}"""
        claim = cls._accept(cls._claim())
        claim.action_deduct()
        penalty = cls._make_penalty()
        entry = claim.entry_ids
        letter = cls.env["aftersales.letter"]._draft([cls._letter_values()])
        letter.action_send()
        provision = cls._make_provision()
        recovered = cls._accept(cls._claim())
        recovered.action_credit_note()
        recovered.credit_note_ids.action_post()
        cls.deposit.action_demand()
        cls.env.flush_all()
        records = [
            cls.deposit,
            entry,
            cls.deposit.demand_ids,
            cls.env["aftersales.deposit.treatment"].search(
                [("company_id", "=", cls.company.id)], limit=1
            ),
            cls.env["aftersales.deposit.desk"].browse(cls.deposit.id),
            cls._make_compensation(),
            penalty,
            penalty.rule_id,
            penalty.person_ids[:1],
            letter,
            cls.env["aftersales.letter.template"].search([], limit=1),
            cls._make_notice(),
            claim,
            claim.line_ids[:1],
            cls.env["aftersales.supplier.claim.report"].search([], limit=1),
            cls.env["aftersales.supplier.recovery.report"].search([], limit=1),
            cls._repair().claim_due_ids,
            provision,
        ]
        return {record._name: record for record in records}

    @classmethod
    def _letter_values(cls):
        return {
            "kind": "warning",
            "partner_id": cls.supplier.id,
            "company_id": cls.company.id,
            "reason": "Late",
        }

    @classmethod
    def _make_penalty(cls):
        """A deduction with the fine of the person concerned (WA-26)."""
        complaint = cls.env["aftersales.complaint"].create(
            {
                "partner_id": cls.customer.id,
                "category_id": cls.env["aftersales.complaint.category"]
                .create({"name": "Late"})
                .id,
                "supplier_id": cls.supplier.id,
                "concerned_technician_ids": [Command.set(cls.technician.ids)],
                "received_at": fields.Datetime.subtract(fields.Datetime.now(), days=3),
                "confirmed_at": fields.Datetime.now(),
                "finding": "Justified",
                "state": "confirmed",
            }
        )
        cls.env.flush_all()
        cls.env["aftersales.penalty.rule"]._run()
        return cls.env["aftersales.penalty"].search(
            [("complaint_ids", "in", complaint.ids)]
        )

    @classmethod
    def _make_compensation(cls):
        return cls.env["aftersales.compensation"].create(
            {
                "deposit_id": cls.deposit.id,
                "customer_id": cls.customer.id,
                "amount": 80.0,
                "reason": "The supplier refuses",
            }
        )

    @classmethod
    def _make_notice(cls):
        return cls.env["aftersales.supplier.notice"].create(
            {
                "partner_id": cls.supplier.id,
                "product_id": cls.disk.id,
                "fault": "Does not spin",
                "address": "Hall 3",
                "contact": "Ms Cui",
                "costs": "Yours",
                "due_at": fields.Datetime.add(fields.Datetime.now(), days=2),
            }
        )

    @classmethod
    def _make_provision(cls):
        income, liability, expense = cls.env["account.account"].create(
            [
                {"name": kind, "code": f"SSX{number}", "account_type": kind}
                for number, kind in enumerate(
                    ("income", "liability_current", "expense")
                )
            ]
        )
        return cls.env["aftersales.warranty.provision"].create(
            {
                "rate": 2.5,
                "account_id": liability.id,
                "expense_account_id": expense.id,
                "income_account_ids": [Command.set(income.ids)],
            }
        )

    def _public_actions(self):
        """(record, name) of every public method of ours on the objects."""
        inherited = set(dir(self.env["mail.thread"]))
        for record in self.records.values():
            for name in dir(record):
                if name.startswith("_") or name in inherited:
                    continue
                member = inspect.getattr_static(type(record), name, None)
                if (
                    inspect.isfunction(member)
                    and not getattr(member, "_api_private", False)
                    and "aftersales_warranty" in member.__module__
                ):
                    yield record, name

    def _call(self, record, name):
        """As the web client calls it, with something for every argument."""
        function = getattr(record, name)
        required = [
            parameter
            for parameter in inspect.signature(function).parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind == parameter.POSITIONAL_OR_KEYWORD
        ]
        with self.cr.savepoint():
            return function(*([1] * len(required)))


@tagged("post_install", "-at_install")
class TestSupplierGuards(SupplierObjects):
    def test_there_is_one_of_each(self):
        self.assertEqual(set(self.records), set(MODELS))
        for model, record in self.records.items():
            self.assertEqual(len(record), 1, model)

    # -- protected fields (7, 11, 12) ------------------------------------------

    def _attempts(self, own, name, value):
        """Every way a client writes a field."""
        model = own.browse()
        return {
            "write": lambda: own.write({name: value}),
            "write with keys": lambda: own.with_context(**BYPASS).write({name: value}),
            "web_save": lambda: own.web_save({name: value}, {}),
            "create": lambda: model.create([{name: value}]),
            "create with keys": lambda: model.with_context(**BYPASS).create(
                [{name: value}]
            ),
            "default": lambda: model.with_context(**{f"default_{name}": value}).create(
                [{}]
            ),
            "copy": lambda: own.copy({name: value}),
        }

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.models", "odoo.sql_db")
    def test_no_role_writes_a_protected_field_by_any_path(self):
        tried, written = 0, []
        for record in self.records.values():
            protected = getattr(record, "_get_guarded_fields", frozenset)()
            for name in sorted(protected & set(record._fields)):
                for role in ROLES:
                    own = self.as_user(role, record)
                    attempts = self._attempts(own, name, self._get_value(record, name))
                    for path, attempt in attempts.items():
                        tried += 1
                        with suppress(AccessError):
                            attempt()
                            written.append((record._name, name, role, path))
        self.assertEqual(written, [])
        self.assertGreater(tried, 4000)

    def _get_value(self, record, name):
        field = record._fields[name]
        if field.type in ("monetary", "float", "integer"):
            return 99
        return [] if field.type.endswith("2many") else False

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.models", "odoo.sql_db")
    def test_import_and_nested_commands_write_nothing_protected(self):
        entry = self.records["aftersales.deposit.entry"]
        line = self.records["aftersales.supplier.claim.line"]
        cases = (
            (self.deposit, "entry_ids", entry, {"state": "posted"}),
            (self.deposit, "demand_ids", self.deposit.demand_ids, {"state": "met"}),
            (line.claim_id, "line_ids", line, {"accepted_amount": 1.0}),
        )
        for record, field, child, values in cases:
            for role in ("supervisor", "manager", "accountant"):
                with (
                    self.subTest(field, role=role),
                    self.assertRaises(UserError),
                    self.cr.savepoint(),
                ):
                    self.as_user(role, record).write(
                        {field: [Command.update(child.id, values)]}
                    )
        for record in self.records.values():
            protected = getattr(record, "_get_guarded_fields", frozenset)()
            for name in sorted(protected & {"state", "amount", "name"}):
                before = record[name]
                for role in ("manager", "accountant"):
                    own = self.as_user(role, record)
                    with self.subTest(record._name, field=name, role=role):
                        savepoint = self.cr.savepoint()
                        with suppress(UserError):  # no right to import at all
                            found = own.browse().load(
                                [".id", name], [[str(record.id), "1"]]
                            )
                            self.assertFalse(found["ids"])
                        savepoint.close(rollback=True)
                        self.env.invalidate_all()
                        self.assertEqual(record[name], before)

    # -- who sees what (2, 9, 14, 15, 17) --------------------------------------

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.models")
    def test_suppliers_and_strangers_get_nothing_by_rpc(self):
        users = (
            new_test_user(self.env, login="ss_outsider", groups="base.group_user"),
            new_test_user(self.env, login="ss_maker", groups="base.group_portal"),
            new_test_user(self.env, login="ss_trader", groups="base.group_portal"),
        )
        users[1].partner_id.parent_id = self.supplier
        users[2].partner_id.parent_id = self.other
        probes, answered = 0, []
        for user in users:
            for model in (*MODELS, "aftersales.penalty.due"):
                records = self.env[model].with_user(user)
                ids = self.env[model].search([], limit=1).ids or [1]
                for method, args in (
                    ("read", [ids]),
                    ("web_read", [ids, {"display_name": {}}]),
                    ("search_read", [[]]),
                    ("search_count", [[]]),
                    ("web_search_read", [[], {}]),
                    ("formatted_read_group", [[], [], ["__count"]]),
                    ("name_search", [""]),
                    ("export_data", [ids, ["id"]]),
                    ("write", [ids, {"active": True}]),
                    ("create", [[{}]]),
                    ("unlink", [ids]),
                ):
                    with suppress(UserError):
                        call_kw(records, method, args, {})
                        answered.append((user.login, model, method))
                    probes += 1
            tie = self.env["aftersales.deposit.tie_out"].with_user(user)
            with self.assertRaises(AccessError):
                tie.get_tie_out(self.company.id)
        self.assertEqual(answered, [])
        self.assertGreater(probes, 500)

    def test_every_role_reads_every_field_it_may(self):
        """No AccessError from a computed or related field (9, 14)."""
        for record in self.records.values():
            for role in ROLES:
                own = self.as_user(role, record)
                if not own.has_access("read"):
                    continue
                # Journal entries and transfers have readers of their own.
                names = [
                    name
                    for name, field in own._fields.items()
                    if own._has_field_access(field, "read")
                    and not (
                        field.type == "one2many"
                        and not self.env[field.comodel_name]
                        .with_user(self.users[role])
                        .has_access("read")
                    )
                ]
                self.env.invalidate_all()
                with self.subTest(record._name, role=role):
                    self.assertTrue(own.web_read({name: {} for name in names}))

    def test_reports_show_what_the_records_behind_show(self):
        """A view of the database has the rights of its base (15)."""
        for view, base, link in (
            ("aftersales.deposit.desk", "aftersales.deposit", "deposit_id"),
            ("aftersales.supplier.claim.report", "aftersales.supplier.claim", None),
        ):
            for role in ROLES:
                rows = self.env[view].with_user(self.users[role])
                if not rows.has_access("read"):
                    continue
                link = link or "claim_id"
                shown = set(rows.search([]).mapped(f"{link}.id"))
                may = set(self.env[base].with_user(self.users[role]).search([]).ids)
                with self.subTest(view, role=role):
                    self.assertLessEqual(shown, may)

    def test_the_technician_touches_no_fine_of_the_own(self):
        """What scores and money come from is not his to write (7)."""
        person = self.records["aftersales.penalty.person"]
        for model in (person._name, "aftersales.penalty", "aftersales.penalty.rule"):
            own = self.env[model].with_user(self.users["technician"])
            for method, args in (
                ("write", [person.ids, {"amount": 0}]),
                ("create", [[{}]]),
                ("unlink", [person.ids]),
                ("load", [["amount"], [["0"]]]),
                ("copy", [person.ids]),
                ("web_save", [person.ids, {"amount": 0}, {}]),
            ):
                with self.subTest(model, by=method):
                    try:
                        found = call_kw(own, method, args, {})
                    except UserError:
                        continue
                    self.assertEqual(method, "load")
                    self.assertFalse(found["ids"])

    # -- public methods (13) ---------------------------------------------------

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.models", "odoo.sql_db")
    def test_strangers_and_suppliers_can_call_nothing(self):
        stranger = new_test_user(self.env, login="ss_none", groups="base.group_user")
        maker = new_test_user(self.env, login="ss_maker", groups="base.group_portal")
        maker.partner_id.parent_id = self.supplier
        called = 0
        for record, name in self._public_actions():
            for user in (stranger, maker, self.users["technician"]):
                with self.subTest(record._name, method=name, user=user.login):
                    try:
                        result = self._call(record.with_user(user), name)
                    except (UserError, AttributeError):  # a number is no text
                        result = {"type": "ir.actions.refused"}
                    # To open a list or a dialog is harmless: those have own rights.
                    is_action = isinstance(result, dict) and "ir.actions" in str(
                        result.get("type", "")
                    )
                    harmless = name.startswith("get_") or result in ([], {}, False)
                    self.assertTrue(is_action or harmless, result)
                    called += 1
        self.assertGreater(called, 150)

    def _end_all(self):
        """Records that have ended: nothing may move them any more by itself."""
        claim = self.records["aftersales.supplier.claim"]
        entry = self.records["aftersales.deposit.entry"]
        entry.action_cancel("Too late")
        claim.action_give_up("Too late")
        self.records["aftersales.compensation"].action_cancel("Not needed")
        self.records["aftersales.penalty"].action_exempt("Settled otherwise")
        self.records["aftersales.letter"].action_cancel("Not needed")
        self.records["aftersales.supplier.notice"].action_cancel("Not needed")
        for name in (
            "supplier.claim",
            "deposit.entry",
            "compensation",
            "penalty",
            "letter",
            "supplier.notice",
        ):
            yield self.records[f"aftersales.{name}"]

    @mute_logger("odoo.sql_db")
    def test_what_has_ended_stays_as_it_is(self):
        """Every public method in the last state: refused, or nothing changes (13)."""
        ended = {record._name: record.state for record in self._end_all()}
        self.env.flush_all()
        moves = self.env["account.move"].search_count([])
        for record, name in self._public_actions():
            if record._name not in ended or name in ("action_propose_again",):
                continue
            with self.subTest(record._name, method=name):
                savepoint = self.cr.savepoint()
                with suppress(UserError, AttributeError):  # a number is no text
                    self._call(record, name)
                self.env.flush_all()
                self.env.invalidate_all()
                found = record.state, self.env["account.move"].search_count([])
                self.assertEqual(found, (ended[record._name], moves))
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    # -- two companies (10) ----------------------------------------------------

    def test_another_company_sees_and_does_nothing(self):
        company = self.env["res.company"].create({"name": "Other Company"})
        group = "aftersales_warranty.aftersales_warranty_group_"
        base = "aftersales_service.aftersales_service_group_"
        stranger = new_test_user(
            self.env,
            login="ss_foreigner",
            groups=f"{base}manager,{base}accountant,{group}general_manager,"
            f"{group}purchasing,account.group_account_invoice",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        for model in MODELS:
            if model in SHARED:
                continue
            with self.subTest(model):
                record = self.records[model]
                foreign = record.with_user(stranger)
                self.assertFalse(foreign.search([("id", "=", record.id)]))
                with self.assertRaises(AccessError):
                    foreign.read(["display_name"])
        for record, name in self._public_actions():
            # Of the model, not of the record: looks at the caller's own company.
            if record._name in SHARED or name == "action_find_missing":
                continue
            with self.subTest(record._name, method=name):
                try:
                    result = self._call(record.with_user(stranger), name)
                except UserError:
                    continue
                harmless = isinstance(result, dict) or not result
                self.assertTrue(harmless or name.startswith("get_"), result)

    def test_switching_the_company_changes_what_is_shown_not_what_is_booked(self):
        """In company B, with A switched on as well, an entry of A is booked in A."""
        other = self.env["res.company"].create(
            {"name": "Company B", "currency_id": self.env.ref("base.JPY").id}
        )
        user = self.users["accountant"]
        user.company_ids += other
        desk = self.env["aftersales.deposit.desk"].with_user(user)
        own = [("deposit_id", "=", self.deposit.id)]
        only_b = desk.with_context(allowed_company_ids=other.ids)
        self.assertFalse(only_b.search(own))
        both = desk.with_context(allowed_company_ids=(other + self.company).ids)
        self.assertTrue(both.search(own))
        entry = self.env["aftersales.deposit.entry"].create(
            {"deposit_id": self.deposit.id, "kind": "receipt", "amount": 5.0}
        )
        entry.with_env(both.env).action_post()
        self.assertEqual(entry.move_id.company_id, self.company)
        self.assertEqual(entry.move_id.line_ids.company_id, self.company)
        self.assertEqual(entry.move_id.currency_id, self.company.currency_id)

    def test_nothing_points_into_another_company(self):
        other = self.env["res.company"].create({"name": "Company B"})
        account = self.env["account.account"].create(
            {
                "name": "Foreign",
                "code": "2241FOR",
                "account_type": "liability_current",
                "company_ids": [Command.set(other.ids)],
            }
        )
        journal = self.env["account.journal"].create(
            {"name": "B", "code": "BB", "type": "bank", "company_id": other.id}
        )
        deposit = self.env["aftersales.deposit"].create(
            {"partner_id": self.other.id, "required_amount": 5.0}
        )
        provision = self.records["aftersales.warranty.provision"]
        treatment = self.records["aftersales.deposit.treatment"]
        for record, name, value in (
            (deposit, "account_id", account),
            (deposit, "receivable_account_id", account),
            (treatment, "account_id", account),
            (provision, "expense_account_id", account),
            (self.records["aftersales.compensation"], "journal_id", journal),
            (self.records["aftersales.deposit.entry"], "payment_journal_id", journal),
        ):
            with (
                self.subTest(record._name, field=name),
                self.assertRaises(UserError),
                self.cr.savepoint(),
            ):
                record[name] = value

    # -- settings (39) ---------------------------------------------------------

    def _assert_named(self, action, *words):
        """One message with company and setting; nothing half booked."""
        posted = [("state", "=", "posted")]
        moves = self.env["account.move"].search_count(posted)
        with self.assertRaises(RedirectWarning) as caught, self.cr.savepoint():
            action()
        self.env.invalidate_all()
        self.assertEqual(self.env["account.move"].search_count(posted), moves)
        for word in (self.company.name, *words):
            self.assertIn(word, str(caught.exception.args[0]))

    def test_whatever_is_archived_is_named_and_nothing_half_booked(self):
        entry = self._propose("penalty", 100.0, treatment="service_sale")
        treatment = entry.treatment_id
        treatment.tax_id = self.env["account.tax"].create(
            {"name": "VAT", "amount": 13.0, "type_tax_use": "sale"}
        )
        plain = self._propose("penalty", 100.0)
        receipt = self._propose("receipt", 100.0, source="other")
        bank = self._propose("receipt", 100.0)
        journals = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.company.id)]
        )
        for action, record in (
            (entry.action_post, treatment),
            (entry.action_post, treatment.account_id),
            (entry.action_post, treatment.tax_id),
            (plain.action_post, self.deposit.income_account_id),
            (plain.action_post, self.deposit.account_id),
            (plain.action_post, self.deposit.receivable_account_id),
            (plain.action_post, self.deposit.fund_account_id),
            (plain.action_post, self.deposit.journal_id),
            (bank.action_post, journals),
        ):
            with self.subTest(record._name, name=record[:1].display_name):
                savepoint = self.cr.savepoint()
                record.active = False
                self._assert_named(action)
                savepoint.close(rollback=True)
                self.env.invalidate_all()
        self._assert_named(receipt.action_post, receipt.name)
        self.deposit.receivable_account_id.reconcile = False
        self._assert_named(plain.action_post, "reconciliation")

    def _propose(self, kind, amount, **values):
        entry = self.env["aftersales.deposit.entry"].create(
            {
                "deposit_id": self.deposit.id,
                "kind": kind,
                "amount": amount,
                "evidence": "Photo",
                **values,
            }
        )
        if kind != "receipt":
            entry.action_approve()
        return entry

    def test_archived_settings_of_compensation_claim_and_provision(self):
        row = self.records["aftersales.compensation"]
        banks = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.company.id)]
        )
        savepoint = self.cr.savepoint()
        banks.active = False
        self._assert_named(row.action_approve)
        savepoint.close(rollback=True)
        self.env.invalidate_all()
        row.method = "credit_note"
        self.company.aftersales_compensation_product_id = False
        self._assert_named(row.action_approve, "compensation")
        row.method = "payment"
        row.action_approve()
        row.action_book()
        row.action_give_up("Insolvent")
        self.company.aftersales_deposit_loss_account_id.active = False
        self._assert_named(row.action_book_loss)
        provision = self.records["aftersales.warranty.provision"]
        provision.income_account_ids = False
        self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": amount})
                    for account, amount in (
                        (provision.expense_account_id, 1000.0),
                        (self._income(), -1000.0),
                    )
                ]
            }
        ).action_post()
        provision.invalidate_recordset()
        provision.account_id.active = False
        self._assert_named(provision.action_propose, provision.account_id.name)

    def _income(self):
        return self.env["account.account"].create(
            {"name": "Sales", "code": "SSINC", "account_type": "income"}
        )

    # -- history (36, 40) ------------------------------------------------------

    @mute_logger("odoo.sql_db", "odoo.models.unlink")
    def test_nothing_with_a_history_can_be_deleted(self):
        penalty = self.records["aftersales.penalty"]
        claim = self.records["aftersales.supplier.claim"]
        entry = self._propose("penalty", 10.0)
        entry.action_post()
        for record in (
            self.supplier,
            self.customer,
            claim.order_id,
            penalty.complaint_ids,
            penalty.category_id,
            penalty.rule_id,
            self.disk,
            self.deposit.account_id,
            self.deposit.journal_id,
            entry.treatment_id,
            entry.move_id,
            *(self.records[name] for name in MODELS if self._is_kept(name)),
        ):
            for context in ({}, BYPASS):
                with self.subTest(record._name, keys=bool(context)):
                    kept = record.with_context(**context)
                    self.assertTrue(self._refuses_deletion(kept))

    @staticmethod
    def _is_kept(model):
        # Views, settings, what comes with another record or was never booked.
        free = ("report", "desk", "template", "provision", "treatment", "demand", "due")
        free += ("claim.line",)
        return not model.endswith(free)

    def test_suppliers_with_claims_are_merged_and_keep_them(self):
        twin = self._create_supplier("Disk Maker A again")
        claim = self.records["aftersales.supplier.claim"]
        letter = self.records["aftersales.letter"]
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge([self.supplier.id, twin.id], twin)
        self.env.invalidate_all()
        self.assertEqual(claim.partner_id, twin)
        self.assertEqual(letter.partner_id, twin)
        self.assertEqual(self.records["aftersales.supplier.notice"].partner_id, twin)
        self.assertEqual(self.records["aftersales.penalty"].partner_id, twin)
        self.assertEqual(self.deposit.partner_id, twin)
        self.assertEqual(self.deposit.balance, 600.0)

    # -- workbooks (20) --------------------------------------------------------

    def test_workbooks_hold_text_never_formulas(self):
        for formula in FORMULAS:
            entry = self._propose("receipt", 1.0, note=formula)
            entry.action_post()
        self.supplier.name = FORMULAS[0]
        today = fields.Date.today()
        start = today.replace(month=1, day=1)
        desk = self.records["aftersales.deposit.desk"]
        for content in (
            self.deposit._make_statement(start, today),
            desk._make_workbook(),
        ):
            book = zipfile.ZipFile(io.BytesIO(content))
            for name in book.namelist():
                if name.startswith("xl/worksheets/sheet"):
                    self.assertNotIn("<f>", book.read(name).decode())
            self.assertIn(
                "1+1", "".join(book.read(n).decode() for n in book.namelist())
            )


@tagged("post_install", "-at_install")
class TestSupplierDoors(SupplierObjects, HttpCase):
    """Papers and photos by their address (2, 3)."""

    def _attach(self, record, number):
        return self.env["ir.attachment"].create(
            {
                "name": f"secret{number}.txt",
                "raw": b"SECRET PAPER",
                "res_model": record._name,
                "res_id": record.id,
            }
        )

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule")
    def test_attachments_stay_inside_for_every_supplier(self):
        for login, supplier in (("ss_own", self.supplier), ("ss_rival", self.other)):
            user = new_test_user(self.env, login=login, groups="base.group_portal")
            user.partner_id.parent_id = supplier
        kept = [
            "aftersales.deposit",
            "aftersales.deposit.entry",
            "aftersales.compensation",
            "aftersales.penalty",
            "aftersales.letter",
            "aftersales.supplier.notice",
            "aftersales.supplier.claim",
        ]
        files = [
            self._attach(self.records[name], number) for number, name in enumerate(kept)
        ]
        for login in ("ss_rival", "ss_own", None):
            self.authenticate(login, login)
            for file in files:
                for path in (
                    f"/web/content/{file.id}",
                    f"/web/image/{file.id}",
                    f"/web/content/{file.id}?access_token=",
                    f"/web/content/{file.id}?access_token=%E4%F6",
                    f"/web/content/{file.id}?access_token={'x' * 4000}",
                ):
                    response = self.url_open(path, allow_redirects=False)
                    with self.subTest(login, model=file.res_model, path=path[:60]):
                        self.assertNotIn(b"SECRET", response.content)
                        self.assertNotEqual(response.status_code, 500)
        rival = self.env["res.users"].search([("login", "=", "ss_rival")])
        seen = self.env["ir.attachment"].with_user(rival)
        self.assertFalse(seen.search([("id", "in", [file.id for file in files])]))
        for file in files:
            with self.assertRaises(AccessError):
                seen.browse(file.id).read(["datas", "name"])

    def test_a_file_of_another_record_is_not_handed_out_by_an_own_one(self):
        """The child has to belong to the record whose page was asked (3)."""
        user = new_test_user(self.env, login="ss_own", groups="base.group_portal")
        user.partner_id.parent_id = self.supplier
        user.company_ids = [Command.set(self.company.ids)]
        claim = self.records["aftersales.supplier.claim"]
        mine = self._attach(claim, 1)
        others = [
            self._attach(self.records[name], 2)
            for name in ("aftersales.penalty", "aftersales.letter")
        ]
        self.authenticate("ss_own", "ss_own")
        url = f"/my/supplier/claims/{claim.id}/file"
        response = self.url_open(f"{url}/{mine.id}", allow_redirects=False)
        self.assertEqual(response.status_code, 200)
        for file in others:
            response = self.url_open(f"{url}/{file.id}", allow_redirects=False)
            self.assertEqual(response.status_code, 303)
