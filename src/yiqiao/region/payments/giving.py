"""Money given back by a channel, once under its number."""

from yiqiao.ports.payment_channel import (
    ChannelRefused,
    ChannelSilent,
    PaymentChannel,
    Refunded,
    RefundState,
    RefundWish,
)


async def give_back(channel: PaymentChannel, wish: RefundWish) -> Refunded:
    """Have money given back; answers how that stands.

    A refusal is taken for one only where the channel does not know the refund: an earlier call, whose answer was lost,
    may have come through, and then the money is on its way whatever the channel says to the next one. Where it will not
    tell either, nothing is known.

    Raises ChannelUnreachable, ChannelSilent, ChannelRefused.
    """
    try:
        return await channel.refund(wish)
    except ChannelRefused as refusal:
        found = await _known(channel, wish, refusal)
        if found is None or found.state is RefundState.FAILED or found.amount != wish.amount:
            raise
        return found


async def _known(channel: PaymentChannel, wish: RefundWish, refusal: ChannelRefused) -> Refunded | None:
    try:
        return await channel.find_refund(wish.refund_no, wish.order_no)
    except ChannelRefused:
        raise ChannelSilent(refusal.message) from None
