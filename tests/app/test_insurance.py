"""Whom a hub asks about insurance: in a sandbox one centre, whichever dialect asks; elsewhere nobody."""

from pathlib import Path

import pytest

from tests.sandbox.settlement.desk import Desk, line, somebody, visitor
from yiqiao.app.insurance import centre_of, insurer_of, settlement_of
from yiqiao.app.settings import Settings
from yiqiao.app.store import open_store
from yiqiao.ports.insurance_centre import UnknownInsured
from yiqiao.ports.insurance_settlement import CentreRefused
from yiqiao.ports.insured import Insured, NotInsured
from yiqiao.sandbox.mischief import Fate, OnOrder
from yiqiao.sandbox.settlement.centre import INSURANCE
from yiqiao.storage.shelves import DatabaseStore

RESIDENT = somebody(lambda one: not one.identities, kind="390", person_kind="50")
WHO = Insured(1, RESIDENT.who.id_no, RESIDENT.who.name)
DAY = "2026-11-18"


async def test_both_dialects_see_the_same_year_of_a_person(tmp_path: Path) -> None:
    async with open_store(Settings(data=str(tmp_path), sandbox=True)) as store:
        insurer, settlement = insurer_of(store), settlement_of(store)
        first = await insurer.presettle(WHO, 30_000)
        desk = Desk(DatabaseStore(store.database))
        desk.clock.ms = store.clock.now_ms()
        settled = await desk.settle(visitor(RESIDENT), line(30_000), number="S1")
        assert settled.funds == first.insured_part == 5_000
        assert (await insurer.presettle(WHO, 30_000)).insured_part == 15_000
        found = await settlement.find("S1", "H98510001001")
        assert found is not None
        assert found.settlement == settled
        told = await centre_of(store).by_certificate("01", WHO.certificate_no)
        assert (await insurer.identify(WHO)).insurance_no == told.psn_no[-7:]


async def test_what_is_ordered_for_the_centre_happens_to_the_hub(tmp_path: Path) -> None:
    async with open_store(Settings(data=str(tmp_path), sandbox=True)) as store:
        await OnOrder(DatabaseStore(store.database), INSURANCE).order("presettle", Fate.REFUSED, reason="系统升级")
        with pytest.raises(NotInsured, match="系统升级"):
            await insurer_of(store).presettle(WHO, 100)


async def test_without_a_sandbox_everybody_pays_for_themselves(tmp_path: Path) -> None:
    async with open_store(Settings(data=str(tmp_path))) as store:
        assert (await insurer_of(store).presettle(WHO, 100)).own_part == 100
        with pytest.raises(NotInsured):
            await insurer_of(store).identify(WHO)
        with pytest.raises(UnknownInsured):
            await centre_of(store).by_certificate("01", WHO.certificate_no)
        with pytest.raises(CentreRefused):
            await settlement_of(store).statement("H98510001001", DAY)
