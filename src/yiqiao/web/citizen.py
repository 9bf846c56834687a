"""Who the citizen at this phone is: signing in for people, apart from operators.

Citizens are not operators: no account of theirs is kept, who they are is proven by the region's own sign-in
(`ports.login`). So a session needs no table. It is one cookie that the hub seals with its own key: nobody can read it
or make one, every process of the hub can open it, and it is over after half an hour whatever happens. What it cannot do
is end elsewhere: signing out takes it from this browser, a copy stolen before lives until its time is over.
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import asdict, dataclass, field

import orjson
from starlette.requests import Request
from starlette.responses import Response

from yiqiao.app.http import runtime_of
from yiqiao.crypto import DecryptionFailed
from yiqiao.partners.sessions import ForgeryRefused
from yiqiao.ports.login import Citizen
from yiqiao.web.reception import over_https

COOKIE = "yiqiao_citizen"
LIFE_S = 30 * 60
_CONTEXT = b"citizen session"


@dataclass(frozen=True)
class CitizenSession:
    """A citizen who is signed in; `csrf` goes into every form, `expires_at` is epoch ms."""

    citizen: Citizen
    csrf: str = field(repr=False)
    expires_at: int

    def check_form(self, csrf: str) -> None:
        """Raises ForgeryRefused unless the form carries this session's token."""
        if not hmac.compare_digest(self.csrf.encode(), csrf.encode(errors="replace")):
            raise ForgeryRefused


def citizen_of(request: Request) -> CitizenSession | None:
    """The citizen who is signed in at this browser, or nobody."""
    key_id, _, text = request.cookies.get(COOKIE, "").rpartition(".")
    runtime = runtime_of(request)
    try:
        found = orjson.loads(runtime.keyring.unseal(key_id, urlsafe_b64decode(text), _CONTEXT))
    except (NotBase64, ValueError, DecryptionFailed):
        return None
    session = CitizenSession(Citizen(**found["citizen"]), found["csrf"], found["expires_at"])
    return session if runtime.clock.now_ms() < session.expires_at else None


def remember(request: Request, response: Response, citizen: Citizen) -> None:
    """Sign a citizen in at this browser."""
    runtime = runtime_of(request)
    session = CitizenSession(citizen, secrets.token_urlsafe(24), runtime.clock.now_ms() + LIFE_S * 1000)
    key_id, sealed = runtime.keyring.seal(orjson.dumps(asdict(session)), _CONTEXT)
    value = f"{key_id}.{urlsafe_b64encode(sealed).decode()}"
    response.set_cookie(COOKIE, value, max_age=LIFE_S, httponly=True, samesite="lax", secure=over_https(request))


def forget(request: Request, response: Response) -> None:
    """Sign the citizen out at this browser."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=over_https(request))
