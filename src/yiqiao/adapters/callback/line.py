"""What goes over the line to a HIS and comes back, whichever line it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from yiqiao.errors import DomainError, Repeated
from yiqiao.ports.hospital import refusals
from yiqiao.ports.hospital.refusals import HospitalMisconfigured, HospitalUnreachable, OutcomeUnknown, TransactionFailed

Content = Mapping[str, object]
OK = "OK"
NOTHING_DONE = "NothingDone"
"""An outcome: the HIS has not done this attempt, and has seen to it that it will not."""
IN_HAND = "InHand"
"""An outcome: the HIS is still at it."""
OUTCOME = "outcome"

_OURS = {HospitalMisconfigured, HospitalUnreachable, OutcomeUnknown}  # said of a HIS, never by it
REFUSALS: Mapping[str, type[DomainError]] = {
    name: kind
    for name, kind in vars(refusals).items()
    if isinstance(kind, type) and issubclass(kind, DomainError) and kind.__module__ == refusals.__name__
    if kind not in _OURS
}
"""With which a HIS may refuse, by the code it says."""
NO_REASON = "医院系统拒绝了本次办理，未说明原因，请联系医院"


@dataclass(frozen=True)
class Answer:
    """What a HIS answers: OK with data, or the name of a refusal with words for the patient."""

    code: str
    message: str = field(default="", repr=False)
    data: Content = field(default_factory=dict, repr=False)

    def refusal(self) -> DomainError:
        """What a caller is told where the answer is not OK."""
        if self.code == NOTHING_DONE:
            return HospitalUnreachable()
        kind = REFUSALS.get(self.code, TransactionFailed)
        message = self.message[:200] or _words(kind)
        if issubclass(kind, Repeated):
            return kind(message)
        refusal = kind.__new__(kind)  # some are made of figures, which the HIS has put into its own words
        DomainError.__init__(refusal, message)
        return refusal


class Line(Protocol):
    """A way to a HIS."""

    async def ask(self, kind: str, content: Content) -> Answer:
        """Have something done, or ask for an outcome. Raises NotConnected, NoAnswer."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def _words(kind: type[DomainError]) -> str:
    """A refusal's own words, for a HIS that gave none."""
    try:
        return kind().message  # type: ignore[call-arg]
    except TypeError:
        return NO_REASON
