"""The table of words and the style sheet: complete, used, legible."""

import re
from importlib.resources import files

import pytest

from yiqiao.web.i18n import Language, Words, table
from yiqiao.web.render import environment

WEB = files("yiqiao.web")
CSS = (WEB / "static" / "yiqiao.css").read_text(encoding="utf-8")
SOURCES = "\n".join((WEB / "templates" / name).read_text(encoding="utf-8") for name in environment().list_templates())
ASKED_BY_NAME = (
    "hospitals.kind_",
    "hospitals.what_",
    "refusal.",
    "trouble.",
    "role.",
    "dialect.",
    "message.",
    "console.",
    "reference.",
    "start.",
    "consent.",
    "sandbox.",
    "monitoring.",
    "cards.",
    "partners.",
    "try_it.",
    "journal.",
    "card.",
    "workstation.",
    "launch_refused.",
    "launching.",
    "home.",
    "book.",
    "visit.",
    "family.",
    "cashier.",
    "till.",
    "payments.",
    "settling.",
    "merchants.",
    "books.",
    "pay_check.",
    "appointments.",
    "appointment.",
    "reconciliation.",
    "care.",
    "pay.",
    "queue.",
    "recipe.",
    "report.",
    "stay.",
    "reader.",
    "readers.",
    "supervised.kind_",
    "supervised.partner_",
    "supervised.subject_",
    "supervision.title",
    "analysed.",
)
"""Sections whose rows are chosen by data as well."""
THEMES = [
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block)) for block in re.findall(r":root \{(.*?)\}", CSS, re.S)
]
READ_TOGETHER = [
    *((text, ground) for text in ("text", "quiet", "accent") for ground in ("ground", "card", "sunk")),
    *((tone, f"{tone}-tint") for tone in ("warning", "danger", "success")),
    ("accent", "tint"),
    ("on-accent", "accent"),
    ("on-accent", "accent-deep"),
    ("quiet", "card"),
]


@pytest.mark.parametrize("key", sorted(table()))
def test_both_languages_say_something_with_the_same_blanks(key: str) -> None:
    row = table()[key]
    blanks = {language: set(re.findall(r"{(\w+)}", row[language])) for language in Language}
    assert all(row[language].strip() for language in Language) or key == "frame.second"
    assert blanks[Language.CHINESE] == blanks[Language.ENGLISH]


def test_chinese_is_chinese_and_english_is_english() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    for key, row in table().items():
        if key not in {"frame.other_language", "frame.second"}:
            assert not han.search(row["en"]), key
        assert not re.search(r"[\u4e00-\u9fff] ?[,;:!?()] ?", row["zh"]), f"{key}: half-width punctuation"


def test_every_word_that_a_template_asks_for_is_in_the_table() -> None:
    asked = set(re.findall(r"""\bt\(["']([a-z_]+\.\w+)["'][,)]""", SOURCES))
    assert asked
    assert asked <= set(table())


def test_no_word_is_left_over() -> None:
    named = set(re.findall(r"""["']([a-z_]+\.\w+)["']""", SOURCES))
    unused = [key for key in table() if key not in named and not key.startswith(ASKED_BY_NAME)]
    assert unused == []


def test_words_fill_their_blanks() -> None:
    assert Words(Language.CHINESE)("act.copy_what", what="密钥") == "复制密钥"
    assert Words(Language.ENGLISH).of("role", "nobody", "-") == "-"


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), READ_TOGETHER)
def test_text_has_the_contrast_of_wcag_aa(text: str, ground: str, theme: int) -> None:
    colours = THEMES[0] | THEMES[theme]
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_edges_of_inputs_have_the_contrast_of_wcag_aa(theme: int) -> None:
    colours = THEMES[0] | THEMES[theme]
    assert contrast(colours["edge"], colours["card"]) >= 3


def test_style_sheet_stays_small_and_asks_nobody_else() -> None:
    assert len(CSS.encode()) < 20 * 1024
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_borrowed_script_has_its_licence_beside_it() -> None:
    assert (WEB / "static" / "htmx.min.js").is_file()
    assert "Zero-Clause BSD" in (WEB / "static" / "htmx.LICENSE.txt").read_text(encoding="utf-8")


def test_no_key_stands_twice_in_a_file_of_words() -> None:
    for file in (files("yiqiao.web") / "messages").iterdir():
        section, seen = "", set()
        for line in file.read_text(encoding="utf-8").splitlines():
            found = re.match(r"(  )?(\w+):", line)
            if found and not found[1]:
                section = found[2]
            elif found:
                assert (section, found[2]) not in seen, f"{file.name}: {section}.{found[2]}"
                seen.add((section, found[2]))
