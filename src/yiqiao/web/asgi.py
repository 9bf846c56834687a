"""The hub with its pages, as the server loads it: `uvicorn --factory yiqiao.web.asgi:create_app`."""

import json
import os
import sys
from dataclasses import fields

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Router
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Receive, Scope, Send

from yiqiao.app.http import build
from yiqiao.app.runtime import Runtime
from yiqiao.app.settings import Settings
from yiqiao.clock import Clock
from yiqiao.partners.operators import FIRST
from yiqiao.web.desk import Desk
from yiqiao.web.frame import Frame
from yiqiao.web.launched import ForBrowsers
from yiqiao.web.pages import (
    card,
    cards,
    cashier,
    citizen,
    citizen_appointment,
    citizen_bills,
    citizen_booking,
    citizen_charges,
    citizen_deposit,
    citizen_family,
    citizen_home,
    citizen_patient,
    citizen_prescriptions,
    citizen_queue,
    citizen_records,
    citizen_reports,
    citizen_times,
    consent,
    console,
    console_appointment,
    console_appointments,
    console_attachments,
    console_books,
    console_hospitals,
    console_merchants,
    console_payment,
    console_payment_reports,
    console_payments,
    console_readers,
    console_reconciliation,
    console_refund,
    console_sandbox,
    console_settlements,
    console_supervision,
    console_supervision_analyses,
    console_supervision_flow,
    console_supervision_institutions,
    explain,
    journal,
    launching,
    message,
    monitoring,
    partner_changes,
    partner_new,
    partners,
    reader,
    reference,
    replay,
    sandbox,
    sandbox_cashier,
    sandbox_pay,
    settlement,
    sign_in,
    slip,
    start,
    try_it,
    workstation,
)

ROOMS = (
    start,
    sandbox,
    sign_in,
    console,
    journal,
    message,
    explain,
    replay,
    monitoring,
    cards,
    console_hospitals,
    partner_changes,
    partner_new,
    partners,
    console_appointments,
    console_appointment,
    console_payments,
    console_payment_reports,
    console_refund,
    console_payment,
    console_settlements,
    console_merchants,
    console_books,
    console_reconciliation,
    console_readers,
    console_attachments,
    console_supervision_institutions,
    console_sandbox,
    console_supervision,
    console_supervision_analyses,
    console_supervision_flow,
    try_it,
    reference,
    citizen,
    citizen_home,
    citizen_booking,
    citizen_times,
    citizen_patient,
    citizen_appointment,
    citizen_family,
    citizen_records,
    citizen_bills,
    citizen_charges,
    citizen_deposit,
    citizen_reports,
    citizen_prescriptions,
    citizen_queue,
    sandbox_cashier,
    sandbox_pay,
    cashier,
    settlement,
    consent,
    reader,
    card,
    launching,
    workstation,
    slip,
)
"""Every module of pages; of two routes that fit an address, the one that stands first answers."""

ENVIRONMENT = "YIQIAO_SETTINGS"
A_YEAR_S = 365 * 24 * 3600


def create_app() -> Starlette:
    """The application, with the settings that `yiqiao serve` left in the environment; the defaults where it did not."""
    known = {entry.name for entry in fields(Settings)}
    given = json.loads(os.environ.get(ENVIRONMENT, "{}"))
    return application(Settings(**{name: value for name, value in given.items() if name in known}))


def application(settings: Settings, clock: Clock | None = None) -> Starlette:
    """The application with these settings."""

    async def prepare(runtime: Runtime) -> None:
        desk = app.state.desk = Desk.of(runtime)
        app.entrances.update({path: ForBrowsers(endpoint) for path, endpoint in app.entrances.items()})
        password = await desk.operators.ensure_first_administrator()
        if password is not None:
            sys.stderr.write(welcome(settings, password))

    app = build(settings, pages(), clock, prepare)
    return app


def pages() -> list[BaseRoute]:
    """All pages, in one frame."""
    rooms = [route for room in ROOMS for route in room.routes]
    static = Mount("/static", _Static(packages=[("yiqiao.web", "static")]))
    return [Mount("", Frame(Router([static, *rooms], default=_nothing_here, redirect_slashes=False)))]


def welcome(settings: Settings, password: str) -> str:
    """What the terminal says once, when the first administrator has been made."""
    lines = (
        "The first administrator was made. The password is shown this once.",
        "",
        f"  sign in    {settings.address}/sign-in" if settings.port else "  sign in    /sign-in",
        f"  name       {FIRST}",
        f"  password   {password}",
    )
    width = max(map(len, lines))
    edge = f"+-{'-' * width}-+\n"
    return "\n" + edge + "".join(f"| {line:<{width}} |\n" for line in lines) + edge + "\n"


class _Static(StaticFiles):
    """Our own files: kept for long by browsers, since their addresses change when they do."""

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        versioned = b"v=" in scope["query_string"]
        response.headers["cache-control"] = f"public, max-age={A_YEAR_S}, immutable" if versioned else "no-cache"
        return response


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    raise HTTPException(404)
