"""What the platform gives the systems of a hospital for their own part of the standard: windows, terminals, archives.

The screens and the archives themselves are the hospital's; here is what they ask and what they are answered.
"""

import pytest

from tests.dialects.ehealth_card.test_consent_methods import asking, decided
from tests.support.hub import Hub, refused, registration, showing
from yiqiao.region.cards.consent import Event

VERIFY = "ehc.ehealthcode.verify"
BOUND = [{"card_type": "05", "card_no": "J1"}, {"card_type": "01", "card_no": "K1"}]
CERTIFICATE = ("id_type", "id_no", "user_name")
PERSON = (*CERTIFICATE, "user_sex", "mobile_phone")
CARD = ("ehealth_card_id", "mindex_id")


def of(names: tuple[str, ...], answer: dict[str, object]) -> dict[str, object]:
    return {name: answer[name] for name in names}


async def row(hub: Hub, sql: str) -> tuple[object, ...]:
    """The one row of a query."""
    (found,) = await hub.runtime.database.read(lambda c: c.exec_driver_sql(sql).all())
    return tuple(found)


# whose archive it is


async def test_rule_archive_lookup_every_way_of_being_identified_names_the_card_of_the_archive(hub: Hub) -> None:
    """archive.lookup, archive.later: with it comes the id of the health card, the same at every visit"""
    async with hub.client() as caller:
        await caller.register(**registration(hub.serial(), card_list=BOUND))
        opened = await caller.querywithreg(**registration(hub.serial()))
        link = str((await caller.authurl(**asking("q1")))["ehealth_authurl"])
        await decided(hub, link.rpartition("/")[2], Event.CONSENT)
        visits = [
            await caller.verify(**showing(hub.serial(), opened["ehealth_code"])),
            await caller.auth_query(out_authorize_no="q1"),
            await caller.verify(**showing(hub.serial(), opened["ehealth_code"])),
        ]
    assert [of(CARD, visit) for visit in visits] == [of(CARD, opened)] * 3
    assert [of(("card_type", "card_no"), visit) for visit in visits] == [BOUND[0]] * 3


@pytest.mark.parametrize("card_type", ["01", "02", "03", "04", "05"])
async def test_rule_archive_cards_a_card_of_any_kind_is_bound_and_told_at_the_visit(hub: Hub, card_type: str) -> None:
    card = {"card_type": card_type, "card_no": "N1"}
    async with hub.client() as caller:
        await caller.register(**registration(hub.serial(), card_list=[card]))
        code = (await caller.querywithreg(**registration(hub.serial())))["ehealth_code"]
        seen = await caller.verify(**showing(hub.serial(), code))
    assert of(("card_type", "card_no"), seen) == card


async def test_rule_archive_online_who_registered_in_an_app_is_known_at_once_with_all_that_an_archive_needs(
    hub: Hub,
) -> None:
    async with hub.client() as app, hub.client(term_id="10000000002") as desk:
        code = (await app.querywithreg(**registration(hub.serial(), apply_method="1")))["ehealth_code"]
        seen = await desk.verify(**showing(hub.serial(), code))
    assert of(PERSON, seen) == of(PERSON, registration(""))


# a patient shows a code


@pytest.mark.parametrize(
    ("stage", "office"),
    [("010101", "0100"), ("010102", "0300"), ("010103", "0300"), ("010104", "3200"), ("010105", "0300")],
)
async def test_rule_scan_places_a_code_is_taken_at_every_desk_which_is_kept_with_it(
    hub: Hub, stage: str, office: str
) -> None:
    """scan.places, his.scan, other.scan: who it is, the bound card, and for which stage and office it was used"""
    async with hub.client() as caller:
        await caller.register(**registration(hub.serial(), card_list=BOUND))
        code = (await caller.querywithreg(**registration(hub.serial())))["ehealth_code"]
        seen = await caller.verify(**showing(hub.serial(), code, treatment_code=stage, office_code=office))
    assert of(("user_name", "card_type", "card_no"), seen) == {"user_name": "测试甲", **BOUND[0]}
    assert await row(hub, "SELECT treatment_code, office_code FROM card_use") == (stage, office)


async def test_rule_terminal_scan_expired_the_terminal_is_told_that_it_was_too_late(hub: Hub) -> None:
    """terminal.scan-expired: no more than this it has to go back by"""
    async with hub.client() as caller:
        wish = registration(hub.serial(), generate_type="dynamic", time_expire="60")
        code = (await caller.querywithreg(**wish))["ehealth_code"]
    hub.clock.advance(61)
    assert (await refused(hub, VERIFY, showing(hub.serial(), code))).code == "2001"


async def test_rule_terminal_consent_60s_a_link_is_of_use_for_sixty_seconds(hub: Hub) -> None:
    """terminal.consent-60s, terminal.consent-timeout: by `fail` the terminal knows that nobody will answer any more"""
    async with hub.client() as caller:
        await caller.authurl(**asking("q1"))
        hub.clock.advance(59.999)
        assert await caller.auth_query(out_authorize_no="q1") == {"auth_status": "ing"}
        hub.clock.advance(0.001)
        assert await caller.auth_query(out_authorize_no="q1") == {"auth_status": "fail"}


# the courses


@pytest.mark.parametrize(("apply", "mode"), [("2", "01"), ("3", "02")])
async def test_rule_flow_window_first_and_terminal_first_a_registration_answers_whose_archive_is_to_be_made(
    hub: Hub, apply: str, mode: str
) -> None:
    """flow.window-first, flow.terminal-first, querywithreg.archive: nobody is on file before, and a card is after"""
    wish = registration(hub.serial(), certificate_mode=mode, apply_method=apply)
    async with hub.client() as caller:
        asked = of(CERTIFICATE, wish)
        assert (await refused(hub, "ehc.ehealthcard.regquery", asked)).code == "3001"
        answer = await caller.querywithreg(**wish)
        found = await caller.regquery(**asked)
        seen = await caller.verify(**showing(hub.serial(), answer["ehealth_code"]))
    assert of(CERTIFICATE, answer) == of(CERTIFICATE, wish)
    assert of(CARD, answer) == of(CARD, found) == of(CARD, seen)


async def test_rule_flow_window_held_and_terminal_held_a_code_leads_to_the_archive_or_to_all_that_it_needs(
    hub: Hub,
) -> None:
    """flow.window-held, flow.terminal-held, flow.scan: one hospital has the archive, the other makes it from this"""
    async with hub.client() as caller:
        bound = await caller.register(**registration(hub.serial(), card_list=BOUND))
        code = (await caller.querywithreg(**registration(hub.serial())))["ehealth_code"]
        seen = await caller.verify(**showing(hub.serial(), code))
    archives = {bound["card_no"]: "archive 1"}
    assert archives[seen["card_no"]] == "archive 1"
    assert seen["ehealth_card_id"] == bound["ehealth_card_id"]
    assert of(PERSON, seen) == of(PERSON, registration(""))
