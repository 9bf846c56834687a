"""The examination of one message of the electronic health card platform under one profile and one key."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from yiqiao.dialects.ehealth_card.faults import EmptyMessage
from yiqiao.dialects.ehealth_card.parameters import CONTENT, read_parameters
from yiqiao.dialects.ehealth_card.scheme import CIPHERS, DIGESTS, Scheme
from yiqiao.exchange import causes
from yiqiao.exchange.ciphertext import Reading, Rule, explore
from yiqiao.exchange.diagnosis import Cause, Finding, Layer, Report, Verdict, Words
from yiqiao.exchange.recipes import MASK, Match, Recipe, Search, Spoiling
from yiqiao.exchange.spoilings import SPOILINGS, in_order, with_empty, with_value
from yiqiao.exchange.strict_json import UnreadableMessage, loads

# The orders in which the tables and the sample of the standard list the public parameters.
TABLE = ("method", "app_id", "key", "term_id", "version", "timestamp", "sign_type", "enc_type", CONTENT)
ANSWER_TABLE = ("ret_code", "ret_msg", "app_id", "method", "version", "timestamp", "sign_type", "enc_type", CONTENT)
SAMPLE = ("app_id", "key", "term_id", "method", "version", "timestamp", "sign_type", "enc_type", CONTENT)
_SIGN_NAMES = ("sign", "digest", "signature")
_TYPE_NAMES = ("sign_type", "digest_type")
_REPRODUCES = Words("照此重算的摘要与收到的签名完全一致", "recomputed this way, the digest equals the received one")
_READS = Words("照此可以解出业务参数", "read this way, the content makes sense")
_SEEN = Words("从报文本身可以看出", "the message itself shows it")


@dataclass(frozen=True)
class _Body:
    """The parameters as read, leniently where need be; None where nothing could be read."""

    params: dict[str, str] | None
    plain_object: bool = False
    findings: tuple[Finding, ...] = ()
    note: Words | None = None
