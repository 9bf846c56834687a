"""Settings: where they come from, which wins, and what is said of one that cannot be."""

from pathlib import Path

import pytest

from yiqiao.app.settings import Settings, SettingsError, load, parse_assignment


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "yiqiao.toml").write_text('port = 1\nhost = "file"\nissuer = "F"\n', encoding="utf-8")
    environment = {"YIQIAO_DATA": str(tmp_path), "YIQIAO_PORT": "2", "YIQIAO_HOST": "environment", "OTHER": "x"}
    found = load({"port": 3, "host": None}, environment)
    assert (found.port, found.host, found.issuer) == (3, "environment", "F")


def test_the_default_is_sqlite_in_the_data_folder(tmp_path: Path) -> None:
    found = load({"data": str(tmp_path)}, {})
    assert found.database == f"sqlite:///{tmp_path / 'yiqiao.db'}"
    assert found.on_loopback
    assert found.address == "http://127.0.0.1:8600"


def test_a_hub_on_another_address_is_not_on_loopback() -> None:
    assert not Settings(host="0.0.0.0").on_loopback
    assert Settings(public_url="https://hub.example/").address == "https://hub.example"
    assert Settings(host="::1", tls_certificate="c").address == "https://[::1]:8600"


@pytest.mark.parametrize(
    ("settings", "address", "known"),
    [
        (Settings(host="0.0.0.0"), "http://127.0.0.1:8600", False),
        (Settings(host="::"), "http://[::1]:8600", False),
        (Settings(), "http://127.0.0.1:8600", False),
        (Settings(host="10.1.2.3"), "http://10.1.2.3:8600", True),
        (Settings(host="0.0.0.0", public_url="https://hub.example/"), "https://hub.example", True),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_an_address_is_one_that_can_be_opened_and_says_who_can(settings: Settings, address: str, known: bool) -> None:
    assert (settings.address, settings.known_to_others) == (address, known)


@pytest.mark.parametrize(
    ("flags", "environment", "said"),
    [
        ({"prot": "1"}, {}, "--set prot: no setting is called 'prot'"),
        ({}, {"YIQIAO_PORT": "8600x"}, "environment variable YIQIAO_PORT: port must be a whole number"),
        ({"sandbox": "perhaps"}, {}, "--sandbox: sandbox must be true or false"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_its_place(
    flags: dict[str, object], environment: dict[str, str], said: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=said):
        load({"data": str(tmp_path), **flags}, environment)


def test_a_broken_or_missing_settings_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("port = = 1", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"broken\.toml"):
        load({}, {}, broken)
    with pytest.raises(SettingsError, match="no such file"):
        load({}, {}, tmp_path / "missing.toml")


def test_an_assignment_is_a_key_and_a_value() -> None:
    assert parse_assignment("max-body=10") == ("max_body", "10")
    with pytest.raises(SettingsError, match="KEY=VALUE"):
        parse_assignment("max_body")


def test_every_setting_is_documented() -> None:
    page = Path(__file__).parents[2] / "docs" / "settings.md"
    text = page.read_text(encoding="utf-8")
    for name in Settings.__dataclass_fields__:
        assert f"`{name}`" in text, f"docs/settings.md does not mention {name}"
