"""Settling a bill and taking it back over HTTP, from the desk to the centre and the HIS's books (3.1.3.6, 3.1.3.7)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlparse

import pytest

from tests.dialects.onetrans.desk import Desk
from tests.sandbox.settlement.desk import somebody
from yiqiao.dialects.onetrans.envelope import Answer
from yiqiao.ports.his_billing import Patient, PendingCharge
from yiqiao.ports.insurance_settlement import FeeLine
from yiqiao.region.insurance.states import State
from yiqiao.sandbox.his_billing import SandboxHis
from yiqiao.sandbox.insurance import Cover
from yiqiao.storage import insurance, sandbox_payments
from yiqiao.storage.insurance import SettlementRow
from yiqiao.storage.shelves import DatabaseStore

GOOD, PENDING, FAILED = "000000", {"700100", "700300"}, "700301"
CHARGE, CANCEL = "fsi.outpatient.charge", "chs.common.outpatient.settle.cancel"
RESIDENT = somebody(lambda one: not one.identities, kind="390", person_kind="50")
SERVANT = somebody(kind="310", civil_servant=True)
CARD = "M20117733"


@dataclass
class Window:
    """A HIS at its desk, with a merchant of the sandbox and one patient who owes."""

    desk: Desk
    who: Cover = RESIDENT
    last: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hub = self.desk.hub
        self.merchant = self.hub.runtime.merchants_demo[0]

    async def owes(self, *amounts: int) -> None:
        """The patient owes this, each with one line."""
        for place, amount in enumerate(amounts):
            number = f"MZ{amount}{place}"
            price = Decimal(amount) / 100
            fee = FeeLine(number, number, "X1", "治疗费", "01", price, Decimal(1), amount)
            his = cast(SandboxHis, self.hub.runtime.his_billing)
            patient = Patient("01", CARD)
            await his.owe(self.merchant.merchant_id, patient, PendingCharge(number, "治疗费", amount, (fee,)))

    def bill(self, kind: str = "01", **more: object) -> dict[str, object]:
        """Business parameters of a bill; None leaves one out."""
        cover = self.who
        insured = {"psn_no": cover.psn_no, "insutype": cover.present.kind, "insuplc_admdvs": cover.present.area}
        values: dict[str, object] = {
            "termNo": "SF01",
            "certno": cover.who.id_no,
            "patientType": kind,
            "cardType": "03",
            "cardno": CARD,
            "payAppId": self.merchant.merchant_id,
            "payAppSecret": self.merchant.secret,
            "account_type": "01",
            "psn_cert_type": "01",
            "psn_name": cover.who.name,
            "mdtrtarea_admvs": "359800",
            "fixmedins_code": "H98510001001",
            "fixmedins_name": "云桥县人民医院",
            "extra": {"cardno": CARD, "hisExtra": {"eventNo": "D9", "hisOrgCode": "02"}},
            **(insured if kind != "00" else {}),
            **more,
        }
        return {name: value for name, value in values.items() if value is not None}

    async def charge(self, kind: str = "01", **more: object) -> Answer:
        """Send the bill."""
        answer = await self.desk.ask(CHARGE, self.bill(kind, **more))
        self.last = dict(answer.values or {})
        return answer

    @property
    def extra(self) -> dict[str, Any]:
        return dict(self.last.get("extra") or {})

    async def until_paying(self, kind: str = "01", **more: object) -> None:
        """Send it until the cashier is open."""

        async def open_() -> bool:
            return (await self.charge(kind, **more)).code == "700100"

        await self.until(open_)

    async def pays(self) -> None:
        """Cash is handed over at the desk."""
        row = await self.row()
        await self.hub.runtime.orders.choose(row.merchant_id, row.trace_no, "CASH", at_desk=True)

    async def settled(self, kind: str = "01", **more: object) -> Answer:
        """The whole course; the answer that tells the end."""
        await self.until_paying(kind, **more)
        await self.pays()
        return await self.ended(kind, **more)

    async def ended(self, kind: str = "01", **more: object) -> Answer:
        """Send it until it is at an end."""
        answers: list[Answer] = []

        async def over() -> bool:
            answers.append(await self.charge(kind, **more))
            return answers[-1].code not in PENDING

        await self.until(over)
        return answers[-1]

    def cancellation(self, **more: object) -> dict[str, object]:
        """Business parameters that take back what was answered last."""
        values: dict[str, object] = {
            "insuplc_admdvs": self.who.present.area,
            "mdtrtarea_admvs": "359800",
            "fixmedins_code": "H98510001001",
            "fixmedins_name": "云桥县人民医院",
            **{name: self.extra[name] for name in ("setl_id", "mdtrt_id", "psn_no")},
            **more,
        }
        return {name: value for name, value in values.items() if value is not None}

    async def cancelled(self, **more: object) -> Answer:
        """Ask for it until it is at an end."""
        wanted = self.cancellation(**more)
        answers: list[Answer] = []

        async def over() -> bool:
            answers.append(await self.desk.ask(CANCEL, wanted))
            return answers[-1].code != "700307"

        await self.until(over)
        return answers[-1]

    async def row(self) -> SettlementRow:
        """The newest settlement."""
        (row,) = await self.hub.runtime.database.read(lambda c: insurance.newest(c, 1))
        return row

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Let the hub work, its clock going on, until something holds."""
        for _ in range(300):
            if await holds():
                return
            self.hub.clock.advance(1)
            self.hub.runtime.jobs.wake()
            await asyncio.sleep(0.005)
        raise AssertionError("it never came about")


@pytest.fixture
def window(desk: Desk) -> Window:
    return Window(desk)


async def test_rule_charge_register_a_bill_without_a_visit_is_registered(window: Window) -> None:
    await window.owes(80_000, 20_000)
    first = await window.charge(mdtrt_id="")
    assert first.code in PENDING
    answer = await window.settled(mdtrt_id="")
    assert answer.code == GOOD, answer
    row = await window.row()
    assert (row.state, row.registered, window.extra["mdtrt_id"]) == (State.DONE, 1, row.visit_id)
    assert "cashierUrl" not in window.extra


async def test_rule_charge_answer_money_is_told_where_there_was_some(window: Window) -> None:
    await window.owes(100_000)
    await window.until_paying()
    assert urlparse(window.extra["qrcodeUrl"]).path == f"/settlement/{(await window.row()).token}"
    assert "desk=" in window.extra["cashierUrl"]
    assert not {"chargeNo", "traceNo", "traceTime", "callsn"} & window.last.keys()
    await window.pays()
    await window.ended()
    row = await window.row()
    assert window.last["orderList"] == [row.number]
    assert window.last["chargeNo"] == window.last["traceNo"] == row.trace_no
    assert len(window.last["traceTime"]) == 14
    assert window.last["callsn"] == row.callsn
    told = {name: Decimal(str(window.extra[name])) for name in ("medfee_sumamt", "fund_pay_sumamt", "psn_cash_pay")}
    assert told == {"medfee_sumamt": 1000, "fund_pay_sumamt": 400, "psn_cash_pay": 600}
    assert (window.extra["setl_id"], window.extra["psn_no"]) == (row.settlement_id, RESIDENT.psn_no)


async def test_rule_charge_extra_goes_to_the_his_as_it_came(window: Window) -> None:
    await window.owes(5_000)
    await window.settled()
    row = await window.row()
    shelves = DatabaseStore(window.hub.runtime.database)
    settled = await shelves.read(lambda book: book.get(sandbox_payments.SETTLED, row.merchant_id, row.number))
    assert settled is not None
    assert '"hisExtra"' not in settled.told
    assert '"eventNo":"D9"' in settled.told
    assert '"hisOrgCode":"02"' in settled.told
    assert (await window.charge(extra={"hisExtra": {}})).code == "610007", "extra needs cardno"


async def test_rule_charge_self_the_centre_is_not_asked(window: Window) -> None:
    await window.owes(3_000)
    answer = await window.settled("00", psn_no=None)
    assert answer.code == GOOD
    row = await window.row()
    assert (row.insured, row.visit_id, row.settlement_id, row.cash) == (0, "", "", 3_000)
    assert window.extra["setl_id"] == window.extra["mdtrt_id"] == row.number
    assert window.extra["psn_no"].startswith("ZF")


async def test_rule_charge_insured_needs_kind_and_area(window: Window) -> None:
    for name in ("insutype", "insuplc_admdvs"):
        without: dict[str, Any] = {name: None}
        answer = await window.charge(**without)
        assert answer.code == "610007"
        assert name in answer.err_msg


async def test_rule_charge_supplement_without_a_merchant_nothing_is_taken(window: Window) -> None:
    await window.owes(5_000)
    nobody: dict[str, Any] = {"payAppId": None, "payAppSecret": None}
    answer = await window.ended(**nobody)
    assert (answer.code, "payAppId" in answer.err_msg) == (FAILED, True)
    assert (await window.charge("00", **nobody)).code == "700303"


async def test_rule_charge_card_the_kind_of_card_goes_to_the_his(window: Window) -> None:
    await window.owes(5_000)
    await window.charge()
    found = await window.hub.runtime.settlements.find((await window.row()).number)
    assert (found.facts.patient.card_type, found.facts.patient.card_no) == ("03", CARD)
    assert found.facts.patient.his_cust_id == CARD


async def test_rule_charge_fields_are_the_centre_s_own(window: Window) -> None:
    await window.owes(5_000)
    assert (await window.charge(begntime="20240417")).code == "610007"
    await window.charge(begntime="2026-11-18 09:30:00", psn_no=None)
    found = await window.hub.runtime.settlements.find((await window.row()).number)
    assert found.facts.who.psn_no == RESIDENT.psn_no, "asked for by the certificate"
    assert found.facts.who.institution == "H98510001001"


async def test_a_person_in_care_is_insured_where_that_is_stated(window: Window) -> None:
    window.who = SERVANT
    await window.owes(200_000)
    assert (await window.ended("02")).code == GOOD  # funds and account pay all of it
    row = await window.row()
    settled = (await window.hub.runtime.settlements.find(row.number)).facts.settled
    assert settled is not None
    assert (row.insured, row.cash) == (1, 0)
    assert "320100" in {share.kind for share in settled.shares}, "the civil servants' aid is the centre's to reckon"
    assert not {"chargeNo", "traceNo", "traceTime"} & window.last.keys()
    await window.owes(700)
    await window.until_paying("02", insutype=None, insuplc_admdvs=None, psn_no=None)
    assert (await window.row()).insured == 0


async def test_asked_again_by_its_number_it_tells_that_settlement(window: Window) -> None:
    await window.owes(5_000)
    await window.settled()
    number = window.extra["settlementNo"]
    await window.owes(900)
    answer = await window.charge(extra={"cardno": CARD, "settlementNo": number})
    assert (answer.code, window.extra["settlementNo"]) == (GOOD, number)
    unknown = await window.charge(extra={"cardno": CARD, "settlementNo": "99"})
    assert unknown.code == "700306"


async def test_what_is_refused_is_told_with_its_code(window: Window) -> None:
    assert (await window.charge()).code == "700302"
    await window.owes(5_000)
    assert (await window.charge(payAppSecret="guessed")).code == "700111"
    assert (await window.charge(fixmedins_code="H98510002001")).code == "700305"
    await window.until_paying()
    assert (await window.charge("00")).code == "700304"
    await window.until_paying()
    window.last = {"extra": {"mdtrt_id": "M1", "setl_id": "S1", "psn_no": "P1"}}
    assert (await window.desk.ask(CANCEL, window.cancellation())).code == "700306"


async def test_rule_cancel_number_the_reversal_is_told_in_full(window: Window) -> None:
    await window.owes(100_000)
    await window.settled()
    row = await window.row()
    answer = await window.cancelled()
    assert answer.code == GOOD, answer
    values = cast(dict[str, Any], answer.values)
    info, (share,) = values["setlinfo"], values["setldetail"]
    first = (await window.hub.runtime.settlements.find(row.number)).facts.cancel_id
    assert info["medins_setl_id"] == first
    assert first.startswith("H98510001001")
    amounts = {name: Decimal(str(info[name])) for name in ("medfee_sumamt", "fund_pay_sumamt", "psn_cash_pay")}
    assert amounts == {"medfee_sumamt": -1000, "fund_pay_sumamt": -400, "psn_cash_pay": -600}
    assert Decimal(str(info["hifp_pay"])) == -400
    assert Decimal(str(info["psn_part_amt"])) == -600
    assert (info["mdtrt_id"], share["fund_pay_type"]) == (row.visit_id, "390100")
    assert Decimal(str(share["fund_payamt"])) == -400
    assert info["setl_id"] != row.settlement_id
    again = await window.desk.ask(CANCEL, window.cancellation())
    assert (again.code, again.values) == (GOOD, answer.values)


async def test_rule_cancel_insured_needs_both_areas(window: Window) -> None:
    await window.owes(5_000)
    await window.settled()
    for name in ("insuplc_admdvs", "mdtrtarea_admvs"):
        assert (await window.desk.ask(CANCEL, window.cancellation(**{name: None}))).code == "610007"
    assert (await window.cancelled()).code == GOOD


async def test_what_was_self_paid_is_taken_back_by_our_numbers(window: Window) -> None:
    """cancel.insured"""
    await window.owes(3_000)
    await window.settled("00", psn_no=None)
    answer = await window.cancelled(insuplc_admdvs=None, mdtrtarea_admvs=None)
    assert answer.code == GOOD
    values = cast(dict[str, Any], answer.values)
    assert Decimal(str(values["setlinfo"]["psn_cash_pay"])) == -30
    assert Decimal(str(values["setlinfo"]["fulamt_ownpay_amt"])) == -30
    assert "setldetail" not in values or values["setldetail"] == []


async def test_what_cannot_be_taken_back_stands_and_says_why(window: Window) -> None:
    await window.owes(5_000)
    await window.settled()
    earlier = window.cancellation()
    await window.owes(7_000)
    await window.settled()
    answers: list[Answer] = []

    async def over() -> bool:
        answers.append(await window.desk.ask(CANCEL, earlier))
        return answers[-1].code != "700307"

    await window.until(over)
    assert answers[-1].code == "700308"
    assert "医保中心不同意撤销" in answers[-1].err_msg
