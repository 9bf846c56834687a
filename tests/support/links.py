"""Links between the project's documents: each must lead to a file that exists, and to a heading that stands there.

`python -m tests.support.links` names the broken ones and ends with 1 if there are any.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from tests.support.tree import ROOT, files

_LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_SOURCE = re.compile(r"\b(?:src|href)=\"([^\"]+)\"")
_CODE = re.compile(r"^(```|~~~).*?^\1[^\n]*$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def broken(root: Path = ROOT) -> list[str]:
    """`file: target` of every link that leads nowhere; links to other sites are not followed."""
    return [
        f"{page.relative_to(root)}: {target}" for page, target in _links(root) if not _leads_somewhere(page, target)
    ]


def _links(root: Path) -> Iterator[tuple[Path, str]]:
    for page in files(root):
        if page.suffix == ".md":
            text = _CODE.sub("", page.read_text(encoding="utf-8"))
            for target in _LINK.findall(text) + _SOURCE.findall(text):
                if not _OUTSIDE.match(target):
                    yield page, target


def _leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = unquote(target).partition("#")
    goal = page if not path else page.parent / path
    if not goal.exists():
        return False
    return not anchor or goal.suffix != ".md" or anchor in _anchors(goal)


def _anchors(page: Path) -> set[str]:
    """The names under which a page's headings can be reached."""
    text = re.sub(r"^(```|~~~).*?^\1[^\n]*$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(text)}


def main() -> int:
    """Name the broken links; the exit status."""
    found = broken()
    for line in found:
        print(f"broken link: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
