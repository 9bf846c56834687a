"""09: the patient chooses how to be read, and the call that waits gets the reading."""

from typing import Any

import pytest

from tests.dialects.onetrans.desk import Desk
from tests.dialects.onetrans.test_reading import GET, PLACE, centre, get, reader, somebody
from yiqiao.dialects.onetrans.envelope import Answer
from yiqiao.ports.card_reader import Media
from yiqiao.region.reading.choices import CHOOSE_MS

AWAITING, OVER = "800100", "800109"


def told(answer: Answer) -> dict[str, Any]:
    assert answer.values is not None
    return dict(answer.values)


async def begun(desk: Desk) -> str:
    answer = await desk.ask(GET, get("09"), dev_no=PLACE)
    assert answer.code == AWAITING
    extra = dict(told(answer)["extra"])
    assert extra["readerUrl"] == f"http://127.0.0.1:8600/reader/{extra['choiceNo']}"
    assert set(told(answer)) == {"extra"}
    return str(extra["choiceNo"])


async def again(desk: Desk, number: str) -> Answer:
    return await desk.ask(GET, get("09", choiceNo=number), dev_no=PLACE)


async def test_rule_user_get_means_the_patient_chooses_and_the_reading_follows(desk: Desk) -> None:
    one, number = somebody(), await begun(desk)
    assert (await again(desk, number)).code == AWAITING
    await desk.hub.runtime.readings.choices.choose(number, Media.IDENTITY_CARD)
    assert (await again(desk, number)).code == "800102", "nothing lies there yet; the choice stands"
    await reader(desk.hub).put(PLACE, Media.IDENTITY_CARD, one.who.id_no)
    answer = await again(desk, number)
    assert answer.code == "000000"
    assert told(answer)["baseinfo"]["psn_no"] == one.psn_no
    assert told(answer)["mdtrt_cert_type"] == "02"
    assert (await again(desk, number)).code == OVER


@pytest.mark.parametrize(("media", "used"), [(Media.CODE, "04"), (Media.FACE, "05")])
async def test_what_a_terminal_reads_of_a_voucher_is_told_as_such(desk: Desk, media: Media, used: str) -> None:
    one, number = somebody(), await begun(desk)
    await desk.hub.runtime.readings.choices.choose(number, media)
    if media is Media.CODE:
        await reader(desk.hub).show(PLACE, (await centre(desk.hub).issue_voucher(one.who.id_no)).code)
    else:
        await reader(desk.hub).put(PLACE, media, one.who.id_no)
    answer = await again(desk, number)
    assert told(answer)["mdtrt_cert_type"] == used
    assert told(answer)["ecToken"]
    assert told(answer)["insuOrg"] == one.present.area


async def test_the_same_message_again_finds_its_choice(desk: Desk) -> None:
    message = desk.message(get("09"), trans_type=GET, dev_no=PLACE)
    first, second = await desk.post(message), await desk.post(message)
    assert first.code == second.code == AWAITING
    assert first.values == second.values
    one = somebody()
    await desk.hub.runtime.readings.choices.choose(told(first)["extra"]["choiceNo"], Media.IDENTITY_CARD)
    await reader(desk.hub).put(PLACE, Media.IDENTITY_CARD, one.who.id_no)
    assert (await desk.post(message)).code == "000000"
    assert (await desk.post(message)).code == OVER


async def test_a_choice_that_is_over_is_told_so(desk: Desk) -> None:
    number = await begun(desk)
    desk.hub.clock.advance(CHOOSE_MS / 1000)
    assert (await again(desk, number)).code == OVER
    cancelled = await begun(desk)
    await desk.hub.runtime.readings.choices.cancel(cancelled)
    answer = await again(desk, cancelled)
    assert (answer.code, "取消" in answer.err_msg) == (OVER, True)
    assert (await again(desk, "0" * 32)).code == OVER


async def test_a_choice_is_read_where_it_was_begun(desk: Desk) -> None:
    one, number = somebody(), await begun(desk)
    await desk.hub.runtime.readings.choices.choose(number, Media.IDENTITY_CARD)
    await reader(desk.hub).put(PLACE, Media.IDENTITY_CARD, one.who.id_no)
    answer = await desk.ask(GET, get("09", choiceNo=number), dev_no="ZZJ-98-02")
    assert told(answer)["baseinfo"]["psn_no"] == one.psn_no


async def test_two_messages_have_two_choices(desk: Desk) -> None:
    assert await begun(desk) != await begun(desk)
