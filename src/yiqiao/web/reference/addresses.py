"""Where a page of the reference is: an address that never changes, as a page of the hub or as a file in a folder.

    page                                 file
    /docs                                index.html
    /docs/DIALECT                        DIALECT/index.html
    /docs/DIALECT/OPERATION              DIALECT/OPERATION.html
    /docs/DIALECT/envelope               DIALECT/envelope.html
    /docs/DIALECT/codes                  DIALECT/codes/index.html
    /docs/DIALECT/codes/TABLE            DIALECT/codes/TABLE.html
    /docs/DIALECT/returns                DIALECT/returns.html

Within a page: #request-NAME and #response-NAME for fields (PARENT.NAME within a node), #code-CODE for codes.
"""

from collections.abc import Callable
from enum import StrEnum
from posixpath import relpath
from typing import NamedTuple
from urllib.parse import quote

from yiqiao.spec import STANDARD


class Room(StrEnum):
    """The kinds of pages. The values that are no words of their own stand in addresses; no operation is called so."""

    SHELF = "shelf"
    INDEX = "index"
    OPERATION = "operation"
    ENVELOPE = "envelope"
    CODES = "codes"
    TABLE = "table"
    RETURNS = "returns"


class Place(NamedTuple):
    """A page of the reference; `name` is the operation's or the code table's, `profile` the reader's."""

    room: Room
    dialect: str = ""
    name: str = ""
    profile: str = STANDARD


Address = Callable[[Place, str], str]
"""The address of a page, and within it of an anchor ("" for the whole page)."""


def on_the_hub(place: Place, anchor: str = "") -> str:
    """The address of a page of the hub."""
    parts = {
        Room.SHELF: (),
        Room.OPERATION: (place.dialect, place.name),
        Room.TABLE: (place.dialect, "codes", place.name),
        Room.INDEX: (place.dialect,),
    }.get(place.room, (place.dialect, place.room.value))
    path = "/".join(("/docs", *(quote(part) for part in parts)))
    query = f"?profile={quote(place.profile)}" if place.profile != STANDARD else ""
    return path + query + (f"#{quote(anchor)}" if anchor else "")


def as_file(place: Place) -> str:
    """The path of a page's file within the folder of the reference."""
    names = {
        Room.SHELF: "index",
        Room.INDEX: f"{place.dialect}/index",
        Room.OPERATION: f"{place.dialect}/{place.name}",
        Room.CODES: f"{place.dialect}/codes/index",
        Room.TABLE: f"{place.dialect}/codes/{place.name}",
    }
    return names.get(place.room, f"{place.dialect}/{place.room.value}") + ".html"


def from_file(here: Place) -> Address:
    """Addresses of other pages' files as the file of `here` has to write them."""
    folder = as_file(here).rpartition("/")[0] or "."

    def address(place: Place, anchor: str = "") -> str:
        return quote(relpath(as_file(place), folder)) + (f"#{quote(anchor)}" if anchor else "")

    return address
