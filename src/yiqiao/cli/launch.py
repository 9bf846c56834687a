"""`yiqiao launch`: launch the doctor's workstation, as a HIS would when the doctor clicks."""

import json
import webbrowser
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yiqiao.cli.call import secret_from
from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE, leaving
from yiqiao.cli.options import Data, on_store, settings_from

if TYPE_CHECKING:
    from yiqiao.app.store import Store
    from yiqiao.dialects.cmc.client import Launch
    from yiqiao.sandbox.launching import LaunchPartner


class Form(StrEnum):
    """The forms in which a launch is handed on."""

    URL = "url"
    COMMAND = "command"
    LINK = "link"
    PARAMETER = "parameter"
    PLAIN = "plain"


def launch(
    values: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE…", help="Fields by the standard's names (xm, sfzh, …).")
    ] = None,
    form: Annotated[Form, typer.Option("--as", help="Which form to print.")] = Form.URL,
    patient: Annotated[
        str, typer.Option(help="The sandbox's: card_holder, no_card, self_pay, no_number; with --app-key none.")
    ] = "card_holder",
    self_pay: Annotated[bool, typer.Option("--self-pay", help="With --app-key: the patient is not insured.")] = False,
    url: Annotated[str | None, typer.Option(help="The platform's address; default: the hub on this machine.")] = None,
    app_key: Annotated[str | None, typer.Option(help="Your appKey; default: the sandbox's demo HIS.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="File with your secret; else YIQIAO_KEY or a prompt.")] = None,
    profile: Annotated[str, typer.Option(help="The reading of the standard: standard, client, document.")] = "standard",
    program: Annotated[str, typer.Option(help="Where the client is installed.")] = r"C:\jgt\jgt.exe",
    target: Annotated[str, typer.Option(help="The target under which the client is started.")] = "jgt-hn-cs",
    open_: Annotated[bool, typer.Option("--open", help="Open the link in this machine's browser.")] = False,
    data: Data = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plain text; open nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All forms as one JSON object.")] = False,
) -> None:
    """Make a launch and print it. It opens once, within the platform's clock window (ten minutes)."""
    from yiqiao.errors import DomainError

    try:
        made, base = _made(values or [], patient, url, app_key, key_file, profile, data, self_pay=self_pay)
        forms = {
            "url": made.url(base),
            "command": made.command(program, target),
            "link": made.link(base),
            "parameter": made.parameter,
            "plain": made.plain,
        }
    except DomainError as fault:
        raise leaving(str(fault), REFUSED) from None
    if as_json:
        typer.echo(json.dumps(forms, ensure_ascii=False))
    else:
        typer.echo(forms["plain" if dry_run else form])
    if open_ and dry_run:
        typer.echo(f"would open {base}", err=True)
    elif open_ and not webbrowser.open(forms["url"]):
        raise leaving("no browser could be started; open the printed link by hand", UNREACHABLE)


def _made(
    values: list[str],
    patient: str,
    url: str | None,
    app_key: str | None,
    key_file: Path | None,
    profile: str,
    data: str | None,
    *,
    self_pay: bool,
) -> "tuple[Launch, str]":
    """The launch, and the address that it goes to. Raises DomainErrors; exits 2 and 3."""
    from yiqiao.dialects.cmc.client import Launcher
    from yiqiao.sandbox.launching import patients
    from yiqiao.spec import SpecError

    given = _parsed(values)
    if app_key is not None:
        if url is None:
            raise leaving("with --app-key, say --url too", USAGE)
        secret, base, insured, known = secret_from(key_file), url, not self_pay, {}
    else:
        chosen = next((one for one in patients() if one.key == patient), None)
        if chosen is None:
            raise leaving(f"no patient {patient!r}; there are: {', '.join(p.key for p in patients())}", USAGE)
        partner, here = _demo(data, profile)
        app_key, secret, base = partner.app_key, partner.secret, url or here
        insured, known = chosen.insured, dict(chosen.values)
    try:
        launcher = Launcher(app_key, secret, profile=profile)
    except SpecError as error:
        raise leaving(str(error), USAGE) from None
    whole = {**known, **given}
    return (launcher.insured(**whole) if insured else launcher.selfpay(**whole)), base


def _parsed(values: list[str]) -> dict[str, str]:
    found = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals:
            raise leaving(f"{text!r}: expected KEY=VALUE", USAGE)
        found[name] = value
    return found


def _demo(data: str | None, profile: str) -> "tuple[LaunchPartner, str]":
    """The sandbox's demo HIS of this profile, and the hub's address."""
    settings = settings_from(data)

    async def ask(store: "Store") -> "LaunchPartner | None":
        from yiqiao.sandbox.launching import partners

        return next((one for one in partners(store.directory) if one.profile == profile), None)

    found = on_store(settings, ask)
    if found is None:
        raise leaving(f"the hub in {settings.folder} has no demo HIS with profile {profile}", UNREACHABLE)
    return found, settings.address
