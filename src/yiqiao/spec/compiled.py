"""The fast path of validation: a tree of fields as one pydantic-core validator, built once.

What this validator accepts is right; what it refuses is looked at again by `spec/faults.py`, which says in Chinese what
is wrong. So nothing here is slow for a good message: patterns are compiled, code tables are hash sets, dates need no
parsing.
"""

import json
from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic_core import CoreSchema, PydanticCustomError, SchemaValidator, core_schema

from yiqiao.spec.errors import SpecError
from yiqiao.spec.formats import known_format
from yiqiao.spec.model import CodeTable, Field
from yiqiao.spec.numbers import NumberFault, point, whole
from yiqiao.spec.tree import Branch

T = TypeVar("T")
Tables = Mapping[str, CodeTable]
TOLERATED: Mapping[str, str] = {
    "numbers_as_text": "a JSON number where text is due is taken as its digits",
    "single_as_list": "one object or text where a list is due is a list of one",
}
"""What a profile may tolerate, each with its meaning."""

LONGEST_BARE = 40
"""Digits of a bare number that is still taken as text."""

_PLAIN_CHARACTER = r"[^\p{Cc}\u2028\u2029]"
_LINE_CHARACTER = r"[\t\r\n[^\p{Cc}\u2028\u2029]]"
_VISIBLE = r"[^\p{Cc}\u2028\u2029\s]"
PLAIN = f"^{_PLAIN_CHARACTER}*{_VISIBLE}{_PLAIN_CHARACTER}*$"
"""Text without control characters, and with something in it that can be seen."""
LINES = f"^{_LINE_CHARACTER}*{_VISIBLE}{_LINE_CHARACTER}*$"
"""The same, with tabs and line breaks allowed."""


def compiled(branches: tuple[Branch, ...], codes: Tables, tolerate: frozenset[str]) -> SchemaValidator:
    """A validator of dicts from which absent values have been dropped. Raises SpecError for a field that cannot be."""
    return SchemaValidator(_object(branches, codes, tolerate))


def present(values: Mapping[str, object]) -> dict[str, object]:
    """The values without those that count as absent: null, the empty text, the empty list."""
    return {name: value for name, value in values.items() if value or (value is not None and value not in ("", []))}


def parsed_json(value: object) -> object:
    """The list or object that a text holds; other values as they are. Raises PydanticCustomError."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise PydanticCustomError("json", "not JSON") from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member stands twice")
    return members


def _no_constant(_: str) -> object:
    raise ValueError("not a JSON number")


def _object(branches: tuple[Branch, ...], codes: Tables, tolerate: frozenset[str]) -> CoreSchema:
    fields = {
        branch.field.name: core_schema.typed_dict_field(
            _branch(branch, codes, tolerate), required=branch.field.required is True and not branch.field.blank
        )
        for branch in branches
        if not branch.field.rest
    }
    rest = any(branch.field.rest for branch in branches)
    return core_schema.typed_dict_schema(fields, extra_behavior="allow" if rest else "ignore", strict=True)


def _branch(branch: Branch, codes: Tables, tolerate: frozenset[str]) -> CoreSchema:
    field = branch.field
    if field.kind in ("node", "json"):
        schema = _node(branch, codes, tolerate)
    elif field.kind in ("int", "decimal"):
        schema = _number(field, codes)
    elif field.kind == "text":
        schema = _text(field, codes, tolerate)
    elif field.kind == "any":
        schema = core_schema.any_schema()
    else:
        raise SpecError(f"field {field.name}: type {field.type!r} is unknown")
    if field.repeats:
        # Empty lists have been dropped as absent; one that comes as text is seen here, and dropped at the second look.
        schema = core_schema.list_schema(schema, min_length=1, strict=True)
        if "single_as_list" in tolerate:
            schema = core_schema.no_info_before_validator_function(_listed, schema)
    if field.kind == "json":
        schema = core_schema.no_info_before_validator_function(parsed_json, schema)
    return schema


def _node(branch: Branch, codes: Tables, tolerate: frozenset[str]) -> CoreSchema:
    if not branch.children:
        return core_schema.any_schema()
    return core_schema.no_info_before_validator_function(_present, _object(branch.children, codes, tolerate))


def _present(value: object) -> object:
    return present(value) if isinstance(value, dict) else value


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _text(field: Field, codes: Tables, tolerate: frozenset[str]) -> CoreSchema:
    coerce = "numbers_as_text" in tolerate
    if _coded(field, codes):
        rows = codes.get(field.codes or "")
        if rows is None or not rows.rows:
            raise SpecError(f"field {field.name}: there is no code table {field.codes!r}")
        among = core_schema.literal_schema(list(rows.rows))
        return _coerced(among) if coerce else among
    schema: CoreSchema = core_schema.str_schema(
        max_length=field.length if field.length_unit == "characters" else None,
        pattern=_pattern(field),
        strict=True,
    )
    if coerce:
        schema = _coerced(schema)
    if field.length_unit == "gbk" and field.length is not None:
        schema = core_schema.no_info_after_validator_function(_bytes_limit(field.length), schema)
    if (field.least is not None or field.most is not None) and not field.handler:
        schema = core_schema.no_info_after_validator_function(_range(field), schema)
    return schema


def _coded(field: Field, codes: Tables) -> bool:
    table = codes.get(field.codes) if field.codes else None
    return bool(field.codes) and not field.handler and (table is None or table.binding)


def _coerced(schema: CoreSchema) -> CoreSchema:
    return core_schema.no_info_before_validator_function(_digits, schema)


def _digits(value: object) -> object:
    """A bare number as text; a number too long to be meant stays one, and is refused."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= 10**LONGEST_BARE:
        return value
    return repr(value)


def _pattern(field: Field) -> str:
    if not field.formats or field.handler:
        return LINES if field.lines else PLAIN
    patterns = []
    for name in field.formats:
        found = known_format(name)
        if found is None:
            raise SpecError(f"field {field.name}: format {name!r} is unknown")
        patterns.append(found.pattern)
    return f"^(?:{'|'.join(patterns)})$"


def gbk_length(text: str) -> int:
    """Bytes that a text takes in GBK (GB18030 for characters beyond it)."""
    return len(text.encode("gb18030"))


def _bytes_limit(limit: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if gbk_length(text) > limit:
            raise PydanticCustomError("too_many_bytes", "more bytes than the field takes")
        return text

    return check


def _range(field: Field) -> Callable[[str], str]:
    def check(text: str) -> str:
        _number_or_fault(lambda: whole(text, None, field.least, field.most))
        return text

    return check


def _number(field: Field, codes: Tables) -> CoreSchema:
    length, scale, least, most = field.length, field.scale, field.least, field.most

    def read(value: object) -> object:
        if field.kind == "int":
            return _number_or_fault(lambda: whole(value, length, least, most))
        return _number_or_fault(lambda: point(value, length, scale, least, most))

    schema: CoreSchema = core_schema.no_info_plain_validator_function(read)
    if _coded(field, codes):
        rows = codes.get(field.codes or "")
        if rows is None or not rows.rows:
            raise SpecError(f"field {field.name}: there is no code table {field.codes!r}")
        schema = core_schema.no_info_after_validator_function(_among(rows), schema)
    return schema


def _among(table: CodeTable) -> Callable[[object], object]:
    def check(number: object) -> object:
        if str(number) not in table.rows:
            raise PydanticCustomError("literal_error", "not in the table")
        return number

    return check


def _number_or_fault(read: Callable[[], T]) -> T:
    try:
        return read()
    except NumberFault as fault:
        raise PydanticCustomError("number", "{why}", {"why": str(fault)}) from None
