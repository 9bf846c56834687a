"""The acts of the centre on its rows: each a piece of a transaction in which the person's account is held."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from yiqiao.clock import beijing
from yiqiao.crypto import sm3
from yiqiao.hospital.billing.lines import Unfit, is_rounded, ten_thousandths
from yiqiao.ports.insurance_settlement import CentreRefused, FeeLine, Settlement, Visitor
from yiqiao.sandbox.insurance import Cover, covers_by_number
from yiqiao.sandbox.settlement import persons, years
from yiqiao.sandbox.settlement.answers import (
    amounts,
    fee_line,
    same_money,
    settlement,
    share_rows,
    told,
)
from yiqiao.sandbox.settlement.benefits import Benefits
from yiqiao.sandbox.settlement.reckoning import Reckoned, different, reckon, used
from yiqiao.storage.sandbox_reading import INSURED, InsuredRow
from yiqiao.storage.sandbox_settlement import (
    LINES,
    MESSAGES,
    SETTLEMENTS,
    SHARES,
    VISITS,
    LineRow,
    MessageRow,
    SettlementRow,
    ShareRow,
    VisitRow,
)
from yiqiao.storage.shelves import Book

REGISTER, WITHDRAW, UPLOAD, SETTLE, CANCEL = "register", "withdraw", "upload", "settle", "cancel"
REGISTERED, WITHDRAWN, SETTLED = "registered", "withdrawn", "settled"
LONGEST_NUMBER = 30
_LEVELS = ("01", "02", "03")
_MOST_DIGITS = 10**15
_REVERSED = (
    "total",
    "own_pay",
    "over_limit",
    "pre_pay",
    "in_scope",
    "deductible",
    "funds",
    "account",
    "cash",
)
Made = tuple[str, str]
"""The visit and the settlement that an act is about; the latter empty where there is none."""


@dataclass(frozen=True)
class Filing:
    """The centre's acts during one transaction, at one moment (epoch ms)."""

    book: Book
    table: Benefits
    now: int

    def once(
        self, what: str, number: str, who: Visitor, content: Sequence[object], act: Callable[[Cover], Made]
    ) -> MessageRow:
        """Carry out a message, or tell what came of it the first time. Raises CentreRefused where the number was used
        for something else, and what the act raises.
        """
        if not 0 < len(number) <= LONGEST_NUMBER:
            raise CentreRefused("报文编号应为 1 至 30 个字符")
        cover = persons.stated(self.table, who)
        persons.held(self.book, cover)
        fingerprint = sm3(repr((what, who.psn_no, *content)).encode())
        known = self.book.get(MESSAGES, who.institution, number)
        if known is None:
            row = MessageRow(who.institution, number, what, fingerprint, *act(cover), self.now)
            known = self.book.add(MESSAGES, row)
        if bytes(known.fingerprint) != fingerprint:
            raise CentreRefused("该报文编号已用于另一笔业务")
        return known

    def register(self, number: str, who: Visitor, department: str, doctor: str) -> MessageRow:
        """File a visit."""

        def act(cover: Cover) -> Made:
            persons.paying(persons.account(self.book, cover))
            persons.standing(self.table, cover)
            visit_id = _number(f"visit|{who.institution}|{number}")
            row = VisitRow(visit_id, who.institution, who.psn_no, who.kind, department, doctor, REGISTERED, 0, self.now)
            self.book.add(VISITS, row)
            return visit_id, ""

        return self.once(REGISTER, number, who, (department, doctor), act)

    def withdraw(self, number: str, who: Visitor, visit_id: str) -> MessageRow:
        """Take a visit back."""

        def act(_: Cover) -> Made:
            self.book.put(VISITS, self._open_visit(who, visit_id)._replace(state=WITHDRAWN))
            return visit_id, ""

        return self.once(WITHDRAW, number, who, (visit_id,), act)

    def upload(self, number: str, who: Visitor, visit_id: str, lines: Sequence[FeeLine]) -> MessageRow:
        """File a visit's bill, in the place of the one before."""

        rows = _line_rows(visit_id, lines)

        def act(_: Cover) -> Made:
            visit = self._open_visit(who, visit_id)
            uploads = visit.uploads + 1
            self.book.put(VISITS, visit._replace(uploads=uploads))
            for row in rows:
                self.book.add(LINES, row._replace(upload=uploads))
            return visit_id, ""

        return self.once(UPLOAD, number, who, rows, act)

    def presettle(self, who: Visitor, visit_id: str, *, use_account: bool, off: bool) -> Settlement:
        """What a visit would come to; `off`: it says a wrong amount."""
        cover = persons.stated(self.table, who)
        visit, account = self._open_visit(who, visit_id), persons.account(self.book, cover)
        reckoned = self._reckoned(cover, visit, account, use_account=use_account)
        reckoned = different(reckoned) if off else reckoned
        return told(self._row("", "", who, visit, account, reckoned), reckoned.shares)

    def settle(
        self,
        number: str,
        who: Visitor,
        visit_id: str,
        *,
        use_account: bool,
        expected: Settlement,
        off: bool,
        behind: bool,
    ) -> Settlement:
        """Settle a visit; `off`: for a wrong amount, `behind`: and take it back at once, which nobody is told."""

        def act(cover: Cover) -> Made:
            visit, account = self._open_visit(who, visit_id), persons.account(self.book, cover)
            reckoned = self._reckoned(cover, visit, account, use_account=use_account)
            reckoned = different(reckoned) if off else reckoned
            row = self._row(_number(f"settle|{who.institution}|{number}"), number, who, visit, account, reckoned)
            if not off and not same_money(told(row, reckoned.shares), expected):
                raise CentreRefused("结算结果与预结算不一致，请重新预结算")
            self._file(row, share_rows(row.settlement_id, reckoned.shares), visit, SETTLED, reckoned.used, 1)
            if behind:
                self.take_back(row, "")
            return visit_id, row.settlement_id

        done = self.once(SETTLE, number, who, (visit_id, use_account), act)
        return self._told(done.settlement_id)

    def cancel(self, number: str, who: Visitor, visit_id: str, settlement_id: str) -> Settlement:
        """Take a settlement back."""

        def act(_: Cover) -> Made:
            row = self.book.get(SETTLEMENTS, settlement_id)
            if row is None or row.what != SETTLE or (row.institution, row.psn_no) != (who.institution, who.psn_no):
                raise CentreRefused("没有这笔结算，请核对结算编号")
            if row.visit_id != visit_id:
                raise CentreRefused("结算编号与就诊编号不一致")
            if row.reversed_by:
                raise CentreRefused("这笔结算已经撤销")
            if self.table.newest_first and self._later(row):
                raise CentreRefused("该患者本年度还有之后的结算，请先撤销之后的结算")
            return visit_id, self.take_back(row, number).settlement_id

        done = self.once(CANCEL, number, who, (visit_id, settlement_id), act)
        return self._told(done.settlement_id)

    def take_back(self, row: SettlementRow, number: str) -> SettlementRow:
        """Reverse a settlement that is in place; without a number the centre does it by itself."""
        visit = self.book.get(VISITS, row.visit_id)
        if visit is None:
            raise RuntimeError("a settlement without a visit")
        shares = self.book.where(SHARES, "settlement_id", row.settlement_id)
        taken = {name: -getattr(row, name) for name in _REVERSED}
        back = row._replace(
            settlement_id=_number(f"cancel|{row.settlement_id}"),
            what=CANCEL,
            number=number,
            place=self._next_place(row.psn_no),
            day=_day(self.now),
            at=self.now,
            settles=row.settlement_id,
            balance=persons.account(self.book, covers_by_number()[row.psn_no]).balance + row.account,
            **taken,
        )
        self.book.put(SETTLEMENTS, row._replace(reversed_by=back.settlement_id))
        given = [
            one._replace(settlement_id=back.settlement_id, in_scope=-one.in_scope, paid=-one.paid) for one in shares
        ]
        paid = {one.fund: one.paid for one in shares}
        self._file(back, given, visit, REGISTERED, used(row.in_scope, row.deductible, paid), -1)
        return back

    def _file(
        self,
        row: SettlementRow,
        shares: Sequence[ShareRow],
        visit: VisitRow,
        state: str,
        used: Mapping[str, int],
        sign: int,
    ) -> None:
        """File it with everything that follows: the visit's state, the account, the year."""
        self.book.add(SETTLEMENTS, row)
        for share in shares:
            self.book.add(SHARES, share)
        self.book.put(VISITS, visit._replace(state=state))
        if row.account:
            cover = covers_by_number()[row.psn_no]
            holder = persons.held(self.book, cover)
            self.book.put(INSURED, holder._replace(balance=row.balance, changed_at=self.now))
        years.change(self.book, row.psn_no, row.kind, row.year, used, sign)

    def _reckoned(self, cover: Cover, visit: VisitRow, account: InsuredRow, *, use_account: bool) -> Reckoned:
        persons.paying(account)
        rows = [one for one in self.book.where(LINES, "visit_id", visit.visit_id) if one.upload == visit.uploads]
        if not rows:
            raise CentreRefused("该次就诊没有上传费用明细")
        lines = [fee_line(one) for one in sorted(rows, key=lambda one: one.place)]
        year = years.used(self.book, cover.psn_no, visit.kind, _day(self.now)[:4])
        standing = persons.standing(self.table, cover)
        return reckon(self.table, standing, lines, year, balance=account.balance, use_account=use_account)

    def _row(
        self, settlement_id: str, number: str, who: Visitor, visit: VisitRow, account: InsuredRow, reckoned: Reckoned
    ) -> SettlementRow:
        day = _day(self.now)
        return SettlementRow(
            settlement_id=settlement_id,
            what=SETTLE,
            number=number,
            institution=who.institution,
            visit_id=visit.visit_id,
            psn_no=who.psn_no,
            kind=visit.kind,
            office=who.visit_area,
            insured_area=who.insured_area,
            year=day[:4],
            place=self._next_place(who.psn_no),
            day=day,
            at=self.now,
            balance=account.balance - reckoned.account,
            settles="",
            reversed_by="",
            **amounts(reckoned),
        )

    def _open_visit(self, who: Visitor, visit_id: str) -> VisitRow:
        row = self.book.get(VISITS, visit_id)
        if row is None or (row.institution, row.psn_no) != (who.institution, who.psn_no):
            raise CentreRefused("没有这次就诊登记，请核对就诊编号")
        if row.state != REGISTERED:
            raise CentreRefused("该次就诊已结算" if row.state == SETTLED else "该次就诊登记已撤销")
        return row

    def _later(self, row: SettlementRow) -> bool:
        """Whether the person has a later settlement of the same insurance and year in place."""
        return any(
            one.what == SETTLE and not one.reversed_by and one.place > row.place
            for one in self.book.where(SETTLEMENTS, "psn_no", row.psn_no)
            if (one.kind, one.year) == (row.kind, row.year)
        )

    def _next_place(self, psn_no: str) -> int:
        return len(self.book.where(SETTLEMENTS, "psn_no", psn_no)) + 1

    def _told(self, settlement_id: str) -> Settlement:
        row = self.book.get(SETTLEMENTS, settlement_id)
        if row is None:
            raise RuntimeError("a message without its settlement")
        return settlement(self.book, row)


def _number(of: str) -> str:
    """A number of the centre's own, the same for the same act."""
    return f"98{int.from_bytes(sm3(of.encode())[:8], 'big') % _MOST_DIGITS:015}"


def _day(now: int) -> str:
    return beijing(now).date().isoformat()


def _line_rows(visit_id: str, lines: Sequence[FeeLine]) -> list[LineRow]:
    """A bill as it is filed, without its turn. Raises CentreRefused for one that cannot be taken."""
    if not lines:
        raise CentreRefused("费用明细为空")
    if len({line.line_no for line in lines}) < len(lines):
        raise CentreRefused("费用明细流水号重复")
    return [_line_row(visit_id, place, line) for place, line in enumerate(lines)]


def _line_row(visit_id: str, place: int, line: FeeLine) -> LineRow:
    if line.level not in _LEVELS:
        raise CentreRefused(f"费用明细 {line.line_no}：目录等级应为 01、02 或 03")
    if line.amount <= 0 or not is_rounded(line.amount, line.price, line.quantity):
        raise CentreRefused(f"费用明细 {line.line_no}：金额与单价、数量不符")
    try:
        price, quantity = ten_thousandths(line.price), ten_thousandths(line.quantity)
    except Unfit:
        raise CentreRefused(f"费用明细 {line.line_no}：单价、数量最多四位小数") from None
    named = (line.charge_no, line.code, line.name, line.level)
    return LineRow(visit_id, 0, line.line_no, place, *named, price, quantity, line.amount)
