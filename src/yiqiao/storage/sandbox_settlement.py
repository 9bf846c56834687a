"""The rows of the sandbox's insurance settlements, and the shelves that they stand on."""

from typing import NamedTuple

from yiqiao.storage.shelves import Shelf
from yiqiao.storage.tables import sandbox_settlement as tables


class VisitRow(NamedTuple):
    """A registration; lines of the upload numbered `uploads` count."""

    visit_id: str
    institution: str
    psn_no: str
    kind: str
    department: str
    doctor: str
    state: str
    uploads: int
    at: int


class LineRow(NamedTuple):
    """A line of a bill; price and quantity in ten-thousandths."""

    visit_id: str
    upload: int
    line_no: str
    place: int
    charge_no: str
    code: str
    name: str
    level: str
    price: int
    quantity: int
    amount: int


class SettlementRow(NamedTuple):
    """A settlement, or what takes one back (amounts negative then); 分, `ratio` ten-thousandths."""

    settlement_id: str
    what: str
    number: str
    institution: str
    visit_id: str
    psn_no: str
    kind: str
    office: str
    insured_area: str
    year: str
    place: int
    day: str
    at: int
    total: int
    own_pay: int
    over_limit: int
    pre_pay: int
    in_scope: int
    deductible: int
    deductible_standard: int
    ratio: int
    funds: int
    account: int
    cash: int
    balance: int
    settles: str
    reversed_by: str


class ShareRow(NamedTuple):
    """What one fund pays of a settlement, 分."""

    settlement_id: str
    fund: str
    place: int
    in_scope: int
    fund_limit: int
    paid: int
    course: str


class MessageRow(NamedTuple):
    """A message that took effect, with what came of it."""

    institution: str
    number: str
    what: str
    fingerprint: bytes
    visit_id: str
    settlement_id: str
    at: int


class YearRow(NamedTuple):
    """What a person's year has used of something, 分."""

    psn_no: str
    kind: str
    year: str
    what: str
    amount: int


VISITS = Shelf(tables.sandbox_centre_visit, VisitRow._make)
LINES = Shelf(tables.sandbox_centre_line, LineRow._make)
SETTLEMENTS = Shelf(tables.sandbox_centre_settlement, SettlementRow._make)
SHARES = Shelf(tables.sandbox_centre_share, ShareRow._make)
MESSAGES = Shelf(tables.sandbox_centre_message, MessageRow._make)
YEARS = Shelf(tables.sandbox_centre_year, YearRow._make)
