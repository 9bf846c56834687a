"""Calls of one hospital's service: our own words made the standard's, its answers made ours, its refusals named.

Questions and acts differ in what a lost answer means. A question that is not answered has done nothing; an act may have
been done, and that is for whoever knows the act to find out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from yiqiao.clock import Clock, SystemClock
from yiqiao.dialects.convenience.client import ConnectionFailed, Refused, Unanswered
from yiqiao.dialects.convenience.functions import NAME
from yiqiao.dialects.convenience.line import Line
from yiqiao.dialects.convenience.remote.meaning import NO_REASON, own_code, refusal
from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.errors import DomainError
from yiqiao.ports.hospital.refusals import (
    HospitalMisconfigured,
    HospitalUnreachable,
    NoSuchRecord,
    NotOffered,
    OutcomeUnknown,
    TransactionFailed,
)
from yiqiao.ports.hospital.values import Page, Paging, Pool
from yiqiao.spec import Operation, Spec, SpecError, load

T = TypeVar("T")
Values = Mapping[str, object]
HOSPITAL_NAMES = ("HOSPITAL_ID", "HOSPITALID", "HOSPITAL_MARK", "APP_HOSPITAL_MAR", "HOS_FOREIGN_ID")
"""How the functions call the hospital; each has one or two of them."""
ADDED = {"PayReg": "挂号支付", "Refund": "挂号退款", "GetRegNum": "取号", "PayOrder": "门诊缴费"}
"""What functions do that the standard itself does not have."""
LARGEST_PAGE, MOST_PAGES = 1000, 100
log = structlog.get_logger("yiqiao.convenience.remote")


class Unreadable(Exception):
    """An answer lacks what nothing can be done without; the text names it."""


@dataclass(frozen=True)
class Calls:
    """The way to a hospital. `channel` is the CHANNEL_ID of what is asked without an origin of its own."""

    line: Line
    hospital_id: str
    channel: int
    clock: Clock = field(default_factory=SystemClock)

    @property
    def spec(self) -> Spec:
        """The standard as the hospital speaks it."""
        return self.line.client.speaker.spec

    def offers(self, name: str) -> bool:
        """Whether the hospital's profile has a function."""
        return name in self.spec.operations

    def asks(self, name: str, field_name: str) -> bool:
        """Whether a function has a field on its top level."""
        return any(branch.field.name == field_name for branch in self._operation(name).asks.branches)

    def role(self, name: str, pool: Pool) -> str:
        """REG_ROLE. A profile without it knows shared units alone: others must not be taken for them.

        Raises NotOffered.
        """
        if pool is not Pool.SHARED and not self.asks(name, "REG_ROLE"):
            raise NotOffered("医院接口不区分转诊号源，请到医院窗口办理")
        return str(int(pool))

    async def ask(self, name: str, values: Values, read: Callable[[Told], T]) -> T:
        """Ask something. Raises the refusals, NotOffered, HospitalUnreachable, HospitalMisconfigured, Invalid."""
        return await self._read(name, values, read, act=False)

    async def act(self, name: str, values: Values, read: Callable[[Told], T], fine: str = "") -> T:
        """Have something done; `fine` is a refusal that is as good as success, read as an answer without content.

        Raises the same, and OutcomeUnknown where nobody knows whether it was done.
        """
        return await self._read(name, values, read, act=True, fine=fine)

    async def pages(
        self, name: str, values: Values, paging: Paging | None, read: Callable[[Told], tuple[T, ...]]
    ) -> Page[T]:
        """A page of a list; where none is asked for, all of it. A hospital whose profile knows no pages answers all at
        once: then the page is taken from that.
        """
        if not self.asks(name, "PAGE_SIZE"):
            rows = await self.ask(name, values, read)
            return Page(len(rows), part(rows, paging))
        if paging is not None:
            total, rows = await self._page(name, values, paging, read)
            return Page(max(total or 0, len(rows)), rows)
        return await self._all(name, values, read)

    async def _all(self, name: str, values: Values, read: Callable[[Told], tuple[T, ...]]) -> Page[T]:
        rows: tuple[T, ...] = ()
        last: tuple[T, ...] = ()
        for number in range(1, MOST_PAGES + 1):
            try:
                total, more = await self._page(name, values, Paging(number, LARGEST_PAGE), read)
            except NoSuchRecord:
                if number == 1:
                    raise
                break
            if not more or more == last:  # fewer than was said, or pages that are not heeded
                break
            rows, last = rows + more, more
            if len(rows) >= total if total is not None else len(more) < LARGEST_PAGE:
                break
        return Page(len(rows), rows)

    async def _page(
        self, name: str, values: Values, paging: Paging, read: Callable[[Told], tuple[T, ...]]
    ) -> tuple[int | None, tuple[T, ...]]:
        asked = {**values, "PAGE_CURRENT": paging.page, "PAGE_SIZE": paging.size}
        try:
            return await self.ask(name, asked, lambda told: (told.number("COUNT"), read(told)))
        except DomainError as refusal:
            errors = self._operation(name).errors
            if paging.page > 1 and errors.get(refusal.name, "") == errors.get("NoSuchRecord"):
                raise NoSuchRecord(refusal.message) from None  # what is unknown would have been so on the first page
            raise

    async def _read(self, name: str, values: Values, read: Callable[[Told], T], *, act: bool, fine: str = "") -> T:
        try:
            return read(await self._called(name, values, act=act, fine=fine))
        except ConnectionFailed:
            raise HospitalUnreachable from None
        except (Unanswered, Unreadable) as failure:
            log.warning("no answer that can be used", function=name, act=act, why=str(failure))
            if act:
                raise OutcomeUnknown from failure
            raise HospitalUnreachable("医院系统没有应答，请稍后再试") from failure

    async def _called(self, name: str, values: Values, *, act: bool, fine: str) -> Told:
        operation = self._operation(name)
        stated = {**dict.fromkeys(HOSPITAL_NAMES, self.hospital_id), **values}
        try:
            wire = operation.asks.stated(stated)
        except SpecError as unsayable:
            log.warning("the hospital's profile cannot say what is asked", function=name, why=str(unsayable))
            raise NotOffered(f"医院接口不支持所选的方式（{self._what(name)}），请到医院窗口办理") from None
        try:
            answer = await self.line.call(name, wire)
        except Refused as refused:
            if fine and own_code(self.spec, refused.code, refused.told)[0] == fine:
                return Told({})
            told = refusal(self.spec, operation, refused, act=act)
            if isinstance(told, HospitalMisconfigured):
                log.warning("the hospital does not take our calls", function=name, code=refused.code, told=refused.told)
            raise told from None
        values_told = Told(operation.answers.understood(answer))
        self._check_outcome(operation, values_told, act=act)
        return values_told

    def _check_outcome(self, operation: Operation, told: Told, *, act: bool) -> None:
        """Some functions succeed on the envelope, and tell within how they ended. Raises the refusal, Unreadable."""
        if operation.outcome is None:
            return
        code, message = told.text(operation.outcome.code), told.text(operation.outcome.message)
        if not code:
            raise Unreadable(operation.outcome.code)
        if code in operation.excused or not code.strip("0"):
            return
        listed = operation.returns.get(code)
        if listed is None:
            raise TransactionFailed(message or NO_REASON)
        raise refusal(self.spec, operation, Refused(listed, message, signed=True), act=act)

    def _operation(self, name: str) -> Operation:
        operation = self.spec.operations.get(name)
        if operation is None:
            raise NotOffered(f"医院接口不支持{self._what(name)}，请到医院窗口办理")
        return operation

    def _what(self, name: str) -> str:
        standard = load(NAME).operations.get(name)
        return standard.title.removesuffix("接口") if standard is not None else ADDED[name]


def part(rows: tuple[T, ...], paging: Paging | None) -> tuple[T, ...]:
    """A page of what is there as a whole."""
    return rows if paging is None else rows[(paging.page - 1) * paging.size : paging.page * paging.size]


def needed(told: Told, name: str) -> str:
    """A text without which an answer is none. Raises Unreadable."""
    text = told.text(name)
    if not text:
        raise Unreadable(name)
    return text
