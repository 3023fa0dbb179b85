"""Repair of incoming mails, without the ORM."""

import codecs
import email
import email.parser
import email.policy
import re
from email.message import EmailMessage

from .text import clean_text

# The parser of the standard library recurses per level of nesting.
MAX_PARTS = 100
_KEPT_HEADERS = (
    "Message-Id",
    "From",
    "To",
    "Cc",
    "Delivered-To",
    "Subject",
    "Date",
    "References",
    "In-Reply-To",
    "Auto-Submitted",
)


# What mail programs and servers write in front of what nobody wrote.
_AUTOMATIC_SUBJECT = re.compile(
    r"\s*(?:re:|回复[::：]|答复[::：])?\s*[\[【(（]?\s*"
    r"(?:自动(?:答复|回复|回覆)|自動(?:答覆|回覆|回复)|外出(?:自动)?回复|不在办公室"
    r"|休假自动|automatic reply|auto[- ]?reply|auto:|autoreply|out of (?:the )?office"
    r"|abwesenheitsnotiz|系统退信|系統退信|退信通知|undeliver(?:able|ed)"
    r"|delivery status notification|mail delivery (?:failed|subsystem)"
    r"|returned mail|failure notice)",
    re.IGNORECASE,
)
_DAEMONS = re.compile(r"(?:^|<)(?:mailer-daemon|postmaster)@", re.IGNORECASE)
_BULK = ("bulk", "list", "junk")
# Mail programs that say gb2312 or gbk write all of gb18030: 喆 镕 瑄 – and the like.
_NARROW = ("gb2312", "gb_2312-80", "gbk", "cp936", "ms936", "euc-cn", "x-gbk")
_NARROW_WORD = re.compile(
    rb"=\?(?:gb2312|gb_2312-80|gbk|cp936|ms936|euc-cn|x-gbk)(\*[a-z-]+)?\?([bq])\?",
    re.IGNORECASE,
)
_NARROW_VALUE = re.compile(
    rb"(\*=\s*\"?)(?:gb2312|gb_2312-80|gbk|cp936|ms936|euc-cn)(?=\')", re.IGNORECASE
)


def is_auto_reply(message):
    """An absence note, a bounce or a newsletter; not what machines report."""
    header = {
        name: str(message.get(name) or "").strip().lower()
        for name in ("Auto-Submitted", "Precedence", "Return-Path", "From")
    }
    submitted = header["Auto-Submitted"]
    if submitted.startswith("auto-replied") or header["Precedence"] == "auto_reply":
        return True
    if message.get("X-Autoreply") or message.get("X-Autorespond"):
        return True
    # A monitor reports by itself too, but does not fear to be answered.
    if submitted.startswith("auto") and message.get("X-Auto-Response-Suppress"):
        return True
    listed = message.get("List-Id") or message.get("List-Unsubscribe")
    if header["Precedence"] in _BULK and listed:
        return True
    if message.get("List-Id") and message.get("List-Unsubscribe"):
        return True
    if header["Return-Path"] == "<>" and submitted.startswith("auto"):
        return True
    if _DAEMONS.search(header["From"]):
        return True
    if message.get_content_type() == "multipart/report":
        return True
    return bool(_AUTOMATIC_SUBJECT.match(str(message.get("Subject") or "")))


def widen_headers(raw):
    """Encoded words that say gb2312 are read as gb18030, which holds all of it.

    Only headers are touched, those of parts included: base64 and quoted-printable
    have no “=?” of their own.
    """
    raw = _NARROW_WORD.sub(rb"=?gb18030?\2?", raw)
    return _NARROW_VALUE.sub(rb"\1gb18030", raw)


def widen_charsets(message):
    """Parts that say gb2312 are read as gb18030, as mail programs do."""
    for part in message.walk():
        if part.is_multipart():
            continue
        charset = part.get_content_charset()
        if charset in _NARROW:
            part.set_param("charset", "gb18030")


def repair_charsets(message):
    """Declare parts with an unknown charset as UTF-8; nested parts included."""
    for part in message.walk():
        if part.is_multipart():
            continue
        charset = part.get_param("charset")
        if not charset:
            continue
        if isinstance(charset, tuple):
            charset = charset[2]
        try:
            codecs.lookup(charset)
        except (LookupError, ValueError, TypeError):
            part.set_param("charset", "utf-8")


def as_attachment(raw):
    """The mail as a file in a plain one with its headers; nothing of it is lost."""
    headers = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(
        raw
    )
    wrapped = EmailMessage(policy=email.policy.SMTP)
    for name in _KEPT_HEADERS:
        value = clean_text(str(headers.get(name) or ""))
        value = " ".join(value.split())
        if not value:
            continue
        try:
            wrapped[name] = value
        except (ValueError, TypeError, IndexError, AttributeError):
            # A header the library cannot write; the file still has it.
            continue
    wrapped.set_content("")
    wrapped.add_attachment(
        raw, maintype="application", subtype="octet-stream", filename="message.eml"
    )
    return wrapped.as_bytes()


def clean_values(values):
    """Parsed values without NUL and lone surrogates, attachment names included."""
    return {name: _clean(value) for name, value in values.items()}


def _clean(value):
    if isinstance(value, str):
        cleaned = clean_text(value)
        # Keep the type: the body may be Markup, which is safe to cut from.
        return value if cleaned == value else type(value)(cleaned)
    if isinstance(value, tuple) and hasattr(value, "_replace"):
        return type(value)(*(_clean(item) for item in value))
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value
