"""Launch parameters spoiled in every way that a network, a sender or an attacker may think of; none may open a session.

`python -m tests.fuzz.launches [COUNT] [SEED]` tries that many (100,000 where nothing is said) against a hub of its own.
"""

import asyncio
import base64
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote_from_bytes

from tests.dialects.cmc.launching import INSURED, SECRET, SELF_PAY, add_partner, click, launcher
from tests.support.hub import Hub, open_hub
from yiqiao.dialects.cmc import envelope
from yiqiao.dialects.cmc.client import Launch
from yiqiao.dialects.cmc.dialect import scheme_of
from yiqiao.dialects.cmc.server import PATH

ALL = 100_000
Spoil = Callable[[random.Random, Launch], bytes]
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_% &\r\n\x00\xff"


def _sent(data: bytes) -> bytes:
    return b"jgtParamSign=" + quote_from_bytes(data, safe="").encode()


def _of_plain(text: bytes) -> bytes:
    return _sent(base64.b64encode(text))


def flipped(dice: random.Random, launch: Launch) -> bytes:
    """Characters of the Base64 text changed."""
    data = bytearray(launch.parameter.encode())
    for _ in range(dice.randint(1, 4)):
        data[dice.randrange(len(data))] = dice.choice(_ALPHABET)
    return _sent(bytes(data))


def raw(dice: random.Random, launch: Launch) -> bytes:
    """The query itself changed, not encoded again."""
    data = bytearray(b"jgtParamSign=" + launch.parameter.encode())
    for _ in range(dice.randint(1, 4)):
        data[dice.randrange(len(data))] = dice.choice(_ALPHABET)
    return bytes(data)


def cut(dice: random.Random, launch: Launch) -> bytes:
    """Cut off, or cut out of the middle."""
    text = launch.parameter.encode()
    start, end = sorted(dice.sample(range(len(text) + 1), 2))
    return _sent(text[:start] if dice.random() < 0.5 else text[:start] + text[end:])


def bits(dice: random.Random, launch: Launch) -> bytes:
    """Bits of the plain text turned over."""
    data = bytearray(launch.plain.encode())
    for _ in range(dice.randint(1, 3)):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return _of_plain(bytes(data))


def values(dice: random.Random, launch: Launch) -> bytes:
    """One value put in place of another."""
    places = launch.plain.split("&")
    odd = ("", "0", "1", " ", "％", "null", "9" * 60, "'; --", "<b>", "\x00", "\u202e", "张三", "%zz", "@@@@", "🏥")
    for _ in range(dice.randint(1, 3)):
        places[dice.randrange(len(places))] = dice.choice((*odd, *places))
    return _of_plain("&".join(places).encode())


def order(dice: random.Random, launch: Launch) -> bytes:
    """Places exchanged, doubled, dropped."""
    places = launch.plain.split("&")
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(places))
        act = dice.randrange(3)
        if act == 0:
            other = dice.randrange(len(places))
            places[at], places[other] = places[other], places[at]
        elif act == 1:
            places.insert(at, dice.choice(places))
        elif len(places) > 1:
            del places[at]
    return _of_plain("&".join(places).encode())


def charset(dice: random.Random, launch: Launch) -> bytes:
    """Another charset."""
    return _of_plain(
        launch.plain.encode(dice.choice(("gb18030", "utf-16", "utf-16-be", "big5", "utf-8-sig")), "replace")
    )


def forged(dice: random.Random, launch: Launch) -> bytes:
    """Signed under another secret, or by another rule."""
    changed = {**launch.values, "jzsxh": str(dice.randrange(10**9))}
    secret = dice.choice(("", "x", SECRET[:-1], SECRET.lower(), SECRET + " ", SECRET[::-1]))
    changed["sign"] = envelope.sign(changed, secret, scheme_of("standard"))
    return _of_plain(envelope.plain_text(changed).encode())


def stale(dice: random.Random, launch: Launch) -> bytes:
    """Well signed, and at another time: these pass every check but the clock's."""
    shift = dice.choice(("19700101000000", "20261118000000", "20991231235959", "20261131000000", "2026111819264", "x"))
    changed = {**launch.values, "timestamp": shift}
    changed["sign"] = envelope.sign(changed, SECRET, scheme_of("standard"))
    return _of_plain(envelope.plain_text(changed).encode())


def noise(dice: random.Random, _: Launch) -> bytes:
    """Anything at all."""
    data = dice.randbytes(dice.randrange(200))
    return dice.choice((data, _sent(data), _of_plain(data), b"jgtParamSign=" + data))


def recut(dice: random.Random, launch: Launch) -> bytes:
    """The signed string cut into other fields: the signature holds, the launch is the one that was opened."""
    pairs = [(a, b) for a, b in zip(envelope.SIGNED, envelope.SIGNED[1:], strict=False) if launch.values[b]]
    first, second = dice.choice(pairs)
    changed = {**launch.values, first: launch.values[first] + second + launch.values[second], second: ""}
    if not launch.values[first]:
        changed = dict(launch.values)
    return _of_plain(envelope.plain_text(changed).encode())


SPOILS: Sequence[Spoil] = (flipped, raw, cut, bits, values, order, charset, forged, stale, noise, recut)


async def tried(hub: Hub, count: int, seed: int) -> Counter[str]:
    """Return codes of `count` spoiled launches. Raises AssertionError where one opened a session or was an accident."""
    dice, codes = random.Random(seed), Counter[str]()
    launches = [launcher(hub).insured(**INSURED), launcher(hub).selfpay(**SELF_PAY)]
    for launch in launches:  # opened once: whatever still says the same is a copy
        assert (await click(hub, launch)).code == "20000"
    before = await sessions(hub)
    for number in range(count):
        spoil = SPOILS[number % len(SPOILS)]
        query = spoil(dice, dice.choice(launches))
        status, code = await _answer(hub, query)
        assert 400 <= status < 500, (spoil.__name__, seed, number, status, code)
        codes[code] += 1
    assert await sessions(hub) == before
    return codes


async def sessions(hub: Hub) -> int:
    """How many sessions there are."""
    count = "SELECT count(*) FROM launch_session"
    return int(await hub.runtime.database.read(lambda c: c.exec_driver_sql(count).scalar_one()))


async def _answer(hub: Hub, query: bytes) -> tuple[int, str]:
    """The query as it is: a client's library would put some of these bytes right."""
    said: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": PATH,
        "query_string": query,
        "headers": [],
        "client": ("192.0.2.7", 1),
        "scheme": "http",
    }
    await hub.transport.app(scope, receive, send)  # type: ignore[arg-type]
    status, body = said[0]["status"], said[1]["body"]
    assert isinstance(status, int)
    assert isinstance(body, bytes)
    return status, body[9:14].decode()


async def _at_a_hub_of_its_own(count: int, seed: int) -> Counter[str]:
    with tempfile.TemporaryDirectory(prefix="yiqiao-fuzz-") as folder:
        async with open_hub(Path(folder), sandbox=False) as hub:
            await add_partner(hub)
            return await tried(hub, count, seed)


def run(fraction: float, seed: int) -> list[str]:
    """A part of the whole run; answers what was wrong."""
    try:
        asyncio.run(_at_a_hub_of_its_own(max(1, round(ALL * fraction)), seed))
    except AssertionError as fault:
        return [f"a spoiled launch: {fault}"]
    return []


def _main(count: int = ALL, seed: int = 1) -> None:
    codes = asyncio.run(_at_a_hub_of_its_own(count, seed))
    for code, times in sorted(codes.items()):
        print(f"{code} {times:>8,}")
    print(f"{sum(codes.values()):,} spoiled launches, no session, no accident")


if __name__ == "__main__":
    _main(*map(int, sys.argv[1:3]))
