import re
import time
from collections import deque

from odoo import http
from odoo.exceptions import LockError, UserError
from odoo.http import request

from ...models.followup.aftersales_followup_call import MARK_FIELDS
from ...tools.text import clean_text

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
TEXT_LIMIT = 2000
MAX_MISSES, MISS_SECONDS, MAX_ADDRESSES = 30, 600, 10_000
STATUS = {"unknown": 404, "expired": 410, "locked": 429}
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}


class _Misses:
    """Counts wrong links per address; who tries many is told to wait.

    A link has 256 random bits and cannot be guessed: this keeps the log and the
    database quiet, and is kept in the memory of the worker for that reason.
    """

    def __init__(self):
        self._by_address = {}

    def _recent(self, address):
        misses = self._by_address.get(address, deque())
        while misses and misses[0] < time.monotonic() - MISS_SECONDS:
            misses.popleft()
        return misses

    def add(self, address):
        if len(self._by_address) >= MAX_ADDRESSES:
            self._by_address.clear()
        self._by_address.setdefault(
            address, deque(self._recent(address), maxlen=MAX_MISSES)
        ).append(time.monotonic())

    def is_locked(self, address):
        return len(self._recent(address)) >= MAX_MISSES

    def clear(self):
        self._by_address.clear()


MISSES = _Misses()


class AftersalesFollowup(http.Controller):
    """The customer's card: no login, one token, one answer (SV-81).

    GET never writes. An unknown, a forged and a withdrawn link look the same. The page
    shows the name of the company, the number of the order and the machine's name, and
    nothing else can be reached from it.
    """

    @http.route(
        "/service/opinion/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        sitemap=False,
        save_session=True,
    )
    def opinion(self, token, **kwargs):
        followup, page = self._find(token)
        return self._render(followup, page, {})

    @http.route(
        "/service/opinion/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        sitemap=False,
    )
    def opinion_answer(self, token, **form):
        followup, page = self._find(token)
        if page != "card":
            return self._render(followup, page, {})
        values, problem = self._read_form(form)
        if problem:
            return self._render(followup, "card", values, problem)
        try:
            page = followup._answer_by_link(self._prepare_values(values))
        except LockError:
            page = "used"  # the same link, pressed twice: the first one counts
        except UserError as error:
            return self._render(followup, "card", values, str(error))
        return self._render(followup, page, {})

    # -- the link -------------------------------------------------------------------

    def _find(self, token):
        """:return: the follow-up as the system, and the page to show"""
        followups = request.env["aftersales.followup"]
        address = request.httprequest.remote_addr
        if MISSES.is_locked(address):
            request.update_context(lang=self._get_lang(followups))
            return followups, "locked"
        followup = followups
        if TOKEN.fullmatch(token):
            followup = followups._find_by_link(token)
        request.update_context(lang=self._get_lang(followup))
        followup = followup.with_env(followup.env(context=request.env.context))
        page = followup._get_link_page()
        if page == "unknown":
            MISSES.add(address)
            return followups, page
        return followup, page

    # -- the form -------------------------------------------------------------------

    def _read_form(self, form):
        """The fields of the card and nothing else, as typed.

        :return: ``(values, problem in words or None)``
        """
        values = {
            name: str(form.get(name) or "")[:20] for name in (*MARK_FIELDS, "overall")
        }
        too_long = False
        for name in ("praise", "remark"):
            text = clean_text(form.get(name)).replace("\r\n", "\n").strip()
            too_long = too_long or len(text) > TEXT_LIMIT
            values[name] = text[:TEXT_LIMIT]
        values["call_me"] = bool(form.get("call_me"))
        if too_long:
            problem = request.env._(
                "Your text was too long: we kept the first %(limit)s characters. "
                "Please look at it and send it again.",
                limit=TEXT_LIMIT,
            )
            return values, problem
        if not values["overall"]:
            return values, request.env._("Please tap how satisfied you are overall.")
        return values, None

    def _prepare_values(self, values):
        """What the customer would have better is a complaint when he says so."""
        answer = {name: values[name] for name in (*MARK_FIELDS, "overall")}
        answer["praise"] = values["praise"]
        name = "complaint_text" if values["call_me"] else "suggestion"
        answer[name] = values["remark"] or (
            request.env._("The customer asks to be called.")
            if values["call_me"]
            else ""
        )
        return answer

    # -- the page -------------------------------------------------------------------

    def _render(self, followup, page, values, problem=None):
        lang = request.env.context.get("lang") or "en_US"
        company = followup.company_id  # nobody's name for an unknown link
        response = request.render(
            "aftersales_service.followup_page",
            {
                "page": page,
                "values": values,
                "problem": problem,
                "lang": lang,
                # Safe: the name of the company, for the head of the page.
                "company_name": company.sudo().name,
                # Safe: whether there is a logo to show.
                "logo": bool(company) and not company.sudo().uses_default_logo,
                "company_id": company.id,
                "order_name": followup.order_id.name,
                "machine": followup.product_id.name,
                "marks": self._get_marks(followup),
                "opinions": followup._fields["overall"]._description_selection(
                    followup.env
                ),
                "limit": TEXT_LIMIT,
            },
            status=STATUS.get(page, 200),
        )
        response.headers.update(HEADERS)
        return response

    def _get_marks(self, followup):
        """``[(field, question, [(mark, label)])]`` in the customer's language."""
        env = followup.env
        questions = {
            "attitude": env._("Attitude of the technician"),
            "skill": env._("Skill"),
            "punctuality": env._("Arrival in time"),
            "promises": env._("Promises kept"),
        }
        return [
            (
                name,
                questions[name],
                followup._fields[name]._description_selection(env),
            )
            for name in MARK_FIELDS
        ]

    def _get_lang(self, followup):
        """The customer's language, else that of the browser, as far as active."""
        wanted = followup.partner_id.lang or request.env.context.get("lang")
        return request.env["res.lang"]._get_data(code=wanted).code or "en_US"
