"""The examination of one message of the unified library, under one profile and one key.

Here are the facts, each computed when it is first asked for: the parameters, the received signature, the readings of
the content, the recipes that give the signature. `diagnosis` draws from them what is told.
"""

import base64
import binascii
import contextlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from yiqiao import crypto
from yiqiao.dialects.onetrans import envelope, gbk
from yiqiao.dialects.onetrans.faults import EmptyMessage
from yiqiao.dialects.onetrans.scheme import CONTENT, KEY, SIGN, SIGN_TYPES, Scheme, content_key
from yiqiao.exchange import causes
from yiqiao.exchange.diagnosis import Cause, Finding, Verdict, Words
from yiqiao.exchange.recipes import Match, Recipe, Search, Spoiling
from yiqiao.exchange.spoilings import SPOILINGS
from yiqiao.exchange.strict_json import UnreadableMessage, loads

_IV = 16
_PRIVATE, _PUBLIC = 64, (128, 130)
"""Hexadecimal digits of SM2 keys."""


def _words(kind: str, cost: int, title: tuple[str, str], remedy: tuple[str, str]) -> Cause:
    return Cause(kind, cost, Words(*title), Words(*remedy))


PLAIN_DIGEST = _words(
    "plain-digest",
    11,
    ("签名用了普通摘要接密钥，不是 HMAC-SM3", "a plain digest with the key appended was used, not HMAC-SM3"),
    ("以 app_key 为 HMAC 的密钥，待签名串后面不接密钥", "use app_key as the key of the HMAC, and append nothing"),
)
NOT_GBK = _words(
    "charset",
    9,
    ("待签名串不是按 GBK 取字节（多为 UTF-8）", "the string was not turned into bytes as GBK (UTF-8, most often)"),
    ("签名前按 GBK 取字节，报文也用 GBK 发送", "turn the string into bytes as GBK, and send the message in GBK too"),
)
CONTENT_NOT_GBK = _words(
    "charset",
    10,
    ("业务参数明文不是 GBK（多为 UTF-8）", "the content's text is not GBK (UTF-8, most often)"),
    ("加密前按 GBK 取字节", "turn the text into bytes as GBK before enciphering"),
)
MODE = _words(
    "cipher-mode",
    11,
    ("加密模式或初始向量不对", "another mode, or no IV in front of the cipher text"),
    (
        "用 CBC 模式，随机的 16 字节初始向量放在密文之前",
        "use CBC, with a random IV of 16 bytes in front of the cipher text",
    ),
)
KEY_OF_CONTENT = _words(
    "cipher-key-form",
    10,
    ("加密用的密钥取法不对", "the cipher's key was made from app_key in another way"),
    ("密钥取 app_key（文本）的 SM3 摘要的前 16 字节", "the key is the first 16 bytes of SM3 over the text of app_key"),
)
HEX_WRITTEN = _words(
    "writing",
    12,
    ("密文写成了十六进制", "the cipher text is written in hexadecimal"),
    ("密文写成 BASE64", "write it in Base64"),
)
KEY_TRAVELS = _words(
    "key-travels",
    5,
    ("报文里带着密钥 app_key", "app_key stands in the message"),
    ("去掉 app_key；已经发出的密钥请联系平台更换", "leave it out, and have a key that was sent replaced"),
)
NO_PUBLIC_KEY = Words(
    "无法判断：验 SM2 签名要用对方的公钥，请把密钥写成 app_key/公钥",
    "cannot tell: SM2 wants the other side's public key; give the key as APP_KEY/PUBLIC_KEY",
)


def keys_of(secret: str) -> envelope.Keys:
    """The keys in one text: app_key, or app_key/SM2 key in hexadecimal (64 digits: private; 128 or 130: public)."""
    app_key, slash, sm2 = secret.rpartition("/")
    if not slash or len(sm2) not in (_PRIVATE, *_PUBLIC):
        return envelope.Keys((secret,))
    try:
        key = bytes.fromhex(sm2)
    except ValueError:
        return envelope.Keys((secret,))
    if len(sm2) == _PRIVATE:
        return envelope.Keys((app_key,), crypto.public_key(key), key)
    return envelope.Keys((app_key,), key)


@dataclass(frozen=True)
class Content:
    """Content that makes sense: its text, and what the sender did differently."""

    text: str
    causes: tuple[Cause, ...]


class Examination:
    """One message, one profile, one key."""

    def __init__(self, message: bytes, secret: str, profile: str, scheme: Scheme) -> None:
        self.message = message
        self.profile = profile
        self.scheme = scheme
        self.keys = keys_of(secret)
        self.app_key = self.keys.app_keys[0]

    @cached_property
    def _read(self) -> tuple[dict[str, str] | None, tuple[Finding, ...]]:
        try:
            return envelope.read_parameters(self.message), ()
        except (EmptyMessage, UnreadableMessage) as fault:
            return None, (Finding(causes.BODY_JSON, Words(fault.message, fault.message)),)

    @property
    def params(self) -> Mapping[str, str]:
        """The public parameters; none where they cannot be read."""
        return self._read[0] or {}

    @property
    def unreadable(self) -> tuple[Finding, ...]:
        """Why there are none."""
        return self._read[1]

    @property
    def signtype(self) -> str:
        """As it stands in the message."""
        return self.params.get("signtype", "")

    @cached_property
    def received(self) -> tuple[bytes, Cause | None]:
        """The signature's bytes, and what is odd about how they are written; no bytes where it is none."""
        text = self.params.get(SIGN, "").strip()
        if not text:
            return b"", causes.NO_SIGNATURE
        try:
            return binascii.unhexlify(text), None
        except ValueError:
            pass
        try:
            return base64.b64decode(text, validate=True), causes.DIGEST_WRITING
        except ValueError:
            return b"", causes.NOT_A_DIGEST

    # The string that was signed

    @cached_property
    def base(self) -> Recipe:
        """The sorted string, under HMAC-SM3 with the app_key."""
        pairs = tuple(self.params.items())
        hidden = frozenset({KEY})
        return Recipe(
            pairs, frozenset({SIGN, KEY}), self.app_key, "HMAC-SM3", tail="", charset="gb18030", hidden=hidden
        )

    @cached_property
    def search(self) -> Search:
        """Counts what was tried."""
        return Search(self.received[0])

    @cached_property
    def matches(self) -> list[Match]:
        """The recipes that give the received digest, the rule first; only SM3 can be tried out."""
        if self.signtype == "SM2" or not self.received[0]:
            return []
        own = (Spoiling(NOT_GBK, _utf8), Spoiling(PLAIN_DIGEST, _plain))
        return self.search.run(self.base, (*own, *SPOILINGS))

    def judge(self) -> tuple[Verdict, Words]:
        """Whether the signature holds by the profile's rule."""
        if self.unreadable:
            told = self.unreadable[0].evidence
            return Verdict.UNKNOWN, Words(f"无法判断：{told.zh}", f"cannot tell: {told.en}")
        if self.signtype not in SIGN_TYPES:
            said = self.signtype[:10] or "（空）"
            return Verdict.UNKNOWN, Words(f"无法判断：未知签名类型 {said}", f"cannot tell: unknown {said}")
        if not self.received[0]:
            return Verdict.BROKEN, (self.received[1] or causes.NO_SIGNATURE).title
        if self.signtype == "SM2" and self.keys.public is None:
            return Verdict.UNKNOWN, NO_PUBLIC_KEY
        if self._holds():
            return Verdict.HOLDS, Words("签名正确", "the signature holds")
        return Verdict.BROKEN, Words("签名不符", "the signature does not hold")

    def _holds(self) -> bool:
        text = gbk.signed_bytes(self.scheme.string_to_sign(self.params, self.app_key))
        if self.signtype == "SM2":
            return self.keys.public is not None and crypto.verify(self.keys.public, text, self.received[0])
        return self.received[1] is None and crypto.hmac_sm3(self.app_key.encode(), text) == self.received[0]

    @property
    def admitted(self) -> bool:
        """Whether the profile accepts the declared algorithms."""
        return self.signtype in self.scheme.sign_types and self.params.get("enc_type", "") in self.scheme.enc_types

    @property
    def key_travels(self) -> bool:
        """Whether the message carries the key, and the profile does not let it."""
        return KEY in self.params and not self.scheme.key_may_travel

    # The content

    @cached_property
    def content(self) -> Content | None:
        """The best reading of the content; None where none makes sense."""
        text = self.params.get(CONTENT, "")
        if not text:
            return Content("", ())
        plain = _sense(text.encode(errors="replace"))
        if plain is not None:
            return Content(plain[0], (causes.NOT_ENCIPHERED, *plain[1]))
        found = (Content(read[0], (*why, *read[1])) for data, why in self._deciphered(text) if (read := _sense(data)))
        return min(found, key=lambda content: sum(cause.cost for cause in content.causes), default=None)

    def _deciphered(self, text: str) -> Iterator[tuple[bytes, tuple[Cause, ...]]]:
        """What comes out by the rule, and by what is met in its place."""
        for (read, written), (key, formed), (decrypt, moded) in itertools.product(
            _WRITINGS, list(_keys(self.app_key)), _MODES
        ):
            try:
                yield decrypt(key, read(text)), (*written, *formed, *moded)
            except (ValueError, crypto.DecryptionFailed):
                continue


def _utf8(recipe: Recipe) -> Iterator[Recipe]:
    yield replace(recipe, charset="utf-8")


def _plain(recipe: Recipe) -> Iterator[Recipe]:
    for digest, tail in itertools.product(
        ("SM3", "SHA256", "MD5"), ("{secret}", "&key={secret}", "&app_key={secret}", "")
    ):
        yield replace(recipe, digest=digest, tail=tail)
    yield replace(recipe, digest="SM3", head="{secret}")


def _unwrapped(text: str) -> bytes:
    return base64.b64decode("".join(text.split()).replace(" ", "+"), validate=True)


_WRITINGS: tuple[tuple[Callable[[str], bytes], tuple[Cause, ...]], ...] = (
    (_unwrapped, ()),
    (binascii.unhexlify, (HEX_WRITTEN,)),
)


def _keys(app_key: str) -> Iterator[tuple[bytes, tuple[Cause, ...]]]:
    yield content_key(app_key), ()
    data = app_key.encode()
    digest = crypto.sm3(data)
    others = [data[:_IV], digest[_IV:], crypto.md5(data)]
    with contextlib.suppress(ValueError):
        others += [bytes.fromhex(app_key)[:_IV], crypto.sm3(bytes.fromhex(app_key))[:_IV]]
    yield from ((key, (KEY_OF_CONTENT,)) for key in others if len(key) == _IV)


def _cbc(key: bytes, data: bytes) -> bytes:
    return crypto.sm4_cbc_decrypt(key, data[:_IV], data[_IV:])


def _cbc_with(iv: Callable[[bytes], bytes]) -> Callable[[bytes, bytes], bytes]:
    return lambda key, data: crypto.sm4_cbc_decrypt(key, iv(key), data)


_MODES: tuple[tuple[Callable[[bytes, bytes], bytes], tuple[Cause, ...]], ...] = (
    (_cbc, ()),
    (crypto.sm4_ecb_decrypt, (MODE,)),
    (_cbc_with(lambda _: bytes(_IV)), (MODE,)),
    (_cbc_with(lambda key: key), (MODE,)),
)


def _sense(data: bytes) -> tuple[str, tuple[Cause, ...]] | None:
    """The text, where it is a JSON object (or a text that holds one) in GBK, or else in UTF-8."""
    ways: tuple[tuple[Callable[[bytes], object], str, tuple[Cause, ...]], ...] = (
        (gbk.read, "gb18030", ()),
        (loads, "utf-8-sig", (CONTENT_NOT_GBK,)),
    )
    if not data.isascii():
        try:
            data.decode()
            ways = ways[::-1]  # GBK text is hardly ever well-formed UTF-8, and the other way round often is
        except UnicodeDecodeError:
            pass
    for read, charset, why in ways:
        try:
            if isinstance(read(data), dict | str):
                return data.decode(charset), why
        except (UnreadableMessage, UnicodeDecodeError):
            continue
    return None
