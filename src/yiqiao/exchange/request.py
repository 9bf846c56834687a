"""A verified and validated request, read by the types its handler needs."""

from collections.abc import Mapping
from decimal import Decimal


class Request:
    """The values of a request that passed its specification, by the standard's own names.

    The specification has decided already that required fields are there and that every value is of its kind, so a
    wrong type here is a fault of the program, not of the message.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        """A required text."""
        value = self._values[name]
        if not isinstance(value, str):
            raise TypeError(f"{name} is no text")
        return value

    def maybe(self, name: str) -> str | None:
        """An optional text."""
        value = self._values.get(name)
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{name} is no text")
        return value

    def number(self, name: str) -> int:
        """A required whole number."""
        value = self._values[name]
        if not isinstance(value, int):
            raise TypeError(f"{name} is no number")
        return value

    def maybe_number(self, name: str) -> int | None:
        """An optional whole number."""
        return self.number(name) if self._values.get(name) is not None else None

    def decimal(self, name: str) -> Decimal:
        """A required number with decimals."""
        value = self._values[name]
        if not isinstance(value, Decimal | int):
            raise TypeError(f"{name} is no number")
        return Decimal(value)

    def all(self) -> Mapping[str, object]:
        """Every value: also those under names of the caller's own, where the field table lets them through."""
        return self._values

    def part(self, name: str) -> "Request | None":
        """An object that may be absent."""
        value = self._values.get(name)
        return Request(value) if isinstance(value, Mapping) else None

    def rows(self, name: str) -> list["Request"]:
        """A list of objects; empty where it is absent."""
        value = self._values.get(name) or []
        if not isinstance(value, list):
            raise TypeError(f"{name} is no list")
        return [Request(row) for row in value]
