"""The statements on settlements, their course, the charges that they hold, and findings. All run in the caller's
transaction.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, or_, select, update

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.insurance import ins_charge, ins_event, ins_finding, ins_settlement


class SettlementRow(NamedTuple):
    """A settlement as stored, its columns in order. Amounts are 分."""

    merchant_id: str
    number: str
    institution: str
    app_id: str
    token: str
    person: str
    fingerprint: bytes
    insured: int
    cashier: int
    visit_id: str
    registered: int
    settlement_id: str
    total: int
    funds: int
    account: int
    cash: int
    trace_no: str
    callsn: str
    state: str
    ending: str
    uncertain: int
    told: int
    reason: str
    tries: int
    next_at: int
    settled_at: int | None
    confirmed_at: int | None
    ended_at: int | None
    key_id: str
    sealed: bytes
    version: int
    created_at: int
    changed_at: int

    def __repr__(self) -> str:
        return f"SettlementRow({self.number}, {self.state}, version={self.version})"


class EventRow(NamedTuple):
    """A step in the course of a settlement; `version` is its own after it."""

    merchant_id: str
    number: str
    version: int
    at: int
    before: str
    after: str
    actor: str
    tries: int
    told: str


class FindingRow(NamedTuple):
    """Something that stands on one side only, or otherwise there than here."""

    merchant_id: str
    subject: str
    kind: str
    number: str
    here: str
    there: str
    amount: int
    remedy: str
    since: int
    seen_at: int
    gone_at: int | None


_SETTLEMENT: tuple[ColumnElement[Any], ...] = tuple(ins_settlement.c[name] for name in SettlementRow._fields)
_EVENT: tuple[ColumnElement[Any], ...] = tuple(ins_event.c[name] for name in EventRow._fields)
_FINDING: tuple[ColumnElement[Any], ...] = tuple(ins_finding.c[name] for name in FindingRow._fields)
_S = ins_settlement.c


def _one(connection: Connection, query: Select[Any]) -> SettlementRow | None:
    row = connection.execute(query.limit(1)).first()
    return None if row is None else SettlementRow._make(row)


def add(connection: Connection, row: SettlementRow, charge_nos: Sequence[str]) -> bool:
    """File a settlement that holds these charges; False, and nothing of it, where another one holds one of them."""
    insert_many(connection, ins_settlement, SettlementRow._fields, [row])
    claims = [(row.merchant_id, one, row.number) for one in sorted(charge_nos)]
    columns = ("merchant_id", "charge_no", "number")
    held = insert_many(
        connection, ins_charge, columns, claims, skip_conflicts=True, returning=("merchant_id", "charge_no")
    )
    if len(held) == len(claims):
        return True
    let_go(connection, row.merchant_id, row.number)
    mine = and_(_S.merchant_id == row.merchant_id, _S.number == row.number)
    connection.execute(delete(ins_settlement).where(mine))
    return False


def let_go(connection: Connection, merchant_id: str, number: str) -> None:
    """The charges of a settlement that came to nothing may be settled by another."""
    c = ins_charge.c
    connection.execute(delete(ins_charge).where(c.merchant_id == merchant_id, c.number == number))


def holds(connection: Connection, merchant_id: str, number: str) -> bool:
    """Whether a settlement holds charges: one that came to nothing does not, and another may have settled them."""
    c = ins_charge.c
    found = select(c.charge_no).where(c.merchant_id == merchant_id, c.number == number).limit(1)
    return connection.execute(found).first() is not None


def holder(connection: Connection, merchant_id: str, charge_nos: Sequence[str]) -> SettlementRow | None:
    """The settlement that holds one of these charges."""
    c = ins_charge.c
    query = (
        select(*_SETTLEMENT)
        .join(ins_charge, and_(c.merchant_id == _S.merchant_id, c.number == _S.number))
        .where(c.merchant_id == merchant_id, c.charge_no.in_(charge_nos))
        .order_by(_S.created_at)
    )
    return _one(connection, query)


def change(connection: Connection, row: SettlementRow, before: SettlementRow) -> bool:
    """Put a settlement in the place of another version of it; False where that is not the one on file any more."""
    values = {name: new for name, old, new in zip(before._fields, before, row, strict=True) if old != new}
    mine = update(ins_settlement).where(
        _S.merchant_id == row.merchant_id, _S.number == row.number, _S.version == before.version
    )
    return connection.execute(mine.values(values)).rowcount == 1


def held(connection: Connection, row: SettlementRow) -> bool:
    """Whether a settlement is still as it was read; if so, until the transaction ends."""
    query = select(_S.version).where(_S.merchant_id == row.merchant_id, _S.number == row.number).with_for_update()
    return connection.execute(query).scalar() == row.version


def tell(connection: Connection, event: EventRow) -> None:
    """Write down a step of a course."""
    insert_many(connection, ins_event, EventRow._fields, [event])


def settlement(
    connection: Connection, merchant_id: str, number: str, *, for_update: bool = False
) -> SettlementRow | None:
    """One settlement; held until the transaction ends where it is to be changed."""
    query = select(*_SETTLEMENT).where(_S.merchant_id == merchant_id, _S.number == number)
    return _one(connection, query.with_for_update() if for_update else query)


def by_number(connection: Connection, number: str) -> SettlementRow | None:
    """One settlement by our number alone."""
    return _one(connection, select(*_SETTLEMENT).where(_S.number == number))


def by_token(connection: Connection, token: str) -> SettlementRow | None:
    """One settlement by its page's token."""
    return _one(connection, select(*_SETTLEMENT).where(_S.token == token))


def by_settlement_id(
    connection: Connection, institution: str, settlement_id: str, *, for_update: bool = False
) -> SettlementRow | None:
    """The settlement of an institution that the centre (or, where it was not asked, we) gave this number."""
    query = select(*_SETTLEMENT).where(_S.institution == institution).order_by(_S.created_at.desc())
    query = query.with_for_update() if for_update else query
    ours = and_(_S.insured == 0, _S.number == settlement_id)
    return _one(connection, query.where(_S.settlement_id == settlement_id)) or _one(connection, query.where(ours))


def of_person(connection: Connection, person: str, limit: int = 20) -> list[SettlementRow]:
    """Somebody's settlements, the newest first."""
    query = select(*_SETTLEMENT).where(_S.person == person).order_by(_S.created_at.desc(), _S.number.desc())
    return [SettlementRow._make(row) for row in connection.execute(query.limit(limit))]


def newest(
    connection: Connection, limit: int, *, states: Sequence[str] = (), merchant_id: str | None = None
) -> list[SettlementRow]:
    """The settlements that began last, where wanted of these states or this merchant alone."""
    query = select(*_SETTLEMENT).order_by(_S.created_at.desc(), _S.number.desc()).limit(limit)
    if states:
        query = query.where(_S.state.in_(states))
    if merchant_id is not None:
        query = query.where(_S.merchant_id == merchant_id)
    return [SettlementRow._make(row) for row in connection.execute(query)]


def going(connection: Connection, final: Sequence[str], before: int, limit: int) -> list[SettlementRow]:
    """Settlements that have not come to an end and began before a moment (epoch ms), the oldest first."""
    query = select(*_SETTLEMENT).where(_S.state.not_in(final), _S.created_at < before).order_by(_S.created_at)
    return [SettlementRow._make(row) for row in connection.execute(query.limit(limit))]


def ended_since(
    connection: Connection, since: int, limit: int, after: tuple[int, str] = (0, "")
) -> list[SettlementRow]:
    """Settlements that changed at a moment (epoch ms) or after it, page by page."""
    place = or_(_S.changed_at > after[0], and_(_S.changed_at == after[0], _S.number > after[1]))
    query = select(*_SETTLEMENT).where(_S.changed_at >= since, place).order_by(_S.changed_at, _S.number)
    return [SettlementRow._make(row) for row in connection.execute(query.limit(limit))]


def settled_between(connection: Connection, institution: str, since: int, until: int) -> list[SettlementRow]:
    """The insured settlements of an institution that the centre settled, or that ended, in this time (epoch ms)."""
    settled = and_(_S.settled_at >= since, _S.settled_at < until)
    ended = and_(_S.ended_at >= since, _S.ended_at < until)
    query = select(*_SETTLEMENT).where(_S.institution == institution, _S.insured == 1, or_(settled, ended))
    return [SettlementRow._make(row) for row in connection.execute(query.order_by(_S.created_at))]


def institutions(connection: Connection) -> dict[str, tuple[str, ...]]:
    """The institutions for which anything was ever settled with the centre, each with the merchants that collected."""
    query = select(_S.institution, _S.merchant_id).where(_S.insured == 1).distinct()
    found: dict[str, tuple[str, ...]] = {}
    for institution, merchant_id in sorted((row[0], row[1]) for row in connection.execute(query)):
        found[institution] = (*found.get(institution, ()), merchant_id)
    return found


def course(connection: Connection, merchant_id: str, number: str) -> list[EventRow]:
    """All that happened to a settlement, in order."""
    e = ins_event.c
    query = select(*_EVENT).where(e.merchant_id == merchant_id, e.number == number).order_by(e.version)
    return [EventRow._make(row) for row in connection.execute(query)]


def find(connection: Connection, found: Sequence[FindingRow]) -> None:
    """Note findings: a new one, or that an open one is still so; one that had gone begins anew."""
    f = ins_finding.c
    for one in found:
        mine = and_(f.merchant_id == one.merchant_id, f.subject == one.subject, f.kind == one.kind)
        known = connection.execute(select(*_FINDING).where(mine).with_for_update()).first()
        if known is None:
            insert_many(connection, ins_finding, FindingRow._fields, [one], skip_conflicts=True)
            continue
        before = FindingRow._make(known)
        since = before.since if before.gone_at is None else one.since
        connection.execute(update(ins_finding).where(mine).values(one._replace(since=since)._asdict()))


def gone(connection: Connection, rows: Sequence[FindingRow], now: int) -> None:
    """These findings are so no more."""
    f = ins_finding.c
    for one in rows:
        mine = and_(f.merchant_id == one.merchant_id, f.subject == one.subject, f.kind == one.kind)
        connection.execute(update(ins_finding).where(mine, f.gone_at.is_(None)).values(gone_at=now))


def findings(connection: Connection, *, open_only: bool = True, limit: int = 1000) -> list[FindingRow]:
    """What was found, the oldest first."""
    query = select(*_FINDING).order_by(ins_finding.c.since).limit(limit)
    if open_only:
        query = query.where(ins_finding.c.gone_at.is_(None))
    return [FindingRow._make(row) for row in connection.execute(query)]
