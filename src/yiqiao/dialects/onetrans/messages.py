"""Each msgid once: 发送方报文ID may not be used for two different messages of one partner (3.1.2).

The same content under the same msgid is let through again. Nothing happens twice by that: the trades, refunds and
consents have serials of their own, under which asking again tells how things stand, and a reading may be repeated.
"""

from yiqiao.clock import Clock
from yiqiao.crypto import sm3
from yiqiao.dialects.onetrans.faults import MessageIdReused
from yiqiao.exchange.dialect import Call
from yiqiao.storage import Database
from yiqiao.storage.message_ids import first_use


class MessageIds:
    """The message ids that were used."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def admit(self, call: Call) -> None:
        """Take note of a message's id. Raises MessageIdReused, StorageUnreachable, StorageFailed."""
        app_id, msgid, now = call.partner.app_id, call.parameters["msgid"], self._clock.now_ms()
        content = sm3(call.operation.encode() + call.fingerprint)
        first = await self._database.write(lambda connection: first_use(connection, app_id, msgid, content, now))
        if first != content:
            raise MessageIdReused(msgid)
