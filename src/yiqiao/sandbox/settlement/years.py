"""What a person's insurance year has used: added by a settlement, given back when it is taken back."""

from collections.abc import Mapping

from yiqiao.ports.insurance_settlement import FUNDS
from yiqiao.sandbox.settlement.reckoning import BAND, BURDEN, DEDUCTIBLE
from yiqiao.storage.sandbox_settlement import YEARS, YearRow
from yiqiao.storage.shelves import Book

_COUNTED = (DEDUCTIBLE, BAND, BURDEN, *FUNDS)


def used(book: Book, psn_no: str, kind: str, year: str) -> dict[str, int]:
    """What somebody's year has used so far, 分."""
    rows = book.where(YEARS, "psn_no", psn_no)
    return {row.what: row.amount for row in rows if (row.kind, row.year) == (kind, year)}


def change(book: Book, psn_no: str, kind: str, year: str, by: Mapping[str, int], sign: int) -> None:
    """Add to a year (`sign` 1), or give back (-1)."""
    for what in _COUNTED:
        if amount := by.get(what, 0):
            row = book.add(YEARS, YearRow(psn_no, kind, year, what, 0))
            book.put(YEARS, row._replace(amount=row.amount + sign * amount))
