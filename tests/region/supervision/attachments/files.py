"""Files of each kind, no longer than it takes to be one, and archives that are up to no good."""

import io
import struct
import zipfile

from yiqiao.region.supervision.attachments.archives import ArchiveLimits

BOMB_LIMITS = ArchiveLimits(free=100_000, ratio=20, total=1 << 30)


def zipped(members: dict[str, bytes]) -> bytes:
    """A ZIP of these members."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def bomb() -> bytes:
    """A megabyte of nothing in a kilobyte."""
    return zipped({"a.txt": b"\0" * 1_000_000})


def liar() -> bytes:
    """The same, but its entries say that it is small."""
    content = bytearray(bomb())
    for magic, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(magic) + place
        content[at : at + 4] = struct.pack("<I", 10)
    return bytes(content)


def overlapping() -> bytes:
    """One member, named by many entries, each of which is modest."""
    content = zipped({"a.txt": bytes(range(256)) * 40})
    start = content.index(b"PK\x01\x02")
    end = content.index(b"PK\x05\x06")
    entries = content[start:end] * 300
    tail = bytearray(content[end:])
    struct.pack_into("<HHII", tail, 8, 300, 300, len(entries), start)
    return content[:start] + entries + bytes(tail)


FILES: dict[str, bytes] = {
    "pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%\xe2\xe3\x00",
    "jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "gif": b"GIF89a\x01\x00\x01\x00",
    "bmp": b"BM\x3a\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00",
    "tif": b"II*\x00\x08\x00\x00\x00",
    "webp": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
    "heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00",
    "dcm": b"\x00" * 128 + b"DICM\x02\x00\x00\x00",
    "wav": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "amr": b"#!AMR\n\x3c\x00",
    "ogg": b"OggS\x00\x02\x00\x00",
    "aac": b"\xff\xf1\x50\x80\x00\x1f\xfc",
    "mp3": b"ID3\x04\x00\x00\x00\x00\x00\x00",
    "avi": b"RIFF\x24\x00\x00\x00AVI LIST",
    "mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00",
    "wmv": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
    "flv": b"FLV\x01\x05\x00\x00\x00\x09",
    "mkv": b"\x1a\x45\xdf\xa3\x00\x00",
    "doc": bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 16,
    "rtf": b"{\\rtf1\\ansi\x00",
    "rar": b"Rar!\x1a\x07\x01\x00",
    "7z": b"7z\xbc\xaf\x27\x1c\x00\x04",
    "gz": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "zip": zipped({"report.txt": b"ok"}),
    "docx": zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}),
    "xlsx": zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<w/>"}),
    "pptx": zipped({"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"}),
    "ofd": zipped({"OFD.xml": b"<ofd/>"}),
    "txt": "复诊记录\n".encode(),
}
