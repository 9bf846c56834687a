"""What a bill comes to: for the patient, the funds and the personal account, by the table and what the year has used.

Whole 分 throughout. Each amount is rounded half up once, when it is reckoned; the patient's part is what is left, so
that the parts always add up to the bill.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from yiqiao.money import yuan
from yiqiao.ports.insurance_settlement import FUNDS, FeeLine, FundShare
from yiqiao.sandbox.settlement.benefits import Benefits, Burden, Scheme

FIRST, SECOND, THIRD = "01", "02", "03"
"""甲, 乙, 丙."""
DEDUCTIBLE, BAND, BURDEN = "deductible", "band", "burden"
"""What a year counts beside what each fund has paid: the deductible that was borne, the amounts above it, and what the
pool left to the person."""
_BEFORE_BURDEN = ("310100", "390100", "330100")
OTHER = "999900"
_MOST_OFF = 100
Year = Mapping[str, int]


class Standing(NamedTuple):
    """Who somebody is to the table."""

    scheme: Scheme
    civil_servant: bool = False
    disability: str = ""  # of disa_lv; empty: none


class _Scope(NamedTuple):
    """A bill's amounts before any fund is asked; total = own_pay + over_limit + pre_pay + in_scope."""

    total: int
    own_pay: int
    over_limit: int
    pre_pay: int
    in_scope: int


@dataclass(frozen=True)
class Reckoned:
    """What a bill comes to, 分; total = the shares' sum + account + cash. `ratio` in ten-thousandths."""

    total: int
    own_pay: int
    over_limit: int
    pre_pay: int
    in_scope: int
    deductible: int
    deductible_standard: int
    ratio: int
    shares: tuple[FundShare, ...]
    account: int
    cash: int

    @property
    def funds(self) -> int:
        """What the funds pay."""
        return sum(one.paid for one in self.shares)

    @property
    def used(self) -> dict[str, int]:
        """What it adds to the year."""
        return used(self.in_scope, self.deductible, {one.kind: one.paid for one in self.shares})


def used(in_scope: int, deductible: int, paid: Mapping[str, int]) -> dict[str, int]:
    """What a settlement adds to the year; `paid` by the funds' numbers."""
    left = in_scope - sum(paid.get(fund, 0) for fund in _BEFORE_BURDEN)
    return {DEDUCTIBLE: deductible, BAND: in_scope - deductible, BURDEN: left, **paid}


def reckon(
    table: Benefits, standing: Standing, lines: Sequence[FeeLine], year: Year, *, balance: int, use_account: bool
) -> Reckoned:
    """What a bill comes to. `year`: what the person's year has used; `balance` of the personal account, 分."""
    scheme, scope = standing.scheme, _scope(table, standing.scheme, lines)
    deductible = min(scope.in_scope, max(0, scheme.deductible - year.get(DEDUCTIBLE, 0)))
    shares = _shares(table, standing, scope.in_scope, deductible, year)
    left = scope.total - sum(one.paid for one in shares)
    account = min(left, balance) if use_account and scheme.account else 0
    return Reckoned(
        **scope._asdict(),
        deductible=deductible,
        deductible_standard=scheme.deductible,
        ratio=_rounded(Decimal(shares[0].paid * 10_000) / scope.in_scope) if scope.in_scope else 0,
        shares=shares,
        account=account,
        cash=left - account,
    )


def different(reckoned: Reckoned) -> Reckoned:
    """The same bill with up to one 元 between the patient and the others that does not belong there."""
    if reckoned.cash:
        off = min(_MOST_OFF, reckoned.cash)
        extra = FundShare(OTHER, FUNDS[OTHER], 0, off, off, "")
        return replace(reckoned, shares=(*reckoned.shares, extra), cash=reckoned.cash - off)
    if reckoned.account:
        off = min(_MOST_OFF, reckoned.account)
        return replace(reckoned, account=reckoned.account - off, cash=off)
    first, *others = sorted(reckoned.shares, key=lambda one: one.paid, reverse=True)
    off = min(_MOST_OFF, first.paid)
    return replace(reckoned, shares=(first._replace(paid=first.paid - off), *others), cash=off)


def _scope(table: Benefits, scheme: Scheme, lines: Sequence[FeeLine]) -> _Scope:
    total = own = over = before = 0
    for line in lines:
        total += line.amount
        if line.level == THIRD:
            own += line.amount
            continue
        limit = table.price_limits.get(line.code)
        above = 0 if limit is None else max(0, line.amount - _rounded(limit * line.quantity))
        over += above
        if line.level == SECOND:
            before += _percent(line.amount - above, scheme.second_level)
    return _Scope(total, own, over, before, total - own - over - before)


def _shares(table: Benefits, standing: Standing, in_scope: int, deductible: int, year: Year) -> tuple[FundShare, ...]:
    scheme = standing.scheme
    base = in_scope - deductible
    wanted = _banded(scheme, year.get(BAND, 0), base)
    pool = _share(
        scheme.pool, wanted, base, scheme.limit, year, f"本次抵扣起付标准 {yuan(deductible)} 元，其余分段按比例支付"
    )
    shares, left = [pool], in_scope - pool.paid
    if scheme.beyond and wanted > pool.paid:
        above, beyond = wanted - pool.paid, scheme.beyond
        words = f"超过统筹年度限额的 {yuan(above)} 元支付 {beyond.percent}%"
        shares.append(_share(beyond.fund, _percent(above, beyond.percent), above, beyond.limit, year, words))
        left -= shares[-1].paid
    if scheme.burden and (above := _above(scheme.burden, year.get(BURDEN, 0), left)):
        burden = scheme.burden
        words = f"年度个人负担超过 {yuan(burden.threshold)} 元的部分支付 {burden.percent}%"
        shares.append(_share(burden.fund, _percent(above, burden.percent), above, burden.limit, year, words))
        left -= shares[-1].paid
    for aid in table.aids:
        if (aid.civil_servant and standing.civil_servant) or standing.disability in aid.disability:
            words = f"{aid.title}，个人负担部分支付 {aid.percent}%"
            shares.append(_share(aid.fund, _percent(left, aid.percent), left, aid.limit, year, words))
            left -= shares[-1].paid
    return (shares[0], *(one for one in shares[1:] if one.paid))


def _banded(scheme: Scheme, before: int, base: int) -> int:
    """What the pool would pay of `base`, which comes after `before` in the year."""
    owed, begins, after = 0, 0, before + base
    for band in scheme.bands:
        ends = after if band.up_to is None else band.up_to
        owed += max(0, min(after, ends) - max(before, begins)) * band.percent
        begins = ends
    return _rounded(Decimal(owed) / 100)


def _above(burden: Burden, before: int, left: int) -> int:
    return max(0, before + left - max(burden.threshold, before))


def _share(fund: str, wanted: int, of: int, limit: int, year: Year, words: str) -> FundShare:
    payable = max(0, limit - year.get(fund, 0))
    return FundShare(fund, FUNDS[fund], of, payable, min(wanted, payable), words)


def _percent(amount: int, percent: int) -> int:
    return _rounded(Decimal(amount * percent) / 100)


def _rounded(amount: Decimal | int) -> int:
    return int(Decimal(amount).quantize(Decimal(1), ROUND_HALF_UP))
