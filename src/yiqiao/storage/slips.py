"""The statements on one-time links for a partner's secret."""

from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from yiqiao.storage.tables.slips import partner_slip


class SlipRow(NamedTuple):
    """A one-time link as stored."""

    dialect: str
    app_id: str
    token_digest: bytes
    created_at: int
    expires_at: int
    opened_at: int | None = None


_SLIP = [partner_slip.c[name] for name in SlipRow._fields]


def add_slip(connection: Connection, row: SlipRow) -> None:
    """File a link; those that this partner has not opened yet lead nowhere from now on."""
    older = (partner_slip.c.dialect == row.dialect, partner_slip.c.app_id == row.app_id)
    unopened = update(partner_slip).where(*older, partner_slip.c.opened_at.is_(None))
    connection.execute(unopened.values(expires_at=row.created_at))
    connection.execute(insert(partner_slip).values(**row._asdict()))


def find_slip(connection: Connection, digest: bytes) -> SlipRow | None:
    """A link by its token's digest."""
    row = connection.execute(select(*_SLIP).where(partner_slip.c.token_digest == digest)).first()
    return SlipRow._make(row) if row is not None else None


def open_slip(connection: Connection, digest: bytes, now_ms: int) -> SlipRow | None:
    """Use a link up; None where it was used, has expired, or never was. Whoever comes second finds nothing."""
    fresh = (
        partner_slip.c.token_digest == digest,
        partner_slip.c.opened_at.is_(None),
        partner_slip.c.expires_at > now_ms,
    )
    row = connection.execute(update(partner_slip).where(*fresh).values(opened_at=now_ms).returning(*_SLIP)).first()
    return SlipRow._make(row) if row is not None else None
