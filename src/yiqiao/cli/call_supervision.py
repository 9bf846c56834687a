"""`yiqiao call supervision`: upload one row, or the rows of a file, as an internet hospital would."""

import json
from typing import TYPE_CHECKING

import typer

from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE, leaving
from yiqiao.cli.sandbox import Credentials

if TYPE_CHECKING:
    from yiqiao.dialects.supervision.client import Receipt
    from yiqiao.spec import Operation, Spec

ROWS = "rows"
"""A value of this name is all rows (`rows:=[…]`, `rows:=@FILE`), in the place of the fields of one."""


def call_supervision(
    spec: "Spec",
    operation: "Operation",
    content: dict[str, object],
    who: Credentials,
    headers: dict[str, str],
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Upload, and show what became of each row. Exits 1 where one was refused."""
    from yiqiao.dialects.supervision import Client, ConnectionFailed, Refused, Unanswered
    from yiqiao.dialects.supervision.wire_text import written
    from yiqiao.errors import DomainError

    client = Client(who.url, app_id=who.app_id, key=who.secret, profile=spec.profile, headers=headers)
    with client:
        try:
            message = client.message(operation.name, _rows(content))
            if dry_run:
                typer.echo(written(message.url, message.headers, message.body).decode())
                return
            receipt = client.send(message)
        except Refused as refusal:
            told = f"{refusal.code} {refusal.told or refusal.title}"
            raise leaving(told + (f"\n{refusal.remedy}" if refusal.remedy else ""), REFUSED) from None
        except DomainError as error:
            lost = isinstance(error, ConnectionFailed | Unanswered)
            raise leaving(str(error), UNREACHABLE if lost else USAGE) from None
    _show(receipt, as_json=as_json)


def _rows(content: dict[str, object]) -> list[dict[str, object]]:
    """The rows: all of a list, or the one whose fields were given."""
    rows = content.get(ROWS)
    if rows is None:
        return [content]
    try:
        read = json.loads(rows) if isinstance(rows, str) else rows
    except ValueError as error:
        raise leaving(f"{ROWS}: {error}", USAGE) from None
    if not isinstance(read, list) or not all(isinstance(row, dict) for row in read):
        raise leaving(f"{ROWS}: a list of objects is due", USAGE)
    return read


def _show(receipt: "Receipt", *, as_json: bool) -> None:
    told = receipt.verdicts
    if told is None:
        typer.echo(json.dumps({"message": receipt.message}, ensure_ascii=False) if as_json else receipt.message)
        return
    faults = [fault._asdict() for fault in told.faults]
    if as_json:
        typer.echo(json.dumps({"verdicts": list(told.verdicts), "faults": faults}, ensure_ascii=False))
    else:
        for number, verdict in enumerate(told.verdicts, 1):
            typer.echo(f"{number}\t{verdict}")
        for fault in told.faults:
            typer.echo(f"{fault.row}: {fault.code} {fault.field} {fault.message}", err=True)
    if "refused" in told.verdicts:
        raise typer.Exit(REFUSED)
