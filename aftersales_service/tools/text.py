"""Text from telephones, mails and forms, made storable, without the ORM."""

import re

# NUL and lone surrogates cannot be stored in PostgreSQL.
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def clean_text(text, limit=0):
    """Text without what the database refuses, cut to ``limit`` characters."""
    if not isinstance(text, str):
        return ""
    text = _NOT_STORABLE.sub("", text)
    return text[:limit] if limit else text
