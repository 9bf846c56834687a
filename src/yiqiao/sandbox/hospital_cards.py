"""The visit cards that the sandbox's hospitals have given to the synthetic people, with what lies on their accounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from yiqiao.ports.hospital_cards import CardOwner, HospitalCard
from yiqiao.sandbox.residents import Resident, card_no, residents
from yiqiao.storage.sandbox_payments import ACCOUNTS
from yiqiao.storage.shelves import Store

VISIT_CARD = "03"
"""cardType: 院内就诊卡."""
IDENTITY_CARD = "01"


@dataclass(frozen=True)
class SandboxHospitalCards:
    """`HospitalCards` of the synthetic residents. `store` has the accounts of the sandbox's HIS."""

    store: Store

    async def owner(self, card_no: str) -> CardOwner | None:
        """Whose visit card it is."""
        one = _by_card().get(card_no)
        if one is None:
            return None
        visitor = one.visitor
        return CardOwner(IDENTITY_CARD, one.id_no, visitor.name, str(int(visitor.sex)), visitor.birthday)

    async def of(self, certificate_type: str, certificate_no: str) -> Sequence[HospitalCard]:
        """The visit card of a resident; with a balance once money was paid in."""
        one = _by_certificate().get(certificate_no) if certificate_type == IDENTITY_CARD else None
        if one is None:
            return ()
        accounts = await self.store.read(lambda book: book.where(ACCOUNTS, "his_cust_id", one.patient_id))
        balance = sum(account.balance for account in accounts) if accounts else None
        return (HospitalCard(card_no(one.number), VISIT_CARD, balance),)


@cache
def _by_card() -> Mapping[str, Resident]:
    return {card_no(one.number): one for one in residents()}


@cache
def _by_certificate() -> Mapping[str, Resident]:
    return {one.id_no: one for one in residents()}
