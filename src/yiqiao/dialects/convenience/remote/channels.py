"""PAY_CHANNEL as a profile can write it."""

from yiqiao.dialects.convenience.wording import PAID_LIKE
from yiqiao.spec import Spec


def channel_of(spec: Spec, channel: int) -> int:
    """The channel, or where the profile has no code for a form of paying, the kind that it is of. One that is neither
    stays as it is, and cannot be said.
    """
    table = spec.codes["PAY_CHANNEL"]
    return channel if not table.wire or str(channel) in table.wire.values() else PAID_LIKE.get(channel, channel)
