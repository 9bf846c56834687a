"""Attachments that came whole, as hexadecimal text in a message: looked at and kept in one go. All of it waits for the
store, so it belongs on a thread.
"""

import binascii
import io
import secrets

from yiqiao.crypto import sm3
from yiqiao.errors import DomainError
from yiqiao.ports.attachment_store import CHUNK, AttachmentDamaged, AttachmentStore, Stored
from yiqiao.region.supervision.attachments.looks import Look
from yiqiao.region.supervision.attachments.receiving import Limits
from yiqiao.region.supervision.attachments.refusals import AttachmentHexUnfit, AttachmentTooLarge


def unhex(text: str) -> bytes:
    """The bytes that hexadecimal text in small or capital letters stands for. Raises AttachmentHexUnfit."""
    try:
        return binascii.unhexlify(text)
    except ValueError as error:
        raise AttachmentHexUnfit("附件内容（content）应为偶数位的十六进制文本，大小写均可，不含空格") from error


def judge(limits: Limits, file_type: str, content: bytes) -> None:
    """Look at a file. Raises AttachmentNotWhatItSays, AttachmentBomb, AttachmentTooLarge."""
    if limits.size and len(content) > limits.size:
        raise AttachmentTooLarge(limits.size)
    look = Look(limits.archives)
    look.sees(content)
    look.says(file_type)
    look.whole(io.BytesIO(content), len(content))


def keep(store: AttachmentStore, app_id: str, content: bytes) -> Stored:
    """Keep a file that was judged. Raises AttachmentStoreFull, AttachmentStoreFailed."""
    digest = sm3(content).hex()
    if len(content) < CHUNK:
        return store.keep(app_id, digest, content)
    return found(store, app_id, digest) or _in_chunks(store, Stored(app_id, digest, len(content), _place()), content)


def found(store: AttachmentStore, app_id: str, digest: str) -> Stored | None:
    """The file that is kept already; one whose name cannot be opened any more is kept anew."""
    try:
        return store.find(app_id, digest)
    except AttachmentDamaged:
        return None


def _place() -> str:
    return secrets.token_hex(16)


def _in_chunks(store: AttachmentStore, new: Stored, content: bytes) -> Stored:
    try:
        for number in range(new.chunks):
            piece = content[number * CHUNK : (number + 1) * CHUNK]
            store.append(new.place, number, piece, last=number == new.chunks - 1)
        sealed = store.seal(new)
    except DomainError:
        store.forget(new.place)
        raise
    if sealed.place != new.place:
        store.forget(new.place)
    return sealed
