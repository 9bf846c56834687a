"""A hospital's insurer by way of the centre: the same person with the same money as everybody else sees."""

import pytest

from tests.sandbox.settlement.desk import Desk, line, somebody, visitor
from yiqiao.adapters.insurer import CentreInsurer
from yiqiao.ports.insured import Insured, InsurerUnreachable, NotInsured
from yiqiao.sandbox.insurance import CAREFUL, Cover, code_due, covers
from yiqiao.sandbox.insurance_centre import SandboxCentre, change_account
from yiqiao.sandbox.mischief import Fate
from yiqiao.storage.sandbox_settlement import VISITS
from yiqiao.storage.shelves import Book, MemoryStore, Store

EMPLOYEE = somebody(kind="310", person_kind="11", civil_servant=False)
RETIRED = somebody(lambda one: bool(one.identities), kind="310", person_kind="21")
RESIDENT = somebody(lambda one: not one.identities, kind="390", person_kind="50")


@pytest.fixture
def desk() -> Desk:
    return Desk(MemoryStore())


def insurer(desk: Desk) -> CentreInsurer:
    centre = SandboxCentre(desk.store, desk.clock)
    return CentreInsurer(centre, desk.centre, desk.clock, ("H98510001001", "云桥县人民医院"), "359800", code_due)


def insured(cover: Cover) -> Insured:
    return Insured(1, cover.who.id_no, cover.who.name)


async def states(store: Store) -> set[str]:
    """Of all visits on file."""

    def work(book: Book) -> set[str]:
        people = (one.psn_no for one in (EMPLOYEE, RETIRED, RESIDENT))
        return {row.state for psn_no in people for row in book.where(VISITS, "psn_no", psn_no)}

    return await store.read(work)


async def test_somebody_is_who_the_centre_says(desk: Desk) -> None:
    one = await insurer(desk).identify(insured(EMPLOYEE))
    assert (one.fee_nature, one.nature, one.kind) == (("01", "城镇职工"), ("1", "职工医保"), ("1", "在职"))
    assert (one.insurance_no, one.relief) == (EMPLOYEE.psn_no[-7:], None)
    assert len(one.settlement_no) == 12
    assert (await insurer(desk).identify(insured(EMPLOYEE))).settlement_no != one.settlement_no
    retired = await insurer(desk).identify(insured(RETIRED))
    assert (retired.kind, retired.relief) == (("2", "退休"), ("03", "残疾"))
    resident = await insurer(desk).identify(insured(RESIDENT))
    assert (resident.fee_nature[0], resident.nature, resident.kind) == ("02", ("2", "居民医保"), ("3", "居民"))


async def test_what_would_be_paid_is_what_the_centre_reckons(desk: Desk) -> None:
    asked = await insurer(desk).presettle(insured(RESIDENT), 30_000)
    assert (asked.total, asked.insured_part, asked.own_part) == (30_000, 5_000, 25_000)
    settled = await desk.settle(visitor(RESIDENT), line(30_000))
    assert settled.funds == asked.insured_part
    assert (await insurer(desk).presettle(insured(RESIDENT), 30_000)).insured_part == 15_000, "the year went on"


async def test_the_account_is_left_alone(desk: Desk) -> None:
    await desk.store.write(lambda book: change_account(book, EMPLOYEE, 1, balance=90_000))
    asked = await insurer(desk).presettle(insured(EMPLOYEE), 100_000)
    assert (asked.insured_part, asked.own_part) == (14_000, 86_000)
    told = await SandboxCentre(desk.store, desk.clock).by_certificate("01", EMPLOYEE.who.id_no)
    assert told.insurances[0].balance == 900


async def test_asking_leaves_no_visit_open(desk: Desk) -> None:
    await insurer(desk).presettle(insured(RESIDENT), 30_000)
    assert await states(desk.store) == {"withdrawn"}
    desk.orders.order("presettle", Fate.REFUSED)
    with pytest.raises(NotInsured, match="医保中心拒绝"):
        await insurer(desk).presettle(insured(RESIDENT), 30_000)
    assert await states(desk.store) == {"withdrawn"}
    desk.orders.order("withdraw", Fate.UNREACHABLE)
    assert (await insurer(desk).presettle(insured(RESIDENT), 30_000)).insured_part == 5_000
    assert await states(desk.store) == {"withdrawn", "registered"}


async def test_nothing_comes_to_nothing_and_is_not_asked_about(desk: Desk) -> None:
    assert (await insurer(desk).presettle(insured(RESIDENT), 0)).insured_part == 0
    assert await states(desk.store) == set()


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (Insured(1, "359851198503120134", "柳成荫"), "没有该人员"),
        (Insured(5, RESIDENT.who.id_no, RESIDENT.who.name), "没有该人员"),
        (Insured(1, RESIDENT.who.id_no, "别人"), "姓名"),
        (insured(somebody(status="2")), "停止缴费"),
    ],
)
async def test_who_is_not_insured_is_told_why(desk: Desk, who: Insured, said: str) -> None:
    for ask in (insurer(desk).identify(who), insurer(desk).presettle(who, 100)):
        with pytest.raises(NotInsured, match=said):
            await ask


async def test_who_is_paused_meanwhile_is_not_insured(desk: Desk) -> None:
    await insurer(desk).identify(insured(RESIDENT))
    await desk.store.write(lambda book: change_account(book, RESIDENT, 1, status="2"))
    with pytest.raises(NotInsured):
        await insurer(desk).presettle(insured(RESIDENT), 100)


async def test_some_must_bring_a_code(desk: Desk) -> None:
    careful = somebody(lambda one: one.who.id_no[-1] == CAREFUL)
    assert (await insurer(desk).identify(insured(careful))).code_due
    assert (await insurer(desk).presettle(insured(careful), 100)).code_due
    assert not (await insurer(desk).identify(insured(RESIDENT))).code_due


@pytest.mark.parametrize("act", ["register", "upload", "presettle"])
@pytest.mark.parametrize("fate", [Fate.UNREACHABLE, Fate.SILENT_BEFORE, Fate.SILENT_AFTER])
async def test_no_answer_is_told_as_such(desk: Desk, act: str, fate: Fate) -> None:
    desk.orders.order(act, fate)
    with pytest.raises(InsurerUnreachable):
        await insurer(desk).presettle(insured(RESIDENT), 100)


async def test_a_centre_that_is_away_or_silent_about_somebody_is_unreachable(desk: Desk) -> None:
    silent = next(one for one in covers().values() if one.silent)
    with pytest.raises(InsurerUnreachable):
        await insurer(desk).identify(insured(silent))
    await SandboxCentre(desk.store, desk.clock).behave(reachable=False)
    with pytest.raises(InsurerUnreachable):
        await insurer(desk).identify(insured(RESIDENT))
