"""What is done with a card besides showing it: registering, looking up, changing, relinking, closing."""

import base64

import orjson
import pytest

from tests.support.hub import Hub, alteration, closing, refused, registration, showing
from yiqiao.dialects.ehealth_card.client import AsyncClient
from yiqiao.region.cards.upkeep import change_context
from yiqiao.region.identity.identifiers import IdentityKeys, open_card_id
from yiqiao.region.identity.person import unseal_photo
from yiqiao.spec import Invalid
from yiqiao.storage import cards as store

REGISTER = "ehc.ehealthcard.register"
REGQUERY = "ehc.ehealthcard.regquery"
ALTERINFO = "ehc.ehealthcard.alterinfo"
ALTERLINK = "ehc.ehealthcard.alterlink"
CLOSE = "ehc.ehealthcard.close"
JPEG = b"\xff\xd8\xff\xe0 a photo \xff\xd9"
PHOTO = base64.b64encode(JPEG).decode()


def cards(*numbers: str) -> list[dict[str, object]]:
    return [{"card_type": "01", "card_no": number} for number in numbers]


async def opened(hub: Hub, caller: AsyncClient, **more: object) -> str:
    """The id of a card that was just issued."""
    return str((await caller.register(**registration(hub.serial(), **more)))["ehealth_card_id"])


async def on_file(hub: Hub, card_id: str) -> dict[str, object]:
    async with hub.client() as caller:
        return await caller.regquery(ehealth_card_id=card_id)


async def history(hub: Hub) -> list[dict[str, list[object]]]:
    """What the history tells of all changes, in their order."""
    rows = await hub.runtime.database.read(
        lambda c: [
            tuple(row)
            for row in c.exec_driver_sql(
                "SELECT app_id, out_alter_no, key_id, sealed FROM person_change ORDER BY at, out_alter_no"
            )
        ]
    )
    return [
        orjson.loads(hub.runtime.keyring.unseal(k, bytes(sealed), change_context(a, n))) for a, n, k, sealed in rows
    ]


async def photo_of(hub: Hub, card_id: str) -> bytes | None:
    ref = open_card_id(IdentityKeys.derive(hub.runtime.keyring.identity), card_id)
    assert ref is not None
    rows = await hub.runtime.database.read(lambda c: store.photos(c, [ref.person_id]))
    return unseal_photo(hub.runtime.keyring, rows[ref.person_id]) if rows else None


# register


async def test_rule_register_a_card_is_opened_without_a_code(hub: Hub) -> None:
    """his.register, register.archive: the answer has what the hospital's archive is made of"""
    async with hub.client() as caller:
        answer = await caller.register(**registration(hub.serial()))
        code = (await caller.querywithreg(**registration(hub.serial())))["ehealth_code"]
        seen = await caller.verify(**showing(hub.serial(), code))
    assert "ehealth_code" not in answer
    assert (answer["id_type"], answer["id_no"], answer["user_name"]) == ("03", "E00000001", "测试甲")
    assert seen["ehealth_card_id"] == answer["ehealth_card_id"]


async def test_rule_register_cards_the_first_is_the_default_and_one_named_twice_counts_once(hub: Hub) -> None:
    async with hub.client() as caller:
        answer = await caller.register(**registration(hub.serial(), card_list=cards("K1", "K2", "K1")))
        code = (await caller.querywithreg(**registration(hub.serial())))["ehealth_code"]
        seen = await caller.verify(**showing(hub.serial(), code))
    assert answer["card_list"] == cards("K1", "K2")
    assert (answer["card_type"], answer["card_no"]) == (seen["card_type"], seen["card_no"]) == ("01", "K1")


async def test_rule_register_cards_join_those_on_file_and_the_default_stays(hub: Hub) -> None:
    async with hub.client() as caller:
        await caller.register(**registration(hub.serial(), card_list=cards("K1")))
        answer = await caller.register(**registration(hub.serial(), card_list=cards("K2", "K1")))
    assert answer["card_list"] == cards("K1", "K2")
    assert (await on_file(hub, str(answer["ehealth_card_id"])))["card_list"] == cards("K1", "K2")


async def test_rule_register_cards_at_most_twenty_can_be_bound(hub: Hub) -> None:
    many = [f"K{n}" for n in range(21)]
    refusal = await refused(hub, REGISTER, registration(hub.serial(), card_list=cards(*many)))
    assert refusal.code == "9001"
    assert "card_list" in refusal.told
    async with hub.client() as caller:
        assert await caller.register(**registration(hub.serial(), card_list=cards(*many[:20], "K0")))
        answer = await caller.register(**registration(hub.serial(), card_list=cards("K20")))
    assert answer["card_list"] == cards(*many[:20])


async def test_rule_register_cards_each_has_a_type_and_a_number(hub: Hub) -> None:
    wanted = registration(hub.serial(), card_list=[{"card_type": "01", "card_no": "K1"}, {"card_type": "01"}])
    refusal = await refused(hub, REGISTER, wanted)
    assert refusal.code == "9001"
    assert "card_list[1].card_no" in refusal.told


async def test_rule_serial_both_ways_of_registering_share_their_serials(hub: Hub) -> None:
    wish = registration(hub.serial())
    async with hub.client() as caller:
        await caller.querywithreg(**wish)
    assert (await refused(hub, REGISTER, wish)).code == "3002"


# regquery


async def test_rule_regquery_keys_by_card_or_by_certificate_and_name(hub: Hub) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller, card_list=cards("K1"))
        by_card = await caller.regquery(ehealth_card_id=card_id)
        by_person = await caller.regquery(id_type="03", id_no="e00000001 ", user_name="测试甲")
    assert by_card == by_person
    assert (by_card["reg_status"], by_card["ehealth_card_id"]) == ("1", card_id)
    assert (by_card["user_name"], by_card["card_list"]) == ("测试甲", cards("K1"))


@pytest.mark.parametrize(
    "asked",
    [
        {"id_type": "03", "id_no": "E00000001", "user_name": "测试乙"},
        {"id_type": "03", "id_no": "E00000002", "user_name": "测试甲"},
        {"id_type": "04", "id_no": "E00000001", "user_name": "测试甲"},
        {"ehealth_card_id": "A" * 76},
        {"ehealth_card_id": "no card at all"},
        {"ehealth_card_id": "THE CARD", "user_name": "测试乙"},
        {"ehealth_card_id": "THE CARD", "id_type": "03", "id_no": "E00000002"},
    ],
)
async def test_rule_regquery_nobody_and_a_wrong_name_are_told_alike(hub: Hub, asked: dict[str, object]) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller)
    if asked.get("ehealth_card_id") == "THE CARD":
        asked = {**asked, "ehealth_card_id": card_id}
    refusal = await refused(hub, REGQUERY, asked)
    assert refusal.code == "3001"
    assert refusal.told == "未查到符合条件的电子健康卡，请核对查询条件，尚未注册的请先注册"


async def test_rule_regquery_half_a_certificate_is_told_what_is_missing(hub: Hub) -> None:
    refusal = await refused(hub, REGQUERY, {"id_no": "E00000001"})
    assert refusal.code == "9001"
    assert "id_type" in refusal.told
    assert "user_name" in refusal.told


async def test_rule_regquery_a_closed_card_has_its_status_and_the_newest_card_answers_for_the_person(hub: Hub) -> None:
    who = {"id_type": "03", "id_no": "E00000001", "user_name": "测试甲"}
    async with hub.client() as caller:
        old = await opened(hub, caller)
        await caller.close_card(**closing(hub.serial(), old))
        assert (await caller.regquery(**who))["reg_status"] == "2"
        new = await opened(hub, caller)
        assert (await caller.regquery(**who))["ehealth_card_id"] == new
        assert (await caller.regquery(ehealth_card_id=old))["reg_status"] == "2"
        assert (await caller.regquery(ehealth_card_id=new))["reg_status"] == "1"


# alterinfo


async def test_rule_alterinfo_optional_only_what_is_sent_is_changed(hub: Hub) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller, nation="01")
        before = await on_file(hub, card_id)
        await caller.alterinfo(**alteration(hub.serial(), card_id, mobile_phone="15400000009", address=" "))
    assert await on_file(hub, card_id) == {**before, "mobile_phone": "15400000009"}


async def test_rule_alterinfo_what_may_change_does(hub: Hub) -> None:
    new = {"user_sex": "2", "mobile_phone": "15400000008", "birthday": "19900101", "nation": "05"}
    more = {"address": "新址 2 号", "work_unit": "新单位"}
    async with hub.client() as caller:
        code = (await caller.querywithreg(**registration(hub.serial())))["ehealth_code"]
        seen = await caller.verify(**showing(hub.serial(), code))
        await caller.alterinfo(**alteration(hub.serial(), seen["ehealth_card_id"], **new, **more))
        again = await caller.verify(**showing(hub.serial(), code))
    shown = {name: value for name, value in {**new, **more}.items() if name != "nation"}
    assert again == {**seen, **shown}
    assert (await history(hub))[0]["nation"] == [None, "05"]


async def test_rule_alterinfo_trace_both_serials_come_back_and_the_history_is_kept(hub: Hub) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller)
        serials = [hub.serial(), hub.serial()]
        first = await caller.alterinfo(**alteration(serials[0], card_id, address="一"))
        second = await caller.alterinfo(**alteration(serials[1], card_id, address="二"))
    assert [first["out_alter_no"], second["out_alter_no"]] == serials
    assert first["alter_no"] != second["alter_no"]
    assert await history(hub) == [{"address": [None, "一"]}, {"address": ["一", "二"]}]


async def test_rule_alterinfo_the_phone_can_be_searched_for_under_its_new_number(hub: Hub) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller)
        await caller.alterinfo(**alteration(hub.serial(), card_id, mobile_phone="15400000009"))
    blind = hub.runtime.keyring.blind("phone", "15400000009")
    found = await hub.runtime.database.read(
        lambda c: c.exec_driver_sql(f"SELECT count(*) FROM person WHERE phone_index = {blind}").scalar()
    )
    assert found == 1


async def test_rule_alterinfo_a_serial_takes_effect_once(hub: Hub) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller)
        change = alteration(hub.serial(), card_id, address="一")
        await caller.alterinfo(**change)
    again = await refused(hub, ALTERINFO, change)
    other = await refused(hub, ALTERINFO, {**change, "address": "二"})
    assert (again.code, other.code) == ("3002", "3002")
    assert "首次请求已生效" in again.told
    assert "不一致" in other.told
    assert len(await history(hub)) == 1


@pytest.mark.parametrize(("field", "value"), [("birthday", "19900102"), ("user_sex", "2")])
async def test_rule_alterinfo_birthday_and_sex_agree_with_the_number(hub: Hub, field: str, value: str) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller, id_type="01", id_no="110198199001010014")
    serial = hub.serial()
    refusal = await refused(hub, ALTERINFO, alteration(serial, card_id, address="一", **{field: value}))
    assert refusal.code == "9001"
    assert "不一致" in refusal.told
    assert await history(hub) == []
    async with hub.client() as caller:
        assert await caller.alterinfo(**alteration(serial, card_id, birthday="19900101", user_sex="5"))


async def test_rule_alterinfo_an_unknown_card_is_3001(hub: Hub) -> None:
    assert (await refused(hub, ALTERINFO, alteration(hub.serial(), "A" * 76, address="一"))).code == "3001"


@pytest.mark.parametrize("method", [ALTERINFO, ALTERLINK])
async def test_rule_a_closed_card_is_not_changed(hub: Hub, method: str) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller, card_list=cards("K1"))
        await caller.close_card(**closing(hub.serial(), card_id))
    change = alteration(hub.serial(), card_id)
    change |= {"card_type": "01", "card_no": "K1", "new_card_no": "K2"} if method == ALTERLINK else {"address": "一"}
    refusal = await refused(hub, method, change)
    assert refusal.code == "2002"
    assert "2026-11-18 19:06:40 注销" in refusal.told


# photos


async def test_rule_photo_is_replaced_and_sealed_apart_from_the_person(hub: Hub) -> None:
    newer = base64.b64encode(JPEG.replace(b"photo", b"newer")).decode()
    async with hub.client() as caller:
        card_id = await opened(hub, caller, photo_fomat="JPGBASE64", photo_info=PHOTO)
        assert await photo_of(hub, card_id) == JPEG
        broken_into_lines = newer[:10] + "\r\n" + newer[10:]
        await caller.alterinfo(**alteration(hub.serial(), card_id, photo_info=broken_into_lines))
    assert await photo_of(hub, card_id) == base64.b64decode(newer)
    assert await history(hub) == [{"photo": [PHOTO, newer]}]
    kept = await hub.runtime.database.read(
        lambda c: bytes(c.exec_driver_sql("SELECT sealed FROM person_photo").scalar_one())
    )
    assert b"newer" not in kept


async def test_rule_photo_on_file_stays_when_somebody_registers_again(hub: Hub) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller, photo_info=PHOTO)
        await opened(hub, caller, photo_info=base64.b64encode(JPEG * 2).decode())
    assert await photo_of(hub, card_id) == JPEG


@pytest.mark.parametrize(
    ("photo", "says"),
    [
        ("照片", "BASE64"),
        (base64.b64encode(b"\x89PNG").decode(), "不是 JPG"),
        (PHOTO[:-4], "不完整"),
    ],
)
@pytest.mark.parametrize("method", [ALTERINFO, REGISTER])
async def test_rule_photo_is_a_whole_jpeg_in_base64(hub: Hub, method: str, photo: str, says: str) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller)
    serial = hub.serial()
    message = alteration(serial, card_id) if method == ALTERINFO else registration(serial, id_no="E00000002")
    refusal = await refused(hub, method, {**message, "photo_info": photo})
    assert refusal.code == "9001"
    assert says in refusal.told
    assert await photo_of(hub, card_id) is None


async def test_rule_photo_has_2048_characters_at_most(hub: Hub) -> None:
    with pytest.raises(Invalid, match="photo_info"):
        hub.client().message(ALTERINFO, alteration("1", "A" * 76, photo_info="A" * 2049))


# alterlink


def relinking(serial: str, card_id: object, old: str, new: str, **more: object) -> dict[str, object]:
    return alteration(serial, card_id, card_type="01", card_no=old, new_card_no=new, **more)


async def test_rule_alterlink_which_one_card_takes_the_place_of_another(hub: Hub) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller, card_list=cards("K1", "K2"))
        serial = hub.serial()
        answer = await caller.alterlink(**relinking(serial, card_id, "K1", "K9", new_card_type="05"))
    found = await on_file(hub, card_id)
    assert found["card_list"] == [{"card_type": "05", "card_no": "K9"}, *cards("K2")]
    assert (found["card_type"], found["card_no"]) == ("05", "K9"), "the default card stays the default"
    assert (answer["out_alter_no"], len(str(answer["alter_no"]))) == (serial, 30)
    assert list((await history(hub))[0]) == ["cards"]


async def test_rule_alterlink_the_type_stays_where_none_is_given_and_no_card_is_bound_twice(hub: Hub) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller, card_list=cards("K1", "K2"))
        await caller.alterlink(**relinking(hub.serial(), card_id, "K1", "K2"))
    assert (await on_file(hub, card_id))["card_list"] == cards("K2")


async def test_rule_alterlink_a_card_that_is_not_bound_cannot_be_replaced(hub: Hub) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller, card_list=cards("K1"))
    refusal = await refused(hub, ALTERLINK, relinking(hub.serial(), card_id, "K7", "K8"))
    assert refusal.code == "3001"
    assert "未绑定" in refusal.told


async def test_rule_serial_changes_of_data_and_of_cards_share_their_serials(hub: Hub) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller, card_list=cards("K1"))
        change = relinking(hub.serial(), card_id, "K1", "K2")
        await caller.alterlink(**change)
    assert (await refused(hub, ALTERLINK, change)).code == "3002"
    assert (
        await refused(hub, ALTERINFO, alteration(str(change["out_alter_no"]), card_id, address="一"))
    ).code == "3002"


# close


async def test_rule_close_after_the_code_is_of_no_use(hub: Hub) -> None:
    async with hub.client() as caller:
        answer = await caller.querywithreg(**registration(hub.serial()))
        closed = await caller.close_card(**closing(hub.serial(), answer["ehealth_card_id"]))
    assert closed == {name: answer[name] for name in ("mindex_id", "ehealth_card_id")}
    assert (await refused(hub, "ehc.ehealthcode.verify", showing(hub.serial(), answer["ehealth_code"]))).code == "2002"


async def test_rule_close_is_final_and_a_second_time_says_when_it_was_done(hub: Hub) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller)
        first = closing(hub.serial(), card_id)
        await caller.close_card(**first)
        hub.clock.advance(3600)
    again = await refused(hub, CLOSE, closing(hub.serial(), card_id))
    assert again.code == "2002"
    assert "2026-11-18 19:06:40" in again.told
    assert (await refused(hub, CLOSE, first)).code == "3002"
    assert (await refused(hub, CLOSE, closing(hub.serial(), "A" * 76))).code == "3001"


async def test_rule_close_registering_again_gives_the_next_card_and_the_same_person(hub: Hub) -> None:
    async with hub.client() as caller:
        old = await caller.register(**registration(hub.serial(), card_list=cards("K1")))
        await caller.alterinfo(**alteration(hub.serial(), old["ehealth_card_id"], address="一"))
        await caller.close_card(**closing(hub.serial(), old["ehealth_card_id"]))
        new = await caller.register(**registration(hub.serial()))
    assert new["mindex_id"] == old["mindex_id"]
    assert new["ehealth_card_id"] != old["ehealth_card_id"]
    assert new["card_list"] == cards("K1"), "what is on file stays"
    assert (await refused(hub, CLOSE, closing(hub.serial(), old["ehealth_card_id"]))).code == "2002"


async def test_a_refused_close_does_not_use_up_its_serial(hub: Hub) -> None:
    async with hub.client() as caller:
        card_id = await opened(hub, caller)
        serial = hub.serial()
        assert (await refused(hub, CLOSE, closing(serial, "A" * 76))).code == "3001"
        assert await caller.close_card(**closing(serial, card_id))
