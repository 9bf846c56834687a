"""The examination of one message of the electronic health card platform, under one profile and one key.

Here are the facts, each computed when it is first asked for: the parameters, the received digest, the readings of the
content, the recipes that give the digest. `conclusion` draws from them what is told.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import orjson

from yiqiao.dialects.ehealth_card.faults import EmptyMessage
from yiqiao.dialects.ehealth_card.parameters import CONTENT, read_parameters
from yiqiao.dialects.ehealth_card.scheme import CIPHERS, DIGESTS, Scheme
from yiqiao.exchange import causes
from yiqiao.exchange.ciphertext import BOM, Reading, Rule, explore
from yiqiao.exchange.diagnosis import Cause, Finding, Verdict, Words
from yiqiao.exchange.recipes import Match, Recipe, Search, Spoiling
from yiqiao.exchange.spoilings import SPOILINGS, in_order, with_empty, with_value
from yiqiao.exchange.strict_json import UnreadableMessage

# The orders in which the tables and the sample of the standard list the public parameters.
_TABLE = ("method", "app_id", "key", "term_id", "version", "timestamp", "sign_type", "sign", "enc_type", CONTENT)
_SAMPLE = ("app_id", "key", "term_id", "method", "version", "timestamp", "sign_type", "sign", "enc_type", CONTENT)
_ANSWER = ("ret_code", "ret_msg", "app_id", "method", "version", "timestamp", "sign_type", "sign", "enc_type", CONTENT)
_SIGN_NAMES = ("sign", "digest", "signature")
_TYPE_NAMES = ("sign_type", "digest_type", "signType")
_FORM = "application/x-www-form-urlencoded"
_BY_LENGTH = {16: "MD5", 20: "SHA1", 32: "SM3"}
_TOLERATED = frozenset({causes.CONTENT_BOM.kind})
SEEN = Words("从报文本身可以看出", "the message itself shows it")


def content_type(message: bytes) -> str:
    """What a raw message seems to be; a file has no header to say so."""
    start = message.lstrip(BOM + b" \t\r\n")[:1]
    return _FORM if start.isalnum() and b"=" in message else "application/json"


@dataclass(frozen=True)
class Body:
    """The parameters as read, leniently where need be; None where nothing could be read."""

    params: dict[str, str] | None
    plain_object: bool
    findings: tuple[Finding, ...]


def _read(message: bytes) -> Body:
    remarks = (Finding(causes.BODY_BOM, SEEN, fatal=False),) if message.startswith(BOM) else ()
    kind = content_type(message)
    try:
        params, plain_object = read_parameters(message, kind)
    except (EmptyMessage, UnreadableMessage) as fault:
        told = Words(fault.message, fault.message)
        try:
            params, plain_object = read_parameters(message.decode("gb18030").encode(), kind)
        except (EmptyMessage, UnreadableMessage, UnicodeDecodeError):
            return Body(None, False, (Finding(causes.BODY_JSON, told), *remarks))
        return Body(params, plain_object, (Finding(causes.BODY_CHARSET, told), *remarks))
    return Body(params, plain_object, remarks)


class Examination:
    """One message, one profile, one key."""

    def __init__(self, message: bytes, secret: str, profile: str, scheme: Scheme) -> None:
        self.message = message
        self.secret = secret
        self.profile = profile
        self.scheme = scheme

    @cached_property
    def body(self) -> Body:
        return _read(self.message)

    @property
    def params(self) -> dict[str, str]:
        return self.body.params or {}

    # The signature as received

    @cached_property
    def sign_name(self) -> str:
        """The parameter that carries the digest: the profile's, or one that other profiles use."""
        return self._named(self.scheme.sign_field, _SIGN_NAMES)

    @cached_property
    def sign_type(self) -> str:
        """The declared digest, as it stands in the message."""
        return self.params.get(self._named(self.scheme.sign_type_field, _TYPE_NAMES), "")

    def _named(self, due: str, others: tuple[str, ...]) -> str:
        return next((name for name in (due, *others) if self.params.get(name)), due)

    @cached_property
    def received(self) -> tuple[bytes, Cause | None]:
        """The digest's bytes, and what is odd about how they are written; no bytes where it is no digest."""
        text = self.params.get(self.sign_name, "").strip()
        if not text:
            return b"", causes.NO_SIGNATURE
        try:
            data = binascii.unhexlify(text)
            odd = None
        except ValueError:
            try:
                data, odd = base64.b64decode(text.replace(" ", "+"), validate=True), causes.DIGEST_WRITING
            except ValueError:
                data, odd = b"", causes.NOT_A_DIGEST
        return (data, odd) if len(data) in _BY_LENGTH else (b"", causes.NOT_A_DIGEST)

    @cached_property
    def digest(self) -> str:
        """The digest to compute: the declared one, or the one of the received length."""
        declared = self.sign_type.strip().upper()
        return declared if declared in DIGESTS else _BY_LENGTH.get(len(self.received[0]), self.scheme.sign_types[0])

    # The content

    @property
    def enc_type(self) -> str:
        """The declared cipher, as it stands in the message."""
        return self.params.get("enc_type", "")

    @cached_property
    def rule(self) -> Rule:
        """How the content should be enciphered; an unusable key is empty."""
        cipher = CIPHERS.get(self.enc_type.strip().upper())
        if cipher is None or (self.body.plain_object and self.scheme.biz_object):
            return Rule("", b"", "")
        try:
            return Rule(self.enc_type.strip().upper(), cipher.key(self.secret), cipher.written)
        except ValueError:
            return Rule(self.enc_type.strip().upper(), b"", cipher.written)

    @cached_property
    def explored(self) -> tuple[list[Reading], int]:
        """Readings of the content, best first, and how many were tried."""
        text = self.params.get(CONTENT, "")
        if not text:
            return [Reading(b"", b"", ())], 0
        found, tried = explore(text, self.secret, self.rule)
        if not found and not self.rule.cipher:
            return [Reading(text.encode(), b"", ())], tried
        return found, tried

    @property
    def reading(self) -> Reading | None:
        """The best reading."""
        return self.explored[0][0] if self.explored[0] else None

    @property
    def readable(self) -> bool:
        """Whether the content can be read by the rule."""
        return self.reading is not None and not any(self.fatal(cause) for cause in self.reading.causes)

    @property
    def key_proven(self) -> bool:
        """Whether the content came out under the key, which shows that it is the right one."""
        return bool(self.reading and self.reading.data and causes.ENCODED_ONLY not in self.reading.causes)

    def fatal(self, cause: Cause) -> bool:
        """Whether a receiver refuses content for this cause: Base64 may be wrapped, a mark in front is let pass."""
        return cause.kind not in _TOLERATED and not (cause is causes.CONTENT_NEWLINE and self.rule.writing == "base64")

    # The string that was signed

    def _recipe(self, content: str) -> Recipe:
        pairs = tuple((name, content if name == CONTENT else value) for name, value in self.params.items())
        left_out = frozenset({self.sign_name})
        hidden = frozenset({"key"})
        return Recipe(pairs, left_out, self.secret, self.digest, self.scheme.tail, hidden=hidden)

    @cached_property
    def base(self) -> Recipe | None:
        """The string by the profile's rule; None where it needs a content that cannot be read."""
        text = self.params.get(CONTENT, "")
        if self.scheme.signed == "plain" and self.rule.cipher and text:
            return self._recipe(self.reading.plain.decode()) if self.reading else None
        recipe = self._recipe(text)
        if self.body.plain_object:
            compact = self._recipe(_compact(text))
            return compact if Search(self.received[0]).fits(compact) else recipe
        return recipe

    @cached_property
    def search(self) -> Search:
        return Search(self.received[0])

    @cached_property
    def matches(self) -> list[Match]:
        """The recipes that give the received digest, the rule first."""
        if not self.received[0]:
            return []
        if self.base is not None:
            return self.search.run(self.base, self._spoilings())
        # Signed in plain by the rule, but the content is closed: whoever signed the cipher text instead is still found.
        found = self.search.run(self._recipe(self.params.get(CONTENT, "")), SPOILINGS)
        return [replace(match, causes=(causes.CIPHER_SIGNED, *match.causes)) for match in found]

    def any_order(self) -> Recipe | None:
        """The rule in some other order of the parameters, whatever it is."""
        return self.search.permutations(self.base) if self.base is not None and self.received[0] else None

    def _spoilings(self) -> tuple[Spoiling, ...]:
        table = _ANSWER if "ret_code" in self.params else _TABLE
        absent = [name for name in ("key", "enc_type", CONTENT) if name not in self.params]
        return (
            in_order(causes.ORDER, table),
            in_order(causes.ORDER, _SAMPLE),
            with_empty(causes.EMPTY_KEPT, absent),
            *self._content_spoilings(),
            *SPOILINGS,
        )

    def _content_spoilings(self) -> Iterator[Spoiling]:
        """Another text of the same content in the string: plain for cipher text, hex for Base64, other JSON."""
        sent, reading = self.params.get(CONTENT, ""), self.reading
        if reading is None or not sent:
            return
        plain = reading.plain.decode()
        if reading.data and self.scheme.signed == "encrypted":
            yield with_value(causes.SIGNED_OTHER_CONTENT, CONTENT, [plain, plain.lstrip("\ufeff"), plain.strip()])
        elif reading.data:
            yield with_value(causes.CIPHER_SIGNED, CONTENT, [sent])
        if reading.data:
            texts = (reading.data.hex(), reading.data.hex().upper(), base64.b64encode(reading.data).decode())
            # The same writing in another case or with line breaks is a cause of its own.
            own = "".join(sent.split()).lower()
            others = [text for text in texts if text.lower() != own]
            yield with_value(causes.SIGNED_OTHER_WRITING, CONTENT, others)
        yield with_value(causes.SIGNED_OTHER_JSON, CONTENT, dict.fromkeys(_rewritten(plain)))

    # The judgement by the rule alone

    @property
    def named_as_due(self) -> bool:
        """Whether the signature stands in the parameter that the profile names."""
        return self.sign_name == self.scheme.sign_field

    @property
    def admitted(self) -> bool:
        """Whether the profile accepts the declared algorithms and the form of the content."""
        if self.sign_type not in self.scheme.sign_types:
            return False
        if self.body.plain_object:
            return not self.enc_type or self.scheme.biz_object
        return self.enc_type in self.scheme.enc_types

    def judge(self) -> tuple[Verdict, Words]:
        """Whether the signature holds by the profile's rule."""
        body = self.body
        if body.params is None:
            reason = body.findings[0].evidence
            return Verdict.UNKNOWN, Words(f"无法判断：{reason.zh}", f"cannot tell: {reason.en}")
        if not self.received[0]:
            odd = self.received[1] or causes.NO_SIGNATURE
            return Verdict.BROKEN, odd.title
        if not self.named_as_due:
            return Verdict.BROKEN, causes.FIELD_NAMES.title
        if self.sign_type not in DIGESTS:
            said = self.sign_type[:10] or "（空）"
            return Verdict.UNKNOWN, Words(f"无法判断：未知签名类型 {said}", f"cannot tell: unknown {said}")
        if self.received[1] is not None:
            return Verdict.BROKEN, self.received[1].title
        closed = self.scheme.signed == "plain" and bool(self.rule.cipher) and not self.readable
        if self.base is None or closed:
            return Verdict.BROKEN, Words("密文无法解密，签名无从成立", "the content cannot be deciphered")
        if Search(self.received[0]).fits(self.base):
            return Verdict.HOLDS, Words("签名正确", "the signature holds")
        return Verdict.BROKEN, Words("签名不符", "the signature does not hold")


def _compact(text: str) -> str:
    return orjson.dumps(orjson.loads(text)).decode()


def _rewritten(plain: str) -> Iterator[str]:
    """The same JSON as other programs would write it."""
    try:
        value = json.loads(plain.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return
    for ascii_only in (False, True):
        for ordered in (False, True):
            for separators in ((",", ":"), (", ", ": "), (",", ": ")):
                yield json.dumps(value, ensure_ascii=ascii_only, sort_keys=ordered, separators=separators)
            yield json.dumps(value, ensure_ascii=ascii_only, sort_keys=ordered, indent=2)
    yield re.sub(r"\s+", "", plain)
    yield json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")
