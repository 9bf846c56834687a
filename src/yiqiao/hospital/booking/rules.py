"""What hospital, department and schedule ask of those who order; each rule has a sentence for the patient."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from yiqiao.clock import beijing
from yiqiao.ports.hospital.booking import OrderWish
from yiqiao.ports.hospital.refusals import DepartmentRuleViolated, RuleViolated
from yiqiao.ports.hospital.values import Session, Sex
from yiqiao.storage.booking import ScheduleRow
from yiqiao.storage.orders import DepartmentRow, HospitalRow

CHILDREN, ADULTS = 1, 2
_SEX = {Sex.MALE: "男性", Sex.FEMALE: "女性"}


class Case(NamedTuple):
    """A wish beside what it has to keep to."""

    wish: OrderWish
    schedule: ScheduleRow
    hospital: HospitalRow
    department: DepartmentRow

    @property
    def today(self) -> date:
        """The day of asking."""
        return beijing(self.wish.serial.at).date()

    @property
    def day(self) -> date:
        """The day of the visit."""
        return date.fromisoformat(self.schedule.day)

    @property
    def time(self) -> str:
        """The time of asking, HH:MM."""
        return beijing(self.wish.serial.at).strftime("%H:%M")

    @property
    def age(self) -> int:
        """The patient's age in years on the day of the visit."""
        return age_on(self.schedule.day, self.wish.visitor.birthday)


def age_on(day: str, birthday: str) -> int:
    """Years between two days."""
    return int(day[:4]) - int(birthday[:4]) - (day[5:] < birthday[5:])


def check(case: Case) -> None:
    """Raises RuleViolated or DepartmentRuleViolated for the first rule that is not kept."""
    for rule in RULES:
        rule(case)


def _not_too_far_ahead(case: Case) -> None:
    days = case.hospital.max_reg_days
    if case.day > case.today + timedelta(days=days - 1):
        raise RuleViolated(f"医院只接受 {days} 天以内（含当天）的预约，请选择较近的日期")


def _the_day_it_is_for(case: Case) -> None:
    if case.wish.timing.name == "BOOKED_TODAY" and case.day != case.today:
        raise RuleViolated("当天预约只能预约今天的号，请选择预约挂号")


def _in_booking_hours(case: Case) -> None:
    begins, ends = case.hospital.start_reg_time, case.hospital.end_reg_time
    if case.wish.timing.registers or not begins or not ends:
        return
    if not begins <= case.time <= ends:
        raise RuleViolated(f"医院每天 {begins} 至 {ends} 接受预约，请在此时间内办理")


def _before_numbers_end(case: Case) -> None:
    stop = {
        Session.MORNING: case.hospital.stop_book_time_am,
        Session.AFTERNOON: case.hospital.stop_book_time_pm,
    }.get(Session(case.schedule.session))
    if stop and case.day == case.today and case.time >= stop:
        raise RuleViolated(f"今天该时段 {stop} 停止取号，已不能预约，请选择其他时段或日期")


def _sex(case: Case) -> None:
    for limit, what in ((case.department.sex_limit, "该科室"), (case.schedule.sex_limit, "该班次")):
        if limit and case.wish.visitor.sex != limit:
            raise DepartmentRuleViolated(f"{what}只接诊{_SEX[Sex(limit)]}患者，请选择其他科室")


def _children_and_adults(case: Case) -> None:
    flag, years = case.department.baby_flag, case.department.baby_age
    if years is None:
        return
    if flag == CHILDREN and case.age > years:
        raise DepartmentRuleViolated(f"该科室只接诊 {years} 岁及以下的患者，请选择成人科室")
    if flag == ADULTS and case.age < years:
        raise DepartmentRuleViolated(f"该科室只接诊 {years} 岁及以上的患者，请选择儿科")


def _age(case: Case) -> None:
    least, most = case.schedule.age_min, case.schedule.age_max
    if least is not None and case.age < least:
        raise DepartmentRuleViolated(f"该班次只接诊 {least} 岁及以上的患者")
    if most is not None and case.age > most:
        raise DepartmentRuleViolated(f"该班次只接诊 {most} 岁及以下的患者")


RULES: tuple[Callable[[Case], None], ...] = (
    _the_day_it_is_for,
    _not_too_far_ahead,
    _in_booking_hours,
    _before_numbers_end,
    _sex,
    _children_and_adults,
    _age,
)
