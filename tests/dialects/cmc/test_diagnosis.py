"""`yiqiao sign … cmc`: what senders do wrong with a launch parameter, each named by its first finding."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.dialects.cmc.launching import APP_KEY, INSURED, SECRET, SELF_PAY
from yiqiao.clock import FixedClock
from yiqiao.crypto import md5
from yiqiao.dialects.cmc import envelope
from yiqiao.dialects.cmc.client import Launcher
from yiqiao.dialects.cmc.diagnosis import diagnostics
from yiqiao.dialects.cmc.dialect import scheme_of
from yiqiao.dialects.cmc.examination import encoded_in
from yiqiao.exchange.diagnosis import Verdict

SCHEME = scheme_of("standard")
CLOCK = FixedClock(1_795_000_000_000)
GOOD = Launcher(APP_KEY, SECRET, clock=CLOCK).insured(**INSURED)
OWN = Launcher(APP_KEY, SECRET, clock=CLOCK).selfpay(**SELF_PAY)


def signed_as(text: str | bytes, values: Mapping[str, str] = GOOD.values) -> str:
    """A parameter whose signature is the digest of another string than the rule's."""
    data = text if isinstance(text, bytes) else text.encode()
    return envelope.encoded({**values, "sign": md5(data).hex().upper()})


def joined(names: tuple[str, ...] = envelope.SIGNED, values: Mapping[str, str] = GOOD.values) -> str:
    return "".join(name + values[name] for name in names if values.get(name))


def dropped(name: str) -> str:
    return encoded_in("&".join(GOOD.values[place] for place in envelope.PLACES if place != name))


def swapped() -> str:
    places = list(envelope.PLACES)
    at = places.index("yybm")
    places[at], places[at + 1] = places[at + 1], places[at]
    return encoded_in("&".join(GOOD.values[place] for place in places))


def name_encoded_first() -> str:
    encoded = envelope.plain_text(OWN.values).split("&")[20]
    return signed_as(f"appsecret{joined(values={**OWN.values, 'mzsxh': encoded})}{SECRET}", OWN.values)


MISTAKES: Mapping[str, tuple[Callable[[], str], str]] = {
    "order of the table": (
        lambda: signed_as(f"appsecret{joined(tuple(n for n in envelope.PLACES if n != 'sign'))}{SECRET}"),
        "order",
    ),
    "appKey in place of appkey": (
        lambda: signed_as(f"appsecret{joined().replace('appkey', 'appKey', 1)}{SECRET}"),
        "case",
    ),
    "whole string in capitals": (lambda: signed_as(f"appsecret{joined()}{SECRET}".upper()), "case"),
    "a missing place": (lambda: dropped("kh"), "places"),
    "the last place missing": (lambda: dropped("sqbm"), "places"),
    "two values exchanged": (swapped, "places-order"),
    "name encoded before signing": (name_encoded_first, "name-encoded"),
    "digest of GBK": (lambda: signed_as(f"appsecret{joined()}{SECRET}".encode("gbk")), "charset"),
    "everything in GBK": (lambda: encoded_in(GOOD.plain, "gbk"), "charset"),
    "secret in front": (lambda: signed_as(f"{SECRET}{joined()}appsecret"), "key-misplaced"),
    "secret behind the word": (lambda: signed_as(f"appsecret{SECRET}{joined()}"), "key-misplaced"),
    "no word in front": (lambda: signed_as(f"{joined()}{SECRET}"), "head-missing"),
    "no secret": (lambda: signed_as(f"appsecret{joined()}"), "key-missing"),
    "empty values kept": (
        lambda: signed_as("appsecret" + "".join(n + GOOD.values[n] for n in envelope.SIGNED) + SECRET),
        "empty-kept",
    ),
    "name=value joined by &": (
        lambda: signed_as(
            "appsecret" + "&".join(f"{n}={GOOD.values[n]}" for n in envelope.SIGNED if GOOD.values[n]) + SECRET
        ),
        "joined",
    ),
    "a value forgotten": (
        lambda: signed_as(f"appsecret{joined(tuple(n for n in envelope.SIGNED if n != 'ksmc'))}{SECRET}"),
        "left-out",
    ),
    "another secret": (lambda: signed_as(f"appsecret{joined()}S0mebodyElse"), "wrong-key"),
    "cut off": (lambda: GOOD.parameter[:101], "body"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(mistake: str) -> None:
    make, kind = MISTAKES[mistake]
    report = diagnostics.explain(make().encode(), SECRET, "standard")
    assert not report.fine
    assert report.findings[0].cause.kind == kind, report.findings
    assert SECRET not in json.dumps(report.as_dict("zh"), ensure_ascii=False)


@pytest.mark.parametrize("launch", [GOOD, OWN], ids=["insured", "self-pay"])
def test_a_good_launch_is_fine_in_all_its_forms(launch: object) -> None:
    assert launch is GOOD or launch is OWN
    chosen = GOOD if launch is GOOD else OWN
    forms = (
        chosen.parameter,
        chosen.url("http://hub.example"),
        chosen.link("http://hub.example"),
        chosen.command(r"D:\jgt\jgt.exe", "jgt-hn-cs"),
    )
    for form in forms:
        report = diagnostics.explain(form.encode(), SECRET, "standard")
        assert report.fine, report.findings
        assert diagnostics.verify(form.encode(), SECRET, "standard")[0] is Verdict.HOLDS
    assert diagnostics.detect(chosen.parameter.encode(), SECRET)[0].profile == "standard"


def test_the_commands_work_on_files(tmp_path: Path) -> None:
    from yiqiao.cli.sign import app

    key, draft, message = tmp_path / "key", tmp_path / "draft.json", tmp_path / "message"
    key.write_text(SECRET)
    values = {**INSURED, "hzlx": "1", "appkey": APP_KEY, "timestamp": "20261118192640"}
    draft.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
    made = CliRunner().invoke(app, ["make", "cmc", str(draft), "--key-file", str(key)])
    assert made.exit_code == 0, made.output
    message.write_text(made.stdout)
    for command, code in (("verify", 0), ("explain", 0), ("detect", 0), ("open", 0)):
        done = CliRunner().invoke(app, [command, "cmc", str(message), "--key-file", str(key)])
        assert done.exit_code == code, (command, done.output)
    assert "14 xm 患者姓名 = 柳成荫" in done.stdout
