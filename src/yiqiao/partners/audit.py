"""What operators saw and did, in the transaction in which they did it."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, insert, select

from yiqiao.storage.tables.operators import operator_audit

NOBODY = "-"


@dataclass(frozen=True)
class Act:
    """One line of the audit; `at` epoch ms."""

    id: int
    at: int
    operator: str
    act: str
    target: str
    detail: Mapping[str, object]


def audit(
    connection: Connection,
    now_ms: int,
    operator: str,
    act: str,
    target: str = "",
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write down an act (`partner.rotate_key`) on a target (`ehealth_card/demo`). No secrets, no personal data."""
    line = {"at": now_ms, "operator": operator, "act": act, "target": target}
    connection.execute(insert(operator_audit).values(**line, detail=orjson.dumps(dict(detail or {})).decode()))


def acts(
    connection: Connection, *, operator: str | None = None, before_id: int | None = None, limit: int = 100
) -> tuple[Act, ...]:
    """The newest acts first: of one operator or of all; the page after the one that ended with `before_id`."""
    query = select(operator_audit).order_by(operator_audit.c.id.desc()).limit(limit)
    if operator is not None:
        query = query.where(operator_audit.c.operator == operator)
    if before_id is not None:
        query = query.where(operator_audit.c.id < before_id)
    return tuple(
        Act(row.id, row.at, row.operator, row.act, row.target, orjson.loads(row.detail))
        for row in connection.execute(query)
    )
