"""What the sandbox's insurance pays: the table line by line, as docs/insurance-sandbox.md works it out, and what holds
of any bill.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.settlement.desk import line
from yiqiao.money import yuan
from yiqiao.ports.insurance_settlement import FUNDS, FeeLine
from yiqiao.sandbox.insurance import covers
from yiqiao.sandbox.settlement.benefits import Benefits, Scheme, benefits
from yiqiao.sandbox.settlement.reckoning import (
    BAND,
    BURDEN,
    DEDUCTIBLE,
    Reckoned,
    Standing,
    different,
    reckon,
)

DOCUMENT = Path(__file__).parents[3] / "docs" / "insurance-sandbox.md"
TABLE: Benefits = benefits()
LEVELS = {"01": "甲", "02": "乙", "03": "丙"}


@dataclass(frozen=True)
class Case:
    """A worked example: who, what bill, and what the year had used."""

    title: str
    insurance: str
    person: str
    lines: Sequence[FeeLine]
    year: dict[str, int] = field(default_factory=dict)
    balance: int = 0
    civil_servant: bool = False
    disability: str = ""

    def reckoned(self) -> Reckoned:
        """What it comes to."""
        who = Standing(scheme(self.insurance, self.person), self.civil_servant, self.disability)
        return reckon(TABLE, who, self.lines, self.year, balance=self.balance, use_account=True)

    def row(self) -> str:
        """Its line of the document."""
        one = self.reckoned()
        bill = " + ".join(f"{yuan(it.amount)} {LEVELS[it.level]}" for it in self.lines)
        funds = "; ".join(f"{share.kind} {yuan(share.paid)}" for share in one.shares if share.paid) or "-"
        patient = " + ".join(yuan(part) for part in (one.own_pay, one.over_limit, one.pre_pay))
        amounts = (yuan(one.in_scope), yuan(one.deductible), funds, yuan(one.account), yuan(one.cash))
        return f"| {self.title} | {self.insurance}/{self.person} | {bill} | {patient} | {' | '.join(amounts)} |"


def scheme(insurance: str, person: str) -> Scheme:
    found = TABLE.scheme(insurance, person)
    assert found is not None
    return found


PAST = {DEDUCTIBLE: 80_000}
CASES = (
    Case("below the deductible", "310", "11", [line(50_000)]),
    Case("above it: 200.00 at 70%", "310", "11", [line(100_000)]),
    Case("across two bands: 500.00 at 70%, 500.00 at 75%", "310", "11", [line(100_000)], {**PAST, BAND: 250_000}),
    Case("in the last band", "310", "11", [line(10_000)], {**PAST, BAND: 1_000_000}),
    Case("the pool's limit is near", "310", "11", [line(100_000)], {**PAST, BAND: 2_000_000, "310100": 1_960_000}),
    Case("and used up", "310", "11", [line(100_000)], {**PAST, BAND: 2_000_000, "310100": 2_000_000}),
    Case("the account pays what is left", "310", "11", [line(100_000)], balance=500_000),
    Case("as far as it goes", "310", "11", [line(100_000)], balance=10_000),
    Case("乙: a tenth beforehand", "310", "11", [line(10_000, "02")], PAST),
    Case("丙: all of it", "310", "11", [line(10_000, "03")], PAST, balance=2_500),
    Case("an item above its price limit", "310", "11", [line(18_500, "01", "X0023")], PAST),
    Case("and of the second level", "310", "11", [line(18_500, "02", "X0023")], PAST),
    Case("half a 分 is rounded up", "310", "11", [line(5)], PAST),
    Case("a civil servant", "310", "11", [line(100_000)], civil_servant=True),
    Case("retired", "310", "21", [line(100_000)]),
    Case("retired, disabled (1)", "310", "21", [line(100_000)], disability="1"),
    Case("retired, disabled (3)", "310", "21", [line(100_000)], disability="3"),
    Case("a resident", "390", "50", [line(30_000), line(2_000, "02", number="2"), line(1_000, "03", number="3")]),
    Case("the pool's limit", "390", "50", [line(100_000)], {DEDUCTIBLE: 20_000, "390100": 140_000}),
    Case(
        "serious illness: 1,000.00 above the threshold", "390", "50", [line(100_000)],
        {DEDUCTIBLE: 20_000, "390100": 150_000, BURDEN: 1_500_000},
    ),
    Case(
        "the threshold is crossed", "390", "50", [line(100_000)],
        {DEDUCTIBLE: 20_000, "390100": 150_000, BURDEN: 1_450_000},
    ),
    Case("a child", "390", "41", [line(30_000)]),
    Case("old", "390", "60", [line(30_000)]),
    Case("old, disabled (2)", "390", "60", [line(30_000)], disability="2"),
    Case("aid has a limit too", "390", "60", [line(30_000)], {"610100": 499_000}, disability="4"),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_an_example_of_the_document_comes_to_what_it_says(case: Case) -> None:
    assert case.row() in DOCUMENT.read_text(encoding="utf-8").splitlines()


def scheme_row(one: Scheme) -> str:
    begins, bands = 0, []
    for band in one.bands:
        ends = f"-{band.up_to // 100}" if band.up_to else ""
        bands.append(f"{band.percent}%" if len(one.bands) == 1 else f"{band.percent}% ({begins}{ends or '-'})")
        begins = band.up_to // 100 if band.up_to else begins
    more = "-"
    if one.beyond:
        more = f"{one.beyond.fund}: {one.beyond.percent}% beyond the limit, up to {one.beyond.limit // 100}"
    if one.burden:
        burden = one.burden
        more = f"{burden.fund}: {burden.percent}% above {burden.threshold // 100} a year, up to {burden.limit // 100}"
    persons = ", ".join(one.persons)
    numbers = (f"{one.second_level}%", str(one.deductible // 100), ", ".join(bands), str(one.limit // 100))
    account = "yes" if one.account else "no"
    return f"| {one.insurance} | {persons} | {one.title} | {' | '.join(numbers)} | {more} | {account} |"


@pytest.mark.parametrize("one", TABLE.schemes, ids=lambda one: one.title)
def test_the_document_shows_the_table_that_is_used(one: Scheme) -> None:
    assert scheme_row(one) in DOCUMENT.read_text(encoding="utf-8").splitlines()


def test_the_document_shows_what_else_is_in_the_table() -> None:
    said = DOCUMENT.read_text(encoding="utf-8")
    for aid in TABLE.aids:
        assert f"| {aid.fund} | {aid.title} | {aid.percent}% | {aid.limit // 100} |" in said
    for code, limit in TABLE.price_limits.items():
        assert f"| `{code}` | {yuan(limit)} |" in said
    for code, name in TABLE.institutions.items():
        assert f"| `{code}` | {name} |" in said


def test_the_table_is_fit_to_be_used() -> None:
    for one in TABLE.schemes:
        ends = [band.up_to for band in one.bands]
        assert ends[-1] is None
        assert ends[:-1] == sorted(end for end in ends if end is not None)
        assert {one.pool} | {more.fund for more in (one.beyond, one.burden) if more} <= FUNDS.keys()
    assert {aid.fund for aid in TABLE.aids} <= FUNDS.keys()
    served = {(one.insurance, person) for one in TABLE.schemes for person in one.persons}
    assert {(one.present.kind, one.present.person_kind) for one in covers().values()} <= served
    assert TABLE.scheme("310", "31") is None


lines = st.builds(
    lambda cents, quantity, level, code, number: FeeLine(
        str(number), "MZ1", code, "药", level, Decimal(cents) / 10_000, Decimal(quantity),
        max(1, int((Decimal(cents) * quantity / 100).to_integral_value())),
    ),
    st.integers(1, 50_000_000), st.integers(1, 20), st.sampled_from(list(LEVELS)),
    st.sampled_from(["X1", *TABLE.price_limits]), st.integers(1, 10**6),
)  # fmt: skip
bills = st.lists(lines, min_size=1, max_size=6)
people = st.builds(Standing, st.sampled_from(TABLE.schemes), st.booleans(), st.sampled_from(["", "1", "2", "3", "4"]))
used_so_far = st.dictionaries(st.sampled_from([DEDUCTIBLE, BAND, BURDEN, *FUNDS]), st.integers(0, 40_000_000))


@given(people, bills, used_so_far, st.integers(0, 10**7), st.booleans())
def test_every_bill_is_paid_exactly_by_somebody(
    who: Standing, bill: list[FeeLine], year: dict[str, int], balance: int, use_account: bool
) -> None:
    one = reckon(TABLE, who, bill, year, balance=balance, use_account=use_account)
    for it in (one, different(one)):
        assert it.total == sum(its.amount for its in bill) == it.funds + it.account + it.cash
        assert min(it.account, it.cash, *(share.paid for share in it.shares)) >= 0
    assert different(one) != one
    assert one.total == one.own_pay + one.over_limit + one.pre_pay + one.in_scope
    assert min(one.own_pay, one.over_limit, one.pre_pay, one.in_scope, one.deductible) >= 0
    assert one.funds <= one.in_scope - one.deductible or who.civil_servant or who.disability or who.scheme.burden
    assert one.funds <= one.in_scope
    assert one.account <= balance
    assert one.account == 0 or (use_account and who.scheme.account)
    assert 0 <= one.ratio <= 10_000
    for share in one.shares:
        assert share.paid <= share.limit
        assert share.paid <= share.in_scope
    assert len({share.kind for share in one.shares}) == len(one.shares)


@given(people, st.lists(bills, min_size=1, max_size=8))
def test_a_year_of_bills_keeps_to_every_limit(who: Standing, course: list[list[FeeLine]]) -> None:
    year: dict[str, int] = {}
    for bill in course:
        one = reckon(TABLE, who, bill, year, balance=0, use_account=False)
        year = {what: year.get(what, 0) + one.used.get(what, 0) for what in {*year, *one.used}}
    assert year[DEDUCTIBLE] <= who.scheme.deductible
    limits = {who.scheme.pool: who.scheme.limit, **{aid.fund: aid.limit for aid in TABLE.aids}}
    for more in (who.scheme.beyond, who.scheme.burden):
        limits |= {more.fund: more.limit} if more else {}
    for fund, limit in limits.items():
        assert year.get(fund, 0) <= limit


@given(people, bills)
def test_two_halves_of_a_year_are_paid_as_the_whole(who: Standing, bill: list[FeeLine]) -> None:
    """What is paid does not depend on how visits are cut, but for the rounding of each."""
    whole = reckon(TABLE, who, [*bill, *bill], {}, balance=0, use_account=False)
    first = reckon(TABLE, who, bill, {}, balance=0, use_account=False)
    second = reckon(TABLE, who, bill, first.used, balance=0, use_account=False)
    both = {share.kind: share.paid for share in first.shares}
    for share in second.shares:
        both[share.kind] = both.get(share.kind, 0) + share.paid
    pool = {one.kind: one.paid for one in whole.shares}
    assert abs(both[who.scheme.pool] - pool[who.scheme.pool]) <= 1
