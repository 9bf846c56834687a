"""What the centre has on file, as the port tells it."""

from collections.abc import Sequence
from decimal import Decimal

from yiqiao.ports.insurance_settlement import FUNDS, CentreEntry, FeeLine, FundShare, Settlement
from yiqiao.sandbox.insurance import covers_by_number
from yiqiao.sandbox.settlement.reckoning import Reckoned
from yiqiao.storage.sandbox_settlement import SHARES, LineRow, SettlementRow, ShareRow
from yiqiao.storage.shelves import Book

DECIMALS = 10_000


def settlement(book: Book, row: SettlementRow) -> Settlement:
    """A settlement on file, or what takes one back."""
    shares = sorted(book.where(SHARES, "settlement_id", row.settlement_id), key=lambda one: one.place)
    return told(row, tuple(_share(one) for one in shares))


def told(row: SettlementRow, shares: tuple[FundShare, ...]) -> Settlement:
    """A settlement with what its funds pay."""
    return Settlement(
        visit_id=row.visit_id,
        settlement_id=row.settlement_id,
        psn_no=row.psn_no,
        settled_at=row.at,
        total=row.total,
        own_pay=row.own_pay,
        over_limit=row.over_limit,
        pre_pay=row.pre_pay,
        in_scope=row.in_scope,
        deductible=row.deductible,
        deductible_standard=row.deductible_standard,
        ratio=Decimal(row.ratio) / DECIMALS,
        shares=shares,
        account=row.account,
        cash=row.cash,
        balance=row.balance,
        office=row.office,
        insured_area=row.insured_area,
        voucher_no=covers_by_number()[row.psn_no].who.id_no,
        relation_id=f"{row.psn_no}{row.kind}",
    )


def same_money(one: Settlement, other: Settlement) -> bool:
    """Whether two reckonings of a bill leave everybody the same to pay."""
    return _money(one) == _money(other)


def entry(row: SettlementRow) -> CentreEntry:
    """A line of a day's statement."""
    amounts = (row.total, row.funds, row.account, row.cash)
    return CentreEntry(row.what, row.number, row.settlement_id, row.visit_id, row.psn_no, *amounts, row.at, row.settles)


def fee_line(row: LineRow) -> FeeLine:
    """A line of a bill."""
    price, quantity = Decimal(row.price) / DECIMALS, Decimal(row.quantity) / DECIMALS
    return FeeLine(row.line_no, row.charge_no, row.code, row.name, row.level, price, quantity, row.amount)


def share_rows(settlement_id: str, shares: Sequence[FundShare]) -> list[ShareRow]:
    """What the funds pay, as it is filed."""
    return [
        ShareRow(settlement_id, one.kind, place, one.in_scope, one.limit, one.paid, one.course)
        for place, one in enumerate(shares)
    ]


def amounts(reckoned: Reckoned) -> dict[str, int]:
    """What a bill comes to, by the columns of a settlement."""
    return {name: getattr(reckoned, name) for name in _AMOUNTS}


_AMOUNTS = (
    "total",
    "own_pay",
    "over_limit",
    "pre_pay",
    "in_scope",
    "deductible",
    "deductible_standard",
    "ratio",
    "funds",
    "account",
    "cash",
)


def _share(row: ShareRow) -> FundShare:
    return FundShare(row.fund, FUNDS[row.fund], row.in_scope, row.fund_limit, row.paid, row.course)


def _money(one: Settlement) -> tuple[object, ...]:
    return one.total, one.account, one.cash, sorted((share.kind, share.paid) for share in one.shares if share.paid)
