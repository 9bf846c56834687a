"""The whole way of a message of the unified library through a hub."""

import threading
from typing import Any

import orjson
import pytest

from tests.dialects.onetrans.desk import Desk, answered, handled, query, recharge, spoiled, telling
from tests.support.hub import Hub
from yiqiao.crypto import generate_private_key, public_key, sm2
from yiqiao.dialects.onetrans import gbk
from yiqiao.dialects.onetrans.faults import SignatureMismatch
from yiqiao.dialects.onetrans.messages import MessageIds
from yiqiao.dialects.onetrans.server import PATH
from yiqiao.errors import DomainError
from yiqiao.exchange.dialect import Act, Call
from yiqiao.exchange.request import Request
from yiqiao.journal import Keys
from yiqiao.journal.reader import Reader, Search
from yiqiao.partners import store
from yiqiao.storage import NOTHING

QUERY, RECHARGE = "hop.trade.query", "hop.trade.recharge"


class AwaitingPayment(DomainError):
    """As the payment hub names it."""


async def last_record(hub: Hub) -> Any:
    reader = Reader(hub.runtime.database, hub.runtime.keyring)
    line = (await reader.search(Search(dialect="onetrans"), limit=1)).lines[0]
    return await reader.show(line.chain, line.seq)


async def file_partner(hub: Hub, app_id: str, profile: str = "standard", **settings: object) -> Desk:
    new = store.NewPartner("onetrans", app_id, "某医院", profile, settings=settings)
    keyring, now = hub.runtime.keyring, hub.clock.now_ms()
    await hub.runtime.directory.change(lambda c: store.add(c, keyring, now, new))
    return Desk(hub, app_id, profile=profile)


async def test_a_query_is_answered_signed_and_enciphered(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with handled(desk.hub, monkeypatch, hop_trade_query=telling(QUERY)):
        answer = await desk.ask(QUERY, query())
    assert (answer.code, answer.err_msg, answer.signed) == ("000000", "成功", True)
    assert answer.values == answered(QUERY)
    assert b"succ" not in desk.raw, "the content is enciphered"
    assert "成功".encode("gbk") in desk.raw


async def test_rule_refmsgid_has_area_time_and_ten_hexadecimal_digits(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with handled(desk.hub, monkeypatch, hop_trade_query=telling(QUERY)):
        params = (await desk.ask(QUERY, query())).params
    number = params["inf_refmsgid"]
    assert len(number) == 30
    assert number[:20] == "320000" + params["respond_time"][:14]
    assert int(number[20:], 16) >= 0
    assert len(params["refmsg_time"]) == len(params["respond_time"]) == 17


async def test_what_stands_and_is_no_success_is_answered_under_its_own_code_with_what_there_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ours.pending"""
    values = recharge()
    placed = {"chargeNo": "C1", "traceNo": "7001", "extra": {"cashierUrl": "https://hub.example/cashier/1"}}

    async def place(_: Request, __: Call, ___: Any) -> Act[None]:
        return Act(
            NOTHING,
            lambda _: placed,
            keys=lambda _: Keys(order="7001"),
            standing=lambda _: AwaitingPayment("已下单，请打开收银台支付"),
        )

    with handled(desk.hub, monkeypatch, hop_trade_recharge=place):
        answer = await desk.ask(RECHARGE, values)
    assert (answer.code, answer.err_msg) == ("700100", "已下单，请打开收银台支付")
    assert answer.values == placed, "traceTime and the rest of what is required may be missing"
    record = await last_record(desk.hub)
    assert (record.line.outcome, record.view.refusal, record.view.answer) == ("700100", "AwaitingPayment", placed)


async def test_a_success_must_be_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def place(_: Request, __: Call, ___: Any) -> Act[Any]:
        return Act(NOTHING, lambda _: {"chargeNo": "C1"})

    with handled(desk.hub, monkeypatch, hop_trade_recharge=place):
        answer = await desk.ask(RECHARGE, recharge())
    assert (answer.code, answer.values) == ("610010", None)


async def test_parameters_of_any_name_reach_the_handler_and_so_do_the_desk_s(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[object, object]] = []

    async def place(request: Request, call: Call, _: Any) -> Act[Any]:
        extra = request.part("extra")
        assert extra is not None
        seen.append((extra.all()["wardNo"], dict(call.parameters)))
        return Act(NOTHING, lambda _: answered(RECHARGE))

    values = {**recharge(), "extra": {"subject": "住院预交金", "wardNo": {"floor": 3}}}
    with handled(desk.hub, monkeypatch, hop_trade_recharge=place):
        answer = await desk.ask(RECHARGE, values, dev_no="ZZJ-98")
    assert answer.code == "000000"
    ((ward, parameters),) = seen
    assert ward == {"floor": 3}
    assert isinstance(parameters, dict)
    assert (parameters["dev_no"], parameters["opter_name"]) == ("ZZJ-98", "陶文静")
    assert not {"sign", "data", "app_key"} & parameters.keys()


async def test_rule_kind_the_same_data_is_another_business_under_another_trans_type(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with handled(desk.hub, monkeypatch, hop_trade_query=telling(QUERY), hop_trade_recharge=telling(RECHARGE)):
        assert (await desk.ask(QUERY, query())).values == answered(QUERY)
        assert (await desk.ask(RECHARGE, recharge())).values == answered(RECHARGE)
        refused = await desk.ask(RECHARGE, query())
    assert (refused.code, "outChargeNo" in refused.err_msg) == ("610007", True)


async def test_rule_product_its_number_is_told_where_there_is_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    async def ask(_: Request, call: Call, __: Any) -> Act[Any]:
        seen.append(call.parameters.get("prd_id"))
        return Act(NOTHING, lambda _: answered(QUERY))

    with handled(desk.hub, monkeypatch, hop_trade_query=ask):
        for number in ("ZY01", ""):
            assert (await desk.ask(QUERY, query(), prd_id=number)).code == "000000"
    assert seen == ["ZY01", None]


@pytest.mark.parametrize("name", ["opter", "opter_name"])
async def test_rule_operator_who_works_there_is_told_in_every_message(name: str, desk: Desk) -> None:
    without = {name: ""}
    answer = await desk.ask(QUERY, query(), **without)
    assert (answer.code, name in answer.err_msg) == ("600004", True)


@pytest.mark.parametrize("nested", ["object", "text"])
async def test_nested_json_may_come_as_text(nested: str, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    async def place(request: Request, _: Call, __: Any) -> Act[Any]:
        extra = request.part("extra")
        medical = extra.part("medicalContent") if extra else None
        seen.append(medical.text("feeSumamt") if medical else None)
        return Act(NOTHING, lambda _: answered(RECHARGE))

    medical = {
        "bizTraceNo": "JS98",
        "ecCode": "28",
        "feeSumamt": "100.00",
        "fundPay": "60.00",
        "psnAcctPay": "10.00",
        "ownPayAmt": "30.00",
    }
    inner: object = medical if nested == "object" else gbk.write(medical).decode("gbk")
    extra: dict[str, object] = {"ecToken": "t", "medicalContent": inner}
    values = {
        **recharge(),
        "depositType": "CHS_ONE_BAR",
        "extra": extra if nested == "object" else gbk.write(extra).decode("gbk"),
    }
    with handled(desk.hub, monkeypatch, hop_trade_recharge=place):
        answer = await desk.ask(RECHARGE, values)
    assert answer.code == "000000", answer.err_msg
    assert seen == ["100.00"]


async def test_rule_ours_msgid_belongs_to_one_content(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    async def ask(request: Request, _: Call, __: Any) -> Act[Any]:
        told.append(request.maybe("notes") or "")
        return Act(NOTHING, lambda _: answered(QUERY, resultDesc=f"第{len(told)}次"))

    same = "H985100010012026013109300098"
    values = query(notes="甲")
    with handled(desk.hub, monkeypatch, hop_trade_query=ask, hos_user_get=telling("hos.user.get")):
        first = await desk.ask(QUERY, values, msgid=same)
        again = await desk.ask(QUERY, values, msgid=same)
        other = await desk.ask(QUERY, query(notes="乙"), msgid=same)
        third = await desk.ask("hos.user.get", {"mdtrt_cert_type": "02", "business_type": "01101"}, msgid=same)
    assert first.values is not None
    assert again.values is not None
    assert (first.values["resultDesc"], again.values["resultDesc"]) == ("第1次", "第2次"), "how it stands by now"
    assert (other.code, third.code) == ("600012", "600012")
    assert told == ["甲", "甲"]


async def test_without_the_note_of_msgids_another_content_would_get_through(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def admit(_: MessageIds, __: Call) -> None:
        return

    monkeypatch.setattr(MessageIds, "admit", admit)
    with handled(desk.hub, monkeypatch, hop_trade_query=telling(QUERY)):
        for notes in ("甲", "乙"):
            assert (await desk.ask(QUERY, query(notes=notes), msgid="H98510001001")).code == "000000"


async def test_a_msgid_is_the_partner_s_own(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    other = await file_partner(desk.hub, "other")
    with handled(desk.hub, monkeypatch, hop_trade_query=telling(QUERY)):
        assert (await desk.ask(QUERY, query(notes="甲"), msgid="H1")).code == "000000"
        assert (await other.ask(QUERY, query(notes="乙"), msgid="H1")).code == "000000"


async def test_sm2_each_side_signs_with_its_own_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    private = generate_private_key()
    signer = await file_partner(desk.hub, "signer", "sm2", sm2_public_key="04" + public_key(private).hex())
    signer.private = private
    with handled(desk.hub, monkeypatch, hop_trade_query=telling(QUERY)):
        answer = await signer.ask(QUERY, query(), signtype="SM2")
        assert (answer.code, answer.params["signtype"]) == ("000000", "SM2")
        assert answer.values == answered(QUERY)
        signer.private = generate_private_key()
        assert (await signer.ask(QUERY, query(), signtype="SM2")).code == "600008"


async def test_sm2_is_reckoned_beside_the_event_loop(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    private = generate_private_key()
    signer = await file_partner(desk.hub, "signer", "sm2", sm2_public_key="04" + public_key(private).hex())
    signer.private = private
    message = signer.message(query(), trans_type=QUERY, signtype="SM2")
    threads: dict[str, threading.Thread] = {}

    def watched(name: str) -> None:
        real = getattr(sm2, name)

        def reckoned(*arguments: object) -> object:
            threads[name] = threading.current_thread()
            return real(*arguments)

        monkeypatch.setattr(sm2, name, reckoned)

    watched("verify_digest")
    watched("sign_digest")
    with handled(desk.hub, monkeypatch, hop_trade_query=telling(QUERY)):
        assert (await desk.hub.http.post(PATH, content=message)).status_code == 200
    assert set(threads) == {"verify_digest", "sign_digest"}
    assert threading.main_thread() not in threads.values()


async def test_a_public_key_that_is_not_on_file_is_missed(desk: Desk) -> None:
    desk.private = generate_private_key()
    answer = await desk.ask(QUERY, query(), signtype="SM2")
    assert answer.code == "600011"
    assert "公钥" in answer.err_msg


async def test_a_key_that_travels_is_refused_and_never_kept(desk: Desk) -> None:
    message = spoiled(desk.message(query()), app_key="a-key-in-plain-sight")
    answer = await desk.post(message)
    assert answer.code == "600010"
    record = await last_record(desk.hub)
    assert b"a-key-in-plain-sight" not in record.request
    assert b'"app_key":"***"' in record.request


async def test_the_document_s_profile_lets_the_key_travel_and_cuts_it_from_what_is_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lax = await file_partner(desk.hub, "lax", "document")
    with handled(desk.hub, monkeypatch, hop_trade_query=telling(QUERY)):
        answer = await lax.post(
            spoiled(lax.message(query(tradeType="hop.trade.recharge")), app_key=lax.keys.app_keys[0])
        )
    assert answer.code == "000000"
    assert lax.keys.app_keys[0].encode() not in (await last_record(desk.hub)).request


async def test_secrets_of_the_business_are_not_kept_either(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with handled(desk.hub, monkeypatch, hop_trade_query=telling(QUERY)):
        await desk.ask(QUERY, query(payAppSecret="nobody-shall-read-this"))
    record = await last_record(desk.hub)
    assert "payAppSecret" not in record.view.request
    assert b"nobody-shall-read-this" not in orjson.dumps(record.view.request)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"opter": ""}, "opter"),
        ({"opter_type": "7"}, "opter_type"),
        ({"msgid": "1" * 31}, "msgid"),
        ({"msgid": ""}, "msgid"),
    ],
)
async def test_public_parameters_are_held_to_their_table(more: dict[str, str], named: str, desk: Desk) -> None:
    answer = await desk.post(desk.message(query(), **more))
    assert answer.code == "600004"
    assert named in answer.err_msg


@pytest.mark.parametrize("text", ["20261118190640000", "20261118190640", "20261118190640000SS"])
async def test_the_timestamp_may_lack_its_milliseconds_and_may_have_a_stray_ss(
    text: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with handled(desk.hub, monkeypatch, hop_trade_query=telling(QUERY)):
        answer = await desk.ask(QUERY, query(), timestamp=text)
    assert answer.code == "000000", answer.err_msg


@pytest.mark.parametrize(
    ("text", "code"), [("20261118180640000", "600005"), ("yesterday", "600004"), ("20261399000000000", "600004")]
)
async def test_a_timestamp_that_is_no_time_or_not_now_is_refused(text: str, code: str, desk: Desk) -> None:
    assert (await desk.ask(QUERY, query(), timestamp=text)).code == code


async def test_whoever_is_not_on_file_gets_an_answer_without_a_signature(desk: Desk) -> None:
    answer = await desk.ask(QUERY, query(), app_id="nobody")
    assert (answer.code, answer.signed, answer.values) == ("610001", False, None)


async def test_a_refusal_of_somebody_on_file_is_signed(desk: Desk) -> None:
    answer = await desk.post(spoiled(desk.message(query()), dept_name="药房"))
    assert (answer.code, answer.signed) == ("600008", True)
    with pytest.raises(SignatureMismatch):
        await Desk(desk.hub, app_key="another").post(desk.message(query()))


async def test_what_has_no_handler_says_so(desk: Desk) -> None:
    handlers = dict(desk.hub.runtime.onetrans.handlers.by_operation)
    operations = desk.hub.runtime.onetrans.dialect.spec("standard").operations
    assert handlers.keys() == operations.keys() - {"OneTrans"}
    del desk.hub.runtime.onetrans.handlers.by_operation["hos.user.get"]
    try:
        assert (await desk.ask("hos.user.get", operations["hos.user.get"].sample())).code == "610006"
    finally:
        desk.hub.runtime.onetrans.handlers.by_operation.update(handlers)
    assert (await desk.ask("OneTrans", {"pInData": "{}"})).code == "610005", "the library's function is no message"


async def test_a_character_beyond_gbk_goes_out_as_an_escape(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = answered("hos.user.get")
    reading["baseinfo"] = {**reading["baseinfo"], "psn_name": "𠮷田·叶"}  # type: ignore[dict-item]
    with handled(desk.hub, monkeypatch, hos_user_get=telling("hos.user.get", None, **reading)):
        answer = await desk.ask("hos.user.get", {"mdtrt_cert_type": "02", "business_type": "01101"})
    assert answer.values is not None
    assert answer.values["baseinfo"]["psn_name"] == "𠮷田·叶"  # type: ignore[index]
