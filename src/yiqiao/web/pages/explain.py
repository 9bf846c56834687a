"""An exchange of the journal explained: what the diagnosis of `yiqiao sign explain` makes of the request as kept."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.dialects.ehealth_card.diagnosis import diagnostics
from yiqiao.dialects.onetrans.diagnosis import diagnostics as onetrans
from yiqiao.exchange.diagnosis import Diagnostics, Report, Verdict
from yiqiao.partners import Partner
from yiqiao.partners.public_keys import public_key_of
from yiqiao.partners.roles import Right
from yiqiao.spec import load
from yiqiao.web.exchanges import ExchangeLine, told
from yiqiao.web.i18n import language_of
from yiqiao.web.journal_filter import Asked
from yiqiao.web.masked import wire_text
from yiqiao.web.pages.message import SIGNED_IN_HEADERS, record_of
from yiqiao.web.reception import operator
from yiqiao.web.render import page

EXPERTS: Mapping[str, Diagnostics] = {"onetrans": onetrans}
"""Who explains the messages of a dialect; the others' are read as the electronic health card's."""
OPENED = frozenset({"content", "json"})
"""Layers whose text is the content itself: the message's own page has it, field by field and masked."""


@dataclass(frozen=True)
class FindingLine:
    """A cause, what to change, and how it is known."""

    kind: str
    title: str
    remedy: str
    evidence: str
    fatal: bool


@dataclass(frozen=True)
class LayerLine:
    """A layer of the message; `ok` is None where it was not reached or cannot be judged."""

    name: str
    title: str
    ok: bool | None
    text: str
    note: str


@dataclass(frozen=True)
class ExplainPage:
    """The report; `verdict` is empty where there is no key to judge by."""

    line: ExchangeLine
    profile: str
    verdict: str
    fine: bool
    whole: bool
    tried: int
    findings: tuple[FindingLine, ...]
    layers: tuple[LayerLine, ...]
    suffix: str


async def show(request: Request) -> Response:
    """The page."""
    session = await operator(request, Right.SEE)
    record = await record_of(request, session, "journal.explain")
    directory, line = runtime_of(request).directory, record.line
    if line.dialect in SIGNED_IN_HEADERS:
        raise HTTPException(404)
    partner = directory.find(line.dialect, line.app_id)
    suffix = Asked.of(request.query_params).everywhere.query
    if partner is None or not partner.secrets:
        view = ExplainPage(told(line, directory), "", "", False, record.whole, 0, (), (), suffix)
        return page(request, "explain.html", view)
    report = await asyncio.to_thread(
        _report, EXPERTS.get(line.dialect, diagnostics), record.request, _keys(partner), partner.profile
    )
    lang = language_of(request).value
    spec = load(line.dialect, partner.profile)

    def shown(name: str, text: str) -> str:
        return "" if name in OPENED else wire_text(spec, text.encode())

    return page(
        request,
        "explain.html",
        ExplainPage(
            line=told(line, directory),
            profile=report.profile,
            verdict=report.verdict.value,
            fine=report.fine,
            whole=record.whole,
            tried=report.tried,
            findings=tuple(
                FindingLine(
                    one.cause.kind,
                    one.cause.title.said(lang),
                    one.cause.remedy.said(lang),
                    one.evidence.said(lang),
                    one.fatal,
                )
                for one in report.findings
            ),
            layers=tuple(
                LayerLine(
                    one.name,
                    one.title.said(lang),
                    one.ok,
                    shown(one.name, one.text),
                    one.note.said(lang) if one.note else "",
                )
                for one in report.layers
            ),
            suffix=suffix,
        ),
    )


def _keys(partner: Partner) -> Sequence[str]:
    """The partner's keys as an expert takes them: with its SM2 public key behind, where one is on file."""
    public = public_key_of(partner)
    return [f"{secret}/{public.hex()}" for secret in partner.secrets] if public else partner.secrets


def _report(expert: Diagnostics, message: bytes, keys: Sequence[str], profile: str) -> Report:
    """By the key under which the signature holds, else by the newest."""
    fitting = (key for key in keys if expert.verify(message, key, profile)[0] is Verdict.HOLDS)
    return expert.explain(message, next(fitting, keys[0]), profile)


routes = [Route("/console/journal/{chain:str}/{seq:int}/explain", show)]
