"""The forms on a partner's particulars: the choices they offer, what is in their fields, and how they are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from yiqiao.partners import PartnerFile, Terminal
from yiqiao.partners.filing import Revision, Wish
from yiqiao.partners.particulars import PartnerFaults, operations_of
from yiqiao.partners.partner import ANY_OPERATION, CLOCK_WINDOW_S
from yiqiao.spec.loader import STANDARD, profile_titles
from yiqiao.web.i18n import Words


@dataclass(frozen=True)
class ParticularsForm:
    """What can be chosen in a dialect, by name and title, what is in the fields, and what is wrong, by field."""

    profiles: tuple[tuple[str, str], ...]
    operations: tuple[tuple[str, str], ...]
    profile: str
    permit_all: bool
    ticked: tuple[str, ...]
    addresses: str
    clock_window_s: str
    faults: Mapping[str, str] = field(default_factory=dict)


def form_of(dialect: str, typed: Mapping[str, str], faults: Mapping[str, str]) -> ParticularsForm:
    """A form with what was typed into it, as it was sent; an empty one where nothing was."""
    operations = tuple(operations_of(dialect, STANDARD).items())
    return ParticularsForm(
        profiles=tuple(profile_titles(dialect).items()),
        operations=operations,
        profile=typed.get("profile", STANDARD),
        permit_all=typed.get("permit") != "chosen",
        ticked=tuple(name for name, _ in operations if f"op.{name}" in typed),
        addresses=typed.get("addresses", ""),
        clock_window_s=typed.get("clock_window_s", str(CLOCK_WINDOW_S)),
        faults=faults,
    )


def typed_of(file: PartnerFile) -> Mapping[str, str]:
    """What is on file, as a form would send it."""
    return {
        "profile": file.profile,
        "permit": "all" if ANY_OPERATION in file.operations else "chosen",
        **{f"op.{name}": "on" for name in file.operations},
        "addresses": "\n".join(file.addresses),
        "clock_window_s": str(file.clock_window_s),
    }


def wish_of(sent: Mapping[str, str]) -> Wish:
    """The partner that a form asks for; whether it can be is for `filing` to say."""
    return Wish(
        dialect=sent.get("dialect", ""),
        name=sent.get("name", "").strip(),
        # The form brings an app_id along for who gives none: sent again (by reloading), it files nobody twice.
        app_id=sent.get("app_id", "").strip() or sent.get("spare_app_id", ""),
        profile=sent.get("profile", ""),
        operations=_operations(sent),
        addresses=_lines(sent.get("addresses", "")),
        terminals=tuple(Terminal(*line.split(maxsplit=1)) for line in _lines(sent.get("terminals", ""))),
        clock_window_s=_seconds(sent),
    )


def revision_of(sent: Mapping[str, str]) -> Revision:
    """The change that a form asks for."""
    return Revision(sent.get("profile", ""), _operations(sent), _lines(sent.get("addresses", "")), _seconds(sent))


def told(faults: PartnerFaults, words: Words) -> Mapping[str, str]:
    """What to say beside each field."""
    found: dict[str, str] = {}
    for fault in faults.faults:
        found.setdefault(fault.field, words.refusal(fault))
    return found


def number(text: str) -> int | None:
    """A whole number as a form sends it, or None."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _operations(sent: Mapping[str, str]) -> tuple[str, ...]:
    if sent.get("permit") != "chosen":
        return (ANY_OPERATION,)
    return tuple(name.removeprefix("op.") for name in sent if name.startswith("op."))


def _seconds(sent: Mapping[str, str]) -> int:
    """The clock window; 0, which is refused, for what is no number."""
    return number(sent.get("clock_window_s", "")) or 0


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
