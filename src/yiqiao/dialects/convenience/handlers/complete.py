"""The handlers with every chapter in them."""

from yiqiao.dialects.convenience.handlers import catalogue, handlers, network, schedules

__all__ = ["CHAPTERS", "handlers"]

CHAPTERS = (network, catalogue, schedules)
