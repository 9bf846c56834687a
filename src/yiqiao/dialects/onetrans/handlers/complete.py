"""The handlers with every chapter in them."""

from yiqiao.dialects.onetrans.handlers import handlers

__all__ = ["handlers"]
