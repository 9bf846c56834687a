"""The port `SupervisionPlatform`, filled by a platform elsewhere that speaks this standard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yiqiao.dialects.supervision.client import AsyncClient, Refused, Unanswered
from yiqiao.dialects.supervision.client import ConnectionFailed as NotConnected
from yiqiao.dialects.supervision.faults import SigningFailed
from yiqiao.dialects.supervision.verdicts import Verdict, Verdicts
from yiqiao.ports.supervision import Fate, NotTaken, Taken, Then

AFTER: Mapping[str, Then] = {
    "SYSTEM_ERROR": Then.LATER,
    "REPEAT_SUBMIT": Then.LATER,
    "BATCH_LIMIT": Then.SMALLER,
    "REQUEST_TOO_LARGE": Then.SMALLER,
    "PARAM_ERROR": Then.SMALLER,
    "DATA_FORMAT_ERROR": Then.SMALLER,
    "DATA_EMPTY": Then.SMALLER,
    "DEPENDENCY_NOT_FOUND": Then.SMALLER,
    "ATTACHMENT_ID_ERROR": Then.SMALLER,
    "ATTACHMENT_TYPE_ERROR": Then.SMALLER,
    "ATTACHMENT_UNSAFE": Then.SMALLER,
    "ATTACHMENT_RESUME_ERROR": Then.SMALLER,
    "STORAGE_FULL": Then.LATER,
    "NO_PERMISSION": Then.STOP,
    "APPID_ERROR": Then.STOP,
    "SERVICE_ERROR": Then.STOP,
    "SIGN_ERROR": Then.STOP,
}
"""What follows a return code; of codes that are not known, another try."""
SHOWN = 5
"""Faults of a row that are told."""


@dataclass(frozen=True)
class RemotePlatform:
    """`SupervisionPlatform` behind a client."""

    client: AsyncClient

    async def upload(self, service: str, rows: Sequence[bytes]) -> Taken:
        """One batch, under a random string of its own. Raises NotTaken."""
        try:
            message = self.client.speaker.message(service, b"[" + b",".join(rows) + b"]")
            receipt = await self.client.send(message)
        except Refused as refused:
            if refused.verdicts is not None and _each_is_wrong(refused.verdicts, len(rows)):
                return Taken([Fate.REFUSED] * len(rows), _told(refused.verdicts))
            raise NotTaken(refused.message, AFTER.get(refused.code, Then.LATER)) from refused
        except (NotConnected, Unanswered) as lost:
            raise NotTaken(lost.message, Then.LATER) from lost
        except (SigningFailed, KeyError) as unfit:
            raise NotTaken(str(unfit), Then.STOP) from unfit
        told = receipt.verdicts
        if told is None or len(told.verdicts) != len(rows):
            return Taken([Fate.VALID] * len(rows))
        return Taken([Fate(verdict.value) for verdict in told.verdicts], _told(told))


def _each_is_wrong(verdicts: Verdicts, rows: int) -> bool:
    """Whether every row was refused for a fault of its own, and not for that of another in its batch."""
    return {fault.row for fault in verdicts.faults} == set(range(1, rows + 1)) and (
        verdicts.count(Verdict.REFUSED) == rows
    )


def _told(verdicts: Verdicts) -> dict[int, str]:
    """What was said of each row, by its place."""
    said: dict[int, list[str]] = {}
    for fault in verdicts.faults:
        said.setdefault(fault.row - 1, []).append(f"{fault.field} {fault.message}".strip())
    return {place: "；".join(texts[:SHOWN]) for place, texts in said.items()}
