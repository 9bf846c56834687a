"""What can be wrong: with a specification (SpecError), and with a message held against one (Invalid, of Faults)."""

from collections.abc import Iterable
from dataclasses import dataclass

from yiqiao.errors import DomainError

Path = tuple[str | int, ...]
TOLD = 50
"""Faults that are written out in a message; a longer list is cut and its length told."""


class SpecError(ValueError):
    """A specification, a profile, or a program that uses them, is wrong; the text says in which file and where."""


@dataclass(frozen=True)
class Fault:
    """One rule that a message breaks: where (`card_list[1].card_no`), which rule, and in Chinese what to do about it.

    The message never holds a personal value in full, and never a secret one at all.
    """

    path: str
    rule: str
    message: str


class Invalid(DomainError):
    """A message that breaks its specification; `faults` holds everything that is wrong with it, at most one a place."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(_told(faults))
        self.faults = faults


def _told(faults: tuple[Fault, ...]) -> str:
    lines = [_line(fault) for fault in faults[:TOLD]]
    if len(faults) == 1:
        return f"请求参数有误：{lines[0]}"
    if len(faults) > TOLD:
        lines.append("其余从略")
    # The places come first: a return message is short on most wires, and cut at its end.
    places = "、".join(fault.path for fault in faults[:TOLD])
    return f"请求参数有 {len(faults)} 处错误（{places}）：" + "；".join(lines)


def _line(fault: Fault) -> str:
    gap = "" if not fault.path or fault.message.startswith("（") else " "
    return f"{fault.path}{gap}{fault.message}"


def path_text(path: Iterable[str | int]) -> str:
    """`("card_list", 1, "card_no")` as `card_list[1].card_no`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
