import io

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common_claim import ClaimCommon

PDF = b"%PDF-1.4\n%EOF\n"


@tagged("post_install", "-at_install")
class TestSupplierClaimPortal(ClaimCommon, HttpCase):
    """A supplier answers its claims and sees nothing of another's (WA-20, WA-29)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.claim = cls._claim()
        cls.claim.claimed_by_id = cls.users["supervisor"]
        cls.draft = cls._claim(send=False)
        cls.visitor = cls._create_visitor("maker", cls.supplier)
        cls.stranger = cls._create_visitor("trader", cls.other)

    @classmethod
    def _create_visitor(cls, login, company):
        user = new_test_user(cls.env, login=login, groups="base.group_portal")
        user.partner_id.parent_id = company
        user.company_ids = [Command.set(cls.company.ids)]
        return user

    def _visit(self, path, login="maker"):
        self.authenticate(login, login)
        return self.url_open(path, allow_redirects=False)

    def _answers(self, **amounts):
        form = {}
        for line in self.claim.line_ids.filtered("amount"):
            form[f"accept_{line.id}"] = amounts.get(line.kind, str(line.amount))
            form[f"reason_{line.id}"] = "Our finding" if line.kind in amounts else ""
        return form

    def _post(self, data, login="maker", files=None):
        self.authenticate(login, login)
        page = self.url_open(f"/my/supplier/claims/{self.claim.id}").text
        found = page.partition('name="csrf_token"')[2].partition('value="')[2]
        data = {"csrf_token": found.partition('"')[0], **data}
        return self.url_open(
            f"/my/supplier/claims/{self.claim.id}/answer",
            data=data,
            files=files,
            allow_redirects=False,
        )

    def test_the_list_holds_what_has_gone_out_and_no_cost_of_ours(self):
        page = self._visit("/my/supplier/claims")
        self.assertIn(self.claim.name, page.text)
        self.assertNotIn(self.draft.name, page.text)
        page = self._visit(f"/my/supplier/claims/{self.claim.id}").text
        self.assertIn("590.00", page)
        self.assertNotIn("Travel", page)
        self.assertNotIn(self.customer.name, page)

    def test_nothing_of_another_supplier(self):
        attachment = self.env["ir.attachment"].create(
            {
                "name": "photo.png",
                "raw": PDF,
                "res_model": self.claim._name,
                "res_id": self.claim.id,
            }
        )
        own = f"/my/supplier/claims/{self.claim.id}"
        for path in (
            own,
            f"{own}/pdf",
            f"{own}/file/{attachment.id}",
            f"/my/supplier/claims/{self.draft.id}",
            "/my/supplier/claims/0",
            "/my/supplier/claims/99999999999",
        ):
            with self.subTest(path):
                answer = self._visit(path, "trader")
                self.assertEqual(answer.status_code, 303)
                self.assertEqual(answer.headers["Location"].rpartition("/")[2], "my")
        page = self._visit("/my/supplier/claims", "trader").text
        self.assertNotIn(self.claim.name, page)
        self.assertEqual(self._visit(f"{own}/file/{attachment.id}").content, PDF)
        other = self.env["ir.attachment"].create({"name": "x", "raw": b"x"})
        self.assertEqual(self._visit(f"{own}/file/{other.id}").status_code, 303)

    def test_answer_line_by_line_with_a_report(self):
        files = [("attachments", ("report.pdf", io.BytesIO(PDF), "application/pdf"))]
        form = self._answers(labour="40", freight="0")
        answer = self._post(
            {**form, "reference": "A-77", "note": "See report"}, files=files
        )
        self.assertEqual(answer.status_code, 303)
        self.env.invalidate_all()
        self.assertEqual((self.claim.state, self.claim.agreed_amount), ("partly", 540))
        self.assertEqual(self.claim.reference, "A-77")
        labour = self.claim.line_ids.filtered(lambda line: line.kind == "labour")
        self.assertEqual(
            (labour.answer, labour.answer_reason), ("partly", "Our finding")
        )
        message = self.claim.message_ids.filtered("attachment_ids")
        self.assertEqual(message.author_id, self.visitor.partner_id)
        self.assertEqual(message.attachment_ids.name, "report.pdf")
        self.assertTrue(self.claim.activity_ids)
        self._post(self._answers())
        self.env.invalidate_all()
        self.assertEqual(self.claim.state, "partly", "answered once")

    def test_wrong_answers_change_nothing_and_say_why(self):
        part = self.claim.line_ids.filtered(lambda line: line.kind == "part")
        exe = [("attachments", ("a.exe", io.BytesIO(b"MZ"), "application/pdf"))]
        for extra, files, word in (
            ({f"accept_{part.id}": "abc"}, None, "enter the amount"),
            ({f"accept_{part.id}": "nan"}, None, "enter the amount"),
            ({f"accept_{part.id}": "600"}, None, "between 0 and"),
            ({f"accept_{part.id}": "-1"}, None, "between 0 and"),
            ({f"accept_{part.id}": "1"}, None, "say why"),
            ({}, exe, "only PDF"),
        ):
            with self.subTest(word, extra=extra):
                answer = self._post({**self._answers(), **extra}, files=files)
                self.assertEqual(answer.status_code, 200)
                self.assertIn(word, answer.text)
                self.env.invalidate_all()
                self.assertEqual(self.claim.state, "claimed")

    def test_foreign_keys_of_the_form_are_ignored(self):
        travel = self.claim.line_ids.filtered(lambda line: line.kind == "travel")
        self._post(
            {
                **self._answers(),
                f"accept_{travel.id}": "30",
                f"accept_{self.draft.line_ids[0].id}": "0",
                "state": "settled",
                "agreed_amount": "0",
                "partner_id": self.other.id,
            }
        )
        self.env.invalidate_all()
        self.assertEqual(
            (self.claim.state, self.claim.agreed_amount), ("accepted", 590)
        )
        self.assertEqual((travel.accepted_amount, self.draft.state), (0, "draft"))

    def test_get_writes_nothing_and_post_needs_its_token(self):
        path = f"/my/supplier/claims/{self.claim.id}/answer"
        self.authenticate("maker", "maker")
        self.assertIn(self.url_open(path).status_code, (404, 405))
        answer = self.url_open(path, data=self._answers(), allow_redirects=False)
        self.assertEqual(answer.status_code, 400)
        self.env.invalidate_all()
        self.assertEqual(self.claim.state, "claimed")
