"""Pictures of pages for people to look at. To draw them is half of what such a test costs, so it is done on demand:
`YIQIAO_PICTURES=folder ./dev test tests/web -k browser`.
"""

import os
from pathlib import Path

from playwright.sync_api import Page

FOLDER = os.environ.get("YIQIAO_PICTURES", "")


def draw(page: Page, path: Path) -> None:
    """Draw a page as a whole, under the names of the test's own folder and of `path`."""
    if FOLDER:
        page.screenshot(path=Path(FOLDER, f"{path.parent.name}-{path.name}"), full_page=True)
