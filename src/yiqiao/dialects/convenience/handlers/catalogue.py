"""The hospital, its departments and doctors, prices and visits (3.1.1.2, 3.1.3.1 to 3.1.3.3, 3.1.8, 3.1.9)."""

import base64
from collections.abc import Iterator
from decimal import Decimal

from yiqiao.clock import readable
from yiqiao.dialects.convenience.handlers import handlers
from yiqiao.dialects.convenience.wording import ALL, FIRST_LEVEL, NONE
from yiqiao.exchange.dialect import Act, Call, Values
from yiqiao.exchange.request import Request
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.catalogue import (
    DepartmentInfo,
    DoctorInfo,
    HospitalInfo,
    HospitalLoad,
    Level,
    Price,
    PriceKind,
)
from yiqiao.ports.hospital.values import Paging
from yiqiao.storage import NOTHING

NO_PARENT = "-1"
JPEG = "data:image/jpg;base64,"
LEAST_PRICE, PRICE = Decimal("0.01"), Decimal("0.0001")


def paging(request: Request) -> Paging | None:
    """Which page is asked for; some callers leave it out where they want all, and some profiles do not have it."""
    size = request.maybe_number("PAGE_SIZE")
    return None if size is None else Paging(request.maybe_number("PAGE_CURRENT") or 1, size)


def one_of(request: Request, name: str) -> str | None:
    """The one that is asked for; None for all."""
    wanted = request.maybe(name)
    return None if wanted == ALL else wanted


@handlers.handles("GetHosInfo")
async def get_hos_info(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """医院信息查询接口"""
    info = await hospitals.of(request.text("HOSPITAL_ID")).catalogue.hospital()
    return Act(NOTHING, lambda _: _hospital(info))


@handlers.handles("GetDeptInfo")
async def get_dept_info(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """科室查询接口"""
    hospital_id, wanted = request.text("HOSPITAL_ID"), request.text("DEPT_ID")
    scope = {ALL: Level.ALL, FIRST_LEVEL: Level.FIRST}.get(wanted, wanted)
    page = await hospitals.of(hospital_id).catalogue.departments(scope, paging(request))
    return Act(
        NOTHING,
        lambda _: {
            "HOSPITAL_ID": hospital_id,
            "COUNT": page.total,
            "DEPT_LIST": [_department(row) for row in page.rows],
        },
    )


@handlers.handles("GetDoctorInfo")
async def get_doctor_info(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """医生查询接口"""
    hospital_id = request.text("HOSPITAL_ID")
    dept_id, doctor_id = one_of(request, "DEPT_ID"), one_of(request, "DOCTOR_ID")
    page = await hospitals.of(hospital_id).catalogue.doctors(dept_id, doctor_id, paging(request))
    return Act(
        NOTHING,
        lambda _: {
            "HOSPITAL_ID": hospital_id,
            "COUNT": page.total,
            "DOCTOR_LIST": [_doctor(row) for row in page.rows],
        },
    )


@handlers.handles("GetDoctorPhoto")
async def get_doctor_photo(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """获取医生照片"""
    hospital_id = request.text("HOSPITAL_ID")
    photo = await hospitals.of(hospital_id).catalogue.photo(request.text("DOCTOR_ID"))
    picture = JPEG + base64.b64encode(photo.jpeg).decode() if photo.jpeg else ""
    return Act(
        NOTHING,
        lambda _: {
            "HOSPITAL_ID": hospital_id,
            "DOCTOR_ID": photo.doctor_id,
            "DOCTOR_NAME": photo.name,
            "DOCTORPHOTO": picture,
        },
    )


@handlers.handles("queryPriceBoardInfo")
async def query_price_board_info(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """查取价格公示信息"""
    hospital_id = request.text("HOSPITAL_ID")
    prices = await hospitals.of(hospital_id).catalogue.prices()
    return Act(NOTHING, lambda _: {"TIME_REG_LIST": [_price(hospital_id, price) for price in prices]})


@handlers.handles("queryRegistrationState")
async def query_registration_state(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """查取当前门诊就诊人次信息"""
    wanted = request.text("HOSPITAL_ID")
    systems = hospitals.all() if wanted == ALL else (hospitals.of(wanted),)
    loads = [await system.catalogue.load() for system in systems]
    return Act(NOTHING, lambda _: {"TIME_REG_LIST": [line for load in loads for line in _load(load)]})


def _hospital(info: HospitalInfo) -> Values:
    about = info.about
    return {
        "HOSPITAL_ID": info.hospital_id,
        "NAME": info.name,
        "SHORT_NAME": about.short_name,
        "ADDRESS": about.address,
        "TEL": about.phone,
        "WEBSITE": about.website,
        "WEIBO": about.weibo,
        "LEVEL": about.level,
        "BELONG": about.belong,
        "TYPE": about.type,
        "CATEGORY": about.category,
        "RULE": about.rule,
        "BUS_LINE": about.bus_line,
        "HONOUR": about.honour,
        "DESC": about.intro,
        "SPECIAL": about.special,
        "LONGITUDE": about.longitude,
        "LATITUDE": about.latitude,
        "MAX_REG_DAYS": info.max_reg_days,
        "START_REG_TIME": info.start_reg_time,
        "END_REG_TIME": info.end_reg_time,
        "STOP_BOOK_TIMEA": info.stop_book_time_am,
        "STOP_BOOK_TIMEP": info.stop_book_time_pm,
    }


def _department(info: DepartmentInfo) -> Values:
    about = info.about
    return {
        "DEPT_ID": info.dept_id,
        "DEPT_NAME": info.name,
        "PARENT_ID": info.parent_id or NO_PARENT,
        "DESC": about.intro,
        "EXPERTISE": about.expertise,
        "LEVEL": about.level,
        "ADDRESS": about.address,
        "STATUS": _status(info.active),
        "RULE": about.rule,
        "DEPT_TYPE": about.offers,
        "DEPART_SEX": int(info.sex or 0),
        "BABY_FLAG": int(info.ages),
        "BABY_AGE": info.age_limit,
        "DEPART_TYPE": info.kind,
        "IS_SPECIALDEPART": int(about.special),
        "PHONE": about.phone,
        "NOTICE": about.notice,
    }


def _doctor(info: DoctorInfo) -> Values:
    about = info.about
    return {
        "DEPT_ID": info.dept_id,
        "DOCTOR_ID": info.doctor_id,
        "NAME": info.name,
        "IDCARD": info.private.id_number,
        "DESC": about.intro,
        "SPECIAL": about.special,
        "JOB_TITLE": info.job_title,
        "STATUS": _status(info.active),
        "SEX": int(about.sex),
        "BIRTHDAY": info.private.birthday,
        "MOBILE": info.private.mobile,
        "TEL": about.phone,
        "IS_EXPERT": int(about.expert),
        "IS_FAMOUS": int(about.famous),
        "EDUCATION": about.education,
        "EXPERIENCE": about.experience,
    }


def _status(active: bool) -> int:
    return 1 if active else 2


def _price(hospital_id: str, price: Price) -> Values:
    service = price.kind is PriceKind.SERVICE
    return {
        "HOSPITAL_ID": hospital_id,
        "BOARD_STYLE": str(int(price.kind)),
        "ITEM_NAME": price.name,
        "ITEM_CODE": price.item_code,
        "ITEM_PRICE": None if price.price is None else _yuan(price.price),
        "ITEM_CATEGORY": price.category,
        "ITEM_MEASURE_UNIT": price.unit,
        "MANUFACTORY": price.maker or (NONE if service else None),
        "INSTRUCTIONS": price.instructions,
        "FORMATS": price.form or (NONE if service else None),
        "REMARK": price.remark or NONE,
    }


def _yuan(price: Decimal) -> str:
    """元 with two decimals, or with the four that some unit prices have."""
    return f"{price.quantize(LEAST_PRICE if price == price.quantize(LEAST_PRICE) else PRICE):f}"


def _load(load: HospitalLoad) -> Iterator[Values]:
    for department in load.departments:
        yield {
            "HOSPITAL_ID": load.hospital_id,
            "HOSPITAL_NAME": load.name,
            "ORGANIZATION_CODE": load.organization_code,
            "DEPT_CODE": department.dept_id,
            "DEPT_NAME": department.dept_name,
            "DEPT_TYPE": "开诊" if department.open else "未开诊",
            "WAITING_CALL_NUMBER": str(department.waiting),
            "IN_ONE_HOUR_DIAGNOSIS": str(department.seen_last_hour),
            "REGIST_TOTAL_NUMBER": str(department.registered_today),
            "CREATE_TIME": readable(load.at),
        }
