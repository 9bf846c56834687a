"""Appointments as the console tells them: a line of a list, what happens next by itself, and the course."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from yiqiao.app.appointments import BY_COMMAND, BY_ITSELF
from yiqiao.clock import DAY_MS, beijing, readable
from yiqiao.region.appointments.states import ACTING, FINAL, State
from yiqiao.storage.appointments import AppointmentRow, EventRow

AT = "/console/appointments"
COUNTED_MS = DAY_MS
"""What is farther off is told by its date, not counted down."""
WELL = frozenset({State.BOOKED, State.REGISTERED, State.VISITED})


@dataclass(frozen=True)
class AppointmentLine:
    """An appointment in a list. `waits`: what its next step is, `retry` or `poll`, and `next` when; empty where nothing
    is to be said of it. `paid` is unpaid, paid or refunded.
    """

    order_id: str
    hospital: str
    department: str
    doctor: str
    day: str
    session: int
    hours: str
    state: State
    tone: str
    waits: str
    tries: int
    next: str
    fee: int
    paid: str
    pays_here: bool
    link: str

    @classmethod
    def of(cls, row: AppointmentRow, now: int) -> Self:
        """The line of an appointment, at a moment (epoch ms)."""
        state = State(row.state)
        return cls(
            order_id=row.order_id,
            hospital=row.hospital_name,
            department=row.dept_name,
            doctor=row.doctor_name,
            day=row.day,
            session=row.session,
            hours=f"{row.begins}–{row.ends}" if row.begins and row.ends else row.begins,
            state=state,
            tone=_tone(state, row.tries),
            waits=_waits(state, row.tries),
            tries=row.tries,
            next=soon(row.next_at, now),
            fee=row.fee,
            paid=row.paid,
            pays_here=bool(row.pays_here),
            link=f"{AT}/{row.order_id}",
        )


@dataclass(frozen=True)
class Timer:
    """What happens by itself: the next step, or the end of a state's time. When (as text), and how far off that is by
    the hub's clock; None where it is not counted down. `until` is when what is being asked for is over.
    """

    what: str
    at: str
    left_ms: int | None
    until: str = ""

    @property
    def left(self) -> str:
        """What is left as `9:59` or `1:00:00`."""
        seconds = -(-(self.left_ms or 0) // 1000)
        hours, minutes = divmod(seconds // 60, 60)
        return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


@dataclass(frozen=True)
class Step:
    """A step of the course, or `times` steps of which the same is to be told, the last of them at `until` (epoch ms).
    `actor` is saga, citizen, hospital, cashier, operator, reconciliation or other; `name` is the person's.
    """

    at: int
    until: int
    before: str
    after: str
    actor: str
    name: str
    tries: int
    told: str
    times: int = 1


def timer_of(row: AppointmentRow, now: int) -> Timer | None:
    """What happens to an appointment by itself, if nobody does anything."""
    state = State(row.state)
    if state in FINAL:
        return None
    left = max(0, row.next_at - now)
    deadline = soon(row.deadline, now) if row.deadline is not None and state is State.PAYING else ""
    what = "step" if state in ACTING else state.value
    return Timer(what, soon(row.next_at, now), left if left < COUNTED_MS else None, deadline)


def course(events: Sequence[EventRow]) -> tuple[Step, ...]:
    """The steps, the newest first; repeats of the same one are told once."""
    steps: list[Step] = []
    for step in map(_step, events):
        last = steps[-1] if steps else None
        if last is not None and _same(last, step):
            steps[-1] = replace(last, until=step.at, tries=step.tries, times=last.times + 1)
        else:
            steps.append(step)
    return tuple(reversed(steps))


def soon(at: int, now: int) -> str:
    """A moment by its time, with its date where that is not today's."""
    return f"{beijing(at):%H:%M:%S}" if beijing(at).date() == beijing(now).date() else readable(at)


def _step(event: EventRow) -> Step:
    actor, _, name = event.actor.partition(" ")
    if actor not in ACTORS:
        actor, name = "other", event.actor
    elif name in (BY_COMMAND, BY_ITSELF):
        actor, name = f"{actor}_{'command' if name == BY_COMMAND else 'daily'}", ""
    return Step(event.at, event.at, event.before, event.after, actor, name, event.tries, event.told)


def _same(one: Step, other: Step) -> bool:
    def what(step: Step) -> Iterable[str]:
        return step.before, step.after, step.actor, step.name, step.told

    return one.before == one.after and what(one) == what(other)


ACTORS = frozenset({"saga", "citizen", "hospital", "cashier", "operator", "reconciliation"})


def _waits(state: State, tries: int) -> str:
    if state not in ACTING or not tries:
        return ""
    return "poll" if state is State.PAYING else "retry"


def _tone(state: State, tries: int) -> str:
    if state is State.STUCK:
        return "bad"
    if _waits(state, tries) == "retry":
        return "warn"
    if state in ACTING:
        return "accent"
    return "good" if state in WELL else ""
