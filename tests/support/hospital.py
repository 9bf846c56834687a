"""A small hospital, filed the way an import files it; the same every time.

内科 (D01) over 心血管内科 (D0101) and 消化内科 (D0102), 外科 (D02) over 普外科 (D0201), 儿科 (D03), 妇科 (D04), and
院办 (D09), where nobody is seen. Every doctor has two schedules a day: the morning in one piece, the afternoon in
two time slots.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from sqlalchemy import Connection

from tests.support.keys import KEYRING
from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.catalogue.rows import about_text, seal_private
from yiqiao.ports.hospital.catalogue import (
    AboutDepartment,
    AboutDoctor,
    AboutHospital,
    Ages,
    PriceKind,
    PrivateOfDoctor,
)
from yiqiao.ports.hospital.values import Pool, Session, Sex
from yiqiao.storage import hospital
from yiqiao.storage.hospital import (
    DepartmentRow,
    DoctorRow,
    HospitalRow,
    PhotoRow,
    PoolRow,
    PriceRow,
    ScheduleRow,
    TimeSlotRow,
)

HOSPITAL = "9851001"
FILED_AT = 1_795_000_000_000
JPEG = b"\xff\xd8\xff\xdbnot much of a picture\xff\xd9"
SHARED, REFERRAL = 3, 2
"""Units of a morning; of each time slot of an afternoon, too."""
SLOTS = (("1", "13:30", "14:30"), ("2", "14:30", "15:30"))

DEPARTMENTS = (
    ("D01", None, "内科", Ages.ALL, None, None),
    ("D0101", "D01", "心血管内科", Ages.ADULTS, 14, None),
    ("D0102", "D01", "消化内科", Ages.ALL, None, None),
    ("D02", None, "外科", Ages.ALL, None, None),
    ("D0201", "D02", "普外科", Ages.ALL, None, None),
    ("D03", None, "儿科", Ages.CHILDREN, 14, None),
    ("D04", None, "妇科", Ages.ALL, None, Sex.FEMALE),
    ("D09", None, "院办", Ages.ALL, None, None),
)
DOCTORS = (
    ("YS8101", "陶文静", ("D0101",), Sex.FEMALE),
    ("YS8102", "石磊", ("D0101", "D0102"), Sex.MALE),
    ("YS8103", "金秋月", ("D0201",), Sex.FEMALE),
    ("YS8104", "康乐", ("D03",), Sex.MALE),
    ("YS8105", "宁远", ("D04",), Sex.FEMALE),
)
PRICES = (
    (PriceKind.DRUG, "Y001", "阿莫西林胶囊", 13_996),
    (PriceKind.SERVICE, "X001", "普通门诊诊察费", 150_000),
)


def schedule_id(doctor_id: str, dept_id: str, day: date, session: Session) -> str:
    """The id of a schedule of this hospital."""
    return f"PB{doctor_id[2:]}{dept_id[1:]}{day:%m%d}{session.value}"


def time_id(schedule: str, number: str) -> str:
    """The id of the first ("1") or second ("2") time slot of an afternoon."""
    return f"FS{schedule[2:]}{number}"


def fill(
    connection: Connection,
    first_day: date,
    days: int = 3,
    *,
    hospital_id: str = HOSPITAL,
    name: str = "云桥县人民医院",
    keyring: Keyring = KEYRING,
    max_reg_days: int = 7,
) -> None:
    """File the hospital, with schedules from `first_day` on."""
    about = AboutHospital(
        "云桥人医", "云桥县梧桐路 1 号", "0000-6000000", 5, 3, 1, 1, longitude="120.75", latitude="31.65"
    )
    hours = ("00:00", "23:59", "11:30", "16:30")
    row = HospitalRow(hospital_id, name, about_text(about), max_reg_days, *hours, FILED_AT)
    hospital.add(connection, [row])
    hospital.add(connection, list(_departments(hospital_id)))
    hospital.add(connection, list(_doctors(hospital_id, keyring)))
    hospital.add(connection, [PhotoRow(hospital_id, DOCTORS[0][0], JPEG, FILED_AT)])
    hospital.add(connection, [_price(hospital_id, *item) for item in PRICES])
    add_schedules(connection, hospital_id, [first_day + timedelta(days=n) for n in range(days)])


def add_schedules(connection: Connection, hospital_id: str, days: Sequence[date]) -> None:
    """Every doctor's schedules of these days."""
    rows = [row for day in days for row in _schedules(hospital_id, day)]
    hospital.add(connection, rows)
    slots = [TimeSlotRow(hospital_id, row.schedule_id, *slot) for row in rows for slot in _slots(row)]
    hospital.add(connection, slots)
    hospital.add(connection, [pool for row in rows for pool in _pools(row)])


def _departments(hospital_id: str) -> Iterator[DepartmentRow]:
    for sort, (dept_id, parent_id, name, ages, years, sex) in enumerate(DEPARTMENTS):
        about = about_text(AboutDepartment(intro=f"{name}简介", address="门诊楼二楼", phone="0000-6000001"))
        limits = (int(sex or 0), int(ages), years)
        yield DepartmentRow(hospital_id, dept_id, parent_id, name, 1, 1, *limits, sort, about, FILED_AT)


def _doctors(hospital_id: str, keyring: Keyring) -> Iterator[DoctorRow]:
    for sort, (doctor_id, name, _, sex) in enumerate(DOCTORS):
        about = about_text(
            AboutDoctor(sex, intro="从医多年", famous=sort == 0, education="研究生", experience="二十年")
        )
        private = PrivateOfDoctor(f"35985119800101{sort:04}", "1980-01-01", f"1540000{sort:04}")
        sealed = seal_private(keyring, hospital_id, doctor_id, private)
        yield DoctorRow(hospital_id, doctor_id, name, "231", 1, sort, about, *sealed, FILED_AT)


def _price(hospital_id: str, kind: PriceKind, code: str, name: str, price: int) -> PriceRow:
    drug = kind is PriceKind.DRUG
    return PriceRow(
        hospital_id=hospital_id,
        kind=kind,
        item_code=code,
        name=name,
        price=price,
        category="西药" if drug else "诊察费",
        unit="粒" if drug else "次",
        maker="云桥制药" if drug else None,
        instructions="口服" if drug else None,
        form="0.25g*24 粒" if drug else None,
        remark=None,
        changed_at=FILED_AT,
    )


def _schedules(hospital_id: str, day: date) -> Iterator[ScheduleRow]:
    for doctor_id, _, dept_ids, _ in DOCTORS:
        for dept_id in dept_ids:
            women = Sex.FEMALE if dept_id == "D04" else None
            for session in (Session.MORNING, Session.AFTERNOON):
                yield ScheduleRow(
                    hospital_id=hospital_id,
                    schedule_id=schedule_id(doctor_id, dept_id, day, session),
                    dept_id=dept_id,
                    doctor_id=doctor_id,
                    day=day.isoformat(),
                    session=session,
                    level=2,
                    state="open",
                    slotted=int(session is Session.AFTERNOON),
                    fee_registration=1000,
                    fee_treatment=1500,
                    fee_service=200,
                    fee_other=0,
                    sex_limit=women,
                    age_min=None,
                    age_max=None,
                    visit_address="门诊楼二楼 3 诊室",
                    number_address="一楼大厅",
                    number_time="0730-1130" if session is Session.MORNING else "1300-1600",
                    changed_at=FILED_AT,
                )


def _slots(row: ScheduleRow) -> list[tuple[str, str, str]]:
    return [(time_id(row.schedule_id, n), begins, ends) for n, begins, ends in SLOTS] if row.slotted else []


def _pools(row: ScheduleRow) -> Iterator[PoolRow]:
    first = 1
    for slot in [slot[0] for slot in _slots(row)] or [""]:
        for pool, total in ((Pool.SHARED, SHARED), (Pool.REFERRAL, REFERRAL)):
            yield PoolRow(row.hospital_id, row.schedule_id, slot, pool, total, 0, first, first)
            first += total
