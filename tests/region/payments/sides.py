"""What channels and a HIS say of a day: the truth as the world's own hold it, to be spoilt line by line."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from tests.region.payments.world import MERCHANT, NOW, World
from tests.support.keys import KEYRING
from yiqiao.clock import beijing
from yiqiao.ports.his_billing import HisBilling, HisEntry, HisState, HisUnreachable
from yiqiao.ports.payment_channel import (
    ChannelUnreachable,
    OrderState,
    RefundState,
    StatementKind,
    StatementLine,
)
from yiqiao.region.payments.reconciliation import Reconciliation
from yiqiao.region.payments.ways import Channels
from yiqiao.storage import payments


@dataclass
class ChannelSays:
    """A channel that does nothing but tell its statement."""

    lines: dict[str, StatementLine] = field(default_factory=dict)
    besides: list[StatementLine] = field(default_factory=list)
    away: bool = False

    async def statement(self, day: str) -> Sequence[StatementLine]:
        if self.away:
            raise ChannelUnreachable
        return [one for one in (*self.lines.values(), *self.besides) if f"{beijing(one.at):%Y-%m-%d}" == day]


@dataclass
class HisSays:
    """A HIS that does nothing but tell its books."""

    lines: dict[str, HisEntry] = field(default_factory=dict)
    besides: list[HisEntry] = field(default_factory=list)
    away: bool = False

    async def entries(self, merchant_id: str, day: str) -> Sequence[HisEntry]:
        if self.away:
            raise HisUnreachable
        return [one for one in (*self.lines.values(), *self.besides) if f"{beijing(one.at):%Y-%m-%d}" == day]


@dataclass
class Sides:
    """All sides of a world at a moment."""

    world: World
    channels: dict[str, ChannelSays] = field(default_factory=dict)
    his: HisSays = field(default_factory=HisSays)

    @classmethod
    async def of(cls, world: World) -> "Sides":
        """What is true in a world."""
        sides = cls(world)
        trades = await world.database.read(lambda c: payments.newest_trades(c, 10_000))
        paid_by = {row.trace_no: row.order_no or "" for row in trades}
        for code, till in world.tills.items():
            says = sides.channels[code] = ChannelSays()
            for order in till.orders.values():
                if order.state is OrderState.PAID:
                    number = order.order_no
                    says.lines[number] = StatementLine(StatementKind.PAYMENT, number, number, order.amount, NOW)
            for back in till.back.values():
                if back.state is RefundState.DONE:
                    number = back.refund_no
                    order_no = paid_by.get(number[:19], "") if len(number) != 22 else number[:-1]
                    says.lines[number] = StatementLine(StatementKind.REFUND, number, order_no, back.amount, NOW)
        for number, (state, amount, receipt) in world.his.acts.items():
            if state is HisState.DONE:
                what = "recharge" if number in paid_by else "refund"
                sides.his.lines[number] = HisEntry(what, number, amount, NOW, receipt.callsn)
        return sides

    def reconciliation(self) -> Reconciliation:
        """The comparison with them, an hour after all was done."""
        channels, his = cast(Channels, self.channels), cast(HisBilling, self.his)
        self.world.clock.advance(3600)
        return Reconciliation(self.world.database, KEYRING, self.world.clock, channels, his)


__all__ = ["MERCHANT", "NOW", "Sides"]
