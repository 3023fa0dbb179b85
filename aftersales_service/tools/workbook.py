"""Workbooks whose cells are data, never formulas (Reliability 20)."""

import io
from unicodedata import east_asian_width

import xlsxwriter

TEXT_LIMIT = 32767
NARROWEST, WIDEST = 10, 44
MEASURED = 200  # rows that decide how wide a column is
FORBIDDEN = "[]:*?/\\"


def make_workbook(sheets):
    """Write sheets of plain rows.

    Texts are written as typed strings: whatever a customer calls himself
    (``=cmd()``, ``+1``, ``-1``, ``@x``, tab, carriage return) stays text in every
    spreadsheet program.

    :param sheets: ``[(name, header, rows)]``; numbers stay numbers
    :return: bytes
    """
    target = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        money = book.add_format({"num_format": "#,##0.00"})
        names = set()
        for name, header, rows in sheets:
            rows = list(rows)
            sheet = book.add_worksheet(_sheet_name(name, names))
            sheet.freeze_panes(1, 0)
            for column, title in enumerate(header):
                sheet.write_string(0, column, str(title), bold)
                cells = (row[column] for row in rows[:MEASURED] if column < len(row))
                values = [title, *cells]
                sheet.set_column(column, column, _get_width(values))
            for number, row in enumerate(rows, 1):
                for column, value in enumerate(row):
                    _write(sheet, number, column, value, money)
    return target.getvalue()


def _get_width(values):
    """Room for most contents; a Chinese character takes two places."""
    longest = max(
        sum(2 if east_asian_width(char) in "WF" else 1 for char in str(value)[:WIDEST])
        for value in values
    )
    return min(WIDEST, max(NARROWEST, longest + 2))


def _write(sheet, row, column, value, money):
    if isinstance(value, bool) or value is None:
        sheet.write_string(row, column, "✓" if value else "")
    elif isinstance(value, int):
        sheet.write_number(row, column, value)
    elif isinstance(value, float):
        sheet.write_number(row, column, value, money)
    else:
        sheet.write_string(row, column, str(value)[:TEXT_LIMIT])


def _sheet_name(name, names):
    """Excel takes 31 characters, none of ``[]:*?/\\``, and no name twice."""
    clean = "".join("_" if char in FORBIDDEN else char for char in str(name))
    clean = clean.strip("'")[:31] or "Sheet"
    base, number = clean, 1
    while clean.lower() in names:
        number += 1
        clean = f"{base[:27]} {number}"
    names.add(clean.lower())
    return clean
