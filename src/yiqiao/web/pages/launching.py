"""The sandbox's test page: a launch made on the spot, in all three forms, to be clicked or copied."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.dialects.cmc.client import Launch, Launcher
from yiqiao.sandbox import launching
from yiqiao.sandbox.launching import LaunchPartner, LaunchPatient
from yiqiao.web.pages.sandbox import demo_of
from yiqiao.web.render import page

PATH = "/sandbox/launch"
PROGRAM = r"C:\jgt\jgt.exe"


@dataclass(frozen=True)
class Choice:
    """Something that can be chosen; `key` names it in the table of words."""

    key: str
    address: str
    chosen: bool


@dataclass(frozen=True)
class LaunchingPage:
    """A fresh launch in all its forms; `again` is where another one is made."""

    patients: tuple[Choice, ...]
    ways: tuple[Choice, ...]
    url: str = field(repr=False)
    command: str = field(repr=False)
    link: str = field(repr=False)
    plain: str = field(repr=False)
    again: str = ""


async def show(request: Request) -> Response:
    """The page; each time it is loaded the launch is a new one."""
    partners = runtime_of(request).launch_demo
    if demo_of(request) is None or not partners:
        raise HTTPException(404)
    everyone = launching.patients()
    asked = request.query_params
    patient = next((one for one in everyone if one.key == asked.get("patient")), everyone[0])
    partner = next((one for one in partners if one.profile == asked.get("way")), partners[0])
    launch = _launch(request, partner, patient)
    base = str(request.base_url).rstrip("/")
    view = LaunchingPage(
        patients=tuple(_choice(one.key, one is patient, one.key, partner.profile) for one in everyone),
        ways=tuple(_choice(one.profile, one is partner, patient.key, one.profile) for one in partners),
        url=launch.url(base),
        command=launch.command(PROGRAM, launching.TARGET),
        link=launch.link(base),
        plain=launch.plain,
        again=_address(patient.key, partner.profile),
    )
    return page(request, "launching.html", view)


def _launch(request: Request, partner: LaunchPartner, patient: LaunchPatient) -> Launch:
    clock = runtime_of(request).clock
    launcher = Launcher(partner.app_key, partner.secret, profile=partner.profile, clock=clock)
    return launcher.insured(**patient.values) if patient.insured else launcher.selfpay(**patient.values)


def _choice(key: str, chosen: bool, patient: str, way: str) -> Choice:
    return Choice(key, _address(patient, way), chosen)


def _address(patient: str, way: str) -> str:
    return f"{PATH}?{urlencode({'patient': patient, 'way': way})}"


routes = [Route(PATH, show)]
