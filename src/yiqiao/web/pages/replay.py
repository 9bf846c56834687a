"""Sending a kept message again from the console: a dry run first, then, if it is wanted, in earnest (app/replay.py)."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.app.replay import AlreadySettled, NotReplayable, Replayed, StaleMessage, replay
from yiqiao.app.services import AnyGateway
from yiqiao.journal.reader import Record, Reference
from yiqiao.partners.audit import audit
from yiqiao.partners.roles import Right
from yiqiao.web.exchanges import ExchangeLine, told
from yiqiao.web.pages.message import record_of
from yiqiao.web.reception import form, operator
from yiqiao.web.render import page

REFUSALS = (AlreadySettled, NotReplayable, StaleMessage)


@dataclass(frozen=True)
class ReplayPage:
    """What a dry run came to, or why there was none (`refused`: the refusal's name). `anew`: signed again, with the
    present time. `may_go`: it may be sent in earnest.
    """

    line: ExchangeLine
    anew: bool
    may_go: bool
    refused: str = ""
    code: str = ""
    title: str = ""
    message: str = ""
    tone: str = ""
    would_write: bool = False


async def send(request: Request) -> Response:
    """The dry run, or with `step=go` the replay itself."""
    session = await operator(request, Right.WORK)
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    record = await record_of(request, session, "journal.replay")
    runtime, anew, going = runtime_of(request), sent.get("anew") == "on", sent.get("step") == "go"
    served: tuple[AnyGateway, ...] = (runtime.ehealth_card, runtime.convenience, runtime.platform)
    reference = Reference(record.line.chain, record.line.seq)
    try:
        done = await replay(runtime, served, reference, dry_run=not going, seal_anew=anew)
    except REFUSALS as refusal:
        view = ReplayPage(told(record.line, runtime.directory), anew, may_go=False, refused=refusal.name)
        return page(request, "replay.html", view, 409)
    now, detail = runtime.wall.now_ms(), {"dry_run": done.dry_run, "sealed_anew": anew, "code": done.code}
    place = str(reference)
    await runtime.database.write(lambda c: audit(c, now, session.operator, "journal.replayed", place, detail))
    if done.record is not None:
        return RedirectResponse(f"/console/journal/{done.record}", 303)
    return page(request, "replay.html", _view(request, record, done))


def _view(request: Request, record: Record, done: Replayed) -> ReplayPage:
    line = told(record.line, runtime_of(request).directory)
    settled = done.effect == "write" and line.tone == "good"
    return ReplayPage(
        line=line,
        anew=done.sealed_anew,
        may_go=not settled,
        code=done.code,
        title=done.title,
        message=done.message or "",
        tone="good" if done.refusal is None else "warn",
        would_write=done.would_write,
    )


routes = [Route("/console/journal/{chain:str}/{seq:int}/replay", send, methods=["POST"])]
