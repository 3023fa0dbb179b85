"""Telephone numbers as people and telephones write them, without the ORM."""

import re
import unicodedata

_NOT_DIGIT = re.compile(r"[^0-9]")
_DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63]")
_SCHEME = re.compile(r"^['\s]*(?:(?:tel|phone|callto|sip|mobile):)?['\s]*", re.I)
_LOOKS_LIKE_PHONE = re.compile(r"[0-9+()/.\s-]+")
# 转801, ext. 801, x801, #801, ;ext=801, p801
_EXTENSION = re.compile(
    r"[\s,;，；(]*(?:转|轉|分机|分機|extension|ext\.?\s*=?|x|#)\s*[:：]?\s*(\d{1,6})\)?\s*$",
    re.IGNORECASE,
)
MINIMUM_DIGITS = 4
# 571 8800 1234 and 138 0013 8000 have 10 to 11 digits without prefix and trunk zero.
_WITH_COUNTRY = 12


def _normalize(number):
    """One width, one kind of dash, nothing a display puts in front."""
    text = unicodedata.normalize("NFKC", number or "").strip()
    return _SCHEME.sub("", _DASHES.sub("-", text)).strip()


def split_extension(number):
    """``("0571-88001234", "801")`` of “0571-88001234 转801”; the second may be ""."""
    text = _normalize(number)
    found = _EXTENSION.search(text)
    if found and len(phone_digits(text[: found.start()])) >= MINIMUM_DIGITS:
        return text[: found.start()].strip(), found[1]
    return text, ""


def phone_digits(number):
    """Only the digits, full-width ones (０５７１) included."""
    return _NOT_DIGIT.sub("", unicodedata.normalize("NFKC", number or ""))


def phone_needle(text, country_code=0):
    """Digits by which a typed number is looked up, or "" when it is no number.

    The international prefix of ``country_code``, with or without a plus, the trunk
    zero and an extension are dropped: 0571 8…, +86 571 8…, 86571 8… and 571-8… find
    each other whichever way they were stored.

    >>> phone_needle("tel:+86-571-88001234", 86), phone_needle("8613800138011", 86)
    ('57188001234', '13800138011')
    """
    text, _extension = split_extension(text)
    if not _LOOKS_LIKE_PHONE.fullmatch(text):
        return ""
    digits = phone_digits(text)
    international = text.startswith(("+", "00"))
    digits = digits.lstrip("0")
    code = str(country_code or "")
    if code and digits.startswith(code):
        rest = digits.removeprefix(code).lstrip("0")
        # Displays leave the plus out: a number of ours is never that long.
        if international or (len(digits) >= _WITH_COUNTRY and len(rest) >= 8):
            digits = rest
    return digits if len(digits) >= MINIMUM_DIGITS else ""
