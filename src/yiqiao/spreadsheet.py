"""Tables as files for spreadsheets. A text that a spreadsheet would take for a formula is made one that it does not."""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO

Rows = Sequence[Sequence[str]]
_FORMULA = frozenset("=+-@\t\r")
_BOM = "\ufeff"
"""Without it, the spreadsheet that most people have takes UTF-8 for GBK."""


def csv_of(rows: Rows) -> bytes:
    """CSV, in UTF-8 with a mark."""
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([[plain(cell) for cell in row] for row in rows])
    return (_BOM + text.getvalue()).encode()


def xlsx_of(title: str, rows: Rows) -> bytes:
    """A workbook of one sheet, all cells texts; the first row stays in sight."""
    from openpyxl import Workbook  # some megabytes: only who asks for a workbook pays for them

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append([plain(cell) for cell in row])
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def plain(cell: str) -> str:
    """A cell that is no formula."""
    return f"'{cell}" if cell[:1] in _FORMULA else cell
