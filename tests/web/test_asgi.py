"""How the server loads the hub, and what the terminal says once."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from yiqiao.app.settings import Settings
from yiqiao.web.asgi import ENVIRONMENT, application, create_app, welcome


def test_application_takes_its_settings_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data=str(tmp_path), public_url="https://card.example.org")
    monkeypatch.setenv(ENVIRONMENT, json.dumps(asdict(settings)))
    with TestClient(create_app()) as client:
        assert "https://card.example.org" in client.get("/").text


def test_first_password_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(data=str(tmp_path))
    for expected in (1, 0):
        with TestClient(application(settings)):
            said = capsys.readouterr()
            assert said.err.count("password   ") == expected
            assert "password" not in said.out


def test_welcome_is_a_box_that_names_the_address() -> None:
    lines = welcome(Settings(), "abcde-fghij").strip().splitlines()
    assert len({len(line) for line in lines}) == 1
    assert any("http://127.0.0.1:8600/sign-in" in line for line in lines)
    assert any("abcde-fghij" in line for line in lines)
