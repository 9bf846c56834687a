"""Which rules of a standard no test names. A rule is named by the id under which it stands in the specification:

- by a test's function: `test_rule_`, the id in small letters with `_` for `.` and `-`, then whatever it says. Of
  several ids that such a name begins with, the longest is meant: `test_rule_lock_once_…` shows `lock.once`, not `lock`;
- in the docstring of a test, or of a module of tests, as a word of its own. An id that is an ordinary word (`order`,
  `size`) is a name there only between backquotes, or where it opens the docstring before a comma, a colon or its end.
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from yiqiao.spec import Spec

_FUNCTION = re.compile(r"test_rule_(\w+)")


def unnamed(spec: Spec, folders: Iterable[Path], for_people: Collection[str] = ()) -> list[str]:
    """The ids of `spec`'s rules that no test under `folders` names, sorted.

    folders: folders whose `test_*.py` are read, at any depth, or single such files.
    for_people: ids of rules that say what people do, and that no test can hold. ValueError if one is no rule of `spec`.
    """
    ids = {rule.id for rule in spec.rules} | {rule.id for one in spec.operations.values() for rule in one.rules}
    if strangers := sorted(set(for_people) - ids):
        raise ValueError(f"no rules of this specification: {', '.join(strangers)}")
    named: set[str] = set()
    for path in _modules(folders):
        module = ast.parse(path.read_text(encoding="utf-8"))
        named |= _told(ids, ast.get_docstring(module))
        for test in _tests(module):
            named |= _meant(ids, test.name) | _told(ids, ast.get_docstring(test))
    return sorted(ids - named - set(for_people))


def _modules(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        found = [folder] if folder.is_file() else sorted(folder.rglob("test_*.py"))
        if not found:
            raise ValueError(f"no tests under {folder}")
        yield from found


def _tests(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
            yield node


def _meant(ids: Collection[str], function: str) -> set[str]:
    """The id that a function's name begins with; more than one if they differ in their punctuation only."""
    match = _FUNCTION.fullmatch(function)
    if match is None:
        return set()
    said = match[1].lower() + "_"
    fitting = {one: slug for one in ids if said.startswith(slug := re.sub(r"[.-]", "_", one.lower()) + "_")}
    longest = max(map(len, fitting.values()), default=0)
    return {one for one, slug in fitting.items() if len(slug) == longest}


def _told(ids: Collection[str], docstring: str | None) -> set[str]:
    """The ids that a docstring names."""
    return {one for one in ids if docstring and re.search(_word(one), docstring)}


def _word(rule: str) -> str:
    if re.search(r"[^a-z]", rule):
        return rf"(?<![\w.-]){re.escape(rule)}(?![\w-]|\.\w)"
    return rf"`{rule}`|\A{rule}(?:\Z|[:,] )"
