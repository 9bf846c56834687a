"""The handlers with every chapter in them."""

from yiqiao.dialects.convenience.handlers import (
    booking,
    catalogue,
    checkups,
    handlers,
    network,
    numbers,
    prescriptions,
    queue,
    records,
    reports,
    schedules,
)

__all__ = ["CHAPTERS", "handlers"]

CHAPTERS = (network, catalogue, schedules, booking, numbers, records, queue, reports, checkups, prescriptions)
