"""A hospital to be measured: filed straight into a hub's database, and called through SOAP as a platform does."""

from collections.abc import Iterator
from datetime import date, timedelta
from html import escape
from typing import Any

from sqlalchemy import Connection

from benchmarks.processes import Hub
from yiqiao.clock import SystemClock, beijing
from yiqiao.dialects.convenience.content import written
from yiqiao.dialects.convenience.envelope import seal_request
from yiqiao.dialects.convenience.functions import spec_of
from yiqiao.dialects.convenience.scheme import scheme
from yiqiao.storage import open_database
from yiqiao.storage.migrate import upgrade
from yiqiao.storage.tables.hospital import department, doctor, hospital, schedule, slot_pool

PATH = "/convenience"
CONTENT_TYPE = "text/xml; charset=utf-8"
HOSPITAL, CALLED, SHOWN = "9859001", "D0101", "D0201"
"""The hospital, the department whose units are locked, and the one whose schedules are shown."""
DOCTORS, DAYS = 4, 30
FEE = 2500
_SOAP = (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
    "<soap:Body><{method}><xml>{message}</xml></{method}></soap:Body></soap:Envelope>"
)


def tomorrow() -> date:
    """For when units are locked."""
    return beijing(SystemClock().now_ms()).date() + timedelta(days=1)


async def file(url: str, pools: dict[str, int]) -> None:
    """Write the hospital into the database of a hub that does not run yet; `pools`: schedule and units."""
    await upgrade(url)
    database = await open_database(url)
    try:
        await database.write(lambda connection: _file(connection, pools))
    finally:
        await database.close()


def _file(connection: Connection, pools: dict[str, int]) -> None:
    common = {"hospital_id": HOSPITAL, "changed_at": 0}
    named = {**common, "about": "{}", "name": "云桥县人民医院"}
    connection.execute(hospital.insert(), {**named, "max_reg_days": DAYS})
    limits = {"sex_limit": 0, "baby_flag": 0, "sort": 1, "kind": 1, "active": 1}
    connection.execute(department.insert(), [{**named, **limits, "dept_id": one} for one in (CALLED, SHOWN)])
    sealed = {"key_id": "none", "sealed": b"", "active": 1, "sort": 1}
    doctors = [f"YS{n:04}" for n in range(DOCTORS)]
    about = {**named, "about": '{"sex": 3}'}
    connection.execute(doctor.insert(), [{**about, **sealed, "doctor_id": one} for one in doctors])
    day = tomorrow()
    rows = [_schedule(name, CALLED, doctors[0], day, 1) for name in pools]
    shown = [
        _schedule(f"{one}-{ahead}-{session}", SHOWN, one, day + timedelta(days=ahead), session)
        for one in doctors
        for ahead in range(DAYS - 1)
        for session in (1, 2)
    ]
    connection.execute(schedule.insert(), [*rows, *shown])
    units = pools | {str(row["schedule_id"]): 20 for row in shown}
    connection.execute(slot_pool.insert(), [_pool(name, total) for name, total in units.items()])
    connection.exec_driver_sql("ANALYZE")  # as a database does by itself that has run for some minutes


def _schedule(name: str, dept_id: str, doctor_id: str, day: date, session: int) -> dict[str, Any]:
    fees = {"fee_registration": 1000, "fee_treatment": 1500, "fee_service": 0, "fee_other": 0}
    of = {"hospital_id": HOSPITAL, "schedule_id": name, "dept_id": dept_id, "doctor_id": doctor_id}
    kind = {"level": 1, "state": "open", "slotted": 0, "changed_at": 0}
    return {**of, **fees, **kind, "day": f"{day}", "session": session}


def _pool(name: str, total: int) -> dict[str, Any]:
    of = {"hospital_id": HOSPITAL, "schedule_id": name, "time_id": "", "pool": 1}
    return {**of, "total": total, "taken": 0, "first_number": 1, "next_number": 1}


class Platform:
    """The platform of the sandbox's demo partner: makes signed and enciphered messages before they are needed."""

    def __init__(self, hub: Hub) -> None:
        found = hub.credentials("convenience")
        self._user, self._secret = str(found["app_id"]), str(found["secret"])
        self._spec = spec_of("standard")
        self._scheme = scheme(self._spec.security)

    def message(self, method: str, **values: object) -> bytes:
        """A call of `method` in SOAP 1.1."""
        operation = self._spec.operations[method]
        content = written("REQ", values)
        sealed = seal_request(operation.code, self._user, content, self._secret, self._scheme)
        return _SOAP.format(method=method, message=escape(sealed, quote=False)).encode()

    def locks(self, prefix: str, schedules: list[str], count: int) -> Iterator[bytes]:
        """Calls of LockReg, each with a LOCK_ID of its own, the schedules in turn."""
        day = f"{tomorrow()}"
        for n in range(count):
            yield self.message(
                "LockReg",
                REG_ROLE=1,
                LOCK_ID=f"{prefix}{n}",
                CHANNEL_ID=3,
                REG_ID=schedules[n % len(schedules)],
                HOSPITAL_ID=HOSPITAL,
                DEPT_ID=CALLED,
                DOCTOR_ID="YS0000",
                REG_DATE=day,
                TIME_FLAG=1,
                REG_FEE=FEE,
                TREAT_FEE=1500,
            )

    def schedules(self) -> bytes:
        """A call of GetRegInfo: a department's next thirty days."""
        first = tomorrow()
        return self.message(
            "GetRegInfo",
            REG_ROLE=1,
            HOSPITAL_ID=HOSPITAL,
            DEPT_ID=SHOWN,
            DOCTOR_ID=-1,
            START_DATE=f"{first}",
            END_DATE=f"{first + timedelta(days=DAYS - 1)}",
            PAGE_CURRENT=1,
            PAGE_SIZE=1000,
        )
