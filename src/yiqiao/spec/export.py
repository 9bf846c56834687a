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
        outcome={"code": operation.outcome.code, "message": operation.outcome.message} if operation.outcome else None,
        ours=operation.ours,
        rules=[{"id": rule.id, "text": rule.text} for rule in operation.rules],
        errors=dict(operation.errors),
        either=[list(group) for group in operation.asks.either],
    ) | {
        "request": [*_root(operation.request_root), *map(exported_field, operation.asks.printed)],
        "response": [*_root(operation.response_root), *map(exported_field, operation.answers.printed)],
        "returns": [exported_return_code(code) for code in operation.returns.values()],
    }


def _root(name: str) -> list[dict[str, object]]:
    """The root element as the standards print it: a row of its own above the others, which then name no parent."""
    return [{"name": name, "type": "Node", "title": "根节点", "required": True}] if name else []


def exported_field(field: Field) -> dict[str, object]:
    """One row."""
    length = field.length if field.scale is None else f"{field.length},{field.scale}"
    return _told(
        name=field.name,
        wire=field.wire,
        aliases=list(field.aliases),
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
        blank=field.blank,
        when=field.when,
        when_equals={name: list(values) for name, values in field.when_equals.items()},
        when_given=list(field.when_given),
        unless=list(field.unless),
        note=field.note,
        personal=field.personal,
        secret=field.secret,
        ours=field.ours,
        rest=field.rest,
        withdrawn=field.withdrawn,
    ) | {"required": field.required}


def _repeat(operation: Operation) -> dict[str, object] | None:
    repeat = operation.repeat
    return None if repeat is None else _told(policy=repeat.policy, serial=list(repeat.serial), code=repeat.code)


def _rows(table: CodeTable) -> list[dict[str, object]]:
    return [{"code": row.code} | _told(title=row.title, note=row.note) for row in table.rows.values()]


def exported_return_code(code: ReturnCode) -> dict[str, object]:
    """One return code."""
    told = _told(code=code.code, title=code.title, cause=code.cause, remedy=code.remedy, note=code.note)
    return told | {"retry": code.retry.value} | _told(provoke=code.provoke.how if code.provoke else None)


def _told(**facts: object) -> dict[str, object]:
    """Only what there is to say; a bound of 0 is something to say."""
    return {name: fact for name, fact in facts.items() if fact or (fact == 0 and fact is not False)}
