"""A specification as plain data: what `yiqiao spec export` prints, for other programs to read and to compare."""

from yiqiao.spec.model import CodeTable, Field
from yiqiao.spec.operation import Operation
from yiqiao.spec.return_codes import ReturnCode
from yiqiao.spec.specification import Spec


def exported(spec: Spec) -> dict[str, object]:
    """Operations with every row of their tables (rows printed twice stand twice), dictionaries, codes, readings."""
    return {
        "dialect": spec.dialect,
        "title": spec.title,
        "profile": spec.profile,
        "about": spec.about,
        "success": spec.success_code,
        "envelope": {
            "request": [exported_field(field) for field in spec.envelope_request],
            "response": [exported_field(field) for field in spec.envelope_response],
        },
        "operations": [exported_operation(operation) for operation in spec.operations.values()],
        "dictionaries": {name: _rows(table) for name, table in spec.codes.items()},
        "return_codes": [exported_return_code(code) for code in spec.return_codes.values()],
        "errors": dict(spec.errors),
        "excused": dict(spec.excused),
        "rules": [{"id": rule.id, "text": rule.text} for rule in spec.rules],
        "readings": [{"where": r.where, "reading": r.reading, "why": r.why} for r in spec.readings],
        "deviations": [{"where": d.where, "why": d.why} for d in spec.deviations],
        "security": dict(spec.security),
        "settings": dict(spec.settings),
        "tolerate": sorted(spec.tolerate),
    }


def exported_operation(operation: Operation) -> dict[str, object]:
    """One operation."""
    return _told(
        name=operation.name,
        code=operation.code,
        title=operation.title,
        about=operation.about,
        chapter=operation.chapter,
        caller=operation.caller,
        callee=operation.callee,
        path=operation.path,
        transport=operation.transport,
        effect=operation.effect,
        repeat=_repeat(operation),
        ours=operation.ours,
        rules=[{"id": rule.id, "text": rule.text} for rule in operation.rules],
        errors=dict(operation.errors),
    ) | {
        "request": [exported_field(field) for field in operation.asks.printed],
        "response": [exported_field(field) for field in operation.answers.printed],
        "returns": [exported_return_code(code) for code in operation.returns.values()],
    }


def exported_field(field: Field) -> dict[str, object]:
    """One row."""
    length = field.length if field.scale is None else f"{field.length},{field.scale}"
    return _told(
        name=field.name,
        wire=field.wire,
        parent=field.parent,
        type=field.type,
        length=length,
        length_unit=field.length_unit if field.length_unit != "characters" else None,
        title=field.title,
        codes=field.codes,
        format=field.format,
        also=list(field.also),
        unit=field.unit,
        least=field.least,
        most=field.most,
        repeats=field.repeats,
        when=field.when,
        when_equals={name: list(values) for name, values in field.when_equals.items()},
        note=field.note,
        personal=field.personal,
        secret=field.secret,
        ours=field.ours,
    ) | {"required": field.required}


def _repeat(operation: Operation) -> dict[str, object] | None:
    repeat = operation.repeat
    return None if repeat is None else _told(policy=repeat.policy, serial=list(repeat.serial), code=repeat.code)


def _rows(table: CodeTable) -> list[dict[str, object]]:
    return [_told(code=row.code, title=row.title, note=row.note) for row in table.rows.values()]


def exported_return_code(code: ReturnCode) -> dict[str, object]:
    """One return code."""
    told = _told(code=code.code, title=code.title, cause=code.cause, remedy=code.remedy, note=code.note)
    return told | {"retry": code.retry.value} | _told(provoke=code.provoke.how if code.provoke else None)


def _told(**facts: object) -> dict[str, object]:
    """Only what there is to say; a bound of 0 is something to say."""
    return {name: fact for name, fact in facts.items() if fact or (fact == 0 and fact is not False)}
