"""`yiqiao sandbox reset|snapshot|restore|time|fault …`: telling a sandbox what to do, whether it runs or not."""

import asyncio
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE, leaving
from yiqiao.cli.options import AsJson, Config, Data, DatabaseUrl, Set, existing, settings_from, told
from yiqiao.clock import readable

if TYPE_CHECKING:
    from yiqiao.app.settings import Settings

TIMEOUT_S = 60
Said = dict[str, object]

Url = Annotated[str | None, typer.Option(help="The running sandbox's address; default: the one it left in its folder.")]
Partner = Annotated[str | None, typer.Option(metavar="DIALECT/APP_ID", help="One partner; default: everybody.")]
Name = Annotated[str, typer.Argument(help="The snapshot's name: small letters, digits, - and _.")]

faults = typer.Typer(help="What goes wrong on purpose, for a partner or for everybody.", no_args_is_help=True)


def reset(
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Back to a fresh sandbox: people and cards anew, faults off, real time. Partners and the journal stay."""
    said = told_to(settings_from(data, database_url, config, set_), url, {"act": "reset"})
    say(said, f"reset: {_rows(said)}", as_json)


def snapshot(
    name: Name,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    drop: Annotated[bool, typer.Option("--drop", help="Delete it instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Copy the sandbox's data under a name; an older copy of that name is replaced."""
    act = "drop" if drop else "snapshot"
    said = told_to(settings_from(data, database_url, config, set_), url, {"act": act, "name": name})
    say(said, f"snapshot {name} {'deleted' if drop else 'taken'}", as_json)


def snapshots(
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List the snapshots."""
    from yiqiao.cli.tables import put

    said = told_to(settings_from(data, database_url, config, set_), url, {"act": "snapshots"})
    if as_json:
        say(said, "", as_json)
        return
    put(("name", "taken"), [(row["name"], readable(row["taken_at"])) for row in listed(said, "snapshots")])


def restore(
    name: Name,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Put a snapshot in the data's place. Faults, time, partners and the journal stay as they are."""
    said = told_to(settings_from(data, database_url, config, set_), url, {"act": "restore", "name": name})
    say(said, f"restored {name}: {_rows(said)}", as_json)


def time(
    to: Annotated[str, typer.Argument(help="+2h, -30m, '2026-12-01 08:00:00', real, freeze, run; empty shows.")] = "",
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show or set the sandbox's clock. Write -- before a step backwards: yiqiao sandbox time -- -2h"""
    said = told_to(settings_from(data, database_url, config, set_), url, {"act": "time", "to": to})
    shown, real = _milliseconds(said, "sandbox_ms"), _milliseconds(said, "real_ms")
    state = "frozen" if said.get("frozen") else "moved" if said.get("moved") else "real time"
    say(said, f"sandbox {readable(shown)} ({state})\nreal    {readable(real)}", as_json)


@faults.command("set")
def fault_set(
    what: Annotated[str, typer.Argument(metavar="FAULTS", help="late=1500, lost, times=3 … (docs/sandbox.md)")],
    partner: Partner = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Switch faults on, in place of those that were on for the same callers."""
    command = {"act": "fault set", "faults": what, **_callers(partner)}
    said = told_to(settings_from(data, database_url, config, set_), url, command)
    say(said, f"on for {partner or 'everybody'}: {said.get('faults')}", as_json)


@faults.command("list")
def fault_list(
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show what is switched on."""
    from yiqiao.cli.tables import put

    said = told_to(settings_from(data, database_url, config, set_), url, {"act": "fault list"})
    if as_json:
        say(said, "", as_json)
        return
    columns = ("for", "faults", "since", "happened", "state")
    rows = []
    for row in listed(said, "switches"):
        who = "everybody" if row["app_id"] == "*" else f"{row['dialect']}/{row['app_id']}"
        count = "" if row["hit"] is None else f"{row['hit']} of {row['seen']}"
        rows.append((who, row["faults"], readable(row["set_at"]), count, "used up" if row["over"] else "on"))
    put(columns, rows, whole=("for",))


@faults.command("clear")
def fault_clear(
    partner: Partner = None,
    everything: Annotated[bool, typer.Option("--all", help="Of everybody and of each partner.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Switch off what is on for everybody, for one partner, or all there is."""
    if everything and partner:
        raise leaving("--all and --partner: only one of them", USAGE)
    command = {"act": "fault clear", **({"all": "yes"} if everything else _callers(partner))}
    said = told_to(settings_from(data, database_url, config, set_), url, command)
    say(said, "off" if said.get("was") else "nothing was on", as_json)


def _callers(partner: str | None) -> dict[str, str]:
    if partner is None:
        return {}
    dialect, slash, app_id = partner.partition("/")
    if not slash:
        raise leaving(f"--partner {partner}: expected DIALECT/APP_ID, as in ehealth_card/demo-hospital", USAGE)
    return {"dialect": dialect, "app_id": app_id}


def told_to(settings: "Settings", url: str | None, command: dict[str, str]) -> Said:
    """What the sandbox answers: the one that runs, else its database is changed without it."""
    from yiqiao.app.door import PATH, door_of

    door = door_of(settings)
    if door is None:
        existing(settings)
        raise leaving(f"the hub in {settings.folder} was never started as a sandbox on loopback", UNREACHABLE)
    request = urllib.request.Request(  # noqa: S310
        (url or door.url).rstrip("/") + PATH,
        data=json.dumps(command).encode(),
        headers={"authorization": f"Bearer {door.token}", "content-type": "application/json"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never by way of a proxy: it is this machine
    try:
        with direct.open(request, timeout=TIMEOUT_S) as answer:
            said: Said = json.load(answer)
            return said
    except urllib.error.HTTPError as error:
        raise _refused(error, request.full_url) from None
    except urllib.error.URLError as error:
        if url is not None or not isinstance(error.reason, ConnectionRefusedError):
            raise leaving(f"{request.full_url}: {error.reason}", UNREACHABLE) from None
    except ValueError as error:
        raise leaving(f"{url}: {error}", USAGE) from None
    return _without_server(settings, command)


def _without_server(settings: "Settings", command: dict[str, str]) -> Said:
    async def run() -> Said:
        from yiqiao.app.control import perform
        from yiqiao.app.playground import open_playground

        async with open_playground(settings) as playground:
            return await perform(playground, command)

    return told(lambda: asyncio.run(run()))


def _refused(error: urllib.error.HTTPError, address: str) -> typer.Exit:
    try:
        said = json.load(error)["refused"]
    except (ValueError, KeyError, TypeError):
        said = f"HTTP {error.code}"
    if error.code in {401, 404}:
        return leaving(f"another hub answers at {address} ({said}): say --url", UNREACHABLE)
    return leaving(str(said), UNREACHABLE if error.code >= 500 else REFUSED)


def say(said: Said, text: str, as_json: bool) -> None:
    """Print what was done, or all that the sandbox said."""
    typer.echo(json.dumps(said, ensure_ascii=False) if as_json else text)


def _rows(said: Said) -> str:
    counts = said.get("rows")
    found = counts if isinstance(counts, dict) else {}
    return ", ".join(f"{table} {count}" for table, count in found.items() if count) or "no rows"


def listed(said: Said, name: str) -> list[dict[str, Any]]:
    """A list in what the sandbox said; empty where there is none."""
    found = said.get(name)
    return found if isinstance(found, list) else []


def _milliseconds(said: Said, name: str) -> int:
    value = said.get(name)
    return value if isinstance(value, int) else 0
