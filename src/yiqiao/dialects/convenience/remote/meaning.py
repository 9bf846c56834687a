"""What a hospital means by a return code: the way back through the specification's own map of refusals to codes."""

import re
from collections.abc import Mapping

from yiqiao.dialects.convenience.client import Refused
from yiqiao.errors import DomainError
from yiqiao.ports.hospital import refusals
from yiqiao.ports.hospital.refusals import (
    HospitalMisconfigured,
    HospitalUnreachable,
    OrderClosed,
    OutcomeUnknown,
    RuleViolated,
    TransactionFailed,
)
from yiqiao.spec import Operation, Retry, Spec

_OF_ITS_STATE = {HospitalMisconfigured, HospitalUnreachable, OutcomeUnknown}
_KINDS: Mapping[str, type[DomainError]] = {
    name: kind
    for name, kind in vars(refusals).items()
    if isinstance(kind, type) and issubclass(kind, DomainError) and kind.__module__ == refusals.__name__
    if kind not in _OF_ITS_STATE
}
"""What a hospital can refuse with, by the name that the specification maps to a code."""
_GENERAL = (RuleViolated, OrderClosed)
"""Where these share a code with others, the others say more than the code does. Of all else the first is meant."""
OURS_TO_MEND = frozenset({"2", "3", "4", "6", "7", "8", "9", "11"})
"""Codes of the envelope, of rights and keys: nothing that is said to a patient helps."""
ANY_FAULT = "1"
"""参数不正确, under which the specification puts what has no code of its own: nothing can be concluded from it."""
NO_REASON = "医院系统拒绝了本次办理，未说明原因，请联系医院"
LONGEST = 200
_OWN_CODE = re.compile(r"（(-?\d{1,8})）$", re.ASCII)


def refusal(spec: Spec, operation: Operation, refused: Refused, *, act: bool) -> DomainError:
    """What to tell the caller of a refusal. Where an `act` met trouble within the hospital's system, nobody knows what
    came of it.
    """
    code, message = own_code(spec, refused.code, refused.told)
    if code in OURS_TO_MEND:
        return HospitalMisconfigured(f"{HospitalMisconfigured().message}（医院返回码 {code}）")
    kind = meant(spec, operation, code)
    if kind is None:
        listed = operation.returns.get(code) or spec.return_codes.get(code)
        if code == spec.fallback_code or (listed is not None and listed.retry is Retry.SAME_SERIAL):
            return OutcomeUnknown() if act else HospitalUnreachable("医院系统繁忙或出现故障，请稍后再试")
        return TransactionFailed(message or _title(spec, operation, code))
    return kind(message or _title(spec, operation, code))


def meant(spec: Spec, operation: Operation, code: str) -> type[DomainError] | None:
    """The refusal that a code stands for; of several the general one. None for a code that says nothing of the kind."""
    own = [_KINDS[name] for name, mapped in operation.errors.items() if mapped == code and name in _KINDS]
    common = [_KINDS[name] for name, mapped in spec.errors.items() if mapped == code and name in _KINDS]
    found = own or (common if code != ANY_FAULT else [])
    return next((kind for kind in _GENERAL if kind in found), found[0] if found else None)


def own_code(spec: Spec, code: str, message: str) -> tuple[str, str]:
    """The code and its text. Some profiles put one code in the place of all that are a function's own, and the own one
    behind the text.
    """
    within = _OWN_CODE.search(message)
    if within is None or code != spec.settings.get("own_codes_as"):
        return code, message[:LONGEST]
    return within[1], message[: within.start()][:LONGEST]


def _title(spec: Spec, operation: Operation, code: str) -> str:
    """For a hospital that gives no words: the standard's for its code."""
    listed = operation.returns.get(code) or spec.return_codes.get(code)
    return listed.title if listed is not None else NO_REASON
