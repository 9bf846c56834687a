"""Invented records of a hospital, and a platform that takes them as it is told to."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from yiqiao.crypto import sm3
from yiqiao.hospital.supervision.checking import Ready
from yiqiao.ports.supervision import Fate, NotTaken, Taken, Then
from yiqiao.spec import Table, load

SPEC = load("supervision", "reconstructed")
APP_ID = "IH9851"
ORDER = ("A1001", "A1002", "A2000")


def table(operation: str) -> Table:
    return SPEC.operations[operation].asks


def department(number: int, **changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "deptCode": f"{number:04}",
        "deptName": "内科",
        "parentId": "-1",
        "hasChild": 0,
        "status": 0,
    }
    return {**row, **changes}


def ready(number: int, name: str = "内科", source: str = "") -> Ready:
    row = department(number, deptName=name)
    text = orjson.dumps(row)
    return Ready(source or f"depts.csv:{number}", str(row["deptCode"]), sm3(text), text)


@dataclass
class Platform:
    """Keeps what it is sent. `fails` are raised first, one a call; rows whose name is in `refuses` are refused."""

    fails: list[NotTaken] = field(default_factory=list)
    refuses: frozenset[str] = frozenset()
    whole: bool = False
    """One bad row refuses its whole batch, without a word which."""
    kept: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)
    batches: list[tuple[str, int]] = field(default_factory=list)

    async def upload(self, service: str, rows: Sequence[bytes]) -> Taken:
        self.batches.append((service, len(rows)))
        if self.fails:
            raise self.fails.pop(0)
        read = [orjson.loads(row) for row in rows]
        bad = [place for place, row in enumerate(read) if row.get("deptName") in self.refuses]
        if bad and self.whole:
            raise NotTaken("有不合格的行", Then.SMALLER)
        fates = []
        for place, row in enumerate(read):
            versions = self.kept.setdefault((service, str(row.get("deptCode") or row.get("orderId"))), [])
            if place in bad:
                fates.append(Fate.REFUSED)
            elif versions and versions[-1] == rows[place]:
                fates.append(Fate.UNCHANGED)
            else:
                versions.append(rows[place])
                fates.append(Fate.VALID)
        return Taken(fates, dict.fromkeys(bad, "deptName 不合格"))
