"""What can be presented in a sandbox, and what a hand that presents it does."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.hub import Hub, open_hub
from yiqiao.app.reading import presenting_of
from yiqiao.ports.card_reader import Media, NothingPresented, ReaderAbsent
from yiqiao.ports.insurance_centre import UnknownInsured
from yiqiao.region.reading.codes import CodeKind, kind_of
from yiqiao.sandbox.insurance import covers, residents_by_number
from yiqiao.sandbox.presenting import MEDIA, Kind, NoSuchDevice, Presenting, offers
from yiqiao.sandbox.reader import NoSuchCard

DESK = "ZZJ-98-01"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with open_hub(tmp_path) as opened:
        yield opened


@pytest.fixture
def hand(hub: Hub) -> Presenting:
    return presenting_of(hub.runtime, hub.runtime.cards)


def test_some_of_each_kind_are_offered_and_one_of_them_is_not_insured() -> None:
    assert {one.kind for one in offers()} == set(Kind)
    cards = [one.certificate_no for one in offers() if one.kind is Kind.IDENTITY_CARD]
    assert [number in covers() for number in cards] == [True, True, True, False]
    assert not any(covers()[one.certificate_no].silent for one in offers() if one.certificate_no in covers())


async def test_everything_that_is_offered_can_be_presented_and_read(hand: Presenting) -> None:
    for one in offers():
        text = await hand.present(DESK, one.kind, one.certificate_no)
        read = await hand.reader.read(DESK, MEDIA[one.kind])
        assert (read.code == text) if MEDIA[one.kind] is Media.CODE else (read.name == one.name)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Kind.VOUCHER, CodeKind.VOUCHER),
        (Kind.HEALTH_CARD, CodeKind.HEALTH_CARD),
        (Kind.VISIT_CARD, CodeKind.HOSPITAL_CARD),
    ],
)
async def test_a_code_is_of_its_kind(hand: Presenting, kind: Kind, code: CodeKind) -> None:
    assert kind_of(await hand.code(kind, offers()[0].certificate_no)) is code


async def test_what_there_is_not_cannot_be_presented(hand: Presenting) -> None:
    stranger, nobody = next(n for n in residents_by_number() if n not in covers()), "110101199001010000"
    with pytest.raises(NoSuchDevice, match="identity_card"):
        await hand.present(DESK, "passport", stranger)
    with pytest.raises(NoSuchDevice):
        await hand.code("face", stranger)
    with pytest.raises(UnknownInsured):
        await hand.present(DESK, "voucher", stranger)
    for kind in (Kind.HEALTH_CARD, Kind.VISIT_CARD, Kind.IDENTITY_CARD):
        with pytest.raises(NoSuchCard):
            await hand.present(DESK, kind, nobody)


async def test_a_device_can_be_told_to_be_absent_and_empty_again(hand: Presenting) -> None:
    await hand.set_device(DESK, "code", "absent")
    with pytest.raises(ReaderAbsent):
        await hand.reader.read(DESK, Media.CODE)
    await hand.set_device(DESK, "code", "empty")
    with pytest.raises(NothingPresented):
        await hand.reader.read(DESK, Media.CODE)
    for media, state in (("code", "present"), ("code", "broken"), ("printer", "empty")):
        with pytest.raises(NoSuchDevice):
            await hand.set_device(DESK, media, state)
