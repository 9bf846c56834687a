"""What is kept is opened with the keys of whoever provides them."""

from pathlib import Path

from tests.support.keys import KEYRING
from yiqiao.app.settings import Settings
from yiqiao.app.store import KEYS_FILE, open_store
from yiqiao.crypto.keyring import Keyring


class Vault:
    """A provider other than the file."""

    def keyring(self) -> Keyring:
        return KEYRING


async def test_the_keys_of_another_provider_are_used_and_no_file_is_made(tmp_path: Path) -> None:
    async with open_store(Settings(data=str(tmp_path)), keys=Vault()) as store:
        assert store.keyring is KEYRING
    assert not (tmp_path / KEYS_FILE).exists()
