"""Codes to be scanned, drawn: as SVG that stands in the page itself and takes its colour from there."""

from io import BytesIO

import segno

QUIET_ZONE = 4
"""Empty modules around a code, as ISO/IEC 18004 wants them; scanners need them on a dark page."""


def code_picture(text: str) -> str:
    """A QR code of a text, as SVG."""
    picture = BytesIO()
    drawn = segno.make_qr(text, error="m")
    drawn.save(picture, kind="svg", xmldecl=False, border=QUIET_ZONE, omitsize=True, svgclass=None, lineclass=None)
    return picture.getvalue().decode()
