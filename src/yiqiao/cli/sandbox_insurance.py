"""`yiqiao sandbox insurance …`: how the sandbox's insurance centre settles, for whom, and what it has on file."""

from typing import Annotated, Any

import typer

from yiqiao.cli.exits import USAGE, leaving
from yiqiao.cli.options import AsJson, Config, Data, DatabaseUrl, Set, settings_from
from yiqiao.cli.sandbox_controls import Url, listed, say, told_to
from yiqiao.clock import readable
from yiqiao.money import yuan

Fate = Annotated[
    str,
    typer.Argument(
        help="refused, unreachable, silent_before, silent_after, slow, different, taken_back; well: nothing more."
    ),
]
Act = Annotated[
    str,
    typer.Option("--act", help="register, withdraw, upload, presettle, settle, cancel, find, statement; *: any."),
]
Times = Annotated[int, typer.Option("--times", min=1, max=1000, help="To how many calls.")]
Always = Annotated[bool, typer.Option("--always", help="To all calls, until told otherwise.")]
Delay = Annotated[int, typer.Option("--delay", metavar="MS", min=0, max=60_000, help="How slow, with slow.")]
Reason = Annotated[str, typer.Option("--reason", help="The words of a refusal.")]
Kind = Annotated[str, typer.Option("--kind", help="Those of one kind of insurance: 310 or 390.")]
Person = Annotated[str, typer.Option("--person", metavar="PSN_NO", help="Those of one person.")]
Day = Annotated[str, typer.Option("--day", metavar="YYYY-MM-DD", help="Those of a day; default: today.")]

insurance = typer.Typer(help="The insurance centre's settlements, and what goes wrong with them.", no_args_is_help=True)


@insurance.command("show")
def insurance_show(
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show how the centre answers, and what is still to go wrong."""
    from yiqiao.cli.tables import put

    said = told_to(settings_from(data, database_url, config, set_), url, {"act": "insurance show"})
    if as_json:
        say(said, "", as_json)
        return
    whole = f"answers after {said['delay_ms']} ms" if said["delay_ms"] else "answers"
    typer.echo(whole if said["reachable"] else "unreachable")
    orders = listed(said, "orders")
    if orders:
        put(("act", "what happens", "times", "more"), [_order(row) for row in orders])


@insurance.command("behave")
def insurance_behave(
    fate: Fate,
    act: Act = "*",
    times: Times = 1,
    always: Always = False,
    delay: Delay = 2000,
    reason: Reason = "",
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Say what happens to the next calls, in the place of what was said for the same act before."""
    from yiqiao.sandbox.mischief import ALWAYS
    from yiqiao.sandbox.mischief import Fate as Known
    from yiqiao.sandbox.settlement.centre import ACTS, ONLY

    if fate not in ("well", *Known):
        raise leaving(f"no such fate: {fate}; one of {', '.join(Known)} or well", USAGE)
    acts = ("*", *ACTS) if fate == "well" else ONLY.get(Known(fate), ("*", *ACTS))
    if act not in acts:
        raise leaving(f"{fate} cannot happen to {act}; to one of {', '.join(acts)}", USAGE)
    command = {
        "act": "insurance behave",
        "on": act,
        "fate": fate,
        "times": str(ALWAYS if always else times),
        "delay_ms": str(delay),
        "reason": reason,
    }
    said = told_to(settings_from(data, database_url, config, set_), url, command)
    say(said, f"{act}: {fate}", as_json)


@insurance.command("people")
def insurance_people(
    kind: Kind = "",
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List who is insured, how, and what is on their accounts (元)."""
    from yiqiao.cli.tables import put

    command = {"act": "insurance people", "kind": kind}
    said = told_to(settings_from(data, database_url, config, set_), url, command)
    if as_json:
        say(said, "", as_json)
        return
    columns = ("psn_no", "certificate", "name", "kind", "person", "area", "balance", "")
    put(columns, [_person(row) for row in listed(said, "people")], whole=("psn_no", "certificate"))


@insurance.command("settlements")
def insurance_settlements(
    person: Person = "",
    day: Day = "",
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List what was settled and taken back (元)."""
    from yiqiao.cli.tables import put

    if person and day:
        raise leaving("--person and --day: only one of them", USAGE)
    command = {"act": "insurance settlements", "person": person, "day": day}
    said = told_to(settings_from(data, database_url, config, set_), url, command)
    if as_json:
        say(said, "", as_json)
        return
    columns = ("setl_id", "psn_no", "at", "total", "funds", "account", "cash", "")
    put(columns, [_settlement(row) for row in listed(said, "settlements")], whole=("setl_id", "psn_no"))


@insurance.command("take-back")
def insurance_take_back(
    settlement: Annotated[str, typer.Argument(metavar="SETL_ID", help="A settlement, as `settlements` shows it.")],
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Take a settlement back as a clerk of the centre might, without telling the hub."""
    command = {"act": "insurance take-back", "settlement": settlement}
    said = told_to(settings_from(data, database_url, config, set_), url, command)
    say(said, f"taken back by {said.get('settlement_id')}", as_json)


def _order(row: dict[str, Any]) -> tuple[str, str, str, str]:
    from yiqiao.sandbox.mischief import ALWAYS

    times = "until told otherwise" if row["times"] == ALWAYS else str(row["times"])
    more = f"{row['delay_ms']} ms" if row["fate"] == "slow" else row["reason"]
    return row["act"], row["fate"], times, more


def _person(row: dict[str, Any]) -> tuple[str, ...]:
    marks = (
        ("civil servant", row["civil_servant"]),
        (f"disabled ({row['disability']})", row["disability"]),
        ("paused", row["status"] != "1"),
        ("no answer", not row["answers"]),
    )
    said = ", ".join(words for words, holds in marks if holds)
    who = (row["psn_no"], row["certificate_no"], row["name"], row["kind"], row["person_kind"], row["area"])
    return (*who, yuan(row["balance"]), said)


def _settlement(row: dict[str, Any]) -> tuple[str, ...]:
    amounts = (yuan(row[name]) for name in ("total", "funds", "account", "cash"))
    back = f"takes back {row['settles']}" if row["settles"] else ""
    own = f"taken back by {row['reversed_by']}" if row["reversed_by"] else back
    return (row["settlement_id"], row["psn_no"], readable(row["at"]), *amounts, own)
