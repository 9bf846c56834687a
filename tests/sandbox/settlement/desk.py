"""A hospital's desk at the insurance centre: one person, one bill, the whole course; shared by tests."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count

from yiqiao.clock import FixedClock
from yiqiao.ports.insurance_settlement import FeeLine, Settlement, Visitor
from yiqiao.sandbox.insurance import Cover, covers
from yiqiao.sandbox.mischief import OnCommand
from yiqiao.sandbox.settlement.centre import SandboxSettlement
from yiqiao.storage.shelves import Store

NOW = 1_795_000_000_000
DAY = "2026-11-18"
INSTITUTION = "H98510001001"


def somebody(fits: Callable[[Cover], bool] = lambda _: True, **wanted: object) -> Cover:
    """The first insured person about whom the centre answers, in good standing unless said, with these particulars."""
    wanted = {"status": "1", **wanted}
    return next(
        one
        for one in covers().values()
        if not one.silent and fits(one) and all(getattr(one.present, name) == value for name, value in wanted.items())
    )


def visitor(cover: Cover) -> Visitor:
    """Somebody as a hospital states them."""
    return Visitor(
        psn_no=cover.psn_no,
        certificate_type="01",
        certificate_no=cover.who.id_no,
        name=cover.who.name,
        kind=cover.present.kind,
        insured_area=cover.present.area,
        visit_area="359800",
        institution=INSTITUTION,
        institution_name="云桥县人民医院",
    )


def line(amount: int, level: str = "01", code: str = "X1", number: str = "1") -> FeeLine:
    """One piece of something for so many 分."""
    return FeeLine(number, "MZ1", code, "治疗费", level, Decimal(amount) / 100, Decimal(1), amount)


@dataclass
class Desk:
    """One hospital's messages, each under a number of its own."""

    store: Store
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    orders: OnCommand = field(default_factory=OnCommand)
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.centre = SandboxSettlement(self.store, self.clock, self.orders, self._pause)
        self._numbers = count(1)

    async def _pause(self, seconds: float) -> None:
        self.slept.append(seconds)

    def number(self) -> str:
        """A fresh one."""
        return f"{INSTITUTION}{next(self._numbers):08}"

    async def visit(self, who: Visitor, *lines: FeeLine) -> str:
        """Registered, with a bill."""
        visit_id = await self.centre.register(self.number(), who, "内科", "陶文静", self.clock.now_ms())
        await self.centre.upload(self.number(), who, visit_id, lines)
        return visit_id

    async def presettle(self, who: Visitor, visit_id: str, *, use_account: bool = True) -> Settlement:
        """What it comes to."""
        return await self.centre.presettle(self.number(), who, visit_id, use_account=use_account)

    async def settle(
        self, who: Visitor, *lines: FeeLine, use_account: bool = True, number: str | None = None
    ) -> Settlement:
        """The whole course."""
        visit_id = await self.visit(who, *lines)
        expected = await self.presettle(who, visit_id, use_account=use_account)
        return await self.centre.settle(
            number or self.number(), who, visit_id, use_account=use_account, expected=expected
        )

    async def cancel(self, who: Visitor, settled: Settlement, number: str | None = None) -> Settlement:
        """Taken back."""
        return await self.centre.cancel(number or self.number(), who, settled.visit_id, settled.settlement_id)
