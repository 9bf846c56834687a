"""The specification of the electronic health card platform, in every profile."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.named_rules import unnamed
from yiqiao.spec import Invalid, Spec, Table, check, load, profiles
from yiqiao.spec.build import build
from yiqiao.spec.loader import document

PROFILES = profiles("ehealth_card")
STANDARD = load("ehealth_card")
VERIFY = STANDARD.operations["ehc.ehealthcode.verify"]
REGISTER = STANDARD.operations["ehc.ehealthcard.querywithreg"]
TESTS = Path(__file__).parents[2]
FOLDERS = [TESTS / "dialects" / "ehealth_card", TESTS / "native", TESTS / "region" / "cards", TESTS / "web"]
FOR_PEOPLE = {
    "scope",  # who builds
    "parties",  # what words mean
    "close.who",  # who asks for it
    # The archives are the hospital's; no message shows what is kept in them, in which order, and under which number.
    "archive.link",
    "archive.create",
    "archive.order",
    "archive.insurance",
    "archive.doctor",
    # So are the screens of its terminals: a button, two lists one after the other, a page that stays.
    "terminal.obtain",
    "terminal.modes",
    "terminal.consent-refused",
}
"""Rules of what people do, or that a hospital's own systems keep by themselves; nothing of ours can show them."""


def without(values: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in values.items() if name not in names}


def broken(
    values: dict[str, object], operation: str = "ehc.ehealthcode.verify", spec: Spec = STANDARD
) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        spec.operations[operation].validate(values)
    return {fault.path: fault.rule for fault in refused.value.faults}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_specification_agrees_with_itself(profile: str) -> None:
    assert check(build(document("ehealth_card", profile), profile)) == []


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("seed", range(4))
def test_the_sample_of_every_field_is_valid(profile: str, seed: int) -> None:
    spec = load("ehealth_card", profile)
    tables = [table for operation in spec.operations.values() for table in (operation.asks, operation.answers)]
    tables += [
        Table("envelope.request", spec.envelope_request, spec.codes),
        Table("envelope.response", spec.envelope_response, spec.codes),
    ]
    for table in tables:
        sample = table.sample(seed)
        assert set(sample) == {field.spelled for field in table.fields if not field.parent}
        table.validate(sample)


def test_the_variants_in_the_field_are_profiles() -> None:
    assert set(PROFILES) == {
        "standard",
        "signed-plain",
        "tail-app-secret",
        "tail-key",
        "digest-names",
        "unencrypted",
        "epoch-timestamp",
        "document",
        "replay",
        "dynamic-only",
        "guardians",
        "city-ids",
    }


def test_the_standard_profile_signs_the_cipher_text_and_ends_with_the_secret() -> None:
    assert dict(STANDARD.security) == {
        "sign_field": "sign",
        "sign_type_field": "sign_type",
        "signed": "encrypted",
        "tail": "{secret}",
        "versions": ["X.M.0.1"],
        "sign_types": ["SM3", "MD5"],
        "enc_types": ["SM4", "AES", "DES"],
    }


@pytest.mark.parametrize(
    ("profile", "changes"),
    [
        ("signed-plain", {"signed": "plain"}),
        ("tail-app-secret", {"tail": "&app_secret={secret}"}),
        ("tail-key", {"tail": "&key={secret}"}),
        ("digest-names", {"sign_field": "digest", "sign_type_field": "digest_type"}),
        ("unencrypted", {"enc_types": ["", "SM4", "AES", "DES"]}),
        ("epoch-timestamp", {}),
        ("replay", {}),
        ("dynamic-only", {}),
    ],
)
def test_a_variant_differs_from_the_standard_profile_in_this_alone(profile: str, changes: dict[str, object]) -> None:
    assert dict(load("ehealth_card", profile).security) == {**STANDARD.security, **changes}


def test_every_rule_has_a_test_that_names_it() -> None:
    assert unnamed(STANDARD, FOLDERS, FOR_PEOPLE) == []


def test_there_are_38_return_codes_each_explained_and_reached() -> None:
    assert len(STANDARD.return_codes) == 38
    assert STANDARD.excused == {}
    assert set(STANDARD.errors.values()) | {"0000"} == set(STANDARD.return_codes)
    assert all(code.cause and code.remedy for code in STANDARD.return_codes.values())


def test_success_is_0000() -> None:
    assert STANDARD.success.code == "0000"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("EmptyMessage", "8003"), ("UnreadableMessage", "9008"), ("OversizedMessage", "9008"), ("MissingAppId", "1001"),
        ("MissingTerminal", "1002"), ("UnsupportedVersion", "1003"), ("MissingMethod", "1004"),
        ("UnknownMethod", "1005"), ("UnknownCipher", "1006"), ("UnknownSignatureType", "1007"),
        ("UnknownPartner", "1008"), ("PartnerDisabled", "1008"), ("UnknownTerminal", "1009"),
        ("PermissionMissing", "1010"), ("AddressNotListed", "1010"), ("CodeExpired", "2001"), ("CodeInvalid", "2002"),
        ("CodeSuperseded", "2002"), ("CardClosed", "2002"), ("ForeignIssuer", "2002"), ("LifetimeMissing", "2003"),
        ("LifetimeInvalid", "2004"), ("StaticCodeRefused", "2002"), ("CryptoUnavailable", "2005"),
        ("SealingUnavailable", "8008"), ("NoSuchRecord", "3001"), ("DuplicateSerial", "3002"), ("Busy", "3003"),
        ("StorageUnreachable", "8005"), ("StorageFailed", "8007"), ("Misconfigured", "8006"), ("InternalError", "8009"),
        ("Invalid", "9001"), ("IdentityNumberInvalid", "9001"), ("ClockOutOfWindow", "9001"),
        ("IdentityConflict", "9001"), ("CipherNotAllowed", "1006"), ("SignatureTypeNotAllowed", "1007"),
        ("SigningFailed", "9002"), ("SignatureMismatch", "9003"), ("NotYetSupported", "9005"),
        ("EncryptionFailed", "9006"), ("DecryptionFailed", "9007"), ("TransactionFailed", "9998"),
        ("ConsentOver", "9998"),
        ("UnknownFailure", "9999"), ("ReadFailed", "8001"), ("TransferFailed", "8002"), ("ConnectionFailed", "8004"),
        ("EmptyAnswer", "9004"), ("NobodyMappedThis", "9999"),
    ],
)  # fmt: skip
def test_an_error_has_this_return_code(error: str, code: str) -> None:
    assert STANDARD.code_for(error, "ehc.ehealthcode.verify").code == code


@pytest.mark.parametrize(
    ("operation", "serial"),
    [
        ("querywithreg", "out_register_no"),
        ("register", "out_register_no"),
        ("alterinfo", "out_alter_no"),
        ("alterlink", "out_alter_no"),
        ("authurl", "out_authorize_no"),
        ("close", "out_close_no"),
    ],
)
def test_a_write_takes_effect_once_per_serial_and_answers_3002_then(operation: str, serial: str) -> None:
    found = STANDARD.operations[f"ehc.ehealthcard.{operation}"]
    assert found.effect == "write"
    assert found.repeat is not None
    assert (found.repeat.policy, found.repeat.serial, found.repeat.code) == ("refuse", (serial,), "3002")


def test_queries_repeat_freely() -> None:
    for name in ("auth.query", "regquery"):
        operation = STANDARD.operations[f"ehc.ehealthcard.{name}"]
        assert (operation.effect, operation.repeat) == ("read", None)


def test_the_functions_of_the_library_do_not_go_over_http() -> None:
    library = {name for name, operation in STANDARD.operations.items() if operation.transport == "library"}
    assert library == {"VirtualCardTrans", "Set_QRflow_Mode", "EhealthID_Print"}


def test_ip_addr_is_printed_twice_and_may_be_absent() -> None:
    assert [field.required for field in VERIFY.asks.printed if field.name == "ip_addr"] == [False, True]
    VERIFY.validate(without(VERIFY.sample(), "ip_addr"))


def test_office_code_is_required_but_for_partners_that_follow_the_printed_sample() -> None:
    message = without(VERIFY.sample(), "office_code", "ip_addr")
    assert broken(message) == {"office_code": "required"}
    load("ehealth_card", "document").operations["ehc.ehealthcode.verify"].validate(message)


def test_time_expire_is_left_to_the_operation_which_has_2003_and_2004_for_it() -> None:
    for text in ("0", "-1", "５", "soon"):
        assert REGISTER.validate({**REGISTER.sample(), "time_expire": text})["time_expire"] == text


def test_the_answer_to_a_registration_carries_the_code() -> None:
    code = next(field for field in REGISTER.response if field.name == "ehealth_code")
    assert (code.required, code.ours) == (True, True)
    assert not any(f.name == "ehealth_code" for f in STANDARD.operations["ehc.ehealthcard.register"].response)


@pytest.mark.parametrize(
    "name",
    ["user_name", "id_no", "mobile_phone", "telephone", "address", "work_unit", "photo_info", "birthday", "card_no"],
)
def test_a_personal_field_is_marked_so_everywhere(name: str) -> None:
    rows = [
        field
        for operation in STANDARD.operations.values()
        for field in (*operation.request, *operation.response)
        if field.name == name
    ]
    assert rows
    assert all(field.personal for field in rows)


def test_the_application_key_is_secret() -> None:
    assert [field.name for field in STANDARD.envelope_request if field.secret] == ["key"]


def test_a_timestamp_may_be_beijing_time_or_milliseconds() -> None:
    for profile in PROFILES:
        spec = load("ehealth_card", profile)
        timestamp = next(field for field in spec.envelope_request if field.name == "timestamp")
        assert set(timestamp.formats) == {"yyyyMMddHHmmss", "epoch_ms"}


def test_the_result_of_an_authorisation_names_the_person_only_when_it_was_granted() -> None:
    query = STANDARD.operations["ehc.ehealthcard.auth.query"]
    assert query.shape({"auth_status": "ing"}) == {"auth_status": "ing"}
    with pytest.raises(Invalid) as refused:
        query.answers.validate({"auth_status": "succ"})
    assert {fault.path for fault in refused.value.faults} == {
        "mindex_id", "ehealth_card_id", "id_type", "id_no", "user_name", "user_sex", "mobile_phone",
    }  # fmt: skip


def test_cards_to_bind_may_come_as_a_list_or_as_text_that_holds_one() -> None:
    register = STANDARD.operations["ehc.ehealthcard.register"]
    cards = [{"card_type": "01", "card_no": "YQ98000001"}]
    for sent in (cards, '[{"card_type": "01", "card_no": "YQ98000001"}]'):
        assert register.validate({**register.sample(), "card_list": sent})["card_list"] == cards
    assert broken({**register.sample(), "card_list": [*cards, {"card_type": "07"}]}, register.name) == {
        "card_list[1].card_type": "code"
    }


@pytest.mark.parametrize(("table", "size"), [("nation", 57), ("office_code", 199), ("card_type", 5), ("id_type", 12)])
def test_a_dictionary_has_all_its_rows(table: str, size: int) -> None:
    assert len(STANDARD.codes[table].rows) == size


def test_a_deviation_says_why_and_so_does_a_reading() -> None:
    assert all(deviation.why for deviation in STANDARD.deviations)
    assert all(reading.why for reading in STANDARD.readings)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_whatever_arrives_is_passed_or_refused_with_its_faults(data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from(list(STANDARD.operations.values())))
    names = st.sampled_from([field.name for field in operation.request] or ["x"])
    spoiled = data.draw(st.dictionaries(names | st.text(max_size=5), JSON, max_size=6))
    message = {**operation.sample(), **spoiled}
    try:
        valid = operation.validate(message)
    except Invalid as refused:
        valid, faults = {}, refused.faults
    else:
        faults = ()
    assert bool(valid) or bool(faults) or operation.request == ()
