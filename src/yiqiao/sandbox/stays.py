"""What a stay in a sandbox's hospital costs, day by day."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from yiqiao.hospital.billing.lines import line_amount, ten_thousandths
from yiqiao.storage.billing import ChargeRow

_CHARGES = (("X101", "床位费", "床位费", Decimal("45.0000")), ("X102", "二级护理", "护理费", Decimal("24.0000")))


def charges(hospital_id: str, inpatient_no: str, days: Sequence[date]) -> Iterator[ChargeRow]:
    """The charges of these days."""
    one = Decimal(1)
    for day in days:
        for code, name, kind, price in _CHARGES:
            yield ChargeRow(
                hospital_id=hospital_id,
                inpatient_no=inpatient_no,
                line_id=f"{day:%y%m%d}{code}",
                day=day.isoformat(),
                item_class=kind,
                item_name=name,
                spec=None,
                unit="天",
                price=ten_thousandths(price),
                quantity=ten_thousandths(one),
                amount=line_amount(price, one),
            )
