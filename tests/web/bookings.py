"""Appointments on file in a hub, in whatever state a test wants them; nobody acts on them unless a test has it so."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from starlette.testclient import TestClient

from tests.support.hospital import HOSPITAL, fill
from yiqiao.app.runtime import Runtime
from yiqiao.app.store import Store
from yiqiao.clock import beijing
from yiqiao.ports.hospital.booking import Document, Visitor
from yiqiao.ports.hospital.values import Sex
from yiqiao.region.appointments.appointment import Kept, Slip, seal
from yiqiao.storage import appointments
from yiqiao.storage.appointments import AppointmentRow, EventRow

T = TypeVar("T")
PERSON = "c" * 32
VISITOR = Visitor("柳成荫", Sex.MALE, "1985-03-12", "15498510001", Document(1, "359851198503120134"))
HOUR = 3_600_000


def runtime_of(client: TestClient) -> Runtime:
    """The hub behind a browser."""
    found: Runtime = client.app.state.runtime  # type: ignore[attr-defined]
    return found


def do(client: TestClient, act: Callable[..., Awaitable[T]], *values: Any) -> T:
    """Do something in the hub itself."""
    assert client.portal is not None
    return client.portal.call(act, *values)


async def open_hospital(hub: Runtime) -> None:
    """File the small hospital, which the hub then serves."""
    today = beijing(hub.clock.now_ms()).date()
    await hub.database.write(lambda c: fill(c, today, 2, keyring=hub.keyring))
    await hub.hospitals.refresh()


def row_of(store: Store, order_id: str, **changed: Any) -> AppointmentRow:
    """An appointment that was registered and paid an hour ago, for tomorrow; with something changed."""
    now = store.clock.now_ms()
    key_id, sealed = seal(store.keyring, PERSON, order_id, Kept(VISITOR, Slip(address="门诊楼二楼 3 诊室")))
    values: dict[str, Any] = {
        "person_id": PERSON,
        "order_id": order_id,
        "hospital_id": HOSPITAL,
        "schedule_id": "PB81030201",
        "time_id": "",
        "pool": 1,
        "dept_id": "D0201",
        "doctor_id": "YS8103",
        "day": (beijing(now).date() + timedelta(days=1)).isoformat(),
        "session": 1,
        "begins": "",
        "ends": "",
        "hospital_name": "云桥县人民医院",
        "dept_name": "普外科",
        "doctor_name": "金秋月",
        "fee": 2500,
        "pays_here": 1,
        "state": "registered",
        "ending": "",
        "reason": "",
        "tries": 0,
        "next_at": now + 30 * HOUR,
        "deadline": None,
        "trade_no": f"{order_id}P1",
        "trades": 1,
        "paid": "paid",
        "pay_channel": 1,
        "paid_at": now - HOUR,
        "refunded_at": None,
        "order_no": f"H{order_id}",
        "number": "5",
        "order_open": 1,
        "key_id": key_id,
        "sealed": sealed,
        "version": 1,
        "created_at": now - 2 * HOUR,
        "changed_at": now - HOUR,
    }
    return AppointmentRow(**values | changed)


async def file(store: Store, order_id: str, *course: tuple[str, str, str], **changed: Any) -> AppointmentRow:
    """File such an appointment, with its course: (state, actor, what was told), a minute each."""
    row = row_of(store, order_id, version=max(1, len(course)), **changed)
    steps = course or ((row.state, "citizen", "选定时间与就诊人"),)
    before, begun = "", row.created_at
    await store.database.write(lambda c: appointments.add(c, row, _event(row, 1, begun, "", *steps[0])))
    for version, step in enumerate(steps[1:], 2):
        before = steps[version - 2][0]
        event = _event(row, version, begun + version * 60_000, before, *step)
        await store.database.write(lambda c, event=event: _add(c, event))  # type: ignore[misc]
    return row


def _event(row: AppointmentRow, version: int, at: int, before: str, after: str, actor: str, told: str) -> EventRow:
    return EventRow(row.person_id, row.order_id, version, at, before, after, actor, 0, told)


def _add(connection: Any, event: EventRow) -> None:
    from yiqiao.storage.bulk import insert_many
    from yiqiao.storage.tables.appointments import appointment_event

    insert_many(connection, appointment_event, EventRow._fields, [event])
