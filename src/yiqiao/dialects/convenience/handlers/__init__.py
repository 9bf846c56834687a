"""One short function an operation, one module a chapter: the standard's words → the hospital → the standard's words."""

from yiqiao.exchange.dialect import Handlers
from yiqiao.ports.hospital import Hospitals

handlers: Handlers[Hospitals] = Handlers()
"""Filled by the modules beside this one; whoever wants all of them takes it from `complete`."""
