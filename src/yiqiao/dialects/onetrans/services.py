"""What the handlers of the unified library are served with."""

from collections.abc import Mapping
from dataclasses import dataclass

from yiqiao.dialects.onetrans.messages import MessageIds
from yiqiao.ports.his_billing import HisBilling
from yiqiao.region.insurance import pages
from yiqiao.region.insurance.service import Settlements
from yiqiao.region.payments import cashier
from yiqiao.region.payments.orders import Orders, Standing
from yiqiao.region.payments.refunds import Refunds
from yiqiao.region.payments.trade import attempt_data
from yiqiao.region.reading.service import Readings
from yiqiao.storage.insurance import SettlementRow
from yiqiao.storage.payments import TradeRow


@dataclass(frozen=True)
class PaymentDesk:
    """Where money is taken and given back. `address` is the hub's own, as payers and desks reach it (https://…)."""

    orders: Orders
    refunds: Refunds
    his: HisBilling
    address: str

    def payer_address(self, trade: TradeRow) -> str:
        """What a QR code for the payer holds."""
        return f"{self.address}{cashier.address(trade.token)}"

    def desk_address(self, trade: TradeRow) -> str:
        """What the desk's window opens."""
        return f"{self.address}{cashier.desk_address(self.orders.keyring, trade)}"

    def card_of(self, found: Standing) -> Mapping[str, object]:
        """What a POS has told of the card, by the standard's names."""
        paid = next((one for one in found.attempts if one.order_no == found.trade.order_no), None)
        told = attempt_data(self.orders.keyring, paid).get("card") if paid is not None else None
        return told if isinstance(told, dict) else {}


@dataclass(frozen=True)
class SettlementDesk:
    """Where bills are settled. `address` is the hub's own, as payers and desks reach it (https://…)."""

    settlements: Settlements
    address: str

    def payer_address(self, row: SettlementRow) -> str:
        """What a QR code for the patient holds."""
        return f"{self.address}{pages.address(row.token)}"

    def desk_address(self, row: SettlementRow) -> str:
        """What the desk's window opens."""
        return f"{self.address}{pages.desk_address(self.settlements.keyring, row)}"


@dataclass(frozen=True)
class OneTransServices:
    """`reading` reads cards and codes (hos.*, ehc.*), `payments` takes money and gives it back (hop.*), `settlements`
    settles bills (fsi.*, chs.*).
    """

    messages: MessageIds
    payments: PaymentDesk
    settlements: SettlementDesk
    reading: Readings
