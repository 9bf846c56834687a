"""A HIS in the test's own hands: it does what the script says, and counts what it has really done."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from yiqiao.adapters.callback.line import IN_HAND, NOTHING_DONE, OUTCOME, Answer, Content
from yiqiao.adapters.lines import NoAnswer, NotConnected

Step = Callable[["Scripted", str, Content], Answer]


@dataclass
class Scripted:
    """`Line` to a HIS that keeps the contract; `script` says what the line and the HIS do, call by call."""

    answers: dict[str, Answer] = field(default_factory=dict)
    script: list[Step] = field(default_factory=list)
    did: list[str] = field(default_factory=list)
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    known: dict[tuple[object, ...], Answer] = field(default_factory=dict)

    async def ask(self, kind: str, content: Content) -> Answer:
        self.heard.append((kind, dict(content)))
        step = self.script.pop(0) if self.script else answers
        return step(self, kind, content)

    async def close(self) -> None:
        pass

    def asked(self, kind: str) -> int:
        """How often this was asked."""
        return sum(one == kind for one, _ in self.heard)

    def act(self, kind: str, content: Content) -> Answer:
        """What a HIS does that keeps the contract: once an attempt, whoever comes first."""
        key = (content["kind"] if kind == OUTCOME else kind, content["serial"], content["attempt"])
        if key not in self.known:
            self.known[key] = Answer(NOTHING_DONE) if kind == OUTCOME else self.answers[kind]
            if self.known[key].code == "OK":
                self.did.append(kind)
        return self.known[key]


def answers(his: Scripted, kind: str, content: Content) -> Answer:
    """All goes well."""
    return his.act(kind, content)


def answer_is_lost(his: Scripted, kind: str, content: Content) -> Answer:
    """The HIS acts, nobody hears."""
    his.act(kind, content)
    raise NoAnswer("lost")


def request_is_lost(his: Scripted, kind: str, content: Content) -> Answer:
    """Something was sent, but nothing came to the HIS."""
    raise NoAnswer("lost")


def is_down(his: Scripted, kind: str, content: Content) -> Answer:
    """Nobody listens."""
    raise NotConnected("refused")


def is_busy(his: Scripted, kind: str, content: Content) -> Answer:
    """The HIS is still at it."""
    return Answer(IN_HAND)
