"""Forms with a file in them, as an internet hospital sends them."""

import secrets
from dataclasses import dataclass, field

import httpx

from tests.dialects.supervision.hospital import Told, Uploader, told
from tests.support.hub import NOW_MS
from yiqiao.crypto import sm3
from yiqiao.dialects.supervision.dialect import BIG_ATTACHMENT, scheme_of, uptime
from yiqiao.dialects.supervision.envelope import sign_form

BOUNDARY = "----form-of-a-hospital"
PDF = b"%PDF-1.7\n"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def fields(**more: str) -> dict[str, str]:
    """What is said of a file."""
    said = {"attaService": "11", "attaId": "visit-1", "fileType": "pdf", "uptime": uptime(NOW_MS), "data": ""}
    return {name: value for name, value in (said | more).items() if value != "(absent)"}


def part(name: str, value: bytes, *, is_file: bool = False) -> bytes:
    """One part of a form."""
    more = b'; filename="../../x.pdf"\r\nContent-Type: application/pdf' if is_file else b""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'.encode()
    return head + more + b"\r\n\r\n" + value + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


def form(content: bytes, file_first: bool = False, /, **more: str) -> bytes:
    """A form with a file, behind the fields or before them."""
    said = b"".join(part(name, value.encode()) for name, value in fields(**more).items())
    file = part("fileUpload", content, is_file=True)
    return (file + said if file_first else said + file) + END


@dataclass
class FormSender:
    """An internet hospital that sends forms."""

    hospital: Uploader
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where forms go."""
        return self.hospital.path(BIG_ATTACHMENT)

    def signed(self, **more: str) -> dict[str, str]:
        """Headers that are right; `more` go in their place."""
        hospital = self.hospital
        nonce = secrets.token_hex(16)
        said, _ = sign_form(BIG_ATTACHMENT, hospital.app_id, nonce, hospital.secret, scheme_of(hospital.profile))
        return {**said, "content-type": CONTENT_TYPE, **self.headers, **more}

    async def post(self, body: bytes, **more: str) -> httpx.Response:
        """Send a form."""
        return await self.hospital.hub.http.post(self.path, content=body, headers=self.signed(**more))

    async def send(self, content: bytes, *, offset: int | None = None, file_first: bool = False, **more: str) -> Told:
        """Send a file, from `offset` on where it is given."""
        said = {"upload-digest": sm3(content).hex(), "upload-offset": str(offset)} if offset is not None else {}
        return told(await self.post(form(content[offset or 0 :], file_first, **more), **said))

    async def ask(self, content: bytes) -> str:
        """Ask how much of a file is there."""
        headers = self.signed(**{"upload-digest": sm3(content).hex()})
        response = await self.hospital.hub.http.get(self.path, headers=headers)
        return str(response.json().get("data"))
