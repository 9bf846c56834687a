"""`yiqiao`: all commands under one roof.

Exit codes: 0 done, or the answer is yes; 1 refused, or the answer is no; 2 the command line is wrong, or it cannot be
told; 3 something needed is out of reach (server, database, file).
"""

from importlib import import_module

import typer

from yiqiao.app import logs

GROUPS = ("sign", "spec", "partner", "operator", "journal", "sandbox", "db")
COMMANDS = ("serve", "call", "tour")

app = typer.Typer(
    name="yiqiao",
    help="Yiqiao 医桥: one hub for the five interface standards between hospitals and regional health platforms.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def root(version: bool = typer.Option(False, "--version", "-V", help="Show the version and leave.")) -> None:
    """Common to all commands."""


def run() -> None:
    """Collect the commands and run the one that was asked for."""
    logs.set_up("auto", "warning")
    for name in COMMANDS:
        app.command(name)(getattr(import_module(f"yiqiao.cli.{name}"), name))
    for name in GROUPS:
        app.add_typer(import_module(f"yiqiao.cli.{name}").app, name=name)
    app()
