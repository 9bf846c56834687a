"""Simulated devices: what was put on one is read, and nothing else."""

import pytest

from yiqiao.clock import FixedClock
from yiqiao.ports.card_reader import Media, NothingPresented, ReaderAbsent, Unreadable
from yiqiao.sandbox.insurance import covers, covers_by_card, residents_by_number
from yiqiao.sandbox.insurance_centre import SandboxCentre
from yiqiao.sandbox.reader import ABSENT, EMPTY, UNREADABLE, NoSuchCard, SandboxReader
from yiqiao.storage.shelves import Store

DESK = "ZZJ-98-01"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(1_795_000_000_000)


@pytest.fixture
def reader(store: Store, clock: FixedClock) -> SandboxReader:
    return SandboxReader(store, clock)


async def test_a_card_lies_until_it_is_taken_away(reader: SandboxReader) -> None:
    one = next(iter(covers_by_card().values()))
    await reader.put(DESK, Media.SOCIAL_SECURITY_CARD, one.who.id_no)
    for _ in range(2):
        read = await reader.read(DESK, Media.SOCIAL_SECURITY_CARD)
        assert (read.card_no, read.card_code, read.issuer) == (one.card_no, one.card_code, "9801")
    await reader.set_state(DESK, Media.SOCIAL_SECURITY_CARD, EMPTY)
    with pytest.raises(NothingPresented):
        await reader.read(DESK, Media.SOCIAL_SECURITY_CARD)


async def test_an_identity_card_tells_its_holder_and_no_card_number(reader: SandboxReader) -> None:
    one = next(iter(residents_by_number().values()))
    await reader.put(DESK, Media.IDENTITY_CARD, one.id_no)
    read = await reader.read(DESK, Media.IDENTITY_CARD)
    assert (read.certificate_no, read.name, read.sex, read.card_no) == (one.id_no, one.name, one.sex, "")
    assert read.birthday.replace("-", "") == one.birthday


async def test_a_code_is_read_once(reader: SandboxReader) -> None:
    await reader.show(DESK, "9800000001")
    assert (await reader.read(DESK, Media.CODE)).code == "9800000001"
    with pytest.raises(NothingPresented):
        await reader.read(DESK, Media.CODE)


async def test_a_face_brings_a_voucher_that_the_centre_takes(
    reader: SandboxReader, store: Store, clock: FixedClock
) -> None:
    one = next(cover for cover in covers().values() if not cover.silent)
    await reader.put(DESK, Media.FACE, one.who.id_no)
    read = await reader.read(DESK, Media.FACE)
    assert (await SandboxCentre(store, clock).by_voucher(read.code, "01101")).psn_no == one.psn_no
    with pytest.raises(NothingPresented):
        await reader.read(DESK, Media.FACE)


async def test_the_face_of_somebody_uninsured_brings_a_certificate(reader: SandboxReader) -> None:
    stranger = next(number for number in residents_by_number() if number not in covers())
    await reader.put(DESK, Media.FACE, stranger)
    read = await reader.read(DESK, Media.FACE)
    assert (read.code, read.certificate_no) == ("", stranger)


@pytest.mark.parametrize(("state", "error"), [(ABSENT, ReaderAbsent), (UNREADABLE, Unreadable)])
async def test_a_device_can_be_absent_or_read_nothing(
    reader: SandboxReader, state: str, error: type[Exception]
) -> None:
    await reader.set_state(DESK, Media.IDENTITY_CARD, state)
    with pytest.raises(error):
        await reader.read(DESK, Media.IDENTITY_CARD)
    with pytest.raises(NothingPresented):
        await reader.read("ZZJ-98-02", Media.IDENTITY_CARD)


async def test_what_lies_at_a_desk_can_be_seen(reader: SandboxReader) -> None:
    assert await reader.lying(DESK) == {}
    await reader.show(DESK, "9800000001")
    assert [row.code for row in (await reader.lying(DESK)).values()] == ["9800000001"]


async def test_nobody_puts_a_card_that_there_is_not(reader: SandboxReader) -> None:
    with pytest.raises(NoSuchCard):
        await reader.put(DESK, Media.IDENTITY_CARD, "110101199001010000")
    bare = next(cover for cover in covers().values() if not cover.card_no)
    with pytest.raises(NoSuchCard):
        await reader.put(DESK, Media.SOCIAL_SECURITY_CARD, bare.who.id_no)
