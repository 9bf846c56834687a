"""The handlers with every chapter in them."""

from yiqiao.dialects.onetrans.handlers import handlers, money

__all__ = ["handlers", "money"]
