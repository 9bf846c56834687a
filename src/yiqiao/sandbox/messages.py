"""The sandbox's messages: kept to be looked at, and sent to nobody."""

from dataclasses import dataclass

from yiqiao.clock import Clock
from yiqiao.ports.messenger import Message
from yiqiao.spec.masking import mask
from yiqiao.storage import Database
from yiqiao.storage import sandbox_messages as stored
from yiqiao.storage.sandbox_messages import MessageRow


@dataclass(frozen=True)
class SandboxMessenger:
    """`Messenger` to a table."""

    database: Database
    clock: Clock

    async def send(self, message: Message) -> None:
        """Keep it; once under its number."""
        mobile = mask(message.mobile, "phone")
        row = MessageRow(message.message_id, mobile, message.text, self.clock.now_ms())
        await self.database.write(lambda connection: stored.add(connection, row))

    async def newest(self, limit: int = 50) -> list[MessageRow]:
        """What was sent last, the newest first."""
        return await self.database.read(lambda connection: stored.newest(connection, limit))
