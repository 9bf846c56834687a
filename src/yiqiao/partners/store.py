"""The partners on file: reading them, and every change to them. All functions run inside the caller's transaction.

Each change first counts `partner_version` up: that row tells other processes to look again, and, being locked until the
transaction ends, makes changes to partners wait for each other.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import orjson
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, text, update

from yiqiao.crypto.keyring import Keyring
from yiqiao.partners.admission import UnknownPartner
from yiqiao.partners.particulars import (
    DialectUnknown,
    OverlapUnfit,
    PartnerExists,
    check_app_id,
    check_clock_window,
    check_name,
    check_terminal,
    networks,
)
from yiqiao.partners.partner import ANY_OPERATION, CLOCK_WINDOW_S, PartnerFile, PartnerKey, State, Terminal
from yiqiao.partners.secret_kinds import KINDS, kind_of
from yiqiao.storage.tables.partners import partner, partner_key, partner_terminal, partner_version

_KEY = tuple(PartnerKey.__dataclass_fields__)
_COUNT_UP = text(
    "INSERT INTO partner_version (id, version) VALUES (1, 1) "
    "ON CONFLICT (id) DO UPDATE SET version = partner_version.version + 1"
)


LONGEST_OVERLAP_S = 366 * 86_400


@dataclass(frozen=True)
class NewPartner:
    """A partner to be filed. `addresses` are IP addresses or networks in CIDR form; none means any."""

    dialect: str
    app_id: str
    name: str
    profile: str = "standard"
    operations: tuple[str, ...] = (ANY_OPERATION,)
    addresses: tuple[str, ...] = ()
    terminals: tuple[Terminal, ...] = ()
    clock_window_s: int = CLOCK_WINDOW_S
    settings: Mapping[str, object] = field(default_factory=dict)


# reading


def version(connection: Connection) -> int:
    """How many changes there have been; 0 on an empty database."""
    return connection.scalar(select(partner_version.c.version)) or 0


def list_partners(connection: Connection, dialect: str | None = None) -> tuple[PartnerFile, ...]:
    """All partners (of one dialect, or of all), in the order of their names."""
    return _files(connection, {} if dialect is None else {"dialect": dialect})


def show(connection: Connection, dialect: str, app_id: str) -> PartnerFile:
    """One partner. Raises UnknownPartner."""
    found = _files(connection, {"dialect": dialect, "app_id": app_id})
    if not found:
        raise UnknownPartner
    return found[0]


def _files(connection: Connection, which: Mapping[str, str]) -> tuple[PartnerFile, ...]:
    # Partners first: whoever is seen here was filed together with the keys that are read below.
    partners = connection.execute(select(partner).filter_by(**which).order_by(partner.c.dialect, partner.c.app_id))
    rows = partners.all()
    terminals: dict[tuple[str, str], list[Terminal]] = defaultdict(list)
    for row in connection.execute(select(partner_terminal).filter_by(**which).order_by(partner_terminal.c.term_id)):
        terminals[row.dialect, row.app_id].append(Terminal(row.term_id, row.name))
    keys: dict[tuple[str, str], list[PartnerKey]] = defaultdict(list)
    for row in connection.execute(select(partner_key).filter_by(**which).order_by(partner_key.c.key_no)):
        keys[row.dialect, row.app_id].append(PartnerKey(**{name: getattr(row, name) for name in _KEY}))
    return tuple(
        PartnerFile(
            dialect=row.dialect,
            app_id=row.app_id,
            name=row.name,
            profile=row.profile,
            state=State(row.state),
            operations=tuple(orjson.loads(row.operations)),
            addresses=tuple(orjson.loads(row.addresses)),
            clock_window_s=row.clock_window_s,
            settings=orjson.loads(row.settings),
            created_at=row.created_at,
            changed_at=row.changed_at,
            terminals=tuple(terminals[row.dialect, row.app_id]),
            keys=tuple(keys[row.dialect, row.app_id]),
        )
        for row in rows
    )


# changing


def add(connection: Connection, keyring: Keyring, now_ms: int, new: NewPartner, secret: str | None = None) -> str:
    """File a partner, with a fresh secret or the one brought along; answers the secret, which is shown this once.

    Raises PartnerUnfit, PartnerExists, SecretUnfit.
    """
    _check(new)
    connection.execute(_COUNT_UP)
    if connection.scalar(select(func.count()).where(*_this(new.dialect, new.app_id))):
        raise PartnerExists(f"应用 {new.app_id} 已存在，请换一个应用编号，或修改已有的登记")
    connection.execute(
        insert(partner).values(
            dialect=new.dialect,
            app_id=new.app_id,
            name=new.name,
            profile=new.profile,
            state=State.ACTIVE.value,
            operations=_json(sorted(set(new.operations))),
            addresses=_json(networks(new.addresses)),
            clock_window_s=new.clock_window_s,
            settings=_json(dict(new.settings)),
            created_at=now_ms,
            changed_at=now_ms,
        )
    )
    for terminal in new.terminals:
        _put_terminal(connection, new.dialect, new.app_id, terminal)
    return _add_key(connection, keyring, now_ms, new.dialect, new.app_id, 1, secret)


def rotate_key(
    connection: Connection,
    keyring: Keyring,
    now_ms: int,
    dialect: str,
    app_id: str,
    overlap_s: int,
    secret: str | None = None,
) -> str:
    """Give a new key; the ones before it are accepted for `overlap_s` seconds more (0: refused from now on).

    Answers the new secret, which is shown this once. Raises UnknownPartner, SecretUnfit, PartnerUnfit.
    """
    if not 0 <= overlap_s <= LONGEST_OVERLAP_S:
        raise OverlapUnfit(f"新旧密钥并用时间应在 0 至 {LONGEST_OVERLAP_S} 秒（一年）之间")
    _touch(connection, now_ms, dialect, app_id)
    end = now_ms + overlap_s * 1000
    mine = (partner_key.c.dialect == dialect, partner_key.c.app_id == app_id)
    connection.execute(
        update(partner_key)
        .where(*mine, partner_key.c.valid_to.is_(None) | (partner_key.c.valid_to > end))
        .values(valid_to=end)
    )
    connection.execute(update(partner_key).where(*mine, partner_key.c.retired_at.is_(None)).values(retired_at=now_ms))
    newest = connection.scalar(select(func.max(partner_key.c.key_no)).where(*mine)) or 0
    return _add_key(connection, keyring, now_ms, dialect, app_id, newest + 1, secret)


def disable(connection: Connection, now_ms: int, dialect: str, app_id: str) -> None:
    """Let nobody in under this app_id until it is enabled again. Raises UnknownPartner."""
    _touch(connection, now_ms, dialect, app_id, state=State.DISABLED.value)


def enable(connection: Connection, now_ms: int, dialect: str, app_id: str) -> None:
    """Let a disabled partner in again. Raises UnknownPartner."""
    _touch(connection, now_ms, dialect, app_id, state=State.ACTIVE.value)


def grant(connection: Connection, now_ms: int, dialect: str, app_id: str, operations: Collection[str]) -> None:
    """Permit exactly these operations (`*`: all), in place of those permitted before. Raises UnknownPartner."""
    _touch(connection, now_ms, dialect, app_id, operations=_json(sorted(set(operations))))


def list_addresses(connection: Connection, now_ms: int, dialect: str, app_id: str, addresses: Collection[str]) -> None:
    """Admit calls from exactly these addresses or networks (none: any). Raises UnknownPartner, PartnerUnfit."""
    _touch(connection, now_ms, dialect, app_id, addresses=_json(networks(addresses)))


def set_profile(connection: Connection, now_ms: int, dialect: str, app_id: str, profile: str) -> None:
    """Speak with this partner by another reading of the standard. Raises UnknownPartner."""
    _touch(connection, now_ms, dialect, app_id, profile=profile)


def set_clock_window(connection: Connection, now_ms: int, dialect: str, app_id: str, seconds: int) -> None:
    """Tolerate this much between the partner's clock and ours. Raises UnknownPartner, PartnerUnfit."""
    check_clock_window(seconds)
    _touch(connection, now_ms, dialect, app_id, clock_window_s=seconds)


def set_settings(
    connection: Connection, now_ms: int, dialect: str, app_id: str, settings: Mapping[str, object]
) -> None:
    """Keep these settings in place of those before. Raises UnknownPartner."""
    _touch(connection, now_ms, dialect, app_id, settings=_json(dict(settings)))


def add_terminal(connection: Connection, now_ms: int, dialect: str, app_id: str, terminal: Terminal) -> None:
    """List a terminal, or rename one that is listed. Raises UnknownPartner, PartnerUnfit."""
    _touch(connection, now_ms, dialect, app_id)
    _put_terminal(connection, dialect, app_id, terminal)


def remove_terminal(connection: Connection, now_ms: int, dialect: str, app_id: str, term_id: str) -> None:
    """Take a terminal off the list; one that is not there is gone already. Raises UnknownPartner."""
    _touch(connection, now_ms, dialect, app_id)
    _drop_terminal(connection, dialect, app_id, term_id)


def key_context(dialect: str, app_id: str, key_no: int) -> bytes:
    """What a secret is sealed to: it opens in its own row only."""
    return f"partner_key|{dialect}|{app_id}|{key_no}".encode()


def _touch(connection: Connection, now_ms: int, dialect: str, app_id: str, **columns: object) -> None:
    connection.execute(_COUNT_UP)
    changed = connection.execute(update(partner).where(*_this(dialect, app_id)).values(changed_at=now_ms, **columns))
    if changed.rowcount == 0:
        raise UnknownPartner


def _this(dialect: str, app_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return partner.c.dialect == dialect, partner.c.app_id == app_id


def _add_key(
    connection: Connection,
    keyring: Keyring,
    now_ms: int,
    dialect: str,
    app_id: str,
    key_no: int,
    secret: str | None,
) -> str:
    kind = kind_of(dialect)
    secret = kind.generate() if secret is None else kind.check(secret)
    key_id, sealed = keyring.seal(secret.encode(), key_context(dialect, app_id, key_no))
    connection.execute(
        insert(partner_key).values(
            dialect=dialect,
            app_id=app_id,
            key_no=key_no,
            key_id=key_id,
            sealed=sealed,
            valid_from=now_ms,
            created_at=now_ms,
        )
    )
    return secret


def _put_terminal(connection: Connection, dialect: str, app_id: str, terminal: Terminal) -> None:
    check_terminal(terminal)
    _drop_terminal(connection, dialect, app_id, terminal.term_id)
    connection.execute(
        insert(partner_terminal).values(dialect=dialect, app_id=app_id, term_id=terminal.term_id, name=terminal.name)
    )


def _drop_terminal(connection: Connection, dialect: str, app_id: str, term_id: str) -> None:
    connection.execute(
        delete(partner_terminal).where(
            partner_terminal.c.dialect == dialect,
            partner_terminal.c.app_id == app_id,
            partner_terminal.c.term_id == term_id,
        )
    )


def _check(new: NewPartner) -> None:
    if new.dialect not in KINDS:
        raise DialectUnknown(f"没有名为 {new.dialect!r} 的接口标准，可选：{'、'.join(sorted(KINDS))}")
    check_app_id(new.dialect, new.app_id)
    check_name(new.name)
    check_clock_window(new.clock_window_s)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
