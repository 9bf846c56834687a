"""Why a message is not understood: the words in which every dialect tells it.

A diagnosis walks the layers of a message (bytes, parameters, the string that was signed, the digest, the content) and
tries hypotheses at each: what would have to be true of the sender for exactly this digest, or this cipher text, to
come out? A hypothesis that reproduces the digest is a proof; what is left is to name the simplest one first. Where none
fits, what was tried is said, and what that excludes.

`recipes` holds the hypotheses on signatures, `ciphertext` those on content; a dialect brings its own names and variants
in `diagnosis.py` and exports them as `diagnostics`, an object of the kind described by `Diagnostics`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    zh: str
    en: str

    def said(self, lang: str) -> str:
        """The text in `lang`: "en", or Chinese for anything else."""
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that a sender does differently. `kind` is stable, for programs; the lower `cost`, the more likely."""

    kind: str
    cost: int
    title: Words
    remedy: Words


class Verdict(Enum):
    """Whether the signature holds."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause found. `fatal` is False for what is let pass and only worth knowing. `evidence` says how it is known."""

    cause: Cause
    evidence: Words
    fatal: bool = True

    def as_dict(self, lang: str) -> dict[str, object]:
        """For programs: kind, title, remedy, evidence, fatal."""
        return {
            "kind": self.cause.kind,
            "title": self.cause.title.said(lang),
            "remedy": self.cause.remedy.said(lang),
            "evidence": self.evidence.said(lang),
            "fatal": self.fatal,
        }


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the message as the receiver sees it. `text` is the thing itself, without any secret."""

    name: str
    title: Words
    ok: bool | None
    text: str = field(repr=False)
    note: Words | None = None

    def as_dict(self, lang: str) -> dict[str, object]:
        """For programs: name, title, ok (null: not reached or not judged), text, note."""
        return {
            "name": self.name,
            "title": self.title.said(lang),
            "ok": self.ok,
            "text": self.text,
            "note": self.note.said(lang) if self.note else None,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What a diagnosis found: the signature's verdict, the layers in order, the causes with the likeliest first.

    `tried` counts the hypotheses that were computed. `content` is the decrypted content where it could be read.
    """

    dialect: str
    profile: str
    verdict: Verdict
    layers: tuple[Layer, ...]
    findings: tuple[Finding, ...]
    tried: int
    content: str | None = field(repr=False, default=None)

    @property
    def fine(self) -> bool:
        """The signature holds, and nothing else stands in the way of the message."""
        return self.verdict is Verdict.HOLDS and not any(finding.fatal for finding in self.findings)

    def as_dict(self, lang: str) -> dict[str, object]:
        """For programs; the form of `yiqiao sign explain --json`."""
        return {
            "dialect": self.dialect,
            "profile": self.profile,
            "signature": self.verdict.value,
            "fine": self.fine,
            "findings": [finding.as_dict(lang) for finding in self.findings],
            "layers": [layer.as_dict(lang) for layer in self.layers],
            "tried": self.tried,
        }


@dataclass(frozen=True, slots=True)
class Fit:
    """A profile under which a message is as it should be. `decrypts`: its content could be read as well."""

    profile: str
    about: str
    decrypts: bool


class Diagnostics(Protocol):
    """What a dialect gives to `yiqiao sign`. Messages are raw bytes as on the wire; no I/O beyond the package's data.

    `profile` is a name from `profiles`. Refusals are DomainErrors, a key that cannot be one is a ValueError.
    """

    @property
    def title(self) -> str:
        """The standard's title."""
        ...

    def profiles(self) -> Sequence[str]:
        """Names of the known variants, the default first."""
        ...

    def make(self, draft: bytes, secret: str, profile: str, now_ms: int) -> bytes:
        """A signed message from its unsigned form (a JSON object: parameters, content as an object)."""
        ...

    def verify(self, message: bytes, secret: str, profile: str) -> tuple[Verdict, Words]:
        """Whether the signature holds by the profile's rule, and a sentence on why or why not."""
        ...

    def open(self, message: bytes, secret: str, profile: str) -> str:
        """The decrypted content as text, whether or not the signature holds."""
        ...

    def explain(self, message: bytes, secret: str, profile: str) -> Report:
        """Every layer and the likely causes, by the profile's rule."""
        ...

    def detect(self, message: bytes, secret: str) -> Sequence[Fit]:
        """The profiles that fit, best first."""
        ...
