"""What a file is by its first bytes, held against what it is said to be.

The table knows what hospitals send. A library of magic numbers knows a thousand more, answers with a guess among
several and would refuse what is fine (a PDF behind a line of a printer's, text in GBK); for a yes or no on thirty types
a table is the shorter and the stricter way. A type that is not in it is taken as it is, unless it is a
program: whoever fetches it gets bytes, never something that is opened.
"""

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from yiqiao.region.supervision.attachments.refusals import AttachmentNotWhatItSays

HEAD = 4096
"""First bytes of a file by which it is judged."""
_PDF_WITHIN = 1024

Test = Callable[[bytes], bool]


def _at(*signatures: tuple[int, bytes]) -> Test:
    """All of these bytes stand at these places."""
    return lambda head: all(head.startswith(magic, offset) for offset, magic in signatures)


def _any(*tests: Test) -> Test:
    return lambda head: any(test(head) for test in tests)


def _frames(*firsts: int) -> Test:
    """Frames of sound without a header: twelve bits set, then the kind of frame."""
    return lambda head: len(head) > 1 and head[0] == 0xFF and head[1] in firsts


def _text(head: bytes) -> bool:
    """UTF-8 or GB18030, or UTF-16 that says so; the last character may be cut off."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    return b"\x00" not in head and (_decodes(head, "utf-8") or _decodes(head, "gb18030"))


def _decodes(head: bytes, charset: str) -> bool:
    try:
        codecs.getincrementaldecoder(charset)().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError:
        return False
    return True


def _program(head: bytes) -> bool:
    if head.startswith((b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"#!/")):
        return True
    place = int.from_bytes(head[0x3C:0x40], "little")
    return head.startswith(b"MZ") and head[place : place + 4] == b"PE\x00\x00"


@dataclass(frozen=True)
class Kind:
    """A kind of file. An `archive` is a ZIP, with a member whose name begins with `within`."""

    title: str
    types: tuple[str, ...]
    test: Test
    archive: bool = False
    within: str = ""


_RIFF, _FTYP = (0, b"RIFF"), (4, b"ftyp")
_ZIP = _any(_at((0, b"PK\x03\x04")), _at((0, b"PK\x05\x06")))
_HEIF = _any(*(_at(_FTYP, (8, brand)) for brand in (b"heic", b"heix", b"mif1", b"msf1")))
_MP4 = _any(_at(_FTYP), *(_at((4, atom)) for atom in (b"moov", b"mdat", b"wide")))
_OLE = _at((0, bytes.fromhex("d0cf11e0a1b11ae1")))

KINDS = (
    Kind("PDF", ("pdf",), lambda head: b"%PDF-" in head[:_PDF_WITHIN]),
    Kind("JPEG 图片", ("jpg", "jpeg", "jpe", "jfif"), _at((0, b"\xff\xd8\xff"))),
    Kind("PNG 图片", ("png",), _at((0, b"\x89PNG\r\n\x1a\n"))),
    Kind("GIF 图片", ("gif",), _any(_at((0, b"GIF87a")), _at((0, b"GIF89a")))),
    Kind("TIFF 图片", ("tif", "tiff"), _any(_at((0, b"II*\x00")), _at((0, b"MM\x00*")))),
    Kind("WebP 图片", ("webp",), _at(_RIFF, (8, b"WEBP"))),
    Kind("HEIF 图片", ("heic", "heif"), _HEIF),
    Kind("DICOM 影像", ("dcm", "dicom"), _at((128, b"DICM"))),
    Kind("WAV 音频", ("wav",), _at(_RIFF, (8, b"WAVE"))),
    Kind("AMR 音频", ("amr",), _at((0, b"#!AMR"))),
    Kind("OGG 音频", ("ogg", "oga", "opus"), _at((0, b"OggS"))),
    Kind("AAC 音频", ("aac",), _any(_frames(0xF0, 0xF1, 0xF8, 0xF9), _at((0, b"ADIF")))),
    Kind("MP3 音频", ("mp3",), _any(_at((0, b"ID3")), _frames(0xFA, 0xFB, 0xF2, 0xF3, 0xE2, 0xE3))),
    Kind("AVI 视频", ("avi",), _at(_RIFF, (8, b"AVI "))),
    Kind("MP4 视频或音频", ("mp4", "m4a", "m4v", "mov", "3gp"), lambda head: _MP4(head) and not _HEIF(head)),
    Kind("ASF 视频或音频", ("wmv", "wma", "asf"), _at((0, bytes.fromhex("3026b2758e66cf11")))),
    Kind("FLV 视频", ("flv",), _at((0, b"FLV\x01"))),
    Kind("Matroska 视频", ("mkv", "webm"), _at((0, b"\x1a\x45\xdf\xa3"))),
    Kind("OFD 文档", ("ofd",), _ZIP, archive=True, within="OFD.xml"),
    Kind("Word 文档", ("docx",), _ZIP, archive=True, within="word/"),
    Kind("Excel 表格", ("xlsx",), _ZIP, archive=True, within="xl/"),
    Kind("PowerPoint 演示文稿", ("pptx",), _ZIP, archive=True, within="ppt/"),
    Kind("ZIP 压缩包", ("zip",), _ZIP, archive=True),
    Kind("旧版 Office 或 WPS 文档", ("doc", "xls", "ppt", "wps", "et", "dps"), _OLE),
    Kind("RTF 文档", ("rtf",), _at((0, b"{\\rtf"))),
    Kind("RAR 压缩包", ("rar",), _at((0, b"Rar!\x1a\x07"))),
    Kind("7z 压缩包", ("7z",), _at((0, b"7z\xbc\xaf\x27\x1c"))),
    Kind("GZIP 压缩包", ("gz", "tgz"), _at((0, b"\x1f\x8b"))),
    Kind("BMP 图片", ("bmp",), _at((0, b"BM"), (6, b"\x00\x00\x00\x00"))),
    Kind("可执行程序", (), _program),
    Kind("文本", ("txt", "csv", "json", "xml", "html", "htm", "md", "log", "hl7"), _text),
)
"""In the order in which an unknown file is asked what it is."""
BY_TYPE: Mapping[str, Kind] = MappingProxyType({name: kind for kind in KINDS for name in kind.types})


def judge(file_type: str, head: bytes) -> Kind | None:
    """The kind that a type names, if the first bytes are of it; None for a type that is not in the table.

    `head` is the first `HEAD` bytes, or all there are. Raises AttachmentNotWhatItSays.
    """
    if not head:
        raise AttachmentNotWhatItSays("附件内容为空，未保存，请核对文件后重传")
    if _program(head):
        raise AttachmentNotWhatItSays("附件内容是可执行程序，平台不接收，请核对文件")
    kind = BY_TYPE.get(file_type)
    if kind is not None and not kind.test(head):
        seems = next((f"（看来是{known.title}）" for known in KINDS if known.test(head)), "")
        raise AttachmentNotWhatItSays(f"附件内容不是所声明的 {file_type}{seems}，未保存，请核对文件与 fileType")
    return kind
