"""docs/supervision-wire.md: its worked signatures are computed, its profiles and verdicts are those of the program."""

import re
from pathlib import Path

import pytest

from yiqiao.dialects.supervision import envelope
from yiqiao.dialects.supervision.dialect import calling_order
from yiqiao.dialects.supervision.scheme import RULES, Scheme
from yiqiao.dialects.supervision.verdicts import Verdict
from yiqiao.spec import load, profiles

DOCS = Path(__file__).parents[3] / "docs"
WIRE = (DOCS / "supervision-wire.md").read_text(encoding="utf-8")
UPLOAD = (DOCS / "supervision-upload.md").read_text(encoding="utf-8")
SAID = dict(re.findall(r"^    (KEY|appid|randomstr|service|data|S\d) {2,}(.+)$", WIRE, re.MULTILINE))


@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_worked_signatures_are_computed_as_told(rule: str) -> None:
    said, _ = envelope.seal_request(
        SAID["service"], SAID["appid"], SAID["randomstr"], "2026-11-21 09:30:00", SAID["data"].encode(), SAID["KEY"],
        Scheme(rule),
    )  # fmt: skip
    assert said["sign"] == SAID[rule]


def test_the_request_that_is_shown_is_the_worked_one() -> None:
    shown = dict(re.findall(r"^    (service|appid|randomstr|sign): (.+)$", WIRE, re.MULTILINE))
    assert shown == {name: SAID[name] for name in ("service", "appid", "randomstr")} | {"sign": SAID["S1"]}


def test_profiles_and_verdicts_are_those_there_are() -> None:
    table = WIRE.partition("## Profiles")[2].partition("### What")[0]
    named = {
        name for row in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for name in re.findall(r"`([\w-]+)`", row)
    }
    assert named == set(profiles("supervision"))
    answers = WIRE.partition("## An answer")[2].partition("## Limits")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", answers, re.MULTILINE)) == set(Verdict)


def test_the_calling_order_is_told_as_it_is() -> None:
    told = re.search(r"Order: ([A0-9, ]+),", UPLOAD)
    assert told is not None
    order = [name for name in calling_order(load("supervision", "reconstructed")) if name not in ("A0000", "A0001")]
    assert told[1].split(", ") == order
