"""The reference of all figures over HTTP: bare Starlette that reads the body and answers as many bytes as asked for."""

import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ANSWER = b"x" * int(os.environ.get("ECHO_SIZE", "600"))


async def echo(request: Request) -> Response:
    await request.body()
    return Response(ANSWER, media_type="application/json")


app = Starlette(routes=[Route("/{path:path}", echo, methods=["GET", "POST"])])
