"""Who is signed in at this browser, and whether a form really comes from one of our pages."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from yiqiao.partners.roles import Right
from yiqiao.partners.sessions import Session, SessionEnded
from yiqiao.web.desk import desk_of

COOKIE = "yiqiao_session"
LARGEST_FORM = 16_384


async def whoever(request: Request) -> Session | None:
    """The signed-in operator, or nobody."""
    token = request.cookies.get(COOKIE)
    if token is None:
        return None
    try:
        request.state.session = await desk_of(request).sessions.find(token)
    except SessionEnded:
        return None
    session: Session = request.state.session
    return session


async def operator(request: Request, right: Right) -> Session:
    """The signed-in operator. Raises SessionEnded, RightMissing."""
    session = await whoever(request)
    if session is None:
        raise SessionEnded
    session.require(right)
    return session


async def form(request: Request) -> Mapping[str, str]:
    """The fields of a form as it was sent. Raises HTTPException 413 for one that is too large."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_FORM:
            raise HTTPException(413)
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def over_https(request: Request) -> bool:
    """Whether the browser came by HTTPS, and cookies may say so."""
    return request.url.scheme == "https"


def address(request: Request) -> str:
    """Where the browser is, for the audit."""
    return request.client.host if request.client else ""


def local(wanted: str, otherwise: str) -> str:
    """The page to go to afterwards, if it is one of ours: nobody may be led elsewhere by a prepared link."""
    parts = urlsplit(wanted)
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc)
    return wanted if ours and wanted.isprintable() else otherwise
