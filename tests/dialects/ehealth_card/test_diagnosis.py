"""What a diagnosis tells: layers, causes, evidence; and what it never shows."""

import random
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from tests.dialects.ehealth_card import spoiled
from yiqiao import crypto
from yiqiao.dialects.ehealth_card import envelope
from yiqiao.dialects.ehealth_card.diagnosis import EhealthCardDiagnostics, diagnostics
from yiqiao.dialects.ehealth_card.envelope import Scheme
from yiqiao.errors import DomainError
from yiqiao.exchange import causes
from yiqiao.exchange.diagnosis import Cause, Report, Verdict
from yiqiao.spec import profiles

SECRET = "0123456789abcdeffedcba987654321A"
PARAMS = {"app_id": "demo", "term_id": "t1", "method": "ehc.ehealthcode.verify", "version": "X.M.0.1"}
BIZ = {"operator_name": "欧阳明", "remark": "a b"}
EXPERT = EhealthCardDiagnostics(lambda: tuple(spoiled.SCHEMES), spoiled.SCHEMES.__getitem__)


def sealed(scheme: Scheme | None = None, **params: str) -> bytes:
    return envelope.seal_request({**PARAMS, **params}, BIZ, SECRET, scheme or Scheme())


def first(report: Report) -> str:
    return report.findings[0].cause.kind


def layer(report: Report, name: str) -> str:
    return next(layer.text for layer in report.layers if layer.name == name)


def test_the_layers_come_in_order_and_hold_the_exact_string_with_the_key_masked() -> None:
    body = sealed()
    report = EXPERT.explain(body, SECRET, "standard")
    assert [found.name for found in report.layers] == ["body", "parameters", "string", "digest", "content", "json"]
    assert all(found.ok for found in report.layers)
    text = envelope.string_to_sign(orjson.loads(body), SECRET, Scheme()).decode()
    assert layer(report, "string") == text.replace(SECRET, "〈密钥〉")
    assert orjson.loads(body)["sign"] in layer(report, "digest")
    assert layer(report, "content") == orjson.dumps(BIZ).decode()


def test_a_wrong_digest_shows_what_was_due_what_came_and_what_the_sender_signed() -> None:
    body = orjson.loads(sealed())
    body["sign"] = crypto.sm3(envelope.string_to_sign(body, SECRET, Scheme(tail="&key={secret}"))).hex()
    report = EXPERT.explain(orjson.dumps(body), SECRET, "standard")
    assert report.verdict is Verdict.BROKEN
    assert first(report) == "key-tail"
    assert "tail-key" in report.findings[0].evidence.zh
    assert layer(report, "sent").endswith("&key=〈密钥〉")
    assert body["sign"] in layer(report, "digest")
    assert crypto.sm3(envelope.string_to_sign(body, SECRET, Scheme())).hex() in layer(report, "digest")


@pytest.mark.parametrize("kind", sorted(spoiled.KINDS))
def test_the_key_stands_in_no_report_whatever_was_done_with_it(kind: str) -> None:
    for case in spoiled.messages(kind, 6, seed=7):
        report = EXPERT.explain(case.message, case.secret, case.profile)
        for lang in ("zh", "en"):
            shown = str(report.as_dict(lang)).lower() + repr(report).lower()
            assert case.secret.lower() not in shown


def test_a_key_that_travels_in_the_message_is_masked() -> None:
    report = EXPERT.explain(sealed(key="1BQA48ETK0000000000000000000XYZW"), SECRET, "standard")
    assert report.fine
    assert "1BQA48" not in str(report.as_dict("zh"))


def test_two_mistakes_at_once_are_both_named() -> None:
    rng = random.Random(3)
    base = spoiled.sender(rng, "standard", enc_type="SM4")
    both = replace(base, order=lambda names: sorted(names, reverse=True), tail="")
    report = EXPERT.explain(both.message(), base.secret, "standard")
    assert {finding.cause.kind for finding in report.findings} == {"order", "key-missing"}


def test_a_body_in_gbk_is_named_and_read_on() -> None:
    scheme = Scheme(enc_types=("", "SM4"))
    body = sealed(scheme).decode().encode("gbk")
    report = EXPERT.explain(body, SECRET, "unencrypted")
    assert first(report) == "charset"
    assert report.findings[0].fatal
    assert report.verdict is Verdict.HOLDS
    assert not report.fine
    assert "欧阳明" in layer(report, "content")


def test_a_body_that_is_no_json_is_told_with_its_place_and_nothing_is_guessed() -> None:
    report = EXPERT.explain(sealed()[:-1] + b",}", SECRET, "standard")
    assert (report.verdict, first(report)) == (Verdict.UNKNOWN, "body")
    assert "多了一个逗号" in report.findings[0].evidence.zh


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"sign": ""}, "no-signature"),
        ({"sign": "not a digest"}, "sign-encoding"),
        ({"sign_type": "sm3"}, "algorithm"),
        ({"enc_type": "RC4"}, "algorithm"),
        ({"sign": "0" * 64}, "changed"),
        ({"timestamp": "20261121000000"}, "changed"),
    ],
)
def test_a_change_of_one_parameter_has_its_cause(change: dict[str, str], kind: str) -> None:
    body = {**orjson.loads(sealed(timestamp="20261120235959")), **change}
    assert first(EXPERT.explain(orjson.dumps(body), SECRET, "standard")) == kind


def test_a_cipher_text_changed_on_the_way_is_not_taken_for_a_wrong_key() -> None:
    body = orjson.loads(sealed())
    flipped = f"{int(body['biz_content'][4], 16) ^ 1:x}"
    changed = {**body, "biz_content": body["biz_content"][:4] + flipped + body["biz_content"][5:]}
    assert first(EXPERT.explain(orjson.dumps(changed), SECRET, "standard")) == "changed"
    cut = {**body, "biz_content": body["biz_content"][:-2]}
    assert first(EXPERT.explain(orjson.dumps(cut), SECRET, "standard")) == "cipher-length"


def test_a_content_enciphered_under_another_key_is_told_apart_from_a_wrong_signature() -> None:
    body = orjson.loads(sealed())
    body["biz_content"] = crypto.sm4_ecb_encrypt(b"another key 1234", orjson.dumps(BIZ)).hex()
    body["sign"] = crypto.sm3(envelope.string_to_sign(body, SECRET, Scheme())).hex()
    report = EXPERT.explain(orjson.dumps(body), SECRET, "standard")
    assert (report.verdict, first(report), report.content) == (Verdict.HOLDS, "content-key", None)


def test_content_that_opens_but_is_no_sound_json_is_told_with_its_place() -> None:
    body = orjson.loads(sealed())
    body["biz_content"] = crypto.sm4_ecb_encrypt(bytes.fromhex(SECRET), b'{"a":1,"a":2}').hex()
    body["sign"] = crypto.sm3(envelope.string_to_sign(body, SECRET, Scheme())).hex()
    report = EXPERT.explain(orjson.dumps(body), SECRET, "standard")
    assert first(report) == "content-json"
    assert "重复出现名称“a”" in report.findings[0].evidence.zh


def test_a_wrong_key_is_the_conclusion_only_after_everything_was_tried_and_that_is_said() -> None:
    report = EXPERT.explain(sealed(), "f" * 32, "standard")
    assert first(report) == "wrong-key"
    assert report.tried > 1000
    assert "种签名写法" in report.findings[0].evidence.zh


def test_a_key_that_cannot_be_one_is_named_as_the_wrong_key() -> None:
    for secret in ("not a key", "g" * 32):
        report = EXPERT.explain(sealed(), secret, "standard")
        assert (report.verdict, first(report)) == (Verdict.BROKEN, "wrong-key")
        assert "SM4" in report.findings[0].evidence.zh


def test_any_order_of_nine_parameters_is_found() -> None:
    rng = random.Random(5)
    base = spoiled.sender(rng, "standard")
    shuffled = replace(base, params={**base.params, "key": "1" * 32}, order=lambda names: rng.sample(names, len(names)))
    report = EXPERT.explain(shuffled.message(), base.secret, "standard")
    assert [finding.cause.kind for finding in report.findings] == ["order"]


def test_other_field_names_are_named_with_the_profile_that_has_them() -> None:
    report = EXPERT.explain(sealed(spoiled.SCHEMES["digest-names"]), SECRET, "standard")
    assert (first(report), report.verdict) == ("field-names", Verdict.BROKEN)
    assert "digest-names" in report.findings[0].evidence.en


def test_an_answer_is_diagnosed_like_a_request() -> None:
    claim = envelope.peek(sealed())
    body = envelope.seal_response(claim, "0000", "操作成功", BIZ, SECRET, Scheme(), "20261121010203")
    assert EXPERT.explain(body, SECRET, "standard").fine
    params = orjson.loads(body)
    wrong = envelope.string_to_sign(params, SECRET, Scheme()).decode().encode("gbk")
    params["sign"] = crypto.sm3(wrong).hex()
    assert first(EXPERT.explain(orjson.dumps(params), SECRET, "standard")) == "charset"


def test_a_large_content_is_diagnosed_without_delay() -> None:
    body = envelope.seal_request(PARAMS, {"photo_info": "A" * 600_000}, SECRET, Scheme())
    report = EXPERT.explain(body, "f" * 32, "standard")
    assert first(report) == "wrong-key"
    assert len(layer(report, "parameters")) < 10_000


@pytest.mark.parametrize("profile", profiles("ehealth_card"))
def test_verify_and_the_envelope_agree_and_detect_finds_the_profile(profile: str) -> None:
    scheme = diagnostics.scheme(profile)
    body = sealed(scheme)
    assert diagnostics.verify(body, SECRET, profile)[0] is Verdict.HOLDS
    fits = diagnostics.detect(body, SECRET)
    assert profile in [fit.profile for fit in fits]
    for other in profiles("ehealth_card"):
        try:
            envelope.open_request(envelope.peek(body), [SECRET], diagnostics.scheme(other))
            opens = True
        except DomainError:
            opens = False
        assert opens == (other in [fit.profile for fit in fits])


def test_detect_puts_the_default_profile_first_and_finds_none_for_a_wrong_key() -> None:
    assert diagnostics.detect(sealed(), SECRET)[0].profile == "standard"
    assert not diagnostics.detect(sealed(), "f" * 32)
    assert not diagnostics.detect(b"no message", SECRET)


def test_open_reads_the_content_whether_or_not_the_signature_holds() -> None:
    body = {**orjson.loads(sealed()), "sign": "0" * 64}
    assert orjson.loads(diagnostics.open(orjson.dumps(body), SECRET, "standard")) == BIZ
    with pytest.raises(envelope.DecryptionFailed):
        diagnostics.open(orjson.dumps(body), "f" * 32, "standard")
    with pytest.raises(envelope.UnknownCipher):
        diagnostics.open(orjson.dumps({**body, "enc_type": "RC4"}), SECRET, "standard")


def test_make_signs_a_draft_and_fills_in_what_may_be_left_out() -> None:
    draft = {**PARAMS, "biz_content": BIZ}
    body = diagnostics.make(orjson.dumps(draft), SECRET, "standard", 1_763_650_800_000)
    claim = envelope.peek(body)
    assert (claim.sign_type, claim.enc_type, claim.timestamp) == ("SM3", "SM4", "20251120230000")
    assert envelope.open_request(claim, [SECRET], Scheme()).biz == BIZ
    as_text = {**draft, "timestamp": "20200101000000", "biz_content": orjson.dumps(BIZ).decode()}
    assert envelope.peek(diagnostics.make(orjson.dumps(as_text), SECRET, "standard", 0)).timestamp == "20200101000000"


@pytest.mark.parametrize(
    ("draft", "fault"),
    [
        (b"[]", "UnreadableMessage"),
        (b'{"biz_content":[1]}', "UnreadableMessage"),
        (b'{"biz_content":{}}', "MissingAppId"),
        (b'{"app_id":1}', "UnreadableMessage"),
        (b'{"app_id":"a","enc_type":"RC4"}', "UnknownCipher"),
    ],
)
def test_a_draft_that_cannot_become_a_message_is_refused(draft: bytes, fault: str) -> None:
    with pytest.raises(DomainError) as raised:
        diagnostics.make(draft, SECRET, "standard", 0)
    assert raised.value.name == fault


def test_the_documentation_explains_every_kind_and_carries_the_worked_example() -> None:
    text = (Path(__file__).parents[3] / "docs" / "signing.md").read_text("utf-8")
    kinds = {cause.kind for cause in vars(causes).values() if isinstance(cause, Cause)}
    assert not [kind for kind in sorted(kinds) if f"`{kind}`" not in text]
    for profile in profiles("ehealth_card"):
        assert f"`{profile}`" in text
    assert "fbb99dd5c8ae2c9d6cd07caf7fa9350aa671a170845885dfbbbf255aa26915db" in text
