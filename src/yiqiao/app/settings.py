"""What can be set, where it is set, and what it means.

A setting is looked up in this order, the first wins: `--set KEY=VALUE` and the flags of `yiqiao serve`, the environment
(`YIQIAO_KEY`), the file (`--config`, else `yiqiao.toml` in the data folder), the default.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
ENVIRONMENT_PREFIX = "YIQIAO_"
FILE_NAME = "yiqiao.toml"


class SettingsError(ValueError):
    """A setting that cannot be: says which, where it was found, and what would do."""


def _setting(default: T, about: str) -> T:
    result: T = field(default=default, metadata={"about": about})
    return result


@dataclass(frozen=True)
class Settings:
    """All settings of a hub."""

    data: str = _setting("data", "Folder for the database, the keys and the settings file; made when missing.")
    database_url: str = _setting("", "sqlite:////path or postgresql://…; empty: yiqiao.db in the data folder.")
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8600, "Port to listen on; 0 takes a free one.")
    workers: int = _setting(1, "Processes that serve; each has its own journal chain.")
    public_url: str = _setting("", "Address under which others reach the hub; empty: http://host:port.")
    proxies: str = _setting("", "Addresses of reverse proxies whose X-Forwarded-* is believed, comma-separated.")
    tls_certificate: str = _setting("", "PEM file of the server's certificate; with tls_key, HTTPS is served directly.")
    tls_key: str = _setting("", "PEM file of the certificate's private key.")
    max_body: int = _setting(1_048_576, "Largest message in bytes; a larger one is refused unread.")
    drain_seconds: int = _setting(20, "How long requests in flight may take to finish after a stop is asked for.")
    sandbox: bool = _setting(False, "Demo partner, synthetic people, credentials on the start page (loopback only).")
    issuer: str = _setting("00000000001", "Who issues the health cards; the last part of a QR code's text.")
    journal_days: int = _setting(365, "Days an exchange is kept in the journal; 0 keeps all.")
    log_format: str = _setting("auto", "json, text, or auto: text on a terminal, else json.")
    log_level: str = _setting("info", "debug, info, warning or error.")

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data)

    @property
    def database(self) -> str:
        """The database's URL, the default filled in."""
        return self.database_url or f"sqlite:///{self.folder.resolve() / 'yiqiao.db'}"

    @property
    def address(self) -> str:
        """The hub's address as others know it, without a trailing slash."""
        if self.public_url:
            return self.public_url.rstrip("/")
        scheme = "https" if self.tls_certificate else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the hub."""
        return self.host in {"127.0.0.1", "localhost", "::1"}


def load(
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> Settings:
    """The settings in force. `flags` that are None were not given. Raises SettingsError."""
    environment = os.environ if environment is None else environment
    found: dict[str, tuple[object, str]] = {}
    names = {entry.name for entry in fields(Settings)}
    for key, value in environment.items():
        name = key.removeprefix(ENVIRONMENT_PREFIX).lower()
        if key.startswith(ENVIRONMENT_PREFIX) and name in names:
            found[name] = (value, f"environment variable {key}")
    for name, flag in (flags or {}).items():
        if flag is not None:
            found[name] = (flag, f"--{name.replace('_', '-')}")
    data = str(found["data"][0]) if "data" in found else Settings().data
    path = config or Path(data) / FILE_NAME
    for name, value in _file(path, required=config is not None).items():
        found.setdefault(name, (value, str(path)))
    values = {name: _typed(name, value, where, names) for name, (value, where) in found.items()}
    return Settings(**values)


def parse_assignment(text: str) -> tuple[str, str]:
    """`KEY=VALUE` of --set. Raises SettingsError."""
    name, equals, value = text.partition("=")
    if not equals:
        raise SettingsError(f"--set {text}: expected KEY=VALUE")
    return name.strip().replace("-", "_"), value


def _file(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            raise SettingsError(f"{path}: no such file") from None
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from None


def _typed(name: str, value: object, where: str, names: set[str]) -> Any:
    if name not in names:
        raise SettingsError(f"{where}: no setting is called {name!r}; there are {', '.join(sorted(names))}")
    kind = type(getattr(Settings(), name))
    if kind is bool:
        text = str(value).lower()
        if text not in _BOOLEANS:
            raise SettingsError(f"{where}: {name} must be true or false, not {value!r}")
        return _BOOLEANS[text]
    if kind is int:
        try:
            return int(str(value))
        except ValueError:
            raise SettingsError(f"{where}: {name} must be a whole number, not {value!r}") from None
    return str(value)


_BOOLEANS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
