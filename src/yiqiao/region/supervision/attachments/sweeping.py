"""Uploads that broke off and that nobody has gone on with: thrown away after a while."""

import asyncio
import secrets

from sqlalchemy import Connection

from yiqiao.ports.attachment_store import AttachmentDamaged, AttachmentStore, Stored
from yiqiao.region.supervision.attachments.receiving import Means
from yiqiao.storage import attachment_uploads as uploads
from yiqiao.storage import attachments as statements
from yiqiao.storage.attachment_uploads import UploadRow

AT_ONCE = 100


async def sweep(means: Means, before_ms: int) -> int:
    """Throw away the uploads that nobody has gone on with since; answers how many."""
    gone = 0
    while rows := await means.database.read(lambda c: uploads.untouched_since(c, before_ms, AT_ONCE)):
        for row in rows:
            await throw_away(means, row)
        gone += len(rows)
    return gone


async def throw_away(means: Means, row: UploadRow) -> bool:
    """Throw away an upload as it stands, with all that came of it; answers whether it still stood so.

    One that was named already and never filed (the hub died between the two) loses its name too; one that was filed
    keeps its content.
    """
    database, store, mine = means.database, means.store, row._replace(holder=secrets.token_hex(8))
    if not await database.write(lambda c: uploads.take(c, row, mine.holder)):
        return False
    named = await asyncio.to_thread(_named, store, row)
    if named is None or named.place not in ("", row.place):
        await asyncio.to_thread(store.forget, row.place)
    else:
        await database.write(lambda c: _remove_unfiled(means, c, named))
    return await database.write(lambda c: uploads.end(c, mine))


def _named(store: AttachmentStore, row: UploadRow) -> Stored | None:
    """What stands under the name of an upload. One that does not open any more is taken for this upload's own: were it
    to stop the sweep, it would stop it every night."""
    if row.digest is None:
        return None
    try:
        return store.find(row.app_id, row.digest)
    except AttachmentDamaged:
        return Stored(row.app_id, row.digest, row.kept, row.place)


def _remove_unfiled(means: Means, connection: Connection, named: Stored) -> None:
    """Remove a content that no attachment has.

    The store is called within the transaction, which is done nowhere else: the same content may come again and be filed
    at this very moment. Whoever files it has to wait until it is gone, and then finds that it is.
    """
    statements.alone(connection, named.owner)
    if not statements.is_filed(connection, named.owner, named.digest):
        means.database.aside(lambda: means.store.remove(named))
