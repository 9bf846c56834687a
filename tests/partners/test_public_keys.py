"""Partners' SM2 public keys: filed in one writing, read from the directory, refused where they are none."""

import pytest

from yiqiao.clock import FixedClock
from yiqiao.crypto import generate_private_key, public_key
from yiqiao.crypto.keyring import Keyring
from yiqiao.partners import Partner, store
from yiqiao.partners.admission import UnknownPartner
from yiqiao.partners.public_keys import SETTING, PublicKeyUnfit, normal, public_key_of, set_public_key
from yiqiao.storage import Database

KEY = public_key(generate_private_key()).hex()


@pytest.mark.parametrize("text", [KEY, KEY.upper(), f"04{KEY}", f" {KEY}\n"])
def test_a_key_is_filed_in_one_writing(text: str) -> None:
    assert normal(text) == KEY


@pytest.mark.parametrize(
    "text", ["", "zz", "00" * 64, KEY[:-2], f"03{KEY}", KEY[:-1] + ("0" if KEY[-1] != "0" else "1")]
)
def test_what_is_no_point_of_the_curve_is_refused(text: str) -> None:
    with pytest.raises(PublicKeyUnfit):
        normal(text)


def test_a_partner_without_a_key_has_none() -> None:
    assert public_key_of(Partner("onetrans", "his", "某医院")) is None
    assert public_key_of(Partner("onetrans", "his", "某医院", settings={SETTING: KEY})) == bytes.fromhex(KEY)


async def test_a_key_stands_beside_the_other_settings(database: Database, keyring: Keyring, clock: FixedClock) -> None:
    new = store.NewPartner("onetrans", "his", "某医院", settings={"demo": True})
    await database.write(lambda c: store.add(c, keyring, clock.now_ms(), new))
    await database.write(lambda c: set_public_key(c, clock.now_ms(), "onetrans", "his", f"04{KEY}"))
    filed = await database.read(lambda c: store.show(c, "onetrans", "his"))
    assert filed.settings == {"demo": True, SETTING: KEY}
    with pytest.raises(UnknownPartner):
        await database.write(lambda c: set_public_key(c, clock.now_ms(), "onetrans", "nobody", KEY))
