"""The handlers with every chapter in them."""

from yiqiao.dialects.convenience.handlers import (
    booking,
    catalogue,
    handlers,
    inpatient,
    network,
    numbers,
    outpatient,
    people,
    records,
    schedules,
)

__all__ = ["CHAPTERS", "handlers"]

CHAPTERS = (network, catalogue, people, schedules, booking, numbers, records, outpatient, inpatient)
