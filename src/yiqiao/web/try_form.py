"""A form for an operation, made from its specification: an input a field, with its title, rule and code table."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from yiqiao.dialects.ehealth_card.scheme import scheme
from yiqiao.spec import CodeRow, Field, Operation, Spec
from yiqiao.spec.tree import NODES
from yiqiao.web.reference.fields import MUST

MOST_TO_CHOOSE = 24
"""Rows of a code table that still fit a list to choose from; in a longer one typing finds faster."""
LONG = 250
"""Characters from which a text gets more than one line."""
PUBLIC = "public."
"""Before the names of public parameters, which a field of the content may be named like."""


@dataclass(frozen=True)
class Input:
    """One input. `kind`: choice (of `options`), list (a text with `options` to pick from), area or text; `must`: yes,
    no or conditional; `rule` says in the specification's words what else holds.
    """

    name: str
    field: str
    title: str
    kind: str
    must: str
    value: str
    options: tuple[CodeRow, ...] = ()
    length: int | None = None
    rule: str = ""


def inputs(spec: Spec, operation: Operation, values: Mapping[str, str]) -> tuple[Input, ...]:
    """The inputs of the content; a node is one of them, as JSON."""
    return tuple(_input(spec, field, values.get(field.name, "")) for field in operation.request if not field.parent)


def public_inputs(spec: Spec, terminals: tuple[CodeRow, ...], values: Mapping[str, str]) -> tuple[Input, ...]:
    """The public parameters that can be chosen: terminal, digest, cipher."""
    admitted = scheme(spec.security)
    choices = {
        "term_id": terminals,
        "sign_type": tuple(CodeRow(name, name) for name in admitted.sign_types),
        "enc_type": tuple(CodeRow(name, name) for name in admitted.enc_types),
    }
    titles = {field.name: field.title for field in spec.envelope_request}
    return tuple(
        Input(PUBLIC + name, name, titles[name], "choice", "yes", values.get(PUBLIC + name, rows[0].code), rows)
        for name, rows in choices.items()
    )


def content(operation: Operation, sent: Mapping[str, str]) -> dict[str, object]:
    """What a sent form holds: the fields with a value. JSON that can be read goes as such, else as the text it is."""
    given = ((field, sent.get(field.name, "").strip()) for field in operation.request if not field.parent)
    return {field.name: _json(text) if field.kind in NODES else text for field, text in given if text}


def _json(text: str) -> object:
    try:
        parsed: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return parsed


def _input(spec: Spec, field: Field, value: str) -> Input:
    table = spec.codes.get(field.codes) if field.codes else None
    options = tuple(table.rows.values()) if table else ()
    return Input(
        name=field.name,
        field=field.name,
        title=field.title,
        kind=_kind(field, options),
        must=MUST[field.required],
        value=value,
        options=options,
        length=field.length,
        rule=field.when or field.note or "",
    )


def _kind(field: Field, options: tuple[CodeRow, ...]) -> str:
    if options:
        return "choice" if len(options) <= MOST_TO_CHOOSE else "list"
    return "area" if field.kind in NODES or (field.length or 0) > LONG else "text"
