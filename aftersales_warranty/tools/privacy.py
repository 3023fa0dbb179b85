"""What a supplier needs of a customer's words, without the customer."""

import re

MASK = "***"
MAIL = re.compile(r"[^\s@<>,:;()，。、；：]+@[^\s@<>,:;()，。、；：]+")
# Seven digits or more, with the signs people write between them; serial numbers that
# hold letters stay.
NUMBER = re.compile(r"(?<![\w])\+?\d(?:[\d\s()\-–./]{5,}\d)(?![\w])", re.ASCII)


def mask_personal(text, names=()):
    """The text without mail addresses, telephone numbers and the names given.

    Dates stay readable.

    >>> mask_personal("Ms Li, 0571-8888 0001, li@a.cn: broken on 2026-05-01", ["Li"])
    'Ms ***, ***, ***: broken on 2026-05-01'
    >>> mask_personal("请联系王芳13800001234，电源 7979Q7C-01 不通电", ["王芳"])
    '请联系*** ***，电源 7979Q7C-01 不通电'
    """
    text = MAIL.sub(MASK, text or "")
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = _mask_name(text, name)
    return NUMBER.sub(lambda match: _mask_number(match[0]), text)


def _mask_name(text, name):
    """Whole words of scripts with spaces; anywhere in the others."""
    pattern = re.escape(name)
    if name.isascii():
        return re.sub(rf"\b{pattern}\b", MASK, text, flags=re.IGNORECASE)
    return re.sub(rf"{pattern}(?=(\d)?)", lambda m: MASK + (" " if m[1] else ""), text)


def _mask_number(number):
    digits = re.sub(r"\D", "", number)
    is_date = re.fullmatch(r"(19|20)\d\d[-./]\d{1,2}[-./]\d{1,2}", number.strip())
    return number if is_date or len(digits) < 7 else MASK
