"""A hundred suppliers, claims, penalties or letters cost the queries of ten."""

import re
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.service.model import call_kw
from odoo.tests import HttpCase, tagged

from odoo.addons.portal.controllers.portal import CustomerPortal

from ..letter.test_letter import LetterCommon

CLAIM = "aftersales.supplier.claim"
ENTRY = "aftersales.deposit.entry"
FEW, MANY = 10, 100


@tagged("post_install", "-at_install")
class TestSupplierBatches(LetterCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users["accountant"].group_ids += cls.env.ref(
            "aftersales_warranty.aftersales_warranty_group_purchasing"
        )
        cls.suppliers = cls.env["res.partner"].create(
            [{"name": f"Maker {n}", "is_company": True} for n in range(MANY)]
        )
        cls.seller = cls.env["res.users"].create(
            {
                "name": "Seller",
                "login": "sb_seller",
                "password": "sb_seller",
                "group_ids": [Command.set(cls.env.ref("base.group_portal").ids)],
            }
        )
        cls.seller.partner_id.parent_id = cls.supplier
        cls._book("receipt", 40000)
        cls.claims = cls._make_claims()
        cls.penalties = cls._make_penalties()
        cls.entries = cls._make_entries()
        cls.mails = cls._make_letters()
        cls.env.flush_all()

    @classmethod
    def _make_claims(cls):
        """Accepted claims; money on its way, come in, or not yet asked for."""
        orders = cls.env["aftersales.order"].create([cls._order_values()] * MANY)
        line = {
            "kind": "labour",
            "name": "Labour",
            "product_id": cls.labour.id,
            "quantity": 1.0,
            "amount": 80.0,
            "accepted_amount": 80.0,
            "agreed_amount": 80.0,
        }
        claims = cls.env[CLAIM].create(
            [
                {
                    "order_id": order.id,
                    "partner_id": cls.supplier.id,
                    "company_id": cls.company.id,
                    "state": "accepted",
                    "claimed_on": fields.Date.today() - timedelta(days=3),
                    "line_ids": [Command.create(line)],
                }
                for order in orders
            ]
        )
        cls.env["ir.attachment"].create(
            [
                {"name": "a.txt", "raw": b"x", "res_model": CLAIM, "res_id": claim.id}
                for claim in claims
            ]
        )
        claims[1::2].action_credit_note()
        claims.credit_note_ids[::2].action_post()
        return claims

    @classmethod
    def _make_penalties(cls):
        rule = cls.env["aftersales.penalty.rule"].search(
            [("action", "=", "warning")], limit=1
        )
        complaints = cls.env["aftersales.complaint"].create(
            [
                {
                    "partner_id": cls.customer.id,
                    "supplier_id": cls.supplier.id,
                    "asset_id": cls.asset.id,
                    "product_id": cls.disk.id,
                    "description": "Broken again",
                    "team_id": cls.team.id,
                }
                for _n in range(MANY)
            ]
        )
        first = fields.Date.to_date("2018-01-01")
        return cls.env["aftersales.penalty"].create(
            [
                {
                    "rule_id": rule.id,
                    "action": "warning",
                    "company_id": cls.company.id,
                    "partner_id": cls.supplier.id,
                    "deposit_id": cls.deposit.id,
                    "category_id": complaint.category_id.id,
                    "period_start": fields.Date.add(first, months=number),
                    "reached_on": fields.Date.add(first, months=number),
                    "counted": 3,
                    "complaint_ids": [Command.set(complaint.ids)],
                    "state": "approved",
                }
                for number, complaint in enumerate(complaints)
            ]
        )

    @classmethod
    def _make_entries(cls):
        """Proposals for ten agreements more than one, of claims and penalties."""
        deposits = cls.env["aftersales.deposit"].create(
            [
                {"partner_id": supplier.id, "required_amount": 1000.0}
                for supplier in cls.suppliers
            ]
        )
        deposits.action_start()
        return cls.env[ENTRY].create(
            [
                {
                    "deposit_id": deposit.id,
                    "kind": "penalty",
                    "amount": 10.0,
                    "evidence": "Photo",
                    "penalty_id": penalty.id,
                }
                for deposit, penalty in zip(deposits, cls.penalties, strict=True)
            ]
        )

    @classmethod
    def _make_letters(cls):
        letters = cls.letters._draft(
            [
                {
                    "kind": "warning",
                    "partner_id": cls.supplier.id,
                    "company_id": cls.company.id,
                    "deposit_id": cls.deposit.id,
                    "penalty_id": penalty.id,
                    "reason": "Late",
                }
                for penalty in cls.penalties
            ]
        )
        letters.action_send()
        return letters

    # -- the lists of the office -----------------------------------------------

    def _read_list(self, records, view, role):
        """What the web client asks when it shows the list of these records."""
        model = self.env[records._name].with_user(self.users[role])
        view_id = self.env.ref(f"aftersales_warranty.{view}").id
        arch = model.get_view(view_id, "list")
        names = arch["models"][records._name]
        visible = [n for n in names if n in model.fields_get(names)]
        self.assertGreater(len(visible), 4)
        spec = {name: self._get_spec(model._fields[name]) for name in visible}

        def cost(count):
            self.env.flush_all()
            self.env.invalidate_all()
            domain = [("id", "in", records[:count].ids)]
            before = self.cr.sql_log_count
            found = call_kw(model, "web_search_read", [domain, spec], {"limit": MANY})
            self.assertEqual(len(found["records"]), count)
            return self.cr.sql_log_count - before

        cost(FEW)
        return cost(FEW), cost(MANY)

    @staticmethod
    def _get_spec(field):
        if field.type == "many2one":
            return {"fields": {"display_name": {}}}
        if field.type in ("one2many", "many2many"):
            return {"fields": {"display_name": {}}}
        return {}

    def test_lists_of_the_office(self):
        desk = self.env["aftersales.deposit.desk"].browse(self.entries.deposit_id.ids)
        lists = (
            (self.claims, "aftersales_supplier_claim_view_list"),
            (desk, "aftersales_deposit_desk_view_list"),
            (self.entries.deposit_id, "aftersales_deposit_view_list"),
            (self.entries, "aftersales_deposit_entry_view_list"),
            (self.penalties, "aftersales_penalty_view_list"),
            (self.mails, "aftersales_letter_view_list"),
        )
        for records, view in lists:
            for role in ("accountant", "manager"):
                with self.subTest(view, role=role):
                    few, many = self._read_list(records, view, role)
                    # More only by the chunks relations are read in.
                    self.assertLessEqual(many, few + 2, f"{few} → {many}")

    def test_figures_of_claims_are_what_their_documents_say(self):
        """The grouped queries give each claim its own money."""
        self.env.invalidate_all()
        waiting = self.claims.filtered(
            lambda claim: claim.credit_note_ids.filtered(lambda m: m.state == "draft")
        )
        settled = self.claims.filtered(lambda claim: claim.state == "settled")
        free = self.claims - waiting - settled
        self.assertEqual((len(waiting), len(settled), len(free)), (25, 25, 50))
        for claims, figures in (
            (waiting, (0.0, 80.0, 80.0)),
            (settled, (80.0, 0.0, 0.0)),
            (free, (0.0, 0.0, 80.0)),
        ):
            for claim in claims:
                found = claim.settled_amount, claim.pending_amount, claim.open_amount
                self.assertEqual(found, figures)

    def test_provisions_are_read_in_one_query(self):
        accounts = self.env["account.account"].create(
            [
                {"name": f"P{n}", "code": f"PRB{n}", "account_type": kind}
                for n, kind in enumerate(("liability_current", "expense"))
            ]
        )
        rows = self.env["aftersales.warranty.provision"].create(
            [
                {
                    "date_from": fields.Date.add(
                        fields.Date.to_date("2000-01-01"), months=number
                    ),
                    "date_to": fields.Date.add(
                        fields.Date.to_date("2000-01-31"), months=number
                    ),
                    "rate": 2.5,
                    "account_id": accounts[0].id,
                    "expense_account_id": accounts[1].id,
                }
                for number in range(MANY)
            ]
        )
        few, many = self._read_list(
            rows, "aftersales_warranty_provision_view_list", "accountant"
        )
        self.assertLessEqual(many, few + 1, f"{few} → {many}")

    # -- the lists of the supplier ---------------------------------------------

    def _fetch(self, path, count):
        """Queries of one page with so many rows."""
        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(CustomerPortal, "_items_per_page", count):
            before = self.cr.sql_log_count
            response = self.url_open(path)
            spent = self.cr.sql_log_count - before
        self.assertEqual(response.status_code, 200)
        rows = set(re.findall(rf"{path}/(\d+)", response.text))
        self.assertEqual(len(rows), count, path)
        return spent

    def test_lists_of_the_portal(self):
        self.env["aftersales.supplier.notice"].create(
            [
                {
                    "partner_id": self.supplier.id,
                    "product_id": self.disk.id,
                    "fault": "Does not spin",
                    "address": "Hall 3",
                    "contact": "Ms Cui",
                    "costs": "Ours",
                    "due_at": fields.Datetime.now() + timedelta(days=2),
                    "user_id": self.users["purchasing"].id,
                }
                for _n in range(MANY)
            ]
        ).action_send()
        self.authenticate("sb_seller", "sb_seller")
        for kind in ("letters", "complaints", "penalties", "claims", "notices"):
            with self.subTest(kind):
                path = f"/my/supplier/{kind}"
                self._fetch(path, FEW)
                few, many = self._fetch(path, FEW), self._fetch(path, MANY)
                self.assertLessEqual(many, few + 2, f"{kind}: {few} → {many}")
