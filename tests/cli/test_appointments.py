"""`yiqiao appointments`: seen, acted on, compared, without a hub that runs and without a word about any person."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from typer.testing import CliRunner, Result

from tests.support.hospital import HOSPITAL, fill
from tests.web.bookings import HOUR, VISITOR, file
from yiqiao.app.settings import Settings
from yiqiao.app.store import Store, open_store
from yiqiao.cli.appointments import app
from yiqiao.clock import BEIJING
from yiqiao.jobs import queue
from yiqiao.partners.audit import acts
from yiqiao.ports.hospital.refusals import HospitalUnreachable
from yiqiao.region.appointments.saga import KIND

T = TypeVar("T")
TODAY = datetime.now(BEIJING).date()
TOMORROW = (TODAY + timedelta(days=1)).isoformat()
STUCK, REFUNDING, REGISTERED = (f"2611200000000{n}" for n in range(1, 4))
SAID = ("paying", "citizen", "去支付"), ("stuck", "saga", "支付渠道退款失败")


def on_store(folder: Path, work: Callable[[Store], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_store(Settings(data=str(folder))) as store:
            return await work(store)

    return asyncio.run(run())


@pytest.fixture(autouse=True)
def _appointments(tmp_path: Path) -> None:
    async def furnish(store: Store) -> None:
        now = store.clock.now_ms()
        await store.database.write(lambda c: fill(c, TODAY, 2, keyring=store.keyring))
        await file(store, STUCK, *SAID, state="stuck", next_at=now + 20 * HOUR, reason="费用原路退回")
        await file(store, REFUNDING, state="refunding", tries=2, hospital_id="9851999")
        await file(store, REGISTERED)
        await store.database.write(
            lambda c: queue.enqueue(c, now, KIND, STUCK, {"person_id": "c" * 32, "order_id": STUCK}, now + 20 * HOUR)
        )

    on_store(tmp_path, furnish)


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--data", str(folder)])


def told(folder: Path, *words: str) -> Any:
    return json.loads(run(folder, *words, "--json").stdout)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), [REGISTERED, REFUNDING, STUCK]),
        (("--state", "stuck"), [STUCK]),
        (("--state", "acting"), [REFUNDING]),
        (("--state", "refunding"), [REFUNDING]),
        (("--state", "waiting"), [REGISTERED]),
        (("--state", "ended"), []),
        (("--hospital", "9851999"), [REFUNDING]),
        (("--limit", "1"), [REGISTERED]),
    ],
)
def test_list_shows_what_is_asked_for(words: tuple[str, ...], found: list[str], tmp_path: Path) -> None:
    assert [one["order"] for one in told(tmp_path, "list", *words)] == found


def test_list_is_a_table_for_people(tmp_path: Path) -> None:
    listed = run(tmp_path, "list", "--state", "stuck")
    assert listed.exit_code == 0
    for text in (STUCK, "金秋月", TOMORROW, "morning", "25.00", "paid"):
        assert text in listed.stdout


def test_an_appointment_is_shown_with_its_course_and_nobody_s_name(tmp_path: Path) -> None:
    one = told(tmp_path, "show", STUCK)
    assert (one["state"], one["reason"], one["trade_no"]) == ("stuck", "费用原路退回", f"{STUCK}P1")
    assert [(step["after"], step["actor"], step["told"]) for step in one["course"]] == list(SAID)
    shown = run(tmp_path, "show", STUCK).stdout
    assert "支付渠道退款失败" in shown
    for text in (VISITOR.name, VISITOR.mobile, "c" * 32):
        assert text not in shown + json.dumps(one, ensure_ascii=False)


def test_an_act_is_written_down_for_a_running_hub(tmp_path: Path) -> None:
    done = run(tmp_path, "act", STUCK, "check")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "is written down" in done.stderr
    one = told(tmp_path, "show", STUCK)
    assert one["state"] == "checking"
    assert one["course"][-1]["actor"] == "operator (command line)"

    async def claimed(store: Store) -> list[str]:
        now = store.clock.now_ms()
        return [job.key for job in await store.database.write(lambda c: queue.claim(c, "test", now, 9, {KIND}))]

    assert on_store(tmp_path, claimed) == [STUCK]

    async def audited(store: Store) -> tuple[str, str, str]:
        (line,) = await store.database.read(acts)
        return line.operator, line.act, line.target

    assert on_store(tmp_path, audited) == ("(command line)", "appointment.check", STUCK)


def test_what_cannot_be_undone_needs_a_yes(tmp_path: Path) -> None:
    asked = run(tmp_path, "act", STUCK, "refund")
    assert asked.exit_code == 2
    assert "--yes" in asked.stderr
    assert told(tmp_path, "show", STUCK)["state"] == "stuck"
    assert run(tmp_path, "act", STUCK, "refund", "--yes").exit_code == 0
    assert told(tmp_path, "show", STUCK)["state"] == "refunding"


def test_a_day_is_compared_and_applied(tmp_path: Path) -> None:
    compared = run(tmp_path, "reconcile", HOSPITAL, "--day", TOMORROW)
    assert compared.exit_code == 1
    assert f"医院无此订单  {REGISTERED}  平台：挂号成功，已支付" in compared.stdout
    assert "missing_there 2" in compared.stderr
    assert told(tmp_path, "show", REGISTERED)["state"] == "registered"
    applied = run(tmp_path, "reconcile", HOSPITAL, "--day", TOMORROW, "--apply", "--json")
    assert applied.exit_code == 0
    assert json.loads(applied.stdout)["applied"] is True
    one = told(tmp_path, "show", REGISTERED)
    assert (one["state"], one["course"][-1]["actor"]) == ("checking", "reconciliation (command line)")


def test_yesterday_is_compared_where_no_day_is_said(tmp_path: Path) -> None:
    async def today(store: Store) -> None:  # an hour ago can be yesterday
        sql = f"UPDATE appointment SET changed_at = {store.clock.now_ms()}"
        await store.database.write(lambda c: c.exec_driver_sql(sql))

    on_store(tmp_path, today)
    compared = run(tmp_path, "reconcile", HOSPITAL)
    assert (compared.exit_code, compared.stdout) == (0, "")
    assert f"{TODAY - timedelta(days=1)}: no appointments" in compared.stderr


def test_a_hospital_that_is_away_is_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> None:
        raise HospitalUnreachable

    monkeypatch.setattr("yiqiao.region.appointments.reconcile.Reconciliation.run", away)
    result = run(tmp_path, "reconcile", HOSPITAL)
    assert result.exit_code == 3
    assert "医院系统暂时无法连接" in result.stderr


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("list", "--state", "lost"), 2, "refunding"),
        (("show", "none"), 1, "there is no appointment none"),
        (("act", "none", "check"), 1, "there is no appointment none"),
        (("act", STUCK, "pay"), 2, "check, retry, refund, close"),
        (("act", STUCK, "retry"), 1, "需要人工处理"),
        (("act", STUCK, "close", "--yes"), 1, "请先退款再关闭"),
        (("reconcile", "none"), 1, "医院不存在"),
        (("reconcile", HOSPITAL, "--day", "today"), 2, "YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    words: tuple[str, ...], exit_code: int, said: str, tmp_path: Path
) -> None:
    result = run(tmp_path, *words)
    assert result.exit_code == exit_code
    assert said in result.stderr
    assert result.stdout == ""
