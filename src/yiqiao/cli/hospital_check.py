"""`yiqiao hospital check`: a hospital elsewhere walked through, reading alone."""

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yiqiao.cli.exits import REFUSED, leaving
from yiqiao.cli.options import AsJson, Data, DatabaseUrl, on_store, settings_from
from yiqiao.cli.tables import put

if TYPE_CHECKING:
    from yiqiao.dialects.convenience.walk import Visit
    from yiqiao.region.hospitals.registry import RemoteAddress

TIMEOUT_S = 15.0


def check(
    hospital_id: Annotated[str, typer.Argument(help="A hospital that is registered, by id or name.")],
    timeout: Annotated[float, typer.Option(help="How long to wait for an answer, seconds.")] = TIMEOUT_S,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Walk a hospital's service and say what is missing or odd; nothing is changed there."""
    from yiqiao.app.store import Store
    from yiqiao.region.hospitals.registry import Registry

    async def find(store: Store) -> "RemoteAddress":
        return await Registry(store.database, store.keyring, store.clock).find(hospital_id)

    address = on_store(settings_from(data, database_url), find)
    visits = asyncio.run(_walked(address, timeout))
    _show(visits, as_json)
    wrong = [visit for visit in visits if visit.verdict in ("odd", "missing")]
    if wrong:
        raise leaving(f"{len(wrong)} of {len(visits)} functions need a look", REFUSED)
    typer.echo(f"{len(visits)} functions, nothing missing, nothing odd", err=True)


async def _walked(address: "RemoteAddress", timeout_s: float) -> "list[Visit]":
    from yiqiao.clock import SystemClock
    from yiqiao.dialects.convenience.client import AsyncClient
    from yiqiao.dialects.convenience.functions import spec_of
    from yiqiao.dialects.convenience.walk import walk

    common: dict[str, Any] = {
        "user_id": address.user_id,
        "profile": address.profile,
        "style": address.style,
        "namespace": address.namespace,
        "timeout_s": timeout_s,
    }
    wrong = "".join("A" if letter != "A" else "B" for letter in address.secret)
    async with (
        AsyncClient(address.url, secret=address.secret, **common) as client,
        AsyncClient(address.url, secret=wrong, **common) as stranger,
    ):
        spec, now = spec_of(address.profile), SystemClock().now_ms()
        visits = []
        async for visit in walk(client.call, stranger.call, spec, address.hospital_id, now):
            visits.append(visit)
            _progress(f"{len(visits)} {visit.function}")
        _progress("")
        return visits


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{text:<60}\r", err=True, nl=False)


def _show(visits: "list[Visit]", as_json: bool) -> None:
    from dataclasses import asdict

    from yiqiao.dialects.convenience.walk import TITLES

    if as_json:
        typer.echo(json.dumps([asdict(visit) for visit in visits], ensure_ascii=False))
        return
    rows = ([TITLES[one.verdict], one.function, one.code, f"{one.ms}", "；".join(one.notes)] for one in visits)
    put(["结果", "功能", "功能号", "毫秒", "说明"], rows, ["功能"])
