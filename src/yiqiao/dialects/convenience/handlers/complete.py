"""The handlers with every chapter in them."""

from yiqiao.dialects.convenience.handlers import handlers, network

__all__ = ["CHAPTERS", "handlers"]

CHAPTERS = (network,)
