"""`yiqiao sandbox his`: how the sandbox's HIS takes part in payments, on command."""

import json
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
        help="notify_recharge, refund, prepare_refund, confirm_refund, cancel_refund, query, balance, entries; *: any.",
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
            await orders.order(act, mischief.Fate.SLOW, 0)
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
