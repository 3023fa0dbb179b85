# Words of a test are no terms. pylint: disable=translation-required
import time

from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_complaint import ComplaintCommon

MAIL = """Message-Id: <%(id)s@example.com>
From: %(sender)s
To: %(to)s
Subject: %(subject)s
%(headers)sMIME-Version: 1.0
Content-Type: text/plain; charset=%(charset)s
Content-Transfer-Encoding: 8bit

%(body)s
"""


@tagged("post_install", "-at_install")
class TestComplaintMail(ComplaintCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.domain = cls.env["mail.alias.domain"].create({"name": "service.example"})
        cls.company.alias_domain_id = cls.domain
        cls.team.write({"alias_name": "north", "alias_domain_id": cls.domain.id})
        cls.team.with_user(cls.users["manager"]).complaint_alias_name = "complaints"
        cls.gateway = cls.env["mail.thread"].with_user(cls.env.ref("base.user_root"))
        cls.number = 0

    def _mail(self, **values):
        type(self).number += 1
        data = {
            "id": f"complaint-{self.number}-{time.time()}",
            "sender": "Ms Cui <cui@dca.example>",
            "to": "complaints@service.example",
            "subject": "Nobody came",
            "headers": "",
            "charset": "utf-8",
            "body": "We have waited for two days.",
            **values,
        }
        return (MAIL % data).encode("utf-8", "surrogateescape")

    def _receive(self, raw):
        before = self.env["aftersales.complaint"].search([])
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.gateway.message_process(None, raw)
        return self.env["aftersales.complaint"].search([]) - before

    def test_mail_becomes_a_complaint_with_its_task(self):
        complaint = self._receive(self._mail(body="Machine 7979q7c-01, no visit"))
        self.assertEqual(len(complaint), 1)
        self.assertEqual(complaint.partner_id, self.customer)
        self.assertEqual(complaint.asset_id, self.asset)
        self.assertEqual(complaint.team_id, self.team)
        self.assertEqual((complaint.channel, complaint.state), ("email", "new"))
        self.assertIn("no visit", complaint.description)
        self.assertEqual(complaint.activity_ids.user_id, self.users["supervisor"])
        self.assertIn(self.customer, complaint.message_partner_ids)

    def test_same_mail_twice_is_one_complaint(self):
        raw = self._mail()
        self.assertEqual(len(self._receive(raw)), 1)
        self.assertFalse(self._receive(raw))

    def test_one_mail_to_both_addresses_is_an_order_and_a_complaint(self):
        orders = self.env["aftersales.order"].search([])
        raw = self._mail(to="complaints@service.example, north@service.example")
        self.assertEqual(len(self._receive(raw)), 1)
        self.assertEqual(len(self.env["aftersales.order"].search([]) - orders), 1)

    def test_absence_note_is_no_complaint(self):
        raw = self._mail(headers="Auto-Submitted: auto-replied\n")
        self.assertFalse(self._receive(raw))

    def test_broken_mails_are_not_lost(self):
        broken = {
            "charset": self._mail(charset="klingon-8"),
            "nul": self._mail(subject="\x00", body="a\x00b"),
            "surrogate": self._mail(body="\udcff\udcfe"),
            "sender": self._mail(sender="nonsense"),
            "half": self._mail().replace(b"text/plain", b"multipart/mixed; boundary=x"),
            "huge": self._mail(body="x" * 1000000),
        }
        for name, raw in broken.items():
            with self.subTest(name):
                complaint = self._receive(raw)
                self.assertEqual(len(complaint), 1)
                self.assertTrue(complaint.partner_id)
                self.assertLessEqual(len(complaint.description or ""), 10000)

    def test_a_reader_without_address_is_kept_on_a_busy_day(self):
        self.env["aftersales.complaint"].create(
            [self._complaint_values() for _i in range(25)]
        )
        self.assertEqual(len(self._receive(self._mail(sender="nonsense"))), 1)

    def test_reply_goes_to_its_complaint_also_after_a_merge(self):
        complaint = self._receive(self._mail())
        sent = complaint.message_post(
            body="We look into it",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self._by("supervisor").action_merge(complaint.ids)
        reply = self._mail(
            headers=f"In-Reply-To: {sent.message_id}\n", body="Still nobody"
        )
        self.assertFalse(self._receive(reply))
        self.assertIn("Still nobody", str(self.complaint.message_ids.mapped("body")))

    def test_reply_after_the_end_is_brought_to_notice(self):
        complaint = self._receive(self._mail())
        sent = complaint.message_post(
            body="Done", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self._by("supervisor", complaint).action_withdraw("Solved")
        self.assertFalse(complaint.activity_ids)
        self._receive(self._mail(headers=f"In-Reply-To: {sent.message_id}\n"))
        self.assertEqual(complaint.activity_ids.user_id, self.users["supervisor"])

    def test_the_address_follows_the_service_point(self):
        alias = self.team.complaint_alias_id
        self.assertEqual(self.team.complaint_alias_email, alias.alias_full_name)
        self.team.complaint_alias_name = "anger"
        self.assertEqual(alias.alias_name, "anger")
        self.team.complaint_alias_name = False
        self.assertFalse(self.team.complaint_alias_email)
