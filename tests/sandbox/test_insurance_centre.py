"""The sandbox's insurance centre: whom it knows, what it tells, and how it misbehaves."""

from decimal import Decimal

import pytest

from yiqiao.clock import FixedClock
from yiqiao.ports.insurance_centre import CentreUnreachable, UnknownInsured, VoucherInvalid
from yiqiao.sandbox.insurance import Cover, covers, covers_by_card, covers_by_number, pays_for
from yiqiao.sandbox.insurance_centre import VOUCHER_MS, SandboxCentre, change_account
from yiqiao.storage.sandbox_reading import VOUCHERS
from yiqiao.storage.shelves import Store


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(1_795_000_000_000)


@pytest.fixture
def centre(store: Store, clock: FixedClock) -> SandboxCentre:
    return SandboxCentre(store, clock)


def somebody(**wanted: object) -> Cover:
    """The first insured person about whom the centre answers, with these particulars."""
    return next(
        one
        for one in covers().values()
        if not one.silent and all(getattr(one.present, name) == value for name, value in wanted.items())
    )


def test_a_few_hundred_are_insured_each_under_numbers_of_their_own() -> None:
    assert len(covers()) > 300
    assert len(covers_by_number()) == len(covers())
    assert len(covers_by_card()) > 100
    assert len({one.card_code for one in covers_by_card().values()}) == len(covers_by_card())


def test_the_centre_and_the_hospitals_insurer_agree_on_who_is_insured() -> None:
    for number, one in covers().items():
        assert (one.present.status == "1" and not one.silent) == pays_for(number)


def test_there_are_people_of_all_kinds() -> None:
    kinds = {one.present.person_kind for one in covers().values()}
    assert kinds == {"11", "21", "41", "42", "50", "60"}
    assert {one.present.kind for one in covers().values()} == {"310", "390"}
    assert any(one.former for one in covers().values())
    assert any(one.identities for one in covers().values())
    assert any(one.present.civil_servant for one in covers().values())


async def test_somebody_is_told_by_certificate_and_by_card(centre: SandboxCentre) -> None:
    one = next(cover for cover in covers_by_card().values() if not cover.silent)
    by_certificate = await centre.by_certificate("01", one.who.id_no)
    assert by_certificate == await centre.by_card(one.card_no, one.card_code)
    assert by_certificate.psn_no == one.psn_no
    assert by_certificate.insurances[0].balance == Decimal(one.balance) / 100
    assert by_certificate.ec_token == ""


async def test_nobody_is_told_by_another_document_or_a_wrong_code(centre: SandboxCentre) -> None:
    one = next(cover for cover in covers_by_card().values() if not cover.silent)
    with pytest.raises(UnknownInsured):
        await centre.by_certificate("99", one.who.id_no)
    with pytest.raises(UnknownInsured):
        await centre.by_card(one.card_no, "0" * 32)
    with pytest.raises(UnknownInsured):
        await centre.by_certificate("01", "110101199001010000")


async def test_who_has_stopped_paying_is_told_as_paused(centre: SandboxCentre) -> None:
    told = (await centre.by_certificate("01", somebody(status="2").who.id_no)).insurances[0]
    assert (told.status, told.paused) == ("2", "2026-06-30")


async def test_former_insurances_come_where_they_ended_after_the_day(centre: SandboxCentre) -> None:
    one = next(cover for cover in covers().values() if cover.former and not cover.silent)
    ended = one.former[0].paused or ""
    assert len((await centre.by_certificate("01", one.who.id_no)).insurances) == 1
    assert len((await centre.by_certificate("01", one.who.id_no, ended)).insurances) == 1
    told = (await centre.by_certificate("01", one.who.id_no, "2000-01-01")).insurances
    assert [insurance.status for insurance in told] == ["1" if one.present.status == "1" else "2", "4"]


async def test_a_voucher_lives_a_minute_and_works_once(centre: SandboxCentre, clock: FixedClock) -> None:
    one = somebody(status="1")
    first, second = await centre.issue_voucher(one.who.id_no), await centre.issue_voucher(one.who.id_no)
    assert len(first.code) == 28
    told = await centre.by_voucher(first.code, "01101")
    assert (told.psn_no, told.ec_token) == (one.psn_no, first.ec_token)
    with pytest.raises(VoucherInvalid):
        await centre.by_voucher(first.code, "01101")
    clock.advance(VOUCHER_MS / 1000)
    with pytest.raises(VoucherInvalid):
        await centre.by_voucher(second.code, "01101")
    with pytest.raises(VoucherInvalid):
        await centre.by_voucher("0" * 28, "01101")
    with pytest.raises(UnknownInsured):
        await centre.issue_voucher("110101199001010000")


async def test_a_balance_and_a_status_can_change(centre: SandboxCentre, store: Store) -> None:
    one = somebody(status="1", kind="310")
    await store.write(lambda book: change_account(book, one, 1, balance=1234))
    await store.write(lambda book: change_account(book, one, 2, status="2"))
    told = (await centre.by_certificate("01", one.who.id_no)).insurances[0]
    assert (told.balance, told.status) == (Decimal("12.34"), "2")


async def test_it_is_unreachable_or_slow_on_command(store: Store, clock: FixedClock) -> None:
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    centre, one = SandboxCentre(store, clock, pause), somebody(status="1")
    issued = await centre.issue_voucher(one.who.id_no)
    await centre.behave(reachable=False)
    with pytest.raises(CentreUnreachable):
        await centre.by_certificate("01", one.who.id_no)
    with pytest.raises(CentreUnreachable):
        await centre.by_voucher(issued.code, "01101")
    await centre.behave(delay_ms=1500)
    assert (await centre.by_voucher(issued.code, "01101")).psn_no == one.psn_no, "it was not spent in vain"
    assert waited == [1.5]
    await centre.behave()
    assert await store.read(lambda book: book.get(VOUCHERS, issued.code)) is not None


async def test_about_some_it_never_answers(centre: SandboxCentre) -> None:
    silent = next(one for one in covers().values() if one.silent)
    with pytest.raises(CentreUnreachable):
        await centre.by_certificate("01", silent.who.id_no)
