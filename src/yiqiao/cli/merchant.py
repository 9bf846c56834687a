"""`yiqiao merchant`: for whom money is collected, by which channels, and who may be notified."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from yiqiao.cli.exits import REFUSED, USAGE, leaving
from yiqiao.cli.options import AsJson, Data, DatabaseUrl, DryRun, on_store, settings_from
from yiqiao.cli.tables import put, put_facts
from yiqiao.money import yuan

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from yiqiao.app.store import Store
    from yiqiao.region.payments.merchants import Merchant

T = TypeVar("T")
COLUMNS = ("merchant", "name", "hospital", "account_type", "channels", "enabled")

app = typer.Typer(help="Merchants: for whom money is collected, and by which channels.", no_args_is_help=True)

MerchantId = Annotated[str, typer.Argument(help="The merchant's number (payAppId).")]
Channel = Annotated[list[str] | None, typer.Option(help="A channel that it offers, e.g. WECHAT; repeat.")]
NotifyUrl = Annotated[list[str] | None, typer.Option(help="An address that may be notified; repeat.")]
ApprovalAbove = Annotated[
    str | None, typer.Option(metavar="YUAN", help="A refund above it needs a second signature; 0 for none.")
]
PayMinutes = Annotated[int | None, typer.Option(help="How long a trade can be paid.")]
Institution = Annotated[str | None, typer.Option(help="Its code at the insurance centre (fixmedins_code).")]
PrintMode = Annotated[bool | None, typer.Option("--print-mode/--no-print-mode", help="Orders are paid later.")]


@app.command()
def add(
    merchant_id: MerchantId,
    name: Annotated[str, typer.Option(help="As a payer reads it.")],
    hospital: Annotated[str, typer.Option(help="The hospital's id.")],
    account_type: Annotated[str, typer.Option(help="01 outpatient, 02 inpatient.")] = "01",
    channel: Channel = None,
    notify_url: NotifyUrl = None,
    approval_above: ApprovalAbove = None,
    pay_minutes: PayMinutes = None,
    print_mode: PrintMode = None,
    institution: Institution = None,
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Add a merchant. Its secret is shown this once."""
    if account_type not in ("01", "02"):
        raise leaving("--account-type is 01 or 02", USAGE)
    wanted = _wanted(channel, notify_url, approval_above, pay_minutes, print_mode, institution)

    async def work(store: "Store") -> "Merchant":
        from yiqiao.region.payments import merchants
        from yiqiao.region.payments.merchants import MerchantSettings

        settings, now = MerchantSettings(**wanted), store.wall.now_ms()
        identity = {"merchant_id": merchant_id, "name": name, "hospital_id": hospital, "account_type": account_type}
        made = await _tried(
            store, lambda c: merchants.add(c, store.keyring, now, settings=settings, **identity), dry_run=dry_run
        )
        if made is None:
            raise leaving(f"there is a merchant {merchant_id} already", REFUSED)
        await _audit(store, "merchant.add", merchant_id, dry_run=dry_run)
        return made

    made = on_store(settings_from(data, database_url), work)
    shown = {**_facts(made), "secret": "" if dry_run else made.secret}
    _show(shown, as_json=as_json)
    typer.echo("nothing was changed (--dry-run)" if dry_run else "the secret is not shown again", err=True)


@app.command("list")
def list_(data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """List merchants."""

    async def work(store: "Store") -> "list[Merchant]":
        from yiqiao.region.payments import merchants
        from yiqiao.storage import payments

        rows = await store.database.read(payments.merchants)
        return [merchants.opened(store.keyring, row) for row in rows]

    found = [_facts(one) for one in on_store(settings_from(data, database_url), work)]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        put(COLUMNS, ([_cell(one[name]) for name in COLUMNS] for one in found), COLUMNS[:1])


@app.command()
def show(merchant_id: MerchantId, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Show a merchant; not its secret."""

    async def work(store: "Store") -> "Merchant":
        from yiqiao.region.payments import merchants

        return await store.database.read(lambda c: merchants.find(c, store.keyring, merchant_id))

    _show(_facts(on_store(settings_from(data, database_url), work)), as_json=as_json)


@app.command()
def change(
    merchant_id: MerchantId,
    name: Annotated[str | None, typer.Option(help="As a payer reads it.")] = None,
    channel: Channel = None,
    notify_url: NotifyUrl = None,
    approval_above: ApprovalAbove = None,
    pay_minutes: PayMinutes = None,
    print_mode: PrintMode = None,
    institution: Institution = None,
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Change what is given; lists are replaced as a whole."""
    wanted = _wanted(channel, notify_url, approval_above, pay_minutes, print_mode, institution)
    if name is None and not wanted:
        raise leaving("say what is to be changed", USAGE)
    changed = _changed(data, database_url, merchant_id, {"name": name, "settings": wanted or None}, dry_run=dry_run)
    _show(_facts(changed), as_json=as_json)


@app.command()
def disable(
    merchant_id: MerchantId,
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Have a merchant collect nothing more; what is under way goes on."""
    _show(_facts(_changed(data, database_url, merchant_id, {"enabled": False}, dry_run=dry_run)), as_json=as_json)


@app.command()
def enable(
    merchant_id: MerchantId,
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Have a merchant collect again."""
    _show(_facts(_changed(data, database_url, merchant_id, {"enabled": True}, dry_run=dry_run)), as_json=as_json)


def _changed(
    data: str | None, database_url: str | None, merchant_id: str, wanted: dict[str, Any], *, dry_run: bool
) -> "Merchant":
    async def work(store: "Store") -> "Merchant":
        from yiqiao.region.payments import merchants

        now = store.wall.now_ms()
        done = await _tried(
            store, lambda c: merchants.change(c, store.keyring, now, merchant_id, **wanted), dry_run=dry_run
        )
        await _audit(store, "merchant.change", merchant_id, dry_run=dry_run)
        return done

    done = on_store(settings_from(data, database_url), work)
    if dry_run:
        typer.echo("nothing was changed (--dry-run)", err=True)
    return done


async def _tried(store: "Store", work: "Callable[[Connection], T]", *, dry_run: bool) -> T:
    """Do a change; take it back at once where it was only to be tried."""
    done: list[T] = []

    def write(connection: "Connection") -> None:
        done.append(work(connection))
        if dry_run:
            raise _OnlyTried

    with suppress(_OnlyTried):
        await store.database.write(write)
    return done[-1]


class _OnlyTried(Exception):
    """The change is taken back."""


async def _audit(store: "Store", what: str, target: str, *, dry_run: bool) -> None:
    from yiqiao.app.appointments import BY_COMMAND
    from yiqiao.partners.audit import audit

    if not dry_run:
        await store.database.write(lambda c: audit(c, store.wall.now_ms(), BY_COMMAND, what, target))


def _wanted(
    channel: list[str] | None,
    notify_url: list[str] | None,
    approval_above: str | None,
    pay_minutes: int | None,
    print_mode: bool | None,
    institution: str | None,
) -> dict[str, Any]:
    """What is set, by the settings' names. Exits 2 for what cannot be."""
    from yiqiao.region.payments.ways import WAYS

    unknown = sorted(set(channel or ()) - set(WAYS))
    if unknown:
        raise leaving(f"no channel {', '.join(unknown)}; there are {', '.join(sorted(WAYS))}", USAGE)
    given: dict[str, Any] = {
        "channels": None if channel is None else tuple(channel),
        "notify_urls": None if notify_url is None else tuple(notify_url),
        "approval_above": None if approval_above is None else _fen(approval_above),
        "pay_minutes": pay_minutes,
        "print_mode": print_mode,
        "institution": institution,
    }
    return {name: value for name, value in given.items() if value is not None}


def _fen(yuan: str) -> int:
    try:
        fen = Decimal(yuan) * 100
    except InvalidOperation:
        raise leaving(f"{yuan!r} is no amount in yuan", USAGE) from None
    if fen != int(fen) or fen < 0:
        raise leaving(f"{yuan!r} is no amount in yuan", USAGE)
    return int(fen)


def _facts(one: "Merchant") -> dict[str, Any]:
    settings = asdict(one.settings)
    limit = settings.pop("approval_above")
    return {
        "merchant": one.merchant_id,
        "name": one.name,
        "hospital": one.hospital_id,
        "account_type": one.account_type,
        "enabled": one.enabled,
        **settings,
        "approval_above": yuan(limit),
    }


def _show(facts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        put_facts((name.replace("_", " "), _cell(value)) for name, value in facts.items())


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)
