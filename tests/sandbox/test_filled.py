"""What the sandbox's forms are filled with holds against the specification, and nobody gets in another's way."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.hub import Hub, open_hub
from yiqiao.sandbox.filled import Filled
from yiqiao.sandbox.people import people
from yiqiao.spec import load

SPEC = load("ehealth_card")
CLOSE, RELINK, ALTER = "ehc.ehealthcard.close", "ehc.ehealthcard.alterlink", "ehc.ehealthcard.alterinfo"
REGISTER = "ehc.ehealthcard.register"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    """A sandbox hub."""
    async with open_hub(tmp_path) as opened:
        yield opened


async def values(hub: Hub, operation: str) -> dict[str, str]:
    runtime = hub.runtime
    filled = Filled(runtime.database, runtime.keyring, runtime.clock, runtime.cards)
    return await filled.values(SPEC.operations[operation])


async def test_every_form_holds_what_its_operation_takes(hub: Hub) -> None:
    for name in hub.runtime.ehealth_card.handlers.by_operation:
        given = {field: text for field, text in (await values(hub, name)).items() if text}
        assert SPEC.operations[name].validate(given), name


async def test_serials_are_another_each_time(hub: Hub) -> None:
    one, two = await values(hub, CLOSE), await values(hub, CLOSE)
    assert one["out_close_no"] != two["out_close_no"]
    assert one["ehealth_card_id"] == two["ehealth_card_id"]


async def test_whoever_is_registered_next_is_of_age_and_has_no_card(hub: Hub) -> None:
    given = await values(hub, REGISTER)
    place = [person.id_no for person in people()].index(given["id_no"])
    assert place >= 150
    assert given["birthday"] < "20081121"


async def test_operations_that_end_or_change_a_card_take_different_people(hub: Hub) -> None:
    cards = [(await values(hub, name))["ehealth_card_id"] for name in (CLOSE, RELINK, ALTER)]
    assert len(set(cards)) == 3


async def test_bound_card_to_be_replaced_is_one_that_is_bound(hub: Hub) -> None:
    given = await values(hub, RELINK)
    assert any(
        (card.card_type, card.card_no) == (given["card_type"], given["card_no"]) for p in people() for card in p.cards
    )
