"""Messages spoiled on purpose, each in one known way; made without the code under test.

The generator writes its own string to sign, so that a mistake in the product's rule cannot hide here. All data are
invented: names, numbers, addresses and keys come from a seeded random source.
"""

import base64
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, quote_plus

from yiqiao import crypto
from yiqiao.dialects.ehealth_card.scheme import Scheme

SCHEMES: Mapping[str, Scheme] = {
    "standard": Scheme(),
    "signed-plain": Scheme(signed="plain"),
    "tail-app-secret": Scheme(tail="&app_secret={secret}"),
    "tail-key": Scheme(tail="&key={secret}"),
    "digest-names": Scheme(sign_field="digest", sign_type_field="digest_type"),
    "unencrypted": Scheme(enc_types=("", "SM4")),
}
BOM = "\ufeff"


@dataclass
class Sender:
    """A sender that does everything right, until one attribute is set to something else."""

    rng: random.Random
    scheme: Scheme
    secret: str
    sign_type: str
    enc_type: str
    params: dict[str, str]
    biz: str
    signing_secret: str = ""
    order: Callable[[list[str]], list[str]] = sorted
    keep_empty: bool = False
    tail: str | None = None
    head: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    text: Callable[[str], str] = str
    value: Callable[[str], str] = str
    charset: str = "utf-8"
    before: str = ""
    after: str = ""
    signed: str = ""
    digest: str = ""
    content_charset: str = "utf-8"
    cipher_key: bytes | None = None
    pad: Callable[[bytes, int], bytes] | None = None
    write: Callable[[bytes], str] | None = None
    sign_text: Callable[[bytes], str] = bytes.hex
    encrypt: bool = True
    signed_content: Callable[[str], str] = str
    enciphered: Callable[[str], str] = str
    body_charset: str = "utf-8"
    body_mark: bytes = b""

    def key(self) -> bytes:
        if self.cipher_key is not None:
            return self.cipher_key
        if self.enc_type == "SM4":
            return bytes.fromhex(self.secret)
        return self.secret.encode() if self.enc_type == "AES" else self.secret[:8].encode()

    def raw_encrypt(self, plain: bytes) -> bytes:
        encrypt = {"SM4": crypto.sm4_ecb_encrypt, "AES": crypto.aes_ecb_encrypt, "DES": crypto.des_ecb_encrypt}
        size = 8 if self.enc_type == "DES" else 16
        if self.pad is None:
            return encrypt[self.enc_type](self.key(), plain)
        padded = self.pad(plain, size)
        assert len(padded) % size == 0
        return encrypt[self.enc_type](self.key(), padded)[: len(padded)]

    def message(self) -> bytes:
        plain = self.enciphered(self.biz).encode(self.content_charset)
        content = self.biz
        if self.enc_type and self.encrypt:
            data = self.raw_encrypt(plain)
            write = self.write or (bytes.hex if self.enc_type == "SM4" else lambda d: base64.b64encode(d).decode())
            content = write(data)
        sent = {**self.params, self.scheme.sign_type_field: self.sign_type, "enc_type": self.enc_type}
        sent["biz_content"] = content
        signed = {**sent, **self.extra}
        if (self.signed or self.scheme.signed) == "plain":
            signed["biz_content"] = self.biz
        signed["biz_content"] = self.signed_content(signed["biz_content"])
        names = self.order([name for name in signed if signed[name] or self.keep_empty])
        joined = "&".join(f"{name}={self.value(signed[name])}" for name in names)
        secret = self.signing_secret or self.secret
        tail = self.scheme.tail if self.tail is None else self.tail
        whole = (
            self.before + self.head.replace("{secret}", secret) + joined + tail.replace("{secret}", secret) + self.after
        )
        data = self.text(whole).encode(self.charset)
        digest = crypto.sm3(data) if (self.digest or self.sign_type) == "SM3" else crypto.md5(data)
        items = [*sent.items(), (self.scheme.sign_field, self.sign_text(digest))]
        self.rng.shuffle(items)
        return self.body_mark + json.dumps(dict(items), ensure_ascii=False).encode(self.body_charset)


def _hex(rng: random.Random, digits: int) -> str:
    return "".join(rng.choice("0123456789abcdef") for _ in range(digits))


def sender(rng: random.Random, profile: str | None = None, *, enc_type: str | None = None) -> Sender:
    """A correct sender with invented data."""
    name = profile or rng.choice(list(SCHEMES))
    scheme = SCHEMES[name]
    person = rng.choice("赵钱孙李周吴郑王") + "".join(rng.choice("明华玉兰建国秀英海云") for _ in range(2))
    biz = {
        "out_verify_no": _hex(rng, 20),
        "ehealth_code": f"{_hex(rng, 48).upper()}:{rng.choice('01')}:::{rng.randrange(10**10):011d}",
        "operator_name": person,
        "treatment_code": rng.choice(["010101", "010105", "020102"]),
        "remark": rng.choice(["", "门诊", "a/b+c d"]),
    }
    text = json.dumps(biz, ensure_ascii=False, separators=(",", ":"))
    if rng.random() < 0.3:
        text = json.dumps(biz, ensure_ascii=False)
    params = {
        "app_id": rng.choice(["demo-hospital", "Clinic7", _hex(rng, 32).upper()]),
        "term_id": f"35020{rng.randrange(10**6):06d}",
        "method": rng.choice(["ehc.ehealthcode.verify", "ehc.ehealthcard.querywithreg"]),
        "version": "X.M.0.1",
        "timestamp": f"202611{rng.randrange(1, 29):02d}{rng.randrange(24):02d}{rng.randrange(60):02d}07",
    }
    admitted = scheme.enc_types if enc_type is None else (enc_type,)
    secret = _hex(rng, 31) + rng.choice("abcdef")
    secret = rng.choice([secret, secret.upper()])
    return Sender(rng, scheme, secret, rng.choice(scheme.sign_types), rng.choice(admitted), params, text)


def _other_order(rng: random.Random) -> Callable[[list[str]], list[str]]:
    table = [
        "method",
        "app_id",
        "term_id",
        "version",
        "timestamp",
        "sign_type",
        "digest_type",
        "enc_type",
        "biz_content",
    ]
    seed = rng.random()
    return rng.choice(
        [
            lambda names: sorted(names, reverse=True),
            lambda names: [name for name in table if name in names],
            lambda names: sorted(names, key=len),
            lambda names: random.Random(seed).sample(names, len(names)),
        ]
    )


def order(rng: random.Random) -> Sender:
    return replace(sender(rng), order=_other_order(rng))


def empty_kept(rng: random.Random) -> Sender:
    base = sender(rng)
    empty = rng.choice([{"key": ""}, {"trace": ""}, {"key": "", "remark": ""}])
    if rng.random() < 0.5:
        return replace(base, params={**base.params, **empty}, keep_empty=True)
    return replace(base, extra={"key": ""}, keep_empty=True)


def key_missing(rng: random.Random) -> Sender:
    base = sender(rng)
    return replace(base, tail=rng.choice(["", base.scheme.tail.replace("{secret}", "")]))


def key_misplaced(rng: random.Random) -> Sender:
    base = sender(rng)
    if rng.random() < 0.3:
        return replace(base, tail="", extra={rng.choice(["key", "app_secret", "secret"]): base.secret})
    return replace(base, tail="", head=rng.choice(["{secret}", "{secret}&", "key={secret}&"]))


def key_tail(rng: random.Random) -> Sender:
    base = sender(rng)
    tails = ["{secret}", "&key={secret}", "&app_secret={secret}", "&secret={secret}", "&{secret}", "&KEY={secret}"]
    return replace(base, tail=rng.choice([tail for tail in tails if tail != base.scheme.tail]))


def key_case(rng: random.Random) -> Sender:
    base = sender(rng)
    return replace(base, signing_secret=base.secret.swapcase())


def case(rng: random.Random) -> Sender:
    base = sender(rng)
    change = rng.choice([str.upper, str.lower])
    if rng.random() < 0.3:
        return replace(sender(rng, "standard", enc_type="SM4"), signed_content=str.upper)
    return replace(base, text=change) if rng.random() < 0.5 else replace(base, value=change)


def charset(rng: random.Random) -> Sender:
    """GBK in the string, or in the content under a cipher."""
    if rng.random() < 0.5:
        return replace(sender(rng, rng.choice(["standard", "tail-key", "digest-names"])), content_charset="gbk")
    if rng.random() < 0.3:
        return replace(sender(rng, "signed-plain"), charset="gbk")
    if rng.random() < 0.3:
        return replace(sender(rng, "signed-plain"), charset="gbk", content_charset="gbk")
    body = rng.choice(["utf-8", "gbk"])
    return replace(sender(rng, "unencrypted", enc_type=""), charset="gbk", body_charset=body)


def bom(rng: random.Random) -> Sender:
    base = sender(rng)
    return rng.choice(
        [
            replace(base, before=BOM),
            replace(base, signing_secret=BOM + base.secret),
            replace(base, body_mark=BOM.encode()),
            replace(sender(rng, "standard"), enciphered=lambda text: BOM + text),
            replace(sender(rng, "signed-plain"), enciphered=lambda text: BOM + text),
            replace(sender(rng, "signed-plain"), signed_content=lambda text: BOM + text),
        ]
    )


def newline(rng: random.Random) -> Sender:
    base = sender(rng)
    end = rng.choice(["\n", "\r\n"])
    wrapped = sender(rng, "standard", enc_type="AES")
    return rng.choice(
        [
            replace(base, after=end),
            replace(base, signing_secret=base.secret + end),
            replace(base, signed_content=lambda text: text + end),
            replace(sender(rng, "signed-plain"), enciphered=lambda text: text + end),
            replace(
                wrapped,
                write=lambda data: base64.encodebytes(data).decode(),
                signed_content=lambda text: text.replace("\n", ""),
            ),
        ]
    )


def blank(rng: random.Random) -> Sender:
    base = sender(rng)
    return replace(base, signing_secret=rng.choice([" " + base.secret, base.secret + " "]))


def _enciphered(rng: random.Random, *profiles: str) -> Sender:
    return sender(rng, rng.choice(profiles), enc_type=rng.choice(["SM4", "AES", "DES"]))


def plain_signed(rng: random.Random) -> Sender:
    return replace(_enciphered(rng, "standard", "tail-key", "digest-names"), signed="plain")


def cipher_signed(rng: random.Random) -> Sender:
    return replace(_enciphered(rng, "signed-plain"), signed="encrypted")


def encoding(rng: random.Random) -> Sender:
    base = _enciphered(rng, "standard", "signed-plain", "tail-key")
    if rng.random() < 0.5:
        base = sender(rng, "standard", enc_type="SM4")
        return replace(base, signed_content=lambda text: base64.b64encode(bytes.fromhex(text)).decode())
    wrong = (lambda d: base64.b64encode(d).decode()) if base.enc_type == "SM4" else bytes.hex
    return replace(base, write=wrong)


def sign_encoding(rng: random.Random) -> Sender:
    return replace(sender(rng), sign_text=lambda digest: base64.b64encode(digest).decode())


def padding(rng: random.Random) -> Sender:
    base = _enciphered(rng, "standard", "signed-plain", "tail-key")
    kind = rng.choice(["zero", "none", "twice", "blank", "iso"])
    if kind == "none":
        size = 8 if base.enc_type == "DES" else 16
        filler = -(len(base.biz.encode()) + 10) % size
        base = replace(base, biz=f'{base.biz[:-1]},"fill":"{"x" * filler}"}}')
        filler = -len(base.biz.encode()) % size
        base = replace(base, biz=base.biz.replace('"fill":"', '"fill":"' + "y" * filler))

    def pad(plain: bytes, size: int) -> bytes:
        rest = -len(plain) % size
        own = size - len(plain) % size
        return {
            "zero": plain + bytes(rest or size),
            "none": plain,
            "twice": plain + bytes([own]) * own + bytes([size]) * size,
            "blank": plain + b" " * rest,
            "iso": plain + b"\x80" + bytes(own - 1),
        }[kind]

    return replace(base, pad=pad)


def wrong_key(rng: random.Random) -> Sender:
    """The key is exchanged by `messages`; nothing else is wrong."""
    return _enciphered(rng, "standard", "tail-key", "signed-plain")


def cipher_key_form(rng: random.Random) -> Sender:
    base = sender(rng, rng.choice(["standard", "tail-key"]), enc_type=rng.choice(["SM4", "AES", "DES"]))
    keys = {
        "SM4": [base.secret[:16].encode(), base.secret[16:].encode(), crypto.md5(base.secret.encode())],
        "AES": [bytes.fromhex(base.secret), base.secret[:16].encode(), base.secret.swapcase().encode()],
        "DES": [bytes.fromhex(base.secret)[:8]],
    }
    return replace(base, cipher_key=rng.choice(keys[base.enc_type]))


def digest_type(rng: random.Random) -> Sender:
    base = sender(rng)
    return replace(base, digest="MD5" if base.sign_type == "SM3" else "SM3")


def url_encoded(rng: random.Random) -> Sender:
    base = sender(rng, "signed-plain") if rng.random() < 0.5 else sender(rng, "unencrypted", enc_type="")
    encodings: list[Callable[[str], str]] = [lambda text: quote(text, safe=""), quote_plus]
    return replace(base, value=rng.choice(encodings))


def sign_included(rng: random.Random) -> Sender:
    base = sender(rng)
    return replace(base, extra={base.scheme.sign_field: ""}, keep_empty=True, enc_type=base.enc_type or "SM4")


def not_enciphered(rng: random.Random) -> Sender:
    return replace(_enciphered(rng, "standard", "tail-key"), encrypt=False)


KINDS: Mapping[str, Callable[[random.Random], Sender]] = {
    "order": order,
    "empty-kept": empty_kept,
    "key-missing": key_missing,
    "key-misplaced": key_misplaced,
    "key-tail": key_tail,
    "key-case": key_case,
    "case": case,
    "charset": charset,
    "bom": bom,
    "newline": newline,
    "blank": blank,
    "plain-signed": plain_signed,
    "cipher-signed": cipher_signed,
    "encoding": encoding,
    "padding": padding,
    "sign-encoding": sign_encoding,
    "wrong-key": wrong_key,
    "cipher-key-form": cipher_key_form,
    "digest-type": digest_type,
    "url-encoded": url_encoded,
    "sign-included": sign_included,
    "not-enciphered": not_enciphered,
}


@dataclass(frozen=True)
class Spoiled:
    """A spoiled message, the key to examine it with, and the profile it should have followed."""

    kind: str
    message: bytes
    secret: str
    profile: str


def messages(kind: str, count: int, seed: int) -> list[Spoiled]:
    """`count` messages spoiled in one way."""
    rng = random.Random(f"{kind}-{seed}")
    made: list[Spoiled] = []
    while len(made) < count:
        spoiling = KINDS[kind](rng)
        profile = next(name for name, scheme in SCHEMES.items() if scheme == spoiling.scheme)
        secret = _hex(rng, 32) if kind == "wrong-key" else spoiling.secret
        made.append(Spoiled(kind, spoiling.message(), secret, profile))
    return made
