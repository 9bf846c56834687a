"""Nested JSON in business parameters: objects within objects, or as text that holds JSON; either is read, one is sent.

The tables call nodes `Json字符串` and the samples nest objects; only medicalContent of a recharge is a text that holds
JSON (`JSON串`).
"""

import json
from collections.abc import Mapping, Sequence

import orjson

from yiqiao.spec.tree import Branch

AS_TEXT = "JSON串"


def written(branches: Sequence[Branch], values: Mapping[str, object]) -> dict[str, object]:
    """Values as they are sent: nodes nested, but for those that the standard wants as text."""
    known = {branch.field.spelled: branch for branch in branches}
    return {name: _written(known.get(name), value) for name, value in values.items()}


def _written(branch: Branch | None, value: object) -> object:
    if branch is None or not isinstance(value, Mapping):
        return value
    inner = written(branch.children, value)
    return orjson.dumps(inner).decode() if branch.field.type == AS_TEXT else inner


def read(branches: Sequence[Branch], values: Mapping[str, object]) -> dict[str, object]:
    """Values as they came, with nodes that came as text opened; what is no JSON stays as it is."""
    known = {branch.field.name: branch for branch in branches if branch.field.kind == "json"}
    return {name: _read(known[name], value) if name in known else value for name, value in values.items()}


def _read(branch: Branch, value: object) -> object:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value else value
        except (ValueError, RecursionError):
            return value
    if isinstance(value, Mapping):
        return read(branch.children, value)
    return [_read(branch, row) for row in value] if isinstance(value, list) else value
