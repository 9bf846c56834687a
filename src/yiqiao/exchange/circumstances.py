"""Under which circumstances a message is answered, where they are not the ordinary ones.

A sandbox can let the way of a message go wrong on purpose; what goes wrong outside of that way (an answer that is lost)
needs nothing here, what goes wrong inside of it does.
"""

from dataclasses import replace
from typing import NamedTuple

from yiqiao.partners import Partner
from yiqiao.partners.secret_kinds import kind_of


class Circumstances(NamedTuple):
    """`fault` is how the journal names what was done on purpose; empty where nothing was.

    `refuse`: the return code with which the message is refused, whatever it says.
    `shift_ms`: how far the hub's clock is off for it. `clock_note`: what a caller is told besides, when its time is
    not the hub's.
    """

    fault: str = ""
    shift_ms: int = 0
    key_rotated: bool = False
    database_gone: bool = False
    clock_note: str = ""
    refuse: str = ""

    def keys_of(self, partner: Partner) -> Partner:
        """The partner with the keys that are held against this message."""
        return replace(partner, secrets=(kind_of(partner.dialect).generate(),)) if self.key_rotated else partner


ORDINARY = Circumstances()
