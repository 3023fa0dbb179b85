# Words of a test are no terms. pylint: disable=translation-required
import base64

from odoo.tests import tagged

from . import test_mail_intake

RARE = "喆镕瑄–的硬盘亮黄灯"


class MailKinds(test_mail_intake.TestMailIntake):
    """The helpers of the intake, none of its tests."""


for _name in dir(test_mail_intake.TestMailIntake):
    if _name.startswith("test_"):
        setattr(MailKinds, _name, None)


@tagged("post_install", "-at_install")
class TestMailKinds(MailKinds):
    # -- charset labels narrower than the bytes -----------------------------------

    def test_gb2312_is_read_as_gb18030(self):
        word = base64.b64encode(RARE.encode("gb18030")).decode()
        name = base64.b64encode("喆镕瑄".encode("gb18030")).decode()
        for label in ("gb2312", "GB2312", "gbk", "cp936"):
            with self.subTest(label):
                raw = self._mail(
                    sender=f"=?{label}?B?{name}?= <{label.lower()}@zhe.example>",
                    subject=f"=?{label}?B?{word}?=",
                    charset=label,
                    body="BODY",
                ).replace(b"BODY", RARE.encode("gb18030"))
                order = self._receive(raw)
                self.assertEqual(order.contact_name, "喆镕瑄")
                self.assertEqual(order.description.count(RARE), 2)
                if label != "GB2312":
                    self.assertEqual(order.partner_id.name, "喆镕瑄")

    def test_attachment_names(self):
        word = base64.b64encode("喆.txt".encode("gb18030")).decode()
        raw = self._mail().split(b"MIME-Version")[0] + (
            b'Content-Type: multipart/mixed; boundary="x"\n\n--x\n'
            b"Content-Type: text/plain; charset=gb2312\n"
            b"Content-Transfer-Encoding: 8bit\n\n"
            + RARE.encode("gb18030")
            + b"\n--x\nContent-Type: application/octet-stream\n"
            b'Content-Disposition: attachment; filename="=?gb2312?B?'
            + word.encode()
            + b'?="\nContent-Transfer-Encoding: base64\n\nYQ==\n--x--\n'
        )
        order = self._receive(raw)
        self.assertIn(RARE, order.description)
        self.assertEqual(order.message_ids.attachment_ids.mapped("name"), ["喆.txt"])

    # -- nobody wrote it ------------------------------------------------------------

    AUTOMATIC = (
        {"headers": "Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\n"},
        {"subject": "自动答复: 硬盘黄灯"},
        {"subject": "自动回复：出差中"},
        {"subject": "回复: 自动回复: 出差中"},
        {"subject": "Automatic reply: Disk light"},
        {"headers": "Precedence: bulk\nList-Id: <news.maker.example>\n"},
        {"subject": "系统退信/Systems bounce"},
        {"sender": "Mail Delivery System <MAILER-DAEMON@maker.example>"},
    )

    def test_automatic_mail_makes_no_order(self):
        for values in self.AUTOMATIC:
            with self.subTest(**values):
                self.assertFalse(self._receive(self._mail(**values)))
        # A monitor that can be answered, and a person who speaks of an answer.
        self._receive_one(headers="Auto-Submitted: auto-generated\n")
        self._receive_one(subject="请问自动回复怎么设置")

    def test_automatic_reply_calls_nobody(self):
        self.team.supervisor_id = self.users["supervisor"]
        order = self._receive_one()
        sent = order.message_post(body="Done", subtype_xmlid="mail.mt_comment")
        order.state = "closed"
        raw = self._mail(
            subject="自动答复: Disk light", headers=f"In-Reply-To: {sent.message_id}\n"
        )
        self.assertFalse(self._receive(raw))
        self.assertFalse(order.activity_ids)
        self.assertFalse(order.customer_wrote_at)

    # -- a message has a reader -----------------------------------------------------

    def test_what_the_customer_writes_has_a_reader_in_every_state(self):
        self.team.supervisor_id = self.users["supervisor"]
        for state in ("new", "dispatched", "in_progress", "done", "closed"):
            with self.subTest(state):
                order = self._receive_one(subject=f"Case {state}")
                sent = order.message_post(body="Yes", subtype_xmlid="mail.mt_comment")
                order.state = state
                if state != "new":
                    order.technician_id = self.technician
                self.assertFalse(order.customer_wrote_at, "our own message")
                raw = self._mail(headers=f"In-Reply-To: {sent.message_id}\n")
                self.assertFalse(self._receive(raw))
                self.assertTrue(order.customer_wrote_at)
                reader = "technician"
                if state in ("new", "closed"):
                    reader = "supervisor"
                self.assertEqual(order.activity_ids.user_id, self.users[reader])
                self._receive(self._mail(headers=f"In-Reply-To: {sent.message_id}\n"))
                self.assertEqual(len(order.activity_ids), 1, "once, until it is read")
                self.as_user("operator", order).action_message_read()
                self.assertFalse(order.customer_wrote_at or order.activity_ids)

    def test_answer_of_ours_is_a_reading(self):
        order = self._receive_one()
        self._receive(self._mail(subject=f"Re: {order.name}"))
        self.assertTrue(order.customer_wrote_at)
        self.as_user("dispatcher", order).message_post(
            body="At ten", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertFalse(order.customer_wrote_at)

    def test_the_technician_sees_it_on_the_card(self):
        order = self._receive_one()
        self._receive(self._mail(subject=f"Re: {order.name}"))
        facts = self.env["aftersales.myday"]._prepare_facts(order)
        self.assertTrue(facts["wrote"])

    # -- the number in the subject ----------------------------------------------------

    def test_number_in_the_subject_joins_the_order(self):
        order = self._receive_one()
        for subject in (
            f"Re: {order.name}",
            f"关于{order.name}的配件",
            order.name.lower(),
        ):
            with self.subTest(subject):
                self.assertFalse(self._receive(self._mail(subject=subject)))

    def test_number_of_somebody_else_does_not(self):
        order = self._receive_one()
        made = self._receive(
            self._mail(sender="other@else.example", subject=f"Re: {order.name}")
        )
        self.assertEqual(len(made), 1)

    def test_a_colleague_of_the_customer_joins(self):
        order = self._receive_one()
        self.env["res.partner"].create(
            {"name": "Fang", "email": "fang@dca.example", "parent_id": self.customer.id}
        )
        made = self._receive(
            self._mail(sender="fang@dca.example", subject=f"{order.name} again")
        )
        self.assertFalse(made)
