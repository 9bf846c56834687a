"""The sandbox's register of residents: the synthetic people, by certificate."""

from functools import cached_property

from yiqiao.ports.residents import Resident
from yiqiao.sandbox.people import people


class SandboxRegister:
    """`ResidentRegister` of the synthetic people; made when it is first asked."""

    @cached_property
    def _by_certificate(self) -> dict[tuple[str, str], Resident]:
        return {
            (person.id_type, person.id_no): Resident(
                person.name, tuple((card.card_type, card.card_no) for card in person.cards)
            )
            for person in people()
        }

    async def find(self, id_type: str, id_no: str) -> Resident | None:
        return self._by_certificate.get((id_type, id_no))
