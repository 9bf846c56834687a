"""`yiqiao workstation -a TARGET -p PARAM`: a stand-in for the installed client (jgt.exe) of the standard.

It takes the documented arguments and does what the client does with them: it opens the platform's page with them in a
browser of its own. A wrong target ends in an error, as the standard's questions and answers describe.
"""

import json
import re
import webbrowser
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import typer

from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE, leaving
from yiqiao.cli.options import Data, settings_from

if TYPE_CHECKING:
    import httpx

AGENT = "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/49.0.2623.110 Safari/537.36"
"""The browser that the standard's client has inside."""
_TICKET = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


def workstation(
    link: Annotated[str | None, typer.Argument(help="What a page started the client with (jgt://open?…).")] = None,
    target: Annotated[list[str] | None, typer.Option("-a", help="The target; exactly one.")] = None,
    parameter: Annotated[list[str] | None, typer.Option("-p", help="The launch parameter, Base64.")] = None,
    url: Annotated[str | None, typer.Option(help="The platform's address; default: the hub on this machine.")] = None,
    data: Data = None,
    open_: Annotated[bool, typer.Option("--open", help="Open it in this machine's browser.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Be the installed client: open the workstation with the arguments of jgt.exe."""
    base = (url or settings_from(data).address).rstrip("/")
    address = base + (_by_link(link) if link else _by_arguments(target or [], parameter or []))
    if open_:
        if not webbrowser.open(address):
            raise leaving("no browser could be started", UNREACHABLE)
        return
    facts = _opened(base, address)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    for name, value in facts.items():
        typer.echo(f"{name:8} {value}")


def _by_arguments(targets: list[str], parameters: list[str]) -> str:
    from yiqiao.dialects.cmc.envelope import PARAMETER, TARGET
    from yiqiao.dialects.cmc.server import PATH

    if len(targets) != 1 or not targets[0].strip():
        raise leaving(f"-a takes exactly one target, {len(targets)} were given", USAGE)
    if len(parameters) != 1 or not parameters[0].strip():
        raise leaving(f"-p takes exactly one parameter, {len(parameters)} were given", USAGE)
    if "&" in parameters[0]:
        raise leaving("-p is the Base64 of the 26 values, not the values themselves", USAGE)
    return f"{PATH}?{urlencode({PARAMETER: parameters[0], TARGET: targets[0]}, quote_via=quote, safe='')}"


def _by_link(link: str) -> str:
    from yiqiao.dialects.cmc.server import HOME

    tickets = parse_qs(urlsplit(link).query).get("t", [])
    if len(tickets) != 1 or not _TICKET.fullmatch(tickets[0]):
        raise leaving("the link holds no ticket: it should look like jgt://open?a=…&t=…", USAGE)
    return f"{HOME}/enter/{tickets[0]}"


def _opened(base: str, address: str) -> dict[str, str]:
    """What the workstation's page shows. Exits 1 when refused, 3 when the platform is out of reach."""
    import httpx

    with httpx.Client(headers={"user-agent": AGENT, "accept": "application/json"}, timeout=10) as browser:
        try:
            answer = browser.get(address)
            if answer.status_code != httpx.codes.SEE_OTHER:
                raise leaving(_refusal(answer), REFUSED)
            shown = browser.get(f"{base}/workstation", params={"format": "json"})
        except httpx.HTTPError as error:
            raise leaving(f"{base}: {type(error).__name__}", UNREACHABLE) from None
    if shown.status_code != httpx.codes.OK:
        raise leaving(f"the platform opened no session ({shown.status_code})", REFUSED)
    view = shown.json()
    patient = view["patient"]
    return {
        "patient": patient["name"],
        "id_no": patient["id_no"],
        "doctor": view["doctor"],
        "page": f"{base}/workstation",
    }


def _refusal(answer: "httpx.Response") -> str:
    try:
        told = answer.json()
        return f"{told['code']} {told['message']}\n{told['remedy']}"
    except (ValueError, KeyError):
        return f"the platform answered {answer.status_code}"
