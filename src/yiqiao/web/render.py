"""Templates: a page is a frozen dataclass and a template that shows it; the dataclass alone is the page's JSON twin."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from yiqiao import __version__
from yiqiao.app.playground import Playground
from yiqiao.app.runtime import Runtime
from yiqiao.clock import readable
from yiqiao.errors import DomainError
from yiqiao.partners.sessions import Session
from yiqiao.web import spoken, type_size
from yiqiao.web.i18n import COOKIE, Words, language_of

A_YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True)
class Trouble:
    """What went wrong with a page: the HTTP status, a refusal's own words, the number by which the log knows more."""

    status: int
    refusal: DomainError | None = None
    number: str | None = None


@cache
def environment() -> Environment:
    """The templates, compiled once a process."""
    found = Environment(
        loader=PackageLoader("yiqiao.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.filters["time"] = readable
    found.filters["figure"] = "{:,}".format
    found.filters["money"] = spoken.money
    found.filters["signed"] = spoken.signed
    found.filters["day"] = spoken.day
    found.globals["static"] = static
    found.globals["version"] = __version__
    return found


@cache
def static(name: str) -> str:
    """The address of a file of ours; it changes when the file does, so that browsers may keep it."""
    content = (files(__package__) / "static" / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def page(request: Request, template: str, view: object, status: int = 200) -> Response:
    """A whole page, or with `?format=json` what it shows as JSON."""
    if request.query_params.get("format") == "json":
        return Response(orjson.dumps(view, default=_by_name), status, media_type="application/json")
    response = fragment(request, template, view, status)
    chosen = {"lang": (COOKIE, language_of(request).value), "size": (type_size.COOKIE, type_size.size_of(request))}
    for name, (cookie, value) in chosen.items():
        if name in request.query_params:
            secure = request.url.scheme == "https"
            response.set_cookie(cookie, value, max_age=A_YEAR_S, httponly=True, samesite="lax", secure=secure)
    return response


def _by_name(value: object) -> object:
    """What JSON has no word for: a named tuple, as an object."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    raise TypeError(f"{type(value).__name__} is not for pages")


def fragment(request: Request, template: str, view: object, status: int = 200) -> Response:
    """A part of a page, for htmx."""
    return HTMLResponse(environment().get_template(template).render(_context(request, view)), status)


def trouble_page(request: Request, trouble: Trouble) -> Response:
    """The page that says what went wrong and what to do now."""
    return fragment(request, "trouble.html", trouble, trouble.status)


def _playground(request: Request) -> Playground | None:
    """The sandbox's controls, where this hub has any."""
    runtime: Runtime | None = getattr(request.app.state, "runtime", None) if "app" in request.scope else None
    return runtime.playground if runtime is not None else None


def _context(request: Request, view: object) -> Mapping[str, Any]:
    language = language_of(request)
    session: Session | None = getattr(request.state, "session", None)
    size = type_size.size_of(request)
    return {
        "t": Words(language),
        "language": language,
        "view": view,
        "session": session,
        "path": request.url.path,
        "size": size,
        "other_language": _switched(request, "lang", language.other.value),
        "other_size": _switched(request, "size", type_size.other_size(size)),
        "playground": _playground(request),
    }


def _switched(request: Request, name: str, value: str) -> str:
    """The address of this page with one of its switches turned."""
    others = [(n, v) for n, v in request.query_params.multi_items() if n not in {"lang", "size", "format"}]
    return f"{request.url.path}?{urlencode([*others, (name, value)])}"
