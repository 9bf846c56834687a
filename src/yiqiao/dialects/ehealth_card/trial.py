"""One call of the electronic health card platform laid open, for an engineer's eyes.

The same envelope as everybody's, but nothing is checked beforehand and nothing is hidden afterwards: the string that
was signed, the content before it was enciphered, the bytes as they went out (接口请求公共参数, 响应公共参数).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from yiqiao.clock import compact
from yiqiao.dialects.ehealth_card import envelope
from yiqiao.dialects.ehealth_card.client import VERSION
from yiqiao.dialects.ehealth_card.examination import content_type
from yiqiao.dialects.ehealth_card.parameters import CONTENT, read_parameters
from yiqiao.exchange.recipes import MASK
from yiqiao.spec import Spec


@dataclass(frozen=True)
class Caller:
    """Who calls, and in which algorithms."""

    app_id: str
    term_id: str
    secret: str = field(repr=False)
    sign_type: str = "SM3"
    enc_type: str = "SM4"


@dataclass(frozen=True)
class Made:
    """A request: its bytes, what was signed (with the secret in it), the content in plain, the digest."""

    body: bytes = field(repr=False)
    signed: str = field(repr=False)
    plain: str = field(repr=False)
    digest: str


@dataclass(frozen=True)
class Answered:
    """An answer. `values` are by canonical names; `trusted` says that the platform's signature held."""

    code: str
    message: str
    values: Mapping[str, object] | None = field(repr=False)
    trusted: bool


def made(spec: Spec, operation: str, values: Mapping[str, object], caller: Caller, now_ms: int) -> Made:
    """A request for these values as they are, right or wrong. Raises the envelope's faults, KeyError."""
    content = spec.operations[operation].asks.to_wire(values)
    parameters = {
        "app_id": caller.app_id,
        "term_id": caller.term_id,
        "method": operation,
        "version": VERSION,
        "timestamp": str(now_ms) if spec.settings.get("timestamp") == "epoch_ms" else compact(now_ms),
        "sign_type": caller.sign_type,
        "enc_type": caller.enc_type,
    }
    scheme = envelope.scheme(spec.security)
    body = envelope.seal_request(parameters, content, caller.secret, scheme)
    sent, _ = read_parameters(body)
    signed = _signed(sent, caller.secret, caller.secret, scheme)
    return Made(body, signed, orjson.dumps(content).decode(), sent[scheme.sign_field])


def signed_string(spec: Spec, body: bytes, secret: str) -> str:
    """The string that the rule signs of a message, a mark where the secret is. Raises the envelope's faults."""
    sent, _ = read_parameters(body, content_type(body))
    return _signed(sent, secret, MASK, envelope.scheme(spec.security))


def _signed(sent: Mapping[str, str], secret: str, shown: str, scheme: envelope.Scheme) -> str:
    enciphered = sent.get("enc_type", "") and not scheme.biz_object
    if scheme.signed == "plain" and enciphered and sent.get(CONTENT):
        sent = {**sent, CONTENT: envelope.open_content(sent, secret).decode("utf-8", "replace")}
    return envelope.string_to_sign(sent, shown, scheme).decode()


def answered(spec: Spec, operation: str, body: bytes, secret: str) -> Answered:
    """An answer opened. Raises the envelope's faults for what is no answer of a platform that holds `secret`."""
    scheme = envelope.scheme(spec.security)
    answer = envelope.open_response(body, [secret], scheme)
    values = None if answer.biz is None else spec.operations[operation].answers.from_wire(answer.biz)
    return Answered(answer.ret_code, answer.ret_msg, values, answer.signed)
