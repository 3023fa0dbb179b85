from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.http import Request
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from ...controllers.followup.followup import MISSES
from .test_followup import FollowupCommon

JUNK = (
    "x",
    "%00",
    "a" * 43,
    "a" * 5000,
    "%E4%BD%A0%E5%A5%BD",
    "%ED%A0%80",
    "..%2F..%2Fetc",
    "'%20OR%201=1--",
    "%25s%25s%25s",
)


@tagged("post_install", "-at_install")
class TestFollowupLink(HttpCase, FollowupCommon):
    """The customer's page: no login, one answer, nothing else to be had (SV-81)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.write({"email": "customer@example.com", "lang": "en_US"})
        cls.card = cls._create_card()
        cls.path = f"/service/opinion/{cls.card.sudo().link_token}"

    def setUp(self):
        super().setUp()
        MISSES.clear()
        self.authenticate(None, None)

    def _post(self, path=None, **values):
        values.setdefault("overall", "satisfied")
        values["csrf_token"] = Request.csrf_token(self)
        return self.url_open(path or self.path, data=values)

    def test_the_card_is_answered_once(self):
        page = self.url_open(self.path)
        self.assertEqual(page.status_code, 200)
        self.assertIn("noindex", page.headers["X-Robots-Tag"])
        self.assertIn("Very satisfied", page.text)
        self.assertNotIn(self.customer.phone, page.text)
        self.assertNotIn(self.technician.name, page.text)
        self.assertEqual(self.card.state, "planned", "reading answers nothing")
        thanks = self._post(
            overall="very_satisfied", attitude="4", skill="3", praise="Super 👍"
        )
        self.assertIn("Thank you!", thanks.text)
        self.assertEqual(self.card.state, "answered")
        self.assertEqual(self.card.channel, "link")
        self.assertEqual(self.card.praise, "Super 👍")
        self.assertFalse(self.card.answered_by_id)
        self.assertEqual(self.card.order_id.opinion, "very_satisfied")
        for replay in (self._post(overall="dissatisfied"), self.url_open(self.path)):
            self.assertEqual(replay.status_code, 200)
            self.assertIn("already have your answer", replay.text)
        self.assertEqual(self.card.overall, "very_satisfied")
        self.assertFalse(self.card.complaint_id)

    def test_complaint_by_the_link(self):
        self._post(overall="fair", remark="He came late", call_me="1")
        self.assertEqual(self.card.complaint_text, "He came late")
        self.assertEqual(self.card.complaint_id.description, "He came late")
        self.assertEqual(
            self.card.complaint_id.create_uid, self.env.ref("base.user_root")
        )

    def test_wish_without_complaint(self):
        self._post(overall="satisfied", remark="Call before you come")
        self.assertEqual(self.card.suggestion, "Call before you come")
        self.assertFalse(self.card.complaint_id)

    def test_other_fields_of_the_form_are_ignored(self):
        self._post(
            overall="satisfied",
            state="cancelled",
            order_id="1",
            answered_at="2020-01-01",
            question="Inject",
            agent_id="2",
        )
        self.assertEqual(self.card.state, "answered")
        self.assertFalse(self.card.question)
        self.assertGreater(
            self.card.answered_at, fields.Datetime.now() - timedelta(hours=1)
        )

    def test_page_asks_again_for_what_is_missing_or_impossible(self):
        for values in ({"overall": ""}, {"overall": "great"}, {"attitude": "9"}):
            page = self._post(**values)
            self.assertEqual(page.status_code, 200)
            self.assertIn('role="alert"', page.text)
        self.assertEqual(self.card.state, "planned")

    def test_a_megabyte_of_text_is_cut_with_a_message(self):
        page = self._post(praise="好" * 350_000)
        self.assertEqual(page.status_code, 200)
        self.assertIn("2000", page.text)
        self.assertLess(len(page.text), 50_000)
        self.assertEqual(self.card.state, "planned")

    def test_markup_is_shown_as_text(self):
        page = self._post(overall="", praise="</textarea><script>alert(1)</script>")
        self.assertNotIn("<script>alert", page.text)

    def test_unknown_links_all_look_the_same(self):
        texts = set()
        for junk in JUNK:
            page = self.url_open(f"/service/opinion/{junk}")
            self.assertIn(page.status_code, (400, 404), junk)
            if "..%2F" not in junk:
                texts.add(page.text)
        self.assertEqual(len(texts), 1)
        forged = self._post(f"/service/opinion/{'b' * 43}")
        self.assertEqual(forged.status_code, 404)
        self.assertIn("not valid", forged.text)

    def test_withdrawn_link_is_unknown(self):
        self.card.order_id.action_reopen("Not finished")
        page = self._post()
        self.assertEqual(page.status_code, 404)
        self.assertEqual(self.card.state, "cancelled")

    def test_expired_link(self):
        self.card.sudo().link_expires_on = fields.Date.today() - timedelta(days=2)
        for page in (self.url_open(self.path), self._post()):
            self.assertEqual(page.status_code, 410)
            self.assertIn("expired", page.text)
        self.assertEqual(self.card.state, "planned")

    def test_who_guesses_has_to_wait(self):
        for _number in range(30):
            self.url_open(f"/service/opinion/{'c' * 43}")
        self.assertEqual(self.url_open(self.path).status_code, 429)
        MISSES.clear()
        self.assertEqual(self.url_open(self.path).status_code, 200)

    @mute_logger("odoo.http")
    def test_without_csrf_token_nothing_is_written(self):
        page = self.url_open(self.path, data={"overall": "dissatisfied"})
        self.assertEqual(page.status_code, 400)
        self.assertEqual(self.card.state, "planned")

    def test_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        self.assertIn('lang="fr-FR"', self.url_open(self.path).text)

    # -- the mail ---------------------------------------------------------------------

    def _run(self, now):
        with freeze_time(now):
            followups = self.env["aftersales.followup"]
            mine = followups.search(followups._get_link_domain()) & self.card
            mine._send_links()
        return mine

    def test_mail_on_the_day_in_the_queue(self):
        day = self.card.planned_on
        self.assertFalse(self._run(f"{day - timedelta(days=1)} 03:00:00"))
        self.assertFalse(self._run(f"{day} 15:00:00"), "23 o'clock in Shanghai")
        self.assertTrue(self._run(f"{day} 03:00:00"))
        mail = self.env["mail.mail"].search(
            [("recipient_ids", "in", self.customer.ids)]
        )
        self.assertEqual(mail.state, "outgoing")
        self.assertIn(self.path, mail.body_html)
        self.assertEqual(self.card.link_state, "sent")
        self.assertEqual(self.card.call_on, day + timedelta(days=1))
        self.assertFalse(
            self.card.message_ids.filtered(lambda m: self.path in m.body),
            "the link stands nowhere in the chatter",
        )
        self.assertFalse(self._run(f"{day} 04:00:00"), "once")

    def test_without_address_we_call(self):
        self.customer.email = False
        self._run(f"{self.card.planned_on} 03:00:00")
        self.assertEqual(self.card.link_state, "none")
        self.assertEqual(self.card.call_on, self.card.planned_on)

    def test_one_broken_mail_holds_up_nobody(self):
        other = self._create_card()
        template = type(self.env["mail.template"])
        send = template.send_mail_batch

        def broken(records, res_ids, **options):
            if self.card.id in res_ids:
                raise ValueError("broken")
            return send(records, res_ids, **options)

        with (
            patch.object(template, "send_mail_batch", broken),
            freeze_time(f"{self.card.planned_on} 03:00:00"),
        ):
            (self.card | other)._send_links()
        self.assertEqual(self.card.link_state, "failed")
        self.assertEqual(self.card.call_on, self.card.planned_on, "so we call")
        self.assertEqual(other.link_state, "sent")
