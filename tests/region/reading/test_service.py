"""Reading what is presented: which way is asked whom, and what comes of it."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.ports.card_platform import CardCaller, CardHolder, CodeUse, Consent, ConsentWish
from yiqiao.ports.card_reader import Media, NothingPresented, Presented, Unreadable
from yiqiao.ports.hospital_cards import CardOwner, HospitalCard
from yiqiao.ports.insurance_centre import CentreUnreachable, Insurance, InsuredPerson, UnknownInsured
from yiqiao.region.reading.choices import Choices
from yiqiao.region.reading.reading import CardCall, Proof, Question
from yiqiao.region.reading.service import Readings

VOUCHER, HEALTH, VISIT = "9" * 28, "A" * 64 + ":1:::00000000001", "9800000001"
CALL = CardCall(CardCaller("app", "secret", "T1"), "0101055", "20261130120000")
ASKED = Question("ZZJ-1", "01101", "S8101", "陶文静", card_call=CALL, since="2020-01-01")
ID_NO = "310198199001010019"


def insurance(status: str = "1") -> Insurance:
    return Insurance(Decimal("12.30"), "310", "11", status, "319800", civil_servant=False)


KNOWN = InsuredPerson("980001", "01", ID_NO, "甲某", "1", "01", "1990-01-01", (insurance(),), ec_token="token")


@dataclass
class Outside:
    """Reader, centre, platform and hospital in one, which note what they are asked."""

    presented: Presented | None = None
    insured: bool = True
    asked: list[tuple[object, ...]] = field(default_factory=list)

    async def read(self, desk: str, media: Media) -> Presented:
        self.asked.append(("read", desk, media))
        if self.presented is None:
            raise NothingPresented
        return self.presented

    async def _person(self, *question: object) -> InsuredPerson:
        self.asked.append(question)
        if not self.insured:
            raise UnknownInsured
        return KNOWN

    async def by_certificate(self, certificate_type: str, number: str, since: str | None = None) -> InsuredPerson:
        return await self._person("certificate", certificate_type, number, since)

    async def by_card(self, card_no: str, card_code: str, since: str | None = None) -> InsuredPerson:
        return await self._person("card", card_no, card_code, since)

    async def by_voucher(self, code: str, business_type: str, since: str | None = None) -> InsuredPerson:
        return await self._person("voucher", code, business_type, since)

    async def verify(self, caller: CardCaller, use: CodeUse) -> CardHolder:
        self.asked.append(("verify", caller.app_id, use.code, use.treatment_code, len(use.serial)))
        return CardHolder("M1", "E1", "01", ID_NO, "甲某", "1", {"birthday": "19900101"})

    async def ask_consent(self, caller: CardCaller, wish: ConsentWish) -> str:
        raise AssertionError

    async def consent(self, caller: CardCaller, number: str) -> tuple[Consent, CardHolder | None]:
        raise AssertionError

    async def owner(self, card_no: str) -> CardOwner | None:
        return CardOwner("01", ID_NO, "甲某", "1", "1990-01-01") if card_no == VISIT else None

    async def of(self, certificate_type: str, certificate_no: str) -> list[HospitalCard]:
        return [HospitalCard(VISIT, "03", 1230)]


def readings(outside: Outside, choices: Choices | None = None) -> Readings:
    clock = FixedClock(1_795_000_000_000)
    return Readings(outside, outside, outside, outside, choices, KEYRING, clock)  # type: ignore[arg-type]


async def test_a_voucher_that_the_desk_has_scanned_needs_no_device() -> None:
    outside = Outside()
    found = await readings(outside).read(Media.CODE, replace(ASKED, scanned=VOUCHER))
    assert (found.proof, found.person, found.presented) == (Proof.VOUCHER, KNOWN, None)
    assert outside.asked == [("voucher", VOUCHER, "01101", "2020-01-01")]


async def test_a_voucher_at_a_terminal_is_told_so() -> None:
    outside = Outside(Presented(Media.CODE, code=VOUCHER))
    found = await readings(outside).read(Media.CODE, ASKED, at_terminal=True)
    assert found.proof is Proof.TERMINAL_CODE
    assert outside.asked[0] == ("read", "ZZJ-1", Media.CODE)


async def test_a_health_card_is_verified_and_its_holder_looked_up() -> None:
    outside = Outside(Presented(Media.CODE, code=HEALTH))
    found = await readings(outside).read(Media.CODE, ASKED)
    assert found.proof is Proof.HEALTH_CARD
    assert found.holder is not None
    assert found.cards == (HospitalCard(VISIT, "03", 1230),)
    assert outside.asked[1:] == [
        ("verify", "app", HEALTH, "0101055", 32),
        ("certificate", "01", ID_NO, "2020-01-01"),
    ]


async def test_a_health_card_without_credentials_is_unreadable_and_says_why() -> None:
    with pytest.raises(Unreadable, match="应用编号"):
        await readings(Outside()).read(Media.CODE, replace(ASKED, scanned=HEALTH, card_call=None))


async def test_a_hospital_card_tells_whose_it_is() -> None:
    found = await readings(Outside()).read(Media.CODE, replace(ASKED, scanned=VISIT))
    assert (found.proof, found.hospital_card_no, found.person) == (Proof.HOSPITAL_CARD, VISIT, KNOWN)
    with pytest.raises(Unreadable, match="院内卡"):
        await readings(Outside()).read(Media.CODE, replace(ASKED, scanned="9800000002"))


async def test_an_identity_card_of_somebody_uninsured_tells_what_is_on_it() -> None:
    card = Presented(Media.IDENTITY_CARD, certificate_no=ID_NO, name="甲某", sex="1", birthday="1990-01-01")
    found = await readings(Outside(card, insured=False)).read(Media.IDENTITY_CARD, ASKED)
    assert found.proof is Proof.IDENTITY_CARD
    assert found.person.psn_no.startswith("ZF")
    assert (found.person.name, found.present, found.former) == ("甲某", None, ())


async def test_an_identity_card_without_a_number_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        await readings(Outside(Presented(Media.IDENTITY_CARD))).read(Media.IDENTITY_CARD, ASKED)


async def test_a_social_security_card_is_known_to_the_centre_or_refused() -> None:
    card = Presented(Media.SOCIAL_SECURITY_CARD, card_no="SB98", card_code="K")
    outside = Outside(card)
    found = await readings(outside).read(Media.SOCIAL_SECURITY_CARD, ASKED)
    assert (found.proof, found.presented) == (Proof.SOCIAL_SECURITY_CARD, card)
    assert outside.asked[1] == ("card", "SB98", "K", "2020-01-01")
    with pytest.raises(UnknownInsured):
        await readings(Outside(card, insured=False)).read(Media.SOCIAL_SECURITY_CARD, ASKED)


async def test_a_face_brings_a_voucher_or_a_certificate() -> None:
    with_voucher = Outside(Presented(Media.FACE, code=VOUCHER, certificate_no=ID_NO))
    assert (await readings(with_voucher).read(Media.FACE, ASKED)).proof is Proof.TERMINAL_FACE
    assert with_voucher.asked[1][0] == "voucher"
    without = Outside(Presented(Media.FACE, certificate_no=ID_NO))
    assert (await readings(without).read(Media.FACE, ASKED)).proof is Proof.TERMINAL_FACE
    assert without.asked[1][0] == "certificate"


async def test_nobody_is_taken_for_uninsured_because_the_centre_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    outside = Outside(Presented(Media.IDENTITY_CARD, certificate_no=ID_NO, name="甲某"))

    async def silent(*_: object) -> InsuredPerson:
        raise CentreUnreachable

    monkeypatch.setattr(outside, "by_certificate", silent)
    with pytest.raises(CentreUnreachable):
        await readings(outside).read(Media.IDENTITY_CARD, ASKED)


@pytest.mark.parametrize(("status", "present"), [("1", True), ("2", True), ("0", False), ("3", False), ("4", False)])
async def test_paused_insurances_are_present_ones_and_ended_ones_are_former(
    status: str, present: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = Outside()

    async def told(*_: object) -> InsuredPerson:
        return replace(KNOWN, insurances=(insurance(status),))

    monkeypatch.setattr(outside, "by_voucher", told)
    found = await readings(outside).read(Media.CODE, replace(ASKED, scanned=VOUCHER))
    assert (found.present is not None, len(found.former)) == (present, 0 if present else 1)
