"""What hospitals of the profile `jkt` tell the platform (5001 to 7001), over HTTP and on both engines.

Each function has a method of its own in the service, and stands under its kind's dispatching method.
"""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.dialects.convenience.conftest import furnish
from tests.support.databases import engine, hub_url
from tests.support.hospital import HOSPITAL
from tests.support.hub import Hub, open_hub
from tests.web.bookings import file, row_of
from yiqiao.app.replay import gateways_of, replay
from yiqiao.dialects.convenience import soap
from yiqiao.dialects.convenience.client import AsyncClient, Refused, Style
from yiqiao.dialects.convenience.functions import by_code, spec_of
from yiqiao.journal.reader import Reader, Search
from yiqiao.partners import store
from yiqiao.region.charges.charge import Due, Kind
from yiqiao.spec import STANDARD, load
from yiqiao.storage import appointments, charges
from yiqiao.storage.tables.jobs import job

__all__ = ["engine", "hub_url"]

PATH = "/platform/convenience/jkt"
JKT = load("convenience", "jkt")
ORDER, ORDER_NO = "26112048211093764512", "H26112048211093764512"
HIS = {"HOS_ID": HOSPITAL, "HOSP_ORDER_ID": ORDER_NO}
TOMORROW = "2026-11-19"
STOP = {"HOS_ID": HOSPITAL, "DEPT_ID": "D0201", "DOCTOR_ID": "YS8103", "REG_DATE": TOMORROW, "TIME_FLAG": "1"}
CALLS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "StopReg": ("RegService", STOP),
    "CancelRegByHis": ("RegService", HIS),
    "RefundByHis": ("RegService", {**HIS, "REFUND_FEE": "2500"}),
    "PrintRegByHis": ("RegService", HIS),
    "PayRegByHis": ("RegService", {**HIS, "PAY_FEE": "2500"}),
    "QueryRegRefund": ("RegService", HIS),
    "RefundPay": ("PayService", {"HOS_ID": HOSPITAL}),
    "QueryPayRefund": ("PayService", {"HOS_ID": HOSPITAL}),
    "PushInfo": ("PushService", {**HIS, "SERIAL_NUM": "X1", "CONTENT": "请改到二楼 3 诊室就诊"}),
}
NUMBERS = ["5001", "5002", "5003", "5004", "5005", "5006", "6001", "6002", "7001"]


@pytest.fixture
async def hub(tmp_path: Path, hub_url: str) -> AsyncIterator[Hub]:
    """A platform whose hospital speaks the family's words, and an order of it that is registered."""
    async with open_hub(tmp_path, hub_url) as opened:
        await furnish(opened)
        now = opened.clock.now_ms()
        await opened.runtime.directory.change(lambda c: store.set_profile(c, now, "convenience", "demo", "jkt"))
        await opened.runtime.jobs.stop()  # what is begun stays begun
        await file(opened.runtime, ORDER)
        yield opened


def caller(hub: Hub, style: Style = "soap", path: str = PATH) -> AsyncClient:
    partner = hub.runtime.directory.find("convenience", "demo")
    assert partner is not None
    return AsyncClient(
        f"http://hub{path}",
        user_id="demo",
        secret=partner.secrets[0],
        profile="jkt",
        style=style,
        transport=hub.transport,
    )


async def charged(hub: Hub) -> str:
    """A payment that the hospital has written down."""
    due = Due(HOSPITAL, "云桥县人民医院", Kind.OUTPATIENT, 1234, "P98000001", "LS1", ("CF1",))
    charge_id = await hub.runtime.charges.begin("c" * 32, due)
    await hub.runtime.database.write(
        lambda c: c.exec_driver_sql("UPDATE charge SET state = 'settled', paid = 'paid', receipt_no = 'SJ98000001'")
    )
    return charge_id


async def complete(hub: Hub, name: str) -> dict[str, str]:
    values = dict(CALLS[name][1])
    return {**values, "ORDER_ID": await charged(hub)} if name in ("RefundPay", "QueryPayRefund") else values


async def state(hub: Hub) -> str:
    row = await hub.runtime.database.read(lambda c: appointments.find_by_order(c, ORDER))
    assert row is not None
    return row.state


def test_the_family_s_nine_functions_are_ours_by_their_fields() -> None:
    found = [by_code("jkt", number, "platform") for number in NUMBERS]
    assert [operation and operation.name for operation in found] == list(CALLS)
    for name in CALLS:
        operation = JKT.operations[name]
        assert (operation.ours, operation.caller, operation.callee) == (True, "hospital", "platform")
        assert all(field.ours for field in (*operation.asks.printed, *operation.answers.printed))
        assert name not in spec_of(STANDARD).operations
    assert any(reading.where == "StopReg" and "没有字段" in reading.why for reading in JKT.readings)


def dispatched(client: AsyncClient, name: str, values: Mapping[str, str]) -> bytes:
    """The call under its kind's dispatching method."""
    body = client.speaker.wrapped(name, client.speaker.document(name, values))[0].decode()
    return body.replace(f"<{name} ", f"<{CALLS[name][0]} ").replace(f"</{name}>", f"</{CALLS[name][0]}>").encode()


@pytest.mark.parametrize("name", CALLS)
async def test_a_function_is_answered_by_its_own_method_by_the_dispatching_one_and_plain(hub: Hub, name: str) -> None:
    values = await complete(hub, name)
    async with caller(hub) as client:
        first = await client.call(name, values)
        answered = await hub.http.post(PATH, content=dispatched(client, name, values))
        again = client.speaker.read(name, answered.status_code, answered.content)
    assert soap.opened(answered.content).method == f"{CALLS[name][0]}Response"
    async with caller(hub, "plain", "/platform/convenience") as client:
        plain = await client.call(name, values)
    assert first.keys() == again.keys() == plain.keys()
    standing = ("正在向医院核对", "挂号成功", "缴费成功", "已支付，正在向医院核对")
    for told in (first, again, plain):
        assert told.get("ORDER_STATUS", standing[0]) in standing


@pytest.mark.parametrize("name", ["CancelRegByHis", "RefundByHis", "PrintRegByHis", "PayRegByHis"])
async def test_a_notice_leads_the_order_into_its_checking(hub: Hub, name: str) -> None:
    async with caller(hub) as client:
        first = await client.call(name, {**CALLS[name][1], "REASON": "窗口办理", "UNHEARD_OF": None})
        again = await client.call(name, CALLS[name][1])
    assert first == {"ORDER_ID": ORDER, "ORDER_STATUS": "挂号成功"}
    assert again == {"ORDER_ID": ORDER, "ORDER_STATUS": "正在向医院核对"}
    assert await state(hub) == "checking"


async def test_a_stop_does_what_2035_does(hub: Hub) -> None:
    async with caller(hub) as client:
        assert await client.call("StopReg", {**STOP, "STOP_FLAG": "2"}) == {"COUNT": "1"}
        assert await state(hub) == "registered"
        assert await client.call("StopReg", {**STOP, "TIME_FLAG": "2"}) == {"COUNT": "0"}
        for day in (TOMORROW.replace("-", ""), TOMORROW):
            await client.call("StopReg", {**STOP, "REG_DATE": day, "REASON": "医生外出"})
            assert await state(hub) == "checking"
        with pytest.raises(Refused, match="REG_DATE") as refused:
            await client.call("StopReg", {**STOP, "REG_DATE": "2026-13-40"})
    assert refused.value.code == "1"


async def test_refunds_are_told_as_they_stand(hub: Hub) -> None:
    async with caller(hub) as client:
        told = await client.call("QueryRegRefund", HIS)
        assert told == {"ORDER_ID": ORDER, "HOSP_ORDER_ID": ORDER_NO, "REFUND_FLAG": "0"}
        await hub.runtime.database.write(
            lambda c: c.exec_driver_sql(
                f"UPDATE appointment SET paid = 'refunded', state = 'refunded', refunded_at = {hub.clock.now_ms()}"
            )
        )
        told = await client.call("QueryRegRefund", HIS)
        assert (told["REFUND_FLAG"], told["REFUND_FEE"], told["REFUND_ID"]) == ("2", "2500", f"{ORDER}P1R")
        assert (told["REFUND_DATE"], told["REFUND_TIME"]) == ("2026-11-18", "19:06:40")


async def test_a_payment_s_refund_has_the_hospital_asked(hub: Hub) -> None:
    charge_id = await charged(hub)
    async with caller(hub) as client:
        by_receipt = {"HOS_ID": HOSPITAL, "HOSP_ORDER_ID": "SJ98000001"}
        told = await client.call("QueryPayRefund", by_receipt)
        assert told == {"ORDER_ID": charge_id, "HOSP_ORDER_ID": "SJ98000001", "REFUND_FLAG": "0"}
        assert await client.call("RefundPay", by_receipt) == {"ORDER_ID": charge_id, "ORDER_STATUS": "缴费成功"}
    row = await hub.runtime.database.read(lambda c: charges.find_by_id(c, charge_id))
    assert row is not None
    assert row.state == "checking"


async def test_a_message_is_put_on_its_way_once_and_another_under_its_serial_is_refused(hub: Hub) -> None:
    values = CALLS["PushInfo"][1]
    async with caller(hub) as client:
        for _ in range(2):
            await client.call("PushInfo", values)
        with pytest.raises(Refused) as refused:
            await client.call("PushInfo", {**values, "CONTENT": "另一条"})
        assert refused.value.code == "10"
        sealed = client.speaker.sealed("PushInfo", {**values, "CONTENT": "长" * 201})
        with pytest.raises(Refused, match="CONTENT") as refused:
            await client.send("PushInfo", sealed)
        assert refused.value.code == "1"
    jobs = await hub.runtime.database.read(lambda c: c.scalars(select(job.c.kind)).all())
    assert jobs.count("appointment.push") == 1


@pytest.mark.parametrize("name", [name for name in CALLS if name != "StopReg"])
async def test_an_order_that_is_not_theirs_and_one_without_a_number_are_refused_with_their_codes(
    hub: Hub, name: str
) -> None:
    values: dict[str, Any] = {**await complete(hub, name)}
    async with caller(hub) as client:
        for wrong in ({"ORDER_ID": "none"}, {"HOSP_ORDER_ID": "none"}, {"HOS_ID": "9859999"}):
            with pytest.raises(Refused, match="请核对") as refused:
                await client.call(name, {**values, **wrong})
            assert refused.value.code == "12"
        without = {key: value for key, value in values.items() if key not in ("ORDER_ID", "HOSP_ORDER_ID")}
        with pytest.raises(Refused, match="ORDER_ID") as refused:
            await client.send(name, client.speaker.sealed(name, without))
        assert refused.value.code == "1"
        tolerated = client.speaker.sealed(name, {**values, "ORDER_MEMO": "x"})
        assert await client.send(name, tolerated)


async def test_the_standards_hospitals_do_not_have_these_functions(hub: Hub) -> None:
    now = hub.clock.now_ms()
    async with caller(hub) as client:
        document = client.speaker.document("CancelRegByHis", HIS)
        await hub.runtime.directory.change(lambda c: store.set_profile(c, now, "convenience", "demo", STANDARD))
        with pytest.raises(Refused) as refused:
            await client.send("CancelRegByHis", document)
    assert refused.value.code == "5"


async def test_the_service_describes_its_own_methods_and_the_dispatching_ones(hub: Hub) -> None:
    wsdl = (await hub.http.get(f"{PATH}?wsdl")).text
    for name in (*CALLS, "RegService", "PayService", "PushService"):
        assert f'<wsdl:operation name="{name}">' in wsdl
    assert 'name="CancelRegByHis"' not in (await hub.http.get("/platform/convenience?wsdl")).text


async def test_a_notice_is_rehearsed_and_changes_nothing(hub: Hub) -> None:
    async with caller(hub) as client:
        await client.call("QueryRegRefund", HIS)
        await client.call("StopReg", {**STOP, "TIME_FLAG": "2"})
    reader = Reader(hub.runtime.database, hub.runtime.keyring)
    for name, wrote in (("QueryRegRefund", False), ("StopReg", True)):
        line = (await reader.search(Search(operation=name), limit=1)).lines[0]
        done = await replay(hub.runtime, gateways_of(hub.runtime), line.reference, dry_run=True)
        assert (done.code, done.would_write) == ("0", wrote)
    kept = row_of(hub.runtime, ORDER)
    found = await hub.runtime.database.read(lambda c: appointments.find_by_order(c, ORDER))
    assert found is not None
    assert (found.state, found.version) == (kept.state, kept.version)
