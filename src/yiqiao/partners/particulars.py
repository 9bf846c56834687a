"""A partner's particulars, each with the rule that it must keep: what the console shows beside its field.

Every way in which one can be wrong has a class of its own, since the pages say it in two languages.
"""

import re
from collections.abc import Callable, Collection, Sequence
from ipaddress import ip_network

from yiqiao.errors import DomainError
from yiqiao.partners.partner import ANY_OPERATION, Terminal
from yiqiao.spec import SpecError, load
from yiqiao.spec.loader import dialects, profile_titles

_APP_ID = re.compile(r"[!-~]{1,64}")
_TERM_ID = re.compile(r"[!-~]{1,32}")
_PARTING = {"cmc": "&@"}
"""What parts the values of a message, in dialects that cannot escape it."""
LONGEST_NAME = 64
LONGEST_CLOCK_WINDOW_S = 86_400

WITH_TERMINALS = frozenset({"ehealth_card", "cmc"})
"""The dialects whose messages name a terminal (CMC: the target under which the client is started)."""
WITH_PUBLIC_KEYS = frozenset({"onetrans"})
"""The dialects whose messages may be signed with SM2."""


class PartnerUnfit(DomainError):
    """A particular that cannot be; `field` is which."""

    field = ""


class DialectUnknown(PartnerUnfit):
    """No such standard."""

    field = "dialect"


class ProfileUnknown(PartnerUnfit):
    """The standard has no such profile."""

    field = "profile"


class AppIdUnfit(PartnerUnfit):
    """No identifier that every wire can carry."""

    field = "app_id"


class PartnerExists(PartnerUnfit):
    """The app_id is taken in this dialect."""

    field = "app_id"


class NameUnfit(PartnerUnfit):
    """No name, or one that cannot be printed."""

    field = "name"


class OperationsUnfit(PartnerUnfit):
    """None, or one that the standard does not have."""

    field = "operations"


class TerminalsUnfit(PartnerUnfit):
    """A number that cannot be, or stands twice, or terminals where the standard knows none."""

    field = "terminals"


class AddressesUnfit(PartnerUnfit):
    """Something that is no address and no network."""

    field = "addresses"


class ClockWindowUnfit(PartnerUnfit):
    """No tolerance at all, or one that would let old messages in."""

    field = "clock_window_s"


class OverlapUnfit(PartnerUnfit):
    """An old key cannot be accepted for that long."""

    field = "overlap"


class PartnerFaults(DomainError):
    """All that is wrong with what was asked for."""

    def __init__(self, faults: Sequence[PartnerUnfit]) -> None:
        super().__init__("；".join(fault.message for fault in faults))
        self.faults = tuple(faults)


def check_all(*checks: Callable[[], object]) -> None:
    """Make every check, and tell all at once. Raises PartnerFaults."""
    faults = []
    for check in checks:
        try:
            check()
        except PartnerUnfit as fault:
            faults.append(fault)
    if faults:
        raise PartnerFaults(faults)


def check_dialect(dialect: str) -> None:
    """Raises DialectUnknown for a standard that has no specification."""
    if dialect not in dialects():
        raise DialectUnknown(f"没有名为“{dialect[:40]}”的接口标准，可选：{'、'.join(dialects())}")


def check_profile(dialect: str, profile: str) -> None:
    """Raises ProfileUnknown."""
    if profile not in profile_titles(dialect):
        raise ProfileUnknown(f"没有名为“{profile[:40]}”的对接方案，可选：{'、'.join(profile_titles(dialect))}")


def check_app_id(dialect: str, app_id: str) -> None:
    """Raises AppIdUnfit."""
    if not _APP_ID.fullmatch(app_id):
        raise AppIdUnfit("应用编号应为 1 至 64 位可见 ASCII 字符，不含空格")
    if set(app_id) & set(_PARTING.get(dialect, "")):
        raise AppIdUnfit("appKey 里不得含有 & 与 @，唤起参数用它们分隔各个值")


def check_name(name: str) -> None:
    """Raises NameUnfit."""
    if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise NameUnfit(f"单位名称应为 1 至 {LONGEST_NAME} 个字符，不含换行和控制字符")


def check_operations(dialect: str, profile: str, names: Collection[str]) -> None:
    """Raises OperationsUnfit for none, and for one that nobody can call over the network."""
    if not names:
        raise OperationsUnfit("请至少选择一个接口，或改为允许全部接口")
    strange = set(names) - {ANY_OPERATION, *operations_of(dialect, profile)}
    if strange:
        told = "、".join(sorted(name[:80] for name in strange))
        raise OperationsUnfit(f"没有接口 {told}，可选：{'、'.join(operations_of(dialect, profile))}")


def operations_of(dialect: str, profile: str) -> dict[str, str]:
    """The operations that a partner can be permitted, with their titles; an unknown profile has all."""
    try:
        spec = load(dialect, profile)
    except SpecError:
        spec = load(dialect)
    return {name: one.title for name, one in spec.operations.items() if one.transport == "http"}


def check_terminal(terminal: Terminal) -> None:
    """Raises TerminalsUnfit."""
    if not _TERM_ID.fullmatch(terminal.term_id):
        raise TerminalsUnfit(f"终端编号“{terminal.term_id[:40]}”应为 1 至 32 位可见 ASCII 字符")
    if not terminal.name.isprintable() or len(terminal.name) > LONGEST_NAME:
        raise TerminalsUnfit(f"终端名称不应超过 {LONGEST_NAME} 个字符，不含换行和控制字符")


def check_terminals(dialect: str, terminals: Sequence[Terminal]) -> None:
    """Raises TerminalsUnfit."""
    if terminals and dialect not in WITH_TERMINALS:
        raise TerminalsUnfit("该标准的报文不含终端编号，无需登记终端")
    for terminal in terminals:
        check_terminal(terminal)
    if len({one.term_id for one in terminals}) < len(terminals):
        raise TerminalsUnfit("终端编号重复，请核对终端列表")


def networks(addresses: Collection[str]) -> list[str]:
    """The addresses as networks in CIDR form, each once. Raises AddressesUnfit."""
    found = set()
    for address in addresses:
        try:
            found.add(str(ip_network(address.strip())))
        except ValueError:
            raise AddressesUnfit(
                f"“{address[:60]}”不是 IP 地址或网段；应如 10.1.2.3 或 10.1.2.0/24（主机位须为 0）"
            ) from None
    return sorted(found)


def check_clock_window(seconds: int) -> None:
    """Raises ClockWindowUnfit."""
    if not 1 <= seconds <= LONGEST_CLOCK_WINDOW_S:
        raise ClockWindowUnfit(f"允许的时钟误差应为 1 至 {LONGEST_CLOCK_WINDOW_S} 秒（一天）的整数")
