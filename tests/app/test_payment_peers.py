"""Payment platforms and the HIS's money, as the settings file names them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from cryptography.hazmat.primitives import serialization

from tests.adapters.channels.wechat_world import API_V3_KEY
from yiqiao.adapters.channels.alipay import AlipayChannel
from yiqiao.adapters.channels.wechat import WechatChannel
from yiqiao.adapters.his_billing import RemoteHisBilling
from yiqiao.app.payment_peers import Peers, peers
from yiqiao.app.settings import Settings, SettingsError, load
from yiqiao.app.store import NotReadyToServe, Store
from yiqiao.clock import FixedClock
from yiqiao.crypto import RsaPrivateKey, generate_rsa_key

PEM = generate_rsa_key()
WECHAT = {
    "mchid": "1900000999",
    "appid": "wx0",
    "serial_no": "7A",
    "private_key": "file:private.pem",
    "api_v3_key": "file:v3",
    "public_key_id": "PUB_KEY_ID_1",
    "public_key": "file:public.pem",
}
ALIPAY = {"app_id": "2026", "private_key": "file:private.pem", "alipay_public_key": "file:public.pem"}
HIS = {"hospital": "9851002", "callback": "https://his.example/yq", "callback_key": "file:v3"}


@dataclass
class Opened:
    """A store as far as peers are concerned."""

    settings: Settings
    wall: FixedClock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with keys."""
    (tmp_path / "private.pem").write_text(PEM, encoding="ascii")
    (tmp_path / "public.pem").write_text(certificate(), encoding="ascii")
    (tmp_path / "v3").write_text(API_V3_KEY, encoding="ascii")
    (tmp_path / "short").write_text("short", encoding="ascii")
    return tmp_path


def certificate() -> str:
    """The public key in PEM."""
    key = serialization.load_pem_private_key(PEM.encode(), None).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def told(folder: Path, **tables: Mapping[str, str]) -> Peers:
    """What these tables make."""
    settings = Settings(data=str(folder), payments=tables)
    return peers(cast(Store, Opened(settings, FixedClock(0))))


async def test_each_table_makes_its_peer(folder: Path) -> None:
    made = told(folder, wechat=WECHAT, alipay=ALIPAY, his=HIS)
    wechat, alipay = made.channels["WECHAT"], made.channels["ALIPAY"]
    assert isinstance(wechat, WechatChannel)
    assert isinstance(alipay, AlipayChannel)
    assert isinstance(made.his["9851002"], RemoteHisBilling)
    assert wechat.base == "https://api.mch.weixin.qq.com"
    signature = wechat.keys.private_key.sign(b"x")
    assert wechat.keys.platform["PUB_KEY_ID_1"].verify(b"x", signature)
    assert alipay.keys.alipay.verify(b"x", RsaPrivateKey(PEM).sign(b"x"))
    await made.close()


async def test_each_hospital_has_a_his_of_its_own(folder: Path) -> None:
    made = told(folder, his=HIS, **{"his-2": {**HIS, "hospital": "9851003"}})
    assert set(made.his) == {"9851002", "9851003"}
    await made.close()


async def test_nobody_is_there_without_a_table(folder: Path) -> None:
    made = told(folder)
    assert (made.channels, made.his, made.lines) == ({}, {}, ())
    await made.close()


async def test_two_keys_of_wechat_may_be_there_at_once(folder: Path) -> None:
    more = {
        "next_public_key_id": "PUB_KEY_ID_2",
        "next_public_key": "file:public.pem",
        "address": "http://127.0.0.1:1/",
    }
    wechat = told(folder, wechat={**WECHAT, **more}).channels["WECHAT"]
    assert isinstance(wechat, WechatChannel)
    assert (set(wechat.keys.platform), wechat.base) == ({"PUB_KEY_ID_1", "PUB_KEY_ID_2"}, "http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"paypal": {}}, "payments.paypal: unknown"),
        ({"wechat": {**WECHAT, "mchID": "1"}}, "payments.wechat: mchID: unknown"),
        ({"wechat": {**WECHAT, "mchid": ""}}, "payments.wechat: mchid is missing"),
        ({"wechat": {**WECHAT, "api_v3_key": "file:short"}}, "payments.wechat: api_v3_key must have 32"),
        ({"wechat": {**WECHAT, "api_v3_key": API_V3_KEY}}, "payments.wechat: api_v3_key: a secret is named"),
        ({"wechat": {**WECHAT, "private_key": "file:public.pem"}}, "payments.wechat: private_key: no RSA"),
        ({"wechat": {**WECHAT, "public_key": "file:v3"}}, "payments.wechat: public_key: no RSA"),
        ({"wechat": {**WECHAT, "next_public_key_id": "P"}}, "payments.wechat: next_public_key is missing"),
        ({"alipay": {**ALIPAY, "private_key": "file:nowhere"}}, "payments.alipay: private_key:"),
        ({"alipay": {**ALIPAY, "address": "openapi"}}, "payments.alipay: address must begin"),
        ({"his": {**HIS, "callback": "ftp://his"}}, "payments.his: callback must begin"),
        ({"his": {"callback": "https://his"}}, "payments.his: callback_key is missing"),
        ({"his": HIS, "his-2": HIS}, "payments.his-2: the hospital has a table already"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_of_without_its_secrets(
    folder: Path, tables: dict[str, dict[str, str]], said: str
) -> None:
    with pytest.raises(NotReadyToServe) as caught:
        told(folder, **tables)
    assert said in str(caught.value)
    assert API_V3_KEY not in str(caught.value)


def test_tables_come_from_the_file_alone(tmp_path: Path) -> None:
    (tmp_path / "yiqiao.toml").write_text('[payments.his]\nhospital = "9851002"\n', encoding="utf-8")
    settings = load({"data": str(tmp_path)}, {"YIQIAO_PAYMENTS": "x"})
    assert settings.payments == {"his": {"hospital": "9851002"}}
    (tmp_path / "yiqiao.toml").write_text("[payments]\nhis = 7\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="must be a table"):
        load({"data": str(tmp_path)}, {})
