"""Profiles: what one region or partner does otherwise than the standard, laid over its specification.

A profile changes rows where they stand; it never repeats the standard. A field is named `name`, or `parent/name` within
a node, and its change is one of

    drop                              the row goes
    {rename: HOS_ID}                  the wire spells it so; inside it keeps the standard's name
    {add: {type: String, …}}          a row that the standard lacks
    {required: false, length: 64, …}  facts that replace those of the row

The result is a document of the same form as the specification, so that everything behind knows only one form.
"""

import copy
from collections.abc import Iterator
from dataclasses import replace

from yiqiao.spec.document import Section

Rows = list[dict[str, object]]
PROFILE_KEYS = (
    "title", "about", "base", "security", "settings", "tolerate", "errors", "excused", "return_codes", "codes",
    "wire_codes", "told_as",
    "envelope", "everywhere", "operations", "readings", "deviations",
)  # fmt: skip
_SIDES = ("request", "response")
_MERGED = ("security", "settings", "errors", "excused", "return_codes")
_APPENDED = ("readings", "deviations")


def overlay(spec: Section, profile: Section) -> Section:
    """The specification with a profile over it. Raises SpecError for a change of something that is not there."""
    profile.only(*PROFILE_KEYS)
    raw = dict(spec.raw)
    for key in _MERGED:
        raw[key] = {**spec.section(key).raw, **profile.section(key).raw}
    for key in _APPENDED:
        raw[key] = [dict(row.raw) for place in (spec, profile) for row in place.sections(key)]
    raw["tolerate"] = [*spec.strings("tolerate"), *profile.strings("tolerate")]
    codes = _codes(spec.section("codes"), profile)
    envelope = profile.section("envelope")
    envelope.only(*_SIDES)
    raw["envelope"] = {side: _changed(_rows(spec.section("envelope"), side), envelope.section(side)) for side in _SIDES}
    raw["operations"] = _operations(spec.section("operations"), profile)
    gone = _tables_of(spec) - _tables_of(replace(spec, raw=raw))
    raw["codes"] = {name: table for name, table in codes.items() if name not in gone}
    return replace(spec, raw=raw)


def _codes(spec: Section, whole: Section) -> dict[str, object]:
    profile = whole.section("codes")
    tables = {name: copy.deepcopy(dict(table.raw)) for name, table in spec.members()}
    for name, rows in profile.members():
        if "add" in rows.raw:
            rows.only("add")
            tables[name] = dict(rows.section("add").raw)
            continue
        if name not in tables:
            raise profile.fault("no such code table", name)
        tables[name]["rows"] = {**spec.section(name).section("rows").raw, **rows.raw}
    for key, fact in (("wire_codes", "wire"), ("told_as", "told_as")):
        for name, rows in whole.section(key).members():
            if name not in tables:
                raise whole.section(key).fault("no such code table", name)
            tables[name][fact] = dict(rows.raw)
    return dict(tables)


def _operations(spec: Section, profile: Section) -> dict[str, object]:
    operations = {name: copy.deepcopy(dict(operation.raw)) for name, operation in spec.members()}
    changes = profile.section("operations")
    for name in changes.raw:
        if changes.raw[name] == "drop":
            _known(operations, name, changes)
            del operations[name]
            continue
        change = changes.section(name)
        if "add" in change.raw:
            change.only("add")
            operations[name] = dict(change.section("add").raw)
            continue
        _known(operations, name, changes)
        operations[name] = _operation(spec.section(name), change)
    everywhere = profile.section("everywhere")
    everywhere.only(*_SIDES)
    for side in _SIDES:
        _change_everywhere(operations, side, everywhere.section(side))
    return dict(operations)


def _tables_of(document: Section) -> set[object]:
    """The code tables that fields refer to; with an operation its own tables go too."""
    sections = [*(operation for _, operation in document.section("operations").members()), document.section("envelope")]
    return {row.raw.get("codes") for section in sections for side in _SIDES for row in section.sections(side)}


def _known(operations: dict[str, dict[str, object]], name: str, changes: Section) -> None:
    if name not in operations:
        raise changes.fault("no such operation", name)


def _operation(spec: Section, change: Section) -> dict[str, object]:
    change.only("code", "path", "effect", "repeat", "errors", "returns", "excused", *_SIDES)
    raw: dict[str, object] = copy.deepcopy(dict(spec.raw))
    for key in ("code", "path", "effect", "repeat"):
        if key in change.raw:
            raw[key] = change.raw[key]
    for key in ("errors", "excused", "returns"):
        raw[key] = {**spec.section(key).raw, **change.section(key).raw}
    for side in _SIDES:
        raw[side] = _changed(_rows(spec, side), change.section(side))
    return raw


def _change_everywhere(operations: dict[str, dict[str, object]], side: str, changes: Section) -> None:
    for place in changes.raw:
        one = Section(changes.file, {place: changes.raw[place]}, changes.path, changes.text)
        met = False
        for operation in operations.values():
            rows = operation.get(side) or []
            if isinstance(rows, list) and any(_is_at(row, place) for row in rows):
                operation[side], met = _changed(rows, one), True
        if not met:
            raise changes.fault("no operation has such a field", place)


def _rows(section: Section, side: str) -> Rows:
    return [copy.deepcopy(dict(row.raw)) for row in section.sections(side)]


def _changed(rows: Rows, changes: Section) -> Rows:
    for place in changes.raw:
        parent, _, name = place.rpartition("/")
        met = [row for row in rows if _is_at(row, place)]
        if changes.raw[place] == "drop":
            rows = list(_without(rows, met))
        else:
            change = changes.section(place)
            if "add" in change.raw:
                rows = [*rows, {"name": name, "parent": parent, **change.section("add").raw}]
                if met:
                    raise changes.fault("there is such a field already; change it instead", place)
                continue
            facts = {"wire" if key == "rename" else key: value for key, value in change.raw.items()}
            rows = [{**row, **facts} if _is_at(row, place) else row for row in rows]
        if not met:
            raise changes.fault("no such field", place)
    return rows


def _without(rows: Rows, dropped: Rows) -> Iterator[dict[str, object]]:
    """The rows but for the dropped ones and, where a node goes, what stands in it."""
    kept = [row for row in rows if row not in dropped]
    gone = {row["name"] for row in dropped} - {row["name"] for row in kept}
    for row in kept:
        if row.get("parent") in gone:
            gone.add(row["name"])
        else:
            yield row


def _is_at(row: object, place: str) -> bool:
    parent, _, name = place.rpartition("/")
    return isinstance(row, dict) and row.get("name") == name and (row.get("parent") or "") == parent
