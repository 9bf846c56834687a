"""The mapping file: which view holds which row of the port, by column. Read whole, and all faults told at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from yiqiao.adapters.sqlviews.rows import ROWS, Field, Kind
from yiqiao.adapters.sqlviews.values import FEN, Form, Unfit, coded

KEYS = {"database", "timeout_seconds", "views"}
VIEW_KEYS = {"view", "columns"}
COLUMN_KEYS = {"column", "constant", "codes", "format", "unit"}
DEFAULT_TIMEOUT_S = 5.0
_DATED = {Kind.DAY, Kind.MOMENT}


class MappingError(ValueError):
    """A mapping file cannot be used; each fault says the key it is about."""

    def __init__(self, path: Path, faults: list[str]) -> None:
        super().__init__("\n".join(f"{path}: {fault}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True)
class Column:
    """Where a field comes from: a column of the view, or what is the same in every row."""

    column: str | None
    constant: object
    form: Form


@dataclass(frozen=True)
class View:
    """A view of the HIS that holds a row of the port."""

    row: str
    schema: str | None
    name: str
    columns: Mapping[str, Column]


@dataclass(frozen=True)
class Mapped:
    """A mapping file. `database` says where the URL is: env:NAME or file:PATH."""

    path: Path
    database: str
    timeout_s: float
    views: Mapping[str, View]


def load(path: Path) -> Mapped:
    """Read a mapping file. Raises MappingError."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingError(path, [error.strerror or "cannot be read"]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MappingError(path, [f"no YAML: {error}"]) from None
    if not isinstance(content, dict):
        raise MappingError(path, ["a mapping of database and views is expected"])
    faults = list(_unknown("", content, KEYS))
    database, timeout_s, named = content.get("database"), content.get("timeout_seconds"), content.get("views")
    if not isinstance(database, str):
        faults.append("database: env:NAME or file:PATH is expected")
    if timeout_s is not None and not (isinstance(timeout_s, int | float) and 0 < timeout_s <= 60):
        faults.append("timeout_seconds: a number up to 60 is expected")
    views: dict[str, View] = {}
    for row, told in (named if isinstance(named, dict) else {}).items():
        view = _view(str(row), told, faults)
        if view is not None:
            views[row] = view
    if not isinstance(named, dict) or not named:
        faults.append(f"views: none; there can be {', '.join(ROWS)}")
    if faults:
        raise MappingError(path, faults)
    return Mapped(path, str(database), float(timeout_s or DEFAULT_TIMEOUT_S), views)


def _view(row: str, told: Any, faults: list[str]) -> View | None:
    at = f"views.{row}"
    if row not in ROWS:
        faults.append(f"{at}: there is no such row; there are {', '.join(ROWS)}")
        return None
    if not isinstance(told, dict) or not isinstance(told.get("view"), str) or not isinstance(told.get("columns"), dict):
        faults.append(f"{at}: view (its name) and columns are expected")
        return None
    faults.extend(_unknown(f"{at}.", told, VIEW_KEYS))
    known = ROWS[row].fields
    faults.extend(_unknown(f"{at}.columns.", told["columns"], set(known)))
    faults.extend(
        f"{at}.columns.{name}: missing, the row cannot do without it"
        for name, one in known.items()
        if one.required and name not in told["columns"]
    )
    columns: dict[str, Column] = {}
    for name, source in told["columns"].items():
        if name in known:
            try:
                columns[name] = _column(known[name], source)
            except Unfit as unfit:
                faults.append(f"{at}.columns.{name}: {unfit}")
    schema, _, view = told["view"].rpartition(".")
    return View(row, schema or None, view, columns)


def _column(field: Field, source: Any) -> Column:
    """Raises Unfit with what is expected."""
    if isinstance(source, str):
        return Column(source, None, Form(field))
    if not isinstance(source, dict) or ("column" in source) == ("constant" in source):
        raise Unfit("a column's name, or a mapping with either column or constant, is expected")
    unknown = sorted(set(source) - COLUMN_KEYS)
    if unknown:
        raise Unfit(f"unknown: {', '.join(map(str, unknown))}; there are {', '.join(sorted(COLUMN_KEYS))}")
    if "constant" in source:
        if len(source) > 1:
            raise Unfit("a constant needs nothing beside it")
        return Column(None, _constant(field, source["constant"]), Form(field))
    if not isinstance(source["column"], str):
        raise Unfit("column: a name is expected")
    pattern, unit, codes = source.get("format", ""), source.get("unit", "fen"), source.get("codes")
    if pattern and field.kind not in _DATED:
        raise Unfit("format: only days and moments have one")
    if pattern and not _sorts(str(pattern)):
        raise Unfit("format: year, month, day and what follows must stand in this order, so that days can be compared")
    if unit not in FEN or ("unit" in source and field.kind is not Kind.MONEY):
        raise Unfit("unit: yuan or fen, of money only")
    if codes is not None and not isinstance(codes, dict):
        raise Unfit("codes: a mapping from the HIS's code to ours is expected")
    try:
        return Column(source["column"], None, Form(field, pattern=str(pattern), unit=unit, codes=codes))
    except Unfit as unfit:
        raise Unfit(f"codes: {unfit} is expected") from None


def _constant(field: Field, value: object) -> object:
    if value is None:
        if field.required:
            raise Unfit("constant: null, but the row cannot do without it")
        return None
    try:
        return coded(field, value)
    except Unfit as unfit:
        raise Unfit(f"constant: {unfit} is expected") from None


def _sorts(pattern: str) -> bool:
    parts = [part[0] for part in pattern.split("%")[1:]]
    return parts[:3] == ["Y", "m", "d"] and parts[3:] == list("HMS")[: len(parts) - 3]


def _unknown(at: str, told: Mapping[Any, object], known: set[str]) -> Iterator[str]:
    for key in told:
        if key not in known:
            yield f"{at}{key}: unknown; there are {', '.join(sorted(known))}"
