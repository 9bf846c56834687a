"""Names on the wire and names inside: a profile may spell a field otherwise than the standard does.

Below this step everyone sees the standard's own names. Values are never looked at, only moved.
"""

from collections.abc import Callable, Iterator, Mapping

from yiqiao.spec.conditions import rows
from yiqiao.spec.errors import Path, path_text
from yiqiao.spec.tree import Branch

Values = Mapping[str, object]
_Rename = Callable[[tuple[Branch, ...], Values], dict[str, object]]


def canonical(branches: tuple[Branch, ...], values: Values) -> dict[str, object]:
    """From the profile's spelling to the standard's; the standard's own names and unknown ones stay."""
    by_wire = {branch.field.spelled: branch for branch in branches}
    by_alias = {alias: branch for branch in branches for alias in branch.field.aliases}
    by_name = {branch.field.name: branch for branch in branches}
    moved = {}
    for name, value in values.items():
        branch = by_wire.get(name) or by_name.get(name)
        if branch is None and (branch := by_alias.get(name)) and branch.field.name in moved:
            continue  # under its right name already
        moved[branch.field.name if branch else name] = _inside(branch, value, canonical)
    return moved


def spelled(branches: tuple[Branch, ...], values: Values) -> dict[str, object]:
    """From the standard's spelling to the profile's; unknown names stay."""
    by_name = {branch.field.name: branch for branch in branches}
    moved = {}
    for name, value in values.items():
        branch = by_name.get(name)
        moved[branch.field.spelled if branch else name] = _inside(branch, value, spelled)
    return moved


def known(branches: tuple[Branch, ...], values: Values) -> dict[str, object]:
    """What of our own values the table has room for, at every depth; None is dropped."""
    by_name = {branch.field.name: branch for branch in branches}
    return {
        name: _inside(branch, value, known)
        for name, value in values.items()
        if value is not None and (branch := by_name.get(name)) is not None
    }


def unknown(branches: tuple[Branch, ...], values: Values, path: Path = ()) -> Iterator[str]:
    """The paths of names that the table does not have."""
    known = {
        spelling: branch
        for branch in branches
        for spelling in (branch.field.name, branch.field.spelled, *branch.field.aliases)
    }
    rest = any(branch.field.rest for branch in branches)
    for name, value in values.items():
        branch = known.get(name)
        if branch is None:
            if not rest:
                yield path_text((*path, name))
        elif branch.children:
            for place, row in rows(value, (*path, name)):
                yield from unknown(branch.children, row, place)


def _inside(branch: Branch | None, value: object, rename: _Rename) -> object:
    if branch is None or not branch.children:
        return value
    if isinstance(value, list):
        return [rename(branch.children, row) if isinstance(row, Mapping) else row for row in value]
    return rename(branch.children, value) if isinstance(value, Mapping) else value
