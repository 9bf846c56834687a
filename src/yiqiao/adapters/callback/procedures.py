"""The line as stored procedures: an act is a statement of the HIS's own database, its values are named parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
import yaml
from sqlalchemy import Connection, text
from sqlalchemy.exc import ArgumentError

from yiqiao.adapters.callback.http import parsed
from yiqiao.adapters.callback.line import OUTCOME, Answer, Content
from yiqiao.adapters.callback.samples import SAMPLES
from yiqiao.adapters.hisdb import HisDatabase
from yiqiao.adapters.lines import NoAnswer, secret
from yiqiao.ports.hospital.refusals import NotOffered

KEYS = {"database", "timeout_seconds", "acts"}
DEFAULT_TIMEOUT_S = 10.0


class ProceduresError(ValueError):
    """A file of statements cannot be used; says which key, and what is expected."""


@dataclass(frozen=True)
class ProcedureLine:
    """`Line` to the database of a HIS. A statement answers one row: code, message, data (a JSON text)."""

    database: HisDatabase
    statements: Mapping[str, str]

    async def ask(self, kind: str, content: Content) -> Answer:
        """Raises NotConnected, NoAnswer."""
        if kind not in self.statements:
            return Answer(NotOffered.__name__)
        values = flat({**content, "content": orjson.dumps(content).decode()})
        statement = text(self.statements[kind])
        used = {name: values.get(name) for name in statement.compile().params}

        def act(connection: Connection) -> Answer:
            row = connection.execute(statement, used).mappings().first()
            if row is None or not {"code", "message", "data"} <= set(row):
                raise NoAnswer("the statement answers no row of code, message, data")
            data = row["data"]
            told = {"code": row["code"], "message": row["message"], "data": None}
            if data is not None:
                told["data"] = orjson.loads(data) if isinstance(data, str | bytes) else data
            return parsed(orjson.dumps(told))

        return await self.database.act(act)

    async def close(self) -> None:
        await self.database.close()


def open_procedures(path: Path) -> ProcedureLine:
    """The statements of a file; nothing is connected yet. Raises ProceduresError, MissingSecret, UnusableDatabase."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProceduresError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProceduresError(f"{path}: no YAML: {error}") from None
    faults = _faults(content)
    if faults:
        raise ProceduresError("\n".join(f"{path}: {fault}" for fault in faults))
    url = secret(content["database"], path.parent)
    timeout_s = float(content.get("timeout_seconds", DEFAULT_TIMEOUT_S))
    return ProcedureLine(HisDatabase(url, timeout_s=timeout_s), content["acts"])


def flat(content: Content, before: str = "") -> dict[str, object]:
    """Values by their names, those of an object behind its own name and a line: `unit_schedule_id`."""
    found: dict[str, object] = {}
    for name, value in content.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{before}{name}_")
        else:
            found[before + name] = value
    return found


def names_of(kind: str) -> set[str]:
    """The parameters that the statement of an act may name."""
    return set(flat(SAMPLES[kind])) | {"serial", "attempt", "content"}


def _faults(content: object) -> list[str]:
    if not isinstance(content, dict):
        return ["a mapping of database and acts is expected"]
    faults = [f"{key}: unknown; there are {', '.join(sorted(KEYS))}" for key in content if key not in KEYS]
    if not isinstance(content.get("database"), str):
        faults.append("database: env:NAME or file:PATH is expected")
    timeout_s = content.get("timeout_seconds", DEFAULT_TIMEOUT_S)
    if not isinstance(timeout_s, int | float) or not 0 < timeout_s <= 15:
        faults.append("timeout_seconds: a number up to 15 is expected")
    acts = content.get("acts")
    if not isinstance(acts, dict) or OUTCOME not in acts:
        faults.append(f"acts: statements are expected, that of {OUTCOME} among them: no answer is ever assumed")
        return faults
    for kind, statement in acts.items():
        if kind not in SAMPLES:
            faults.append(f"acts.{kind}: there is no such act; there are {', '.join(SAMPLES)}")
        elif not isinstance(statement, str):
            faults.append(f"acts.{kind}: an SQL statement is expected")
        else:
            faults.extend(_unnamed(str(kind), statement))
    return faults


def _unnamed(kind: str, statement: str) -> list[str]:
    try:
        used = set(text(statement).compile().params)
    except ArgumentError:
        return [f"acts.{kind}: no SQL statement"]
    strange = sorted(used - names_of(kind))
    return [f"acts.{kind}: no value is named {name}; there are {', '.join(sorted(names_of(kind)))}" for name in strange]
