"""`yiqiao sandbox card …`: what lies on a sandbox's card readers, and how its insurance centre behaves."""

from typing import Annotated

import typer

from yiqiao.cli.options import AsJson, Config, Data, DatabaseUrl, Set, settings_from
from yiqiao.cli.sandbox_controls import Url, listed, say, told_to

Desk = Annotated[str, typer.Argument(help="The desk: dev_no, else the terminal's number, else the operator's.")]
Kind = Annotated[
    str, typer.Argument(help="identity_card, social_security_card, voucher, health_card, visit_card or face.")
]
Who = Annotated[str, typer.Argument(help="The resident's identity number, as `card list` shows them.")]

cards = typer.Typer(help="Simulated card readers, and who presents what.", no_args_is_help=True)


@cards.command("list")
def card_list(
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List some cards, codes and faces that can be presented. Any other synthetic resident may be named as well."""
    from yiqiao.cli.tables import put

    said = told_to(settings_from(data, database_url, config, set_), url, {"act": "card list"})
    if as_json:
        say(said, "", as_json)
        return
    rows = [(row["kind"], row["certificate_no"], row["name"]) for row in listed(said, "offers")]
    put(("kind", "who", "name"), rows, whole=("who",))


@cards.command("put")
def card_put(
    desk: Desk,
    kind: Kind,
    who: Who,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Lay somebody's card on a desk's reader, or show their code or face. A card lies until another is put there."""
    command = {"act": "card put", "desk": desk, "kind": kind, "who": who}
    said = told_to(settings_from(data, database_url, config, set_), url, command)
    say(said, str(said.get("code") or f"{kind} lies at {desk}"), as_json)


@cards.command("code")
def card_code(
    kind: Kind,
    who: Who,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show the text of somebody's code (voucher, health_card, visit_card), for code_text. Most live a minute."""
    command = {"act": "card code", "kind": kind, "who": who}
    said = told_to(settings_from(data, database_url, config, set_), url, command)
    say(said, str(said.get("code")), as_json)


@cards.command("device")
def card_device(
    desk: Desk,
    media: Annotated[str, typer.Argument(help="identity_card, social_security_card, code or face.")],
    state: Annotated[str, typer.Argument(help="empty (nothing lies there), absent or unreadable.")],
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Take away what lies on a device, or let it be absent or unable to read."""
    command = {"act": "card device", "desk": desk, "media": media, "state": state}
    said = told_to(settings_from(data, database_url, config, set_), url, command)
    say(said, f"{media} at {desk}: {state}", as_json)


@cards.command("centre")
def card_centre(
    unreachable: Annotated[bool, typer.Option("--unreachable", help="It does not answer.")] = False,
    slow: Annotated[int, typer.Option(metavar="MS", help="It takes so long to answer.", min=0, max=60_000)] = 0,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Say how the insurance centre answers from now on; without options as usual."""
    command = {"act": "card centre", "reachable": "" if unreachable else "yes", "delay_ms": str(slow)}
    said = told_to(settings_from(data, database_url, config, set_), url, command)
    say(said, "unreachable" if unreachable else f"answers after {slow} ms" if slow else "answers", as_json)
