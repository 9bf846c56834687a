"""The style sheets against the templates: no rule without a page, and no rule said twice."""

import re
from importlib.resources import files

import pytest

from yiqiao.web.render import environment

WEB = files("yiqiao.web")
SHEETS = ("yiqiao.css", "citizen.css", "booking.css", "care.css", "cashier.css", "supervision.css")
GIVEN_BY_DATA = {"expired", "given", "answered", "unknown", "good", "warn", "bad", "fresh", "accent", "legend"}
"""Classes whose names are values: what became of a consent, the tone of an outcome; and what a script makes."""


def sheet(name: str) -> str:
    return re.sub(r"/\*.*?\*/", "", (WEB / "static" / name).read_text(encoding="utf-8"), flags=re.S)


def named_in_templates() -> set[str]:
    source = "\n".join(
        (WEB / "templates" / name).read_text(encoding="utf-8") for name in environment().list_templates()
    )
    return {name for said in re.findall(r'class="([^"]*)"', source) for name in re.findall(r"[a-z]+", said)}


def selectors(css: str) -> list[str]:
    """The selectors outside of media queries, one for each rule."""
    flat = re.sub(r"@\w[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", css)
    return [" ".join(found.split()) for found in re.findall(r"([^{}]+)\{", flat)]


@pytest.mark.parametrize("name", SHEETS)
def test_every_class_of_a_style_sheet_stands_in_a_template(name: str) -> None:
    classes = set(re.findall(r"\.([a-z]+)", re.sub(r"\{[^{}]*\}", "{}", sheet(name))))
    assert classes
    assert classes - named_in_templates() <= GIVEN_BY_DATA


@pytest.mark.parametrize("name", SHEETS)
def test_no_selector_has_two_rules(name: str) -> None:
    found = selectors(sheet(name))
    assert found
    assert [one for one in found if found.count(one) > 1] == []
