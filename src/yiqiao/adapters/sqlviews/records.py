"""What became of bookings, read from the orders' view of a HIS."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, and_, or_

from yiqiao.adapters.sqlviews.bound import Bound, Values
from yiqiao.adapters.sqlviews.views import Views
from yiqiao.ports.hospital.booking import Document, OrderState, Paid, Visitor
from yiqiao.ports.hospital.records import Choice, OrderNumbers, PatientWish, Record
from yiqiao.ports.hospital.values import Page, Paging

T = TypeVar("T")
RECORD = "record"
_CHOSEN = {
    Choice.FAILED: ("state", OrderState.CANCELLED),
    Choice.STOPPED: ("state", OrderState.STOPPED),
    Choice.UNPAID: ("paid", Paid.UNPAID),
    Choice.PAID: ("paid", Paid.PAID),
}


@dataclass(frozen=True)
class ViewsRecords:
    """`Records` over a view of a HIS."""

    views: Views

    async def by_numbers(self, wanted: Sequence[OrderNumbers]) -> tuple[Record, ...]:
        """These orders, as far as there are such; a number that is left out matches any."""

        def fits(view: Bound) -> ColumnElement[bool]:
            return or_(*(and_(*(view.equals(*one) for one in numbers._asdict().items())) for numbers in wanted))

        return await self._all(lambda view: [fits(view)]) if wanted else ()

    async def by_day(
        self, first: str, last: str, choice: Choice, patient: PatientWish | None, paging: Paging
    ) -> Page[Record]:
        """Orders of all channels for visits on these days."""

        def read(view: Bound, connection: Connection) -> Page[Record]:
            where = [view.between("day", first, last), *_of(view, patient)]
            if choice in _CHOSEN:
                where.append(view.equals(*_CHOSEN[choice]))
            rows = view.rows(connection, *where, paging=paging)
            return Page(view.count(connection, *where), tuple(map(_record, rows)))

        return await self.views.read(lambda bound: lambda c: read(bound[RECORD], c), RECORD)

    async def booked_for(self, day: str) -> tuple[Record, ...]:
        """All that was booked for visits on a day."""
        return await self._all(lambda view: [view.equals("day", day), view.equals("booked", True)])

    async def registered_between(
        self, first_ms: int, last_ms: int, id_number: str | None, patient_id: str | None
    ) -> tuple[Record, ...]:
        """All registrations of a time."""
        return await self._all(
            lambda view: [
                view.moments("registered_at", first_ms, last_ms),
                view.equals("id_number", id_number),
                view.equals("patient_id", patient_id),
            ]
        )

    async def _all(self, where: Callable[[Bound], Sequence[ColumnElement[bool]]]) -> tuple[Record, ...]:
        def read(view: Bound, connection: Connection) -> tuple[Record, ...]:
            return tuple(map(_record, view.rows(connection, *where(view))))

        return await self.views.read(lambda bound: lambda c: read(bound[RECORD], c), RECORD)


def _of(view: Bound, patient: PatientWish | None) -> Sequence[ColumnElement[bool]]:
    """Orders of a patient: by the hospital's number, else by certificate."""
    if patient is None:
        return ()
    if patient.patient_id:
        return (view.equals("patient_id", patient.patient_id),)
    return (view.equals("id_number", patient.certificate.number if patient.certificate else None),)


def _record(row: Values) -> Record:
    card = Document(row["card_type"] or 1, row["card_number"]) if row["card_number"] else None
    certificate = Document(row["id_type"] or 1, row["id_number"]) if row["id_number"] else None
    visitor = Visitor(
        name=row["name"],
        sex=row["sex"],
        birthday=row["birthday"],
        mobile=row["mobile"],
        certificate=certificate,
        card=card,
        address=row["address"],
    )
    told = {name: row[name] for name in Record.__dataclass_fields__ if name in row}
    absent = {
        **{name: "" for name in ("via", "vendor", "operator", "check_no") if told[name] is None},
        **{name: 0 for name in ("other_fee", "discount", "insured_part") if told[name] is None},
        "serial": row["serial"] or row["order_no"],
        "from_number": bool(row["from_number"]),
        "extra": bool(row["extra"]),
    }
    return Record(**{**told, **absent, "visitor": visitor})
