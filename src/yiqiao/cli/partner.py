"""`yiqiao partner`: who may call, with which keys, from where, for what."""

import json
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

import typer

from yiqiao.cli.exits import USAGE, leaving
from yiqiao.cli.options import AsJson, Data, DatabaseUrl, DryRun, on_store, settings_from
from yiqiao.cli.partner_public_key import public_key
from yiqiao.cli.tables import put, put_facts
from yiqiao.clock import readable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from yiqiao.app.store import Store
    from yiqiao.crypto.keyring import Keyring
    from yiqiao.partners import PartnerFile
    from yiqiao.partners.filing import Revision

T = TypeVar("T")
Work: TypeAlias = "Callable[[Connection, Keyring, int], T]"
app = typer.Typer(help="Partners: who may call, with which keys, from where, for what.", no_args_is_help=True)

Dialect = Annotated[str, typer.Argument(help="The standard, e.g. ehealth_card.")]
AppId = Annotated[str, typer.Argument(help="The partner's app_id.")]


@app.command()
def add(
    dialect: Dialect,
    name: Annotated[str, typer.Option(help="The organisation's name.")],
    app_id: Annotated[str, typer.Argument(help="The partner's app_id; none: one is made up.")] = "",
    profile: Annotated[str, typer.Option(help="The reading of the standard it speaks.")] = "standard",
    operation: Annotated[list[str] | None, typer.Option(help="A permitted operation; repeat; none: all.")] = None,
    terminal: Annotated[list[str] | None, typer.Option(help="A terminal's number (or number=name); repeat.")] = None,
    address: Annotated[list[str] | None, typer.Option(help="An address or network it calls from; none: any.")] = None,
    clock_window: Annotated[int, typer.Option(help="Seconds its clock may differ from ours.")] = 600,
    with_slip: Annotated[
        bool, typer.Option("--slip", help="Show a slip with a one-time link, not the secret.")
    ] = False,
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Register a partner. Its secret is shown this once."""
    from yiqiao.cli import slips
    from yiqiao.partners import Terminal, filing

    wish = filing.Wish(
        dialect=dialect,
        name=name,
        app_id=app_id,
        profile=profile,
        operations=tuple(operation or ["*"]),
        addresses=tuple(address or []),
        terminals=tuple(Terminal(*text.split("=", 1)) for text in terminal or []),
        clock_window_s=clock_window,
    )
    _usage(lambda: filing.check(wish))

    def work(connection: "Connection", keyring: "Keyring", now: int) -> tuple[str, str]:
        return filing.file(connection, keyring, now, wish)

    if dry_run:
        _only_check(data, database_url, work)
        typer.echo("nothing wrong; nothing was filed", err=True)
        return
    filed, secret = _change(data, database_url, work)
    if with_slip:
        slips.put_slip(data, database_url, dialect, filed, as_json=as_json)
    else:
        _show_secret(filed, secret, as_json)
    _warn_keyless(dialect, filed, profile, wish.addresses)


@app.command()
def slip(
    dialect: Dialect,
    app_id: AppId,
    hours: Annotated[int, typer.Option(help="How long the link to the secret is good.")] = 72,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show what the partner's engineer needs, with a link that shows the secret once; older links end."""
    from yiqiao.cli import slips

    slips.put_slip(data, database_url, dialect, app_id, hours, as_json=as_json)


@app.command("list")
def list_(data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """List all partners."""
    from yiqiao.partners import store

    files = _read(data, database_url, store.list_partners)
    if as_json:
        typer.echo(json.dumps([_facts(file) for file in files], ensure_ascii=False))
        return
    columns = ("dialect", "app_id", "name", "profile", "state", "terminals", "keys")
    rows = (
        (f.dialect, f.app_id, f.name, f.profile, str(f.state), str(len(f.terminals)), str(len(f.keys))) for f in files
    )
    put(columns, rows, whole=("app_id", "state"))


@app.command()
def show(
    dialect: Dialect, app_id: AppId, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """Show everything on file about a partner, but for its secrets."""
    from yiqiao.partners import store

    facts = _facts(_read(data, database_url, lambda connection: store.show(connection, dialect, app_id)))
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    put_facts((n, v if isinstance(v, str) else json.dumps(v, ensure_ascii=False)) for n, v in facts.items())


@app.command("rotate-key")
def rotate_key(
    dialect: Dialect,
    app_id: AppId,
    overlap: Annotated[int, typer.Option(help="Seconds for which the old key is accepted too.")] = 86_400,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Give a partner a new key; the old one is accepted for a while."""
    from yiqiao.partners import store

    secret = _change(data, database_url, lambda c, keys, now: store.rotate_key(c, keys, now, dialect, app_id, overlap))
    _show_secret(app_id, secret, as_json)


@app.command()
def disable(dialect: Dialect, app_id: AppId, data: Data = None, database_url: DatabaseUrl = None) -> None:
    """Let nobody in under this app_id until it is enabled again."""
    from yiqiao.partners import store

    _change(data, database_url, lambda c, _, now: store.disable(c, now, dialect, app_id))
    typer.echo(f"{app_id} is disabled", err=True)


@app.command()
def enable(dialect: Dialect, app_id: AppId, data: Data = None, database_url: DatabaseUrl = None) -> None:
    """Let a disabled partner in again."""
    from yiqiao.partners import store

    _change(data, database_url, lambda c, _, now: store.enable(c, now, dialect, app_id))
    typer.echo(f"{app_id} is enabled", err=True)


@app.command()
def grant(
    dialect: Dialect,
    app_id: AppId,
    operation: Annotated[list[str], typer.Argument(help="The operations it may call; * is all.")],
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Permit exactly these operations."""
    from yiqiao.partners.filing import Revision

    _revise(data, database_url, dialect, app_id, Revision(operations=tuple(operation)))
    typer.echo(f"{app_id} may call: {', '.join(operation)}", err=True)


@app.command("add-terminal")
def add_terminal(
    dialect: Dialect,
    app_id: AppId,
    term_id: Annotated[str, typer.Argument(help="The terminal's number.")],
    name: Annotated[str, typer.Option(help="Where it stands.")] = "",
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Add a terminal to a partner's list, or rename one."""
    from yiqiao.partners import Terminal, store

    terminal = Terminal(term_id, name)
    _change(data, database_url, lambda c, _, now: store.add_terminal(c, now, dialect, app_id, terminal))
    typer.echo(f"{app_id} has terminal {term_id}", err=True)


@app.command("set")
def set_(
    dialect: Dialect,
    app_id: AppId,
    profile: Annotated[str | None, typer.Option(help="The reading of the standard it speaks.")] = None,
    clock_window: Annotated[int | None, typer.Option(help="Seconds its clock may differ from ours.")] = None,
    address: Annotated[list[str] | None, typer.Option(help="Where it calls from; repeat; any: 0.0.0.0/0.")] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Change how a partner is spoken with: profile, clock window, addresses."""
    from yiqiao.partners.filing import Revision

    wanted = Revision(profile, None, tuple(address) if address else None, clock_window)
    _revise(data, database_url, dialect, app_id, wanted)
    typer.echo(f"{app_id} is changed", err=True)
    if profile is not None:
        _warn_keyless(dialect, app_id, profile, address or ())


@app.command("remove-terminal")
def remove_terminal(
    dialect: Dialect,
    app_id: AppId,
    term_id: Annotated[str, typer.Argument(help="The terminal's number.")],
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Take a terminal off a partner's list."""
    from yiqiao.partners import store

    _change(data, database_url, lambda c, _, now: store.remove_terminal(c, now, dialect, app_id, term_id))
    typer.echo(f"{app_id} has terminal {term_id} no more", err=True)


app.command("public-key")(public_key)


def _usage(check: Callable[[], object]) -> None:
    """Exits 2 for particulars that the standard does not have or that cannot be."""
    from yiqiao.partners.particulars import PartnerFaults

    try:
        check()
    except PartnerFaults as faults:
        raise leaving(str(faults), USAGE) from None


def _revise(data: str | None, database_url: str | None, dialect: str, app_id: str, revision: "Revision") -> None:
    from yiqiao.partners import filing

    def work(connection: "Connection", _: "Keyring", now: int) -> None:
        _usage(lambda: filing.revise(connection, now, dialect, app_id, revision))

    _change(data, database_url, work)


class _OnlyChecking(Exception):
    """Undoes the transaction of a dry run."""


def _only_check(data: str | None, database_url: str | None, work: "Work[T]") -> None:
    def undone(connection: "Connection", keyring: "Keyring", now: int) -> None:
        work(connection, keyring, now)
        raise _OnlyChecking

    with suppress(_OnlyChecking):
        _change(data, database_url, undone)


def _change(data: str | None, database_url: str | None, work: "Work[T]") -> T:
    def change(store: "Store") -> Awaitable[T]:
        return store.directory.change(lambda connection: work(connection, store.keyring, store.wall.now_ms()))

    return on_store(settings_from(data, database_url), change)


def _read(data: str | None, database_url: str | None, work: "Callable[[Connection], T]") -> T:
    return on_store(settings_from(data, database_url), lambda store: store.database.read(work))


def _facts(file: "PartnerFile") -> dict[str, object]:
    """A partner's file as JSON values; keys by their times only."""
    return {
        "dialect": file.dialect,
        "app_id": file.app_id,
        "name": file.name,
        "profile": file.profile,
        "state": str(file.state),
        "operations": list(file.operations),
        "addresses": list(file.addresses),
        "clock_window_s": file.clock_window_s,
        "terminals": {terminal.term_id: terminal.name for terminal in file.terminals},
        "keys": [
            {
                "key_no": key.key_no,
                "valid_from": readable(key.valid_from),
                "valid_to": readable(key.valid_to) if key.valid_to else None,
            }
            for key in file.keys
        ],
        "created_at": readable(file.created_at),
        "changed_at": readable(file.changed_at),
    }


def _show_secret(app_id: str, secret: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"app_id": app_id, "secret": secret}))
        return
    typer.echo(f"{app_id}: the secret below is shown this once; hand it over by a safe way", err=True)
    typer.echo(secret)


def _warn_keyless(dialect: str, app_id: str, profile: str, addresses: Collection[str]) -> None:
    """Under a profile that signs without a key anybody can call in the partner's name."""
    from yiqiao.spec import load

    if load(dialect, profile).security.get("tail") == "" and not addresses:
        told = f"warning: messages of the profile {profile} are signed without a key, so anybody can send them. Let in"
        told += f" only where {app_id} calls from: yiqiao partner set {dialect} {app_id} --address NETWORK"
        typer.echo(told, err=True)
