"""What became of bookings at a hospital elsewhere (3.1.3.11, 3.1.3.12, 3.1.3.15)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yiqiao.clock import readable
from yiqiao.dialects.convenience.remote.calls import Calls, part
from yiqiao.dialects.convenience.remote.orders import booking_told, order_told, registration_told
from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.dialects.convenience.remote.visitors import document_values
from yiqiao.ports.hospital.booking import OrderState, Paid
from yiqiao.ports.hospital.records import Choice, OrderNumbers, PatientWish, Record
from yiqiao.ports.hospital.refusals import NoSuchRecord, UnknownOrder
from yiqiao.ports.hospital.values import Page, Paging

Values = Mapping[str, object]
AT_ONCE = 100
"""Orders by number that one question may be about."""
LONGEST_PATIENT_ID, LONGEST_NUMBER = 15, 18
"""Characters that QUERY_DATE has room for."""
CERTIFIED = 1  # PATIENT_TYPE


@dataclass(frozen=True)
class RemoteRecords:
    """`Records` by asking the hospital."""

    calls: Calls

    async def by_numbers(self, wanted: Sequence[OrderNumbers]) -> tuple[Record, ...]:
        """These orders, as far as there are such. A number that is not known is left empty; a hospital that insists on
        both then finds nothing: whoever must be sure looks by `by_day` too.
        """
        numbered = [one for one in wanted if one.order_id or one.order_no]
        if self.calls.asks("QueryRegRecord", "QUERY_ORDER"):
            batches = [numbered[start : start + AT_ONCE] for start in range(0, len(numbered), AT_ONCE)]
            questions: list[Values] = [{"QUERY_ORDER": [_numbers(one) for one in batch]} for batch in batches]
        else:
            questions = [_numbers(one) for one in numbered]
        found: dict[str, Record] = {}
        for question in questions:
            try:
                records = await self.calls.ask("QueryRegRecord", question, _orders)
            except (NoSuchRecord, UnknownOrder):
                continue
            found |= {record.order_no: record for record in records if any(_is(record, one) for one in numbered)}
        return tuple(found.values())

    async def by_day(
        self, first: str, last: str, choice: Choice, patient: PatientWish | None, paging: Paging
    ) -> Page[Record]:
        """Orders of all channels for visits on these days. Somebody else's that a hospital lists all the same are left
        out. A profile that can ask neither for a kind of orders nor for a person is asked for all, and they are chosen
        from that.
        """
        try:
            if self.calls.asks("QueryRegRecord", "QUERY_DATE"):
                return await self._asked_for(first, last, choice, patient, paging)
            days = {"BEGIN_DATE": first, "END_DATE": last}
            if choice is Choice.ALL and patient is None:
                return await self.calls.pages("QueryRegRecord", days, paging, _orders)
            whole = await self.calls.pages("QueryRegRecord", days, None, _orders)
        except NoSuchRecord:
            return Page(0, ())
        rows = tuple(one for one in whole.rows if _is_of(one, choice) and (patient is None or _of(one, patient)))
        return Page(len(rows), part(rows, paging))

    async def _asked_for(
        self, first: str, last: str, choice: Choice, patient: PatientWish | None, paging: Paging
    ) -> Page[Record]:
        asked = {
            "PATIENT_INFO": None if patient is None else self._patient(patient),
            "BEGIN_DATE": first,
            "END_DATE": last,
            "PAGE_CURRENT": paging.page,
            "PAGE_SIZE": paging.size,
            "QUERY_TYPE": int(choice),
        }
        total, found = await self.calls.ask(
            "QueryRegRecord", {"QUERY_DATE": asked}, lambda told: (told.number("COUNT"), _orders(told))
        )
        rows = tuple(record for record in found if patient is None or _of(record, patient))
        return Page(max((total or 0) - len(found), 0) + len(rows), rows)

    async def booked_for(self, day: str) -> tuple[Record, ...]:
        """All that was booked for visits on a day."""
        asked = {"BAT_REG_INFO": {"HOSPITAL_ID": self.calls.hospital_id, "QUEYDATE": day}}

        def read(told: Told) -> tuple[Record, ...]:
            return tuple(booking_told(row, day) for row in told.rows("REG_INFO_LIST"))

        try:
            return await self.calls.ask("GetGhInfo", asked, read)
        except NoSuchRecord:
            return ()

    async def registered_between(
        self, first_ms: int, last_ms: int, id_number: str | None, patient_id: str | None
    ) -> tuple[Record, ...]:
        """All registrations of a time, to the second."""
        asked = {
            "IDCARD": id_number,
            "OPNO": patient_id,
            "BEGINTIME": readable(first_ms),
            "ENDTIME": readable(last_ms),
        }

        def read(told: Told) -> tuple[Record, ...]:
            return tuple(registration_told(row) for row in told.rows("REC_ITEM_LIST"))

        try:
            return await self.calls.ask("GetGhRecord", asked, read)
        except NoSuchRecord:
            return ()

    def _patient(self, patient: PatientWish) -> Values:
        patient_id, certificate = patient.patient_id, patient.certificate
        fits = certificate is not None and len(certificate.number) <= LONGEST_NUMBER
        return {
            "HOSP_PATIENT_ID": patient_id if patient_id and len(patient_id) <= LONGEST_PATIENT_ID else None,
            "PATIENT_TYPE": CERTIFIED,
            **document_values(self.calls.spec, "ID", certificate if fits else None),
        }


def _orders(told: Told) -> tuple[Record, ...]:
    return tuple(order_told(row) for row in told.rows("ORDER_LIST") if row.text("HOSP_ORDER_ID"))


def _numbers(one: OrderNumbers) -> Values:
    return {"ORDER_ID": one.order_id, "HOSP_ORDER_ID": one.order_no}


def _is(record: Record, one: OrderNumbers) -> bool:
    """Whether a record is the one that was asked for, and nobody else's; beside its own number a hospital may leave
    out the platform's.
    """
    if one.order_no is None:
        return record.order_id == one.order_id
    return record.order_no == one.order_no and (one.order_id is None or record.order_id in (one.order_id, None))


def _of(record: Record, patient: PatientWish) -> bool:
    """Whether a record is this person's: by the hospital's number, else by certificate."""
    if patient.patient_id:
        return record.patient_id == patient.patient_id
    stated, known = patient.certificate, record.visitor.certificate
    return stated is not None and known is not None and stated.number.upper() == known.number.upper()


def _is_of(record: Record, choice: Choice) -> bool:
    """Whether a record is of the kind that is asked for."""
    match choice:
        case Choice.ALL:
            return True
        case Choice.FAILED:
            return record.state is OrderState.CANCELLED
        case Choice.STOPPED:
            return record.state is OrderState.STOPPED
        case Choice.UNPAID:
            return record.paid is Paid.UNPAID
        case Choice.PAID:
            return record.paid is Paid.PAID
