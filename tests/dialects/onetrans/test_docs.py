"""docs/onetrans-wire.md: its worked message is computed, and its codes and profiles are those of the specification."""

import base64
import re
from pathlib import Path

from tests.dialects.onetrans.desk import SPEC
from yiqiao.crypto import hmac_sm3, sm3, sm4_cbc_encrypt
from yiqiao.dialects.onetrans import envelope, gbk
from yiqiao.dialects.onetrans.dialect import scheme_of
from yiqiao.dialects.onetrans.reply import PENDING_CODES
from yiqiao.spec import profiles

PAGE = (Path(__file__).parents[3] / "docs" / "onetrans-wire.md").read_text(encoding="utf-8")
SAID = dict(re.findall(r"^    (app_key|SM4 key|IV|plain|data|string|sign) {2,}(.+)$", PAGE, re.MULTILINE))


def test_the_worked_example_is_computed_as_told() -> None:
    app_key, iv = SAID["app_key"], bytes.fromhex(SAID["IV"])
    key = sm3(app_key.encode())[:16]
    assert key.hex() == SAID["SM4 key"]
    data = base64.b64encode(iv + sm4_cbc_encrypt(key, iv, SAID["plain"].encode("gbk"))).decode()
    assert data == SAID["data"]
    text = SAID["string"].replace("<data>", data)
    assert hmac_sm3(app_key.encode(), text.encode("gbk")).hex() == SAID["sign"]
    params = dict(pair.split("=", 1) for pair in text.split("&"))
    claim = envelope.peek(gbk.write({**params, "sign": SAID["sign"]}))
    opened = envelope.open_request(claim, envelope.Keys((app_key,)), scheme_of("standard"))
    assert opened.plain.decode("gbk") == SAID["plain"]


def test_codes_and_profiles_are_those_of_the_specification() -> None:
    assert set(re.findall(r"^\| (\d{6}) \|", PAGE, re.MULTILINE)) == PENDING_CODES
    assert set(re.findall(r"\b\d{6}\b", PAGE.partition("## Public")[2])) <= {*SPEC.return_codes}
    table = PAGE.partition("## Profiles")[2].partition("## Keys")[0]
    named = {
        name for row in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert named == set(profiles("onetrans"))
