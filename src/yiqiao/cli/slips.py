"""The slip as `yiqiao partner` prints it."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from yiqiao.cli.options import on_store, settings_from

if TYPE_CHECKING:
    from yiqiao.app.slips import Slip
    from yiqiao.app.store import Store


def put_slip(
    data: str | None, database_url: str | None, dialect: str, app_id: str, hours: int = 72, *, as_json: bool
) -> None:
    """Make a one-time link and print the slip. Exits 1 when refused."""
    from yiqiao.app.slips import new_slip, slip_text

    async def work(hub: "Store") -> "Slip":
        now = hub.wall.now_ms()
        return await hub.database.write(lambda c: new_slip(c, now, hub.settings, dialect, app_id, hours * 3600))

    slip = on_store(settings_from(data, database_url), work)
    if slip.here_only:
        typer.echo("its addresses work on this machine alone: set public_url before you hand one to others", err=True)
    if as_json:
        typer.echo(json.dumps(asdict(slip), ensure_ascii=False))
        return
    typer.echo("hand this over; the link shows the secret once", err=True)
    typer.echo(slip_text(slip))
