"""`yiqiao`: all commands under one roof.

Exit codes: 0 done, or the answer is yes; 1 refused, or the answer is no; 2 the command line is wrong, or it cannot be
told; 3 something needed is out of reach (server, database, file).
"""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from yiqiao import __version__
from yiqiao.app import logs
from yiqiao.app.settings import CONFIG
from yiqiao.cli.exits import UNREACHABLE

GROUPS = (
    "sign",
    "spec",
    "partner",
    "operator",
    "journal",
    "cards",
    "appointments",
    "merchant",
    "payments",
    "settlements",
    "hospital",
    "supervision",
    "sandbox",
    "upload",
    "db",
)
COMMANDS = ("serve", "call", "qr", "launch", "workstation", "tour")

app = typer.Typer(
    name="yiqiao",
    help="Yiqiao 医桥: one hub for the five interface standards between hospitals and regional health platforms.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", "-V", help="Show the version and leave.")] = False,
    config: Annotated[Path | None, typer.Option(help="Settings file of the hub, for any command.")] = None,
) -> None:
    """Common to all commands."""
    if version:
        typer.echo(f"yiqiao {__version__}")
        raise typer.Exit
    if config is not None:
        os.environ[CONFIG] = str(config)


def run() -> None:
    """Collect the commands and run the one that was asked for."""
    logs.set_up("auto", "warning")
    for name in COMMANDS:
        app.command(name)(getattr(import_module(f"yiqiao.cli.{name}"), name))
    for name in GROUPS:
        app.add_typer(import_module(f"yiqiao.cli.{name}").app, name=name)
    try:
        app()
    except OSError as error:  # a file or an address that is not as it should be; what is expected is told nearer to it
        typer.echo(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "), err=True)
        sys.exit(UNREACHABLE)
