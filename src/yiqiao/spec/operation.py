"""One operation of a standard: what it is for, what goes in, what comes out, and what a repeat gets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from yiqiao.spec.model import Field, Outcome, Repeat, Rule
from yiqiao.spec.return_codes import ReturnCode
from yiqiao.spec.table import Table


@dataclass(frozen=True)
class Operation:
    """`asks` and `answers` are its two field tables; `returns` the codes that are its own beside the standard's.

    The roots are the elements that hold request and answer, where the wire is XML.
    """

    name: str
    code: str
    title: str
    about: str
    chapter: str
    caller: str
    callee: str
    path: str
    transport: str
    effect: Literal["read", "write"]
    repeat: Repeat | None
    ours: bool
    outcome: Outcome | None
    asks: Table
    answers: Table
    returns: Mapping[str, ReturnCode] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    excused: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    request_root: str = ""
    response_root: str = ""

    @cached_property
    def request(self) -> tuple[Field, ...]:
        """The request's fields, each once."""
        return self.asks.fields

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The names of the request's fields that are never kept."""
        return frozenset(field.name for field in self.request if field.secret)

    @cached_property
    def response(self) -> tuple[Field, ...]:
        """The response's fields, each once."""
        return self.answers.fields

    def validate(self, values: Mapping[str, object]) -> dict[str, object]:
        """A request's known values, typed, by the standard's names. Raises Invalid with all faults."""
        return self.asks.validate(values)

    def unknown(self, values: Mapping[str, object]) -> tuple[str, ...]:
        """Paths in a request that the operation does not know (`card_list[0].remark`)."""
        return self.asks.unknown(values)

    def shape(self, values: Mapping[str, object], *, whole: bool = True) -> dict[str, object]:
        """A response as it goes out. Raises SpecError where it lacks a required field (of a `whole` one) or has an
        unlisted code.
        """
        return self.answers.shape(values, whole=whole)

    def sample(self, seed: int = 0) -> dict[str, object]:
        """A request in which every field has a valid value; the same for the same seed."""
        return self.asks.sample(seed)

    def sample_response(self, seed: int = 0) -> dict[str, object]:
        """The same for the response."""
        return self.answers.sample(seed)
