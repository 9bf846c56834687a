"""`yiqiao sign`: what stands on stdout, what on stderr, and the exit status that scripts rely on."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from yiqiao.cli.sign import app

SECRET = "0123456789abcdeffedcba9876543210"
DRAFT = {
    "app_id": "demo-hospital",
    "term_id": "35020010001",
    "method": "ehc.ehealthcode.verify",
    "version": "X.M.0.1",
    "timestamp": "20180516000058",
    "biz_content": {
        "ehealth_code": "206CB2B57E8E905C5EF59A063515F655D8A17XCD312DD76A:1:::00000001001",
        "treatment_code": "010105",
    },
}
DIGEST = "fbb99dd5c8ae2c9d6cd07caf7fa9350aa671a170845885dfbbbf255aa26915db"


def sign(*arguments: str, stdin: bytes | str = "", key: str | None = SECRET) -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin, env={"YIQIAO_KEY": key})


def made(profile: str = "standard") -> str:
    return sign("make", "ehealth_card", "--profile", profile, stdin=json.dumps(DRAFT)).stdout


def test_make_prints_the_message_and_nothing_else() -> None:
    result = sign("make", "ehealth_card", stdin=json.dumps(DRAFT))
    assert result.exit_code == 0
    assert json.loads(result.stdout)["sign"] == DIGEST
    assert result.stderr == ""
    told = json.loads(sign("make", "ehealth_card", "--json", stdin=json.dumps(DRAFT)).stdout)
    assert (told["profile"], json.loads(told["message"])["sign"]) == ("standard", DIGEST)


def test_make_fills_in_the_time() -> None:
    draft = {name: value for name, value in DRAFT.items() if name != "timestamp"}
    message = json.loads(sign("make", "ehealth_card", stdin=json.dumps(draft)).stdout)
    assert len(message["timestamp"]) == 14


def test_make_refuses_a_draft_with_status_1() -> None:
    result = sign("make", "ehealth_card", stdin='{"biz_content":{}}')
    assert (result.exit_code, result.stdout) == (1, "")
    assert "app_id" in result.stderr
    assert sign("make", "ehealth_card", stdin=json.dumps(DRAFT), key="short").exit_code == 1


@pytest.mark.parametrize(
    ("spoil", "key", "status", "verdict"),
    [
        (str, SECRET, 0, "holds"),
        (str, "f" * 32, 1, "broken"),
        (lambda message: message.replace(DIGEST, ""), SECRET, 1, "broken"),
        (lambda message: message.replace("SM3", "SM9"), SECRET, 2, "unknown"),
        (lambda message: message[:-5], SECRET, 2, "unknown"),
        (lambda _: "", SECRET, 2, "unknown"),
    ],
)
def test_verify_answers_by_its_exit_status(spoil: Callable[[str], str], key: str, status: int, verdict: str) -> None:
    message = spoil(made())
    result = sign("verify", "ehealth_card", "--json", stdin=message, key=key)
    assert result.exit_code == status
    assert json.loads(result.stdout)["signature"] == verdict
    assert sign("verify", "ehealth_card", stdin=message, key=key).exit_code == status


def test_verify_keeps_to_the_profile() -> None:
    message = made("signed-plain")
    assert sign("verify", "ehealth_card", stdin=message).exit_code == 1
    assert sign("verify", "ehealth_card", "--profile", "signed-plain", stdin=message).exit_code == 0


def test_open_prints_the_content_and_warns_on_stderr_where_the_signature_does_not_hold() -> None:
    result = sign("open", "ehealth_card", stdin=made())
    assert (result.exit_code, json.loads(result.stdout), result.stderr) == (0, DRAFT["biz_content"], "")
    unsigned = sign("open", "ehealth_card", stdin=made().replace(DIGEST, "0" * 64))
    assert (unsigned.exit_code, json.loads(unsigned.stdout)) == (0, DRAFT["biz_content"])
    assert "签名不符" in unsigned.stderr
    told = json.loads(sign("open", "ehealth_card", "--json", stdin=made()).stdout)
    assert told["signature"] == "holds"
    assert json.loads(told["content"]) == DRAFT["biz_content"]


def test_open_fails_with_1_under_a_wrong_key_and_with_2_on_what_is_no_message() -> None:
    assert sign("open", "ehealth_card", stdin=made(), key="f" * 32).exit_code == 1
    assert sign("open", "ehealth_card", stdin="no message").exit_code == 2


def test_explain_names_the_cause_first_and_what_to_change_in_both_languages() -> None:
    message = made("tail-key")
    chinese = sign("explain", "ehealth_card", stdin=message)
    assert chinese.exit_code == 1
    lines = chinese.stdout.splitlines()
    place = lines.index("可能的原因")
    assert lines[place + 1].startswith("  1. 密钥与参数之间的写法不对")
    assert "怎么改" in lines[place + 2]
    assert "tail-key" in lines[place + 3]
    english = sign("explain", "ehealth_card", "--lang", "en", stdin=message).stdout
    assert "1. the secret is joined to the parameters in another way" in english
    assert SECRET not in chinese.stdout + english
    told = json.loads(sign("explain", "ehealth_card", "--json", stdin=message).stdout)
    assert (told["signature"], told["findings"][0]["kind"], told["fine"]) == ("broken", "key-tail", False)


def test_explain_shows_every_layer_of_a_good_message_and_ends_with_0() -> None:
    result = sign("explain", "ehealth_card", stdin=made())
    assert result.exit_code == 0
    for said in ("未发现问题", "[√] 报文", "公共参数", "按规则应签名的串", "摘要", "业务参数明文", DIGEST, "〈密钥〉"):
        assert said in result.stdout
    assert sign("explain", "ehealth_card", stdin="no message").exit_code == 2


def test_detect_prints_the_profile_that_fits() -> None:
    for profile in (
        "standard",
        "signed-plain",
        "tail-key",
        "tail-app-secret",
        "digest-names",
        "unencrypted",
        "document",
    ):
        result = sign("detect", "ehealth_card", stdin=made(profile))
        assert (result.exit_code, result.stdout.strip()) == (0, profile)
    none = sign("detect", "ehealth_card", stdin=made(), key="f" * 32)
    assert (none.exit_code, none.stdout) == (1, "")
    told = json.loads(sign("detect", "ehealth_card", "--json", stdin=made()).stdout)
    assert told["profile"] == "standard"
    assert told["fits"][0]["decrypts"] is True
    assert sign("detect", "ehealth_card", stdin="no message").exit_code == 2


def test_the_key_comes_from_a_file_without_its_line_end_or_mark(tmp_path: Path) -> None:
    for content in (SECRET.encode(), f"{SECRET}\r\n".encode(), f"\ufeff{SECRET}\n".encode()):
        path = tmp_path / "key"
        path.write_bytes(content)
        assert sign("verify", "ehealth_card", "--key-file", str(path), stdin=made(), key=None).exit_code == 0
    assert sign("verify", "ehealth_card", "--key-file", str(tmp_path / "none"), stdin=made()).exit_code == 2


def test_a_key_on_the_command_line_works_with_a_warning() -> None:
    result = sign("verify", "ehealth_card", "--key", SECRET, stdin=made(), key=None)
    assert result.exit_code == 0
    assert "warning" in result.stderr


def test_no_key_is_an_error_with_a_way_out() -> None:
    result = sign("verify", "ehealth_card", stdin=made(), key=None)
    assert result.exit_code == 2
    assert "--key-file" in result.stderr


def test_the_message_comes_from_a_file_or_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "message.json"
    path.write_text(made(), "utf-8")
    assert sign("verify", "ehealth_card", str(path)).exit_code == 0
    assert sign("verify", "ehealth_card", "-", stdin=made()).exit_code == 0
    missing = sign("verify", "ehealth_card", str(tmp_path / "none"))
    assert missing.exit_code == 2
    assert "none" in missing.stderr


def test_a_dialect_or_profile_that_does_not_exist_is_told_with_those_that_do() -> None:
    assert "ehealth_card" in sign("verify", "nonsense", stdin=made()).stderr
    for name in ("../ehealth_card", "nonsense"):
        assert sign("verify", name, stdin=made()).exit_code == 2
    wrong = sign("verify", "ehealth_card", "--profile", "nonsense", stdin=made())
    assert wrong.exit_code == 2
    assert "tail-key" in wrong.stderr
