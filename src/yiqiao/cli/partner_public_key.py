"""`yiqiao partner public-key`: the SM2 public keys that both sides need, the partner's and this hub's."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yiqiao.cli.exits import USAGE, leaving
from yiqiao.cli.options import AsJson, Data, DatabaseUrl, on_store, settings_from

if TYPE_CHECKING:
    from yiqiao.app.store import Store


def public_key(
    dialect: Annotated[str, typer.Argument(help="The standard: onetrans.")],
    app_id: Annotated[str, typer.Argument(help="The partner's app_id.")],
    key: Annotated[
        str | None, typer.Option("--set", help="Its public key: 128 hexadecimal digits, or 04 and 128.")
    ] = None,
    key_file: Annotated[Path | None, typer.Option("--set-file", help="A file that holds it.")] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show the partner's SM2 public key and this hub's own; file the partner's with --set."""
    from yiqiao.crypto import public_key as belonging
    from yiqiao.partners import public_keys, store
    from yiqiao.partners.particulars import WITH_PUBLIC_KEYS

    if dialect not in WITH_PUBLIC_KEYS:
        raise leaving(f"no SM2 signatures in {dialect!r}; there are: {', '.join(sorted(WITH_PUBLIC_KEYS))}", USAGE)
    new = _read(key_file) if key_file is not None else key

    async def work(hub: "Store") -> tuple[str, str]:
        if new is not None:
            now = hub.wall.now_ms()
            await hub.directory.change(lambda c: public_keys.set_public_key(c, now, dialect, app_id, new))
        filed = await hub.database.read(lambda c: store.show(c, dialect, app_id))
        return str(filed.settings.get(public_keys.SETTING, "")), belonging(hub.keyring.signing_key(dialect)).hex()

    partner, ours = on_store(settings_from(data, database_url), work)
    if as_json:
        typer.echo(json.dumps({"app_id": app_id, "partner": partner or None, "hub": ours}))
        return
    typer.echo(f"partner  {partner or '(none on file)'}\nhub      {ours}")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise leaving(f"--set-file {file}: {error}", USAGE) from None
