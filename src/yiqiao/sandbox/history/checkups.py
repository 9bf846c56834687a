"""Physical examinations of a past day."""

from collections.abc import Iterator, Sequence
from datetime import date

from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.checkups.service import checkup_row
from yiqiao.ports.hospital.checkups import Checkup, CheckupDepartment, CheckupItem, Conclusion
from yiqiao.ports.hospital.values import Sex
from yiqiao.sandbox.complaints import complaints
from yiqiao.sandbox.residents import Resident
from yiqiao.sandbox.staff import SEED, Doctor, Plan, doctors
from yiqiao.sandbox.treatment import measured, moment
from yiqiao.spec.dice import Dice
from yiqiao.storage.clinical import RecordRow

MOST = 2
OF_AGE = 18
GENERAL, LABORATORY = ("TJ01", "一般检查"), ("TJ02", "检验科")
_TESTS = ("blood", "lipids", "glucose")
_HEIGHT = {Sex.MALE: 163, Sex.FEMALE: 152}


def checkup_rows(keyring: Keyring, plan: Plan, day: date, who: Sequence[Resident]) -> Iterator[RecordRow]:
    """The reports of a day."""
    dice = Dice(f"{SEED}/{plan.hospital_id}/{day}/checkups")
    grown = [one for one in who if one.age(day) >= OF_AGE]
    for place in range(1, min(dice(MOST + 1), len(grown)) + 1):
        one = grown.pop(dice(len(grown)))
        report_id = f"TJ{plan.mark}{day:%y%m%d}{place:02}"
        doctor = doctors(plan)[dice(len(doctors(plan)))]
        yield checkup_row(keyring, plan.hospital_id, _checkup(dice, report_id, day, one, doctor), moment(day, "16:00"))


def _checkup(dice: Dice, report_id: str, day: date, one: Resident, doctor: Doctor) -> Checkup:
    high = dice(4) == 0
    who = one.visitor
    summary = "总胆固醇偏高，余未见明显异常。" if high else "未见明显异常。"
    advice = (
        Conclusion("总胆固醇偏高", "低脂饮食，适量运动，三个月后复查血脂。")
        if high
        else Conclusion("未见明显异常", "保持良好的生活习惯，每年体检一次。")
    )
    return Checkup(
        report_id=report_id,
        id_no=one.id_no,
        name=who.name,
        sex=who.sex,
        day=day.isoformat(),
        age=str(one.age(day)),
        address=who.address or "",
        phone=who.mobile,
        doctor=doctor.name,
        items=(*_general(dice, day, who.sex, doctor), *_laboratory(dice, day, doctor, {"TC"} if high else set())),
        departments=(CheckupDepartment(*GENERAL, "未见明显异常。"), CheckupDepartment(*LABORATORY, summary)),
        conclusions=(advice,),
    )


def _general(dice: Dice, day: date, sex: Sex, doctor: Doctor) -> Iterator[CheckupItem]:
    height = _HEIGHT[sex] + dice(18)
    weight = height - 108 + dice(16)
    pressure = f"{108 + dice(28)}/{66 + dice(20)}"
    values = (("身高", str(height), "cm"), ("体重", str(weight), "kg"), ("血压", pressure, "mmHg"))
    for number, (name, value, unit) in enumerate(values, 1):
        item_id = f"{GENERAL[0]}{number:02}"
        yield CheckupItem(GENERAL[0], item_id, name, value, unit=unit, day=day.isoformat(), doctor=doctor.name)


def _laboratory(dice: Dice, day: date, doctor: Doctor, high: set[str]) -> Iterator[CheckupItem]:
    for test in (complaints().labs[name] for name in _TESTS):
        for item in test.items:
            found = measured(dice, item, "H" if item.short in high else "")
            yield CheckupItem(
                dept_id=LABORATORY[0],
                item_id=f"{LABORATORY[0]}{item.short}",
                name=item.name,
                result=found.result,
                abbreviation=item.short,
                flag=found.abnormal,
                reference=found.reference,
                unit=item.unit,
                type_name=test.name,
                sample_type=test.specimen,
                day=day.isoformat(),
                doctor=doctor.name,
            )
