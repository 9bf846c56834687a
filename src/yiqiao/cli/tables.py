"""Tables in the terminal: what identifies something is never cut, since it has to be handed to the next command."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

WIDE = 200
"""Columns where nobody looks at a terminal: a file or a pipe has no width."""


def console() -> "Console":
    """Where tables go: as wide as the terminal, or wide enough."""
    from rich.console import Console

    found = Console()
    return found if found.is_terminal else Console(width=WIDE)


def put(columns: Sequence[str], rows: Iterable[Sequence[str]], whole: Sequence[str] = ()) -> None:
    """Print a table; the columns named in `whole` are folded where they are too long, and never shortened."""
    from rich.table import Table

    table = Table()
    for name in columns:
        table.add_column(name, overflow="fold", no_wrap=name in whole)
    count = 0
    for row in rows:
        table.add_row(*row)
        count += 1
    if count:
        console().print(table)
    else:
        console().print("nothing found")


def put_facts(facts: Iterable[tuple[str, str]]) -> None:
    """Print names and values, a line each."""
    from rich.table import Table

    table = Table(show_header=False, box=None)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(name, value)
    console().print(table)
