"""`python -m benchmarks [NAME …] [--json FILE]`: measure, and show a table."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import (
    appointments,
    cmc,
    command_line,
    consent,
    convenience,
    crypto,
    ehealth_card,
    hospital_import,
    native,
    onetrans,
    payment_reconciliation,
    payments,
    supervision,
    supervision_overview,
)
from benchmarks.figures import Figure, table


def _crypto() -> Iterator[Figure]:
    for row in crypto.measure():
        name, _, reference = str(row["name"]).partition(" / ")
        yield Figure(name, float(row["value"]), str(row["unit"]), float(row["reference"]), reference)


SUITES: dict[str, Callable[[], Iterator[Figure]]] = {
    "crypto": _crypto,
    "command-line": command_line.measure,
    "ehealth_card": ehealth_card.measure,
    "consent": consent.measure,
    "cmc": cmc.measure,
    "convenience": convenience.measure,
    "hospital-import": hospital_import.measure,
    "appointments": appointments.measure,
    "payments": payments.measure,
    "payment-reconciliation": payment_reconciliation.measure,
    "onetrans": onetrans.measure,
    "supervision": supervision.measure,
    "supervision-overview": supervision_overview.measure,
    "native": native.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measure, each figure beside its reference.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(SUITES)}; none: all")
    parser.add_argument("--json", type=Path, help="write the figures to a file as well")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(SUITES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    figures: list[Figure] = []
    for name in asked.names or SUITES:
        print(f"measuring {name} …", file=sys.stderr)
        figures.extend(SUITES[name]())
    print(table(figures))
    if asked.json:
        asked.json.write_text(json.dumps([figure.facts() for figure in figures], indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
