"""Opening a hub's store for one command, and telling what went wrong in words and exit codes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import typer

from yiqiao.app.settings import SettingsError, load
from yiqiao.errors import DomainError

if TYPE_CHECKING:
    from yiqiao.app.runtime import Store

T = TypeVar("T")
REFUSED, USAGE, UNREACHABLE = 1, 2, 3


def with_store(data: str | None, database_url: str | None, work: "Callable[[Store], Awaitable[T]]") -> T:
    """Run `work` on the hub's store. Exits 1 when refused, 2 for settings that cannot be, 3 when out of reach."""
    from yiqiao.app.runtime import NotReadyToServe, open_store
    from yiqiao.storage import StorageUnreachable

    async def run() -> T:
        async with open_store(load({"data": data, "database_url": database_url})) as store:
            return await work(store)

    try:
        return asyncio.run(run())
    except SettingsError as error:
        raise leaving(str(error), USAGE) from None
    except (NotReadyToServe, StorageUnreachable, OSError) as error:
        raise leaving(str(error), UNREACHABLE) from None
    except (DomainError, ValueError) as error:
        raise leaving(str(error), REFUSED) from None


def leaving(message: str, code: int) -> typer.Exit:
    """Say why on stderr; raise what this answers."""
    typer.echo(message, err=True)
    return typer.Exit(code)
