"""The search for broken links finds each kind, and leaves other sites and examples alone."""

from pathlib import Path

import pytest

from tests.support.links import broken


@pytest.mark.parametrize(
    "text",
    [
        "[gone](gone.md)",
        "![no picture](images/none.png)",
        "[no such heading](#nowhere)",
        '<img src="none.png">',
        "[other page, no such heading](other.md#nowhere)",
    ],
)
def test_a_link_that_leads_nowhere_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.md").write_text("# Other\n", encoding="utf-8")
    (tmp_path / "page.md").write_text(f"# Page\n\n{text}\n", encoding="utf-8")
    assert len(broken(tmp_path)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "[here](#first-things-first)",
        "[there](other.md#the-other)",
        "[far](https://example.org/gone)",
        "`[code](gone.md)`",
        "```\n[code](gone.md)\n```",
    ],
)
def test_a_link_that_leads_somewhere_is_not(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.md").write_text("# The *other*\n", encoding="utf-8")
    (tmp_path / "page.md").write_text(f"# First things first\n\n{text}\n", encoding="utf-8")
    assert broken(tmp_path) == []
