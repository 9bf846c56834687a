"""Where a settlement is shown: its page's address, and the mark of a desk.

Who knows a settlement's token may look at it and pay. The mark is the cashier's: what a desk alone may do at the
cashier it may do for the settlement that the cashier belongs to.
"""

from yiqiao.crypto.keyring import Keyring
from yiqiao.region.payments.cashier import DESK, desk_mark
from yiqiao.storage.insurance import SettlementRow

PATH = "/settlement"


def address(token: str) -> str:
    """The path at which a settlement is shown."""
    return f"{PATH}/{token}"


def desk_address(keyring: Keyring, row: SettlementRow) -> str:
    """The path for the window beside the HIS."""
    return f"{address(row.token)}?{DESK}={desk_mark(keyring, row.token)}"
