"""A stand-in for the insurance centre: it knows the insured among the synthetic people, keeps their accounts, and
issues vouchers that live a minute and work once.

What never changes of a person is derived (`insurance.py`); what may change (balance, status) is a row from the first
change on. It can be told to be unreachable or slow, for all processes of the hub.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal

from yiqiao.clock import Clock
from yiqiao.ports.insurance_centre import CentreUnreachable, InsuredPerson, UnknownInsured, VoucherInvalid
from yiqiao.sandbox.insurance import PAUSED, Cover, covers, covers_by_card, covers_by_number
from yiqiao.storage.sandbox_reading import CENTRE, INSURED, VOUCHERS, CentreRow, InsuredRow, VoucherRow
from yiqiao.storage.shelves import Book, Store

IDENTITY_CARD = "01"
VOUCHER_MS = 60_000
SLOWEST_MS = 60_000
_CODE_DIGITS = 28
_TOKEN_BYTES = 24


@dataclass(frozen=True)
class SandboxCentre:
    """`InsuranceCentre` with nobody's money."""

    store: Store
    clock: Clock
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def by_certificate(self, certificate_type: str, number: str, since: str | None = None) -> InsuredPerson:
        """By identity card; the centre has nobody under another document."""
        found = covers().get(number.upper()) if certificate_type == IDENTITY_CARD else None
        return await self._told(found, since)

    async def by_card(self, card_no: str, card_code: str, since: str | None = None) -> InsuredPerson:
        """By social-security card; one with another code than it was issued with is nobody's."""
        found = covers_by_card().get(card_no)
        return await self._told(found if found and found.card_code == card_code else None, since)

    async def by_voucher(self, code: str, business_type: str, since: str | None = None) -> InsuredPerson:
        """By a voucher that was issued here: within its minute, and once."""
        await self._answering()
        now = self.clock.now_ms()

        def take(book: Book) -> VoucherRow:
            row = book.get(VOUCHERS, code)
            if row is None or row.used_at is not None or now >= row.expires_at:
                raise VoucherInvalid
            book.put(VOUCHERS, row._replace(used_at=now))
            return row

        row = await self.store.write(take)
        return await self._told(covers_by_number()[row.psn_no], since, row.ec_token)

    async def issue_voucher(self, certificate_no: str) -> VoucherRow:
        """The code that an insured person's phone shows now. Raises UnknownInsured."""
        cover = covers().get(certificate_no)
        if cover is None:
            raise UnknownInsured
        new = voucher(cover, self.clock.now_ms())
        return await self.store.write(lambda book: book.add(VOUCHERS, new))

    async def behave(self, *, reachable: bool = True, delay_ms: int = 0) -> None:
        """How it answers from now on."""
        wanted = CentreRow(1, int(reachable), min(max(0, delay_ms), SLOWEST_MS))

        def work(book: Book) -> None:
            if book.add(CENTRE, wanted) != wanted:
                book.put(CENTRE, wanted)

        await self.store.write(work)

    async def behaviour(self) -> CentreRow:
        """How it answers now."""
        return await behaviour(self.store)

    async def _answering(self) -> None:
        await answering(self.store, self.pause)

    async def _told(self, cover: Cover | None, since: str | None, ec_token: str = "") -> InsuredPerson:
        if not ec_token:
            await self._answering()
        if cover is None:
            raise UnknownInsured
        if cover.silent:
            raise CentreUnreachable
        account = await self.store.read(lambda book: book.get(INSURED, cover.psn_no)) or account_of(cover)
        present = cover.present._replace(
            balance=Decimal(account.balance) / 100,
            status=account.status,
            paused=cover.present.paused if account.status == PAUSED else None,
        )
        former = tuple(one for one in cover.former if since is not None and (one.paused or "") > since)
        return InsuredPerson(
            psn_no=cover.psn_no,
            certificate_type=IDENTITY_CARD,
            certificate_no=cover.who.id_no,
            name=cover.who.name,
            sex=cover.who.sex,
            nation=cover.who.nation,
            birthday=cover.birthday,
            insurances=(present, *former),
            identities=cover.identities,
            ec_token=ec_token,
        )


async def behaviour(store: Store) -> CentreRow:
    """How the centre answers now, whatever it is asked."""
    return await store.read(lambda book: book.get(CENTRE, 1)) or CentreRow(1, 1, 0)


async def answering(store: Store, pause: Callable[[float], Awaitable[None]]) -> None:
    """Take the centre's time. Raises CentreUnreachable where it does not answer."""
    how = await behaviour(store)
    if how.delay_ms:
        await pause(how.delay_ms / 1000)
    if not how.reachable:
        raise CentreUnreachable


def account_of(cover: Cover) -> InsuredRow:
    """Somebody's account before anything changed it."""
    return InsuredRow(cover.psn_no, cover.balance, cover.present.status, 0)


def change_account(book: Book, cover: Cover, at: int, *, balance: int | None = None, status: str | None = None) -> None:
    """Set somebody's balance (分) or status."""
    row = book.add(INSURED, account_of(cover))
    changed = row._replace(
        balance=row.balance if balance is None else balance, status=status or row.status, changed_at=at
    )
    book.put(INSURED, changed)


def voucher(cover: Cover, now_ms: int) -> VoucherRow:
    """A fresh voucher of somebody's."""
    code = "".join(secrets.choice("0123456789") for _ in range(_CODE_DIGITS))
    return VoucherRow(code, cover.psn_no, secrets.token_hex(_TOKEN_BYTES), now_ms + VOUCHER_MS, None)
