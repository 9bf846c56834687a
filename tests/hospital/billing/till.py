"""A hospital's till: two patients, bills to be paid, a stay in hospital; what tests of money share."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from tests.hospital.booking.clinic import HOSPITAL, NOW, NoLedger
from tests.support.keys import KEYRING
from yiqiao.adapters.insurer import CentreInsurer
from yiqiao.clock import FixedClock
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.hospital.billing.lines import bill_rows, line_amount
from yiqiao.hospital.billing.service import LocalOutpatient
from yiqiao.hospital.house import House
from yiqiao.hospital.inpatient.service import LocalInpatient
from yiqiao.hospital.patients.service import LocalPatients
from yiqiao.ports.hospital.booking import Document, Serial, Visitor
from yiqiao.ports.hospital.inpatient import Deposit, DepositWish
from yiqiao.ports.hospital.outpatient import Bill, BillLine, Payment, PaymentWish, RefundWish
from yiqiao.ports.hospital.patients import NewPatient
from yiqiao.ports.hospital.values import Sex
from yiqiao.sandbox.insurance import CAREFUL, Cover, code_due, covers
from yiqiao.sandbox.insurance_centre import SandboxCentre
from yiqiao.sandbox.settlement.centre import SandboxSettlement
from yiqiao.storage import Database, Write, Writer, billing
from yiqiao.storage.billing import AdmissionRow, ChargeRow
from yiqiao.storage.shelves import DatabaseStore

R = TypeVar("R")
NAME, ID_NO = "柳成荫", "359851198503120134"


def _civil_servant(*, careful: bool) -> Cover:
    """For whom half is paid of a first bill, below the deductible too."""
    return next(
        one
        for one in covers().values()
        if one.present.civil_servant and one.present.status == "1" and (one.who.id_no[-1] == CAREFUL) == careful
    )


INSURED, CAREFULLY_INSURED = _civil_servant(careful=False).who, _civil_servant(careful=True).who
INSURED_ID_NO, CAREFUL_ID_NO = INSURED.id_no, CAREFULLY_INSURED.id_no
_NAMES = {one.id_no: one.name for one in (INSURED, CAREFULLY_INSURED)}
STAY = "ZY1"


@dataclass
class Till:
    """`perform` does a write as the gateway does; `pay`, `refund` and `put_down` are a partner's acts."""

    database: Database
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    keyring: Keyring = KEYRING

    def __post_init__(self) -> None:
        self.house = House(self.database, self.keyring, self.clock)
        rows = DatabaseStore(self.database)
        centre, settlement = SandboxCentre(rows, self.clock), SandboxSettlement(rows, self.clock)
        institution = ("H98510001001", "云桥县人民医院")
        self.insurer = CentreInsurer(centre, settlement, self.clock, institution, "359800", code_due)
        self.patients = LocalPatients(self.house, HOSPITAL, self.insurer)
        self.outpatient = LocalOutpatient(self.house, HOSPITAL, self.patients)
        self.inpatient = LocalInpatient(self.house, HOSPITAL)
        self.writer: Writer[None] = Writer(self.database, *[NoLedger() for _ in range(self.database.writes_at_once)])

    async def perform(self, write: Write[R]) -> R:
        """Do a write; its refusal is raised."""
        done: R | DomainError = await self.writer.perform(write, lambda outcome: (outcome, None))
        if isinstance(done, DomainError):
            raise done
        return done

    async def patient(self, id_no: str = ID_NO, name: str | None = None) -> str:
        """File somebody, under the name that belongs to the number; answers the hospital's id of them."""
        name = name or _NAMES.get(id_no, NAME)
        born = f"{id_no[6:10]}-{id_no[10:12]}-{id_no[12:14]}"
        visitor = Visitor(name, Sex.MALE, born, "15498510001", Document(1, id_no))
        wish = NewPatient(self.serial(f"new-{id_no}"), visitor)
        return (await self.perform(await self.patients.create(wish))).patient_id

    async def bill(self, presc_no: str, patient_id: str, *prices: str, window_only: bool = False) -> int:
        """A bill with a line for each price (元), one piece each; answers what it comes to, 分."""
        one = Decimal(1)
        lines = tuple(
            BillLine(f"X{n}", "针刺", "治疗费", None, "次", Decimal(p), one, line_amount(Decimal(p), one), None)
            for n, p in enumerate(prices)
        )
        amount = sum(line.amount for line in lines)
        bill = Bill(presc_no, patient_id, "LS1", "MZ1", "2026-11-20", amount, window_only, "陶文静", NOW, lines)
        row, rows = bill_rows(HOSPITAL, bill, NOW, "药房 3 号窗")
        await self.database.write(lambda c: billing.add(c, [row]))
        await self.database.write(lambda c: billing.add(c, rows))
        return amount

    async def stay(self, patient_id: str, inpatient_no: str = STAY, discharged_at: int | None = None) -> None:
        """A stay with charges of 45.00 元."""
        admission = AdmissionRow(HOSPITAL, inpatient_no, patient_id, NOW, discharged_at, 1, 1, "一病区", "3", NOW)
        charge = ChargeRow(
            HOSPITAL, inpatient_no, "1", "2026-11-20", "床位", "床位费", None, "天", 450_000, 10_000, 4500
        )
        await self.database.write(lambda c: billing.add(c, [admission]))
        await self.database.write(lambda c: billing.add(c, [charge]))

    def serial(self, number: str, content: str = "", app_id: str = "platform") -> Serial:
        """A serial as a caller gives it."""
        return Serial(app_id, number, f"{number}|{content}".encode(), self.clock.now_ms())

    async def pay(
        self, order: str, patient_id: str | None, presc_nos: tuple[str, ...], total: int, *,
        amount: int | None = None, insured: bool = False, code: str | None = None, app_id: str = "platform",
    ) -> Payment:  # fmt: skip
        """Pay bills under a platform's order."""
        paid = total if amount is None else amount
        content = repr((patient_id, presc_nos, total, paid))
        wish = PaymentWish(
            self.serial(order, content, app_id), patient_id, "LS1", presc_nos, "2", paid, total, insured, code
        )
        return await self.perform(await self.outpatient.pay(wish))

    async def refund(self, order: str, app_id: str = "platform", **stated: object) -> Payment:
        """Give a payment back."""
        wish = RefundWish(self.serial(order, app_id=app_id), **stated)  # type: ignore[arg-type]
        return await self.perform(await self.outpatient.refund(wish))

    async def put_down(self, order: str, amount: int, inpatient_no: str = STAY, **who: str) -> Deposit:
        """Put money down for a stay."""
        stated = {"certificate_no": ID_NO, "name": NAME, **who}
        wish = DepositWish(self.serial(order, str(amount)), inpatient_no, amount, 2, "0007", **stated)
        return await self.perform(await self.inpatient.put_down(wish))

    async def books(self) -> dict[str, int]:
        """What stands in each account, 分, after checking that all of it adds up to nothing."""
        standing = await self.database.read(lambda c: billing.books(c, HOSPITAL))
        assert sum(standing.values()) == 0
        return {account: amount for account, amount in standing.items() if amount}

    async def states(self, *presc_nos: str) -> list[str]:
        """What has become of bills, in order."""
        rows = await self.database.read(lambda c: billing.bills(c, HOSPITAL, presc_nos))
        return [row.state for row in sorted(rows, key=lambda row: row.presc_no)]
