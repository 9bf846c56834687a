"""What a specification is made of: fields, code tables, rules, readings. Values only, and what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Required = Literal["conditional"] | bool


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a field table, as the standard prints it, and what the hub makes of it.

    `parent` is the node that holds the field ("" for the top level), `length` counts characters (GBK bytes where
    `length_unit` is "gbk"; digits for numbers, with `scale` of them behind the point). `wire` is how a profile spells
    the name, where it differs. `personal` is the kind of masking (see spec/masking.py), "" for a field about nobody.
    """

    name: str
    title: str
    type: str
    kind: str
    parent: str = ""
    length: int | None = None
    scale: int | None = None
    length_unit: str = "characters"
    required: Required = False
    codes: str | None = None
    format: str | None = None
    also: tuple[str, ...] = ()
    """Formats that are accepted beside `format`; what is sent has `format`."""
    unit: str | None = None
    least: int | None = None
    most: int | None = None
    repeats: bool = False
    lines: bool = False
    """Line breaks and tabs are allowed in the text."""
    blank: bool = False
    """Always there, perhaps without a value: on input it may be missing, and where we have none it goes out empty."""
    when: str | None = None
    when_equals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Makes a conditional field checkable: required when each named field has one of the values."""
    when_given: tuple[str, ...] = ()
    """The same: required when each named field has a value."""
    unless: tuple[str, ...] = ()
    """The same: required when none of the named fields has a value."""
    handler: bool = False
    """Format, codes and range are judged by the operation, which has a return code of its own for them."""
    note: str | None = None
    personal: str = ""
    secret: bool = False
    ours: bool = False
    """The standard's table lacks the row; it is this hub's addition."""
    rest: bool = False
    """Stands for fields of any name beside the named ones: what its node holds else is let through unseen."""
    withdrawn: bool = False
    """The standard has taken it back and still prints it: it is not sent, and what comes in it is not looked at."""
    wire: str = ""
    aliases: tuple[str, ...] = ()
    """Other spellings that are accepted on input: the standard's own slips, and those of senders."""
    samples: tuple[str, ...] = ()

    @property
    def spelled(self) -> str:
        """The name as it stands on the wire."""
        return self.wire or self.name

    @property
    def checkable(self) -> bool:
        """Whether its condition is data."""
        return bool(self.when_equals or self.when_given or self.unless)

    @property
    def formats(self) -> tuple[str, ...]:
        """All formats that are accepted."""
        return (self.format, *self.also) if self.format else self.also


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code and what it stands for."""

    code: str
    title: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class CodeTable:
    """A dictionary of the standard."""

    name: str
    title: str
    rows: Mapping[str, CodeRow]
    chapter: str = ""
    note: str | None = None
    ours: bool = False
    wire: Mapping[str, str] = field(default_factory=dict)
    """Where a profile codes otherwise: from each code on the wire to the standard's. None else is accepted then."""
    open: bool = False
    """The standard refers to it and its list is not at hand: while it has no rows, any code passes."""
    told_as: Mapping[str, str] = field(default_factory=dict)
    """What such a profile has no code for: from the standard's code to the one that an answer says in its place."""

    @property
    def binding(self) -> bool:
        """Whether a code must be one of its rows."""
        return bool(self.rows) or not self.open


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the standard in the project's words; tests name it by `id`."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Where the standard leaves a choice: which one is taken, and why."""

    where: str
    reading: str
    why: str


@dataclass(frozen=True, slots=True)
class Deviation:
    """Where the specification says something else than the standard's text, and why."""

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """An operation that succeeds on the envelope and tells how it ended in two fields of its answer, where its own
    return codes then stand.
    """

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """What a second call with the same business serial gets: refused with `code`, the first answer again, or, where
    what was begun takes its time, how it stands by now (`standing`; the operation sees that nothing is done twice).
    """

    policy: Literal["refuse", "replay", "standing"]
    serial: tuple[str, ...]
    code: str | None = None
