"""Options that many commands share, and opening the hub that they name.

def show(data: Data = None, database_url: DatabaseUrl = None, config: Config = None, set_: Set = None) -> None:
    settings = settings_from(data, database_url, config, set_)
    answer = on_store(settings, work)
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from yiqiao.app.settings import Settings, SettingsError, load, parse_assignment
from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE, leaving
from yiqiao.errors import DomainError

if TYPE_CHECKING:
    from yiqiao.app.store import Store

T = TypeVar("T")
START = "start one (yiqiao serve --sandbox, or yiqiao db upgrade for a real one), or say --data or --database-url"

Data = Annotated[str | None, typer.Option(help="The hub's data folder.")]
DatabaseUrl = Annotated[str | None, typer.Option(help="sqlite:////path or postgresql://…")]
Config = Annotated[Path | None, typer.Option(help="Settings file (TOML).")]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any setting; repeat.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")]


def settings_from(
    data: str | None = None,
    database_url: str | None = None,
    config: Path | None = None,
    set_: Sequence[str] | None = None,
) -> Settings:
    """The settings in force under these options. Exits 2, with the reason, where a setting cannot be."""
    try:
        named = {"data": data, "database_url": database_url}
        given: dict[str, object] = dict(parse_assignment(text) for text in set_ or [])
        given |= {name: value for name, value in named.items() if value is not None}
        return load(given, config=config)
    except SettingsError as error:
        raise leaving(str(error), USAGE) from None


def on_store(settings: Settings, work: "Callable[[Store], Awaitable[T]]") -> T:
    """Run `work` on the store of a hub that is there already: a mistyped folder must not become a new, empty hub.

    Exits 1 when refused, 3 when the hub, its keys or its database are out of reach.
    """

    async def run() -> T:
        from yiqiao.app.store import open_store

        async with open_store(settings) as store:
            return await work(store)

    existing(settings)
    return told(lambda: asyncio.run(run()))


def existing(settings: Settings) -> None:
    """Exits 3 where the settings lead to no hub that was ever started."""
    from sqlalchemy import make_url

    from yiqiao.app.store import KEYS_FILE

    missing = None
    if no_file_yet(settings):
        missing = make_url(settings.database).database
    elif not (settings.folder / KEYS_FILE).is_file():
        missing = str(settings.folder / KEYS_FILE)
    if missing:
        raise leaving(
            f"no hub here: {missing} does not exist; {START}",
            UNREACHABLE,
        )


def no_file_yet(settings: Settings) -> bool:
    """Whether the database would be an SQLite file that does not exist."""
    from sqlalchemy import make_url

    url = make_url(settings.database)
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file()


def told(work: Callable[[], T]) -> T:
    """Run `work`, and tell its failures on stderr: exits 1 when refused, 3 when something needed is out of reach."""
    from sqlalchemy.exc import SQLAlchemyError

    from yiqiao.adapters.keyfile import KeyFileUnusable
    from yiqiao.app.store import NotReadyToServe
    from yiqiao.storage import StorageUnreachable

    try:
        return work()
    except (NotReadyToServe, KeyFileUnusable, StorageUnreachable, OSError) as error:
        raise leaving(str(error), UNREACHABLE) from None
    except SQLAlchemyError as error:  # its own text would repeat statements and parameters
        raise leaving(f"the database cannot be used: {type(error).__name__}", UNREACHABLE) from None
    except (DomainError, ValueError) as error:
        raise leaving(str(error), REFUSED) from None
