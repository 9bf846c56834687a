"""The handlers with every chapter in them."""

from yiqiao.dialects.convenience.handlers import booking, catalogue, handlers, network, numbers, records, schedules

__all__ = ["CHAPTERS", "handlers"]

CHAPTERS = (network, catalogue, schedules, booking, numbers, records)
