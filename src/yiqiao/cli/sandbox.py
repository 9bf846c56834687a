"""`yiqiao sandbox`: what the sandbox on this machine is furnished with."""

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from yiqiao.cli.stores import UNREACHABLE, leaving, with_store

if TYPE_CHECKING:
    from yiqiao.app.runtime import Store

app = typer.Typer(help="The sandbox on this machine.", no_args_is_help=True)


@dataclass(frozen=True)
class Credentials:
    """What a caller of the sandbox needs."""

    url: str
    app_id: str
    secret: str = field(repr=False)
    terminals: list[str]


@app.callback()
def root() -> None:
    """The sandbox on this machine."""


@app.command()
def credentials(
    data: Annotated[str | None, typer.Option(help="The sandbox's data folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Show the demo partner's address, app_id, secret and terminals."""
    found = asdict(demo_credentials(data))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        typer.echo(f"{name:10} {', '.join(value) if isinstance(value, list) else value}")


def demo_credentials(data: str | None) -> Credentials:
    """The demo partner's credentials from the sandbox's own store. Exits 3 where there is no sandbox."""
    from yiqiao.app.settings import load

    settings = load({"data": data})
    if not settings.database_url and not (settings.folder / "yiqiao.db").exists():
        raise leaving(
            f"no sandbox in {settings.folder}: start one with yiqiao serve --sandbox, or say --data", UNREACHABLE
        )

    async def ask(store: "Store") -> Credentials:
        from yiqiao.sandbox import demo

        partner = store.directory.find(demo.DIALECT, demo.APP_ID)
        if partner is None:
            raise leaving(f"the hub in {settings.folder} is no sandbox: it has no demo partner", UNREACHABLE)
        return Credentials(settings.address, partner.app_id, partner.secrets[0], sorted(partner.terminals))

    return with_store(data, None, ask)
