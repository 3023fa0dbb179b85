# Words of a test are no terms. pylint: disable=translation-required
import base64
import time
from email.message import EmailMessage

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common import GROUP, AftersalesCommon

PLAIN = """Message-Id: <%(id)s@example.com>
From: %(sender)s
To: %(to)s
Subject: %(subject)s
Date: %(date)s
%(headers)sMIME-Version: 1.0
Content-Type: text/plain; charset=%(charset)s
Content-Transfer-Encoding: 8bit

%(body)s
"""


@tagged("post_install", "-at_install")
class TestMailIntake(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.domain = cls.env["mail.alias.domain"].create({"name": "service.example"})
        cls.company.alias_domain_id = cls.domain
        cls.team.write({"alias_name": "north", "alias_domain_id": cls.domain.id})
        cls.customer.email = "cui@dca.example"
        cls.gateway = cls.env["mail.thread"].with_user(cls.env.ref("base.user_root"))
        cls.number = 0

    def _mail(self, **values):
        type(self).number += 1
        data = {
            "id": f"mail-{self.number}-{time.time()}",
            "sender": "Ms Cui <cui@dca.example>",
            "to": "north@service.example",
            "subject": "Disk light",
            "date": "Mon, 02 Mar 2026 08:00:00 +0800",
            "headers": "",
            "charset": "utf-8",
            "body": "The light of one disk is amber.",
            **values,
        }
        return (PLAIN % data).encode("utf-8", "surrogateescape")

    def _receive(self, raw):
        """Deliver as the mail server does; return the orders it made."""
        before = self.env["aftersales.order"].search([])
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.gateway.message_process(None, raw)
        return self.env["aftersales.order"].search([]) - before

    def _receive_one(self, **values):
        order = self._receive(self._mail(**values))
        self.assertEqual(len(order), 1)
        return order

    # -- the usual mail -----------------------------------------------------------

    def test_mail_of_a_customer_becomes_an_order(self):
        order = self._receive_one(body="Server 7979q7c-01: one disk is amber.")
        self.assertEqual(order.partner_id, self.customer)
        self.assertEqual(order.team_id, self.team)
        self.assertEqual(order.company_id, self.company)
        self.assertEqual(order.channel, "email")
        self.assertEqual(order.asset_id, self.asset)
        self.assertTrue(order.description.startswith("Disk light"))
        self.assertIn("one disk is amber", order.description)
        self.assertEqual(order.contact_name, "Ms Cui")
        self.assertRegex(order.name, "^SV")
        mail = order.message_ids.filtered(lambda m: m.message_type == "email")
        self.assertEqual(mail.author_id, self.customer)
        self.assertIn(self.customer, order.message_partner_ids)

    def test_attachments_are_kept(self):
        message = EmailMessage()
        message["Message-Id"] = "<with-file@example.com>"
        message["From"] = "cui@dca.example"
        message["To"] = "north@service.example"
        message["Subject"] = "Photo"
        message.set_content("See the photo")
        message.add_attachment(
            b"\x89PNG....", maintype="image", subtype="png", filename="灯.png"
        )
        order = self._receive(message.as_bytes())
        self.assertIn("灯.png", order.message_ids.attachment_ids.mapped("name"))
        self.assertEqual(order.message_ids.attachment_ids.res_id, order.id)

    def test_unknown_sender_becomes_a_contact(self):
        order = self._receive_one(sender='"Mr Wu" <wu@new.example>')
        self.assertEqual(order.partner_id.name, "Mr Wu")
        self.assertEqual(order.partner_id.email, "wu@new.example")
        again = self._receive_one(sender="wu@new.example", subject="Again")
        self.assertEqual(again.partner_id, order.partner_id)

    def test_contact_of_a_customer_finds_the_machine_of_the_company(self):
        contact = self.env["res.partner"].create(
            {"name": "Zhou", "email": "zhou@dca.example", "parent_id": self.customer.id}
        )
        order = self._receive_one(sender="zhou@dca.example", subject="7979Q7C-01 down")
        self.assertEqual(order.partner_id, contact)
        self.assertEqual(order.asset_id, self.asset)

    def test_serial_number_is_no_proof_of_who_writes(self):
        order = self._receive_one(sender="thief@else.example", subject="7979Q7C-01")
        self.assertFalse(order.asset_id)
        self.assertNotEqual(order.partner_id, self.customer)

    def test_forwarded_by_a_colleague_belongs_to_the_owner_of_the_machine(self):
        self.users["operator"].partner_id.email = "operator@ours.example"
        order = self._receive_one(sender="operator@ours.example", subject="7979Q7C-01")
        self.assertEqual(order.partner_id, self.customer)
        self.assertEqual(order.asset_id, self.asset)

    def test_partner_of_another_company_is_not_used(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.customer.company_id = other
        self.asset.company_id = other
        order = self._receive_one()
        self.assertNotEqual(order.partner_id, self.customer)
        self.assertEqual(order.company_id, self.company)

    def test_second_mail_about_an_open_order_is_linked_and_flagged(self):
        first = self._receive_one(subject="7979Q7C-01")
        second = self._receive_one(subject="7979Q7C-01 again")
        self.assertEqual(second.parent_id, first)
        self.assertTrue(second.duplicate_confirmed)
        self.assertIn(first.name, " ".join(second.message_ids.mapped("body")))

    def test_reply_goes_to_its_order(self):
        order = self._receive_one()
        sent = order.message_post(
            body="We come at ten",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        raw = self._mail(
            subject="Re: Disk light",
            body="Thank you",
            headers=f"In-Reply-To: {sent.message_id}\n",
        )
        self.assertFalse(self._receive(raw))
        self.assertIn("Thank you", order.message_ids[0].body)

    def test_reply_after_the_end_is_brought_to_notice(self):
        self.team.supervisor_id = self.users["supervisor"]
        order = self._receive_one()
        sent = order.message_post(body="Done", subtype_xmlid="mail.mt_comment")
        order.state = "closed"
        raw = self._mail(headers=f"In-Reply-To: {sent.message_id}\n")
        self.assertFalse(self._receive(raw))
        self.assertEqual(order.activity_ids.user_id, self.users["supervisor"])

    # -- once, and no loops ---------------------------------------------------------

    def test_same_mail_twice_is_one_order(self):
        raw = self._mail()
        self.assertEqual(len(self._receive(raw)), 1)
        self.assertFalse(self._receive(raw))

    def test_second_delivery_that_missed_the_message_makes_no_order(self):
        """What remains of a race: the order is there, its message not yet seen."""
        raw = self._mail(id="race")
        order = self._receive(raw)
        order.message_ids.filtered(lambda m: m.message_type == "email").unlink()
        self.assertFalse(self._receive(raw))

    def test_mail_to_two_service_points_is_one_order(self):
        self.env["aftersales.team"].create(
            {"name": "West", "alias_name": "west", "alias_domain_id": self.domain.id}
        )
        self._receive_one(to="north@service.example, west@service.example")

    def test_automatic_replies_make_no_orders(self):
        for headers in (
            "Auto-Submitted: auto-replied\n",
            "Precedence: auto_reply\n",
            "X-Autoreply: yes\n",
        ):
            self.assertFalse(self._receive(self._mail(headers=headers)))
        # A machine that reports by itself is a call.
        self._receive_one(headers="Auto-Submitted: auto-generated\n")

    def test_flood_from_one_sender_is_stopped(self):
        self.env["ir.config_parameter"].sudo().set_param(
            "mail.gateway.loop.threshold", 5
        )
        made = sum(
            len(self._receive(self._mail(sender="robot@loop.example")))
            for _n in range(8)
        )
        self.assertEqual(made, 5)

    # -- mails nobody should send ---------------------------------------------------

    def test_broken_mails_are_not_lost(self):
        nul = self._mail(subject="a=00b").replace(b"a=00b", b"a\x00b", 1)
        cases = {
            "NUL in subject": nul,
            "encoded NUL": self._mail(subject="=?utf-8?q?a=00b?="),
            "NUL in body": self._mail(body="a\x00b"),
            "unknown charset": self._mail(charset="x-unknown-9"),
            "unknown charset in subject": self._mail(subject="=?x-foo-1?q?abc?="),
            "wrong bytes": self._mail(body="x").replace(b"x\n", b"\xff\xfe\x80\n"),
            "lone surrogate": self._mail(subject="=?utf-8?b?7aC97aC9?="),
            "raw bytes in subject": self._mail(subject="XX").replace(
                b"XX", "硬盘".encode("gb18030")
            ),
            "no subject": self._mail().replace(b"Subject: Disk light\n", b""),
            "bad date": self._mail(date="yesterday"),
            "no body": self._mail(body=""),
            "unterminated multipart": (
                self._mail().split(b"MIME-Version")[0]
                + b'Content-Type: multipart/mixed; boundary="x"\n\n--x\n'
                + b"Content-Type: text/plain; charset=nonsense\n\nhello\n--x\n"
                + b'Content-Type: image/png; name="a\x00.png"\n'
                + b"Content-Transfer-Encoding: base64\n\n!!!!notbase64\n"
            ),
        }
        for name, raw in cases.items():
            with self.subTest(name):
                order = self._receive(raw)
                self.assertEqual(len(order), 1)
                self.assertEqual(order.partner_id, self.customer)
                self.env.flush_all()

    def test_mail_without_usable_sender_is_kept(self):
        for sender in ("", "nonsense", "north@service.example", "<>"):
            with self.subTest(sender):
                order = self._receive_one(sender=sender)
                self.assertTrue(order.partner_id)

    def test_nesting_beyond_the_parser_is_kept_as_a_file(self):
        raw = self._mail().split(b"MIME-Version")[0]
        for level in range(1500):
            raw += b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (
                level,
                level,
            )
        raw += b"Content-Type: text/plain\n\ndeep\n"
        order = self._receive(raw)
        self.assertEqual(len(order), 1)
        self.assertEqual(order.partner_id, self.customer)
        self.assertIn("message.eml", order.message_ids.attachment_ids.mapped("name"))

    def test_moderate_nesting_is_read(self):
        raw = self._mail().split(b"MIME-Version")[0]
        for level in range(50):
            raw += b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (
                level,
                level,
            )
        raw += b"Content-Type: text/plain\n\ndeep inside\n"
        order = self._receive(raw)
        self.assertIn("deep inside", order.description)

    def test_huge_text_and_many_recipients(self):
        order = self._receive_one(body="长文 text\n" * 100_000)
        self.assertLessEqual(len(order.description), 10_000)
        many = ", ".join(f"someone{n}@many.example" for n in range(10_000))
        started = time.monotonic()
        order = self._receive_one(to=f"north@service.example,\n {many}")
        self.assertEqual(order.partner_id, self.customer)
        self.assertLess(time.monotonic() - started, 60)

    def test_scripts_in_mails_are_defused(self):
        payload = '<img src=x onerror="alert(1)"><script>alert(1)</script>'
        message = EmailMessage()
        message["Message-Id"] = "<xss@example.com>"
        message["From"] = f'"{payload[:20]}" <cui@dca.example>'
        message["To"] = "north@service.example"
        message["Subject"] = payload
        message.set_content(f"<p>Hi</p>{payload}", subtype="html")
        message.add_attachment(
            f"<svg onload=alert(1)>{payload}".encode(),
            maintype="image",
            subtype="svg+xml",
            filename="x.svg",
        )
        order = self._receive(message.as_bytes())
        body = " ".join(order.message_ids.mapped("body"))
        self.assertNotIn("onerror", body)
        self.assertNotIn("<script", body)
        self.assertEqual(order.message_ids.attachment_ids.mimetype, "text/plain")

    @mute_logger("odoo.sql_db")
    def test_order_is_made_even_when_its_values_are_refused(self):
        # The alias names a service point and a symptom that are gone.
        self.team.alias_id.alias_defaults = repr(
            {"team_id": 999999999, "symptom_id": 999999999}
        )
        order = self._receive_one(subject="Still here")
        self.assertIn("Still here", order.description)
        self.assertEqual(order.email_from, '"Ms Cui" <cui@dca.example>')
        self.assertFalse(order.symptom_id)

    # -- guarded ----------------------------------------------------------------------

    def test_origin_cannot_be_forged(self):
        user = new_test_user(self.env, "as_forger", groups=f"{GROUP}manager")
        self.team.user_ids += user
        order = self._receive_one()
        for name in ("source_key", "email_from"):
            with self.assertRaisesRegex(Exception, "rights"):
                order.with_user(user).write({name: "x"})
        self.assertFalse(order.copy().source_key)

    def test_base64_body_is_read(self):
        text = base64.b64encode("硬盘黄灯".encode()).decode()
        raw = self._mail(body=text).replace(b"8bit", b"base64")
        order = self._receive(raw)
        self.assertIn("硬盘黄灯", order.description)
