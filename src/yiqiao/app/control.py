"""The commands of `yiqiao sandbox`: carried out by a running sandbox that is told over HTTP, or without a server.

A command is a name and texts: `{"act": "restore", "name": "before"}`.
"""

import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict

from yiqiao.app import control_cards, control_insurance
from yiqiao.app.door import FILE, door_of
from yiqiao.app.playground import Playground
from yiqiao.app.settings import Settings
from yiqiao.errors import DomainError
from yiqiao.sandbox.faults import parse
from yiqiao.storage import Busy, StorageFailed, StorageUnreachable
from yiqiao.storage.sandbox import ANY

LARGEST = 4096

Said = dict[str, object]


class CommandUnreadable(DomainError):
    """What was sent is no command."""

    def __init__(self) -> None:
        super().__init__(f"无法识别的沙箱命令；可用的有 {', '.join(ACTS)}")


async def obey(
    playground: Playground | None, settings: Settings, headers: Mapping[str, str], body: AsyncIterator[bytes]
) -> tuple[int, Said]:
    """Carry out a command that came over HTTP: the status, and what is answered. Never raises a DomainError."""
    door = door_of(settings)
    shown = headers.get("authorization", "").removeprefix("Bearer ")
    if playground is None or door is None:
        return 404, {"refused": "not a sandbox on loopback"}
    if not hmac.compare_digest(shown.encode(), door.token.encode()):
        return 401, {"refused": f"the token is in {FILE}, in the data folder of this sandbox"}
    data = b""
    async for part in body:
        data += part
        if len(data) > LARGEST:
            return 413, {"refused": "too long for a command"}
    try:
        return 200, await perform(playground, _texts(data))
    except DomainError as refusal:
        status = 503 if isinstance(refusal, Busy | StorageFailed | StorageUnreachable) else 400
        return status, {"refused": refusal.message, "name": refusal.name}


async def perform(playground: Playground, command: Mapping[str, str]) -> Said:
    """Carry out a command. Raises CommandUnreadable and what the command raises."""
    act = ACTS.get(command.get("act", ""))
    if act is None:
        raise CommandUnreadable
    try:
        return await act(playground, command)
    except KeyError:
        raise CommandUnreadable from None


def _texts(data: bytes) -> Mapping[str, str]:
    try:
        said = json.loads(data)
    except ValueError:
        raise CommandUnreadable from None
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise CommandUnreadable
    return said


async def _reset(playground: Playground, _: Mapping[str, str]) -> Said:
    return {"rows": await playground.reset()}


async def _snapshot(playground: Playground, command: Mapping[str, str]) -> Said:
    return asdict(await playground.snapshot(command["name"]))


async def _restore(playground: Playground, command: Mapping[str, str]) -> Said:
    return {"rows": await playground.restore(command["name"])}


async def _drop(playground: Playground, command: Mapping[str, str]) -> Said:
    await playground.drop(command["name"])
    return {}


async def _snapshots(playground: Playground, _: Mapping[str, str]) -> Said:
    return {"snapshots": [asdict(one) for one in await playground.copies.all()]}


async def _time(playground: Playground, command: Mapping[str, str]) -> Said:
    if command.get("to"):
        await playground.turn(command["to"])
    clock = playground.clock
    return {
        "sandbox_ms": clock.now_ms(),
        "real_ms": clock.wall.now_ms(),
        "moved": bool(clock.note()),
        "frozen": clock.dial.frozen_at is not None,
    }


async def _fault_set(playground: Playground, command: Mapping[str, str]) -> Said:
    faults = parse(command["faults"])
    await playground.switch_on(command.get("dialect", ANY), command.get("app_id", ANY), faults)
    return {"faults": faults.text()}


async def _fault_clear(playground: Playground, command: Mapping[str, str]) -> Said:
    if command.get("all"):
        await playground.switch_all_off()
        return {"was": True}
    return {"was": await playground.switch_off(command.get("dialect", ANY), command.get("app_id", ANY))}


async def _fault_list(playground: Playground, _: Mapping[str, str]) -> Said:
    now = playground.wall.now_ms()
    return {
        "switches": [
            {
                "dialect": one.dialect,
                "app_id": one.app_id,
                "faults": one.faults.text(),
                "set_at": one.set_at,
                "over": one.over(now),
                "seen": one.seen if one.faults.limited else None,
                "hit": one.hit if one.faults.limited else None,
            }
            for one in await playground.switches()
        ]
    }


ACTS: Mapping[str, Callable[[Playground, Mapping[str, str]], Awaitable[Said]]] = {
    "reset": _reset,
    "snapshot": _snapshot,
    "restore": _restore,
    "drop": _drop,
    "snapshots": _snapshots,
    "time": _time,
    "fault set": _fault_set,
    "fault clear": _fault_clear,
    "fault list": _fault_list,
    **control_cards.ACTS,
    **control_insurance.ACTS,
}
