"""Reading what is presented, and finding out who it is.

The devices, the insurance centre, the card platform and the hospital are asked in turn, none of them inside a
transaction. Reading changes nothing but what they count themselves (the use of a card, a voucher that is spent), so it
may be asked for again: a code that was spent is then shown anew.

Who is unknown to the insurance centre is a person who pays for themselves. Where it does not answer, the reading fails:
nobody shall be taken for uninsured because a line is down.
"""

import secrets
from collections.abc import Awaitable
from dataclasses import dataclass

from yiqiao.clock import Clock, compact
from yiqiao.crypto.keyring import Keyring
from yiqiao.ports.card_platform import CardPlatform, CodeUse
from yiqiao.ports.card_reader import CardReader, Media, Presented, Unreadable
from yiqiao.ports.hospital_cards import HospitalCards
from yiqiao.ports.insurance_centre import InsuranceCentre, InsuredPerson, UnknownInsured
from yiqiao.region.reading import persons
from yiqiao.region.reading.choices import Choices
from yiqiao.region.reading.codes import CodeKind, kind_of
from yiqiao.region.reading.reading import Proof, Question, Reading

_SERIAL_HEX = 8


@dataclass(frozen=True)
class Readings:
    """The reading of cards and codes. `choices` are those of patients who are asked how they want to be read."""

    reader: CardReader
    centre: InsuranceCentre
    platform: CardPlatform
    hospital: HospitalCards
    choices: Choices
    keyring: Keyring
    clock: Clock

    async def read(self, media: Media, question: Question, *, at_terminal: bool = False) -> Reading:
        """Read this medium at the desk, and tell who it is; a code that was scanned already is not read again.

        `at_terminal`: the patient chose this way at a terminal. Raises ReaderAbsent, NothingPresented, Unreadable,
        CentreUnreachable, UnknownInsured (of a card of the centre's own), VoucherInvalid, CardPlatformUnreachable,
        CardRefused.
        """
        if media is Media.CODE and question.scanned:
            return await self._code(question.scanned, None, question, at_terminal)
        presented = await self.reader.read(question.desk, media)
        if media is Media.CODE:
            return await self._code(presented.code, presented, question, at_terminal)
        if media is Media.SOCIAL_SECURITY_CARD:
            person = await self.centre.by_card(presented.card_no, presented.card_code, question.since)
            return Reading(Proof.SOCIAL_SECURITY_CARD, person, presented=presented)
        if media is Media.FACE and presented.code:
            person = await self.centre.by_voucher(presented.code, question.business_type, question.since)
            return Reading(Proof.TERMINAL_FACE, person, presented=presented)
        if not presented.certificate_no:
            raise Unreadable
        person = await self._known(persons.of_document(self.keyring, presented), question)
        return Reading(_DOCUMENT_PROOFS[media], person, presented=presented)

    async def _code(self, text: str, presented: Presented | None, question: Question, at_terminal: bool) -> Reading:
        kind = kind_of(text)
        if kind is CodeKind.VOUCHER:
            person = await self.centre.by_voucher(text, question.business_type, question.since)
            return Reading(Proof.TERMINAL_CODE if at_terminal else Proof.VOUCHER, person, presented=presented)
        reading = self._health_card if kind is CodeKind.HEALTH_CARD else self._hospital_card
        return await reading(text, presented, question)

    async def _health_card(self, text: str, presented: Presented | None, question: Question) -> Reading:
        call = question.card_call
        if call is None:
            raise Unreadable(
                "这是电子健康卡的码：解码须有电子健康卡平台的应用编号、秘钥、终端编号、验证时间与诊疗环节，请在请求中补上"
            )
        use = CodeUse(
            code=text,
            serial=f"YQ{compact(self.clock.now_ms())}{secrets.token_hex(_SERIAL_HEX)}",
            at=call.at,
            treatment_code=call.treatment_code,
            operator_id=question.operator_id,
            operator_name=question.operator_name,
            ip_addr=question.ip_addr,
        )
        holder = await self.platform.verify(call.caller, use)
        person = await self._known(persons.of_holder(self.keyring, holder), question)
        cards = tuple(await self.hospital.of(person.certificate_type, person.certificate_no))
        return Reading(Proof.HEALTH_CARD, person, holder, presented, cards)

    async def _hospital_card(self, text: str, presented: Presented | None, question: Question) -> Reading:
        owner = await self.hospital.owner(text)
        if owner is None:
            raise Unreadable("没有找到这张院内卡，请核对卡号，或改用其他证件")
        person = await self._known(persons.of_owner(self.keyring, owner), question)
        cards = tuple(await self.hospital.of(owner.certificate_type, owner.certificate_no))
        return Reading(Proof.HOSPITAL_CARD, person, None, presented, cards, text)

    async def _known(self, shown: InsuredPerson, question: Question) -> InsuredPerson:
        """As the centre knows them, else as they were shown."""
        asked: Awaitable[InsuredPerson] = self.centre.by_certificate(
            shown.certificate_type, shown.certificate_no, question.since
        )
        try:
            return await asked
        except UnknownInsured:
            return shown


_DOCUMENT_PROOFS = {Media.IDENTITY_CARD: Proof.IDENTITY_CARD, Media.FACE: Proof.TERMINAL_FACE}
