"""Charts, drawn on the server as SVG: geometry only, the words and the figures stand beside them in the template.

A drawing is stretched to the width it is given, so nothing in it may be text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 1000, 100
FILLED = 0.72
"""The part of its place that a column fills."""
EVERY_LABEL = 7
"""So many labels find room below a chart on a phone; where there are more columns, the ends and the middle have one."""


@dataclass(frozen=True)
class Column:
    """A column of a chart: its place, its part of it, and the figure it stands for."""

    label: str
    value: int
    place: float
    room: float
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True)
class Columns:
    """A chart of columns over time. `top` is the figure at its upper edge; `labelled` are the labels that
    are shown."""

    top: int
    columns: tuple[Column, ...]
    labelled: tuple[str, ...]


def columns(values: Sequence[tuple[str, int]]) -> Columns:
    """The chart of (label, figure), in the order of time."""
    top = round_above(max((value for _, value in values), default=0))
    room = WIDTH / max(1, len(values))
    drawn = []
    for number, (label, value) in enumerate(values):
        height = HEIGHT * value / top
        drawn.append(
            Column(
                label=label,
                value=value,
                place=round(number * room, 2),
                room=round(room, 2),
                x=round((number + (1 - FILLED) / 2) * room, 2),
                width=round(room * FILLED, 2),
                y=round(HEIGHT - height, 2),
                height=round(height, 2),
            )
        )
    labels = [label for label, _ in values]
    few = len(labels) <= EVERY_LABEL
    labelled = labels if few else [labels[0], labels[len(labels) // 2], labels[-1]]
    return Columns(top, tuple(drawn), tuple(labelled))


def round_above(most: int) -> int:
    """The smallest of 2, 4, 6, 8, 10, 20, 40, 60, 80, 100 … that is not below `most`: half of it can be labelled."""
    power = 1
    while True:
        for factor in (2, 4, 6, 8, 10):
            if factor * power >= most:
                return factor * power
        power *= 10
