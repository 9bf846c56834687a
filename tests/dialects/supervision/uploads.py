"""Invented uploads, and how they are sealed, for the tests of the supervision dialect."""

from collections.abc import Mapping

import orjson

from yiqiao.dialects.supervision import envelope
from yiqiao.dialects.supervision.dialect import scheme_of
from yiqiao.dialects.supervision.scheme import Scheme
from yiqiao.spec import Table, load

SPEC = load("supervision", "reconstructed")
APP_ID, KEY = "IH9851", "yq-only-an-example-0123456789abc"
RANDOM = "0f6e5d4c3b2a19087f6e5d4c3b2a1908"
UPTIME = "2026-11-21 09:30:00"
S1 = scheme_of("standard")


def table(operation: str) -> Table:
    return SPEC.operations[operation].asks


def row(operation: str, seed: int = 0, **changes: object) -> dict[str, object]:
    """A good row as hospitals send it: whole numbers bare; None leaves a field out."""
    asks = table(operation)
    kinds = {(field.parent, field.name): field.kind for field in asks.fields}

    def sent(name: str, value: object, parent: str = "") -> object:
        if isinstance(value, list):
            return [{key: sent(key, one, name) for key, one in item.items()} for item in value]
        kind = kinds[parent, name]
        return int(str(value)) if kind == "int" else float(str(value)) if kind == "decimal" else value

    sample = {name: sent(name, value) for name, value in asks.sample(seed).items()}
    return {name: value for name, value in {**sample, **changes}.items() if value is not None}


def data_of(*rows: Mapping[str, object]) -> bytes:
    return orjson.dumps(list(rows))


def headers_of(said: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.encode(), value.encode()) for name, value in said.items())


def sealed(
    service: str, data: bytes, *, key: str = KEY, scheme: Scheme = S1, randomstr: str = RANDOM
) -> tuple[dict[str, str], bytes]:
    return envelope.seal_request(service, APP_ID, randomstr, UPTIME, data, key, scheme)


def opened(said: Mapping[str, str], body: bytes, *keys: str, scheme: Scheme = S1) -> envelope.Opened:
    return envelope.open_request(envelope.peek(headers_of(said)), body, keys or (KEY,), scheme)
