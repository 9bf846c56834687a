"""Bills on their shelf, each with its lines: what is due may change, what was paid or given back never does.

A bill and its lines go in together, so that its amount is the sum of its lines whenever it can be paid.
"""

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.hospital.imports.columns import Unfit
from yiqiao.hospital.imports.sheet import Filing
from yiqiao.storage import billing
from yiqiao.storage.billing import BillRow, LineRow


class Owed(NamedTuple):
    """A bill that is due, and its lines in their order."""

    bill: BillRow
    lines: list[LineRow]


class BillShelf:
    """The bills of a hospital."""

    def put(self, connection: Connection, at: Filing, rows: Sequence[Owed], *, dry_run: bool) -> Mapping[int, Unfit]:
        """File bills, save those that were settled with another content.

        New ones first: then each is there to be locked, and nobody pays it while it is compared and changed.
        """
        new = set() if dry_run else billing.add_new_bills(connection, [bill for bill, _ in rows])
        before = _on_file(connection, at.hospital_id, [bill.presc_no for bill, _ in rows], new, lock=not dry_run)
        settled: dict[int, Unfit] = {}
        changed: list[Owed] = []
        for n, owed in enumerate(rows):
            known = before.get(owed.bill.presc_no)
            if known is None or (_said(known.bill), known.lines) == (_said(owed.bill), owed.lines):
                continue
            if known.bill.state == "due":
                changed.append(owed)
            else:
                settled[n] = Unfit("该处方已缴费或退费，内容与登记的不一致，未作改动；请从文件中删去", "presc_no")
        if not dry_run:
            billing.add(connection, [line for owed in rows if owed.bill.presc_no in new for line in owed.lines])
            billing.change_bills(connection, [owed.bill for owed in changed])
            numbers = [owed.bill.presc_no for owed in changed]
            billing.put_lines(connection, at.hospital_id, numbers, [line for owed in changed for line in owed.lines])
        return settled


def _on_file(
    connection: Connection, hospital_id: str, presc_nos: Sequence[str], new: Set[str], *, lock: bool
) -> dict[str, Owed]:
    """Those of these bills that were on file before, by the prescription's number."""
    known = [presc_no for presc_no in presc_nos if presc_no not in new]
    if not known:
        return {}
    found = {bill.presc_no: Owed(bill, []) for bill in billing.bills(connection, hospital_id, known, lock=lock)}
    for line in billing.lines(connection, hospital_id, known):
        if line.presc_no in found:
            found[line.presc_no].lines.append(line)
    return found


def _said(bill: BillRow) -> BillRow:
    """What a bill says, whatever has become of it."""
    return bill._replace(state="", trade_no=None, changed_at=0)
