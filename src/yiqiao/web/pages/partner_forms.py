"""Filing partners and changing them in the console, by right.

A secret is shown once, in the answer to the form that made it. Every change commits with its line in the operators'
audit, and is seen by the gateways of this process at once, of others within a second.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.app.runtime import Runtime
from yiqiao.errors import DomainError
from yiqiao.partners import Terminal, store
from yiqiao.partners.admission import UnknownPartner
from yiqiao.partners.audit import audit
from yiqiao.partners.partner import ANY_OPERATION
from yiqiao.partners.roles import Right
from yiqiao.spec.loader import dialects, profiles
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.pages.partners import AT, link_to, operations_of, view_of
from yiqiao.web.reception import form, operator
from yiqiao.web.render import page


class PartnerMoved(DomainError):
    """The form was made before somebody else changed the keys (or before it was sent the first time)."""

    def __init__(self) -> None:
        super().__init__("密钥在此期间已更换过，本次未作更改，请返回接入方页面查看")


@dataclass(frozen=True)
class NewPartnerPage:
    """The form to file a partner, with what was typed before, and why it was refused."""

    dialects: tuple[str, ...]
    profiles: Mapping[str, tuple[str, ...]]
    operations: Mapping[str, tuple[tuple[str, str], ...]]
    typed: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""


@dataclass(frozen=True)
class SecretPage:
    """A fresh secret, this once."""

    dialect: str
    app_id: str
    link: str
    secret: str = field(repr=False)


async def new(request: Request) -> Response:
    """The form to file a partner."""
    await operator(request, Right.MANAGE_PARTNERS)
    return page(request, "partner_new.html", _new_form({}))


async def add(request: Request) -> Response:
    """The form, sent: the partner is filed and its secret shown."""
    session = await operator(request, Right.MANAGE_PARTNERS)
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    runtime, now = runtime_of(request), runtime_of(request).wall.now_ms()

    def work(connection: Connection) -> str:
        secret = store.add(connection, runtime.keyring, now, wish)
        audit(connection, now, session.operator, "partner.add", f"{wish.dialect}/{wish.app_id}")
        return secret

    try:
        wish = _wish(sent)
        secret = await runtime.directory.change(work)
    except (store.PartnerUnfit, store.PartnerExists) as refusal:
        words = Words(language_of(request))
        typed = {name: value for name, value in sent.items() if name != "csrf"}
        return page(request, "partner_new.html", _new_form(typed, words.refusal(refusal)), 400)
    return _secret(request, wish.dialect, wish.app_id, secret)


async def change(request: Request) -> Response:
    """One of the forms on a partner's page, sent."""
    sent = await form(request)
    act = ACTS.get(sent.get("act", ""))
    if act is None:
        raise HTTPException(400)
    session = await operator(request, act.right)
    session.check_form(sent.get("csrf", ""))
    runtime, now = runtime_of(request), runtime_of(request).wall.now_ms()
    which = (request.path_params["dialect"], request.path_params["app_id"])

    def work(connection: Connection) -> str | None:
        secret = act.work(connection, runtime, now, which, sent)
        detail = {name: sent[name] for name in act.told if name in sent}
        audit(connection, now, session.operator, f"partner.{sent['act']}", "/".join(which), detail)
        return secret

    try:
        secret = await runtime.directory.change(work)
    except UnknownPartner:
        raise HTTPException(404) from None
    except (store.PartnerUnfit, PartnerMoved) as refusal:
        refused = Words(language_of(request)).refusal(refusal)
        return page(request, "partner.html", await view_of(request, session, refused), 400)
    if secret is not None:
        return _secret(request, *which, secret)
    return RedirectResponse(link_to(*which), 303)


def _disable(connection: Connection, _: Runtime, now: int, which: tuple[str, str], __: Mapping[str, str]) -> None:
    store.disable(connection, now, *which)


def _enable(connection: Connection, _: Runtime, now: int, which: tuple[str, str], __: Mapping[str, str]) -> None:
    store.enable(connection, now, *which)


def _rotate(connection: Connection, hub: Runtime, now: int, which: tuple[str, str], sent: Mapping[str, str]) -> str:
    secret = store.rotate_key(connection, hub.keyring, now, *which, _number(sent.get("overlap", "")))
    # A page that is sent again (by reloading) must not give a second key: the form names the key that it replaces.
    if store.show(connection, *which).keys[-1].key_no != _number(sent.get("newest", "")) + 1:
        raise PartnerMoved
    return secret


def _list_terminal(
    connection: Connection, _: Runtime, now: int, which: tuple[str, str], sent: Mapping[str, str]
) -> None:
    terminal = Terminal(_text(sent, "term_id"), _text(sent, "name"))
    store.add_terminal(connection, now, *which, terminal)


def _drop_terminal(
    connection: Connection, _: Runtime, now: int, which: tuple[str, str], sent: Mapping[str, str]
) -> None:
    store.remove_terminal(connection, now, *which, _text(sent, "term_id"))


_Work = Callable[[Connection, Runtime, int, tuple[str, str], Mapping[str, str]], str | None]


@dataclass(frozen=True)
class PartnerAct:
    """What may be done with a partner: by which right, how, and which fields of the form the audit repeats."""

    right: Right
    work: _Work
    told: tuple[str, ...] = ()


ACTS: Mapping[str, PartnerAct] = {
    "disable": PartnerAct(Right.MANAGE_PARTNERS, _disable),
    "enable": PartnerAct(Right.MANAGE_PARTNERS, _enable),
    "rotate_key": PartnerAct(Right.MANAGE_PARTNERS, _rotate, ("overlap",)),
    "add_terminal": PartnerAct(Right.WORK, _list_terminal, ("term_id",)),
    "remove_terminal": PartnerAct(Right.WORK, _drop_terminal, ("term_id",)),
}


def _new_form(typed: Mapping[str, str], refused: str = "") -> NewPartnerPage:
    names = dialects()
    return NewPartnerPage(
        dialects=names,
        profiles={name: profiles(name) for name in names},
        operations={name: operations_of(name) for name in names},
        typed=typed,
        refused=refused,
    )


def _wish(sent: Mapping[str, str]) -> store.NewPartner:
    """The partner that a form asks for. Raises PartnerUnfit."""
    dialect, profile = sent.get("dialect", ""), sent.get("profile", "")
    if dialect not in dialects() or profile not in profiles(dialect):
        raise store.PartnerUnfit("请选择接口标准与对接方案")
    terminals = [Terminal(*line.split(maxsplit=1)) for line in _lines(sent, "terminals")]
    if len({one.term_id for one in terminals}) < len(terminals):
        raise store.PartnerUnfit("终端编号重复，请核对终端列表")
    chosen = tuple(name for name, _ in operations_of(dialect) if f"op.{name}" in sent)
    if sent.get("permit") == "chosen" and not chosen:
        raise store.PartnerUnfit("请至少选择一个接口，或改为允许全部接口")
    return store.NewPartner(
        dialect=dialect,
        app_id=_text(sent, "app_id"),
        name=_text(sent, "name"),
        profile=profile,
        operations=chosen if sent.get("permit") == "chosen" else (ANY_OPERATION,),
        addresses=tuple(_lines(sent, "addresses")),
        terminals=tuple(terminals),
    )


def _text(sent: Mapping[str, str], name: str) -> str:
    """A line of text. Raises PartnerUnfit for what cannot be printed."""
    text = sent.get(name, "").strip()
    if not text.isprintable():
        raise store.PartnerUnfit("内容含有控制字符或不可见字符，请重新输入")
    return text


def _lines(sent: Mapping[str, str], name: str) -> list[str]:
    found = (_text({name: line}, name) for line in sent.get(name, "").splitlines())
    return [line for line in found if line]


def _secret(request: Request, dialect: str, app_id: str, secret: str) -> Response:
    return page(request, "partner_secret.html", SecretPage(dialect, app_id, link_to(dialect, app_id), secret))


def _number(text: str) -> int:
    """Raises PartnerUnfit for what is no number."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise store.PartnerUnfit("页面内容有误，请刷新后重新提交")
    return int(text)


routes = [
    Route(AT, add, methods=["POST"]),
    Route(f"{AT}/new", new, methods=["GET"]),
    Route(f"{AT}/{{dialect:str}}/{{app_id:path}}", change, methods=["POST"]),
]
