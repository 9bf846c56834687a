"""Bills on their shelf, each with its lines: what is due may change, what was paid or given back never does.

A bill and its lines go in together, so that its amount is the sum of its lines whenever it can be paid.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
        numbers = [bill.presc_no for bill, _ in rows]
        new = set() if dry_run else billing.add_new_bills(connection, [bill for bill, _ in rows])
        found = billing.bills(connection, at.hospital_id, numbers, lock=not dry_run)
        before = {bill.presc_no: bill for bill in found}
        lines = defaultdict(list)
        for line in billing.lines(connection, at.hospital_id, numbers):
            lines[line.presc_no].append(line)
        settled: dict[int, Unfit] = {}
        changed: list[Owed] = []
        for n, owed in enumerate(rows):
            bill = before.get(owed.bill.presc_no)
            if bill is None or (_said(bill) == _said(owed.bill) and lines[bill.presc_no] == owed.lines):
                continue
            if bill.state == "due":
                changed.append(owed)
            else:
                settled[n] = Unfit("该处方已缴费或退费，内容与登记的不一致，未作改动；请从文件中删去", "presc_no")
        if not dry_run:
            billing.change_bills(connection, [owed.bill for owed in changed if owed.bill.presc_no not in new])
            relined = [owed for owed in changed if lines[owed.bill.presc_no] != owed.lines]
            billing.put_lines(
                connection,
                at.hospital_id,
                [owed.bill.presc_no for owed in relined],
                [line for owed in relined for line in owed.lines],
            )
        return settled


def _said(bill: BillRow) -> BillRow:
    """What a bill says, whatever has become of it."""
    return bill._replace(state="", trade_no=None, changed_at=0)
