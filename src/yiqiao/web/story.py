"""What became of a message on its way through the hub, step by step (see exchange/gateway.py), and what was signed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yiqiao.dialects.convenience import dialect as documents
from yiqiao.dialects.ehealth_card import trial
from yiqiao.dialects.onetrans import dialect as desks
from yiqiao.errors import DomainError
from yiqiao.journal.reader import Record
from yiqiao.partners import Partner
from yiqiao.spec import Invalid, Operation, Spec

STEPS = ("read", "caller", "open", "clock", "permission", "fields", "act")
"""The way down, in order."""
STOPPED_AT: Mapping[str, str] = {
    **dict.fromkeys(("EmptyMessage", "MissingAppId", "MissingTerminal", "MissingMethod", "OversizedMessage"), "read"),
    **dict.fromkeys(("MissingUser", "MissingFunction", "MissingTransType"), "read"),
    **dict.fromkeys(("UnknownPartner", "PartnerDisabled", "UnknownTerminal", "AddressNotListed"), "caller"),
    **dict.fromkeys(("UnsupportedVersion", "UnknownSignatureType", "SignatureTypeNotAllowed", "UnknownCipher"), "open"),
    **dict.fromkeys(("CipherNotAllowed", "SignatureMismatch", "SigningFailed", "DecryptionFailed"), "open"),
    **dict.fromkeys(("KeyMismatch", "KeyUnfit", "EmptyContent"), "open"),
    **dict.fromkeys(("ParametersInvalid", "KeyTravelled", "PublicKeyMissing"), "open"),
    "ClockOutOfWindow": "clock",
    **dict.fromkeys(("UnknownMethod", "PermissionMissing"), "permission"),
    **dict.fromkeys(("Invalid", "NotYetSupported"), "fields"),
}
"""Where a refusal stops a message; what stands nowhere here is a rule of the business."""
CLOCK_FIELD = "timestamp"
_SIGNED: Mapping[str, Callable[[Spec, bytes, str], str]] = {
    "ehealth_card": trial.signed_string,
    "convenience": lambda spec, body, _: documents.signed_string(spec, body),
    "onetrans": lambda spec, body, _: desks.signed_string(spec, body),
}


@dataclass(frozen=True)
class Step:
    """A step. `state`: done, stopped, or missed."""

    name: str
    state: str


@dataclass(frozen=True)
class FaultLine:
    """A rule that a field breaks; the message holds no personal value."""

    path: str
    message: str


def steps(record: Record) -> tuple[Step, ...]:
    """The steps of an exchange, with the one at which it was stopped."""
    if record.view.refusal is None:
        return tuple(Step(name, "done") for name in STEPS)
    stop = STEPS.index(_stopped_at(record))
    states = ("done",) * stop + ("stopped",) + ("missed",) * (len(STEPS) - stop - 1)
    return tuple(Step(name, state) for name, state in zip(STEPS, states, strict=True))


def _stopped_at(record: Record) -> str:
    refusal = record.view.refusal or ""
    if refusal == "UnreadableMessage":  # the message itself, or what was enciphered in it
        return "open" if record.line.app_id else "read"
    if refusal == "Invalid" and f"：{CLOCK_FIELD} " in (record.view.message or ""):
        return "clock"
    return STOPPED_AT.get(refusal, "act")


def faults(record: Record, operation: Operation | None) -> tuple[FaultLine, ...]:
    """What is wrong with the fields of a message that was refused for them, each with its place."""
    if operation is None or record.view.refusal != "Invalid":
        return ()
    try:
        operation.validate(record.view.request)
    except Invalid as found:
        return tuple(FaultLine(fault.path, fault.message) for fault in found.faults)
    return ()


def signed_string(record: Record, spec: Spec, partner: Partner | None) -> str:
    """What the partner's profile signs of this message, a mark where the secret stands; empty where it cannot be told.

    Personal values may stand in it: whoever shows it masks them.
    """
    secret = partner.secrets[0] if partner and partner.secrets else ""
    shown = _SIGNED.get(spec.dialect)
    try:
        return shown(spec, record.request, secret) if shown is not None else ""
    except (DomainError, UnicodeEncodeError):
        return ""
