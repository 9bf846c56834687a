"""Functions that may leave the hospital open: all hospitals that are served here are asked."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from yiqiao.dialects.convenience.wording import ALL
from yiqiao.exchange.request import Request
from yiqiao.ports.hospital import Hospitals, HospitalSystem
from yiqiao.ports.hospital.refusals import NoSuchRecord

T = TypeVar("T")


def systems(request: Request, hospitals: Hospitals) -> Sequence[HospitalSystem]:
    """The hospital that is named; all of them where none is, or all are. Raises UnknownHospital."""
    hospital_id = request.maybe("HOSPITAL_ID")
    return hospitals.all() if hospital_id in (None, ALL) else (hospitals.of(hospital_id),)


async def each(
    asked: Sequence[HospitalSystem], question: Callable[[HospitalSystem], Awaitable[T]]
) -> list[tuple[str, T]]:
    """What those hospitals answer that have something, each with its id. Raises NoSuchRecord where none has."""
    found: list[tuple[str, T]] = []
    nothing = NoSuchRecord()
    for system in asked:
        try:
            found.append((system.hospital_id, await question(system)))
        except NoSuchRecord as refusal:
            nothing = refusal
    if not found:
        raise nothing
    return found
