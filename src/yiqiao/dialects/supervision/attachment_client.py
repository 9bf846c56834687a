"""Uploading attachments of any size to a supervision platform (2.1.2), ours or anybody's.

    with Uploader("http://127.0.0.1:8600", app_id="IH…", key=…) as uploader:
        uploader.upload(Path("visit.mp4"), Attachment("11", "F20261101-1", "mp4"))

The file is sent as it is read, so memory stays flat. When the connection breaks, a platform that can go on is asked how
much it has, and gets the rest; one that cannot gets the whole file again. Every request has a random string of its own.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import httpx

from yiqiao.clock import Clock, SystemClock
from yiqiao.crypto import RunningSm3
from yiqiao.dialects.supervision.client import (
    ConnectionFailed,
    Receipt,
    Refused,
    Speaker,
    Unanswered,
    answer_of,
    explained,
)
from yiqiao.dialects.supervision.dialect import BIG_ATTACHMENT, NAME, scheme_of, uptime
from yiqiao.dialects.supervision.envelope import open_response, sign_form
from yiqiao.errors import DomainError
from yiqiao.exchange.strict_json import loads
from yiqiao.spec import load

BLOCK = 1 << 18
TRIES = 8
"""Tries without a byte of progress in between, after which it is given up."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
WORTH_ASKING = 1 << 20
"""Bytes below which a file is just sent: our platform keeps no part that is smaller."""
RESUME_ERROR = "ATTACHMENT_RESUME_ERROR"
TIMEOUT = httpx.Timeout(60.0, read=900.0, write=300.0)
"""Seconds. A platform that goes on with a large file reads what it has first; one that has all of it looks into it."""


class FileChanged(DomainError):
    """The file was changed while it was being sent."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"文件 {path} 在上传过程中被改动，请待其写完后重传")


class Attachment(NamedTuple):
    """What an attachment is: its business (attaService), its id, its type (an extension, without a dot)."""

    service: str
    atta_id: str
    file_type: str


class Standing(NamedTuple):
    """How much of a file the platform has. `resumes`: whether it can go on at all."""

    offset: int
    resumes: bool


class _File(NamedTuple):
    """A file, and its SM3 in hex as it was when it was read."""

    path: Path
    size: int
    digest: str


Watch = Callable[[int, int], None]
"""Learns how many bytes of how many have been sent."""


def unwatched(_sent: int, _size: int) -> None:
    """Nobody watches."""


@dataclass
class Uploader:
    """Uploads files; close it, or use it in a `with`. Not for several threads at once.

    Raises SpecError for an unknown profile.
    """

    url: str
    app_id: str = field(kw_only=True)
    key: str = field(kw_only=True, repr=False)
    profile: str = field(default="standard", kw_only=True)
    clock: Clock = field(default_factory=SystemClock, kw_only=True)
    pause: Callable[[float], None] = field(default=time.sleep, kw_only=True)
    """Waits some seconds before another try."""

    def __post_init__(self) -> None:
        url, spec = self.url.rstrip("/"), load(NAME, self.profile)
        self._speaker = Speaker(url, self.app_id, self.key, spec, scheme_of(self.profile), self.clock)
        self._address = url + self._speaker.operation(BIG_ATTACHMENT).path
        self._http = httpx.Client(timeout=TIMEOUT)

    def upload(self, path: Path, attachment: Attachment, watch: Watch = unwatched) -> Receipt:
        """Upload one file, through as many breaks as it takes.

        Raises OSError, FileChanged, Refused, ConnectionFailed, Unanswered: the last two after `TRIES` tries in vain.
        """
        file = _measured(path)
        furthest, tries = -1, 0
        while True:
            standing = Standing(0, resumes=False)
            try:
                standing = self._standing(file)
                return self._send(file, attachment, standing, watch)
            except (ConnectionFailed, Unanswered) as lost:
                failure: DomainError = lost
            except Refused as refused:
                if refused.code != RESUME_ERROR:
                    raise
                failure = refused
            tries = tries + 1 if standing.offset <= furthest else 1
            furthest = max(furthest, standing.offset)
            if tries >= TRIES:
                raise failure
            self.pause(min(FIRST_PAUSE_S * 2 ** (tries - 1), LONGEST_PAUSE_S))

    def _standing(self, file: _File) -> Standing:
        """Ask how much of a file is there. A platform that does not understand the question cannot go on."""
        if file.size < WORTH_ASKING:
            return Standing(0, resumes=False)
        said, _ = self._signed()
        try:
            response = self._http.get(self._address, headers={**said, "upload-digest": file.digest})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise explained(self._address, error) from error
        try:
            answer = open_response(answer_of(self._address, response))
            told = loads(answer.data.encode(), "应答的 data")
        except DomainError:
            return Standing(0, resumes=False)
        offset = told.get("offset") if isinstance(told, dict) else None
        if not isinstance(offset, int) or not 0 <= offset <= file.size:
            return Standing(0, resumes=False)
        return Standing(offset, resumes=True)

    def _send(self, file: _File, attachment: Attachment, standing: Standing, watch: Watch) -> Receipt:
        said, data = self._signed()
        boundary = secrets.token_hex(16)
        head, tail = _around(boundary, attachment, uptime(self.clock.now_ms()), data)
        length = len(head) + file.size - standing.offset + len(tail)
        headers = {
            **said,
            "content-type": f"multipart/form-data; boundary={boundary}",
            "content-length": str(length),
        }
        if standing.resumes:
            headers |= {"upload-digest": file.digest, "upload-offset": str(standing.offset)}
        content = _body(file, standing.offset, head, tail, watch)
        try:
            response = self._http.post(self._address, content=content, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise explained(self._address, error) from error
        return self._speaker.receipt(answer_of(self._address, response))

    def _signed(self) -> tuple[dict[str, str], str]:
        speaker = self._speaker
        return sign_form(BIG_ATTACHMENT, speaker.app_id, secrets.token_hex(16), speaker.key, speaker.scheme)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()


def _measured(path: Path) -> _File:
    state, size = RunningSm3(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            state.update(block)
            size += len(block)
    return _File(path, size, state.digest().hex())


def _around(boundary: str, attachment: Attachment, uptime_text: str, data: str) -> tuple[bytes, bytes]:
    """The form before and behind the file. The file's own name stays here: it may name a patient."""
    fields = {
        "attaService": attachment.service,
        "attaId": attachment.atta_id,
        "fileType": attachment.file_type,
        "uptime": uptime_text,
        "data": data,
    }
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="fileUpload"; filename="attachment"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return "".join(parts).encode(), f"\r\n--{boundary}--\r\n".encode()


def _body(file: _File, offset: int, head: bytes, tail: bytes, watch: Watch) -> Iterator[bytes]:
    yield head
    sent = offset
    with file.path.open("rb") as opened:
        opened.seek(offset)
        while sent < file.size:
            block = opened.read(min(BLOCK, file.size - sent))
            if not block:
                raise FileChanged(file.path)
            sent += len(block)
            yield block
            watch(sent, file.size)
    yield tail
