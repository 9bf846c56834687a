"""docs/convenience.md: its worked message is computed, and its names are those of the specification."""

import re
from pathlib import Path

from yiqiao.dialects.convenience import envelope
from yiqiao.dialects.convenience.dialect import scheme_of
from yiqiao.dialects.convenience.scheme import REQUEST_ORDER
from yiqiao.dialects.convenience.server import path_of, service_of
from yiqiao.dialects.convenience.strict_xml import MAX_DEPTH
from yiqiao.spec import profiles

PAGE = (Path(__file__).parents[3] / "docs" / "convenience.md").read_text(encoding="utf-8")
SCHEME = scheme_of("standard")


def printed(name: str) -> str:
    """What the page prints beside a name."""
    found = re.search(rf"^    {name} +(.*)$", PAGE, re.MULTILINE)
    assert found is not None, name
    return found[1]


def test_the_worked_message_is_right() -> None:
    key = printed("KEY")
    values, _ = envelope.read_parameters(envelope.seal_request("1001", "demo", printed("content"), key, SCHEME))
    assert values["REQ_ENCRYPTED"] == printed("REQ_ENCRYPTED")
    assert values["SIGN"] == printed("SIGN")
    string = SCHEME.string_to_sign({name: values[name] for name in REQUEST_ORDER}, REQUEST_ORDER, key)
    assert string == printed("string").replace("<REQ_ENCRYPTED>", values["REQ_ENCRYPTED"])


def test_every_profile_and_every_name_of_the_service_stands_on_the_page() -> None:
    service = service_of("standard")
    for name in (service.name, service.namespace, *service.dispatchers, path_of("jkt")):
        assert f"`{name}`" in PAGE or f"`{name}` and kin" in PAGE, name
    assert set(re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE)) == set(profiles("convenience"))
    assert f"more than {MAX_DEPTH} levels" in PAGE
