"""The handlers with every chapter in them."""

from yiqiao.dialects.convenience.handlers import (
    booking,
    catalogue,
    checkups,
    handlers,
    inpatient,
    network,
    numbers,
    outpatient,
    people,
    prescriptions,
    queue,
    records,
    reports,
    schedules,
)

__all__ = ["CHAPTERS", "handlers"]

CHAPTERS = (
    network,
    catalogue,
    people,
    schedules,
    booking,
    numbers,
    records,
    outpatient,
    inpatient,
    queue,
    reports,
    checkups,
    prescriptions,
)
