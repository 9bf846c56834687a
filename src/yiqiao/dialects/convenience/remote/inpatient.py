"""An inpatient's deposit, charges and daily list at a hospital elsewhere (3.1.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from yiqiao.clock import readable
from yiqiao.dialects.convenience.remote.calls import Calls, Unreadable, needed
from yiqiao.dialects.convenience.remote.outpatient import listed
from yiqiao.dialects.convenience.remote.told import Told, fen
from yiqiao.dialects.convenience.remote.visitors import SEXES
from yiqiao.money import yuan
from yiqiao.ports.hospital.inpatient import (
    ChargeDay,
    ChargeItem,
    DailyList,
    Deposit,
    DepositQuestion,
    DepositWish,
    Stay,
)
from yiqiao.ports.hospital.refusals import NoSuchRecord
from yiqiao.ports.hospital.system import done
from yiqiao.ports.hospital.values import Sex
from yiqiao.storage import Write

Values = Mapping[str, object]
FAILED = "0"
"""PREPAY_STATUS."""
OTHER_CLASS = 4
"""SF_NAME."""


@dataclass(frozen=True)
class RemoteInpatient:
    """`Inpatient` by asking the hospital."""

    calls: Calls

    async def stay(self, certificate_no: str | None, name: str | None) -> Stay:
        """The present stay of somebody."""
        return await self.calls.ask("HospitalPrefee", {"ID_NO": certificate_no, "NAME": name}, _stay)

    async def put_down(self, wish: DepositWish) -> Write[Deposit]:
        """Take note of money put down."""
        asked = {
            "INPATIENT_NO": wish.inpatient_no,
            "ID_NO": wish.certificate_no,
            "PATIENT_NAME": wish.name,
            "PAY_MODE": wish.pay_mode,
            "OUT_TRADE_NO": wish.serial.number,
            "DEPO_AMOUNT": yuan(wish.amount),
            "HIS_OPERATOR": wish.operator,
            "Time": readable(wish.serial.at),
        }

        def read(told: Told) -> Deposit:
            """Two amounts are told under one name: this deposit's, and all deposits'."""
            sums = told.texts("DEPO_AMOUNT")
            made_at = told.moment("DEPO_DATE")
            return Deposit(
                trade_no=wish.serial.number,
                receipt_no=told.text("RECEIPT_NO"),
                inpatient_no=told.text("INPATIENT_NO") or wish.inpatient_no,
                patient_id=told.text("PATIENT_ID"),
                amount=wish.amount,
                at=wish.serial.at if made_at is None else made_at,
                total=(fen(sums[1]) or 0) if len(sums) > 1 else 0,
                balance=told.yuan("BALANCE"),
                name=told.text("PATIENT_NAME") or wish.name,
                certificate_no=wish.certificate_no,
            )

        return done(await self.calls.act("HospitalPrefeePay", asked, read))

    async def deposits(self, asked: DepositQuestion) -> tuple[Deposit, ...]:
        """Money put down, the newest first, without the stay's sums. What failed was not put down."""
        question = {
            "RECEIPT_NO": asked.receipt_no,
            "OUT_TRADE_NO": asked.trade_no,
            "INPATIENT_NO": asked.inpatient_no,
            "ID_NO": asked.certificate_no,
            "BeginDate": asked.first_day,
            "EndDate": asked.last_day,
        }

        def read(told: Told) -> tuple[Deposit, ...]:
            return tuple(_deposit(row) for row in listed(told) if row.text("STATUS") != FAILED)

        found = await self.calls.ask("HospitalPrefeeRecords", question, read)
        if not found:
            raise NoSuchRecord
        return tuple(sorted(found, key=lambda one: one.at, reverse=True))

    async def daily(self, certificate_no: str | None, name: str | None) -> DailyList:
        """What arose day by day in the present stay. The standard leaves the form of the answer to each hospital: only
        one that tells it as we do is understood.
        """
        found = await self.calls.ask("Hospitallist", {"ID_NO": certificate_no, "NAME": name}, _daily)
        if not found.inpatient_no and not found.days:
            raise NoSuchRecord
        return found


def _stay(told: Told) -> Stay:
    charged, balance, deposit = (told.maybe_yuan(name) for name in ("CHARGE_AMOUNT", "BALANCE", "DEPO_AMOUNT"))
    if deposit is None:
        if balance is None:
            raise Unreadable("DEPO_AMOUNT")
        deposit = balance + (charged or 0)
    if charged is None:
        charged = 0 if balance is None else deposit - balance
    return Stay(
        inpatient_no=needed(told, "INPATIENT_NO"),
        patient_id=told.text("PATIENT_ID"),
        admitted_at=told.moment("ADMISS_DATE") or 0,
        times=told.number("ADMISS_TIMES") or 1,
        fee_class=told.number("SF_NAME") or OTHER_CLASS,
        ward=told.maybe("WARD_NAME"),
        bed=told.maybe("BED_NO"),
        deposit=deposit,
        charged=charged,
        sex=told.code("SEX", SEXES, Sex.SECRET),
        age=told.count("AGE"),
        name=told.text("PATIENT_NAME"),
        certificate_no=told.text("ID_NO"),
        mobile=told.text("PHONE_NUMBER"),
    )


def _deposit(told: Told) -> Deposit:
    return Deposit(
        trade_no=told.text("OUT_TRADE_NO"),
        receipt_no=told.text("RECEIPT_NO"),
        inpatient_no=told.text("INPATIENT_NO"),
        patient_id=told.text("PATIENT_ID"),
        amount=told.yuan("DEPO_AMOUNT"),
        at=told.moment("DEPO_DATE") or 0,
        total=0,
        balance=0,
        name=told.text("PATIENT_NAME"),
        certificate_no=told.text("ID_NO"),
    )


def _daily(told: Told) -> DailyList:
    return DailyList(
        inpatient_no=told.text("INPATIENT_NO"),
        days=tuple(
            ChargeDay(day.day("CHARGE_DATE"), tuple(_item(item) for item in day.rows("ITEM_LIST")))
            for day in told.rows("DAY_LIST")
        ),
        name=told.text("PATIENT_NAME"),
    )


def _item(told: Told) -> ChargeItem:
    return ChargeItem(
        item_class=told.text("ITEM_CLASS"),
        name=told.text("ITEM_NAME"),
        spec=told.maybe("ITEM_SPEC"),
        unit=told.maybe("UNITS"),
        price=told.decimal("PRICE") or Decimal(0),
        quantity=told.decimal("QUANTITY") or Decimal(0),
        amount=told.yuan("COSTS"),
    )
