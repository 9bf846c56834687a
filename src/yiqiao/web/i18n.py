"""The words of the pages: Chinese first, English by switch, both from one table (the files in messages/).

A page's language is the one asked for (`?lang=en`), which a cookie then remembers; else the cookie's; else Chinese,
whatever the browser prefers: operators' desks in a hospital often carry a browser with a foreign default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

import yaml
from starlette.requests import Request

from yiqiao.errors import DomainError

COOKIE = "yiqiao_lang"


class Language(StrEnum):
    """The languages of the pages; the value names the column of the table."""

    CHINESE = "zh"
    ENGLISH = "en"

    @property
    def tag(self) -> str:
        """The language tag for the page's `lang` attribute (BCP 47)."""
        return {"zh": "zh-CN", "en": "en"}[self.value]

    @property
    def other(self) -> "Language":
        """The one that the switch leads to."""
        return Language.ENGLISH if self is Language.CHINESE else Language.CHINESE


@dataclass(frozen=True)
class Words:
    """The table read in one language: `words("start.title")`, with `{names}` filled in."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key. Raises KeyError for one that is not in the table."""
        return table()[key][self.language].format(**values)

    def of(self, prefix: str, name: str, otherwise: str) -> str:
        """The text of `prefix.name`, or `otherwise`: for names that come from data."""
        row = table().get(f"{prefix}.{name}")
        return row[self.language] if row else otherwise

    def refusal(self, error: DomainError) -> str:
        """What a refusal says. Its own message is Chinese; in English the table knows the ones that pages can meet."""
        return error.message if self.language is Language.CHINESE else self.of("refusal", error.name, error.message)


@cache
def table() -> Mapping[str, Mapping[str, str]]:
    """Every text by its dotted key, in both languages. Raises ValueError for a text that lacks one."""
    found: dict[str, Mapping[str, str]] = {}
    for file in (files(__package__) / "messages").iterdir():
        raw = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for section, rows in raw.items():
            for name, row in rows.items():
                key = f"{section}.{name}"
                if set(row) != {"zh", "en"} or key in found:
                    raise ValueError(f"{file.name}: {key} needs zh and en, and to stand once")
                found[key] = row
    return found


def language_of(request: Request) -> Language:
    """The language to show a page in."""
    for said in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if said in set(Language):
            return Language(said)
    return Language.CHINESE
