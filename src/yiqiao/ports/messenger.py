"""How citizens are told of what happens to what they booked: a short message to a mobile phone."""

from typing import NamedTuple, Protocol

from yiqiao.errors import DomainError


class NotSent(DomainError):
    """The message did not get on its way; it is tried again under the same number."""


class Message(NamedTuple):
    """A message; who gets it twice under one number shows it once."""

    message_id: str
    mobile: str
    text: str

    def __repr__(self) -> str:
        return f"Message({self.message_id})"


class Messenger(Protocol):
    """A way for messages."""

    async def send(self, message: Message) -> None:
        """Hand a message over. Raises NotSent."""
        ...
