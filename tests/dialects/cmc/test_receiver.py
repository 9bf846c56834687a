"""A launch as a browser brings it: opened once, tolerant of what senders do to the text, strict on what it says."""

from urllib.parse import quote

import pytest

from tests.dialects.cmc.launching import (
    INSURED,
    SECRET,
    SELF_PAY,
    TARGET,
    add_partner,
    click,
    follow,
    insured,
    launcher,
    selfpay,
)
from tests.support.hub import Hub
from yiqiao.dialects.cmc import envelope
from yiqiao.dialects.cmc.dialect import scheme_of
from yiqiao.dialects.cmc.examination import encoded_in
from yiqiao.dialects.cmc.server import COOKIE
from yiqiao.journal.reader import Reader
from yiqiao.partners import store
from yiqiao.region.launches.launch import WorkstationEnded
from yiqiao.region.launches.sessions import Workstation


async def test_rule_bs_link_a_good_launch_leads_to_a_page_whose_address_tells_nothing(hub: Hub) -> None:
    for launch in (insured(hub), selfpay(hub)):
        answer = await click(hub, launch)
        assert (answer.status, answer.code) == (303, "20000")
        assert answer.http.headers["location"] == "/workstation"
        assert answer.http.headers["cache-control"] == "no-store"
        assert answer.http.headers["referrer-policy"] == "no-referrer"
        kept = answer.http.headers["set-cookie"]
        assert "HttpOnly" in kept
        assert "SameSite=Lax" in kept
        assert "Path=/workstation" in kept


async def test_rule_once_a_copied_link_is_refused_and_says_when_it_was_used(hub: Hub) -> None:
    launch = insured(hub)
    assert (await click(hub, launch)).code == "20000"
    hub.clock.advance(30)
    again = await click(hub, launch)
    assert (again.status, again.code) == (409, "40901")
    assert "打开过" in again.message
    assert "HIS" in again.http.json()["remedy"]
    assert "set-cookie" not in again.http.headers


async def test_rule_once_the_same_signed_string_cut_into_other_fields_is_the_same_launch(hub: Hub) -> None:
    """Nothing parts the values of the signed string, so one signature fits several launches; one of them opens."""
    launch = insured(hub, jzsxh="A", ksmc="内科")
    assert (await click(hub, launch)).code == "20000"
    recut = {**launch.values, "jzsxh": "Aksmc内科", "ksmc": ""}
    again = await follow(hub, f"jgtParamSign={quote(envelope.encoded(recut), safe='')}")
    # kh stands between jzsxh and ksmc in the order of names; empty, it leaves no trace in the string.
    assert envelope.string_to_sign(recut, SECRET, scheme_of("standard")) == envelope.string_to_sign(
        launch.values, SECRET, scheme_of("standard")
    )
    assert again.code == "40901"


def spaced(text: str) -> str:
    return text.replace("+", "%20")


def broken(text: str) -> str:
    return "%0D%0A".join(text[at : at + 76] for at in range(0, len(text), 76))


@pytest.mark.parametrize(
    "sent",
    [
        spaced,
        broken,
        lambda text: text.translate(str.maketrans("+/", "-_")),
        lambda text: text.rstrip("="),
        lambda text: quote(quote(text, safe=""), safe=""),
        lambda text: quote(text, safe="") + "%0A",
        lambda text: "%20" + text,
        lambda text: text.replace("+", " ").replace(" ", "+"),
    ],
    ids=["blank for +", "line breaks", "url-safe", "no padding", "encoded twice", "line end", "blank", "as it is"],
)
@pytest.mark.parametrize("kind", [insured, selfpay])
async def test_what_happens_to_base64_on_its_way_is_put_right(kind: object, sent: object, hub: Hub) -> None:
    assert callable(kind)
    assert callable(sent)
    for n in range(4):  # different lengths, with and without + and /
        launch = kind(hub, yymc=f"云桥县人民医院？{'〇' * n}")
        answer = await follow(hub, f"jgtParamSign={sent(launch.parameter)}")
        assert answer.code == "20000", answer.message


async def test_rule_order_the_twenty_three_places_of_the_standards_own_example_are_read(hub: Hub) -> None:
    launch = selfpay(hub, jzsxh="")
    plain = "&".join(
        envelope.percent("欧阳晚晴") + "@2@34@1992-07-28" if name == "mzsxh" else launch.values[name]
        for name in envelope.SHORT
    )
    values = {**launch.values, "mzsxh": "欧阳晚晴@2@34@1992-07-28"}
    sign = envelope.sign(values, SECRET, scheme_of("standard"))
    text = plain.replace(launch.values["sign"], sign)
    assert text.count("&") == 22
    answer = await follow(hub, f"jgtParamSign={encoded_in(text)}")
    assert answer.code == "20000", answer.message


@pytest.mark.parametrize("encoding", ["lower", "upper", "plain"])
async def test_rule_selfpay_name_is_signed_in_plain_and_sent_encoded(encoding: str, hub: Hub) -> None:
    launch = selfpay(hub)
    sent = envelope.plain_text(launch.values)
    encoded = envelope.percent("欧阳晚晴")
    assert encoded == "%e6%ac%a7%e9%98%b3%e6%99%9a%e6%99%b4"
    other = {"lower": encoded, "upper": encoded.upper(), "plain": "欧阳晚晴"}[encoding]
    text = sent.replace(encoded, other)
    answer = await follow(hub, f"jgtParamSign={encoded_in(text)}")
    assert answer.code == "20000", answer.message


def resigned(hub: Hub, secret: str = SECRET, kind: object = insured, **changes: str) -> str:
    """The query of a launch that was changed before it was signed, so that only the change is wrong."""
    assert callable(kind)
    values = {**kind(hub).values, **changes}
    values["sign"] = envelope.sign(values, secret, scheme_of("standard"))
    return f"jgtParamSign={quote(envelope.encoded(values), safe='')}"


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"version": "2"}, "40007", "版本"),
        ({"version": ""}, "40007", "版本"),
        ({"method": "guahao.common.timestamp p"}, "40008", "method"),
        ({"hzlx": "2"}, "40006", "患者类型"),
        ({"hzlx": ""}, "40006", "患者类型"),
        ({"appkey": "nobody"}, "40101", "登记"),
        ({"appkey": ""}, "40101", "appKey"),
        ({"timestamp": "2026-11-18 19:26:40"}, "40005", "timestamp"),
        ({"timestamp": ""}, "40005", "timestamp"),
        ({"timestamp": "20261350000000"}, "40005", "timestamp"),
        ({"xb": "3"}, "40005", "xb"),
        ({"mtbz": "4"}, "40005", "mtbz"),
        ({"rtbm": "RT008"}, "40005", "rtbm"),
        ({"xz": ""}, "40005", "xz"),
        ({"sfzh": ""}, "40005", "sfzh"),
        ({"aac001": ""}, "40005", "aac001"),
        ({"nl": "四十一"}, "40005", "nl"),
        ({"xm": "长" * 51}, "40005", "xm"),
        ({"ysbm": "", "yybm": "", "yymc": ""}, "40005", "ysbm"),
    ],
)
async def test_what_a_launch_says_wrong_is_named(changes: dict[str, str], code: str, says: str, hub: Hub) -> None:
    answer = await follow(hub, resigned(hub, **changes))
    assert answer.code == code, answer
    assert answer.status == int(code[:3])
    assert says in answer.message
    assert "柳成荫" not in answer.message
    assert "359851" not in answer.message


@pytest.mark.parametrize(
    ("mzsxh", "says"),
    [
        ("欧阳晚晴@2", "五段"),
        ("欧阳晚晴@3@34@@1992-07-28", "性别"),
        ("欧阳晚晴@2@@@1992-07-28", "年龄"),
        ("欧阳晚晴@2@34@@1992-02-30", "出生日期"),
        ("欧阳@2@34@@1992-07-28", "姓名"),
        ("欧阳晚晴@2@34@@@1992-07-28", "五段"),
    ],
)
async def test_rule_selfpay_mzsxh_has_its_parts(mzsxh: str, says: str, hub: Hub) -> None:
    answer = await follow(hub, resigned(hub, kind=selfpay, mzsxh=mzsxh))
    assert answer.code == "40005", answer
    assert says in answer.message


@pytest.mark.parametrize("mzsxh", ["欧阳晚晴@2@34@@1992-07-28", "欧阳晚晴@2@34@1992-07-28", "欧阳晚晴@2@34@@"])
async def test_rule_selfpay_mzsxh_has_five_parts_and_four_are_read(mzsxh: str, hub: Hub) -> None:
    assert (await follow(hub, resigned(hub, kind=selfpay, mzsxh=mzsxh))).code == "20000"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "40001"),
        ("jgtParamSign", "40001"),
        ("jgtParamSign=", "40001"),
        ("jgtParamSign=%20", "40001"),
        ("other=1", "40001"),
        ("jgtParamSign=MSYx&jgtParamSign=MSYx", "40002"),
        ("jgtParamSign=%E5%8C%BB", "40002"),
        ("jgtParamSign=MSY", "40004"),
        ("jgtParamSign=MSYxM", "40002"),
        ("jgtParamSign=!!!!", "40002"),
        ("jgtParamSign=/w==", "40003"),
        ("jgtParamSign=xe3H2A==", "40003"),
        ("jgtParamSign=" + "A" * 9000, "41301"),
    ],
)
async def test_what_cannot_be_read_has_its_code(query: str, code: str, hub: Hub) -> None:
    answer = await follow(hub, query)
    assert answer.code == code, answer


async def test_rule_encoding_gbk_is_named(hub: Hub) -> None:
    text = envelope.plain_text(insured(hub).values)
    answer = await follow(hub, f"jgtParamSign={encoded_in(text, 'gbk')}")
    assert answer.code == "40003"
    assert "GBK" in answer.message


@pytest.mark.parametrize("lost", [name for name in envelope.PLACES if name != "sign"])
async def test_rule_empty_a_place_that_is_missing_is_refused(lost: str, hub: Hub) -> None:
    values = insured(hub).values
    text = "&".join(values[name] for name in envelope.PLACES if name != lost)
    answer = await follow(hub, f"jgtParamSign={encoded_in(text)}")
    assert answer.code == "40004"
    assert "26" in answer.message
    assert "25 个" in answer.message


@pytest.mark.parametrize("field", [name for name in INSURED if name not in ("aac001",)])
async def test_rule_signing_every_value_is_signed(field: str, hub: Hub) -> None:
    values = {**insured(hub).values, field: "1" if insured(hub).values[field] != "1" else "2"}
    answer = await follow(hub, f"jgtParamSign={quote(envelope.encoded(values), safe='')}")
    assert answer.code == "40102"


async def test_rule_signing_another_secret_is_refused(hub: Hub) -> None:
    answer = await follow(hub, resigned(hub, secret="S0mebodyElse"))
    assert answer.code == "40102"
    assert SECRET not in answer.http.text


async def test_rule_signing_the_case_of_the_digits_does_not_matter(hub: Hub) -> None:
    values = insured(hub).values
    low = {**values, "sign": values["sign"].lower()}
    assert (await follow(hub, f"jgtParamSign={quote(envelope.encoded(low), safe='')}")).code == "20000"
    assert (await follow(hub, f"jgtParamSign={quote(envelope.encoded(values), safe='')}")).code == "40901"


@pytest.mark.parametrize(("seconds", "code"), [(599, "20000"), (601, "40103"), (-599, "20000"), (-601, "40103")])
async def test_rule_timestamp_must_be_within_the_window(seconds: int, code: str, hub: Hub) -> None:
    launch = insured(hub)
    hub.clock.advance(seconds)
    answer = await click(hub, launch)
    assert answer.code == code
    if code != "20000":
        assert "平台时间" in answer.message


async def test_rule_qa_target_a_wrong_a_is_refused_and_a_right_one_is_let_in(hub: Hub) -> None:
    query = insured(hub).url("").partition("?")[2]
    refused = await follow(hub, f"{query}&a=jgt-wrong")
    assert (refused.status, refused.code) == (403, "40302")
    assert "目标标识 'jgt-wrong'" in refused.message
    assert (await follow(hub, f"{query}&a={TARGET}")).code == "20000"


async def test_a_partner_that_is_disabled_or_not_permitted_launches_nothing(hub: Hub) -> None:
    now = hub.clock.now_ms()
    await hub.runtime.directory.change(lambda c: store.grant(c, now, "cmc", "test-his", ["launch.insured"]))
    assert (await click(hub, selfpay(hub))).code == "40301"
    await hub.runtime.directory.change(lambda c: store.disable(c, now, "cmc", "test-his"))
    assert (await click(hub, insured(hub))).code == "40101"


async def test_rule_bs_client_a_profile_starts_the_installed_client(hub: Hub) -> None:
    await add_partner(hub, "client-his", "client")
    values = launcher(hub, "client-his", profile="client").insured(**INSURED)
    answer = await click(hub, values)
    assert answer.http.headers["location"] == "/workstation/client"
    hub.clock.advance(1)
    again = launcher(hub, "client-his", profile="client").insured(**INSURED)
    query = again.url("").partition("?")[2]
    assert (await follow(hub, f"{query}&a={TARGET}")).http.headers["location"] == "/workstation"


async def test_profile_document_takes_the_disease_of_the_standards_example(hub: Hub) -> None:
    await add_partner(hub, "doc-his", "document")
    launch = launcher(hub, "doc-his", profile="document").insured(**{**INSURED, "mtbz": "4"})
    assert (await click(hub, launch)).code == "20000"


async def test_a_session_ends_after_its_idle_time_and_stays_awake_while_it_is_used(hub: Hub) -> None:
    runtime = hub.runtime
    workstation = Workstation(runtime.database, runtime.keyring, runtime.clock)
    token = (await click(hub, insured(hub))).http.cookies[COOKIE]
    for _ in range(3):
        hub.clock.advance(29 * 60)
        assert (await workstation.find(token)).launch.patient.name == "柳成荫"
    hub.clock.advance(30 * 60 + 1)
    with pytest.raises(WorkstationEnded):
        await workstation.find(token)


async def test_neither_token_nor_secret_is_kept_in_the_journal(hub: Hub) -> None:
    token = (await click(hub, insured(hub))).http.cookies[COOKIE]
    reader = Reader(hub.runtime.database, hub.runtime.keyring)
    line = (await reader.search()).lines[0]
    record = await reader.show(line.reference.chain, line.reference.seq)
    assert record.line.operation == "launch.insured"
    assert record.line.outcome == "20000"
    assert record.request.startswith(b"jgtParamSign=")
    everything = repr((record.request, record.response, record.view))
    assert token not in everything
    assert SECRET not in everything


async def test_bare_form_of_the_selfpay_values(hub: Hub) -> None:
    launch = selfpay(hub)
    assert launch.values["mzsxh"] == "欧阳晚晴@2@34@@1992-07-28"
    assert set(SELF_PAY) - {"birthday"} <= set(launch.values)
