"""Attachments uploaded through connections that break, by our client and by one that knows nothing of going on."""

import asyncio
import json
import random
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.dialects.supervision.forms import CONTENT_TYPE, PDF, form
from tests.support.command import yiqiao
from tests.support.cutting import cutting
from tests.support.served import served
from yiqiao.app.settings import Settings
from yiqiao.app.store import open_store
from yiqiao.app.supervision import attachments_of
from yiqiao.clock import SystemClock
from yiqiao.crypto import sm3
from yiqiao.dialects.supervision.attachment_client import TRIES, Attachment, FileChanged, Uploader
from yiqiao.dialects.supervision.client import ConnectionFailed, Refused, Unanswered
from yiqiao.dialects.supervision.dialect import NAME, scheme_of, uptime
from yiqiao.dialects.supervision.envelope import open_form, peek, seal_response, sign_form
from yiqiao.dialects.supervision.forms import FILE
from yiqiao.exchange.multipart import FormReader
from yiqiao.partners import store as partners
from yiqiao.ports.attachment_store import CHUNK
from yiqiao.region.supervision.institutions import Institutions
from yiqiao.storage.attachment_uploads import UploadRow
from yiqiao.storage.attachments import AttachmentRow

APP, PROFILE = "IH9855", "reconstructed"
"""Bytes that two sockets hold for each other."""
VISIT = Attachment("11", "visit-1", "pdf")


@dataclass(frozen=True)
class Platform:
    """A platform on a socket, and an internet hospital that it knows."""

    url: str
    settings: Settings
    key: str

    @property
    def port(self) -> int:
        """Where it listens."""
        return urlsplit(self.url).port or 0

    def uploader(self, url: str = "", key: str = "", pause: Callable[[float], None] = lambda _: None) -> Uploader:
        """The hospital's client, which waits for nothing."""
        return Uploader(url or self.url, app_id=APP, key=key or self.key, profile=PROFILE, pause=pause)

    def stored(self, atta_id: str = VISIT.atta_id) -> list[tuple[AttachmentRow, bytes]]:
        """All versions of an attachment."""

        async def read() -> list[tuple[AttachmentRow, bytes]]:
            async with open_store(self.settings) as store:
                kept = attachments_of(store)
                rows = await kept.versions(APP, atta_id)
                return [(row, b"".join([piece async for piece in kept.content(row)])) for row in rows]

        return asyncio.run(read())

    def under_way(self) -> list[UploadRow]:
        """Uploads that are not whole."""

        async def read() -> list[UploadRow]:
            async with open_store(self.settings) as store:
                return await attachments_of(store).under_way(APP)

        return asyncio.run(read())

    def kept(self) -> list[Path]:
        """What the store holds."""
        return [path for path in (self.settings.folder / "attachments").rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with served(tmp_path_factory.mktemp("platform")) as hub:

        async def join() -> str:
            async with open_store(hub.settings) as store:
                new = partners.NewPartner(NAME, APP, "云桥互联网医院", profile=PROFILE)
                key = await store.directory.change(
                    lambda c: partners.add(c, store.keyring, SystemClock().now_ms(), new)
                )
                await Institutions(store.database, store.clock, store.wall, lambda: None).open(
                    "root", APP, "H9855", "云桥互联网医院"
                )
                return key

        key = asyncio.run(join())
        found = Platform(hub.url, hub.settings, key)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:  # the hub sees within a second what another process has filed
            headers, _ = sign_form("A0001", APP, "look", key, scheme_of(PROFILE))
            path = found.uploader()._address
            if httpx.get(path, headers={**headers, "upload-digest": "0" * 64}).json()["code"] == "0":
                break
            time.sleep(0.1)
        yield found


def some_file(folder: Path, size: int, seed: int = 1) -> Path:
    """A PDF of this length, as far as its first bytes tell."""
    path = folder / f"{seed}-{size}.pdf"
    path.write_bytes(PDF + random.Random(seed).randbytes(size - len(PDF)))
    return path


def test_a_file_comes_through_however_often_the_connection_breaks(platform: Platform, tmp_path: Path) -> None:
    chance, noticed = random.Random(7), lambda _: time.sleep(1)  # as the client waits: the platform notices the break
    for seed in range(3):
        path = some_file(tmp_path, 20 * CHUNK + chance.randrange(CHUNK), seed)
        after = [chance.randrange(path.stat().st_size // 4) for _ in range(3)]
        visit = VISIT._replace(atta_id=f"broken-{seed}")
        with cutting(platform.port, after) as cutter, platform.uploader(cutter.url, pause=noticed) as uploader:
            uploader.upload(path, visit)
        assert cutter.cuts == 3
        # How much a break costs is a matter of what was on its way; that it goes on from where it was is not.
        assert cutter.offsets[-1] > 0
        assert cutter.offsets == sorted(cutter.offsets)
        assert [content for _, content in platform.stored(visit.atta_id)] == [path.read_bytes()]
        assert platform.under_way() == []


def test_a_file_is_a_form_of_its_own_with_the_fixed_text_that_is_signed(tmp_path: Path) -> None:
    """A0001.one, A0001.form, A0001.sign"""
    sent: list[tuple[httpx.Request, bytes]] = []

    def take(request: httpx.Request) -> httpx.Response:
        sent.append((request, request.read()))
        return httpx.Response(200, content=seal_response("0", "成功"))

    with Uploader("http://platform", app_id=APP, key="k" * 32) as uploader:
        uploader._http = httpx.Client(transport=httpx.MockTransport(take))
        for number in (1, 2):
            uploader.upload(some_file(tmp_path, 100), VISIT._replace(atta_id=f"visit-{number}"))
    for number, (request, body) in enumerate(sent, 1):
        reader = FormReader(request.headers["content-type"], FILE)
        content = b"".join(reader.feed(body))
        reader.end()
        assert content == some_file(tmp_path, 100).read_bytes()
        said = {"attaService": "11", "attaId": f"visit-{number}", "fileType": "pdf", "data": ""}
        assert {**reader.fields, "uptime": ""} == {**said, "uptime": ""}
        assert open_form(peek(tuple(request.headers.raw)), ("k" * 32,), scheme_of("standard")) == "k" * 32
    assert len(sent) == 2


def test_what_is_there_is_not_sent_again(platform: Platform, tmp_path: Path) -> None:
    path = some_file(tmp_path, 2 * CHUNK, 11)
    with platform.uploader() as uploader:
        uploader.upload(path, VISIT._replace(atta_id="first"))
    sent: list[int] = []
    with cutting(platform.port, []) as cutter, platform.uploader(cutter.url) as uploader:
        uploader.upload(path, VISIT._replace(atta_id="second"), lambda now, _: sent.append(now))
    assert cutter.passed < 10_000
    assert sent == []
    assert platform.stored("second")[0][1] == path.read_bytes()


def test_a_client_that_knows_nothing_of_going_on_leaves_nothing_when_it_breaks(platform: Platform) -> None:
    before = len(platform.kept())
    address = platform.uploader()._address
    for cut in (CHUNK // 2, 2 * CHUNK + 5):
        body = form(PDF + bytes(3 * CHUNK), uptime=uptime(SystemClock().now_ms()), attaId="lost")
        headers, _ = sign_form("A0001", APP, f"cut-{cut}", platform.key, scheme_of(PROFILE))
        lines = [f"POST {urlsplit(address).path} HTTP/1.1", "host: hub", f"content-type: {CONTENT_TYPE}"]
        lines += [f"content-length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]
        with socket.create_connection(("127.0.0.1", platform.port)) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + body[:cut])
        deadline = time.monotonic() + 30
        while len(platform.kept()) != before or platform.under_way():
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_refusal_is_heard_though_the_file_is_still_on_its_way(platform: Platform, tmp_path: Path) -> None:
    path = some_file(tmp_path, 12 * CHUNK, 12)
    with platform.uploader() as uploader, pytest.raises(Refused) as refused:
        uploader.upload(path, VISIT._replace(file_type="jpg"))
    assert refused.value.code == "ATTACHMENT_TYPE_ERROR"
    with platform.uploader(key="0" * 32) as uploader, pytest.raises((Refused, Unanswered)):
        uploader.upload(path, VISIT)


def test_it_gives_up_where_nothing_moves(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    waited: list[float] = []
    with (
        Uploader(f"http://127.0.0.1:{port}", app_id=APP, key="k" * 32, pause=waited.append) as uploader,
        pytest.raises(ConnectionFailed),
    ):
        uploader.upload(some_file(tmp_path, 100), VISIT)
    assert len(waited) == TRIES - 1


def test_a_file_that_shrinks_while_it_is_sent_is_told(platform: Platform, tmp_path: Path) -> None:
    path = some_file(tmp_path, 2 * CHUNK, 13)

    def shrink(_sent: int, _size: int) -> None:
        path.write_bytes(b"%PDF-")

    with platform.uploader() as uploader, pytest.raises((FileChanged, Refused)):
        uploader.upload(path, VISIT, shrink)


def test_the_command_sends_a_folder_and_then_changes_nothing(platform: Platform, tmp_path: Path) -> None:
    for place in ("11/visit-7.pdf", "12/recipe-7.PDF"):
        (tmp_path / "files" / place).parent.mkdir(parents=True)
        (tmp_path / "files" / place).write_bytes(PDF + place.encode())
    (tmp_path / "files" / "11" / "wrong-7.jpg").write_bytes(PDF)
    (tmp_path / "key").write_text(platform.key)
    files, key = str(tmp_path / "files"), str(tmp_path / "key")
    said = ["upload", "attachments", files, "--url", platform.url, "--app-id", APP, "--key-file", key, "--json"]
    for word in ("sent", "unchanged"):
        done = yiqiao(*said, data=tmp_path)
        assert done.returncode == 1
        told = {row["id"]: row["outcome"] for row in json.loads(done.stdout)}
        assert told == {"visit-7": word, "recipe-7": word, "wrong-7": "refused"}
    (row, content), *_ = platform.stored("recipe-7")
    assert (row.service, row.file_type, row.digest) == ("12", "pdf", sm3(content).hex())
