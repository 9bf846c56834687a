"""A prescription's bill and its lines as they are filed: each line rounded half up once, the bill their exact sum."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from yiqiao.ports.hospital.outpatient import Bill, BillLine
from yiqiao.storage.billing import BillRow, LineRow

_DECIMALS = 10_000


@dataclass(frozen=True)
class Unfit(ValueError):
    """A bill that cannot be filed; the text says why."""

    reason: str

    def __str__(self) -> str:
        return self.reason


def line_amount(price: Decimal, quantity: Decimal) -> int:
    """What a line comes to in 分: price (元, four decimals) times quantity, rounded half up once."""
    return int((price * quantity * 100).quantize(Decimal(1), ROUND_HALF_UP))


def is_rounded(amount: int, price: Decimal, quantity: Decimal) -> bool:
    """Whether an amount in 分 is price times quantity, rounded up or down: not all round as `line_amount` does."""
    return abs(amount - price * quantity * 100) < 1


def exact(number: int) -> Decimal:
    """A price or quantity that is kept in ten-thousandths."""
    return Decimal(number) / _DECIMALS


def ten_thousandths(number: Decimal) -> int:
    """A price or quantity as it is kept. Raises Unfit for more than four decimals."""
    kept = number * _DECIMALS
    if kept != kept.to_integral_value():
        raise Unfit(f"{number}: at most four decimals")
    return int(kept)


def bill_rows(
    hospital_id: str, bill: Bill, now_ms: int, drug_window: str | None = None
) -> tuple[BillRow, list[LineRow]]:
    """The rows of a bill that is due. Raises Unfit where an amount is not what price and quantity come to, or the bill
    not the sum of its lines.
    """
    for line in bill.lines:
        if line.amount != line_amount(line.price, line.quantity):
            raise Unfit(f"{bill.presc_no}: {line.item_no}: {line.price} x {line.quantity} is not {line.amount} 分")
    if bill.amount != sum(line.amount for line in bill.lines):
        raise Unfit(f"{bill.presc_no}: {bill.amount} 分 is not the sum of the lines")
    row = BillRow(
        hospital_id=hospital_id,
        presc_no=bill.presc_no,
        patient_id=bill.patient_id,
        serial_no=bill.serial_no,
        visit_no=bill.visit_no,
        visit_day=bill.visit_day,
        amount=bill.amount,
        state="due",
        trade_no=None,
        window_only=int(bill.window_only),
        drug_window=drug_window,
        ordered_by=bill.ordered_by,
        ordered_at=bill.ordered_at,
        changed_at=now_ms,
    )
    return row, [_line(hospital_id, bill.presc_no, n, line) for n, line in enumerate(_all(bill.lines), 1)]


def _all(lines: Sequence[BillLine]) -> Sequence[BillLine]:
    if not lines:
        raise Unfit("a bill without lines")
    return lines


def _line(hospital_id: str, presc_no: str, number: int, line: BillLine) -> LineRow:
    return LineRow(
        hospital_id=hospital_id,
        presc_no=presc_no,
        line_no=number,
        item_no=line.item_no,
        item_name=line.name,
        item_class=line.item_class,
        spec=line.spec,
        unit=line.unit,
        price=ten_thousandths(line.price),
        quantity=ten_thousandths(line.quantity),
        amount=line.amount,
        performed_by=line.performed_by,
    )
