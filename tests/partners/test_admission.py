"""Who is let in: each refusal, its message, and the edges of the clock window."""

from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqiao.clock import parse_compact
from yiqiao.partners import Partner, State, admission
from yiqiao.partners.admission import (
    AddressNotListed,
    ClockOutOfWindow,
    PartnerDisabled,
    PermissionMissing,
    UnknownPartner,
    UnknownTerminal,
    admit_operation,
    admit_sender,
    admit_time,
)

HOSPITAL = Partner("ehealth_card", "demo-hospital", "示范医院", terminals=frozenset({"T01"}), secrets=("s3cret",))
NOW = parse_compact("20261120093000")


def test_a_listed_terminal_of_an_active_partner_is_admitted() -> None:
    admit_sender(HOSPITAL, terminal="T01", peer="203.0.113.9")


def test_a_disabled_partner_is_refused_before_anything_else() -> None:
    with pytest.raises(PartnerDisabled, match=r"demo-hospital 已停用"):
        admit_sender(replace(HOSPITAL, state=State.DISABLED), terminal="nowhere", peer="")


def test_a_foreign_terminal_is_refused_by_its_number() -> None:
    with pytest.raises(UnknownTerminal, match=r"'T99' 未登记在应用 demo-hospital 名下"):
        admit_sender(HOSPITAL, terminal="T99", peer="203.0.113.9")


def test_a_wrong_target_is_called_what_the_standard_of_the_workstation_calls_it() -> None:
    vendor = Partner("cmc", "vendor-his", "云桥软件", terminals=frozenset({"jgt-hn-cs"}))
    with pytest.raises(
        UnknownTerminal, match=r"目标标识 'jgt-wrong' 未登记在应用 vendor-his 名下，请核对 -a 的值"
    ) as refused:
        admit_sender(vendor, terminal="jgt-wrong", peer="")
    assert "终端" not in refused.value.message


def test_a_dialect_without_terminals_needs_none() -> None:
    admit_sender(replace(HOSPITAL, terminals=frozenset()), terminal=None, peer="203.0.113.9")


def test_a_terminal_number_of_any_length_does_not_flood_the_message() -> None:
    with pytest.raises(UnknownTerminal) as refused:
        admit_sender(HOSPITAL, terminal="9" * 100_000 + "\x00", peer="")
    assert len(refused.value.message) < 200


@pytest.mark.parametrize("peer", ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::7"])
def test_an_address_of_a_listed_network_is_admitted(peer: str) -> None:
    listed = replace(HOSPITAL, networks=(ip_network("10.1.2.0/24"), ip_network("2001:db8::/64")))
    admit_sender(listed, terminal="T01", peer=peer)


@pytest.mark.parametrize("peer", ["10.1.3.3", "2001:db8:1::7", "", "unix", "10.1.2.3, 10.9.9.9"])
def test_any_other_address_is_refused_where_there_is_a_list(peer: str) -> None:
    listed = replace(HOSPITAL, networks=(ip_network("10.1.2.0/24"),))
    with pytest.raises(AddressNotListed, match="地址白名单"):
        admit_sender(listed, terminal="T01", peer=peer)


@pytest.mark.parametrize("seconds", [-600, 0, 600])
def test_ten_minutes_off_is_in_time(seconds: int) -> None:
    admit_time(HOSPITAL, NOW + seconds * 1000, NOW)


@pytest.mark.parametrize("off_ms", [-600_001, 600_001])
def test_more_than_ten_minutes_off_is_not(off_ms: int) -> None:
    with pytest.raises(ClockOutOfWindow):
        admit_time(HOSPITAL, NOW + off_ms, NOW)


def test_the_clock_fault_names_both_clocks_and_the_window() -> None:
    with pytest.raises(ClockOutOfWindow) as refused:
        admit_time(replace(HOSPITAL, clock_window_s=300), parse_compact("20261120091512"), NOW)
    for part in ("2026-11-20 09:15:12", "2026-11-20 09:30:00", "北京时间", "300 秒"):
        assert part in refused.value.message


@given(st.integers(min_value=-(10**30), max_value=10**30))
def test_no_clock_value_is_more_than_a_refusal(sent_at: int) -> None:
    if abs(sent_at - NOW) <= 600_000:
        admit_time(HOSPITAL, sent_at, NOW)
    else:
        with pytest.raises(ClockOutOfWindow, match="600 秒"):
            admit_time(HOSPITAL, sent_at, NOW)


def test_a_wire_without_a_clock_is_not_asked_for_one() -> None:
    admit_time(HOSPITAL, None, NOW)


def test_an_operation_that_was_not_given_is_refused() -> None:
    some = replace(HOSPITAL, operations=frozenset({"ehc.ehealthcode.verify"}))
    admit_operation(some, "ehc.ehealthcode.verify")
    with pytest.raises(PermissionMissing, match=r"无接口 ehc\.ehealthcard\.close 的权限"):
        admit_operation(some, "ehc.ehealthcard.close")


def test_a_star_permits_every_operation() -> None:
    admit_operation(HOSPITAL, "ehc.ehealthcard.close")


def test_an_unknown_partner_is_told_what_to_do() -> None:
    assert "登记" in UnknownPartner().message


def test_every_refusal_is_named_for_the_error_map_of_the_standards() -> None:
    named = {"UnknownPartner", "PartnerDisabled", "UnknownTerminal", "PermissionMissing", "AddressNotListed"}
    assert named | {"ClockOutOfWindow"} <= set(vars(admission))


def test_a_partner_never_shows_its_secrets() -> None:
    assert "s3cret" not in repr(HOSPITAL)
