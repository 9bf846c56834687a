"""A standard's titles and explanations in English, for readers who have no Chinese: `english.yaml` beside spec.yaml.

The standards are Chinese, and so is a Spec; this is read only where somebody asks for English. What has no English text
is shown in Chinese.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from yiqiao.spec.document import Section, read


@dataclass(frozen=True)
class OperationWords:
    """What an operation is called, and what it is for."""

    title: str
    about: str


@dataclass(frozen=True)
class CodeWords:
    """A return code explained."""

    title: str
    cause: str
    remedy: str
    provoke: str


@dataclass(frozen=True)
class English:
    """By the names of a Spec: operations, fields, code tables, return codes, profiles."""

    title: str = ""
    about: str = ""
    operations: Mapping[str, OperationWords] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    return_codes: Mapping[str, CodeWords] = field(default_factory=dict)


@cache
def english(dialect: str) -> English:
    """The English words of a dialect that there is; none where nobody wrote any. Raises SpecError for a bad file."""
    file = files("yiqiao").joinpath("dialects", dialect, "english.yaml")
    return _english(read(file, f"{dialect}/english.yaml")) if file.is_file() else English()


def _english(document: Section) -> English:
    document.only("title", "about", "operations", "fields", "codes", "return_codes")
    return English(
        title=document.string("title"),
        about=document.string("about"),
        operations={
            name: OperationWords(row.string("title"), row.string("about"))
            for name, row in document.section("operations").members()
        },
        fields=document.section("fields").pairs(),
        codes=document.section("codes").pairs(),
        return_codes={code: _code(row) for code, row in document.section("return_codes").members()},
    )


def _code(row: Section) -> CodeWords:
    row.only("title", "cause", "remedy", "provoke")
    return CodeWords(row.string("title"), row.string("cause"), row.string("remedy"), row.string("provoke"))
