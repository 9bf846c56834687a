"""The console's room for the sandbox: what goes wrong on purpose, what time it is, and the data as a whole."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.app.playground import Playground
from yiqiao.clock import readable
from yiqiao.errors import DomainError
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.sandbox.faults import Faults, FaultUnreadable, parse
from yiqiao.sandbox.history import job as history
from yiqiao.sandbox.staff import PLANS
from yiqiao.spec import load
from yiqiao.storage import sandbox_messages
from yiqiao.storage.sandbox import ANY
from yiqiao.storage.sandbox_messages import MessageRow
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.reception import form, operator
from yiqiao.web.render import page

HERE = "/console/sandbox"
EVERYBODY = f"{ANY}/{ANY}"
MESSAGES = 10
ANSWERS = ("lost", "proxy=before", "proxy=after")
"""What can become of an answer, one of them at a time."""
VALUES = ("late", "clock", "refuse", "times", "for")
SWITCHES = ("twice", "key", "database")
FIELDS = (*VALUES, *SWITCHES, "answer", "percent", "partner")

Sent = Mapping[str, str]


class FormUnreadable(DomainError):
    """What was filled in are no faults."""

    def __init__(self, what: str) -> None:
        super().__init__(f"故障设置有误：{what}")


@dataclass(frozen=True)
class SwitchLine:
    """Faults that are on. `hit` of `seen` messages; None where it is not counted."""

    dialect: str
    app_id: str
    partner: str
    faults: str
    set_at: int
    over: bool
    seen: int | None
    hit: int | None


@dataclass(frozen=True)
class SnapshotLine:
    """A copy of the data; `taken_at` is the machine's time."""

    name: str
    taken_at: int


@dataclass(frozen=True)
class HistoryLine:
    """How much of the year behind a hospital is filed."""

    name: str
    filed: int
    days: int


@dataclass(frozen=True)
class SandboxPage:
    """The room. Times are epoch ms. `refused` says why what was sent was not done, `sent` is what was typed then."""

    may_change: bool
    now: int
    real: int
    moved: bool
    frozen: bool
    switches: tuple[SwitchLine, ...]
    partners: tuple[tuple[str, str], ...]
    codes: tuple[tuple[str, str], ...]
    snapshots: tuple[SnapshotLine, ...]
    history: tuple[HistoryLine, ...]
    messages: tuple[MessageRow, ...]
    done: str
    refused: str
    sent: Sent

    @property
    def typed(self) -> str:
        """A time to begin from, for who sets the clock."""
        return self.sent.get("to") or readable(self.now)


async def show(request: Request) -> Response:
    """The room."""
    done = request.query_params.get("done", "")
    return await _room(request, done=done if done in ACTS else "")


async def act(request: Request) -> Response:
    """A button was pressed."""
    session = await operator(request, Right.WORK)
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    name = request.path_params["act"]
    if name not in ACTS:
        raise HTTPException(404)
    try:
        await ACTS[name](_playground(request), sent, session.operator)
    except DomainError as refusal:
        return await _room(request, refused=refusal, sent=sent)
    return RedirectResponse(f"{HERE}?done={name}", 303)


async def _room(
    request: Request, *, done: str = "", refused: DomainError | None = None, sent: Sent | None = None
) -> Response:
    session = await operator(request, Right.SEE)
    playground = _playground(request)
    words, known = Words(language_of(request)), runtime_of(request).directory.all()
    partners = {f"{one.dialect}/{one.app_id}": one.name for one in known}
    view = SandboxPage(
        may_change=Right.WORK in RIGHTS[session.role],
        now=playground.clock.now_ms(),
        real=playground.wall.now_ms(),
        moved=bool(playground.clock.note()),
        frozen=playground.clock.dial.frozen_at is not None,
        switches=await _switches(playground, partners),
        partners=tuple(sorted(partners.items())),
        codes=_codes({one.dialect for one in known}),
        snapshots=tuple(SnapshotLine(one.name, one.taken_at) for one in await playground.copies.all()),
        history=await _history(playground),
        messages=tuple(await playground.database.read(lambda c: sandbox_messages.newest(c, MESSAGES))),
        done=done,
        refused=words.refusal(refused) if refused else "",
        sent={name: value for name, value in (sent or {}).items() if name in {*FIELDS, "to", "name"}},
    )
    return page(request, "console_sandbox.html", view, 400 if refused else 200)


async def _switches(playground: Playground, partners: Mapping[str, str]) -> tuple[SwitchLine, ...]:
    now = playground.wall.now_ms()
    return tuple(
        SwitchLine(
            dialect=one.dialect,
            app_id=one.app_id,
            partner="" if one.everybody else partners.get(f"{one.dialect}/{one.app_id}", ""),
            faults=one.faults.text(),
            set_at=one.set_at,
            over=one.over(now),
            seen=one.seen if one.faults.limited else None,
            hit=one.hit if one.faults.limited else None,
        )
        for one in await playground.switches()
    )


async def _history(playground: Playground) -> tuple[HistoryLine, ...]:
    """The hospitals whose year is not complete."""
    filed = await playground.database.read(history.progress)
    return tuple(
        HistoryLine(plan.name, filed[plan.hospital_id], history.DAYS)
        for plan in PLANS
        if filed.get(plan.hospital_id, history.DAYS) < history.DAYS
    )


def _codes(dialects: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The return codes that a message can be refused with, and their titles."""
    specs = [load(dialect) for dialect in dialects]
    return tuple(sorted({(code, spec.return_codes[code].title) for spec in specs for code in spec.errors.values()}))


def _playground(request: Request) -> Playground:
    playground = runtime_of(request).playground
    if playground is None:
        raise HTTPException(404)
    return playground


def _faults(sent: Sent) -> Faults:
    """What the form asks for. Raises FormUnreadable."""
    words = [f"{name}={sent[name].strip()}" for name in VALUES if sent.get(name, "").strip()]
    words += [name for name in SWITCHES if name in sent]
    if sent.get("answer", "") in ANSWERS:
        words.append(sent["answer"])
    percent = sent.get("percent", "").strip()
    if percent:
        words.append(f"share={_share(percent)}")
    try:
        return parse(", ".join(words))
    except FaultUnreadable as error:
        raise FormUnreadable(error.what) from None


def _share(percent: str) -> float:
    try:
        return float(percent) / 100
    except ValueError:
        raise FormUnreadable("比例应为大于 0、不大于 100 的数") from None


def _callers(sent: Sent) -> tuple[str, str]:
    dialect, _, app_id = sent.get("partner", EVERYBODY).partition("/")
    return dialect, app_id


async def _fault(playground: Playground, sent: Sent, who: str) -> None:
    await playground.switch_on(*_callers(sent), _faults(sent), who)


async def _fault_off(playground: Playground, sent: Sent, who: str) -> None:
    await playground.switch_off(*_callers(sent), who)


async def _all_off(playground: Playground, _: Sent, who: str) -> None:
    await playground.switch_all_off(who)


async def _time(playground: Playground, sent: Sent, who: str) -> None:
    await playground.turn(sent.get("to", ""), who)


async def _reset(playground: Playground, _: Sent, who: str) -> None:
    await playground.reset(who)


async def _snapshot(playground: Playground, sent: Sent, who: str) -> None:
    await playground.snapshot(sent.get("name", "").strip(), who)


async def _restore(playground: Playground, sent: Sent, who: str) -> None:
    await playground.restore(sent.get("name", ""), who)


async def _drop(playground: Playground, sent: Sent, who: str) -> None:
    await playground.drop(sent.get("name", ""), who)


ACTS: Mapping[str, Callable[[Playground, Sent, str], Awaitable[None]]] = {
    "fault": _fault,
    "fault_off": _fault_off,
    "all_off": _all_off,
    "time": _time,
    "reset": _reset,
    "snapshot": _snapshot,
    "restore": _restore,
    "drop": _drop,
}

routes = [Route(HERE, show, methods=["GET"]), Route(HERE + "/{act:str}", act, methods=["POST"])]
