"""`yiqiao operator`: the people who sign in to the console."""

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from yiqiao.cli.exits import USAGE, leaving
from yiqiao.cli.options import on_store, settings_from
from yiqiao.cli.tables import put
from yiqiao.clock import readable

if TYPE_CHECKING:
    from yiqiao.partners.operators import Operator, Operators
    from yiqiao.partners.roles import Role

T = TypeVar("T")
BY = "(command line)"
"""Who the audit names: whoever can read the data folder holds all keys anyway."""

app = typer.Typer(help="Operators: the people who sign in to the console.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The name to sign in with.")]
Data = Annotated[str | None, typer.Option(help="The hub's data folder.")]
DatabaseUrl = Annotated[str | None, typer.Option(help="sqlite:////path or postgresql://…")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


@app.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="viewer, operator, approver or administrator.")] = "viewer",
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """File an operator. The password is made here and shown this once."""
    kind = _role(role)
    _show_password(name, _with_operators(data, database_url, lambda people: people.add(BY, name, kind)), as_json)


@app.command("list")
def list_(data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """List all operators."""
    found = _with_operators(data, database_url, lambda people: people.list())
    if as_json:
        typer.echo(json.dumps([_facts(operator) for operator in found], ensure_ascii=False))
        return
    columns = ("name", "role", "state", "created", "changed", "locked until")
    put(columns, ([value or "" for value in _facts(operator).values()] for operator in found), columns[:3])


@app.command()
def disable(name: Name, data: Data = None, database_url: DatabaseUrl = None) -> None:
    """Let an operator sign in no more, and end their sessions."""
    _with_operators(data, database_url, lambda people: people.disable(BY, name))
    typer.echo(f"{name} is disabled and signed out", err=True)


@app.command()
def enable(name: Name, data: Data = None, database_url: DatabaseUrl = None) -> None:
    """Let an operator sign in again; this ends a lock, too."""
    _with_operators(data, database_url, lambda people: people.enable(BY, name))
    typer.echo(f"{name} is enabled", err=True)


@app.command()
def password(name: Name, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Give an operator a new password, shown this once; it ends their sessions and a lock."""
    _show_password(name, _with_operators(data, database_url, lambda people: people.reset_password(BY, name)), as_json)


def _with_operators(data: str | None, database_url: str | None, work: "Callable[[Operators], Awaitable[T]]") -> T:
    from yiqiao.app.store import Store
    from yiqiao.partners.operators import Operators
    from yiqiao.partners.passwords import Passwords

    async def run(store: Store) -> T:
        return await work(Operators(store.database, store.clock, Passwords()))

    return on_store(settings_from(data, database_url), run)


def _role(text: str) -> "Role":
    from yiqiao.partners.roles import Role

    try:
        return Role(text)
    except ValueError:
        raise leaving(f"no role {text!r}; there are: {', '.join(Role)}", USAGE) from None


def _facts(operator: "Operator") -> dict[str, str | None]:
    return {
        "name": operator.name,
        "role": str(operator.role),
        "state": str(operator.state),
        "created_at": readable(operator.created_at),
        "changed_at": readable(operator.changed_at),
        "locked_until": readable(operator.locked_until) if operator.locked_until else None,
    }


def _show_password(name: str, made: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"name": name, "password": made}))
        return
    typer.echo(f"{name}: the password below is shown this once", err=True)
    typer.echo(made)
