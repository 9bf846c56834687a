"""Business content as XML: from a tree of elements to the values of a field table, and from values to XML.

Reading is lenient where senders differ: a list of one, an element twice with the same value, a list wrapped in one more
element than the table has (2.2 and the samples disagree). Writing is strict: names and order of the tables, values in
CDATA, line breaks without carriage returns, since XML would take those away and the signature would no longer hold.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from yiqiao.dialects.convenience.faults import EncryptionFailed
from yiqiao.dialects.convenience.strict_xml import Tree
from yiqiao.spec import Fault, Invalid
from yiqiao.spec.errors import Path, path_text
from yiqiao.spec.tree import Branch

Values = dict[str, object]
_STRANGE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What is no character of XML 1.0."""


def fitted(branches: tuple[Branch, ...], tree: Tree) -> Values:
    """The tree in the shape of the table: lists where it repeats, one value where it does not. Unknown names stay.

    Raises Invalid for an element that stands twice with different values, for elements where a text is due and the
    other way round, and for a name in the wrong case.
    """
    faults: list[Fault] = []
    values = _fitted(branches, _unwrapped(branches, tree), (), faults)
    if faults:
        raise Invalid(tuple(faults))
    return values


class _Names(NamedTuple):
    """The names of a level of a table: as they may be spelled, folded, and those that must be there."""

    known: Mapping[str, Branch]
    folded: Mapping[str, str]
    required: frozenset[str]


_names_of: dict[int, tuple[tuple[Branch, ...], _Names]] = {}


def _names(branches: tuple[Branch, ...]) -> _Names:
    """Made once a level: tables live as long as the process, and are told apart by being the same object."""
    made = _names_of.get(id(branches))
    if made is None or made[0] is not branches:
        by_name = {name: branch for branch in branches for name in (*branch.field.aliases, branch.field.name)}
        known = by_name | {branch.field.spelled: branch for branch in branches}
        required = frozenset(branch.field.spelled for branch in branches if branch.field.required is True)
        made = _names_of[id(branches)] = branches, _Names(known, {name.casefold(): name for name in known}, required)
    return made[1]


def _unwrapped(branches: tuple[Branch, ...], tree: Tree) -> Tree:
    """Records that stand one element deeper than the table has them are lifted; where there are several, the first.
    Where we have added that element to the table, the list stays as well.
    """
    known, _, required = _names(branches)
    if not required or required & tree.keys():
        return tree
    for name, value in tree.items():
        rows, branch = value if isinstance(value, list) else [value], known.get(name)
        lifted = branch is None or branch.field.ours
        if lifted and rows and isinstance(rows[0], dict) and required & rows[0].keys():
            return {**{key: other for key, other in tree.items() if key != name or branch}, **rows[0]}
    return tree


def _fitted(branches: tuple[Branch, ...], tree: Tree, path: Path, faults: list[Fault]) -> Values:
    known, folded, _ = _names(branches)
    values: Values = {}
    for name, value in tree.items():
        branch = known.get(name)
        if branch is None:
            right = folded.get(name.casefold())
            if right is not None and right not in tree:
                faults.append(Fault(path_text((*path, name)), "required", f"元素名区分大小写，应为 {right}"))
            values[name] = value
            continue
        values[name] = _value(branch, value, (*path, name), faults)
    return values


def _value(branch: Branch, value: object, path: Path, faults: list[Fault]) -> object:
    if branch.field.repeats:
        rows = value if isinstance(value, list) else [value]
        return [_one(branch, row, (*path, place), faults) for place, row in enumerate(rows) if row not in ("", {})]
    if isinstance(value, list):
        told = [row for row in value if row not in ("", {})]
        if any(row != told[0] for row in told):
            faults.append(Fault(path_text(path), "type", "出现多次且取值不同，请只保留一个"))
        value = told[0] if told else ""
    return _one(branch, value, path, faults)


def _one(branch: Branch, value: object, path: Path, faults: list[Fault]) -> object:
    if branch.children:
        if isinstance(value, dict):
            return _fitted(branch.children, value, path, faults)
        if value != "":
            faults.append(Fault(path_text(path), "type", "应含有下级元素，收到的是文字"))
        return ""
    if isinstance(value, dict) and branch.field.kind != "node":
        faults.append(Fault(path_text(path), "type", "应为文字，收到的是下级元素"))
        return ""
    return value


def written(root: str, values: Mapping[str, object], *, cdata: bool = True) -> str:
    """The content as one element `root`; "" where there is nothing to say. Raises EncryptionFailed for a character that
    XML does not have.
    """
    return f"<{root}>{''.join(_elements(values, cdata))}</{root}>" if values else ""


def _elements(values: Mapping[str, object], cdata: bool) -> Iterator[str]:
    for name, value in values.items():
        if value.__class__ is str:
            yield f"<{name}>{text(value, name, cdata=cdata)}</{name}>"
        elif value.__class__ is int and cdata:
            yield f"<{name}><![CDATA[{value}]]></{name}>"
        elif value.__class__ is list and value and value[0].__class__ is dict:
            for one in value:
                yield f"<{name}>{''.join(_elements(one, cdata))}</{name}>"
        else:
            yield from _other(name, value, cdata)


def _other(name: str, value: object, cdata: bool) -> Iterator[str]:
    for one in value if isinstance(value, list | tuple) else (value,):
        if isinstance(one, Mapping):
            yield f"<{name}>{''.join(_elements(one, cdata))}</{name}>"
        elif one is not None:
            yield f"<{name}>{text(_told(one), name, cdata=cdata)}</{name}>"


def _told(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def text(value: str, name: str, *, cdata: bool = True) -> str:
    """A value as it stands between its tags; nothing for nothing. Raises EncryptionFailed."""
    if not value:
        return ""
    if not value.isalnum():  # most are numbers and codes
        value = _proper(value, name)
        if cdata:
            value = value.replace("]]>", "]]]]><![CDATA[>")
    if cdata:
        return f"<![CDATA[{value}]]>"
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _proper(value: str, name: str) -> str:
    """The value without carriage returns. Raises EncryptionFailed for a character that XML does not have."""
    if "\r" in value:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    strange = _STRANGE.search(value)
    if strange is not None:
        raise EncryptionFailed(f"{name} 含有 XML 不能表示的字符 U+{ord(strange[0]):04X}，请去掉")
    return value
