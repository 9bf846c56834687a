"""What each page of the reference shows, as values. All of it comes from a Spec; no dialect's name stands here."""

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from yiqiao.spec import (
    CodeRow,
    CodeTable,
    Operation,
    Repeat,
    ReturnCode,
    Rule,
    Spec,
    Table,
    dialects,
    load,
    profile_titles,
)
from yiqiao.spec.english import CodeWords, English, OperationWords, english
from yiqiao.spec.remarks import Remark, on_codes, on_operation, remarks
from yiqiao.spec.search import Found, find_codes
from yiqiao.web.reference.addresses import Place, Room
from yiqiao.web.reference.fields import FieldRow, rows


@dataclass(frozen=True)
class Scope:
    """What all pages of a standard have: which standard this is, in which of its profiles."""

    dialect: str
    title: str
    english: str
    profile: str
    profiles: Mapping[str, str]


@dataclass(frozen=True)
class ReturnLine:
    """A return code with its English words, if there are any; `excused` says why the hub itself never answers it, `own`
    that it is one of the operation's, which the page of the common ones does not have.
    """

    code: ReturnCode
    english: CodeWords | None
    excused: str
    own: bool


@dataclass(frozen=True)
class Shelf:
    """All standards that this hub speaks: name, title, English title."""

    standards: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class OperationLine:
    """An operation in the list."""

    name: str
    title: str
    english: OperationWords | None
    effect: str
    transport: str
    ours: bool


@dataclass(frozen=True)
class TableLine:
    """A code table in the list."""

    name: str
    title: str
    english: str
    rows: int
    ours: bool


@dataclass(frozen=True)
class IndexPage:
    """A standard at a glance."""

    scope: Scope
    about: str
    about_english: str
    operations: tuple[OperationLine, ...]
    tables: tuple[TableLine, ...]
    returns: int
    rules: tuple[Rule, ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class OperationPage:
    """An operation. The samples are JSON texts; `wrapper` is empty where messages have no envelope."""

    scope: Scope
    name: str
    title: str
    english: OperationWords | None
    about: str
    chapter: str
    caller: str
    callee: str
    transport: str
    path: str
    effect: str
    repeat: Repeat | None
    ours: bool
    content: str
    request: tuple[FieldRow, ...]
    response: tuple[FieldRow, ...]
    sample: str
    sample_response: str
    wrapper: str
    returns: tuple[ReturnLine, ...]
    success: str
    rules: tuple[Rule, ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class EnvelopePage:
    """What stands around the business content of every message."""

    scope: Scope
    content: str
    request: tuple[FieldRow, ...]
    response: tuple[FieldRow, ...]


@dataclass(frozen=True)
class TablePage:
    """A code table; `uses` are the fields that take its codes: operation, side, anchor."""

    scope: Scope
    name: str
    title: str
    english: str
    chapter: str
    note: str
    ours: bool
    rows: tuple[CodeRow, ...]
    uses: tuple[tuple[str, str, str], ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class CodesPage:
    """All code tables, or what a search in them found."""

    scope: Scope
    asked: str
    tables: tuple[TableLine, ...]
    found: Found
    english: Mapping[str, str] = field(repr=False)

    @property
    def count(self) -> int:
        """How many rows were found."""
        return sum(len(match.rows) for match in self.found.tables) + len(self.found.returns)


@dataclass(frozen=True)
class ReturnsPage:
    """All return codes that the operations share, explained."""

    scope: Scope
    returns: tuple[ReturnLine, ...]
    success: str


View = Shelf | IndexPage | OperationPage | EnvelopePage | CodesPage | TablePage | ReturnsPage


def view_of(place: Place) -> View:
    """The page of a place. Raises SpecError for an unknown standard or profile, KeyError for an unknown name."""
    if place.room is Room.SHELF:
        return Shelf(tuple((name, load(name).title, english(name).title) for name in dialects()))
    spec, words = load(place.dialect, place.profile), english(place.dialect)
    match place.room:
        case Room.OPERATION:
            return _operation(spec, words, spec.operations[place.name])
        case Room.TABLE:
            return _table(spec, words, spec.codes[place.name])
        case Room.CODES:
            return codes_page(place, "")
        case Room.ENVELOPE:
            return _envelope(spec, words)
        case Room.RETURNS:
            return ReturnsPage(_scope(spec), _returns(spec.return_codes, words, spec.excused), spec.success_code)
        case _:
            return _index(spec, words)


def codes_page(place: Place, asked: str) -> CodesPage:
    """All code tables, and what a search for `asked` finds in them. Raises SpecError."""
    spec, words = load(place.dialect, place.profile), english(place.dialect)
    return CodesPage(_scope(spec), asked, _tables(spec, words), find_codes(spec, asked), words.codes)


def places(dialect: str, profile: str) -> tuple[Place, ...]:
    """Every page of a standard."""
    spec = load(dialect, profile)
    fixed = (Place(room, dialect, "", profile) for room in (Room.INDEX, Room.ENVELOPE, Room.CODES, Room.RETURNS))
    operations = (Place(Room.OPERATION, dialect, name, profile) for name in spec.operations)
    return (*fixed, *operations, *(Place(Room.TABLE, dialect, name, profile) for name in spec.codes))


def _scope(spec: Spec) -> Scope:
    titles = profile_titles(spec.dialect)
    return Scope(spec.dialect, spec.title, english(spec.dialect).title, spec.profile, titles)


def _index(spec: Spec, words: English) -> IndexPage:
    return IndexPage(
        scope=_scope(spec),
        about=spec.about,
        about_english=words.about,
        operations=tuple(
            OperationLine(one.name, one.title, words.operations.get(one.name), one.effect, one.transport, one.ours)
            for one in spec.operations.values()
        ),
        tables=_tables(spec, words),
        returns=len(spec.return_codes),
        rules=spec.rules,
        remarks=remarks(spec),
    )


def _operation(spec: Spec, words: English, operation: Operation) -> OperationPage:
    common = spec.return_codes if operation.transport == "http" else {}
    return OperationPage(
        scope=_scope(spec),
        name=operation.name,
        title=operation.title,
        english=words.operations.get(operation.name),
        about=operation.about,
        chapter=operation.chapter,
        caller=operation.caller,
        callee=operation.callee,
        transport=operation.transport,
        path=operation.path,
        effect=operation.effect,
        repeat=operation.repeat,
        ours=operation.ours,
        content=spec.content_field if operation.transport == "http" else "",
        request=tuple(rows(spec, words, operation.request, f"{operation.name}.request")),
        response=tuple(rows(spec, words, operation.response, f"{operation.name}.response")),
        sample=_json(operation.sample()) if operation.request else "",
        sample_response=_json(operation.sample_response()) if operation.response else "",
        wrapper=_wrapper(spec, operation),
        returns=_returns(
            {**common, **operation.returns}, words, {**spec.excused, **operation.excused}, operation.returns
        ),
        success=spec.success_code,
        rules=operation.rules,
        remarks=on_operation(spec, operation),
    )


def _wrapper(spec: Spec, operation: Operation) -> str:
    """The envelope of a sample message, with the business content left out."""
    if operation.transport != "http" or not spec.envelope_request:
        return ""
    table = Table("envelope.request", spec.envelope_request, spec.codes)
    sample: dict[str, object] = {}
    for one in table.fields:
        said = {spec.operation_field: operation.code, spec.content_field: "…"}.get(one.name)
        if one.required is True or said:
            sample[one.spelled] = said or table.sample()[one.spelled]
    return _json(sample)


def _envelope(spec: Spec, words: English) -> EnvelopePage:
    return EnvelopePage(
        scope=_scope(spec),
        content=spec.content_field,
        request=tuple(rows(spec, words, spec.envelope_request, "envelope.request")),
        response=tuple(rows(spec, words, spec.envelope_response, "envelope.response")),
    )


def _tables(spec: Spec, words: English) -> tuple[TableLine, ...]:
    return tuple(
        TableLine(one.name, one.title, words.codes.get(one.name, ""), len(one.rows), one.ours)
        for one in spec.codes.values()
    )


def _table(spec: Spec, words: English, table: CodeTable) -> TablePage:
    uses = []
    for operation in spec.operations.values():
        for side, fields in (("request", operation.request), ("response", operation.response)):
            anchors = rows(spec, words, fields, side)
            uses += [(operation.name, side, row.anchor) for row in anchors if row.codes == table.name]
    return TablePage(
        scope=_scope(spec),
        name=table.name,
        title=table.title,
        english=words.codes.get(table.name, ""),
        chapter=table.chapter,
        note=table.note or "",
        ours=table.ours,
        rows=tuple(table.rows.values()),
        uses=tuple(uses),
        remarks=on_codes(spec, table),
    )


def _returns(
    codes: Mapping[str, ReturnCode], words: English, excused: Mapping[str, str], own: Container[str] = ()
) -> tuple[ReturnLine, ...]:
    return tuple(
        ReturnLine(code, words.return_codes.get(name), excused.get(name, ""), name in own)
        for name, code in codes.items()
    )


def _json(values: Mapping[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False, indent=2)
