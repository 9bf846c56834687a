"""`yiqiao merchant` and `yiqiao payments`: seen, acted on, closed, compared, without a hub that runs."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from typer.testing import CliRunner, Result

from tests.region.payments.world import PATIENT
from yiqiao.app.payments import open_hub
from yiqiao.app.settings import Settings
from yiqiao.app.store import Store, open_store
from yiqiao.cli import merchant, payments
from yiqiao.clock import BEIJING
from yiqiao.jobs import Again, Done, Job, queue
from yiqiao.partners.audit import acts
from yiqiao.region.payments import merchants
from yiqiao.region.payments.course import NOTICE_JOB, TRADE_JOB
from yiqiao.region.payments.orders import Wish
from yiqiao.region.payments.trade import Particulars
from yiqiao.region.payments.trade_saga import TradeSaga
from yiqiao.storage import payments as stored

T = TypeVar("T")
MERCHANT = "YQMZ0001"
TODAY = datetime.now(BEIJING).date()
ADD = ("add", MERCHANT, "--name", "云桥县人民医院", "--hospital", "1001", "--channel", "CASH", "--channel", "POS")


def on_store(folder: Path, work: Callable[[Store], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_store(Settings(data=str(folder))) as store:
            return await work(store)

    return asyncio.run(run())


async def ordered(store: Store, number: str, channel: str = "CASH") -> str:
    """A trade of 100 元, ordered and nothing more; its number."""
    found = await store.database.read(lambda c: merchants.find(c, store.keyring, MERCHANT))
    hub = await open_hub(store)
    wish = Wish(
        "his", MERCHANT, found.secret, number, number.encode(), 10_000, "充值", Particulars(PATIENT), channel=channel
    )
    write = hub.orders.order(wish)
    (done,) = await store.database.write(lambda c: write.lane.execute(c, [write.command]))
    assert not isinstance(done, Exception)
    return str(done.trade.trace_no)


async def settled(store: Store, trace_no: str) -> None:
    """Have the saga go on, as a running hub would, until there is nothing to do now."""
    hub = await open_hub(store)
    saga = TradeSaga(store.database, store.keyring, store.clock, hub.channels, hub.his)
    for _ in range(3):
        outcome = await saga(Job(TRADE_JOB, "k", {"merchant_id": MERCHANT, "number": trace_no}, 0, 1, "", 0))
        assert isinstance(outcome, Done | Again)
        if outcome.writes is not None:
            await store.database.write(outcome.writes)


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A hub's folder, with a merchant."""
    on_store(tmp_path, lambda store: store.database.read(lambda _: None))
    assert run(tmp_path, merchant.app, *ADD).exit_code == 0
    return tmp_path


def run(folder: Path, app: Any, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--data", str(folder)])


def told(folder: Path, app: Any, *words: str) -> Any:
    return json.loads(run(folder, app, *words, "--json").stdout)


def test_a_merchants_secret_is_shown_when_it_is_added_and_never_again(tmp_path: Path) -> None:
    on_store(tmp_path, lambda store: store.database.read(lambda _: None))
    added = told(tmp_path, merchant.app, *ADD, "--approval-above", "5000", "--notify-url", "https://his.example/n")
    assert len(added["secret"]) == 32
    assert (added["approval_above"], added["channels"]) == ("5000.00", ["CASH", "POS"])
    for words in (("show", MERCHANT), ("list",)):
        shown = run(tmp_path, merchant.app, *words, "--json").stdout
        assert MERCHANT in shown
        assert added["secret"] not in shown
    assert run(tmp_path, merchant.app, *ADD).exit_code == 1


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    on_store(tmp_path, lambda store: store.database.read(lambda _: None))
    assert run(tmp_path, merchant.app, *ADD, "--dry-run").exit_code == 0
    assert told(tmp_path, merchant.app, "list") == []
    assert run(tmp_path, merchant.app, *ADD).exit_code == 0
    assert run(tmp_path, merchant.app, "disable", MERCHANT, "--dry-run").exit_code == 0
    assert told(tmp_path, merchant.app, "show", MERCHANT)["enabled"] is True


def test_merchants_are_changed_disabled_and_enabled(hub: Path) -> None:
    changed = told(hub, merchant.app, "change", MERCHANT, "--pay-minutes", "30", "--channel", "CASH", "--print-mode")
    assert (changed["pay_minutes"], changed["channels"], changed["print_mode"]) == (30, ["CASH"], True)
    assert told(hub, merchant.app, "disable", MERCHANT)["enabled"] is False
    assert told(hub, merchant.app, "enable", MERCHANT)["enabled"] is True
    audited = on_store(hub, lambda store: store.database.read(acts))
    assert {one.act for one in audited} >= {"merchant.add", "merchant.change"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "YQMZ0002", "--name", "x", "--hospital", "1", "--account-type", "03"), 2),
        (("add", "YQMZ0002", "--name", "x", "--hospital", "1", "--channel", "GOLD"), 2),
        (("add", "YQMZ0002", "--name", "x", "--hospital", "1", "--approval-above", "1.005"), 2),
        (("add", "!", "--name", "x", "--hospital", "1"), 1),
        (("change", MERCHANT), 2),
        (("change", "NOBODY", "--pay-minutes", "5"), 1),
        (("change", MERCHANT, "--pay-minutes", "0"), 1),
        (("show", "NOBODY"), 1),
    ],
)
def test_what_cannot_be_is_refused(hub: Path, words: tuple[str, ...], code: int) -> None:
    assert run(hub, merchant.app, *words).exit_code == code


def test_trades_are_listed_shown_and_acted_on(hub: Path) -> None:
    trace_no = on_store(hub, lambda store: ordered(store, "C1"))
    assert [one["trace"] for one in told(hub, payments.app, "list")] == [trace_no]
    assert told(hub, payments.app, "list", "--state", "stuck") == []
    assert told(hub, payments.app, "list", "--merchant", "NOBODY") == []
    shown = told(hub, payments.app, "show", trace_no)
    assert (shown["state"], shown["amount"]) == ("placing", "100.00")
    assert [one["order"] for one in shown["attempts"]] == [f"{trace_no}01"]
    assert PATIENT.name not in run(hub, payments.app, "show", trace_no).stdout
    assert run(hub, payments.app, "act", trace_no, "cancel").exit_code == 2  # without --yes
    assert run(hub, payments.app, "act", trace_no, "cancel", "--dry-run").exit_code == 0
    assert told(hub, payments.app, "show", trace_no)["state"] == "placing"
    assert run(hub, payments.app, "act", trace_no, "cancel", "--yes").exit_code == 0
    assert told(hub, payments.app, "show", trace_no)["state"] == "closing"
    audited = on_store(hub, lambda store: store.database.read(acts))
    assert ("payment.cancel", trace_no) in {(one.act, one.target) for one in audited}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("show", "1"), 1),
        (("act", "1", "retry"), 1),
        (("act", "1", "burn"), 2),
        (("list", "--state", "lost"), 2),
        (("refunds", "--state", "lost"), 2),
        (("statement", MERCHANT, "--since", "2026-11-40"), 1),
        (("statement", MERCHANT, "--since", "2026-11-01", "--encoding", "latin"), 2),
        (("close-day", MERCHANT, "2026-11-01"), 1),
        (("reconcile", "NOBODY"), 1),
        (("notices", "--again", "nothing"), 1),
    ],
)
def test_what_is_not_there_is_said(hub: Path, words: tuple[str, ...], code: int) -> None:
    assert run(hub, payments.app, *words).exit_code == code


def test_an_act_that_the_state_does_not_know_is_refused(hub: Path) -> None:
    trace_no = on_store(hub, lambda store: ordered(store, "C1"))
    for words in (("settle", "--yes"), ("settle", "--dry-run")):
        assert run(hub, payments.app, "act", trace_no, *words).exit_code == 1


def test_balances_statement_and_closing(hub: Path) -> None:
    async def pay(store: Store) -> str:
        trace_no = await ordered(store, "C1")
        await settled(store, trace_no)
        return trace_no

    trace_no = on_store(hub, pay)
    assert told(hub, payments.app, "balances", MERCHANT) == {"channel/CASH": "100.00", "deposit": "-100.00"}
    (line,) = told(hub, payments.app, "statement", MERCHANT, "--since", f"{TODAY}")
    assert (line["channel_traceno"], line["trace_no"], line["amount"]) == ("C1", trace_no, 10_000)
    out = hub / "statement.csv"
    words = ("statement", MERCHANT, "--since", f"{TODAY}", "--encoding", "gbk", "--out", str(out))
    assert run(hub, payments.app, *words).exit_code == 0
    assert "收款" in out.read_bytes().decode("gbk")
    account = told(hub, payments.app, "statement", MERCHANT, "--since", f"{TODAY}", "--account", "channel/CASH")
    assert (account["opening"], account["closing"], len(account["entries"])) == (0, 10_000, 1)
    assert run(hub, payments.app, "close-day", MERCHANT, f"{TODAY}").exit_code == 1  # it is not over
    assert f"next: {TODAY}" in run(hub, payments.app, "close-day", MERCHANT, "--dry-run").stderr
    assert told(hub, payments.app, "close-day", MERCHANT) == []


def test_reconcile_says_what_is_left_and_what_could_not_be_compared(hub: Path) -> None:
    on_store(hub, lambda store: ordered(store, "C1"))
    compared = run(hub, payments.app, "reconcile", MERCHANT, "--day", f"{TODAY - timedelta(days=1)}")
    assert compared.exit_code == 1
    assert "not compared: 医院" in compared.stderr  # no HIS is connected to this hub


def test_notices_are_listed_and_sent_again(hub: Path) -> None:
    key = f"{MERCHANT}|2611280000000000001"

    async def wait(store: Store) -> None:
        await store.database.write(lambda c: queue.enqueue(c, 1, NOTICE_JOB, key, {}, 1 << 45))

    on_store(hub, wait)
    (listed,) = told(hub, payments.app, "notices")
    assert (listed["key"], listed["state"]) == (key, "due")
    (again,) = told(hub, payments.app, "notices", "--again", key)
    assert again["next"] < listed["next"]


def test_refunds_are_listed(hub: Path) -> None:
    assert told(hub, payments.app, "refunds") == []
    assert on_store(hub, lambda store: store.database.read(lambda c: stored.newest_refunds(c, 1))) == []
