"""The reference as HTML files in a folder, to be read without a hub: `python -m yiqiao.web.reference.files FOLDER`.

The pages are those of the hub, Chinese at the top of the folder and English in `en/`, with one style sheet beside them.
"""

import sys
from collections.abc import Iterator
from importlib.resources import files as package_files
from pathlib import Path

from yiqiao.spec import STANDARD, dialects
from yiqiao.web.i18n import Language, Words
from yiqiao.web.reference.addresses import Place, Room, as_file, from_file
from yiqiao.web.reference.rendering import body, shown, title_of
from yiqiao.web.reference.views import places
from yiqiao.web.render import environment

STYLE = "yiqiao.css"
FOLDERS = {Language.CHINESE: "", Language.ENGLISH: "en/"}


def write(folder: Path, profile: str = STANDARD) -> int:
    """Write all pages of all standards in one profile; answers how many files there are. Raises SpecError, OSError."""
    count = 0
    for path, text in _files(profile):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        count += 1
    return count


def _files(profile: str) -> Iterator[tuple[str, str]]:
    style = package_files("yiqiao.web").joinpath("static", STYLE).read_text(encoding="utf-8")
    yield STYLE, style
    for language, prefix in FOLDERS.items():
        yield prefix + as_file(Place(Room.SHELF)), _page(Place(Room.SHELF), language)
        for dialect in dialects():
            for place in places(dialect, profile):
                yield prefix + as_file(place), _page(place, language)


def _page(place: Place, language: Language) -> str:
    view = shown(place)
    path = FOLDERS[language] + as_file(place)
    up = "../" * path.count("/")
    return (
        environment()
        .get_template("reference/file.html")
        .render(
            t=Words(language),
            language=language,
            title=title_of(view, place, language),
            body=body(view, place, language, from_file(place), searches=False),
            style=up + STYLE,
            other=up + FOLDERS[language.other] + as_file(place),
        )
    )


def main() -> int:
    """Write the files and say where; the exit status."""
    if len(sys.argv) != 2:
        print("usage: python -m yiqiao.web.reference.files FOLDER", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    print(f"{write(folder)} files in {folder}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
