"""Conditional fields whose condition is data (`when_equals`, `when_given`, `unless`): missing ones are found, at every
depth of a message. So are groups of fields (`either`) of which one must be there whole.
"""

from collections.abc import Iterable, Iterator, Mapping

from pydantic_core import PydanticCustomError

from yiqiao.spec.compiled import parsed_json
from yiqiao.spec.errors import Fault, Path, path_text
from yiqiao.spec.model import Field
from yiqiao.spec.tree import Branch

Values = Mapping[str, object]
Groups = tuple[tuple[str, ...], ...]
LARGEST_CODE = 10**9
"""A bare number from here on is no code."""


def conditional(branches: Iterable[Branch]) -> tuple[Branch, ...]:
    """What of a tree is conditional in a way that can be checked, with the nodes that it stands in."""
    pruned = (Branch(branch.field, conditional(branch.children)) for branch in branches)
    return tuple(branch for branch in pruned if branch.field.checkable or branch.children)


def due(field: Field, values: Values, above: Values) -> bool:
    """Whether a field is required by its condition; what it depends on stands beside it or further up."""

    def value(name: str) -> object:
        return values.get(name, above.get(name))

    return (
        field.checkable
        and all(_code(value(name)) in allowed for name, allowed in field.when_equals.items())
        and not any(_absent(value(name)) for name in field.when_given)
        and all(_absent(value(name)) for name in field.unless)
    )


def _absent(value: object) -> bool:
    return value is None or value == "" or value == []


def _code(value: object) -> str:
    """A value as a code; what cannot be one is the validator's business, and no condition holds for it."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return value if isinstance(value, str) else str(value) if abs(value) < LARGEST_CODE else ""


def conditional_faults(
    branches: tuple[Branch, ...], values: Values, above: Values | None = None, path: Path = ()
) -> Iterator[Fault]:
    """A fault for every conditional field that is due and absent; `branches` are the conditional ones."""
    higher = above or {}
    for branch in branches:
        field, value = branch.field, values.get(branch.field.name)
        here = (*path, field.spelled)
        if _absent(value):
            if due(field, values, higher):
                yield Fault(path_text(here), "conditional", _told(field))
        elif branch.children:
            for place, row in rows(value, here):
                yield from conditional_faults(branch.children, row, {**higher, **values}, place)


def either_faults(groups: Groups, branches: tuple[Branch, ...], values: Values) -> Iterator[Fault]:
    """A fault where none of the groups is there whole; it stands at the first field that is missing."""
    if not groups or any(not any(_absent(values.get(name)) for name in group) for group in groups):
        return
    fields = {branch.field.name: branch.field for branch in branches}
    begun = next((group for group in groups if any(not _absent(values.get(name)) for name in group)), groups[0])
    missing = next(name for name in begun if _absent(values.get(name)))
    wanted = "，或 ".join(
        " 与 ".join(f"{fields[name].spelled}（{fields[name].title}）" for name in group) for group in groups
    )
    yield Fault(path_text((fields[missing].spelled,)), "either", f"{wanted}，至少完整填写一组，请补上")


def rows(value: object, path: Path) -> Iterator[tuple[Path, Values]]:
    """The objects in a node's value, with their paths; what is no object is left to the validator."""
    try:
        value = parsed_json(value)
    except PydanticCustomError:
        return
    if isinstance(value, Mapping):
        yield path, value
    elif isinstance(value, list):
        for index, row in enumerate(value):
            if isinstance(row, Mapping):
                yield (*path, index), row


def _told(field: Field) -> str:
    told = [f"{name} 为 {' 或 '.join(codes)}" for name, codes in field.when_equals.items()]
    told += [f"传了 {name}" for name in field.when_given] + [f"没有传 {name}" for name in field.unless]
    return f"（{field.title}）在 {'、'.join(told)} 时必填，请补上"
