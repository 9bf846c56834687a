"""Whether a specification agrees with itself: everything that one part says of another must be there.

`load` refuses a specification for which this finds anything, so a mistake in a profile is met when it is chosen, and
not when the first message of that kind arrives.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from yiqiao.spec.compiled import TOLERATED
from yiqiao.spec.dice import Dice
from yiqiao.spec.errors import SpecError
from yiqiao.spec.formats import ELASTIC, known_format
from yiqiao.spec.masking import KINDS as MASKS
from yiqiao.spec.model import Field
from yiqiao.spec.operation import Operation
from yiqiao.spec.return_codes import ReturnCode
from yiqiao.spec.specification import Spec
from yiqiao.spec.tree import NODES, grow, walk

NUMBERS = ("int", "decimal")


def check(spec: Spec) -> list[str]:
    """Every inconsistency in words, with its place; none where all is well."""
    return [
        *_tables(spec),
        *_code_tables(spec),
        *_return_codes(spec),
        *_texts(spec),
        *(fault for operation in spec.operations.values() for fault in _operation(spec, operation)),
        *(f"tolerate: {name!r} is unknown" for name in sorted(spec.tolerate - TOLERATED.keys())),
    ]


def _all_tables(spec: Spec) -> Iterator[tuple[str, tuple[Field, ...]]]:
    yield "envelope.request", spec.envelope_request
    yield "envelope.response", spec.envelope_response
    for operation in spec.operations.values():
        yield f"{operation.name}.request", operation.asks.printed
        yield f"{operation.name}.response", operation.answers.printed


def _tables(spec: Spec) -> Iterator[str]:
    for place, rows in _all_tables(spec):
        for field in rows:
            where = f"{place}.{field.parent}/{field.name}"
            yield from (f"{where}: {fault}" for fault in _field(spec, field, rows))
        for (parent, name), times in Counter((field.parent, field.name) for field in rows).items():
            if times > 1 and not any(field.note for field in rows if (field.parent, field.name) == (parent, name)):
                yield f"{place}.{parent}/{name}: stands {times} times and no note says how it is read"
        yield from (f"{place}: {fault}" for fault in _spellings(rows))
        yield from (f"{place}{fault}" for fault in _reach(rows))


def _reach(rows: tuple[Field, ...]) -> Iterator[str]:
    """Every row must stand somewhere below the top level."""
    try:
        reached = {(branch.field.parent, branch.field.name) for branch in walk(grow(rows))}
    except SpecError as error:
        yield f": {error}"
        return
    for field in rows:
        if (field.parent, field.name) not in reached:
            yield f".{field.parent}/{field.name}: cannot be reached from the top level"


def _field(spec: Spec, field: Field, rows: tuple[Field, ...]) -> Iterator[str]:
    if not field.type:
        yield "has no type"
    elif not field.kind:
        yield f"type {field.type!r} is unknown"
    if not field.title:
        yield "has no title"
    if field.codes is not None and field.codes not in spec.codes:
        yield f"there is no code table {field.codes!r}"
    for name in field.formats:
        found = known_format(name)
        if found is None:
            yield f"format {name!r} is unknown"
        elif field.length is not None and len(found.sample(Dice(""))) > field.length and name not in ELASTIC:
            yield f"format {name!r} does not fit into its length {field.length}"
    if field.parent and not any(row.name == field.parent and row.kind in NODES for row in rows):
        yield f"its parent {field.parent!r} is no node of this table"
    if field.required == "conditional" and not field.when:
        yield "is conditional and does not say when"
    if field.blank and (field.required is not True or field.kind in NODES):
        yield "may be blank and is no required value"
    if field.checkable and field.required != "conditional":
        yield "has a condition (when_equals, when_given, unless) and is not conditional"
    yield from (
        f"its condition names {name!r}, which is no field of this table"
        for name in (*field.when_equals, *field.when_given, *field.unless)
        if not any(row.name == name for row in rows)
    )
    if field.withdrawn and field.required is not False:
        yield "is withdrawn and not optional"
    if field.rest and (field.required is not False or not field.parent):
        yield "stands for fields of any name, so it is optional and stands within a node"
    if field.personal and field.personal not in MASKS:
        yield f"personal kind {field.personal!r} is unknown; there are: {', '.join(MASKS)}"
    if (field.least is not None or field.most is not None) and not _is_number(field):
        yield "has a range and is no number (an int, a decimal, or text with format digits)"
    if field.least is not None and field.most is not None and field.least > field.most:
        yield "its range is empty"
    if field.scale is not None and field.kind != "decimal":
        yield "has digits behind the point and is no decimal"


def _is_number(field: Field) -> bool:
    return field.kind in NUMBERS or field.formats == ("digits",)


def _spellings(rows: tuple[Field, ...]) -> Iterator[str]:
    """A profile's spelling must not be another field's name beside it, or nobody knows which is meant."""
    for field in rows:
        beside = [row for row in rows if row.parent == field.parent and row.name != field.name]
        for spelling in (*((field.wire,) if field.wire else ()), *field.aliases):
            if any(spelling in (row.name, row.wire, *row.aliases) for row in beside):
                yield f"{field.name} is spelled {spelling!r}, which is another field's name"


def _code_tables(spec: Spec) -> Iterator[str]:
    used = {field.codes for _, rows in _all_tables(spec) for field in rows}
    for name, table in spec.codes.items():
        if table.binding and not table.rows:
            yield f"code table {name}: has no rows"
        if name not in used and not table.note:
            yield f"code table {name}: no field refers to it, and no note says why"
        strange = sorted(set(table.wire.values()) - table.rows.keys())
        yield from (f"code table {name}: wire code stands for {code!r}, which is no row" for code in strange)
        if len(set(table.wire.values())) < len(table.wire):
            yield f"code table {name}: two wire codes stand for one code"
        for code, said in table.told_as.items():
            if not table.wire:  # what other regions have beyond the standard's table
                if code in table.rows or said not in table.rows:
                    yield f"code table {name}: {code!r} is told as {said!r}, and is a row, or {said!r} is none"
                continue
            if code not in table.rows or code in table.wire.values():
                yield f"code table {name}: {code!r} is told as {said!r}, and is no row, or has a wire code of its own"
            if said not in table.wire.values():
                yield f"code table {name}: {code!r} is told as {said!r}, which has no wire code"


def _return_codes(spec: Spec) -> Iterator[str]:
    for what, named in (("success", spec.success_code), ("fallback", spec.fallback_code)):
        if named not in spec.return_codes:
            yield f"{what}: there is no return code {named}"
    yield from _mapping("errors", spec.errors, spec.return_codes)
    beyond = {code for operation in spec.operations.values() for code in operation.errors.values()}
    reached = {*spec.errors.values(), *beyond, *_repeat_codes(spec), spec.success_code}
    yield from _coverage("return_codes", spec.return_codes, reached, spec.excused)
    for code in spec.return_codes.values():
        if code.code != spec.success_code and not (code.cause and code.remedy):
            yield f"return_codes.{code.code}: has no cause or no remedy"


def _repeat_codes(spec: Spec) -> set[str]:
    return {op.repeat.code for op in spec.operations.values() if op.repeat is not None and op.repeat.code is not None}


def _mapping(place: str, errors: Mapping[str, str], *known: Mapping[str, ReturnCode]) -> Iterator[str]:
    for name, code in errors.items():
        if not any(code in codes for codes in known):
            yield f"{place}.{name}: there is no return code {code}"


def _coverage(
    place: str, codes: Mapping[str, ReturnCode], reached: set[str], excused: Mapping[str, str]
) -> Iterator[str]:
    for code in codes:
        if code not in reached and not excused.get(code):
            yield f"{place}.{code}: no error is mapped to it, and nothing excuses that"
        if code in reached and code in excused:
            yield f"{place}.{code}: is excused although an error is mapped to it"
    yield from (f"excused.{code}: there is no such return code" for code in excused if code not in codes)


def _operation(spec: Spec, operation: Operation) -> Iterator[str]:
    at = operation.name
    for fact in ("title", "caller", "callee"):
        if not getattr(operation, fact):
            yield f"{at}: has no {fact}"
    if operation.transport == "http" and not operation.path:
        yield f"{at}: has no path"
    if operation.effect == "write" and operation.transport == "http" and operation.repeat is None:
        yield f"{at}: writes, and does not say what a repeat gets"
    if operation.repeat is not None:
        names = {field.name for field in operation.asks.printed}
        yield from (f"{at}.repeat: no request field {name!r}" for name in operation.repeat.serial if name not in names)
        if not operation.repeat.serial:
            yield f"{at}.repeat: names no serial"
        code = operation.repeat.code
        if code is not None and code not in operation.returns and code not in spec.return_codes:
            yield f"{at}.repeat: there is no return code {code}"
    asked = {field.name for field in operation.asks.printed if not field.parent}
    yield from (
        f"{at}.either: no request field {name!r}"
        for group in operation.asks.either
        for name in group
        if name not in asked
    )
    if operation.outcome is not None:
        told = {field.name for field in operation.answers.printed}
        outcome = (operation.outcome.code, operation.outcome.message)
        yield from (f"{at}.outcome: no response field {name!r}" for name in outcome if name not in told)
    yield from _mapping(f"{at}.errors", operation.errors, operation.returns, spec.return_codes)
    reached = {*operation.errors.values()} | ({operation.repeat.code or ""} if operation.repeat else set())
    yield from _coverage(f"{at}.returns", operation.returns, reached, operation.excused)


def _texts(spec: Spec) -> Iterator[str]:
    rules = [rule.id for rule in spec.rules] + [rule.id for op in spec.operations.values() for rule in op.rules]
    yield from (f"rules.{name}: stands {times} times" for name, times in Counter(rules).items() if times > 1)
    yield from (f"deviations.{one.where}: does not say why" for one in spec.deviations if not one.why)
