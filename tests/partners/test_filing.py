"""Filing and changing partners as people ask for it: held against the standard, everything wrong told at once."""

import re

import pytest

from yiqiao.clock import FixedClock
from yiqiao.crypto.keyring import Keyring
from yiqiao.partners import PartnerFile, Terminal, filing, store
from yiqiao.partners.admission import UnknownPartner
from yiqiao.partners.filing import Revision, Wish
from yiqiao.partners.particulars import PartnerExists, PartnerFaults
from yiqiao.storage import Database

CARD = ("ehealth_card", "yq-1")
WISH = Wish("ehealth_card", "云桥市第二医院", "yq-1", operations=("ehc.ehealthcode.verify",))


class Office:
    """Files and changes, each in a transaction of its own."""

    def __init__(self, database: Database, keyring: Keyring, clock: FixedClock) -> None:
        self.database, self.keyring, self.clock = database, keyring, clock

    async def file(self, wish: Wish) -> PartnerFile:
        app_id, _ = await self.database.write(lambda c: filing.file(c, self.keyring, self.clock.now_ms(), wish))
        return await self.database.read(lambda c: store.show(c, wish.dialect, app_id))

    async def revise(self, **otherwise: object) -> dict[str, object]:
        revision = Revision(**otherwise)  # type: ignore[arg-type]
        return dict(await self.database.write(lambda c: filing.revise(c, self.clock.now_ms(), *CARD, revision)))


@pytest.fixture
def engine() -> str:
    """What is asked for is the same on either engine; the store's own tests run on both."""
    return "sqlite"


@pytest.fixture
def office(database: Database, keyring: Keyring, clock: FixedClock) -> Office:
    """Where partners are filed."""
    return Office(database, keyring, clock)


def fields(caught: pytest.ExceptionInfo[PartnerFaults]) -> set[str]:
    return {fault.field for fault in caught.value.faults}


async def test_who_chooses_nothing_gets_an_app_id_and_everything(office: Office) -> None:
    file = await office.file(Wish("ehealth_card", "云桥市第二医院"))
    assert re.fullmatch(r"yq-[0-9a-f]{12}", file.app_id)
    assert (file.profile, file.operations, file.terminals, file.clock_window_s) == ("standard", ("*",), (), 600)


async def test_a_target_mark_is_assigned_unless_one_is_brought_along(office: Office) -> None:
    assigned = (await office.file(Wish("cmc", "云桥软件"))).terminals
    assert re.fullmatch(r"jgt-[0-9a-f]{8}", assigned[0].term_id)
    brought = Terminal("jgt-hn-cs", "目标标识")
    assert (await office.file(Wish("cmc", "云桥软件", terminals=(brought,)))).terminals == (brought,)


async def test_all_that_is_wrong_is_told_at_once_and_nothing_is_filed(office: Office) -> None:
    wish = Wish("ehealth_card", " ", "a b", "nothing", ("sell",), ("10.0.0.1/8",), (Terminal("一"),), 0)
    with pytest.raises(PartnerFaults) as caught:
        await office.file(wish)
    every = {"name", "app_id", "profile", "operations", "addresses", "terminals", "clock_window_s"}
    assert fields(caught) == every
    assert await office.database.read(store.list_partners) == ()


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish("nothing", "云桥"), "dialect"),
        (Wish("cmc", "云桥软件", app_id="vendor&his"), "app_id"),
        (Wish("cmc", "云桥软件", app_id="his@vendor"), "app_id"),
        (Wish("convenience", "云桥", terminals=(Terminal("T1"),)), "terminals"),
        (Wish("ehealth_card", "云桥", terminals=(Terminal("T1", "一"), Terminal("T1", "二"))), "terminals"),
        (Wish("ehealth_card", "云桥", terminals=(Terminal("T1", "一\n二"),)), "terminals"),
        (Wish("ehealth_card", "云桥", operations=()), "operations"),
        (Wish("ehealth_card", "云桥", operations=("VirtualCardTrans",)), "operations"),
        (Wish("ehealth_card", "桥" * 65), "name"),
        (Wish("ehealth_card", "云桥", clock_window_s=86_401), "clock_window_s"),
    ],
    ids=str,
)
def test_what_cannot_be_is_told_by_its_field(wish: Wish, field: str) -> None:
    with pytest.raises(PartnerFaults) as caught:
        filing.check(wish)
    assert fields(caught) == {field}


async def test_an_app_id_that_is_taken_is_a_fault_of_its_field(office: Office) -> None:
    await office.file(WISH)
    with pytest.raises(PartnerFaults) as caught:
        await office.file(WISH)
    assert isinstance(caught.value.faults[0], PartnerExists)
    assert fields(caught) == {"app_id"}


async def test_a_revision_changes_what_it_names_and_tells_what_is_otherwise(office: Office) -> None:
    await office.file(WISH)
    assert await office.revise(profile="tail-key") == {"profile": "tail-key"}
    assert await office.revise(clock_window_s=600) == {}
    assert await office.revise(addresses=("192.0.2.7",)) == {"addresses": ("192.0.2.7/32",)}
    assert await office.revise(operations=("*",), addresses=()) == {"operations": ("*",), "addresses": ()}


async def test_a_revision_with_a_fault_changes_nothing(office: Office) -> None:
    await office.file(WISH)
    with pytest.raises(PartnerFaults) as caught:
        await office.revise(profile="tail-key", operations=("sell",), addresses=("here",), clock_window_s=0)
    assert fields(caught) == {"operations", "addresses", "clock_window_s"}
    assert (await office.database.read(lambda c: store.show(c, *CARD))).profile == "standard"


async def test_nobody_cannot_be_revised(office: Office) -> None:
    with pytest.raises(UnknownPartner):
        await office.revise(clock_window_s=60)
