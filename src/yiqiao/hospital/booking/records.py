"""What became of bookings at one of our own hospitals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from yiqiao.hospital.booking.book import unseal
from yiqiao.hospital.booking.ordering import NUMBER, PLATFORM
from yiqiao.hospital.house import House
from yiqiao.ports.hospital.booking import OrderState, Paid
from yiqiao.ports.hospital.records import Choice, OrderNumbers, PatientWish, Record
from yiqiao.ports.hospital.values import Page, Paging, Pool, Session
from yiqiao.storage import records
from yiqiao.storage.records import DayFilter, RecordRow

_STATE: Mapping[Choice, OrderState] = {Choice.FAILED: OrderState.CANCELLED, Choice.STOPPED: OrderState.STOPPED}
_PAID: Mapping[Choice, Paid] = {Choice.UNPAID: Paid.UNPAID, Choice.PAID: Paid.PAID}


@dataclass(frozen=True)
class LocalRecords:
    """`Records` over our own tables."""

    house: House
    hospital_id: str

    async def by_numbers(self, wanted: Sequence[OrderNumbers]) -> tuple[Record, ...]:
        """These orders, as far as there are such."""
        rows = await self.house.database.read(lambda c: records.by_numbers(c, self.hospital_id, wanted))
        return self._records(rows)

    async def by_day(
        self, first: str, last: str, choice: Choice, patient: PatientWish | None, paging: Paging
    ) -> Page[Record]:
        """Orders of all channels for visits on these days."""
        certificate = patient.certificate if patient and not patient.patient_id else None
        wanted = DayFilter(
            first,
            last,
            _STATE.get(choice),
            _PAID.get(choice),
            patient.patient_id if patient else None,
            self._certificate(certificate.number) if certificate else None,
        )
        offset = (paging.page - 1) * paging.size
        total, rows = await self.house.database.read(
            lambda c: records.by_day(c, self.hospital_id, wanted, offset, paging.size)
        )
        return Page(total, self._records(rows))

    async def booked_for(self, day: str) -> tuple[Record, ...]:
        """All that was booked for visits on a day."""
        return self._records(await self.house.database.read(lambda c: records.booked_for(c, self.hospital_id, day)))

    async def registered_between(
        self, first_ms: int, last_ms: int, id_number: str | None, patient_id: str | None
    ) -> tuple[Record, ...]:
        """All registrations of a time."""
        index = self._certificate(id_number) if id_number else None
        rows = await self.house.database.read(
            lambda c: records.registered_between(c, self.hospital_id, first_ms, last_ms, index, patient_id)
        )
        return self._records(rows)

    def _certificate(self, number: str) -> int:
        return self.house.keyring.blind("order-certificate", number.upper())

    def _records(self, rows: Iterable[RecordRow]) -> tuple[Record, ...]:
        return tuple([self._record(row) for row in rows])

    def _record(self, row: RecordRow) -> Record:
        order = row.order
        kept = unseal(self.house.keyring, order)
        return Record(
            order_no=order.order_no,
            order_id=order.order_id if order.source == PLATFORM else None,
            serial=order.order_id if order.source == NUMBER else order.order_no,
            from_number=order.source == NUMBER,
            patient_id=order.patient_id,
            channel=order.channel,
            via=order.via,
            vendor=order.vendor,
            operator=order.operator,
            schedule_id=order.schedule_id,
            pool=Pool(order.pool),
            level=order.level,
            dept_id=order.dept_id,
            dept_name=row.dept_name or "",
            doctor_id=order.doctor_id,
            doctor_name=row.doctor_name or "",
            day=order.day,
            session=Session(order.session),
            begins=row.begins,
            ends=row.ends,
            number=str(order.number),
            place=row.place,
            state=OrderState(order.state),
            paid=Paid(order.paid),
            booked=bool(order.booked),
            extra=bool(order.extra),
            registration_fee=order.fee_registration,
            treatment_fee=order.fee_treatment,
            other_fee=order.fee_service + order.fee_other,
            discount=order.discount,
            insured_part=order.insured_part,
            pay_channel=order.pay_channel,
            pay_side=order.pay_side,
            refund_side=order.refund_side,
            insurance=order.insurance,
            visitor=kept.visitor,
            check_no=kept.check_no,
            ordered_at=order.ordered_at,
            registered_at=order.registered_at,
            fetched_at=order.fetched_at,
            visited_at=order.visited_at,
            visit_doctor_id=order.visit_doctor_id,
            visit_doctor_name=row.visit_doctor_name,
            cancelled_at=order.cancelled_at,
            stopped_at=order.stopped_at,
            paid_at=order.paid_at,
            refunded_at=order.refunded_at,
        )
