"""A HIS's money over the line: a tiny HIS over HTTP, what each answer means, and what the page says."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.adapters.tiny_his import TinyHis
from tests.support.loopback import listening
from tests.support.tree import ROOT
from yiqiao.adapters import his_billing
from yiqiao.adapters.callback.http import HttpLine
from yiqiao.adapters.callback.line import Answer, Content
from yiqiao.adapters.his_billing import READERS, RemoteHisBilling
from yiqiao.adapters.lines import NoAnswer, NotConnected
from yiqiao.clock import FixedClock
from yiqiao.errors import DomainError
from yiqiao.ports.his_billing import (
    ChargeNotice,
    HisEntry,
    HisReceipt,
    HisRefused,
    HisSilent,
    HisState,
    HisUnreachable,
    Patient,
    PendingCharge,
    RechargeNotice,
    RefundOrder,
)
from yiqiao.ports.insurance_settlement import FeeLine

KEY, NOW = "key-of-a-tiny-his", 1_795_000_000_000
PATIENT = Patient("01", "P000231", "01", "A1029384X", "测试甲", "359851199001010027")
RECHARGE = RechargeNotice("YQMZ0001", "T1", "C1", PATIENT, 10_000, "WECHAT", "42001", NOW, extra={"ward": "3"})
CHARGE = ChargeNotice(
    "YQMZ0001", "T2", ("MZ1",), PATIENT, 4600, 2600, 500, 1500, NOW, "V1", "S1", "9", extra={"eventNo": "D3"}
)
REFUND = RefundOrder("YQMZ0001", "F1", "T1", "C1", PATIENT, 4_000, "1")


@pytest.fixture
def his() -> TinyHis:
    return TinyHis(KEY.encode())


@pytest.fixture
async def billing(his: TinyHis) -> AsyncIterator[RemoteHisBilling]:
    async with listening(his.app) as address:
        line = HttpLine(f"{address}/yq", KEY, "9851002", FixedClock(NOW))
        yield RemoteHisBilling(line)
        await line.close()


async def test_money_comes_in_once_and_goes_back_in_two_steps(billing: RemoteHisBilling, his: TinyHis) -> None:
    first, second = [await billing.notify_recharge(RECHARGE) for _ in range(2)]
    assert (first, first.balance) == (second, 10_000)
    await billing.prepare_refund(REFUND)
    assert (await billing.query("YQMZ0001", "F1")).state is HisState.PREPARED
    assert await billing.balance("YQMZ0001", PATIENT) == 6_000
    await billing.confirm_refund(REFUND)
    assert (await billing.query("YQMZ0001", "F1")).state is HisState.DONE
    assert [(one.kind, one.number, one.amount) for one in await billing.entries("YQMZ0001", "2026-11-18")] == [
        ("recharge", "T1", 10_000),
        ("refund", "F1", 4_000),
    ]


async def test_a_refund_is_taken_back_and_asked_for_again(billing: RemoteHisBilling, his: TinyHis) -> None:
    await billing.notify_recharge(RECHARGE)
    await billing.refund(REFUND)
    await billing.cancel_refund(REFUND)
    assert (await billing.query("YQMZ0001", "F1")).state is HisState.CANCELLED
    assert his.balances == {"P000231": 10_000}
    await billing.refund(REFUND)
    assert his.balances == {"P000231": 6_000}


async def test_what_it_will_not_do_is_told_in_its_words(billing: RemoteHisBilling) -> None:
    with pytest.raises(HisRefused, match="账户余额不足"):
        await billing.refund(REFUND)
    with pytest.raises(HisRefused):
        await billing.confirm_refund(REFUND)
    assert (await billing.query("YQMZ0001", "F1")).state is HisState.NONE


async def test_an_answer_that_is_lost_is_asked_about_and_nothing_is_done_twice(
    billing: RemoteHisBilling, his: TinyHis
) -> None:
    his.lost = {"notify_recharge"}
    with pytest.raises(HisSilent):
        await billing.notify_recharge(RECHARGE)
    assert (await billing.query("YQMZ0001", "T1")).state is HisState.DONE
    await billing.notify_recharge(RECHARGE)
    assert his.balances == {"P000231": 10_000}


async def test_charges_are_owed_and_paid(billing: RemoteHisBilling, his: TinyHis) -> None:
    line = {"line_no": "1", "code": "X1", "name": "血常规", "level": "01", "price": "23.0000", "quantity": "2"}
    his.owed = {"MZ1": {"charge_no": "MZ1", "title": "检验费", "amount": 4600, "lines": [{**line, "amount": 4600}]}}
    told = FeeLine("1", "MZ1", "X1", "血常规", "01", Decimal("23.0000"), Decimal(2), 4600)
    assert await billing.pending_charges("YQMZ0001", PATIENT) == [PendingCharge("MZ1", "检验费", 4600, (told,))]
    assert await billing.confirm_charge(CHARGE) == HisReceipt("HT2")
    assert await billing.pending_charges("YQMZ0001", PATIENT) == []
    with pytest.raises(HisRefused):
        await billing.confirm_charge(replace(CHARGE, number="T3"))
    await billing.cancel_charge(CHARGE)
    assert len(await billing.pending_charges("YQMZ0001", PATIENT)) == 1


async def test_another_key_is_no_answer_and_does_nothing(his: TinyHis) -> None:
    async with listening(his.app) as address:
        line = HttpLine(f"{address}/yq", "another", "9851002", FixedClock(NOW))
        with pytest.raises(HisSilent):
            await RemoteHisBilling(line).notify_recharge(RECHARGE)
        await line.close()
    assert not his.heard


class Said:
    """A line at the end of which this is said, whatever is asked."""

    def __init__(self, answer: Answer | Exception) -> None:
        self._answer = answer

    async def ask(self, kind: str, content: Content) -> Answer:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (NotConnected("x"), HisUnreachable),
        (NoAnswer("x"), HisSilent),
        (Answer("Refused", "账户已冻结"), HisRefused),
        (Answer("Refused"), HisRefused),
        (Answer("NothingDone"), HisUnreachable),
        (Answer("InHand"), HisSilent),
        (Answer("ERROR", "数据库异常"), HisSilent),
        (Answer("ok", "", {"callsn": "H1"}), HisSilent),
        (Answer("OK"), HisSilent),
        (Answer("OK", "", {"callsn": ""}), HisSilent),
        (Answer("OK", "", {"callsn": 7}), HisSilent),
        (Answer("OK", "", {"callsn": "H1", "balance": "60.00"}), HisSilent),
        (Answer("OK", "", {"callsn": "H1", "balance": True}), HisSilent),
    ],
)
async def test_only_what_can_be_read_counts(answer: Answer | Exception, raised: type[DomainError]) -> None:
    with pytest.raises(raised):
        await RemoteHisBilling(Said(answer)).notify_recharge(RECHARGE)


@pytest.mark.parametrize(
    ("act", "data"),
    [
        ("query", {"state": "finished", "callsn": "H1"}),
        ("query", {"state": "done"}),
        ("pending_charges", {}),
        ("pending_charges", {"charges": {}}),
        ("pending_charges", {"charges": [7]}),
        ("pending_charges", {"charges": [{"charge_no": "1", "title": "x", "amount": 0}]}),
        (
            "pending_charges",
            {
                "charges": [
                    {
                        "charge_no": "1",
                        "title": "x",
                        "amount": 2,
                        "lines": [
                            {
                                "line_no": "1",
                                "code": "X",
                                "name": "x",
                                "level": "01",
                                "price": "1",
                                "quantity": "1",
                                "amount": 1,
                            }
                        ],
                    }
                ]
            },
        ),
        ("entries", {"entries": [{"kind": "gift", "number": "1", "amount": 1, "at": 1}]}),
        ("entries", {"entries": [{"kind": "refund", "number": "1", "amount": 1.5, "at": 1}]}),
        ("entries", {"entries": [{"kind": "refund", "number": "1", "amount": 1, "at": "today"}]}),
        ("balance", {"balance": "6000"}),
    ],
)
async def test_data_that_are_not_as_they_should_be_are_no_answer(act: str, data: Mapping[str, object]) -> None:
    billing = RemoteHisBilling(Said(Answer("OK", "", data)))
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "query": lambda: billing.query("M", "T1"),
        "pending_charges": lambda: billing.pending_charges("M", PATIENT),
        "entries": lambda: billing.entries("M", "2026-11-18"),
        "balance": lambda: billing.balance("M", PATIENT),
    }
    with pytest.raises(HisSilent):
        await calls[act]()


async def test_a_balance_need_not_be_told() -> None:
    for data in ({}, {"balance": None}):
        assert await RemoteHisBilling(Said(Answer("OK", "", data))).balance("M", PATIENT) is None


PAGE = (ROOT / "docs" / "payment-his.md").read_text(encoding="utf-8")


def shown(act: str) -> list[dict[str, Any]]:
    """The JSON texts below an act's heading."""
    section = re.split(r"^### ", PAGE.split(f"### `{act}`\n")[1], flags=re.MULTILINE)[0]
    return [json.loads(text) for text in re.findall(r"```json\n(.*?)```", section, re.DOTALL)]


@pytest.mark.parametrize("act", READERS)
def test_each_answer_on_the_page_can_be_read(act: str) -> None:
    _, answer = shown(act)
    assert answer["code"] == "OK"
    assert READERS[act](answer["data"]) is not None


def test_each_call_on_the_page_has_the_members_that_are_sent() -> None:
    assert shown("notify_recharge")[0].keys() == his_billing.recharge_content(RECHARGE).keys()
    assert shown("notify_recharge")[0]["patient"].keys() == his_billing.whose("M", PATIENT)["patient"].keys()  # type: ignore[attr-defined]
    for act in ("refund", "prepare_refund", "confirm_refund", "cancel_refund"):
        assert shown(act)[0].keys() == his_billing.refund_content(REFUND).keys()
    for act in ("confirm_charge", "cancel_charge"):
        assert shown(act)[0].keys() == his_billing.charge_content(CHARGE).keys()
    assert shown("balance")[0].keys() == his_billing.whose("M", PATIENT).keys()
    assert shown("pending_charges")[0].keys() == {*his_billing.whose("M", PATIENT), "extra"}


async def test_the_calls_on_the_page_are_the_ones_that_are_made() -> None:
    asked: list[tuple[str, Content]] = []

    class Listening(Said):
        async def ask(self, kind: str, content: Content) -> Answer:
            asked.append((kind, content))
            return Answer("OK", "", shown(kind)[1]["data"])

    billing = RemoteHisBilling(Listening(NoAnswer()))
    sample = shown("query")[0]
    await billing.query(sample["merchant_id"], sample["number"])
    sample = shown("confirm_charge")[0]
    paid = {**sample, "patient": Patient(**sample["patient"]), "charge_nos": tuple(sample["charge_nos"])}
    await billing.confirm_charge(ChargeNotice(**paid))
    sample = shown("entries")[0]
    books = await billing.entries(sample["merchant_id"], sample["day"])
    assert asked == [(act, shown(act)[0]) for act in ("query", "confirm_charge", "entries")]
    assert books == [HisEntry("recharge", "2026112800000000001", 10_000, 1_795_830_001_000, "H900001")]


def test_what_is_personal_is_in_no_repr() -> None:
    assert "测试甲" not in repr(replace(RECHARGE, number="T9"))


def test_a_his_that_names_the_patient_is_quoted_without_the_name() -> None:
    said = "测试甲（证件 359851199001010027，卡 A1029384X，电话 13800001111）的账户已冻结"
    quoted = his_billing.discreet(said, his_billing.refund_content(REFUND))
    assert quoted == "测**（证件 359***********0027，卡 A******4X，电话 138****1111）的账户已冻结"
    assert his_billing.discreet("账户已冻结", {"number": "T1"}) == "账户已冻结"
