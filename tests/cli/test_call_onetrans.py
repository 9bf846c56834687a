"""`yiqiao call onetrans`: an operation, as the sandbox's demo HIS or as one's own; both sides' public keys."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dialects.onetrans.desk import KEY, answered
from tests.dialects.onetrans.platform import Said, standing
from tests.support.command import yiqiao
from tests.support.served import Served, served
from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE
from yiqiao.crypto import generate_private_key, public_key
from yiqiao.dialects.onetrans.envelope import Keys

QUERY = (
    "hop.trade.query",
    "payAppId=m1",
    "payAppSecret=s",
    "termNo=T1",
    "cardType=01",
    "cardNo=ZL1",
    "accountType=01",
    "tradeType=hop.trade.recharge",
    "traceNo=7001",
)
REFUND = (
    *(word for word in QUERY[1:] if not word.startswith("tradeType")),
    "userName=柳成荫",
    "amount=1.00",
    "withdrawMode=1",
    "refundType=hisDecide",
    "hisCustId=P1",
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("called")) as running:
        yield running


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "app.key"
    file.write_text(KEY)
    return file


def called(*arguments: str, data: Path = Path("nowhere")) -> tuple[int, str, str]:
    done = yiqiao("call", "onetrans", *arguments, data=data)
    return done.returncode, done.stdout, done.stderr


def test_an_operation_is_called_and_its_answer_shown(key_file: Path) -> None:
    with standing(Said(values=answered("hop.trade.query"))) as platform:
        own = ("--url", platform.url, "--app-id", "his", "--key-file", str(key_file))
        code, out, err = called(*QUERY, *own, "--json", "--desk", "opter=S9", "--desk", "dev_no=Z1")
    assert (code, json.loads(out), err) == (0, answered("hop.trade.query"), "")
    asked = platform.asked[0]
    assert (asked.params["opter"], asked.params["dev_no"], asked.values["traceNo"]) == ("S9", "Z1", "7001")


def test_what_is_pending_is_shown_with_its_code_and_a_serial_is_made(key_file: Path) -> None:
    waiting = Said("700200", {"outRefundNo": "x", "result": "ing"}, "退款待审批")
    with standing(waiting) as platform:
        own = ("--url", platform.url, "--app-id", "his", "--key-file", str(key_file))
        code, out, err = called("refund", *REFUND, *own)
    assert code == 0
    assert json.loads(out)["result"] == "ing"
    assert "700200 退款待审批" in err
    assert f"made: outRefundNo={platform.asked[0].values['outRefundNo']}" in err


def test_sm2_needs_the_files_of_its_keys(key_file: Path, tmp_path: Path) -> None:
    ours, theirs = generate_private_key(), generate_private_key()
    sm2 = tmp_path / "sm2.key"
    sm2.write_text(ours.hex())
    keys = Keys((KEY,), public_key(ours), theirs)
    with standing(Said(values=answered("hop.trade.query")), keys=keys) as platform:
        own = ("--url", platform.url, "--app-id", "his", "--key-file", str(key_file), "--sign-type", "SM2")
        more = ("--sm2-key-file", str(sm2), "--platform-key", public_key(theirs).hex())
        assert called(*QUERY, *own, *more)[0] == 0
        code, _, err = called(*QUERY, *own)
    assert code == USAGE
    assert "SM2" in err


def test_the_sandbox_s_demo_his_calls_without_credentials(hub: Served) -> None:
    code, out, err = called("settle.cancel", *CANCEL, "--url", f"{hub.url}/onetrans", data=Path(hub.settings.data))
    assert (code, out) == (REFUSED, "")
    assert err.startswith("700306 "), err


CANCEL = (
    "fixmedins_code=H98510001001",
    "fixmedins_name=云桥县人民医院",
    "mdtrt_id=M1",
    "setl_id=S1",
    "psn_no=R1",
)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("charge-it",), "hop.trade.refund"),
        (("trade.query", "tradeType=gift"), "tradeType"),
        ((*QUERY, "--profile", "nowhere"), "nowhere"),
        ((*QUERY, "--desk", "hat=red"), "hat"),
        ((*QUERY, "--sm2-key-file", "/nowhere"), "--sm2-key-file"),
    ],
)
def test_what_cannot_be_sent_is_told_before_it_is(key_file: Path, arguments: tuple[str, ...], told: str) -> None:
    own = ("--url", "http://127.0.0.1:1/x", "--app-id", "his", "--key-file", str(key_file))
    code, _, err = called(*arguments, *own)
    assert code == USAGE
    assert told in err


def test_nobody_there_has_an_exit_code_of_its_own(key_file: Path) -> None:
    own = ("--url", "http://127.0.0.1:1/x", "--app-id", "his", "--key-file", str(key_file))
    assert called(*QUERY, *own)[0] == UNREACHABLE
    code, out, _ = called(*QUERY, *own, "--dry-run")
    assert code == 0
    assert json.loads(out)["trans_type"] == "hop.trade.query"
    assert KEY not in out


def test_both_public_keys_are_shown_and_the_partner_s_is_filed(hub: Served, tmp_path: Path) -> None:
    data = Path(hub.settings.data)
    key = public_key(generate_private_key()).hex()
    file = tmp_path / "partner.pub"
    file.write_text(f"04{key.upper()}\n")

    def asked(*more: str) -> tuple[int, str, str]:
        done = yiqiao("partner", "public-key", "onetrans", "demo-onetrans", *more, data=data)
        return done.returncode, done.stdout, done.stderr

    assert "(none on file)" in asked()[1]
    code, out, _ = asked("--set-file", str(file), "--json")
    told = json.loads(out)
    assert (code, told["partner"]) == (0, key)
    assert len(bytes.fromhex(told["hub"])) == 64
    assert asked("--set", "00" * 64)[0] == REFUSED
    assert yiqiao("partner", "public-key", "cmc", "demo-his", data=data).returncode == USAGE
