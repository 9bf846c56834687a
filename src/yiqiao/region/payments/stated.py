"""What another side says of a day, to be found by number: the lines as they came, and an index of them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from yiqiao.ports.his_billing import HisEntry
from yiqiao.ports.payment_channel import StatementKind, StatementLine


class Stating(Protocol):
    """A line of whatever side."""

    @property
    def number(self) -> str:
        """Under which the side knows the movement."""
        ...


L = TypeVar("L", bound=Stating)


class Stated(Generic[L]):
    """A side's lines of a day. Each is met at most once; a second one under the same number is left over."""

    def __init__(self, lines: Sequence[L], taken: Callable[[L], bool]) -> None:
        self._lines, self._taken = lines, taken
        self._places: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._met = bytearray(len(lines))
        for place, line in enumerate(lines):
            self._places[taken(line)].setdefault(line.number, place)

    def meet(self, number: str, *, taken: bool) -> L | None:
        """The line of a movement, money taken or given back; None where there is none."""
        place = self._places[taken].get(number)
        if place is None:
            return None
        self._met[place] = 1
        return self._lines[place]

    def left(self) -> Iterator[L]:
        """The lines that nobody has met."""
        return (line for line, met in zip(self._lines, self._met, strict=True) if not met)

    def taken(self, line: L) -> bool:
        """Whether a line is of money that was taken."""
        return self._taken(line)


def of_channel(lines: Sequence[StatementLine]) -> Stated[StatementLine]:
    """A channel's statement."""
    return Stated(lines, lambda line: line.kind is StatementKind.PAYMENT)


def of_his(lines: Sequence[HisEntry]) -> Stated[HisEntry]:
    """The HIS's books."""
    return Stated(lines, lambda line: line.kind == "recharge")
