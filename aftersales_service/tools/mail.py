"""Repair of incoming mails, without the ORM."""

import codecs
import email
import email.parser
import email.policy
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


def is_auto_reply(message):
    """An absence note or the like; not what machines send on their own."""
    submitted = str(message.get("Auto-Submitted") or "").strip().lower()
    precedence = str(message.get("Precedence") or "").strip().lower()
    return (
        submitted.startswith("auto-replied")
        or precedence == "auto_reply"
        or bool(message.get("X-Autoreply") or message.get("X-Autorespond"))
    )


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
