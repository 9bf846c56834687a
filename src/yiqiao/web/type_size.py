"""大字版: the citizen's pages in larger type, asked for by `?size=large` and then remembered by a cookie."""

from starlette.requests import Request

COOKIE = "yiqiao_size"
SIZES = ("normal", "large")


def size_of(request: Request) -> str:
    """The size to show a page in: one of SIZES."""
    for said in (request.query_params.get("size"), request.cookies.get(COOKIE)):
        if said in SIZES:
            return said
    return SIZES[0]


def other_size(size: str) -> str:
    """The one that the switch leads to."""
    return SIZES[1 - SIZES.index(size)]
