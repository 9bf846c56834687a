"""Sample messages: every field of a table with a value that its specification accepts, the same for the same seed.

A field's own `samples` come first (invented persons, whose lists run in parallel: the third name belongs to the third
certificate), then its code table, then its format, then its title as text. In a sample, `{n}` becomes eight digits.
"""

from yiqiao.spec.compiled import Tables, gbk_length
from yiqiao.spec.dice import Dice
from yiqiao.spec.formats import known_format
from yiqiao.spec.model import Field
from yiqiao.spec.tree import Branch

ROWS = 2
"""Rows in a sample of something that repeats."""


def sampled(branches: tuple[Branch, ...], codes: Tables, seed: int, place: str) -> dict[str, object]:
    """A value for every field, by the canonical names."""
    return {
        branch.field.name: _value(branch, codes, seed, f"{place}/{branch.field.name}")
        for branch in branches
        if not branch.field.rest
    }


def _value(branch: Branch, codes: Tables, seed: int, place: str) -> object:
    if branch.field.repeats:
        return [_one(branch, codes, seed + row, f"{place}[{row}]") for row in range(ROWS)]
    return _one(branch, codes, seed, place)


def _one(branch: Branch, codes: Tables, seed: int, place: str) -> object:
    field, dice = branch.field, Dice(f"{seed}/{place}")
    if field.kind in ("node", "json", "any"):
        return sampled(branch.children, codes, seed, place)
    if field.samples:
        return _cut(field.samples[seed % len(field.samples)].replace("{n}", f"{dice(10**8):08}"), field)
    if field.codes and codes[field.codes].binding:
        rows = list(codes[field.codes].wire.values() or codes[field.codes].rows)
        return rows[dice(len(rows))]
    if field.kind in ("int", "decimal") or field.least is not None or field.most is not None:
        return _number(field, dice)
    for name in field.formats:
        found = known_format(name)
        if found is not None:
            return _fitting(found.sample(dice), field)
    return _cut(f"{field.title}{dice(1000)}", field)


def _number(field: Field, dice: Dice) -> str:
    least = field.least if field.least is not None else 0
    whole_digits = (field.length or 4) - (field.scale or 0)
    most = field.most if field.most is not None else least + min(999, 10**whole_digits - 1 - least)
    number = least + dice(most - least + 1)
    return f"{number}.{'0' * field.scale}" if field.scale and number < most else str(number)


def _fitting(text: str, field: Field) -> str:
    """Cut to whole groups of four, so that what was hexadecimal or BASE64 still is."""
    if field.length is None or len(text) <= field.length:
        return text
    return text[: max(field.length - field.length % 4, 1)]


def _cut(text: str, field: Field) -> str:
    if field.length is None:
        return text
    if field.length_unit != "gbk":
        return text[: field.length]
    while gbk_length(text) > field.length:
        text = text[:-1]
    return text
