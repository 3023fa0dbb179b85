# Words of a test are no terms. pylint: disable=translation-required
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.aftersales_service.tests.common_screens import Screens

from ..claim.common_claim import ClaimCommon

WARRANTY = "aftersales_warranty.aftersales_warranty_group_"
CLAIMS = {
    "aftersales.claim.due",
    "aftersales.supplier.claim",
    "aftersales.supplier.claim.report",
    "aftersales.supplier.recovery.report",
}
LETTERS = {"aftersales.letter", "aftersales.penalty", "aftersales.penalty.person"}
DEPOSITS = {
    "aftersales.deposit",
    "aftersales.deposit.entry",
    "aftersales.deposit.demand",
}
NOTICES = {"aftersales.supplier.notice"}
ALL = CLAIMS | LETTERS | DEPOSITS | NOTICES
MENUS = {
    "operator": set(),
    "supervisor": ALL | {"aftersales.compensation"},
    "purchasing": ALL | {"aftersales.letter.template", "aftersales.complaint"},
    "manager": ALL
    | {
        "aftersales.compensation",
        "aftersales.deposit.desk",
        "aftersales.letter.template",
        "aftersales.penalty.rule",
    },
    "accountant": ALL
    | {
        "aftersales.compensation",
        "aftersales.deposit.desk",
        "aftersales.deposit.setup",
        "aftersales.deposit.treatment",
    },
    "general_manager": ALL | {"aftersales.compensation", "aftersales.penalty.rule"},
}


class SupplierScreensCommon(ClaimCommon):
    """One of everything a supplier's screens can show."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for group in ("purchasing", "general_manager"):
            cls.users[group] = new_test_user(
                cls.env, login=f"ss_{group}", groups=f"{WARRANTY}{group}"
            )
        cls.deposit = cls._set_up_deposit(2000)
        cls.claim = cls._claim()
        cls._accept(cls.claim, {"part": 100})
        cls.claim.action_negotiate(
            {line.id: (200, "") for line in cls.claim.line_ids if line.kind == "part"},
            "On the phone",
        )
        cls.claim.action_deduct()
        cls.entry = cls.claim.entry_ids
        cls.sent = cls._claim()
        cls._repair()
        cls.complaint = cls.env["aftersales.complaint"].create(
            {
                "partner_id": cls.customer.id,
                "supplier_id": cls.supplier.id,
                "product_id": cls.disk.id,
                "description": "The disk is dead",
                "team_id": cls.team.id,
            }
        )
        cls.notice = cls.env["aftersales.supplier.notice"].create(
            {
                "partner_id": cls.supplier.id,
                "product_id": cls.disk.id,
                "complaint_id": cls.complaint.id,
                "fault": "Does not spin",
                "address": "Hall 3",
                "contact": "Ms Cui",
                "due_at": fields.Datetime.now() + timedelta(days=2),
            }
        )
        cls.penalty = cls._create_penalty()
        cls.letter = cls.env["aftersales.letter"]._draft(
            [
                {
                    "kind": "warning",
                    "partner_id": cls.supplier.id,
                    "company_id": cls.company.id,
                    "deposit_id": cls.deposit.id,
                }
            ]
        )
        cls.compensation = cls.env["aftersales.compensation"].create(
            {
                "deposit_id": cls.deposit.id,
                "customer_id": cls.customer.id,
                "amount": 300,
                "complaint_id": cls.complaint.id,
                "order_id": cls.claim.order_id.id,
                "reason": "The supplier does not answer",
            }
        )
        cls.env.flush_all()

    @classmethod
    def _create_penalty(cls):
        """The 48 hours have passed without a settlement (WA-23)."""
        received = fields.Datetime.now() - timedelta(days=4)
        cls.deposit.date_start = received.date()
        cls.env["aftersales.complaint"].create(
            {
                "partner_id": cls.customer.id,
                "category_id": cls.env["aftersales.complaint.category"]
                .create({"name": "Worn bearing"})
                .id,
                "supplier_id": cls.supplier.id,
                "received_at": received,
                "asset_id": cls.asset.id,
                "description": "Noisy again",
                "finding": "Justified",
                "state": "confirmed",
                "confirmed_at": received,
            }
        )
        cls.env.flush_all()
        cls.env["aftersales.penalty.rule"]._run()
        return cls.env["aftersales.penalty"].search(
            [("partner_id", "=", cls.supplier.id)], limit=1
        )


@tagged("post_install", "-at_install")
class TestSupplierScreens(SupplierScreensCommon):
    def _screens(self, role):
        context = {"allowed_company_ids": self.company.ids}
        return Screens(self.env(user=self.users[role], su=False, context=context))

    def test_every_screen_of_suppliers_opens_for_those_who_see_its_menu(self):
        self.assertTrue(self.penalty)
        roots = self.env.ref("aftersales_warranty.aftersales_warranty_menu_suppliers")
        desk = self.env.ref("aftersales_warranty.aftersales_deposit_desk_menu")
        for role, models in MENUS.items():
            screens = self._screens(role)
            screens.open_menus(roots | desk)
            self.assertEqual({name for name, _kind in screens.opened}, models, role)
            self.assertFalse(screens.errors, role)

    def test_what_buttons_open_opens_too(self):
        wizards = {
            "aftersales.supplier.claim.answer": ("purchasing", "supervisor"),
            "aftersales.deposit.statement": ("purchasing", "accountant"),
            "aftersales.deposit.tie_out.wizard": ("accountant", "manager"),
            "aftersales.deposit.setup": ("accountant",),
            "aftersales.letter.delivery": ("purchasing", "manager"),
        }
        for name, roles in wizards.items():
            for role in roles:
                screens = self._screens(role)
                model = screens.env[name].with_context(
                    default_claim_id=self.sent.id, default_deposit_id=self.deposit.id
                )
                screens.open_form(name, model)
                self.assertFalse(screens.errors, role)

    def test_a_new_record_can_be_linked_to_its_company(self):
        """A record whose company follows from a link may choose that link.

        With ``check_company`` on the link the client would offer only records
        without a company, as the new record has none yet.
        """
        for name, model in self.env.items():
            company = model._fields.get("company_id")
            if not name.startswith("aftersales.") or not (company and company.related):
                continue
            link = model._fields[company.related.split(".")[0]]
            if not link.readonly:
                self.assertFalse(link.check_company, f"{name}.{link.name}")

    # -- purchasing -----------------------------------------------------------------

    def test_purchasing_records_the_answer_and_writes_to_the_supplier(self):
        claim = self.as_user("purchasing", self.sent)
        claim.write({"reference": "RMA-9", "answer_due_on": fields.Date.today()})
        form = Form(
            self.env["aftersales.supplier.claim.answer"]
            .with_user(self.users["purchasing"])
            .with_context(default_claim_id=claim.id)
        )
        form.save().action_confirm()
        self.assertEqual(self.sent.state, "accepted")
        action = claim.action_send()
        composer = Form(
            self.env["mail.compose.message"]
            .with_user(self.users["purchasing"])
            .with_context(**action["context"])
        )
        self.assertIn(claim.order_name, composer.body)
        claim.message_post(body="Called Mr Chen")

    def test_purchasing_neither_decides_nor_books(self):
        claim = self.as_user("purchasing", self.claim)
        sent = self.as_user("purchasing", self.sent)
        entry = self.as_user("purchasing", self.entry)
        deposit = self.as_user("purchasing", self.deposit)
        penalty = self.as_user("purchasing", self.penalty)
        due = self.as_user("purchasing", self.env["aftersales.claim.due"].search([]))
        line = self.as_user("purchasing", self.sent.line_ids[:1])
        refused = [
            lambda: sent.action_negotiate({line.id: (1, "x")}, "x"),
            lambda: sent.action_give_up("x"),
            lambda: sent.action_cancel("x"),
            lambda: sent.action_change_supplier(self.other.id, "x"),
            sent.action_claim,
            claim.action_credit_note,
            claim.action_replacement,
            claim.action_deduct,
            claim.action_close,
            lambda: line.check_access("write"),
            lambda: sent.write({"state": "settled"}),
            due.action_create_claims,
            lambda: due.action_dismiss("x"),
            entry.action_approve,
            entry.action_post,
            lambda: entry.action_cancel("x"),
            lambda: entry.write({"amount": 1}),
            lambda: entry.create(
                {"deposit_id": deposit.id, "kind": "penalty", "amount": 1}
            ),
            deposit.action_demand,
            deposit.action_refund,
            lambda: deposit.action_announce_exit("x"),
            lambda: deposit.write({"required_amount": 1}),
            penalty.action_approve,
            lambda: penalty.action_exempt("x"),
            lambda: self.as_user("purchasing", self.compensation).read(["amount"]),
        ]
        for number, action in enumerate(refused):
            with self.assertRaises(AccessError, msg=number), self.cr.savepoint():
                action()

    def test_purchasing_sees_its_own_companies_only(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        user = self.users["purchasing"]
        user.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        for record in (self.sent, self.claim.line_ids, self.deposit, self.entry):
            seen = record.with_user(user).with_context(allowed_company_ids=other.ids)
            with self.assertRaises(AccessError, msg=record._name):
                seen.read(["company_id"])
            self.assertFalse(seen.search([]), record._name)
