"""Where a trade is paid: the cashier's address, which is all that a payer needs, and the mark of a desk.

Who knows a trade's token may pay it. Only a desk may say that it has taken cash or a card: it opens the same address
with a mark that the hub alone can make, and that no code which a payer scans carries.
"""

import hmac

from yiqiao.crypto.keyring import Keyring
from yiqiao.storage.payments import TradeRow

PATH = "/cashier"
DESK = "desk"
"""The parameter that carries the mark."""


def address(token: str) -> str:
    """The path at which a trade is paid."""
    return f"{PATH}/{token}"


def desk_address(keyring: Keyring, trade: TradeRow) -> str:
    """The path for the window beside the HIS."""
    return f"{address(trade.token)}?{DESK}={desk_mark(keyring, trade.token)}"


def desk_mark(keyring: Keyring, token: str) -> str:
    """The mark of a trade's desk: for this trade alone, and no way from the token to it without the hub's key."""
    return f"{keyring.blind('pay_desk', token) & (2**64 - 1):016x}"


def is_desk(keyring: Keyring, token: str, mark: str) -> bool:
    """Whether a mark is this trade's."""
    return hmac.compare_digest(desk_mark(keyring, token).encode(), mark.encode(errors="replace"))
