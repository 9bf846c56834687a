"""Simulated devices: at each desk lies what a person or a test has put there.

A card stays where it lies; a code is gone once it was read, since a phone shows a fresh one, and so is a face. A device
at which nobody has put anything waits in vain.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from yiqiao.clock import Clock
from yiqiao.errors import DomainError
from yiqiao.ports.card_reader import Media, NothingPresented, Presented, ReaderAbsent, Unreadable
from yiqiao.sandbox.insurance import covers, dashed, residents_by_number
from yiqiao.sandbox.insurance_centre import voucher
from yiqiao.storage.sandbox_reading import LYING, VOUCHERS, LyingRow
from yiqiao.storage.shelves import Book, Store

PRESENT, EMPTY, UNREADABLE, ABSENT = "present", "empty", "unreadable", "absent"
STATES = (PRESENT, EMPTY, UNREADABLE, ABSENT)
ISSUER = "9801"
"""Who has issued the social-security cards of 云桥."""
_FAULTS: Mapping[str, type[ReaderAbsent] | type[NothingPresented] | type[Unreadable]] = {
    ABSENT: ReaderAbsent,
    EMPTY: NothingPresented,
    UNREADABLE: Unreadable,
}


class NoSuchCard(DomainError):
    """Nobody of the synthetic people has such a card."""


@dataclass(frozen=True)
class SandboxReader:
    """`CardReader` without devices."""

    store: Store
    clock: Clock

    async def read(self, desk: str, media: Media) -> Presented:
        """What lies there."""
        now = self.clock.now_ms()

        def take(book: Book) -> Presented:
            row = book.get(LYING, desk, media.value)
            if row is None:
                raise NothingPresented
            if row.state in _FAULTS:
                raise _FAULTS[row.state]
            if media in (Media.CODE, Media.FACE):
                book.put(LYING, row._replace(state=EMPTY, certificate_no="", code="", at=now))
            if media is Media.CODE:
                return Presented(media, code=row.code)
            return _card(book, media, row.certificate_no, now)

        return await self.store.write(take)

    async def put(self, desk: str, media: Media, certificate_no: str) -> None:
        """Put somebody's card on a device, or have them look into its camera. Raises NoSuchCard."""
        if certificate_no not in residents_by_number():
            raise NoSuchCard("合成居民中没有这个证件号码")
        cover = covers().get(certificate_no)
        if media is Media.SOCIAL_SECURITY_CARD and (cover is None or not cover.card_no):
            raise NoSuchCard("这位居民没有社保卡")
        await self._lay(LyingRow(desk, media.value, PRESENT, certificate_no, "", self.clock.now_ms()))

    async def show(self, desk: str, code: str) -> None:
        """Hold a code before the scanner."""
        await self._lay(LyingRow(desk, Media.CODE.value, PRESENT, "", code, self.clock.now_ms()))

    async def set_state(self, desk: str, media: Media, state: str) -> None:
        """Take away what lies there (EMPTY), or let the device be absent or read nothing."""
        await self._lay(LyingRow(desk, media.value, state, "", "", self.clock.now_ms()))

    async def lying(self, desk: str) -> Mapping[Media, LyingRow]:
        """What lies at a desk, by device."""
        rows = await self.store.read(lambda book: book.where(LYING, "desk", desk))
        return {Media(row.media): row for row in rows}

    async def _lay(self, row: LyingRow) -> None:
        def work(book: Book) -> None:
            if book.add(LYING, row) != row:
                book.put(LYING, row)

        await self.store.write(work)


def _card(book: Book, media: Media, certificate_no: str, now: int) -> Presented:
    """Somebody's card as the device reads it; a face brings the voucher of an insured person."""
    one, cover = residents_by_number()[certificate_no], covers().get(certificate_no)
    code = book.add(VOUCHERS, voucher(cover, now)).code if media is Media.FACE and cover else ""
    social = cover if media is Media.SOCIAL_SECURITY_CARD else None
    return Presented(
        media,
        code=code,
        certificate_no=one.id_no,
        name=one.name,
        sex=one.sex,
        nation=one.nation or "",
        birthday=dashed(one.birthday),
        card_no=social.card_no if social else "",
        card_code=social.card_code if social else "",
        issuer=ISSUER if social else "",
    )
