"""Rules of quality: files that can be read, changed and added without a change of the program.

    id: recipe-unreviewed          letters, digits, hyphens; unique; a later folder's rule replaces an earlier one's
    title: 处方未经药师审核
    sort: completeness             completeness, timeliness, consistency or plausibility
    weight: serious                serious, ordinary or minor
    record: recipe                 the kind of record that it speaks of
    tell: 处方 {recipeId} 没有…      a sentence; in braces, columns that `finds` gives
    remedy: …                      what the hospital is to do
    words: {narcotics: [吗啡, …]}    lists that are at hand as tables, with one column `word`; may be left out
    since: 2026-01-01              first day to which it applies; may be left out
    finds: SELECT _key, recipeId FROM recipe WHERE …

`finds` sees a table for each kind of record with the standard's fields (`yiqiao supervision rules --columns`), with the
records of the day under review (`_own`) and those that they belong to, and `review(day, now)` of one row.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from yiqiao.crypto import sm3
from yiqiao.errors import DomainError

SORTS: Mapping[str, str] = {
    "completeness": "完整性",
    "timeliness": "及时性",
    "consistency": "一致性",
    "plausibility": "合理性",
}
WEIGHTS: Mapping[str, str] = {"serious": "严重", "ordinary": "一般", "minor": "提示"}
_NAMED = re.compile(r"\{(\w+)\}")
_FOLDER = "rules"


class RuleUnusable(DomainError):
    """A rule's file cannot be used; the message says which and why."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"质控规则 {where} 不能使用：{why}")


class Rule(BaseModel):
    """A rule; see the module's text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
    title: Annotated[str, Field(min_length=1, max_length=64)]
    sort: Literal["completeness", "timeliness", "consistency", "plausibility"]
    weight: Literal["serious", "ordinary", "minor"]
    record: str
    tell: Annotated[str, Field(min_length=1, max_length=500)]
    remedy: Annotated[str, Field(min_length=1, max_length=500)]
    words: Mapping[Annotated[str, Field(pattern=r"^[a-z_]+$")], tuple[str, ...]] = Field(default_factory=dict)
    since: date | None = None
    finds: Annotated[str, Field(min_length=1)]

    @property
    def named(self) -> frozenset[str]:
        """The columns that the sentence names."""
        return frozenset(_NAMED.findall(self.tell))

    def told(self, values: Mapping[str, str]) -> str:
        """The sentence, of values by column."""
        return _NAMED.sub(lambda found: values[found[1]], self.tell)


class Rules:
    """Rules that go together; `digest` changes with any of them."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.by_id: Mapping[str, Rule] = {rule.id: rule for rule in rules}
        plain = [rule.model_dump(mode="json") for _, rule in sorted(self.by_id.items())]
        self.digest = sm3(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS))

    def title(self, rule_id: str) -> str:
        """What a rule is called; its id where there is none of that name any more."""
        rule = self.by_id.get(rule_id)
        return rule.title if rule else rule_id


def load_rules(folder: Path | None = None) -> Rules:
    """The rules that come with the hub, and over them those of a folder. Raises RuleUnusable."""
    return Rules((*_our_own(), *(_read(path.name, path.read_text("utf-8")) for path in _in(folder))))


@cache
def _our_own() -> Sequence[Rule]:
    found = (files(__package__) / _FOLDER).iterdir()
    return [_read(one.name, one.read_text("utf-8")) for one in sorted(found, key=lambda one: one.name)]


def _in(folder: Path | None) -> Sequence[Path]:
    if folder is None:
        return ()
    if not folder.is_dir():
        raise RuleUnusable(str(folder), "没有这个目录")
    return sorted(folder.glob("*.yaml"))


def _read(where: str, text: str) -> Rule:
    try:
        content = yaml.load(text, Loader=yaml.CSafeLoader)
        return Rule.model_validate(content)
    except yaml.YAMLError as error:
        raise RuleUnusable(where, f"不是合法的 YAML（{' '.join(str(error).split())}）") from None
    except ValidationError as error:
        faults = "；".join(f"{'.'.join(map(str, one['loc'])) or '文件'}: {one['msg']}" for one in error.errors())
        raise RuleUnusable(where, faults) from None
