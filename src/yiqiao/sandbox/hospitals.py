"""The two hospitals of a sandbox: 40 departments, 300 doctors, and sessions for the next 30 days; the same from every
start. All names are invented.
"""

from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import Clock, beijing
from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.catalogue.rows import about_text, seal_private
from yiqiao.jobs import Daily, Done, Job, Outcome
from yiqiao.jobs.job import Handler
from yiqiao.ports.hospital.catalogue import (
    AboutDepartment,
    AboutDoctor,
    AboutHospital,
    Ages,
    PriceKind,
    PrivateOfDoctor,
)
from yiqiao.ports.hospital.values import Pool, Session, Sex
from yiqiao.sandbox.people import invented_words
from yiqiao.sandbox.visits import file_visits
from yiqiao.spec.dice import Dice
from yiqiao.storage import Database, hospital
from yiqiao.storage.database import Work
from yiqiao.storage.hospital import (
    DepartmentRow,
    DoctorRow,
    HospitalRow,
    PoolRow,
    PriceRow,
    Row,
    ScheduleRow,
    TimeSlotRow,
)

TOP_UP = Daily("sandbox.hospitals", time(0, 1))
DAYS = 30
"""How far ahead there are sessions; today is the first day."""
SEED = 9851
SHARED, REFERRAL = 8, 2
"""Units of a time slot; a session in one piece has twice as many."""
TREE: Sequence[tuple[str, Sequence[str]]] = (
    ("内科", ("心血管内科", "呼吸内科", "消化内科", "神经内科", "肾内科", "内分泌科", "血液科")),
    ("外科", ("普外科", "骨科", "泌尿外科", "神经外科", "胸外科")),
    ("妇产科", ("妇科", "产科")),
    ("儿科", ("儿内科", "儿外科")),
    ("五官科", ("眼科", "耳鼻喉科", "口腔科")),
)
TREE_OF_CHINESE_MEDICINE: Sequence[tuple[str, Sequence[str]]] = (
    ("中医内科", ("脾胃病科", "肺病科", "心病科", "脑病科")),
    ("中医外科", ("肛肠科", "皮肤科", "骨伤科")),
    ("中医妇科", ()),
    ("中医儿科", ()),
    ("针灸推拿科", ("针灸科", "推拿科", "康复科")),
    ("治未病科", ()),
)
WOMEN, CHILDREN = frozenset({"妇产科", "妇科", "产科", "中医妇科"}), frozenset({"儿科", "儿内科", "儿外科", "中医儿科"})
CHILD_AGE = 14
_SLOTS = {
    Session.MORNING: (("08:00", "09:30"), ("09:30", "11:30")),
    Session.AFTERNOON: (("13:30", "15:00"), ("15:00", "17:00")),
}
_PRICES = (
    (PriceKind.DRUG, "Y0001", "阿莫西林胶囊", 13_996, "西药", "粒"),
    (PriceKind.DRUG, "Y0002", "布洛芬缓释胶囊", 8_500, "西药", "粒"),
    (PriceKind.DRUG, "Y0003", "板蓝根颗粒", 12_000, "中成药", "袋"),
    (PriceKind.SERVICE, "X0001", "普通门诊诊察费", 150_000, "诊察费", "次"),
    (PriceKind.SERVICE, "X0002", "血细胞分析", 200_000, "检验费", "次"),
    (PriceKind.SERVICE, "X0003", "胸部正位片", 600_000, "检查费", "次"),
)


class Plan(NamedTuple):
    """What tells one of the hospitals from the other."""

    hospital_id: str
    name: str
    tree: Sequence[tuple[str, Sequence[str]]]
    doctors: int
    category: int


class Duty(NamedTuple):
    """Who works where; `turn` spreads the sessions over the week."""

    doctor_id: str
    dept_id: str
    women: bool
    level: int
    turn: int


PLANS = (
    Plan("9851001", "云桥县人民医院", TREE, 190, 1),
    Plan("9851002", "云桥县中医院", TREE_OF_CHINESE_MEDICINE, 110, 2),
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
                file_visits(connection, keyring, plan.hospital_id, now_ms)
            first = duties(plan)[0]
            known = hospital.known(connection, plan.hospital_id, first.dept_id, first.doctor_id)
            if known.dept and known.doctor:
                _schedule(connection, plan, today, now_ms)

    return work


def topping_up(database: Database, keyring: Keyring, clock: Clock) -> Handler:
    """The daily job that adds the day that has come into reach, by the sandbox's clock."""

    async def top_up(_: Job) -> Outcome:
        await database.write(furnishing(keyring, clock))
        return Done()

    return top_up


@cache
def duties(plan: Plan) -> tuple[Duty, ...]:
    """Who works where, at one of the hospitals: every department that nobody is below has doctors."""
    seen_in = [row for row in _department_names(plan) if not row[3]]
    found = []
    for number in range(plan.doctors):
        dept_id, _, name, _ = seen_in[number % len(seen_in)]
        doctor_id = f"YS{plan.hospital_id[-1]}{number + 1:03}"
        found.append(Duty(doctor_id, dept_id, name in WOMEN, 1 + number % 3, number))
    return tuple(found)


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
    _add(connection, [slot for row in rows for slot in _time_slots(row)])
    _add(connection, [pool for row in rows for pool in _pools(row)])


def _add(connection: Connection, rows: Sequence[Row]) -> None:
    hospital.add(connection, rows, skip_known=True)  # another worker may be as far


def _department_names(plan: Plan) -> Iterator[tuple[str, str | None, str, bool]]:
    """(dept_id, parent_id, name, whether others are below it)."""
    for number, (name, below) in enumerate(plan.tree, 1):
        yield f"D{number:02}", None, name, bool(below)
        for place, child in enumerate(below, 1):
            yield f"D{number:02}{place:02}", f"D{number:02}", child, False


def _departments(plan: Plan, now_ms: int) -> Iterator[DepartmentRow]:
    for sort, (dept_id, parent_id, name, _) in enumerate(_department_names(plan)):
        about = AboutDepartment(
            intro=f"{plan.name}{name}", address=f"门诊楼{sort % 5 + 1}楼", phone=f"0000-60{sort:05}"
        )
        sex = Sex.FEMALE if name in WOMEN else 0
        ages, age = (Ages.CHILDREN, CHILD_AGE) if name in CHILDREN else (Ages.ALL, None)
        limits = (int(sex), int(ages), age)
        place = (plan.hospital_id, dept_id, parent_id, name)
        yield DepartmentRow(*place, 1, 1, *limits, sort, about_text(about), now_ms)


def _doctors(plan: Plan, keyring: Keyring, now_ms: int) -> Iterator[DoctorRow]:
    dice = Dice(f"{SEED}/{plan.hospital_id}")
    known = invented_words()
    for sort, duty in enumerate(duties(plan)):
        sex = (Sex.MALE, Sex.FEMALE)[dice(2)]
        given = known.given[str(int(sex))]
        name = known.surnames[dice(len(known.surnames))] + given[dice(len(given))]
        about = about_text(AboutDoctor(sex, intro=f"从医 {3 + dice(30)} 年", expert=duty.level == 3))
        birthday = f"{1962 + dice(34)}-{1 + dice(12):02}-{1 + dice(28):02}"
        number = f"359851{birthday.replace('-', '')}{plan.hospital_id[-1]}{sort:03}"
        private = PrivateOfDoctor(number, birthday, f"154{plan.hospital_id[-1]}{sort:07}")
        sealed = seal_private(keyring, plan.hospital_id, duty.doctor_id, private)
        title = ("233", "232", "231")[duty.level - 1]
        yield DoctorRow(plan.hospital_id, duty.doctor_id, name, title, 1, sort, about, *sealed, now_ms)


def _schedules(plan: Plan, day: date, now_ms: int) -> Iterator[ScheduleRow]:
    for duty in duties(plan):
        turn = duty.turn + day.toordinal()
        if turn % 7 == 0:  # a day off
            continue
        session = Session.MORNING if turn % 2 else Session.AFTERNOON
        yield ScheduleRow(
            hospital_id=plan.hospital_id,
            schedule_id=f"PB{day:%y%m%d}{duty.doctor_id[2:]}{int(session)}",
            dept_id=duty.dept_id,
            doctor_id=duty.doctor_id,
            day=day.isoformat(),
            session=int(session),
            level=duty.level,
            state="open",
            slotted=int(duty.turn % 2 == 0),
            fee_registration=500 * duty.level,
            fee_treatment=1000 * duty.level,
            fee_service=200,
            fee_other=0,
            sex_limit=int(Sex.FEMALE) if duty.women else None,
            age_min=None,
            age_max=None,
            visit_address=f"门诊楼 {duty.turn % 40 + 1} 诊室",
            number_address="一楼大厅",
            number_time="0730-1130" if session is Session.MORNING else "1300-1600",
            changed_at=now_ms,
        )


def _time_slots(row: ScheduleRow) -> Iterator[TimeSlotRow]:
    if row.slotted:
        for number, (begins, ends) in enumerate(_SLOTS[Session(row.session)], 1):
            yield TimeSlotRow(row.hospital_id, row.schedule_id, f"{row.schedule_id}{number}", begins, ends)


def _pools(row: ScheduleRow) -> Iterator[PoolRow]:
    slots = [slot.time_id for slot in _time_slots(row)]
    many, first = 1 if slots else 2, 1
    for time_id in slots or [""]:
        for pool, units in ((Pool.SHARED, SHARED * many), (Pool.REFERRAL, REFERRAL * many)):
            yield PoolRow(row.hospital_id, row.schedule_id, time_id, int(pool), units, 0, first, first)
            first += units
