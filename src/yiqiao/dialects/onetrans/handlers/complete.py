"""The handlers with every chapter in them."""

from yiqiao.dialects.onetrans.handlers import handlers, money, reading, settlement

__all__ = ["handlers", "money", "reading", "settlement"]
