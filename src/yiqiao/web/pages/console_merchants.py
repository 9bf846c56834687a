"""Merchants in the console: for whom money is collected, what each offers, and what stands on its accounts.

A merchant's secret is shown once, when it is filed. Every change commits with its line in the operators' audit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.errors import DomainError
from yiqiao.partners.audit import audit
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.partners.sessions import Session
from yiqiao.region.payments import merchants
from yiqiao.region.payments.merchants import Merchant, MerchantSettings, UnknownMerchant
from yiqiao.region.payments.ways import title
from yiqiao.storage import payments
from yiqiao.storage.hospital import hospital_names
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.merchant_form import MerchantFaults, MerchantForm, form_of, typed_form, wish_of
from yiqiao.web.payment_money import MERCHANTS_AT as AT
from yiqiao.web.reception import form, operator
from yiqiao.web.render import page


class MerchantMoved(DomainError):
    """The form was made before somebody else changed the merchant."""

    def __init__(self) -> None:
        super().__init__("商户在此期间已被修改，本次未作更改，请核对后重新提交")


@dataclass(frozen=True)
class MerchantLine:
    """A merchant in the list."""

    merchant_id: str
    name: str
    hospital_id: str
    hospital: str
    account_type: str
    channels: tuple[str, ...]
    enabled: bool
    link: str


@dataclass(frozen=True)
class MerchantsPage:
    """The room."""

    merchants: tuple[MerchantLine, ...]
    may_manage: bool


@dataclass(frozen=True)
class MerchantPage:
    """A merchant; its secret is not among it. `seen` is when it was changed last, as a form has to know."""

    line: MerchantLine
    settings: MerchantSettings
    created_at: int
    changed_at: int
    form: MerchantForm
    may_manage: bool
    refused: str = ""

    @property
    def books(self) -> str:
        """Where its accounts are."""
        return f"{self.line.link}/accounts"


@dataclass(frozen=True)
class NewMerchantPage:
    """The form that files one. `hospitals` are (id, name)."""

    form: MerchantForm
    hospitals: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SecretPage:
    """A merchant that was filed, with its secret, which is shown this once."""

    line: MerchantLine
    secret: str = field(repr=False)


async def show(request: Request) -> Response:
    """The room."""
    session = await operator(request, Right.SEE)
    runtime = runtime_of(request)

    def read(connection: Connection) -> tuple[MerchantLine, ...]:
        names = hospital_names(connection)
        known = [merchants.opened(runtime.keyring, row) for row in payments.merchants(connection)]
        return tuple(_line(one, names) for one in known)

    lines = await runtime.database.read(read)
    return page(request, "console_merchants.html", MerchantsPage(lines, _manages(session)))


async def new(request: Request) -> Response:
    """The form that files one."""
    await operator(request, Right.MANAGE_PARTNERS)
    channels = runtime_of(request).channels
    offered = MerchantSettings(tuple(channels))
    return await _new_form(request, form_of(channels, "", offered))


async def add(request: Request) -> Response:
    """The form, sent: the merchant is filed, and its secret is shown."""
    session = await operator(request, Right.MANAGE_PARTNERS)
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    runtime, now = runtime_of(request), runtime_of(request).clock.now_ms()
    try:
        wish = wish_of(sent, new=True)
    except MerchantFaults as wrong:
        return await _new_form(request, typed_form(runtime.channels, sent, wrong.faults), 400)

    def work(connection: Connection) -> tuple[Merchant, Mapping[str, str]] | None:
        made = merchants.add(
            connection,
            runtime.keyring,
            now,
            merchant_id=wish.merchant_id,
            name=wish.name,
            hospital_id=wish.hospital_id,
            account_type=wish.account_type,
            settings=wish.settings,
        )
        if made is None:
            return None
        audit(connection, runtime.wall.now_ms(), session.operator, "merchant.add", wish.merchant_id)
        return made, hospital_names(connection)

    done = await runtime.database.write(work)
    if done is None:
        taken = typed_form(runtime.channels, sent, {"merchant_id": "taken"})
        return await _new_form(request, taken, 400)
    made, names = done
    return page(request, "console_merchant_secret.html", SecretPage(_line(made, names), made.secret))


async def show_one(request: Request) -> Response:
    """A merchant's page."""
    session = await operator(request, Right.SEE)
    return page(request, "console_merchant.html", await _view(request, session))


async def change(request: Request) -> Response:
    """One of the forms on a merchant's page, sent."""
    session = await operator(request, Right.MANAGE_PARTNERS)
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    act, merchant_id = sent.get("act", ""), request.path_params["merchant_id"]
    if act not in ("revise", "disable", "enable"):
        raise HTTPException(400)
    runtime = runtime_of(request)
    changes: dict[str, object] = {"enabled": act == "enable"}
    if act == "revise":
        try:
            wish = wish_of(sent, new=False)
        except MerchantFaults as wrong:
            view = await _view(request, session)
            faulty = typed_form(runtime.channels, sent, wrong.faults)
            return page(request, "console_merchant.html", replace(view, form=faulty), 400)
        changes = {"name": wish.name, "settings": vars(wish.settings)}

    def work(connection: Connection) -> None:
        row = payments.merchant(connection, merchant_id)
        if row is None:
            raise UnknownMerchant
        if act == "revise" and str(row.changed_at) != sent.get("seen"):
            raise MerchantMoved
        now = max(runtime.clock.now_ms(), row.changed_at + 1)  # so that a form that was made before is told apart
        merchants.change(connection, runtime.keyring, now, merchant_id, **changes)  # type: ignore[arg-type]
        audit(connection, runtime.wall.now_ms(), session.operator, f"merchant.{act}", merchant_id)

    try:
        await runtime.database.write(work)
    except UnknownMerchant:
        raise HTTPException(404) from None
    except MerchantMoved as refusal:
        said = Words(language_of(request)).refusal(refusal)
        return page(request, "console_merchant.html", replace(await _view(request, session), refused=said), 409)
    return RedirectResponse(f"{AT}/{merchant_id}", 303)


async def _new_form(request: Request, shown: MerchantForm, status: int = 200) -> Response:
    runtime = runtime_of(request)
    names = await runtime.database.read(hospital_names)
    served = {one.hospital_id: names.get(one.hospital_id, "") for one in runtime.bookable.all()}
    return page(request, "console_merchant_new.html", NewMerchantPage(shown, tuple((names | served).items())), status)


async def _view(request: Request, session: Session) -> MerchantPage:
    """The merchant of the address. Raises HTTPException 404."""
    runtime, merchant_id = runtime_of(request), request.path_params["merchant_id"]
    if not merchant_id.isprintable():
        raise HTTPException(404)

    def read(connection: Connection) -> tuple[Merchant, int, int, Mapping[str, str]] | None:
        row = payments.merchant(connection, merchant_id)
        if row is None:
            return None
        return merchants.opened(runtime.keyring, row), row.created_at, row.changed_at, hospital_names(connection)

    found = await runtime.database.read(read)
    if found is None:
        raise HTTPException(404)
    merchant, created_at, changed_at, names = found
    return MerchantPage(
        line=_line(merchant, names),
        settings=merchant.settings,
        created_at=created_at,
        changed_at=changed_at,
        form=form_of(runtime.channels, merchant.name, merchant.settings),
        may_manage=_manages(session),
    )


def _line(merchant: Merchant, names: Mapping[str, str]) -> MerchantLine:
    return MerchantLine(
        merchant_id=merchant.merchant_id,
        name=merchant.name,
        hospital_id=merchant.hospital_id,
        hospital=names.get(merchant.hospital_id, ""),
        account_type=merchant.account_type,
        channels=tuple(title(code) for code in merchant.settings.channels),
        enabled=merchant.enabled,
        link=f"{AT}/{merchant.merchant_id}",
    )


def _manages(session: Session) -> bool:
    return Right.MANAGE_PARTNERS in RIGHTS[session.role]


routes = [
    Route(AT, show, methods=["GET"]),
    Route(AT, add, methods=["POST"]),
    Route(f"{AT}/new", new, methods=["GET"]),
    Route(f"{AT}/{{merchant_id:str}}", show_one, methods=["GET"]),
    Route(f"{AT}/{{merchant_id:str}}", change, methods=["POST"]),
]
