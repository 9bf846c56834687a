"""What citizens and operators do with charges: an act is written down, and the saga goes on from there."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import Clock, beijing
from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs.queue import enqueue, revive
from yiqiao.region.charges.charge import Charge, Due, NotNow, UnknownCharge, opened, seal
from yiqiao.region.charges.saga import KIND, PAY_S, Move, moved
from yiqiao.region.charges.states import FINAL, STATES, Act, State
from yiqiao.storage import Database, charges, turns
from yiqiao.storage.charges import ChargeEventRow, ChargeRow

SHOWN = 50


class Course(NamedTuple):
    """A charge with all that has happened to it."""

    charge: Charge
    events: tuple[ChargeEventRow, ...]


@dataclass(frozen=True)
class Charges:
    """The charges of a region. `woken` is called when there is something for the saga to do now."""

    database: Database
    keyring: Keyring
    clock: Clock
    woken: Callable[[], None] = lambda: None

    async def begin(self, person_id: str, due: Due) -> str:
        """Begin to pay: a trade is opened next. Answers its number. Raises NotNow while the same is being paid."""
        now = self.clock.now_ms()
        charge_id = f"{beijing(now):%y%m%d}C{secrets.randbelow(10**13):013}"
        key_id, sealed = seal(self.keyring, person_id, charge_id, due)
        row = ChargeRow(
            person_id=person_id,
            charge_id=charge_id,
            hospital_id=due.hospital_id,
            hospital_name=due.hospital_name,
            kind=due.kind.value,
            amount=due.amount,
            state=State.PAYING.value,
            reason="",
            tries=0,
            next_at=now,
            deadline=now + PAY_S * 1000,
            paid="unpaid",
            pay_channel=None,
            paid_at=None,
            refunded_at=None,
            receipt_no=None,
            key_id=key_id,
            sealed=sealed,
            version=1,
            created_at=now,
            changed_at=now,
        )
        event = ChargeEventRow(person_id, charge_id, 1, now, "", row.state, "citizen", 0, "去支付")

        def write(connection: Connection) -> None:
            turns.one_at_a_time(connection, "charge", person_id)
            for other in charges.of_person(connection, person_id, SHOWN):
                if other.state not in FINAL and _same(opened(self.keyring, other).due, due):
                    raise NotNow(f"这笔费用正在缴纳（{STATES[State(other.state)].title}），请勿重复支付")
            charges.add(connection, row, event)
            enqueue(connection, now, KIND, charge_id, {"person_id": person_id, "charge_id": charge_id})

        await self.database.write(write)
        self.woken()
        return charge_id

    async def give_up(self, person_id: str, charge_id: str) -> None:
        """Close a trade that is not paid. Raises UnknownCharge, NotNow."""
        await self._act(person_id, charge_id, Act.GIVE_UP, "citizen", {"reason": "本人取消"})

    async def operate(self, charge_id: str, act: Act, operator: str) -> None:
        """An operator's button. Raises UnknownCharge, NotNow."""
        row = await self.database.read(lambda c: charges.find_by_id(c, charge_id))
        if row is None or act is Act.GIVE_UP:
            raise UnknownCharge
        await self._act(row.person_id, charge_id, act, f"operator {operator}", {})

    async def nudge(self, charge_id: str) -> None:
        """There is news from the cashier: the saga looks now."""

        def write(connection: Connection) -> None:
            now = self.clock.now_ms()
            row = charges.find_by_id(connection, charge_id)
            if row is not None and row.state not in FINAL and row.next_at > now:
                charges.change(connection, row._replace(next_at=now, version=row.version + 1), None)
                revive(connection, now, KIND, charge_id)

        await self.database.write(write)
        self.woken()

    async def show(self, person_id: str, charge_id: str) -> Course:
        """One charge with its course. Raises UnknownCharge."""

        def read(connection: Connection) -> tuple[ChargeRow | None, list[ChargeEventRow]]:
            row = charges.find(connection, person_id, charge_id)
            return row, charges.events(connection, person_id, charge_id) if row else []

        row, events = await self.database.read(read)
        if row is None:
            raise UnknownCharge
        return Course(opened(self.keyring, row), tuple(events))

    async def of_person(self, person_id: str) -> list[Charge]:
        """Somebody's charges, the newest first."""
        rows = await self.database.read(lambda c: charges.of_person(c, person_id, SHOWN))
        return [opened(self.keyring, row) for row in rows]

    async def _act(self, person_id: str, charge_id: str, act: Act, actor: str, changes: dict[str, object]) -> None:
        now = self.clock.now_ms()

        def write(connection: Connection) -> None:
            row = charges.find(connection, person_id, charge_id, for_update=True)
            if row is None:
                raise UnknownCharge
            about = STATES[State(row.state)]
            if act not in about.acts:
                raise NotNow(f"当前状态为“{about.title}”，不能进行此操作")
            following, event = moved(row, Move(about.acts[act], _WORDS[act], changes), actor, now)
            charges.change(connection, following, event)
            revive(connection, now, KIND, charge_id)

        await self.database.write(write)
        self.woken()


def _same(one: Due, other: Due) -> bool:
    """Whether both pay the same bills, or something down for the same stay."""
    if (one.hospital_id, one.kind) != (other.hospital_id, other.kind):
        return False
    if one.inpatient_no:
        return one.inpatient_no == other.inpatient_no
    return bool(set(one.presc_nos) & set(other.presc_nos))


_WORDS = {Act.GIVE_UP: "本人取消", Act.RETRY: "人工：立即重试", Act.REFUND: "人工：退款"}
