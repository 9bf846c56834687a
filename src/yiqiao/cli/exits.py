"""How a command ends: exit codes that do not change, and the reason on stderr."""

import typer

REFUSED, USAGE, UNREACHABLE = 1, 2, 3


def leaving(message: str, code: int) -> typer.Exit:
    """Say why on stderr; raise what this answers."""
    typer.echo(message, err=True)
    return typer.Exit(code)
