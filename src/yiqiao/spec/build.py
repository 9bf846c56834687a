"""From a read document to a Spec: every section by its type, every row to a value.

What cannot be read is refused here; what contradicts itself is left to `check`.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal, cast

from yiqiao.spec.conditions import Groups
from yiqiao.spec.document import Section
from yiqiao.spec.kinds import kind_of
from yiqiao.spec.model import (
    CodeRow,
    CodeTable,
    Deviation,
    Field,
    Outcome,
    Reading,
    Repeat,
    Required,
    Rule,
)
from yiqiao.spec.operation import Operation
from yiqiao.spec.return_codes import return_codes
from yiqiao.spec.specification import Spec
from yiqiao.spec.table import Table

SPEC_KEYS = (
    "dialect", "title", "about", "success", "fallback", "types", "marks", "samples", "envelope", "operations", "codes",
    "return_codes", "errors", "excused", "rules", "readings", "deviations", "security", "settings", "tolerate",
    "content", "operation", "roots",
)  # fmt: skip
_OPERATION_KEYS = (
    "code", "title", "about", "chapter", "caller", "callee", "path", "transport", "effect", "repeat", "ours",
    "request", "response", "returns", "errors", "excused", "rules", "roots", "outcome", "either",
)  # fmt: skip
_FIELD_KEYS = (
    "name", "parent", "type", "length", "length_unit", "required", "title", "codes", "format", "also", "unit", "least",
    "most", "repeats", "lines", "when", "when_equals", "when_given", "unless", "handler", "note", "personal", "secret",
    "ours", "wire", "samples", "aliases", "blank", "rest", "withdrawn",
)  # fmt: skip
_DEFAULT_TRANSPORT = "http"


class _Marks:
    """What is said of fields by their names, once for the whole standard: masking, secrecy, samples, type words."""

    def __init__(self, document: Section) -> None:
        marks = document.section("marks")
        marks.only("personal", "secret")
        samples = document.section("samples")
        self.personal = marks.section("personal").pairs()
        self.secret = frozenset(marks.strings("secret"))
        self.samples = {name: samples.strings(name) for name in samples.raw}
        self.types = document.section("types").pairs()
        self.roots = _roots(document)


def build(document: Section, profile: str) -> Spec:
    """A Spec as the document says. Raises SpecError for what cannot be read; see `check` for what cannot be true."""
    document.only(*SPEC_KEYS)
    marks = _Marks(document)
    codes = MappingProxyType({name: _code_table(name, table) for name, table in document.section("codes").members()})
    tolerate = frozenset(document.strings("tolerate"))
    envelope = document.section("envelope")
    envelope.only("request", "response")
    operations = {
        name: _operation(name, section, marks, codes, tolerate)
        for name, section in document.section("operations").members()
    }
    return Spec(
        dialect=document.string("dialect"),
        title=document.string("title"),
        profile=profile,
        about=document.string("about", ""),
        success_code=document.string("success"),
        fallback_code=document.string("fallback"),
        envelope_request=tuple(_fields(envelope, "request", marks)),
        envelope_response=tuple(_fields(envelope, "response", marks)),
        operations=MappingProxyType(operations),
        codes=codes,
        return_codes=return_codes(document.section("return_codes")),
        errors=MappingProxyType(document.section("errors").pairs()),
        excused=MappingProxyType(document.section("excused").pairs()),
        rules=tuple(_rules(document)),
        readings=tuple(_reading(row) for row in document.sections("readings")),
        deviations=tuple(_deviation(row) for row in document.sections("deviations")),
        security=MappingProxyType(dict(document.section("security").raw)),
        settings=MappingProxyType(dict(document.section("settings").raw)),
        tolerate=tolerate,
        content_field=document.string("content", ""),
        operation_field=document.string("operation", ""),
        personal=MappingProxyType(marks.personal),
    )


def _operation(
    name: str, section: Section, marks: _Marks, codes: Mapping[str, CodeTable], tolerate: frozenset[str]
) -> Operation:
    section.only(*_OPERATION_KEYS)
    roots = marks.roots | _roots(section)
    effect = section.string("effect", "")
    if effect not in ("read", "write"):
        raise section.fault("must be read or write", "effect")

    def table(side: str, either: Groups = ()) -> Table:
        return Table(f"{name}.{side}", tuple(_fields(section, side, marks)), codes, tolerate, either)

    return Operation(
        name=name,
        code=section.string("code", ""),
        title=section.string("title", ""),
        about=section.string("about", ""),
        chapter=section.string("chapter", ""),
        caller=section.string("caller", ""),
        callee=section.string("callee", ""),
        path=section.string("path", ""),
        transport=section.string("transport", _DEFAULT_TRANSPORT),
        effect=cast(Literal["read", "write"], effect),
        repeat=_repeat(section),
        outcome=_outcome(section),
        ours=section.flag("ours"),
        asks=table("request", _either(section)),
        answers=table("response"),
        request_root=roots.get("request", ""),
        response_root=roots.get("response", ""),
        returns=return_codes(section.section("returns")),
        errors=MappingProxyType(section.section("errors").pairs()),
        excused=MappingProxyType(section.section("excused").pairs()),
        rules=tuple(_rules(section)),
    )


def _roots(section: Section) -> dict[str, str]:
    roots = section.section("roots")
    roots.only("request", "response")
    return roots.pairs()


def _outcome(section: Section) -> Outcome | None:
    outcome = section.section("outcome")
    if not outcome.raw:
        return None
    outcome.only("code", "message")
    return Outcome(outcome.string("code"), outcome.string("message"))


def _either(section: Section) -> Groups:
    groups = section.raw.get("either") or []
    if not isinstance(groups, list) or not all(isinstance(group, list) for group in groups):
        raise section.fault("must be a list of lists of field names", "either")
    return tuple(tuple(str(name) for name in group) for group in groups)


def _repeat(section: Section) -> Repeat | None:
    repeat = section.section("repeat")
    if not repeat.raw:
        return None
    repeat.only("serial", "refuse", "replay", "standing")
    refuse = repeat.maybe("refuse")
    said: list[Literal["refuse", "replay", "standing"]] = ["refuse"] if refuse is not None else []
    said += ["replay"] if repeat.flag("replay") else []
    said += ["standing"] if repeat.flag("standing") else []
    if len(said) != 1:
        raise repeat.fault("says either refuse: CODE, or replay: true, or standing: true")
    return Repeat(said[0], repeat.strings("serial"), refuse)


def _fields(section: Section, side: str, marks: _Marks) -> Iterator[Field]:
    for row in section.sections(side):
        yield _field(row, marks)


def _field(row: Section, marks: _Marks) -> Field:
    row.only(*_FIELD_KEYS)
    name, word = row.string("name"), row.string("type", "")
    length, scale = _length(row)
    unit = row.string("length_unit", "characters")
    if unit not in ("characters", "gbk"):
        raise row.fault("must be characters or gbk", "length_unit")
    return Field(
        name=name,
        title=row.string("title", ""),
        type=word,
        kind=kind_of(word, marks.types),
        parent=row.string("parent", ""),
        length=length,
        scale=scale,
        length_unit=unit,
        required=_required(row),
        codes=row.maybe("codes"),
        format=row.maybe("format"),
        also=row.strings("also"),
        unit=row.maybe("unit"),
        least=row.number("least"),
        most=row.number("most"),
        repeats=row.flag("repeats"),
        lines=row.flag("lines"),
        blank=row.flag("blank"),
        when=row.maybe("when"),
        when_equals=_when_equals(row),
        when_given=row.strings("when_given"),
        unless=row.strings("unless"),
        handler=row.flag("handler"),
        note=row.maybe("note"),
        personal=row.maybe("personal") or marks.personal.get(name, ""),
        secret=row.flag("secret") or name in marks.secret,
        ours=row.flag("ours"),
        rest=row.flag("rest"),
        withdrawn=row.flag("withdrawn"),
        wire=row.string("wire", ""),
        aliases=row.strings("aliases"),
        samples=row.strings("samples") or marks.samples.get(name, ()),
    )


def _length(row: Section) -> tuple[int | None, int | None]:
    """A length as `32`, or as `"16,2"` for digits in all and behind the point."""
    if not isinstance(row.raw.get("length"), str):
        length = row.number("length")
        if length is not None and length < 1:
            raise row.fault("must be at least 1", "length")
        return length, None
    digits, comma, scale = row.string("length").partition(",")
    if not (comma and digits.isdecimal() and scale.isdecimal()):
        raise row.fault('must be a whole number, or two as in "16,2"', "length")
    return int(digits), int(scale)


def _required(row: Section) -> Required:
    value = row.raw.get("required")
    if value is True or value is False:
        return value
    if value == "conditional":
        return "conditional"
    raise row.fault("must be true, false or conditional", "required")


def _when_equals(row: Section) -> Mapping[str, tuple[str, ...]]:
    conditions = row.section("when_equals")
    return MappingProxyType(
        {
            name: conditions.strings(name) if isinstance(value, list) else (conditions.string(name),)
            for name, value in conditions.raw.items()
        }
    )


def _code_table(name: str, section: Section) -> CodeTable:
    section.only("title", "chapter", "note", "ours", "open", "rows", "wire", "told_as")
    rows = section.section("rows")
    return CodeTable(
        name=name,
        title=section.string("title", ""),
        rows=MappingProxyType({code: _code_row(code, rows) for code in rows.raw}),
        chapter=section.string("chapter", ""),
        note=section.maybe("note"),
        ours=section.flag("ours"),
        open=section.flag("open"),
        wire=MappingProxyType(section.section("wire").pairs()),
        told_as=MappingProxyType(section.section("told_as").pairs()),
    )


def _code_row(code: str, rows: Section) -> CodeRow:
    if isinstance(rows.raw[code], dict):
        row = rows.section(code)
        row.only("title", "note")
        return CodeRow(code, row.string("title"), row.maybe("note"))
    return CodeRow(code, rows.string(code))


def _rules(section: Section) -> Iterator[Rule]:
    for row in section.sections("rules"):
        row.only("id", "text")
        yield Rule(row.string("id"), row.string("text"))


def _reading(row: Section) -> Reading:
    row.only("where", "reading", "why")
    return Reading(row.string("where"), row.string("reading"), row.string("why"))


def _deviation(row: Section) -> Deviation:
    row.only("where", "why")
    return Deviation(row.string("where"), row.string("why", ""))
