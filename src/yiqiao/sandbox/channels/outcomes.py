"""What an amount forces at the sandbox's channel: the last two digits (分) choose, `outcomes.yaml` says what."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

AT_ONCE, BY_CLICK, ASKED, REFUSED = "at_once", "by_click", "asked", "refused"
REFUSED_WHEN_ASKED, WHILE_CLOSING, AFTER_CLOSING = "refused_when_asked", "while_closing", "after_closing"
UNREACHABLE, SILENT, SILENT_AFTER = "unreachable", "silent", "silent_after"
DONE, FAILED, FAILED_FIRST = "done", "failed", "failed_first"


@dataclass(frozen=True)
class OrderOutcome:
    """What becomes of an order; the words are explained in the file."""

    title: str = ""
    pays: str = AT_ONCE
    asked: int = 0
    over: int = 0
    placing: str = ""
    times: int = 0
    closing: str = ""
    notices: int = 1
    early: bool = False


@dataclass(frozen=True)
class RefundOutcome:
    """What becomes of a refund."""

    title: str = ""
    ends: str = DONE
    asked: int = 0
    refunding: str = ""
    times: int = 0
    notices: int = 1


NOTHING_FORCED = OrderOutcome(pays=BY_CLICK)
"""An order that waits for its payer."""


@cache
def _table() -> tuple[Mapping[str, OrderOutcome], Mapping[str, RefundOutcome]]:
    text = files("yiqiao.sandbox.channels").joinpath("outcomes.yaml").read_text(encoding="utf-8")
    read: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(text)
    orders = {digits: OrderOutcome(**entry) for digits, entry in read["orders"].items()}
    refunds = {digits: RefundOutcome(**entry) for digits, entry in read["refunds"].items()}
    return orders, refunds


def all_orders() -> Mapping[str, OrderOutcome]:
    """What orders' amounts force, by their last two digits."""
    return _table()[0]


def all_refunds() -> Mapping[str, RefundOutcome]:
    """What refunds' amounts force."""
    return _table()[1]


def of_order(amount: int) -> OrderOutcome | None:
    """What an order's amount (分) forces; None: nothing."""
    return all_orders().get(f"{amount % 100:02}")


def of_refund(amount: int) -> RefundOutcome:
    """What a refund's amount forces; it is done at once where nothing is."""
    return all_refunds().get(f"{amount % 100:02}", RefundOutcome())
