"""`yiqiao sandbox his`: how the sandbox's HIS takes part in payments, on command."""

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from yiqiao.cli.exits import USAGE, leaving
from yiqiao.cli.options import AsJson, Config, Data, DatabaseUrl, Set, on_store, settings_from

if TYPE_CHECKING:
    from yiqiao.app.store import Store
    from yiqiao.storage.sandbox_payments import MischiefRow

Fate = Annotated[
    str,
    typer.Argument(help="refused, unreachable, silent_before, silent_after, slow or well. None: show what is ordered."),
]
Act = Annotated[
    str,
    typer.Option(
        "--act",
        help="notify_recharge, refund, prepare_refund, confirm_refund, cancel_refund, query, balance, pending_charges, "
        "confirm_charge, cancel_charge, entries; *: any.",
    ),
]
Times = Annotated[int, typer.Option("--times", min=1, max=1000, help="To how many calls.")]


def his(
    fate: Fate = "",
    act: Act = "*",
    times: Times = 1,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """Say what happens to the next calls of the sandbox's HIS, or show what is still to happen."""
    from yiqiao.sandbox import his_billing, mischief
    from yiqiao.storage.shelves import DatabaseStore

    if act not in ("*", *his_billing.ACTS):
        raise leaving(f"no such act: {act}; one of {', '.join(his_billing.ACTS)} or *", USAGE)
    if fate not in ("", "well", *mischief.EVERYWHERE):
        raise leaving(f"no such fate: {fate}; one of {', '.join(mischief.EVERYWHERE)} or well", USAGE)

    async def order(store: "Store") -> "list[MischiefRow]":
        orders = mischief.OnOrder(DatabaseStore(store.database), his_billing.HIS)
        if fate == "well":
            await orders.well(act)
        elif fate:
            await orders.order(act, mischief.Fate(fate), times)
        return await orders.ordered()

    rows = on_store(settings_from(data, database_url, config, set_), order)
    if as_json:
        typer.echo(json.dumps([row._asdict() for row in rows], ensure_ascii=False))
        return
    for row in rows:
        typer.echo(f"{row.act:16} {row.fate:14} {row.times} more")
    if not rows:
        typer.echo("all goes well", err=True)


Card = Annotated[str, typer.Argument(help="The card's number, as a bill names it (cardno).")]
Yuan = Annotated[list[str], typer.Argument(metavar="YUAN…", help="What is owed, a charge for each amount.")]


def owe(
    card: Card,
    amounts: Yuan,
    level: Annotated[str, typer.Option(help="01 甲, 02 乙, 03 丙: how the insurance pays for it.")] = "01",
    merchant: Annotated[str, typer.Option(help="Of which merchant's hospital.")] = "YQDEMO01",
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """Let somebody owe something at the sandbox's HIS from now on, to be settled."""
    from decimal import Decimal, InvalidOperation

    from yiqiao.clock import compact
    from yiqiao.ports.his_billing import Patient, PendingCharge
    from yiqiao.ports.insurance_settlement import FeeLine
    from yiqiao.sandbox.his_billing import SandboxHis
    from yiqiao.storage.shelves import DatabaseStore

    try:
        wanted = [int(Decimal(one) * 100) for one in amounts]
    except InvalidOperation:
        raise leaving("amounts are in yuan, like 128.50", USAGE) from None
    if level not in ("01", "02", "03") or any(one <= 0 for one in wanted):
        raise leaving("--level is 01, 02 or 03, and amounts are above nothing", USAGE)

    async def work(store: "Store") -> list[str]:
        his = SandboxHis(DatabaseStore(store.database), store.clock)
        numbers = []
        for place, amount in enumerate(wanted):
            number = f"MZ{compact(store.wall.now_ms())}{os.urandom(2).hex().upper()}{place}"
            fee = FeeLine(number, number, "X1", "治疗费", level, Decimal(amount) / 100, Decimal(1), amount)
            await his.owe(merchant, Patient("01", card), PendingCharge(number, "治疗费", amount, (fee,)))
            numbers.append(number)
        return numbers

    numbers = on_store(settings_from(data, database_url, config, set_), work)
    typer.echo(json.dumps(numbers) if as_json else "\n".join(numbers))
