"""`yiqiao call onetrans`: call the platform behind the unified library, one operation, as a HIS at a desk would."""

import json
import os
import sys
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE, leaving
from yiqiao.cli.sandbox import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from yiqiao.dialects.onetrans import Client, Reply
    from yiqiao.spec import Operation, Spec

DESK = {
    "institution": "H98510001001",
    "opter": "yiqiao",
    "opter_name": "命令行",
    "dept_codg": "9801",
    "dept_name": "收费处",
}
"""Who stands at the desk, where nothing else is said."""


@dataclass(frozen=True)
class Signing:
    """By which algorithm, and for SM2 the file with one's private key and the platform's public one."""

    signtype: str
    key_file: Path | None
    platform_key: str


def call_onetrans(
    spec: "Spec",
    operation: "Operation",
    content: dict[str, object],
    who: Credentials,
    signing: Signing,
    desk: dict[str, str],
    headers: dict[str, str],
    *,
    dry_run: bool,
    as_json: bool,
    wait_s: int = 0,
) -> None:
    """Call it and show the answer; exits as `yiqiao call` does. What is pending is shown with its code on stderr.

    `wait_s`: so long what has a course is asked for again until it ends; the cashier's page is opened.
    """
    from yiqiao.dialects.onetrans import Client, ConnectionFailed, Desk, Refused, Unanswered, Unbelievable
    from yiqiao.errors import DomainError

    try:
        stand = Desk(**{**DESK, **desk})
        client = Client(
            who.url,
            app_id=who.app_id,
            app_key=who.secret,
            desk=stand,
            private_key=_private(signing.key_file),
            platform_key=signing.platform_key,
            profile=spec.profile,
            signtype=signing.signtype,
            headers=headers,
        )
    except (TypeError, ValueError) as error:
        raise leaving(str(error), USAGE) from None
    with client:
        try:
            values = _with_serial(operation, content)
            if dry_run:
                typer.echo(client.message(operation.name, values).decode("gb18030"))
                return
            reply = _followed(client, operation.name, values, wait_s)
        except Refused as refusal:
            told = f"{refusal.code} {refusal.told or refusal.title}"
            raise leaving(told + (f"\n{refusal.remedy}" if refusal.remedy else ""), REFUSED) from None
        except DomainError as error:
            lost = isinstance(error, ConnectionFailed | Unanswered) and not isinstance(error, Unbelievable)
            raise leaving(str(error), UNREACHABLE if lost else USAGE) from None
    if reply.code != spec.success.code:
        typer.echo(f"{reply.code} {reply.told}", err=True)
    typer.echo(json.dumps(reply.values, ensure_ascii=False, indent=None if as_json else 2))


def _followed(client: "Client", name: str, values: dict[str, object], wait_s: int) -> "Reply":
    """The reply, at its end where that is waited for."""
    follow = COURSES.get(name) if wait_s else None
    return follow(client, values, wait_s) if follow else client.call(name, values)


def _opened(address: str) -> None:
    """Show the cashier's page: in a browser where somebody is there to see it."""
    typer.echo(f"cashier: {address}", err=True)
    if sys.stderr.isatty():
        webbrowser.open(address)


COURSES: "Mapping[str, Callable[[Client, dict[str, object], int], Reply]]" = {
    "hop.trade.recharge": lambda client, values, wait_s: client.recharge(values, on_cashier=_opened, wait_s=wait_s),
    "hop.trade.refund": lambda client, values, wait_s: client.refund(values, wait_s=wait_s),
    "fsi.outpatient.charge": lambda client, values, wait_s: client.outpatient_charge(
        values, on_cashier=_opened, wait_s=wait_s
    ),
    "chs.common.outpatient.settle.cancel": lambda client, values, wait_s: client.settle_cancel(values, wait_s=wait_s),
}
"""How what has a course is followed to its end."""


def _private(file: Path | None) -> str:
    try:
        return file.read_text(encoding="utf-8").strip() if file is not None else ""
    except (OSError, UnicodeDecodeError) as error:
        raise leaving(f"--sm2-key-file {file}: {error}", USAGE) from None


def _with_serial(operation: "Operation", content: dict[str, object]) -> dict[str, object]:
    """The serial of a trade is made where it was left out, and told: it is needed to ask again."""
    from yiqiao.clock import SystemClock, compact

    serials = operation.repeat.serial if operation.repeat is not None else ()
    fields = {field.name: field for field in operation.request}
    made = {
        name: f"{compact(SystemClock().now_ms())}{os.urandom(4).hex()}"
        for name in serials
        if name not in content and fields[name].required is True
    }
    if made:
        typer.echo("made: " + " ".join(f"{name}={value}" for name, value in made.items()), err=True)
    return {**content, **made}
