"""The supervision dialect's facts by profile: scheme, operations by number and by address, limits, calling order."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType

from yiqiao.clock import BEIJING, beijing
from yiqiao.dialects.supervision import envelope
from yiqiao.dialects.supervision.faults import ParametersInvalid
from yiqiao.dialects.supervision.scheme import Scheme, scheme
from yiqiao.spec import Operation, Spec, load, profiles

NAME = "supervision"
ATTACHMENT, BIG_ATTACHMENT = "A0000", "A0001"
_FORM = "%Y-%m-%d %H:%M:%S"
_LENGTH = len("2026-01-31 09:30:00")


@cache
def scheme_of(profile: str) -> Scheme:
    """The scheme of a profile, once a process."""
    return scheme(load(NAME, profile).security)


@cache
def paths() -> Mapping[str, str]:
    """From each address to its operation's number, of whatever profile."""
    operations = (one for profile in profiles(NAME) for one in load(NAME, profile).operations.values())
    return MappingProxyType({operation.path: operation.code for operation in operations})


def operation_of(claim: envelope.Claim, spec: Spec) -> Operation | None:
    """What is asked for, in the partner's reading of the standard; None for what that does not have."""
    return spec.operations.get(claim.service)


def number(spec: Spec, name: str) -> int:
    """A whole number of a profile's settings (max_rows, max_bytes, advised_rows, sent_bytes)."""
    value = spec.settings[name]
    if not isinstance(value, int):
        raise TypeError(f"settings.{name} is no number")
    return value


def calling_order(spec: Spec) -> tuple[str, ...]:
    """The operations in the order in which they are to be uploaded (1.3.5)."""
    order = spec.settings["order"]
    if not isinstance(order, list):
        raise TypeError("settings.order is no list")
    return tuple(str(name) for name in order)


def depends(spec: Spec, operation: str) -> Mapping[str, tuple[str, str]]:
    """From a field of the operation to the operation and field where its value must have been told before."""
    every = spec.settings["depends"]
    mine = every.get(operation, {}) if isinstance(every, Mapping) else {}
    return {field: (str(where).partition(".")[0], str(where).partition(".")[2]) for field, where in mine.items()}


def uptime(ms: int) -> str:
    """Epoch milliseconds as YYYY-MM-DD HH24:MI:SS, Beijing time."""
    return beijing(ms).strftime(_FORM)


def parse_uptime(text: str) -> int:
    """The way back, in epoch milliseconds. Raises ParametersInvalid."""
    try:
        if len(text) == _LENGTH and text.isascii():
            return round(datetime.strptime(text, _FORM).replace(tzinfo=BEIJING).timestamp() * 1000)
    except ValueError:
        pass
    raise ParametersInvalid("上传时间 uptime 应为 YYYY-MM-DD HH24:MI:SS（北京时间）格式的真实时间")
