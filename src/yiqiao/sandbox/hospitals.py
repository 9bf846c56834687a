"""The two hospitals of a sandbox: 40 departments, 300 doctors, and sessions for the next 30 days; the same from every
start. All names are invented.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time, timedelta

from sqlalchemy import Connection

from yiqiao.clock import Clock, beijing
from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.catalogue.rows import about_text, seal_private
from yiqiao.hospital.house import House
from yiqiao.jobs import Daily, Done, Job, Outcome
from yiqiao.jobs.job import Handler
from yiqiao.jobs.queue import revive
from yiqiao.ports.hospital.catalogue import (
    AboutDepartment,
    AboutDoctor,
    AboutHospital,
    Ages,
    PriceKind,
    PrivateOfDoctor,
)
from yiqiao.ports.hospital.values import Sex
from yiqiao.sandbox import waiting
from yiqiao.sandbox.history import job as history
from yiqiao.sandbox.sessions import pools, schedule, session_of, time_slots
from yiqiao.sandbox.staff import CHILD_AGE, CHILDREN, PLANS, WOMEN, Plan, departments, doctors
from yiqiao.sandbox.visits import file_visits
from yiqiao.storage import Database, hospital
from yiqiao.storage.database import Work
from yiqiao.storage.hospital import (
    DepartmentRow,
    DoctorRow,
    HospitalRow,
    PriceRow,
    Row,
    ScheduleRow,
)

TOP_UP = Daily("sandbox.hospitals", time(0, 1))
DAYS = 30
"""How far ahead there are sessions; today is the first day."""
_PRICES = (
    (PriceKind.DRUG, "Y0001", "阿莫西林胶囊", 13_996, "西药", "粒"),
    (PriceKind.DRUG, "Y0002", "布洛芬缓释胶囊", 8_500, "西药", "粒"),
    (PriceKind.DRUG, "Y0003", "板蓝根颗粒", 12_000, "中成药", "袋"),
    (PriceKind.SERVICE, "X0001", "普通门诊诊察费", 150_000, "诊察费", "次"),
    (PriceKind.SERVICE, "X0002", "血细胞分析", 200_000, "检验费", "次"),
    (PriceKind.SERVICE, "X0003", "胸部正位片", 600_000, "检查费", "次"),
)


def furnishing(keyring: Keyring, clock: Clock) -> Work[None]:
    """The work that files the hospitals where they are not filed, and their sessions for the days to come.

    A hospital that somebody else has filed under the same id is left alone.
    """

    def work(connection: Connection) -> None:
        now_ms = clock.now_ms()
        today = beijing(now_ms).date()
        for plan in PLANS:
            if hospital.find(connection, plan.hospital_id) is None:
                _file(connection, plan, keyring, now_ms)
                file_visits(connection, keyring, plan, now_ms)
                history.begin(connection, plan, now_ms)
            first = doctors(plan)[0]
            known = hospital.known(connection, plan.hospital_id, first.dept.dept_id, first.doctor_id)
            if known.dept and known.doctor:
                _schedule(connection, plan, today, now_ms)
                waiting.begin(connection, plan, now_ms)

    return work


def resume(connection: Connection, now_ms: int) -> None:
    """Go on by a clock that was set: what waits may have been put off to a time that it will not show for long."""
    for plan in PLANS:
        for kind in (history.HISTORY, waiting.QUEUE):
            revive(connection, now_ms, kind, plan.hospital_id)


def handlers(database: Database, keyring: Keyring, clock: Clock) -> Mapping[str, Handler]:
    """Who does the hospitals' work, by the sandbox's clock: the days that come into reach, the history, the queues."""

    async def top_up(_: Job) -> Outcome:
        await database.write(furnishing(keyring, clock))
        return Done()

    return {
        TOP_UP.kind: top_up,
        history.HISTORY: history.filing(database, keyring, clock),
        waiting.QUEUE: waiting.queueing(House(database, keyring, clock)),
    }


def _file(connection: Connection, plan: Plan, keyring: Keyring, now_ms: int) -> None:
    about = AboutHospital(plan.name[-5:], "云桥县梧桐路 1 号", "0000-6000000", 5, 3, 1, plan.category)
    hours = ("00:00", "23:59", "11:30", "16:30")
    _add(connection, [HospitalRow(plan.hospital_id, plan.name, about_text(about), DAYS, *hours, now_ms)])
    _add(connection, list(_departments(plan, now_ms)))
    _add(connection, list(_doctors(plan, keyring, now_ms)))
    _add(connection, [PriceRow(plan.hospital_id, *item, None, None, None, None, now_ms) for item in _PRICES])


def _schedule(connection: Connection, plan: Plan, today: date, now_ms: int) -> None:
    last = hospital.last_day(connection, plan.hospital_id)
    first = today if last is None else max(today, date.fromisoformat(last) + timedelta(days=1))
    days = [first + timedelta(days=n) for n in range((today + timedelta(days=DAYS) - first).days)]
    rows = [row for day in days for row in _schedules(plan, day, now_ms)]
    _add(connection, rows)
    _add(connection, [slot for row in rows for slot in time_slots(row)])
    _add(connection, [pool for row in rows for pool in pools(row)])


def _add(connection: Connection, rows: Sequence[Row]) -> None:
    hospital.add(connection, rows, skip_known=True)  # another worker may be as far


def _departments(plan: Plan, now_ms: int) -> Iterator[DepartmentRow]:
    for sort, (dept_id, parent_id, name, _) in enumerate(departments(plan)):
        about = AboutDepartment(
            intro=f"{plan.name}{name}", address=f"门诊楼{sort % 5 + 1}楼", phone=f"0000-60{sort:05}"
        )
        sex = Sex.FEMALE if name in WOMEN else 0
        ages, age = (Ages.CHILDREN, CHILD_AGE) if name in CHILDREN else (Ages.ALL, None)
        limits = (int(sex), int(ages), age)
        place = (plan.hospital_id, dept_id, parent_id, name)
        yield DepartmentRow(*place, 1, 1, *limits, sort, about_text(about), now_ms)


def _doctors(plan: Plan, keyring: Keyring, now_ms: int) -> Iterator[DoctorRow]:
    for sort, one in enumerate(doctors(plan)):
        about = about_text(AboutDoctor(one.sex, intro=f"从医 {one.years} 年", expert=one.level == 3))
        number = f"359851{one.birthday.replace('-', '')}{plan.mark}{sort:03}"
        private = PrivateOfDoctor(number, one.birthday, f"154{plan.mark}{sort:07}")
        sealed = seal_private(keyring, plan.hospital_id, one.doctor_id, private)
        title = ("233", "232", "231")[one.level - 1]
        yield DoctorRow(plan.hospital_id, one.doctor_id, one.name, title, 1, sort, about, *sealed, now_ms)


def _schedules(plan: Plan, day: date, now_ms: int) -> Iterator[ScheduleRow]:
    for one in doctors(plan):
        session = session_of(one, day)
        if session is not None:
            yield schedule(plan, one, day, session, now_ms)
