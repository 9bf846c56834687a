"""The electronic health card platform as the OneTrans dialect uses it: this hub's own cards, or a platform elsewhere.

Asking this hub's own is held to the rules of its gateway: the application must be on file, active, hold this secret,
this terminal and the permission; only the address list is not, since it says where that application's own messages come
from. What is verified here is a use of the card as any other, and is counted as one.
"""

import hmac
from dataclasses import dataclass
from typing import TypeVar

from yiqiao.app.store import Store
from yiqiao.crypto import sm3
from yiqiao.dialects.ehealth_card.dialect import NAME
from yiqiao.dialects.ehealth_card.handlers import known, static_will_do
from yiqiao.dialects.ehealth_card.remote import RemoteCards, holder_of, refused
from yiqiao.dialects.ehealth_card.stages import accepted
from yiqiao.errors import DomainError
from yiqiao.journal import Entry
from yiqiao.partners import Partner, admission
from yiqiao.ports.card_platform import CardCaller, CardHolder, CardPlatform, CodeUse, Consent, ConsentWish
from yiqiao.region.cards.acts import Serial, Use
from yiqiao.region.cards.consent import CONSENT_S, Asking
from yiqiao.region.cards.service import Cards
from yiqiao.spec import Spec, load
from yiqiao.storage import Write, Writer

VERIFY, ASK, FIND = "ehc.ehealthcode.verify", "ehc.ehealthcard.authurl", "ehc.ehealthcard.auth.query"
UNWRITTEN: Entry | None = None
"""The exchange that an act is a part of is written into the journal, not its parts."""
R = TypeVar("R")


class SecretWrong(DomainError):
    """The secret is none of the application's. Told as a signature that does not hold is."""

    def __init__(self) -> None:
        super().__init__("电子健康卡应用秘钥 ehc_app_secret 不正确，请核对")

    @property
    def name(self) -> str:
        return "SignatureMismatch"


def card_platform_of(store: Store, cards: Cards, writer: Writer[Entry]) -> CardPlatform:
    """As the settings have it."""
    settings = store.settings
    if settings.card_platform_url:
        return RemoteCards(settings.card_platform_url, store.clock, settings.card_platform_profile)
    return LocalCards(store, cards, writer)


@dataclass(frozen=True)
class _Admitted:
    """An application that may ask, and the reading of the standard that it has."""

    partner: Partner
    spec: Spec
    operation: str

    def refusal(self, error: DomainError) -> DomainError:
        """An error of the region's under the return code of the standard."""
        return refused(self.spec.code_for(error.name, self.operation).code, error.message)


@dataclass(frozen=True)
class LocalCards:
    """`CardPlatform` over this hub's own cards."""

    store: Store
    cards: Cards
    writer: Writer[Entry]

    async def verify(self, caller: CardCaller, use: CodeUse) -> CardHolder:
        """Verify a code, and record the use of the card."""
        admitted = self._admitted(caller, VERIFY)
        stage = accepted(admitted.spec, use.treatment_code)
        wanted = Use(
            serial=Serial(caller.app_id, use.serial, sm3(f"{use.code}|{use.at}".encode())),
            code_text=use.code,
            treatment_code=stage,
            office_code=use.office_code or None,
            term_id=caller.term_id,
            operator_id=use.operator_id,
            ip_addr=use.ip_addr or None,
            operator_name=use.operator_name,
            static_will_do=static_will_do(admitted.spec, stage),
        )
        return holder_of(known(await self._done(admitted, self.cards.verify(wanted))))

    async def ask_consent(self, caller: CardCaller, wish: ConsentWish) -> str:
        """Ask for a consent; the link to be shown."""
        admitted = self._admitted(caller, ASK)
        asking = Asking(
            serial=Serial(caller.app_id, wish.number, sm3(repr(wish).encode())),
            treatment_code=accepted(admitted.spec, wish.treatment_code),
            office_code=wish.office_code,
            term_id=caller.term_id,
            operator_id=wish.operator_id,
            operator_name=wish.operator_name,
            ip_addr="",
            lifetime_s=int(str(admitted.spec.settings.get("consent_seconds", CONSENT_S))),
        )
        return await self._done(admitted, self.cards.consents.ask(asking))

    async def consent(self, caller: CardCaller, number: str) -> tuple[Consent, CardHolder | None]:
        """How a consent stands that this application asked for."""
        admitted = self._admitted(caller, FIND)
        standing = await self._done(admitted, self.cards.consents.find(caller.app_id, number))
        holder = holder_of(known(standing.card)) if standing.card is not None else None
        return Consent(standing.state.value), holder

    def _admitted(self, caller: CardCaller, operation: str) -> _Admitted:
        """Raises CardRefused."""
        partner = self.store.directory.find(NAME, caller.app_id)
        spec = load(NAME, partner.profile if partner is not None else "standard")
        try:
            if partner is None:
                raise admission.UnknownPartner
            self._admit(partner, caller, operation)
        except DomainError as error:
            raise refused(spec.code_for(error.name, operation).code, error.message) from error
        return _Admitted(partner, spec, operation)

    def _admit(self, partner: Partner, caller: CardCaller, operation: str) -> None:
        settings = self.store.settings
        if partner.settings.get("demo") and not (settings.sandbox and settings.on_loopback):
            raise admission.PartnerDisabled(partner.app_id)
        admission.admit_active(partner, caller.term_id)
        given = caller.secret.encode(errors="replace")
        if not any(hmac.compare_digest(given, secret.encode()) for secret in partner.secrets):
            raise SecretWrong
        admission.admit_operation(partner, operation)

    async def _done(self, admitted: _Admitted, write: Write[R]) -> R:
        """Raises CardRefused, and what the storage raises."""
        outcome: R | DomainError = await self.writer.perform(write, lambda found: (found, UNWRITTEN))
        if isinstance(outcome, DomainError):
            raise admitted.refusal(outcome)
        return outcome
