"""缴费: what somebody has to pay at a hospital, visit by visit, and the choice of what of it is paid now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.ports.cashier import NoCashier
from yiqiao.ports.hospital.outpatient import Bill, BillLine
from yiqiao.ports.hospital.refusals import NoSuchRecord
from yiqiao.region.charges.charge import Due, Kind, NotNow
from yiqiao.region.charges.states import FINAL
from yiqiao.region.records.record import Record
from yiqiao.web.citizen import CitizenSession
from yiqiao.web.citizens_only import for_citizens
from yiqiao.web.pages.citizen_charges import CHARGES
from yiqiao.web.reception import form
from yiqiao.web.render import page
from yiqiao.web.whose import Chosen, Whose, for_record

ROOM = "bills"
BILLS = f"/citizen/{ROOM}"
PICKED = "bill_"
"""How the names of the ticks begin; a prescription's number follows."""


@dataclass(frozen=True)
class ItemLine:
    """A line of a bill; `amount` is 分."""

    name: str
    spec: str
    quantity: str
    amount: int


@dataclass(frozen=True)
class BillCard:
    """A prescription that is not paid. `under_way`: where it is being paid already."""

    presc_no: str
    doctor: str
    amount: int
    window_only: bool
    under_way: str
    items: tuple[ItemLine, ...]


@dataclass(frozen=True)
class Visit:
    """What arose in one visit, which is paid at once; `total` is what can be paid here, 分."""

    serial_no: str
    day: str
    bills: tuple[BillCard, ...]
    total: int


@dataclass(frozen=True)
class BillsPage:
    """All that is due. `online`: it can be paid here; `unpicked`: nothing was ticked in the visit of this number."""

    whose: Whose
    visits: tuple[Visit, ...]
    online: bool
    path: str
    unpicked: str = ""
    csrf: str = field(default="", repr=False)


async def show(request: Request, session: CitizenSession, chosen: Chosen) -> Response:
    """All that is due."""
    return await _page(request, session, chosen)


async def begin(request: Request, session: CitizenSession, chosen: Chosen) -> Response:
    """Some of it was chosen: what it comes to is asked of the hospital again, and the payment begins."""
    runtime, sent = runtime_of(request), await form(request)
    session.check_form(sent.get("csrf", ""))
    serial_no = sent.get("visit", "")
    picked = [
        bill
        for bill in await due(chosen)
        if PICKED + bill.presc_no in sent and bill.serial_no == serial_no and not bill.window_only
    ]
    if not picked:
        return await _page(request, session, chosen, unpicked=serial_no)
    person_id = runtime.family.person_id(session.citizen)
    wish = _wish(chosen.record, picked)
    try:
        charge_id = await runtime.charges.begin(person_id, wish)
    except NotNow:
        under_way = await _under_way(request, session, chosen.record)
        known = next((at for number, at in under_way.items() if number in wish.presc_nos), "")
        if not known:
            raise
        return RedirectResponse(known, 303)  # an impatient finger pressed twice
    return RedirectResponse(f"{CHARGES}/{charge_id}", 303)


async def due(chosen: Chosen) -> tuple[Bill, ...]:
    """What is due; nothing where the hospital has nothing."""
    try:
        return await chosen.system.outpatient.due(chosen.record.patient_id)
    except NoSuchRecord:
        return ()


async def _page(request: Request, session: CitizenSession, chosen: Chosen, unpicked: str = "") -> Response:
    under_way = await _under_way(request, session, chosen.record)
    bills = sorted(await due(chosen), key=lambda bill: (bill.visit_day, bill.serial_no), reverse=True)
    visits = groupby(bills, key=lambda bill: (bill.visit_day, bill.serial_no))
    view = BillsPage(
        whose=chosen.whose,
        visits=tuple(_visit(day, serial_no, found, under_way) for (day, serial_no), found in visits),
        online=not isinstance(runtime_of(request).cashier, NoCashier),
        path=chosen.at(BILLS),
        unpicked=unpicked,
        csrf=session.csrf,
    )
    return page(request, "bills.html", view, 422 if unpicked else 200)


async def _under_way(request: Request, session: CitizenSession, record: Record) -> Mapping[str, str]:
    """Where prescriptions are being paid already, by their numbers."""
    runtime = runtime_of(request)
    return {
        number: f"{CHARGES}/{one.row.charge_id}"
        for one in await runtime.charges.of_person(runtime.family.person_id(session.citizen))
        if one.state not in FINAL and one.due.hospital_id == record.hospital_id
        for number in one.due.presc_nos
    }


def _wish(record: Record, picked: list[Bill]) -> Due:
    return Due(
        hospital_id=record.hospital_id,
        hospital_name=record.hospital_name,
        kind=Kind.OUTPATIENT,
        amount=sum(bill.amount for bill in picked),
        patient_id=record.patient_id,
        serial_no=picked[0].serial_no,
        presc_nos=tuple(bill.presc_no for bill in picked),
    )


def _visit(day: str, serial_no: str, bills: Iterable[Bill], under_way: Mapping[str, str]) -> Visit:
    cards = tuple(
        BillCard(
            presc_no=bill.presc_no,
            doctor=bill.ordered_by or "",
            amount=bill.amount,
            window_only=bill.window_only,
            under_way=under_way.get(bill.presc_no, ""),
            items=tuple(map(_item, bill.lines)),
        )
        for bill in bills
    )
    return Visit(serial_no, day, cards, sum(one.amount for one in cards if not (one.window_only or one.under_way)))


def _item(line: BillLine) -> ItemLine:
    return ItemLine(line.name, line.spec or "", f"{counted(line.quantity)} {line.unit or ''}".strip(), line.amount)


def counted(quantity: Decimal) -> str:
    """A quantity without the zeros that it does not need."""
    return f"{quantity.normalize():f}"


routes = [
    Route(BILLS, for_citizens(for_record(ROOM, show), other=lambda _: BILLS), methods=["GET"]),
    Route(BILLS, for_citizens(for_record(ROOM, begin), other=lambda _: BILLS), methods=["POST"]),
]
