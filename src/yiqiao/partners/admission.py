"""Whether a partner's call is let in: known, active, from a listed terminal and address, in time, with permission.

Pure functions that pass in silence or raise. Each message says what the partner's engineer has to do.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address

from yiqiao.clock import readable
from yiqiao.errors import DomainError
from yiqiao.partners.partner import Partner, State

SHOWN = 64
"""Characters of a caller's text that a message repeats."""
_TERMINAL = {"cmc": ("目标标识", " -a 的值")}
"""The dialects that do not say terminal: what they say, and what its number is called."""
_CALLER = {"convenience": ("接口用户", "用户标识 USER_ID")}
"""The dialects that do not say application: what they call who calls, and its name."""
CALIBRATE = "请校准系统时钟，用当前时间重新签名后发送"


class UnknownPartner(DomainError):
    """No partner of this dialect has the name that the message gives."""

    def __init__(self, dialect: str = "") -> None:
        who, its_name = _CALLER.get(dialect, ("应用", "应用标识"))
        super().__init__(f"{who}不存在：该{its_name}未在平台登记，请核对标识与所连环境（测试或正式），或联系平台登记")


class PartnerDisabled(DomainError):
    """The partner is on file and must not call at present."""

    def __init__(self, app_id: str) -> None:
        super().__init__(f"应用 {app_id} 已停用，请联系平台重新启用")


class UnknownTerminal(DomainError):
    """The terminal is not on the partner's list."""

    def __init__(self, dialect: str, app_id: str, terminal: str) -> None:
        what, number = _TERMINAL.get(dialect, ("终端", "终端号"))
        super().__init__(
            f"{what}不存在：{what} {terminal[:SHOWN]!r} 未登记在应用 {app_id} 名下，请核对{number}或联系平台登记"
        )


class AddressNotListed(DomainError):
    """The call comes from an address that is not on the partner's list."""

    def __init__(self, app_id: str, peer: str) -> None:
        shown = peer[:SHOWN] or "（未知）"
        super().__init__(
            f"来源地址 {shown} 不在应用 {app_id} 的地址白名单内，请从已登记的地址访问，或联系平台增加该地址"
        )


class PermissionMissing(DomainError):
    """The partner was not given this operation."""

    def __init__(self, app_id: str, operation: str) -> None:
        super().__init__(f"应用 {app_id} 无接口 {operation[:SHOWN]} 的权限，如需使用请联系平台开通")


class ClockOutOfWindow(DomainError):
    """The caller's clock and ours are too far apart, or the message is an old one sent again."""

    def __init__(self, sent_at: int, now_ms: int, window_s: int, note: str = "") -> None:
        super().__init__(
            f"时间戳超出允许范围：请求时间 {_shown(sent_at)}，平台时间 {_shown(now_ms)}（北京时间），"
            f"允许相差 {window_s} 秒；{note or CALIBRATE}"
        )


def admit_sender(partner: Partner, *, terminal: str | None, peer: str) -> None:
    """Before anything of the message is verified: may this sender speak at all, from this terminal and address?

    `terminal` is None where the dialect has no terminals. Raises PartnerDisabled, UnknownTerminal, AddressNotListed.
    """
    admit_active(partner, terminal)
    if partner.networks and not _listed(partner, peer):
        raise AddressNotListed(partner.app_id, peer)


def admit_active(partner: Partner, terminal: str | None) -> None:
    """Is the partner in use, and the terminal one of its own? Raises PartnerDisabled, UnknownTerminal."""
    if partner.state is not State.ACTIVE:
        raise PartnerDisabled(partner.app_id)
    if terminal is not None and terminal not in partner.terminals:
        raise UnknownTerminal(partner.dialect, partner.app_id, terminal)


def admit_time(partner: Partner, sent_at: int | None, now_ms: int, note: str = "") -> None:
    """Is the caller's clock (epoch ms; None where the wire carries none) within the window? Raises ClockOutOfWindow.

    `note` says what to do, where it is not the caller's clock that has to be mended.
    """
    if sent_at is not None and abs(now_ms - sent_at) > partner.clock_window_s * 1000:
        raise ClockOutOfWindow(sent_at, now_ms, partner.clock_window_s, note)


def admit_operation(partner: Partner, operation: str) -> None:
    """Was the partner given this operation? Raises PermissionMissing."""
    if not partner.permits(operation):
        raise PermissionMissing(partner.app_id, operation)


def _listed(partner: Partner, peer: str) -> bool:
    try:
        address: IPv4Address | IPv6Address = ip_address(peer)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:  # how a socket for both families shows IPv4
        address = address.ipv4_mapped
    return any(address in network for network in partner.networks)


def _shown(ms: int) -> str:
    try:
        return readable(ms)
    except (OverflowError, ValueError, OSError):
        return "（无法表示）"
