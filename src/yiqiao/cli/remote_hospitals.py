"""`yiqiao hospital connect`, `list`, `suspend`, `reinstate`, `disconnect`: hospitals elsewhere, at which we book."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from yiqiao.cli.exits import USAGE, leaving
from yiqiao.cli.options import AsJson, Data, DatabaseUrl, on_store, settings_from
from yiqiao.cli.tables import put

if TYPE_CHECKING:
    from yiqiao.region.hospitals.registry import Registry

T = TypeVar("T")
HospitalId = Annotated[str, typer.Argument(help="The hospital's id, as it calls itself (HOSPITAL_ID).")]


def connect(
    hospital_id: HospitalId,
    url: Annotated[str, typer.Option(help="Its convenience service.")],
    user: Annotated[str, typer.Option(help="The USER_ID that it knows us by.")],
    name: Annotated[str, typer.Option(help="Its name, as patients read it.")],
    key: Annotated[
        str | None, typer.Option(metavar="env:NAME|file:PATH", help="Where its KEY is; else it is asked for.")
    ] = None,
    profile: Annotated[str, typer.Option(help="The profile that it speaks.")] = "standard",
    style: Annotated[str, typer.Option(help="soap or plain.")] = "soap",
    namespace: Annotated[str, typer.Option(help="The namespace of its web service.")] = "http://tempuri.org/",
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Register a hospital elsewhere, or change what is registered; then: yiqiao hospital check."""
    from yiqiao.dialects.convenience.functions import NAME
    from yiqiao.region.hospitals.registry import RemoteAddress
    from yiqiao.spec import profiles

    if profile not in profiles(NAME):
        raise leaving(f"no profile {profile!r}; there are: {', '.join(profiles(NAME))}", USAGE)
    secret = _secret(key)
    address = RemoteAddress(hospital_id, name, url, user, secret, profile, style, namespace)
    _with_registry(data, database_url, lambda registry: registry.connect(address))
    typer.echo(f"{hospital_id} is registered; a running hub books there within seconds", err=True)


def list_(data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """List the hospitals elsewhere."""
    rows = _with_registry(data, database_url, lambda registry: registry.rows())
    facts = [
        {
            "hospital": row.hospital_id,
            "name": row.name,
            "url": row.url,
            "profile": row.profile,
            "style": row.style,
            "user": row.user_id,
            "in_service": bool(row.active),
        }
        for row in rows
    ]
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    columns = ["hospital", "name", "url", "profile", "style", "user", "in service"]
    put(columns, ([str(value) for value in one.values()] for one in facts), columns[:1])


def suspend(hospital_id: HospitalId, data: Data = None, database_url: DatabaseUrl = None) -> None:
    """Take a hospital elsewhere out of service: nothing new is booked there."""
    _with_registry(data, database_url, lambda registry: registry.suspend(hospital_id))


def reinstate(hospital_id: HospitalId, data: Data = None, database_url: DatabaseUrl = None) -> None:
    """Take a hospital elsewhere into service again."""
    _with_registry(data, database_url, lambda registry: registry.suspend(hospital_id, active=True))


def disconnect(hospital_id: HospitalId, data: Data = None, database_url: DatabaseUrl = None) -> None:
    """Forget a hospital elsewhere; its appointments stay."""
    _with_registry(data, database_url, lambda registry: registry.remove(hospital_id))


def _secret(key: str | None) -> str:
    from yiqiao.adapters.lines import MissingSecret, secret

    if key is None:
        return str(typer.prompt("KEY", hide_input=True))
    try:
        return secret(key, Path())
    except MissingSecret as missing:
        raise leaving(str(missing), USAGE) from None


def _with_registry(data: str | None, database_url: str | None, work: "Callable[[Registry], Awaitable[T]]") -> T:
    from yiqiao.app.store import Store
    from yiqiao.region.hospitals.registry import Registry

    async def run(store: Store) -> T:
        return await work(Registry(store.database, store.keyring, store.clock))

    return on_store(settings_from(data, database_url), run)
