"""The body of a reference page: made once for each page, profile and language, since it is the same for all readers."""

from functools import cache, lru_cache

from yiqiao.web.i18n import Language, Words
from yiqiao.web.reference.addresses import Address, Place, Room, on_the_hub
from yiqiao.web.reference.views import View, view_of
from yiqiao.web.render import environment

KEPT = 2_000
"""Bodies that are kept; a standard has about fifty pages, times its profiles, times two languages."""


@cache
def shown(place: Place) -> View:
    """What a page shows. Raises SpecError, KeyError for a place that is none."""
    return view_of(place)


@lru_cache(KEPT)
def page_body(place: Place, language: Language) -> str:
    """The body of a page of the hub. Raises SpecError, KeyError for a place that is none."""
    return body(shown(place), place, language, on_the_hub)


def body(view: View, place: Place, language: Language, address: Address, *, searches: bool = True) -> str:
    """The body of a page. `searches`: whether somebody will answer a form."""

    def link(room: str, name: str = "", anchor: str = "") -> str:
        return address(Place(Room(room), place.dialect, name, place.profile), anchor)

    def of(dialect: str) -> str:
        return address(Place(Room.INDEX, dialect, "", place.profile), "")

    def profiled(profile: str) -> str:
        return address(place._replace(profile=profile), "")

    return (
        environment()
        .get_template(f"reference/{place.room.value}.html")
        .render(
            t=Words(language),
            chinese=language is Language.CHINESE,
            view=view,
            link=link,
            of=of,
            profiled=profiled,
            searches=searches,
        )
    )


def title_of(view: View, place: Place, language: Language) -> str:
    """What a page is called in a browser's tab."""
    words = Words(language)
    own = getattr(view, "title", "") or words(f"reference.room_{place.room.value}")
    return f"{own} · {place.dialect}" if place.dialect else own
