"""Rows held to the standard before a byte is sent, by the very rules of the platform."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from yiqiao.crypto import sm3
from yiqiao.hospital.supervision.files import Line
from yiqiao.spec import Fault, Invalid, Operation
from yiqiao.spec.row_json import row_json


class Ready(NamedTuple):
    """A row that may be sent: its record, and its text as it will stand in a batch."""

    source: str
    record_key: str
    digest: bytes
    text: bytes

    def __repr__(self) -> str:
        return f"Ready({self.source})"


class Wrong(NamedTuple):
    """A row that may not: every field that is wrong, with what to do."""

    source: str
    faults: tuple[Fault, ...]


def checked(lines: Iterable[Line], operation: Operation) -> Iterator[Ready | Wrong]:
    """Each row, ready or wrong, in order."""
    for line in lines:
        yield _wrong(line.source, "json", line.fault) if line.fault else _checked(line, operation)


def _checked(line: Line, operation: Operation) -> Ready | Wrong:
    table = operation.asks
    stray = tuple(Fault(path, "unknown", "不是本接口的字段，请检查拼写") for path in table.unknown(line.values))
    try:
        values = table.validate(line.values)
    except Invalid as invalid:
        return Wrong(line.source, (*stray, *invalid.faults))
    if stray:
        return Wrong(line.source, stray)
    text = row_json(values)
    return Ready(line.source, key_of(operation, values), sm3(text), text)


def _wrong(source: str, rule: str, message: str) -> Wrong:
    return Wrong(source, (Fault("", rule, message),))


def key_of(operation: Operation, values: "dict[str, object]") -> str:
    """What names the record of a row: the value of its serial."""
    serial = operation.repeat.serial if operation.repeat is not None else ()
    return "|".join(str(values.get(name, "")) for name in serial)
