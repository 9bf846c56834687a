"""Each msgid once: 发送方报文ID may not be used for two different messages of one partner (3.1.2).

The same content under the same msgid is let through again. Nothing happens twice by that: the trades, refunds and
consents have serials of their own, under which asking again tells how things stand, and a reading may be repeated.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto import sm3
from yiqiao.dialects.onetrans.faults import MessageIdReused
from yiqiao.exchange.dialect import Call
from yiqiao.storage import Database, Lane, Write
from yiqiao.storage.message_ids import Use, first_uses

R = TypeVar("R")


class MessageIds:
    """The message ids that were used."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def admit(self, call: Call) -> None:
        """Take note of a message's id. Raises MessageIdReused, StorageUnreachable, StorageFailed."""
        await self._database.write(lambda connection: self._noted(connection, [self._use(call)]))

    def once(self, call: Call, write: Write[R]) -> Write[R]:
        """A write that is done where its message's id was not used for another message; both in one transaction."""
        return Write(Lane("onetrans.once", self._execute), (self._use(call), write))

    def _use(self, call: Call) -> Use:
        content = sm3(call.operation.encode() + call.fingerprint)
        return Use(call.partner.app_id, call.parameters["msgid"], content, self._clock.now_ms())

    def _noted(self, connection: Connection, used: Sequence[Use]) -> None:
        for use, first in zip(used, first_uses(connection, used), strict=True):
            if first != use.content:
                raise MessageIdReused(use.msgid)

    def _execute(self, connection: Connection, commands: Sequence[tuple[Use, Write[Any]]]) -> Sequence[Any]:
        """Note the ids of all, and do what is behind those that are good, each lane's together."""
        firsts = first_uses(connection, [use for use, _ in commands])
        outcomes: list[Any] = [
            None if first == use.content else MessageIdReused(use.msgid)
            for (use, _), first in zip(commands, firsts, strict=True)
        ]
        lanes: dict[str, list[int]] = {}
        for place, (_, write) in enumerate(commands):
            if outcomes[place] is None:
                lanes.setdefault(write.lane.name, []).append(place)
        for places in lanes.values():
            writes = [commands[place][1] for place in places]
            done = writes[0].lane.execute(connection, [write.command for write in writes])
            for place, outcome in zip(places, done, strict=True):
                outcomes[place] = outcome
        return outcomes
