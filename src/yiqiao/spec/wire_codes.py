"""Codes on the wire and codes inside: a profile may write a code otherwise than the standard does.

Two regions give the same number to different things, so nothing is passed through: a code that the profile's list does
not have is refused, whatever it would mean in the standard.
"""

from collections.abc import Callable, Iterator, Mapping

from yiqiao.spec.errors import Fault, Invalid, Path, SpecError, path_text
from yiqiao.spec.model import CodeTable, Field
from yiqiao.spec.tree import Branch

Values = Mapping[str, object]
Tables = Mapping[str, CodeTable]
_Recode = Callable[[Field, CodeTable, str, Path], object]


def inward(branches: tuple[Branch, ...], codes: Tables, values: Values) -> dict[str, object]:
    """From the profile's codes to the standard's. Raises Invalid, with every code that the profile does not have."""
    faults: list[Fault] = []

    def read(field: Field, table: CodeTable, code: str, path: Path) -> object:
        if code in table.wire:
            return table.wire[code]
        known = "、".join(f"{wire} {table.rows[ours].title}" for wire, ours in table.wire.items())
        faults.append(Fault(path_text(path), "code", f"（{field.title}）代码不在字典内，可用：{known}"))
        return None

    told = _recoded(branches, codes, values, read)
    if faults:
        raise Invalid(tuple(faults))
    return told


def lenient(branches: tuple[Branch, ...], codes: Tables, values: Values) -> dict[str, object]:
    """The same for what somebody else has answered: a code that the profile does not have is left out."""
    return _recoded(branches, codes, values, lambda field, table, code, path: table.wire.get(code))


def outward(branches: tuple[Branch, ...], codes: Tables, values: Values) -> dict[str, object]:
    """The way back. Raises SpecError for a code that the profile cannot write; the text names the field alone."""

    return _recoded(branches, codes, values, lambda field, table, code, path: recoded(field, table, code))


def recoded(field: Field, table: CodeTable, value: object) -> object:
    """One code of the standard, or a list of them, as the profile writes it. Raises SpecError likewise."""
    if isinstance(value, list | tuple):
        return [recoded(field, table, one) for one in value]
    for wire, ours in table.wire.items():
        if ours == str(value):
            return wire
    raise SpecError(f"field {field.spelled}: the profile has no code for what is to be said")


def answered(field: Field, table: CodeTable, value: object) -> object:
    """The same in an answer, where what the profile has no code for is told as it says. What somebody is asked to do
    is never put in other words than were meant.
    """
    if isinstance(value, list | tuple):
        return [answered(field, table, one) for one in value]
    return recoded(field, table, table.told_as.get(str(value), value))


def _recoded(
    branches: tuple[Branch, ...], codes: Tables, values: Values, recode: _Recode, path: Path = ()
) -> dict[str, object]:
    out = dict(values)
    for branch in branches:
        field, value = branch.field, out.get(branch.field.name)
        if value is None or value == "":
            continue
        here = (*path, field.spelled)
        if branch.children:
            out[field.name] = _node(branch, codes, value, recode, here)
        elif field.codes and codes[field.codes].wire:
            out[field.name] = recode(field, codes[field.codes], str(value), here)
    return out


def _node(branch: Branch, codes: Tables, value: object, recode: _Recode, path: Path) -> object:
    if isinstance(value, Mapping):
        return _recoded(branch.children, codes, value, recode, path)
    if isinstance(value, list):
        return list(_rows(branch, codes, value, recode, path))
    return value


def _rows(branch: Branch, codes: Tables, value: list[object], recode: _Recode, path: Path) -> Iterator[object]:
    for place, row in enumerate(value):
        if isinstance(row, Mapping):
            yield _recoded(branch.children, codes, row, recode, (*path, place))
        else:
            yield row
