"""Lives of a region that end by SIGKILL at a step of one's choosing: `python -m tests.region.insurance.mortal`.

Reads one wish a line (JSON), lives it in a process of its own, and answers how that ended, as the payment hub's
(`tests.region.payments.mortal`). A point lies before and after everything that a step does outside its own process: a
call of the centre, of the HIS, of the channel, a transaction.
"""

from decimal import Decimal
from typing import cast

from tests.region.insurance.world import RESIDENT
from tests.region.payments.mortal import Fate, Mortal, MortalDatabase, answer, perform
from tests.sandbox.settlement.desk import INSTITUTION, visitor
from tests.support.driver import Driver
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.jobs.job import Handler
from yiqiao.ports.his_billing import HisBilling, Patient, PendingCharge
from yiqiao.ports.insurance_settlement import FeeLine, InsuranceSettlement
from yiqiao.ports.payment_channel import Entry
from yiqiao.region.insurance.saga import SettlementSaga
from yiqiao.region.insurance.service import Cancellation, Settlements, Wish
from yiqiao.region.insurance.settlement import Facts
from yiqiao.region.insurance.states import State
from yiqiao.region.payments import merchants
from yiqiao.region.payments.course import REFUND_JOB, SETTLEMENT_JOB, TRADE_JOB
from yiqiao.region.payments.merchants import MerchantSettings
from yiqiao.region.payments.orders import Orders
from yiqiao.region.payments.refund_saga import RefundSaga
from yiqiao.region.payments.refunds import Refunds
from yiqiao.region.payments.trade_saga import TradeSaga
from yiqiao.region.payments.ways import Channels
from yiqiao.sandbox.channels.sandbox import open_channel
from yiqiao.sandbox.his_billing import SandboxHis
from yiqiao.sandbox.insurance_centre import SandboxCentre
from yiqiao.sandbox.mischief import Fate as Mishap
from yiqiao.sandbox.mischief import OnCommand
from yiqiao.sandbox.settlement.centre import SandboxSettlement
from yiqiao.storage import Database, insurance, open_database, payments
from yiqiao.storage.insurance import SettlementRow
from yiqiao.storage.shelves import DatabaseStore

NOW = 1_793_500_000_000
MERCHANT, SECRET = "YQMZ0019", "merchant-of-the-killed"
TOTAL = 10_000
ALWAYS = 1000
MISHAPS = {"confirm": ("his", "confirm_charge"), "settle": ("centre", "settle")}
"""Who refuses for good in the lives that are called after it."""
CANCELLED, SELF = "cancel", "self"


async def lived(url: str, number: str, flow: str, die_at: int, later_s: int) -> int:
    """One life: a bill is settled and paid, or cannot be; in the flow `cancel` it is then taken back, and the points
    are those of the taking back. `later_s`: how much later than the first life this one begins. Answers how many points
    it had.
    """
    real = await open_database(url)
    fate = Fate(die_at)
    database = cast(Database, MortalDatabase(real, fate))
    clock, shelves = FixedClock(NOW + later_s * 1000), DatabaseStore(real)
    wrong = {"his": OnCommand(), "centre": OnCommand()}
    if flow in MISHAPS:
        who, act = MISHAPS[flow]
        wrong[who].order(act, Mishap.REFUSED, ALWAYS)
    channels = cast(Channels, {"SANDBOX": Mortal(await open_channel(shelves, clock), fate)})
    there = SandboxHis(shelves, clock, wrong["his"])
    his = cast(HisBilling, Mortal(there, fate))
    centre = cast(InsuranceSettlement, Mortal(SandboxSettlement(shelves, clock, wrong["centre"]), fate))
    known = database, KEYRING, clock
    orders, refunds = Orders(*known, channels), Refunds(*known, channels)
    settlements = Settlements(*known, his, SandboxCentre(shelves, clock))
    handlers: dict[str, Handler] = {
        TRADE_JOB: TradeSaga(*known, channels, his),
        REFUND_JOB: RefundSaga(*known, channels, his),
        SETTLEMENT_JOB: SettlementSaga(*known, centre, his, orders, refunds),
    }
    driver = Driver(database, clock, lambda: handlers)
    await _furnished(real, there, number)
    fate.counting = flow != CANCELLED
    if await _row(real, number) is None:
        await perform(database, await settlements.settle(_wish(number, insured=flow != SELF)))
    await driver.settle(30)
    row = await _row(real, number)
    if row is not None and row.state == State.PAYING:
        data = {"auth_code": "SANDBOX01"}
        await orders.choose(MERCHANT, row.trace_no, "SANDBOX", entry=Entry.SCANNED, data=data, turn=1)
    await driver.settle(4 * 3600)
    row = await _row(real, number)
    fate.counting = True
    if flow == CANCELLED and row is not None and row.state == State.DONE and not row.ending:
        wanted = Cancellation(INSTITUTION, row.settlement_id, row.visit_id, RESIDENT.psn_no, "H1")
        await perform(database, settlements.cancel(wanted))
        await driver.settle(4 * 3600)
    fate.counting = False
    await real.close()
    return fate.passed


async def _row(database: Database, number: str) -> SettlementRow | None:
    rows = await database.read(lambda c: insurance.newest(c, 1000))
    return next((row for row in rows if row.app_id == f"his-{number}"), None)


def _wish(number: str, *, insured: bool) -> Wish:
    who = visitor(RESIDENT)
    facts = Facts(who, Patient("01", number, "03", number, who.name, who.certificate_no), (), ())
    return Wish(f"his-{number}", MERCHANT, SECRET, insured, "", facts)


async def _furnished(database: Database, his: SandboxHis, number: str) -> None:
    """The merchant, and what the patient owes."""
    if await database.read(lambda c: payments.merchant(c, MERCHANT)) is None:
        await database.write(
            lambda c: merchants.add(
                c,
                KEYRING,
                NOW,
                merchant_id=MERCHANT,
                name="云桥县人民医院",
                hospital_id="1001",
                account_type="01",
                settings=MerchantSettings(("SANDBOX",), institution=INSTITUTION),
                secret=SECRET,
            )
        )
    fee = FeeLine("1", f"MZ{number}", "X1", "治疗费", "01", Decimal(TOTAL) / 100, Decimal(1), TOTAL)
    await his.owe(MERCHANT, Patient("01", number), PendingCharge(f"MZ{number}", "治疗费", TOTAL, (fee,)))


if __name__ == "__main__":
    answer(lived, {"number": "R1", "flow": "insured", "die_at": 0, "later_s": 0})
