"""A person's photo as messages carry it: a JPEG in Base64 (照片信息, photo_info)."""

import base64
import binascii

from yiqiao.errors import DomainError

_BEGIN, _END = b"\xff\xd8\xff", b"\xff\xd9"


class PhotoInvalid(DomainError):
    """The text is no JPEG in Base64."""


def jpeg(text: str) -> bytes:
    """The JPEG in a Base64 text, which may be broken into lines. Raises PhotoInvalid.

    That it begins and ends as a JPEG does is all that is looked at: enough to tell a cut-off photo or another format.
    """
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise PhotoInvalid("照片信息（photo_info）不是合法的 BASE64 文本，请重新编码") from None
    if not data.startswith(_BEGIN):
        raise PhotoInvalid("照片信息（photo_info）不是 JPG 照片，请转换格式后重发")
    if not data.endswith(_END):
        raise PhotoInvalid("照片信息（photo_info）不完整，JPG 照片的结尾缺失，请重新取得照片")
    return data
