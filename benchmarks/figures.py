"""A measured figure beside its reference, and how a set of them is shown."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One figure. `target` is the least ratio to the reference, `limit` the most the value may be."""

    name: str
    value: float
    unit: str
    reference: float | None = None
    reference_name: str = ""
    target: float | None = None
    limit: float | None = None

    @property
    def ratio(self) -> float | None:
        """The value in units of its reference."""
        return self.value / self.reference if self.reference else None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is not None and self.ratio is not None:
            return self.ratio >= self.target
        return self.value <= self.limit if self.limit is not None else None

    def facts(self) -> dict[str, object]:
        """All of it, for JSON."""
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


def table(figures: Iterable[Figure]) -> str:
    """The figures as lines of text."""
    rows = [("figure", "value", "reference", "ratio", "target", "")]
    for figure in figures:
        reference = f"{figure.reference:,.4g} {figure.reference_name}" if figure.reference else ""
        ratio = f"{figure.ratio:.3f}" if figure.ratio is not None else ""
        target = f">= {figure.target}" if figure.target is not None else ""
        target = f"<= {figure.limit} {figure.unit}" if figure.limit is not None else target
        verdict = {True: "met", False: "MISSED", None: ""}[figure.met]
        value = f"{figure.value:,.4g}" if figure.value < 1000 else f"{figure.value:,.0f}"
        rows.append((figure.name, f"{value} {figure.unit}", reference, ratio, target, verdict))
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
