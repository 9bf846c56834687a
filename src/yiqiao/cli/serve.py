"""`yiqiao serve`: run the hub."""

import asyncio
import json
import os
import socket
import ssl
import sys
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from yiqiao.app.settings import Settings, SettingsError, load, parse_assignment
from yiqiao.cli.exits import USAGE, leaving
from yiqiao.cli.options import told

APPLICATION = "yiqiao.web.asgi:create_app"


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    data: Annotated[str | None, typer.Option(help="Folder for database, keys and settings.")] = None,
    database_url: Annotated[str | None, typer.Option(help="sqlite:////path or postgresql://…")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that serve.")] = None,
    sandbox: Annotated[bool | None, typer.Option("--sandbox/--no-sandbox", help="Demo partner and people.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file (TOML).")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any setting.")] = None,
) -> None:
    """Run the hub until it is told to stop; requests in flight are finished."""
    given: dict[str, object] = {
        "host": host,
        "port": port,
        "data": data,
        "database_url": database_url,
        "workers": workers,
        "sandbox": sandbox,
    }
    try:
        assigned: dict[str, object] = dict(parse_assignment(text) for text in set_ or [])
        settings = load(assigned | {name: value for name, value in given.items() if value is not None}, config=config)
        _check(settings)
    except SettingsError as error:
        raise leaving(f"yiqiao serve: {error}", USAGE) from None
    port_taken = told(lambda: _prepare(settings))
    _run(replace(settings, port=port_taken))


def _check(settings: Settings) -> None:
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        raise SettingsError("tls_certificate and tls_key go together")
    for name in ("tls_certificate", "tls_key"):
        path = getattr(settings, name)
        if path and not Path(path).is_file():
            raise SettingsError(f"{name}: {path}: no such file")
    if settings.tls_certificate:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_certificate, settings.tls_key)
        except ssl.SSLError as error:
            raise SettingsError(f"tls_certificate, tls_key: no certificate and key in PEM form: {error}") from None


def _prepare(settings: Settings) -> int:
    """What must be right before anything is started: said in one line each, where it is not. Answers the port."""
    from yiqiao.app.store import prepare_database

    settings.folder.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((settings.host, settings.port))
            port: int = trial.getsockname()[1]
        except OSError as error:
            at = f"{settings.host}:{settings.port}"
            raise OSError(
                f"cannot listen on {at} ({error.strerror}): choose another with --port or YIQIAO_PORT"
            ) from None
    asyncio.run(prepare_database(settings, _set_up))
    return port


async def _set_up(settings: Settings) -> None:
    """Set up an empty database in a process of its own: what that takes would stay in this one's memory for good."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "yiqiao", "db", "upgrade"),
        env={**os.environ, "YIQIAO_DATA": str(settings.folder), "YIQIAO_DATABASE_URL": settings.database},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    if settings.workers == 1:  # it takes about as long to load what this process is about to serve
        await asyncio.to_thread(import_module, APPLICATION.partition(":")[0])
    await child.wait()


def _run(settings: Settings) -> None:
    import uvicorn

    from yiqiao.app import logs
    from yiqiao.app.direct import DirectProtocol

    logs.set_up(settings.log_format, settings.log_level)
    os.environ["YIQIAO_SETTINGS"] = json.dumps(asdict(settings))
    if settings.workers > 1:
        _share_counters(settings.folder / "metrics")
    uvicorn.run(
        APPLICATION,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        loop="auto",  # uvloop, or asyncio's own where there is none (Windows)
        http="httptools" if settings.proxies else DirectProtocol,  # who calls is in a proxy's headers there
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies or None,
        ssl_certfile=settings.tls_certificate or None,
        ssl_keyfile=settings.tls_key or None,
        timeout_graceful_shutdown=settings.drain_seconds,
    )


def _share_counters(folder: Path) -> None:
    """Several processes count together: through files in a folder that starts empty."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
