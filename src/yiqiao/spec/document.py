"""Reading YAML of specifications: every value is taken out by its type, and what is wrong is told with file and line.

YAML's own traps are closed here: a key twice is an error, and so is a code that was not quoted and became a number.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources.abc import Traversable
from sys import intern
from typing import TypeVar

import yaml

from yiqiao.spec.errors import SpecError

T = TypeVar("T")
Raw = Mapping[str, object]


class _Loader(yaml.CSafeLoader):
    """Safe, fast, and strict about keys that stand twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen: set[object] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> str:
        return intern(super().construct_scalar(node))  # thousands of rows say the same few words: each is kept once


@dataclass(frozen=True)
class Section:
    """A mapping within a document, and where it stands."""

    file: str
    raw: Raw
    path: tuple[str, ...] = ()
    text: str = field(default="", repr=False)
    """The document's text, for line numbers."""
    parts: "Mapping[tuple[str, ...], Section]" = field(default_factory=dict, repr=False)
    """Where the document is put together of several files: the file by the first two steps of a path."""

    def fault(self, message: str, key: str | None = None) -> SpecError:
        """An error that names file, line and place."""
        path = (*self.path, key) if key is not None else self.path
        source = self.parts.get(path[:2], self)
        line = _line(source.text, path)
        return SpecError(f"{source.file}{f':{line}' if line else ''}: {'.'.join(path) or 'document'}: {message}")

    def only(self, *keys: str) -> None:
        """Refuse keys that mean nothing, for they are misspelt ones."""
        for key in self.raw:
            if key not in keys:
                raise self.fault(f"unknown key; there are: {', '.join(sorted(keys))}", str(key))

    def string(self, key: str, default: str | None = None) -> str:
        """A text; required where there is no default."""
        value = self.maybe(key)
        if value is None and default is None:
            raise self.fault("is missing", key)
        return default or "" if value is None else value

    def maybe(self, key: str) -> str | None:
        """A text, or None where there is none."""
        return self._typed(key, str, "a text (put it in quotes)")

    def flag(self, key: str) -> bool:
        """true or false; false where absent."""
        return self._typed(key, bool, "true or false") or False

    def number(self, key: str) -> int | None:
        """A whole number, or None where there is none."""
        return self._typed(key, int, "a whole number")

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where absent."""
        values: list[object] = self._typed(key, list, "a list of texts") or []
        if not all(isinstance(value, str) for value in values):
            raise self.fault("must be a list of texts (put numbers in quotes)", key)
        return tuple(str(value) for value in values)

    def section(self, key: str) -> "Section":
        """A mapping; empty where absent."""
        raw: dict[object, object] = self._typed(key, dict, "a mapping") or {}
        return replace(self, raw=self._named(key, raw), path=(*self.path, key))

    def sections(self, key: str) -> Iterator["Section"]:
        """A list of mappings, each told by its name, id or code where it has one; nothing where absent."""
        rows: list[object] = self._typed(key, list, "a list of mappings") or []
        for index, row in enumerate(rows):
            if not isinstance(row, dict):
                raise self.fault(f"row {index + 1} must be a mapping", key)
            raw = self._named(key, row)
            yield replace(self, raw=raw, path=(*self.path, key, _row_name(raw, index)))

    def members(self) -> Iterator[tuple[str, "Section"]]:
        """The mappings within this mapping, in order."""
        for key in self.raw:
            yield key, self.section(key)

    def pairs(self) -> dict[str, str]:
        """This mapping as text to text."""
        return {key: self.string(key) for key in self.raw}

    def _typed(self, key: str, kind: type[T], what: str) -> T | None:
        value = self.raw.get(key)
        if value is None:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.fault(f"must be {what}", key)
        return value

    def _named(self, key: str, raw: Mapping[object, object]) -> Raw:
        for name in raw:
            if not isinstance(name, str):
                raise self.fault(f"key {name!r} must be a text (put it in quotes)", key)
        return {str(name): value for name, value in raw.items()}


def read(resource: Traversable, file: str) -> Section:
    """A YAML file as a section. Raises SpecError for what is no YAML, or no mapping."""
    text = resource.read_text(encoding="utf-8")
    return parse(text, file)


def parse(text: str, file: str) -> Section:
    """The same, from text."""
    try:
        # _Loader is a safe loader; ruff knows only those of the library by name.
        raw = _Loader(text).get_single_data()
    except yaml.YAMLError as error:
        raise SpecError(f"{file}: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict) or not all(isinstance(key, str) for key in raw):
        raise SpecError(f"{file}: must be a mapping with text keys")
    return Section(file, raw, (), text)


def _row_name(row: Raw, index: int) -> str:
    for key in ("name", "id", "code", "where"):
        if isinstance(row.get(key), str):
            return str(row[key])
    return str(index)


def _line(text: str, path: Iterable[str]) -> int | None:
    """The line where a place begins, or the nearest above it that can be found; None without the text."""
    node = yaml.compose(text, Loader=yaml.CSafeLoader) if text else None
    line = None
    for step in path:
        found = _step(node, step)
        if found is None:
            break
        node, line = found
    return line


def _step(node: yaml.Node | None, step: str) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, row in enumerate(node.value):
            pairs = row.value if isinstance(row, yaml.MappingNode) else []
            facts = {key.value: value.value for key, value in pairs}
            if _row_name(facts, index) == step:
                return row, row.start_mark.line + 1
    return None
