"""The sandbox's sign-in: whoever sits at this machine picks one of the synthetic people, and is that person."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

from yiqiao.ports.login import Citizen
from yiqiao.sandbox.demo import WITH_CARDS
from yiqiao.sandbox.people import Person, people

PATH = "/sandbox/sign-in"
OFFERED = (*range(15), *range(197, 200))
"""By place among the people: the first ones hold cards, and among them are all kinds of names; the last ones do not."""


@dataclass(frozen=True)
class Offer:
    """Somebody to be. `number` is their place among the synthetic people; `held`: with a card from the start."""

    number: int
    person: Person
    held: bool


class SandboxLogin:
    """`Login` without a proof: for a sandbox that only its own machine can reach."""

    def address(self, back: str) -> str | None:
        return f"{PATH}?{urlencode({'next': back})}"

    async def prove(self, answer: Mapping[str, str]) -> Citizen | None:
        """Any of the two hundred people, by their place: `person=3`."""
        number = answer.get("person", "")
        if not (number.isascii() and number.isdigit() and int(number) < len(_people())):
            return None
        person = _people()[int(number)]
        return Citizen(person.id_type, person.id_no, person.name)


def offers() -> tuple[Offer, ...]:
    """Some people to choose from."""
    return tuple(Offer(number, _people()[number], number < WITH_CARDS) for number in OFFERED)


@cache
def _people() -> tuple[Person, ...]:
    return people()
