"""What `yiqiao partner` says of slips: the mark that a new partner is given, and the slip itself."""

import json
import secrets
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from yiqiao.cli.exits import USAGE, leaving
from yiqiao.cli.options import on_store, settings_from

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from yiqiao.app.slips import Slip
    from yiqiao.app.store import Store
    from yiqiao.partners import Terminal


def marks_of(dialect: str) -> "tuple[Terminal, ...]":
    """The terminals of a new partner that names none: in the CMC dialect a target mark, assigned here."""
    from yiqiao.partners import Terminal

    return (Terminal(f"jgt-{secrets.token_hex(4)}", "目标标识"),) if dialect == "cmc" else ()


def put_slip(
    data: str | None, database_url: str | None, dialect: str, app_id: str, hours: int = 72, *, as_json: bool
) -> None:
    """Make a one-time link and print the slip. Exits 1 when refused, 2 for a dialect that has no slips."""
    from yiqiao.app.slips import PATHS, slip_of, slip_text
    from yiqiao.partners import slips, store

    if dialect not in PATHS:
        raise leaving(f"no slips for {dialect!r}; there are: {', '.join(sorted(PATHS))}", USAGE)

    async def work(hub: "Store") -> "Slip":
        def issue(connection: "Connection") -> "Slip":
            token, until = slips.issue(connection, hub.clock.now_ms(), dialect, app_id, hours * 3600)
            return slip_of(store.show(connection, dialect, app_id), hub.settings.address, token, until)

        return await hub.database.write(issue)

    slip = on_store(settings_from(data, database_url), work)
    if as_json:
        typer.echo(json.dumps(asdict(slip), ensure_ascii=False))
        return
    typer.echo("hand this over; the link shows the secret once", err=True)
    typer.echo(slip_text(slip))
