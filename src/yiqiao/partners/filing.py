"""Filing a partner and changing what is on file, as the command line and the console's forms ask for it.

What was asked for is held against the standard and the profile, and everything that is wrong is told at once; what the
partner need not choose is chosen here. The functions run inside the caller's transaction.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from yiqiao.crypto.keyring import Keyring
from yiqiao.partners import particulars, store
from yiqiao.partners.particulars import PartnerExists, PartnerFaults, check_all
from yiqiao.partners.partner import ANY_OPERATION, CLOCK_WINDOW_S, PartnerFile, Terminal
from yiqiao.spec.loader import STANDARD


@dataclass(frozen=True)
class Wish:
    """The partner that is asked for. Without an `app_id` one is made up, without a CMC target mark one is assigned."""

    dialect: str
    name: str
    app_id: str = ""
    profile: str = STANDARD
    operations: tuple[str, ...] = (ANY_OPERATION,)
    addresses: tuple[str, ...] = ()
    terminals: tuple[Terminal, ...] = ()
    clock_window_s: int = CLOCK_WINDOW_S


@dataclass(frozen=True)
class Revision:
    """What is to be otherwise from now on; None leaves it as it is."""

    profile: str | None = None
    operations: tuple[str, ...] | None = None
    addresses: tuple[str, ...] | None = None
    clock_window_s: int | None = None


def file(connection: Connection, keyring: Keyring, now_ms: int, wish: Wish) -> tuple[str, str]:
    """File a partner; answers its app_id and its secret. Raises PartnerFaults."""
    check(wish)
    app_id = wish.app_id or spare_app_id()
    new = store.NewPartner(
        dialect=wish.dialect,
        app_id=app_id,
        name=wish.name,
        profile=wish.profile,
        operations=wish.operations,
        addresses=wish.addresses,
        terminals=wish.terminals or _assigned(wish.dialect),
        clock_window_s=wish.clock_window_s,
    )
    try:
        return app_id, store.add(connection, keyring, now_ms, new)
    except PartnerExists as fault:
        raise PartnerFaults([fault]) from None


def revise(connection: Connection, now_ms: int, dialect: str, app_id: str, revision: Revision) -> Mapping[str, object]:
    """Change what is on file; answers what is otherwise now, by its name. Raises UnknownPartner, PartnerFaults."""
    before = store.show(connection, dialect, app_id)
    profile, operations = revision.profile, revision.operations
    checks: list[Callable[[], object]] = []
    if profile is not None:
        checks.append(lambda: particulars.check_profile(dialect, profile))
    if profile is not None or operations is not None:  # a profile may lack what was permitted under the one before it
        spoken, permitted = profile or before.profile, before.operations if operations is None else operations
        checks.append(lambda: particulars.check_operations(dialect, spoken, permitted))
    checks.append(lambda: particulars.networks(revision.addresses or ()))
    if revision.clock_window_s is not None:
        window = revision.clock_window_s
        checks.append(lambda: particulars.check_clock_window(window))
    check_all(*checks)
    _write(connection, now_ms, dialect, app_id, revision)
    return _otherwise(before, store.show(connection, dialect, app_id))


def check(wish: Wish) -> None:
    """Whether the wish can be granted, but for an app_id that is taken. Raises PartnerFaults."""
    check_all(lambda: particulars.check_dialect(wish.dialect))
    checks: list[Callable[[], object]] = [
        lambda: particulars.check_name(wish.name),
        lambda: particulars.check_profile(wish.dialect, wish.profile),
        lambda: particulars.check_operations(wish.dialect, wish.profile, wish.operations),
        lambda: particulars.check_terminals(wish.dialect, wish.terminals),
        lambda: particulars.networks(wish.addresses),
        lambda: particulars.check_clock_window(wish.clock_window_s),
    ]
    if wish.app_id:
        checks.insert(0, lambda: particulars.check_app_id(wish.dialect, wish.app_id))
    check_all(*checks)


def spare_app_id() -> str:
    """An app_id that nobody has, short enough for every wire."""
    return f"yq-{secrets.token_hex(6)}"


def _write(connection: Connection, now_ms: int, dialect: str, app_id: str, revision: Revision) -> None:
    if revision.profile is not None:
        store.set_profile(connection, now_ms, dialect, app_id, revision.profile)
    if revision.operations is not None:
        store.grant(connection, now_ms, dialect, app_id, revision.operations)
    if revision.addresses is not None:
        store.list_addresses(connection, now_ms, dialect, app_id, revision.addresses)
    if revision.clock_window_s is not None:
        store.set_clock_window(connection, now_ms, dialect, app_id, revision.clock_window_s)


def _assigned(dialect: str) -> tuple[Terminal, ...]:
    """The terminals of a partner that brings none along: in the CMC dialect its target mark."""
    return (Terminal(f"jgt-{secrets.token_hex(4)}", "目标标识"),) if dialect == "cmc" else ()


def _otherwise(before: PartnerFile, after: PartnerFile) -> Mapping[str, object]:
    names = ("profile", "operations", "addresses", "clock_window_s")
    return {name: getattr(after, name) for name in names if getattr(after, name) != getattr(before, name)}
