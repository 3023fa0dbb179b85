"""Telephone numbers as people type them, without the ORM."""

import re
import unicodedata

_NOT_DIGIT = re.compile(r"[^0-9]")
_LOOKS_LIKE_PHONE = re.compile(r"[0-9+()/.\s-]+")
MINIMUM_DIGITS = 4


def phone_digits(number):
    """Only the digits, full-width ones (０５７１) included."""
    return _NOT_DIGIT.sub("", unicodedata.normalize("NFKC", number or ""))


def phone_needle(text, country_code=0):
    """Digits by which a typed number is looked up, or "" when it is no number.

    The international prefix of ``country_code`` and the trunk zero are dropped:
    0571 8…, +86 571 8… and 571-8… find each other whichever way they were stored.
    """
    text = unicodedata.normalize("NFKC", text or "").strip()
    if not _LOOKS_LIKE_PHONE.fullmatch(text):
        return ""
    digits = phone_digits(text)
    international = text.startswith(("+", "00"))
    digits = digits.lstrip("0")
    if international and country_code:
        digits = digits.removeprefix(str(country_code)).lstrip("0")
    return digits if len(digits) >= MINIMUM_DIGITS else ""
