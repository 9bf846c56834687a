"""`yiqiao sandbox`: what the sandbox on this machine is furnished with, and telling it what to do."""

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from yiqiao.cli import sandbox_cards, sandbox_controls, sandbox_his, sandbox_insurance
from yiqiao.cli.exits import UNREACHABLE, leaving
from yiqiao.cli.options import AsJson, Data, on_store, settings_from

if TYPE_CHECKING:
    from yiqiao.app.store import Store

app = typer.Typer(help="The sandbox on this machine.", no_args_is_help=True)
app.add_typer(sandbox_controls.faults, name="fault")
app.add_typer(sandbox_cards.cards, name="card")
app.add_typer(sandbox_insurance.insurance, name="insurance")
app.command("his")(sandbox_his.his)
app.command("owe")(sandbox_his.owe)
for _name in ("reset", "snapshot", "snapshots", "restore", "time"):
    app.command(_name)(getattr(sandbox_controls, _name))


@dataclass(frozen=True)
class Credentials:
    """What a caller of the sandbox needs."""

    url: str
    app_id: str
    secret: str = field(repr=False)
    terminals: list[str]


@dataclass(frozen=True)
class MerchantCredentials:
    """What whoever collects at the sandbox needs (payAppId, payAppSecret)."""

    merchant_id: str
    secret: str = field(repr=False)
    account_type: str
    name: str


@app.callback()
def root() -> None:
    """The sandbox on this machine."""


@app.command()
def credentials(
    dialect: Annotated[str, typer.Argument(help="The standard.")] = "ehealth_card",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show the demo partner's address, app_id, secret and terminals, and the demo merchants."""
    found = asdict(demo_credentials(data, dialect))
    merchants = [asdict(one) for one in demo_merchants(data)]
    if as_json:
        typer.echo(json.dumps({**found, "merchants": merchants}, ensure_ascii=False))
        return
    for name, value in found.items():
        typer.echo(f"{name:10} {', '.join(value) if isinstance(value, list) else value}")
    for one in merchants:
        typer.echo(f"{'merchant':10} {' '.join(one.values())}")


def demo_credentials(data: str | None, dialect: str = "ehealth_card") -> Credentials:
    """The demo partner's credentials from the sandbox's own store. Exits 3 where there is no such partner."""
    settings = settings_from(data)

    async def ask(store: "Store") -> Credentials:
        demos = (one for one in store.directory.all() if one.dialect == dialect and one.settings.get("demo"))
        partner = min(demos, key=lambda one: one.app_id, default=None)
        if partner is None:
            raise leaving(f"the hub in {settings.folder} has no demo partner for {dialect}", UNREACHABLE)
        return Credentials(settings.address, partner.app_id, partner.secrets[0], sorted(partner.terminals))

    return on_store(settings, ask)


def demo_merchants(data: str | None) -> list[MerchantCredentials]:
    """The demo merchants' credentials from the sandbox's own store; none where it has none."""
    from yiqiao.sandbox import merchants

    async def ask(store: "Store") -> list[MerchantCredentials]:
        found = await store.database.read(lambda connection: merchants.furnished(connection, store.keyring))
        return [MerchantCredentials(one.merchant_id, one.secret, one.account_type, one.name) for one in found]

    return on_store(settings_from(data), ask)
