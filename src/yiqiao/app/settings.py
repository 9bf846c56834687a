"""What can be set, where it is set, and what it means.

A setting is looked up in this order, the first wins: `--set KEY=VALUE` and the flags of `yiqiao serve`, the environment
(`YIQIAO_KEY`), the file (`--config` or YIQIAO_CONFIG, else `yiqiao.toml` in the data folder), the default.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
ENVIRONMENT_PREFIX = "YIQIAO_"
FILE_NAME = "yiqiao.toml"
CONFIG = "YIQIAO_CONFIG"
LONGEST_PUBLIC_URL = 100
"""Links that begin with it travel in fields of 128 characters."""
LONGEST_DAYS = 36_500
"""A hundred years: whoever means longer means 0, for ever."""


_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what the setting may say

_FLAGS = {"host", "port", "data", "database_url", "workers", "sandbox"}
"""What `yiqiao serve` has a flag of its own for."""


class SettingsError(ValueError):
    """A setting that cannot be: says which, where it was found, and what would do."""


def _setting(default: T, about: str, *, of: tuple[str, ...] = (), least: int = 0, most: int = 1 << 53) -> T:
    """A setting: `of` are the words it may be (empty: any), `least` and `most` bound a number."""
    result: T = field(default=default, metadata={"about": about, "of": of, "least": least, "most": most})
    return result


def _days(default: int, about: str) -> int:
    """How many days something is kept."""
    return _setting(default, f"Days {about}; 0 keeps all.", most=LONGEST_DAYS)


@dataclass(frozen=True)
class Settings:
    """All settings of a hub."""

    data: str = _setting("data", "Folder for the database, the keys and the settings file; made when missing.")
    database_url: str = _setting("", "sqlite:////path or postgresql://…; empty: yiqiao.db in the data folder.")
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8600, "Port to listen on; 0 takes a free one.", most=65_535)
    workers: int = _setting(1, "Processes that serve; each has its own journal chain.", least=1, most=256)
    public_url: str = _setting("", "Address under which others, phones too, reach the hub; empty: http://host:port.")
    proxies: str = _setting("", "Addresses of reverse proxies whose X-Forwarded-* is believed, comma-separated.")
    tls_certificate: str = _setting("", "PEM file of the server's certificate; with tls_key, HTTPS is served directly.")
    tls_key: str = _setting("", "PEM file of the certificate's private key.")
    max_body: int = _setting(1_048_576, "Largest message in bytes; a larger one is refused unread.", least=1024)
    drain_seconds: int = _setting(20, "How long requests in flight may take to finish after a stop is asked for.")
    sandbox: bool = _setting(False, "Demo partner, synthetic people, credentials on the start page (loopback only).")
    sandbox_hospitals: bool = _setting(True, "Two hospitals in the sandbox, with doctors and sessions to be booked.")
    issuer: str = _setting("00000000001", "Who issues the health cards; the last part of a QR code's text.")
    area: str = _setting(
        "320000", "The medical-insurance area (6 digits) that the numbers of this hub's OneTrans answers begin with."
    )
    platform_url: str = _setting(
        "", "The citizens' platform's web service, which is told of sessions called off; empty: the notices wait."
    )
    platform_user: str = _setting("", "The partner whose key signs what that platform is told (its USER_ID).")
    card_platform_url: str = _setting(
        "", "The health card platform that OneTrans asks; empty: this hub's own cards are asked."
    )
    card_platform_profile: str = _setting("standard", "The profile of the health card standard that it speaks.")
    message_url: str = _setting(
        "", "Where messages for citizens' phones are handed over (a signed POST of JSON); empty: none are sent."
    )
    message_key: str = _setting("", "The key of that signature, as env:NAME or file:PATH.")
    supervision_rules: str = _setting(
        "", "A folder with rules of quality of one's own for what internet hospitals upload, over those of the hub."
    )
    supervision_archive: str = _setting(
        "", "A folder for the archive without persons, written every night for analyses; empty: none is written."
    )
    journal_days: int = _days(365, "an exchange is kept in the journal")
    job_days: int = _days(30, "a job that is done is remembered")
    card_use_days: int = _days(1095, "a use of a card is kept, with its serial")
    card_consent_days: int = _days(1095, "a consent to use a card is kept, with its serial")
    person_change_days: int = _days(3650, "a change of a person's data is kept, before and after, with its serial")
    card_registration_days: int = _days(0, "the serial of a registration is kept")
    card_closing_days: int = _days(0, "the serial of a closing is kept")
    callback_act_days: int = _days(1095, "an act of a HIS that acts for itself is kept, with its serial")
    reading_choice_days: int = _days(30, "a choice of how to be read is remembered")
    launch_days: int = _days(1095, "a launch of the workstation is kept")
    launch_note_days: int = _days(0, "a doctor's follow-up note is kept")
    message_id_days: int = _days(30, "the msgid of a OneTrans message is kept; beyond the clock window none is needed")
    operator_audit_days: int = _days(1095, "it is kept what operators saw and did")
    attachments_url: str = _setting(
        "",
        "Where internet hospitals' attachments are kept, as fsspec writes it (s3://…, its driver installed); empty: "
        "the folder attachments in the data folder.",
    )
    attachment_max_bytes: int = _setting(0, "Largest attachment in bytes; 0: any.")
    attachment_part_days: int = _setting(7, "Days a broken upload of an attachment waits for the rest.", least=1)
    log_format: str = _setting(
        "auto", "json, text, or auto: text on a terminal, else json.", of=("auto", "json", "text")
    )
    log_level: str = _setting("info", "debug, info, warning or error.", of=("debug", "info", "warning", "error"))

    hospitals: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Hospitals that have a HIS already: tables `[hospitals.ID]` of the file, which docs/existing-his.md describes."""
    payments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Payment platforms and the HIS that takes part in payment: tables `[payments.…]` of the file."""

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
        """The hub's address as others know it, without a trailing slash; where it listens on every address of the
        machine and has no public one, that by which this machine reaches it.
        """
        if self.public_url:
            return self.public_url.rstrip("/")
        scheme = "https" if self.tls_certificate else "http"
        host = _EVERY_ADDRESS.get(self.host, self.host)
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def known_to_others(self) -> bool:
        """Whether `address` leads others here, too, and not this machine alone."""
        return bool(self.public_url) or not (self.on_loopback or self.host in _EVERY_ADDRESS)

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the hub."""
        return self.host in {"127.0.0.1", "localhost", "::1"}

    @property
    def playground(self) -> bool:
        """Whether time, data and answers may be played with: a sandbox that only this machine can reach."""
        return self.sandbox and self.on_loopback


def load(
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> Settings:
    """The settings in force. `flags` that are None were not given. Raises SettingsError."""
    environment = os.environ if environment is None else environment
    found: dict[str, tuple[object, str]] = {}
    names = {entry.name for entry in fields(Settings) if entry.metadata}
    for key, value in environment.items():
        name = key.removeprefix(ENVIRONMENT_PREFIX).lower()
        if key.startswith(ENVIRONMENT_PREFIX) and name in names:
            found[name] = (value, f"environment variable {key}")
    for name, flag in (flags or {}).items():
        if flag is not None:
            found[name] = (flag, f"--{name.replace('_', '-')}" if name in _FLAGS else f"--set {name}")
    data = str(found["data"][0]) if "data" in found else Settings().data
    named = config or (Path(environment[CONFIG]) if CONFIG in environment else None)
    path = named or Path(data) / FILE_NAME
    told = _file(path, required=named is not None)
    hospitals = _tables(told, "hospitals", "ID", path)
    payments = _tables(told, "payments", "NAME", path)
    for name, value in told.items():
        found.setdefault(name, (value, str(path)))
    values = {name: _typed(name, value, where, names) for name, (value, where) in found.items()}
    return Settings(**values, hospitals=hospitals, payments=payments)


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
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from None


def _tables(told: dict[str, Any], name: str, each: str, path: Path) -> Mapping[str, Mapping[str, str]]:
    """Take the tables `[name.each]` out of what the file says."""
    tables = told.pop(name, {})
    rows = tables.items() if isinstance(tables, dict) else [("", None)]
    for key, table in rows:
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            raise SettingsError(f"{path}: {name}.{key} must be a table [{name}.{each}] of texts")
    return dict(rows)


def _typed(name: str, value: object, where: str, names: set[str]) -> Any:
    if name not in names:
        raise SettingsError(f"{where}: no setting is called {name!r}; there are {', '.join(sorted(names))}")
    entry = Settings.__dataclass_fields__[name]
    kind = type(getattr(Settings(), name))
    if kind is bool:
        text = str(value).lower()
        if text not in _BOOLEANS:
            raise SettingsError(f"{where}: {name} must be true or false, not {value!r}")
        return _BOOLEANS[text]
    if kind is int:
        return _number(name, str(value), where, entry.metadata["least"], entry.metadata["most"])
    return _text(name, str(value), where, entry.metadata["of"])


def _number(name: str, text: str, where: str, least: int, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        raise SettingsError(f"{where}: {name} must be a whole number, not {text!r}") from None
    if not least <= number <= most:
        raise SettingsError(f"{where}: {name} must be from {least} to {most}, not {number}")
    return number


def _text(name: str, text: str, where: str, of: tuple[str, ...]) -> str:
    if of and text not in of:
        raise SettingsError(f"{where}: {name} must be one of {', '.join(of)}, not {text!r}")
    if name == "database_url" and text and not _DATABASE.match(text):
        raise SettingsError(f"{where}: database_url must be sqlite:////path or postgresql://host/name")
    if name in ("public_url", "platform_url", "card_platform_url", "message_url") and text and not _HTTP.match(text):
        raise SettingsError(f"{where}: {name} must begin with http:// or https://")
    if name == "public_url" and len(text) > LONGEST_PUBLIC_URL:
        raise SettingsError(f"{where}: public_url may have {LONGEST_PUBLIC_URL} characters, not {len(text)}")
    return text


_DATABASE = re.compile(r"sqlite:///.+|postgres(?:ql)?(?:\+\w+)?://(?:[^@/]*@)?[^/:]*(?::\d+)?(?:[/?].*)?$")
_HTTP = re.compile(r"https?://[^/\s]+")


_BOOLEANS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
