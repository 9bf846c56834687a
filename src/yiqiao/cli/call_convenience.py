"""`yiqiao call convenience`: one function of a hospital's service as a citizens' platform would call it, or of the
platform's as a hospital would.
"""

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import typer

from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE, leaving
from yiqiao.cli.sandbox import Credentials

if TYPE_CHECKING:
    from yiqiao.spec import Spec


def call_convenience(
    spec: "Spec",
    function: str,
    content: dict[str, object],
    who: Credentials,
    headers: dict[str, str],
    *,
    style: str,
    dry_run: bool,
    as_json: bool,
    at_home: bool,
) -> None:
    """Call it and show the answer; exits as `yiqiao call` does. `at_home`: at the sandbox's own address, which is that
    of the side that answers the function; so is an address of another hub that has no path.
    """
    from yiqiao.dialects.convenience.client import Client, ConnectionFailed, Refused, Unanswered, Unbelievable
    from yiqiao.dialects.convenience.server import PATH
    from yiqiao.errors import DomainError

    name = _named(spec, function)
    if style not in ("soap", "plain"):
        raise leaving(f"--style is soap or plain, not {style!r}", USAGE)
    at_home = at_home or not urlsplit(who.url).path
    url = who.url.removesuffix(PATH) + spec.operations[name].path if at_home else who.url
    with Client(
        url,
        user_id=who.app_id,
        secret=who.secret,
        profile=spec.profile,
        style="plain" if style == "plain" else "soap",
        headers=headers,
    ) as client:
        try:
            document = client.speaker.document(name, content)
            if dry_run:
                typer.echo(client.speaker.wrapped(name, document)[0].decode())
                return
            answer = client.send(name, document)
        except Refused as refusal:
            told = f"{refusal.code} {refusal.told or refusal.title}"
            raise leaving(told + (f"\n{refusal.remedy}" if refusal.remedy else ""), REFUSED) from None
        except DomainError as error:
            lost = isinstance(error, ConnectionFailed | Unanswered) and not isinstance(error, Unbelievable)
            raise leaving(str(error), UNREACHABLE if lost else USAGE) from None
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=None if as_json else 2, default=str))


def _named(spec: "Spec", function: str) -> str:
    """By the function's name, whatever its case, or by its number."""
    found = [one.name for one in spec.operations.values() if function in (one.name, one.code)]
    found = found or [name for name in spec.operations if name.lower() == function.lower()]
    if len(found) != 1:
        names = ", ".join(f"{one.name} ({one.code})" if one.code else one.name for one in spec.operations.values())
        raise leaving(f"no function {function!r}; there are: {names}", USAGE)
    return found[0]
