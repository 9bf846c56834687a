"""The commands of `yiqiao sandbox card`: what is presented at simulated readers, how the insurance centre behaves."""

from collections.abc import Awaitable, Callable, Mapping

from yiqiao.app.playground import Playground
from yiqiao.app.reading import presenting_of
from yiqiao.sandbox.presenting import Presenting, offers

Said = dict[str, object]


def _hand(playground: Playground) -> Presenting:
    return presenting_of(playground.store, playground.cards)


async def _list(_: Playground, __: Mapping[str, str]) -> Said:
    return {"offers": [one._asdict() for one in offers()]}


async def _put(playground: Playground, command: Mapping[str, str]) -> Said:
    return {"code": await _hand(playground).present(command["desk"], command["kind"], command["who"])}


async def _code(playground: Playground, command: Mapping[str, str]) -> Said:
    return {"code": await _hand(playground).code(command["kind"], command["who"])}


async def _device(playground: Playground, command: Mapping[str, str]) -> Said:
    await _hand(playground).set_device(command["desk"], command["media"], command["state"])
    return {}


async def _centre(playground: Playground, command: Mapping[str, str]) -> Said:
    delay = command["delay_ms"]
    slow = int(delay) if delay.isascii() and delay.isdigit() else 0
    await _hand(playground).centre.behave(reachable=bool(command["reachable"]), delay_ms=slow)
    return {}


ACTS: Mapping[str, Callable[[Playground, Mapping[str, str]], Awaitable[Said]]] = {
    "card list": _list,
    "card put": _put,
    "card code": _code,
    "card device": _device,
    "card centre": _centre,
}
