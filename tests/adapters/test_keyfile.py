"""The keys file: made once, private, complete, and never told about in an error."""

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from yiqiao.adapters.keyfile import FileKeys, KeyFileUnusable

HEX = "0123456789abcdef"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "keys.json"


def content(path: Path) -> dict[str, object]:
    loaded: dict[str, object] = json.loads(path.read_text(encoding="ascii"))
    return loaded


def write(path: Path, text: str, mode: int = 0o600) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def test_the_file_is_made_on_first_use_and_read_afterwards(path: Path) -> None:
    made = FileKeys(path).keyring()
    assert FileKeys(path).keyring() == made
    assert [len(key) for key in (made.identity, made.index, made.chain)] == [32, 32, 32]
    assert len(made.sealing.key) == 16
    assert len({made.identity, made.index, made.chain}) == 3


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_only_the_owner_may_read_it(path: Path) -> None:
    FileKeys(path).keyring()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_may_read_is_refused_with_what_to_do(path: Path, mode: int) -> None:
    FileKeys(path).keyring()
    path.chmod(mode)
    with pytest.raises(KeyFileUnusable, match="chmod 600"):
        FileKeys(path).keyring()


def test_nothing_else_is_left_in_the_folder(path: Path) -> None:
    keys = FileKeys(path)
    keys.keyring()
    keys.rotate_sealing()
    assert [found.name for found in path.parent.iterdir()] == ["keys.json"]


def test_a_new_sealing_key_seals_and_the_old_one_still_opens(path: Path) -> None:
    keys = FileKeys(path)
    before = keys.keyring()
    id_, sealed = before.seal(b"a name", b"here")
    fresh = keys.rotate_sealing()
    after = keys.keyring()
    assert after.sealing.id == fresh != id_
    assert after.unseal(id_, sealed, b"here") == b"a name"
    assert (after.identity, after.index, after.chain) == (before.identity, before.index, before.chain)
    assert FileKeys(path).keyring() == after


def test_rotations_do_not_lose_each_other(path: Path) -> None:
    FileKeys(path).keyring()

    def rotate(_: int) -> str:
        try:
            return FileKeys(path).rotate_sealing()
        except KeyFileUnusable as refused:
            return str(refused)

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(rotate, range(12)))
    done = sum("another process" not in one for one in told)
    assert done >= 1
    assert len(FileKeys(path).keyring().sealing_by_id) == 1 + done


def test_a_lock_left_behind_is_named(path: Path) -> None:
    FileKeys(path).keyring()
    (path.parent / ".keys.json.lock").touch()
    with pytest.raises(KeyFileUnusable, match=r"remove .*\.keys\.json\.lock"):
        FileKeys(path).rotate_sealing()


def test_processes_that_start_at_once_end_up_with_one_file(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from yiqiao.adapters.keyfile import FileKeys; sys.stdin.read(1);"
        "print(FileKeys(Path(sys.argv[1])).keyring().identity.hex())"
    )
    command = [sys.executable, "-c", program, str(path)]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("g")
        process.stdin.flush()
    assert {process.communicate(timeout=60)[0].strip() for process in started} == {content(path)["identity"]}


def test_threads_that_start_at_once_end_up_with_one_file(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: FileKeys(path).keyring(), range(16)))
    assert all(ring == rings[0] for ring in rings)


@pytest.mark.parametrize("member", ["identity", "index", "chain", "sealing"])
def test_a_missing_member_is_named_with_its_file(path: Path, member: str) -> None:
    FileKeys(path).keyring()
    broken = content(path)
    del broken[member]
    write(path, json.dumps(broken))
    with pytest.raises(KeyFileUnusable) as refused:
        FileKeys(path).keyring()
    assert str(path) in str(refused.value)
    assert f"member {member} " in str(refused.value)


@pytest.mark.parametrize("value", ["", HEX, HEX * 4 + "0", "zz" * 32, "０" * 64, " " + HEX * 4, 7, ["x"], {"k": HEX}])
def test_bad_hexadecimal_is_refused_without_its_content(path: Path, value: object) -> None:
    FileKeys(path).keyring()
    write(path, json.dumps({**content(path), "chain": value}))
    with pytest.raises(KeyFileUnusable, match="member chain must be 64 hexadecimal digits") as refused:
        FileKeys(path).keyring()
    assert not isinstance(value, str) or not value.strip() or value not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("sealing", "told"),
    [
        ([], "member sealing "),
        ("k1", "member sealing "),
        (["k1"], "member sealing "),
        ([{"key": HEX * 2}], r"sealing\[0\]\.id"),
        ([{"id": "k1"}], r"sealing\[0\]\.key is missing"),
        ([{"id": "k1", "key": HEX * 2}, {"id": "k1", "key": HEX * 2}], r"sealing\[1\]\.id"),
        ([{"id": "k1", "key": HEX * 2}, {"id": "k2", "key": HEX * 4}], r"sealing\[1\]\.key must be 32"),
    ],
)
def test_faults_of_sealing_keys_are_named_by_their_place(path: Path, sealing: object, told: str) -> None:
    FileKeys(path).keyring()
    write(path, json.dumps({**content(path), "sealing": sealing}))
    with pytest.raises(KeyFileUnusable, match=told):
        FileKeys(path).keyring()


@pytest.mark.parametrize("text", ["", "{", "[]", "7", f'{{"identity": "{HEX * 4}"'])
def test_a_file_that_is_no_json_object_is_refused_without_its_content(path: Path, text: str) -> None:
    write(path, text)
    with pytest.raises(KeyFileUnusable, match="restore it from the backup") as refused:
        FileKeys(path).keyring()
    assert HEX not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_broken_file_is_never_replaced(path: Path) -> None:
    write(path, "{")
    for use in (FileKeys(path).keyring, FileKeys(path).rotate_sealing):
        with pytest.raises(KeyFileUnusable):
            use()
    assert path.read_text(encoding="ascii") == "{"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileUnusable, match=r"keys\.json: its folder cannot be made"):
        FileKeys(tmp_path / "file" / "keys.json").keyring()


def test_a_keyring_shows_no_key(path: Path) -> None:
    ring = FileKeys(path).keyring()
    shown = repr(ring)
    for key in (ring.identity, ring.index, ring.chain, ring.sealing.key):
        assert key.hex() not in shown
        assert repr(key) not in shown
