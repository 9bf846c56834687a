"""Numbers here are made up under city 98, which no province has; the check digit is worked out anew from GB 11643."""

import doctest
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from yiqiao.region.identity import certificates
from yiqiao.region.identity.certificates import (
    Certificate,
    IdentityNumberInvalid,
    Implied,
    disagreements,
    implied,
    parse,
)

TODAY = date(2026, 11, 21)
CHECKED_KINDS = {"01": "329801", "A1": "819801", "A2": "839801", "A3": "998999"}


def numbered(body: str) -> str:
    """A body of 17 digits with its check digit, by the standard's table of weights."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


def fault_of(id_type: str, id_no: str, today: date = TODAY) -> str:
    with pytest.raises(IdentityNumberInvalid) as refusal:
        parse(id_type, id_no, today)
    return refusal.value.message


birthdays = st.dates(date(1900, 1, 1), TODAY)
orders = st.integers(1, 999)
digits = st.text("0123456789", min_size=17, max_size=17)


@st.composite
def checked(draw: st.DrawFn) -> tuple[str, str]:
    """(id_type, number) of a kind that ends with a check digit."""
    id_type, area = draw(st.sampled_from(sorted(CHECKED_KINDS.items())))
    return id_type, numbered(f"{area}{draw(birthdays):%Y%m%d}{draw(orders):03}")


class TestIdentityCard:
    @given(st.integers(110000, 659999), birthdays, orders)
    def test_birthday_and_sex_are_read_from_the_number(self, area: int, birthday: date, order: int) -> None:
        certificate = parse("01", numbered(f"{area}{birthday:%Y%m%d}{order:03}"), TODAY)
        assert implied(certificate) == Implied(birthday, "1" if order % 2 else "2")

    def test_an_area_that_no_list_knows_is_accepted(self) -> None:
        number = numbered("32980119900307101")
        assert parse("01", number, TODAY) == Certificate("01", number)

    def test_outer_blanks_go_and_a_small_x_becomes_large(self) -> None:
        number = next(n for order in range(1, 40) if (n := numbered(f"32980119900307{order:03}")).endswith("X"))
        assert parse("01", f"\u3000 {number.lower()}\r\n", TODAY).id_no == number

    @pytest.mark.parametrize("length", [15, 17, 19])
    def test_another_length_is_named(self, length: int) -> None:
        assert f"应为 18 位，收到 {length} 位" in fault_of("01", "1" * length)

    def test_letters_within_are_refused(self) -> None:
        assert "格式不正确" in fault_of("01", "32980119900307A01X")

    @pytest.mark.parametrize("id_no", ["", "  ", "\u3000"])
    def test_nothing_is_refused(self, id_no: str) -> None:
        assert "不能为空" in fault_of("01", id_no)

    @pytest.mark.parametrize("day", ["19900230", "19901301", "19900100", "20250229", "00000101", "10900307"])
    def test_a_birth_date_that_never_was_is_refused(self, day: str) -> None:
        assert "出生日期不存在" in fault_of("01", numbered(f"329801{day}101"))

    def test_a_birth_date_is_accepted_from_its_own_day_on(self) -> None:
        number = numbered("32980120261121001")
        assert "晚于今天" in fault_of("01", number, date(2026, 11, 20))
        assert implied(parse("01", number, date(2026, 11, 21))).birthday == date(2026, 11, 21)


class TestCheckDigit:
    @given(checked())
    def test_the_right_one_is_accepted(self, kind_and_number: tuple[str, str]) -> None:
        id_type, number = kind_and_number
        assert parse(id_type, number, TODAY) == Certificate(id_type, number)

    @given(checked(), st.integers(0, 17), st.sampled_from("0123456789X"))
    def test_a_single_changed_digit_is_detected(self, kind_and_number: tuple[str, str], at: int, other: str) -> None:
        id_type, number = kind_and_number
        assume(number[at] != other)
        fault_of(id_type, number[:at] + other + number[at + 1 :])

    @given(checked(), st.integers(0, 16))
    def test_two_neighbours_swapped_are_detected(self, kind_and_number: tuple[str, str], at: int) -> None:
        id_type, number = kind_and_number
        assume(number[at] != number[at + 1])
        fault_of(id_type, number[:at] + number[at + 1] + number[at] + number[at + 2 :])

    def test_the_fault_says_that_it_is_the_check_digit(self) -> None:
        right = numbered("32980119900307101")
        wrong = right[:-1] + ("1" if right[-1] != "1" else "2")
        assert "校验码不正确" in fault_of("01", wrong)


class TestOtherKinds:
    @pytest.mark.parametrize(
        ("id_type", "id_no"),
        [
            ("02", "户字第 9812 号"),
            ("03", "XZ0000017"),
            ("04", "军字第0000981号"),
            ("06", "H99000017"),
            ("06", "M9900001703"),
            ("07", "99000017"),
            ("07", "9900001702(B)"),
            ("08", "Z980000017"),
            ("A3", "XXZ980098010112"),
            ("99", "-"),
            ("99", "9" * 32),
            ("B7", "a kind of later days".upper()),
        ],
    )
    def test_what_can_be_a_number_is_accepted_and_implies_nothing(self, id_type: str, id_no: str) -> None:
        certificate = parse(id_type, id_no, TODAY)
        assert certificate == Certificate(id_type, id_no)
        assert implied(certificate) == Implied()

    @pytest.mark.parametrize(
        ("id_type", "id_no", "fault"),
        [
            ("06", "K99000017", "以 H 或 M 开头"),
            ("07", "9900001", "8 位数字"),
            ("08", "9800000171", "1 位字母加 9 位数字"),
            ("08", "Z98000017", "应为 10 位，收到 9 位"),
            ("A1", numbered("83980119900307101"), "81 或 82"),
            ("A2", numbered("81980119900307101"), "以 83 开头"),
            ("A3", numbered("32980119900307101"), "以 9 开头"),
            ("99", "9" * 33, "最多 32 位，收到 33 位"),
            ("03", "", "不能为空"),
        ],
    )
    def test_what_cannot_be_one_is_refused(self, id_type: str, id_no: str, fault: str) -> None:
        assert fault in fault_of(id_type, id_no)

    @pytest.mark.parametrize(("id_type", "area"), [("A1", "819801"), ("A1", "829801"), ("A2", "839801")])
    def test_residence_permits_tell_birthday_and_sex(self, id_type: str, area: str) -> None:
        certificate = parse(id_type, numbered(f"{area}19900307004"), TODAY)
        assert implied(certificate) == Implied(date(1990, 3, 7), "2")

    def test_letters_are_the_same_in_either_case(self) -> None:
        assert parse("06", "h99000017", TODAY) == parse("06", "H99000017", TODAY)


class TestCharacters:
    @pytest.mark.parametrize("id_type", ["01", "03", "99"])
    @pytest.mark.parametrize("id_no", ["３2980119900307101X", "32980119900307101Ｘ"])
    def test_full_width_is_refused_by_name(self, id_type: str, id_no: str) -> None:
        assert "全角" in fault_of(id_type, id_no)

    @pytest.mark.parametrize("character", ["\0", "\n", "\x7f", "\u200b", "\ufeff", "\u2028", "\ud800"])
    def test_characters_that_cannot_be_seen_are_refused(self, character: str) -> None:
        assert "不可见" in fault_of("99", f"9{character}8")

    @given(st.sampled_from(["01", "02", "06", "07", "08", "A1", "A2", "A3", "99"]), st.text(max_size=40) | digits)
    def test_any_text_is_taken_or_refused_without_repeating_it(self, id_type: str, id_no: str) -> None:
        message = ""
        try:
            certificate = parse(id_type, id_no, TODAY)
        except IdentityNumberInvalid as refusal:
            message = refusal.message
        else:
            assert parse(id_type, certificate.id_no, TODAY) == certificate
        assert len(id_no) < 6 or id_no not in message

    def test_a_certificate_is_shown_without_its_number(self) -> None:
        assert "98" not in repr(Certificate("03", "XZ9800017"))


class TestDisagreements:
    certificate = parse("01", numbered("32980119900307101"), TODAY)

    @pytest.mark.parametrize("sex", ["1", "0", "9", "5", "6", None])
    @pytest.mark.parametrize("birthday", ["19900307", "", None])
    def test_what_agrees_or_is_not_stated_passes(self, birthday: str | None, sex: str | None) -> None:
        assert disagreements(self.certificate, birthday, sex) == ()

    @pytest.mark.parametrize(
        ("birthday", "sex", "fields"),
        [
            ("19900308", "1", ["birthday"]),
            ("19900307", "2", ["sex"]),
            ("19910307", "2", ["birthday", "sex"]),
            ("1990-03-07", "1", ["birthday"]),
        ],
    )
    def test_every_contradiction_is_named(self, birthday: str, sex: str, fields: list[str]) -> None:
        found = disagreements(self.certificate, birthday, sex)
        assert [field for field, _ in found] == fields
        assert not any(birthday in message for _, message in found)

    def test_a_kind_that_tells_nothing_contradicts_nothing(self) -> None:
        assert disagreements(Certificate("03", "XZ0000017"), "19900308", "2") == ()

    @given(st.text(max_size=20))
    def test_a_number_that_was_never_checked_implies_nothing_or_something_but_never_fails(self, id_no: str) -> None:
        certificate = Certificate("01", id_no)
        assert implied(certificate) == Implied() or len(id_no) == 18


def test_the_module_examples_hold() -> None:
    assert doctest.testmod(certificates) == doctest.TestResults(0, 1)
