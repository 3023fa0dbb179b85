"""Texts of letters with placeholders, without the ORM.

A placeholder is a name in braces, ``{amount}``; nothing is evaluated. Values are
plain text and are escaped in the body of a letter.
"""

import re

from babel.dates import format_skeleton
from markupsafe import Markup, escape

PLACEHOLDER = re.compile(r"\{([a-z][a-z_]*)\}")
BLOCK = re.compile(r"<(p|li|h\d)\b[^>]*>.*?</\1>", re.DOTALL | re.IGNORECASE)


def format_period(day, locale, whole_year=False):
    """Month or year the way the language writes it.

    >>> from datetime import date
    >>> [format_period(date(2026, 10, 1), locale) for locale in ("en_US", "zh")]
    ['October 2026', '2026年10月']
    >>> format_period(date(2025, 1, 1), "zh", whole_year=True)
    '2025年'
    """
    return format_skeleton("y" if whole_year else "yMMMM", day, locale=locale)


def find_placeholders(text):
    """
    >>> sorted(find_placeholders("<p>{amount} by {due_on}, {Not one} {}</p>"))
    ['amount', 'due_on']
    """
    return set(PLACEHOLDER.findall(text or ""))


def fill_line(text, values):
    """A line of plain text; unknown names stay as they are.

    What introduced an empty value at the end goes with it.

    >>> fill_line("To {supplier}: {amount} {other}", {"supplier": "A&B", "amount": ""})
    'To A&B: {other}'
    >>> fill_line("Warning: {issue}", {"issue": ""})
    'Warning'
    """
    filled = PLACEHOLDER.sub(
        lambda match: str(values.get(match[1], match[0])), text or ""
    )
    return " ".join(filled.split()).rstrip(":： ")


def fill_html(text, values):
    """The body: values escaped, lines kept, blocks without any value left out.

    >>> fill_html("<p>Why: {why}</p><p>Due {day}</p>", {"why": "", "day": "<1st>"})
    Markup('<p>Due &lt;1st&gt;</p>')
    >>> fill_html("<p>{list}</p>", {"list": "one\\ntwo"})
    Markup('<p>one<br/>two</p>')
    """

    def keep(match):
        names = find_placeholders(match[0])
        empty = names and not any(values.get(name, name) for name in names)
        return "" if empty else match[0]

    def insert(match):
        if match[1] not in values:
            return match[0]
        lines = str(values[match[1]]).splitlines()
        return Markup("<br/>").join(escape(line) for line in lines)

    text = BLOCK.sub(keep, text or "")
    return Markup(PLACEHOLDER.sub(insert, text))  # noqa: S704 values are escaped
