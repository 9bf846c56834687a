"""`yiqiao hospital views`: the mapping file of a HIS that exists already, held against its database."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE, leaving

app = typer.Typer(help="A hospital that has a HIS already: its views.", no_args_is_help=True)


@app.callback()
def views() -> None:
    """A hospital that has a HIS already: its views."""


@app.command()
def check(file: Annotated[Path, typer.Argument(help="The mapping file.")]) -> None:
    """Hold a mapping file against the database: every view, every column, and the first rows of each.

    Exits 2 where the file itself is wrong, 3 where the database cannot be asked, 1 where they do not fit.
    """
    from yiqiao.adapters.hisdb import UnusableDatabase
    from yiqiao.adapters.lines import MissingSecret, NoAnswer, NotConnected
    from yiqiao.adapters.sqlviews.mapping import MappingError
    from yiqiao.adapters.sqlviews.views import open_views

    async def run() -> list[str]:
        opened = open_views(file)
        try:
            return await opened.check()
        finally:
            await opened.close()

    try:
        faults = asyncio.run(run())
    except (MappingError, MissingSecret, UnusableDatabase) as error:
        raise leaving(str(error), USAGE) from None
    except (NotConnected, NoAnswer) as error:
        raise leaving(f"the database cannot be asked: {error}", UNREACHABLE) from None
    for fault in faults:
        typer.echo(f"{file}: {fault}")
    if faults:
        raise leaving(f"{len(faults)} fault(s)", REFUSED)
    typer.echo("the views are as mapped", err=True)
