"""From the flat rows of a field table to the tree that a message is: nodes hold fields, and nodes again.

A row names its parent by the parent's name alone, as the standards do. A few tables print a row twice; the laxer of
the two is what a message is held against, and `printed` keeps both.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from yiqiao.spec.errors import SpecError
from yiqiao.spec.model import Field, Required

NODES = ("node", "json")
_STRICTNESS: dict[Required, int] = {True: 2, "conditional": 1, False: 0}


@dataclass(frozen=True)
class Branch:
    """A field, and for a node what stands in it."""

    field: Field
    children: tuple["Branch", ...] = ()


def collapse(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Each field once, in the order of first appearance; of rows printed twice the laxer reading."""
    found: dict[tuple[str, str], Field] = {}
    for field in fields:
        key = (field.parent, field.name)
        found[key] = _laxer(found[key], field) if key in found else field
    return tuple(found.values())


def _laxer(one: Field, other: Field) -> Field:
    base = min(one, other, key=lambda field: _STRICTNESS[field.required])
    unlimited = one.length is None or other.length is None
    return replace(base, length=None if unlimited else max(one.length or 0, other.length or 0))


def grow(fields: Iterable[Field], parent: str = "", above: tuple[str, ...] = ()) -> tuple[Branch, ...]:
    """The tree under `parent`. Raises SpecError for a node that holds itself."""
    rows = tuple(fields)
    if parent in above:
        raise SpecError(f"node {parent} holds itself, by way of {' / '.join(above)}")
    below = (*above, parent) if parent else above
    return tuple(
        Branch(field, grow(rows, field.name, below) if field.kind in NODES else ())
        for field in rows
        if field.parent == parent
    )


def walk(branches: Iterable[Branch]) -> Iterator[Branch]:
    """All branches, parents first."""
    for branch in branches:
        yield branch
        yield from walk(branch.children)
