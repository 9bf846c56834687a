"""Return codes as data: what brings one about, what the caller should do, whether to call again, how to see it happen.

Cause and remedy are written for the caller's engineer. A `Provocation` says, in words and in steps that a program can
follow, how a sandbox is made to answer with the code: an input that anybody can send, or a switch of the sandbox.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from yiqiao.spec.document import Section


class Retry(StrEnum):
    """What calling again is good for."""

    NEVER = "never"
    """The same call gets the same answer, and there is nothing in the message to mend."""
    MENDED = "mended"
    """At once, when the message has been mended. The refused one took no effect, so its serial is still free."""
    SAME_SERIAL = "same_serial"
    """Later, unchanged: the first call may have taken effect, and its serial tells."""
    NEW_SERIAL = "new_serial"
    """Only as a business of its own, under a new serial."""


@dataclass(frozen=True)
class Step:
    """One thing to do: send a message (spoiled as said), wait, flip a switch, or meet trouble as a client.

    `send` names the operation of an otherwise good message. `values` and `parameters` replace its business values and
    its envelope's before it is signed, `spoil` its envelope's afterwards; an empty text leaves one out, and `{name}` is
    a value of the last answer. `body` is sent in place of a message. `times` sends it more than once, `fault` asks the
    sandbox for a fault with it, `run` is a command of `yiqiao`, `client` what the calling side is made to meet.
    """

    send: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    spoil: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    times: int = 1
    wait_s: int = 0
    fault: str = ""
    run: str = ""
    client: str = ""


@dataclass(frozen=True)
class Provocation:
    """How to bring a code about: `how` in words, `steps` for a program."""

    how: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class ReturnCode:
    """A return code: its title, what brings it about, what the caller should do, whether to call again."""

    code: str
    title: str
    cause: str = ""
    remedy: str = ""
    retry: Retry = Retry.NEVER
    note: str | None = None
    provoke: Provocation | None = None


def return_codes(section: Section) -> Mapping[str, ReturnCode]:
    """The return codes of a section, in its order. Raises SpecError for what cannot be read."""
    return MappingProxyType({code: _return_code(code, row) for code, row in section.members()})


def _return_code(code: str, row: Section) -> ReturnCode:
    row.only("title", "cause", "remedy", "retry", "note", "provoke")
    return ReturnCode(
        code=code,
        title=row.string("title"),
        cause=row.string("cause", ""),
        remedy=row.string("remedy", ""),
        retry=_retry(row),
        note=row.maybe("note"),
        provoke=_provocation(row.section("provoke")) if "provoke" in row.raw else None,
    )


def _retry(row: Section) -> Retry:
    word = row.string("retry", Retry.NEVER)
    if word not in set(Retry):
        raise row.fault(f"must be one of {', '.join(Retry)}", "retry")
    return Retry(word)


def _provocation(section: Section) -> Provocation:
    section.only("how", "steps")
    return Provocation(section.string("how"), tuple(_steps(section)))


def _steps(section: Section) -> Iterator[Step]:
    for row in section.sections("steps"):
        row.only("send", "values", "parameters", "spoil", "body", "times", "wait_s", "fault", "run", "client")
        yield Step(
            send=row.string("send", ""),
            values=row.section("values").pairs(),
            parameters=row.section("parameters").pairs(),
            spoil=row.section("spoil").pairs(),
            body=row.maybe("body"),
            times=row.number("times") or 1,
            wait_s=row.number("wait_s") or 0,
            fault=row.string("fault", ""),
            run=row.string("run", ""),
            client=row.string("client", ""),
        )
