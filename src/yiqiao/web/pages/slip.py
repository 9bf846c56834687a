"""A partner comes for its secret: the link shows a button first (mail scanners follow links), then the secret, once."""

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.partners import slips
from yiqiao.partners.slips import PATH, SlipGone
from yiqiao.web.reception import address
from yiqiao.web.render import page


@dataclass(frozen=True)
class SlipPage:
    """Whose secret it is; `secret` is there only on the one page that shows it."""

    dialect: str
    app_id: str
    name: str
    here: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)


async def show(request: Request) -> Response:
    """Before it is opened."""
    token, now = request.path_params["token"], runtime_of(request).wall.now_ms()
    try:
        file = await runtime_of(request).database.read(lambda c: slips.fresh(c, now, token))
    except SlipGone:
        return page(request, "slip_gone.html", None, 410)
    return page(request, "slip.html", SlipPage(file.dialect, file.app_id, file.name, f"{PATH}/{token}"))


async def open_(request: Request) -> Response:
    """The secret, this once."""
    runtime, token, peer = runtime_of(request), request.path_params["token"], address(request)
    now = runtime.wall.now_ms()
    try:
        found = await runtime.database.write(lambda c: slips.open_(c, runtime.keyring, now, token, peer))
    except SlipGone:
        return page(request, "slip_gone.html", None, 410)
    view = SlipPage(found.dialect, found.app_id, found.name, f"{PATH}/{token}", found.secret)
    return page(request, "slip.html", view)


routes = [
    Route(f"{PATH}/{{token:str}}", show, methods=["GET"], name="slip"),
    Route(f"{PATH}/{{token:str}}", open_, methods=["POST"]),
]
