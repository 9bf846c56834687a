"""Inpatients at one of our own hospitals: what they put down, what arises, what is left."""

import secrets
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection

from yiqiao.clock import beijing
from yiqiao.hospital.billing import books
from yiqiao.hospital.billing.lines import exact
from yiqiao.hospital.billing.service import day_begins
from yiqiao.hospital.house import House
from yiqiao.hospital.patients import records
from yiqiao.hospital.patients.records import Known
from yiqiao.ports.hospital.inpatient import (
    ChargeDay,
    ChargeItem,
    DailyList,
    Deposit,
    DepositQuestion,
    DepositWish,
    Stay,
)
from yiqiao.ports.hospital.refusals import (
    DuplicateSerial,
    IdentityMismatch,
    NoSuchRecord,
    SeveralArchives,
    TooManyRecords,
    UnknownPatient,
)
from yiqiao.storage import Write, billing, ordinary
from yiqiao.storage.billing import AdmissionRow, DepositFilter, DepositRow

MOST = 5000
"""Deposits in one answer."""


@dataclass(frozen=True)
class LocalInpatient:
    """`Inpatient` over our own tables."""

    house: House
    hospital_id: str

    async def stay(self, certificate_no: str | None, name: str | None) -> Stay:
        """The present stay of somebody."""
        return await self.house.database.read(lambda connection: self._stay(connection, certificate_no, name))

    def _stay(self, connection: Connection, certificate_no: str | None, name: str | None) -> Stay:
        admission, who = self._present(connection, certificate_no, name)
        put_down, charged = billing.stay_sums(connection, self.hospital_id, admission.inpatient_no)
        return Stay(
            inpatient_no=admission.inpatient_no,
            patient_id=admission.patient_id,
            admitted_at=admission.admitted_at,
            times=admission.times,
            fee_class=admission.fee_class,
            ward=admission.ward,
            bed=admission.bed,
            deposit=put_down,
            charged=charged,
            sex=who.sex,
            age=_age(who.birthday, self.house.clock.now_ms()),
            name=who.name,
            certificate_no=who.certificate.number,
            mobile=who.mobile,
        )

    def _present(
        self, connection: Connection, certificate_no: str | None, name: str | None
    ) -> tuple[AdmissionRow, Known]:
        """Who is in the hospital now. Raises UnknownPatient, NoSuchRecord, SeveralArchives."""
        found = records.people(connection, self.house.keyring, self.hospital_id, certificate_no, name)
        if not found:
            raise UnknownPatient
        by_id = {row.patient_id: row for row in found}
        stays = billing.admissions(connection, self.hospital_id, by_id.keys())
        present = [stay for stay in stays if stay.discharged_at is None]
        if not present:
            raise NoSuchRecord("该患者目前没有住院，请核对证件号与姓名")
        if len({stay.patient_id for stay in present}) > 1:
            raise SeveralArchives("有多位同名的住院患者，请填写身份证号后再查")
        return present[0], records.known(self.house.keyring, by_id[present[0].patient_id])

    async def put_down(self, wish: DepositWish) -> Write[Deposit]:
        """Take note of money put down."""
        return ordinary(lambda connection: self._put_down(connection, wish))

    def _put_down(self, connection: Connection, wish: DepositWish) -> Deposit:
        hospital_id, serial, now = self.hospital_id, wish.serial, self.house.clock.now_ms()
        before = billing.deposit(connection, hospital_id, serial.number)
        if before is not None:
            raise _repeated(before, serial.fingerprint)
        stay = billing.admission(connection, hospital_id, wish.inpatient_no, lock=True)
        if stay is None or stay.discharged_at is not None:
            raise NoSuchRecord("没有这个住院号的在院患者，请核对住院号")
        who = records.known(self.house.keyring, records.patient_of(connection, hospital_id, stay.patient_id))
        if (who.name, who.certificate.number.upper()) != (wish.name, wish.certificate_no.upper()):
            raise IdentityMismatch("姓名或身份证号与住院号不一致，请核对后再充值")
        row = DepositRow(
            hospital_id=hospital_id,
            trade_no=serial.number,
            inpatient_no=wish.inpatient_no,
            receipt_no=f"YJ{beijing(now):%y%m%d}{secrets.randbelow(10**10):010}",
            amount=wish.amount,
            pay_mode=wish.pay_mode,
            operator=wish.operator,
            app_id=serial.app_id,
            fingerprint=serial.fingerprint,
            at=now,
        )
        if not billing.try_deposit(connection, row):
            stored = billing.deposit(connection, hospital_id, serial.number)
            raise _repeated(stored or row, serial.fingerprint)
        books.enter(connection, hospital_id, f"deposit {serial.number}", books.deposit(wish.amount), now)
        put_down, charged = billing.stay_sums(connection, hospital_id, wish.inpatient_no)
        return _deposit(row, stay, who, put_down, put_down - charged)

    async def deposits(self, asked: DepositQuestion) -> tuple[Deposit, ...]:
        """Money put down, the newest first."""
        found = await self.house.database.read(lambda connection: self._deposits(connection, asked))
        if not found:
            raise NoSuchRecord
        return found

    def _deposits(self, connection: Connection, asked: DepositQuestion) -> tuple[Deposit, ...]:
        numbers = None if asked.inpatient_no is None else {asked.inpatient_no}
        if asked.certificate_no is not None:
            people = records.people(connection, self.house.keyring, self.hospital_id, asked.certificate_no, None)
            stays = billing.admissions(connection, self.hospital_id, [row.patient_id for row in people])
            theirs = {stay.inpatient_no for stay in stays}
            numbers = theirs if numbers is None else numbers & theirs
        wanted = DepositFilter(
            receipt_no=asked.receipt_no,
            trade_no=asked.trade_no,
            inpatient_nos=None if numbers is None else tuple(numbers),
            since=day_begins(asked.first_day),
            until=day_begins(asked.last_day, after=1),
        )
        rows = billing.deposits(connection, self.hospital_id, wanted, MOST + 1)
        if len(rows) > MOST:
            raise TooManyRecords(MOST)
        told: list[Deposit] = []
        of: dict[str, tuple[AdmissionRow, Known, int, int]] = {}
        for row in rows:
            if row.inpatient_no not in of:
                of[row.inpatient_no] = self._whose(connection, row.inpatient_no)
            stay, who, put_down, balance = of[row.inpatient_no]
            told.append(_deposit(row, stay, who, put_down, balance))
        return tuple(told)

    def _whose(self, connection: Connection, inpatient_no: str) -> tuple[AdmissionRow, Known, int, int]:
        stay = billing.admission(connection, self.hospital_id, inpatient_no)
        if stay is None:
            raise NoSuchRecord
        patient = records.patient_of(connection, self.hospital_id, stay.patient_id)
        put_down, charged = billing.stay_sums(connection, self.hospital_id, inpatient_no)
        return stay, records.known(self.house.keyring, patient), put_down, put_down - charged

    async def daily(self, certificate_no: str | None, name: str | None) -> DailyList:
        """What arose day by day in the present stay."""

        def read(connection: Connection) -> DailyList:
            stay, who = self._present(connection, certificate_no, name)
            rows = billing.charges(connection, self.hospital_id, stay.inpatient_no)
            days = tuple(
                ChargeDay(
                    day,
                    tuple(
                        ChargeItem(
                            item_class=row.item_class,
                            name=row.item_name,
                            spec=row.spec,
                            unit=row.unit,
                            price=exact(row.price),
                            quantity=exact(row.quantity),
                            amount=row.amount,
                        )
                        for row in items
                    ),
                )
                for day, items in groupby(rows, key=lambda row: row.day)
            )
            return DailyList(stay.inpatient_no, days, who.name)

        return await self.house.database.read(read)


def _repeated(before: DepositRow, fingerprint: bytes) -> DuplicateSerial:
    same = bytes(before.fingerprint) == fingerprint
    said = "该订单已经充值，请勿重复提交" if same else "该订单号已用于另一笔充值，请使用新的订单号"
    return DuplicateSerial(said, identical=same)


def _deposit(row: DepositRow, stay: AdmissionRow, who: Known, total: int, balance: int) -> Deposit:
    return Deposit(
        trade_no=row.trade_no,
        receipt_no=row.receipt_no,
        inpatient_no=row.inpatient_no,
        patient_id=stay.patient_id,
        amount=row.amount,
        at=row.at,
        total=total,
        balance=balance,
        name=who.name,
        certificate_no=who.certificate.number,
    )


def _age(birthday: str, now_ms: int) -> int:
    today = beijing(now_ms).date().isoformat()
    return int(today[:4]) - int(birthday[:4]) - (today[5:] < birthday[5:])
