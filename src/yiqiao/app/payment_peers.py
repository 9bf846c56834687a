"""The payment platforms and the HIS that this hub is told of in its settings' tables `[payments.…]`.

They are signed with the machine's own time, whatever a sandbox's clock shows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yiqiao.adapters.callback.http import HttpLine
from yiqiao.adapters.channels import alipay, wechat
from yiqiao.adapters.channels.alipay import AlipayChannel
from yiqiao.adapters.channels.alipay_signing import AlipayKeys
from yiqiao.adapters.channels.http import Http
from yiqiao.adapters.channels.wechat import WechatChannel
from yiqiao.adapters.channels.wechat_signing import WechatKeys
from yiqiao.adapters.his_billing import RemoteHisBilling
from yiqiao.adapters.lines import MissingSecret, secret
from yiqiao.app.store import NotReadyToServe, Store
from yiqiao.crypto import RsaKeyUnusable, RsaPrivateKey, RsaPublicKey
from yiqiao.ports.his_billing import HisBilling
from yiqiao.ports.payment_channel import PaymentChannel

HIS = "his"
"""The table of a HIS; of further hospitals it has a name behind it: `[payments.his-2]`."""
API_V3_KEY = 32
"""Characters of WeChat's APIv3 key."""


@dataclass(frozen=True)
class Peers:
    """Who is there: channels by their codes, HIS by their hospitals' ids."""

    channels: Mapping[str, PaymentChannel]
    his: Mapping[str, HisBilling]
    lines: tuple[Http | HttpLine, ...] = ()

    async def close(self) -> None:
        """Let go of connections."""
        for line in self.lines:
            await line.close()


@dataclass(frozen=True)
class _Table:
    """A table of the settings."""

    name: str
    store: Store

    def text(self, key: str, usual: str | None = None) -> str:
        """What stands under a key. Raises NotReadyToServe where it is missing."""
        value = self.store.settings.payments[self.name].get(key, usual)
        if not value:
            raise self.wrong(f"{key} is missing")
        return value

    def secret(self, key: str) -> str:
        """What a key names, in the environment or a file. Raises NotReadyToServe."""
        try:
            return secret(self.text(key), self.store.settings.folder)
        except MissingSecret as missing:
            raise self.wrong(f"{key}: {missing}") from None

    def private_key(self, key: str) -> RsaPrivateKey:
        """The key to sign with. Raises NotReadyToServe."""
        try:
            return RsaPrivateKey(self.secret(key))
        except RsaKeyUnusable as unusable:
            raise self.wrong(f"{key}: {unusable}") from None

    def public_key(self, key: str) -> RsaPublicKey:
        """The key to verify with. Raises NotReadyToServe."""
        try:
            return RsaPublicKey(self.secret(key))
        except RsaKeyUnusable as unusable:
            raise self.wrong(f"{key}: {unusable}") from None

    def address(self, key: str, usual: str | None = None) -> str:
        """Where somebody listens. Raises NotReadyToServe."""
        address = self.text(key, usual)
        if not address.startswith(("https://", "http://")):
            raise self.wrong(f"{key} must begin with https:// or http://")
        return address.rstrip("/")

    def wrong(self, what: str) -> NotReadyToServe:
        """What is said of a table that cannot be used."""
        return NotReadyToServe(f"payments.{self.name}: {what}")


def peers(store: Store) -> Peers:
    """Those of the settings' tables; nothing is connected yet. Raises NotReadyToServe."""
    channels: dict[str, PaymentChannel] = {}
    lines: list[Http | HttpLine] = []
    his: dict[str, HisBilling] = {}
    for name, given in store.settings.payments.items():
        table = _Table(name, store)
        kind = HIS if name.startswith(f"{HIS}-") else name
        if kind not in KEYS:
            raise table.wrong(f"unknown; there are {', '.join(KEYS)}, {HIS}-…")
        unknown = sorted(set(given) - set(KEYS[kind]))
        if unknown:
            raise table.wrong(f"{', '.join(unknown)}: unknown; there are {', '.join(KEYS[kind])}")
        if kind == HIS:
            line = HttpLine(table.address("callback"), table.secret("callback_key"), table.text("hospital"), store.wall)
            if table.text("hospital") in his:
                raise table.wrong("the hospital has a table already")
            lines.append(line)
            his[table.text("hospital")] = RemoteHisBilling(line)
            continue
        http = Http()
        lines.append(http)
        channel = PLATFORMS[name](table, http)
        channels[channel.code] = channel
    return Peers(channels, his, tuple(lines))


def _wechat(table: _Table, http: Http) -> PaymentChannel:
    api_v3_key = table.secret("api_v3_key")
    if len(api_v3_key.encode()) != API_V3_KEY:
        raise table.wrong(f"api_v3_key must have {API_V3_KEY} characters")
    platform = {table.text("public_key_id"): table.public_key("public_key")}
    if "next_public_key_id" in table.store.settings.payments[table.name]:
        platform[table.text("next_public_key_id")] = table.public_key("next_public_key")
    keys = WechatKeys(
        table.text("mchid"), table.text("serial_no"), table.private_key("private_key"), api_v3_key, platform
    )
    base = table.address("address", wechat.BASE)
    return WechatChannel(keys, table.text("appid"), table.store.wall, http, base)


def _alipay(table: _Table, http: Http) -> PaymentChannel:
    keys = AlipayKeys(table.text("app_id"), table.private_key("private_key"), table.public_key("alipay_public_key"))
    return AlipayChannel(keys, table.store.wall, http, table.address("address", alipay.BASE))


KEYS: Mapping[str, tuple[str, ...]] = {
    "wechat": (
        "mchid",
        "appid",
        "serial_no",
        "private_key",
        "api_v3_key",
        "public_key_id",
        "public_key",
        "next_public_key_id",
        "next_public_key",
        "address",
    ),
    "alipay": ("app_id", "private_key", "alipay_public_key", "address"),
    HIS: ("callback", "callback_key", "hospital"),
}
"""What may stand in each table."""
PLATFORMS: Mapping[str, Callable[[_Table, Http], PaymentChannel]] = {"wechat": _wechat, "alipay": _alipay}
