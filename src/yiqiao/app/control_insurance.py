"""The commands of `yiqiao sandbox insurance`: how the insurance centre settles, for whom, and what it has on file."""

from collections.abc import Awaitable, Callable, Mapping

from yiqiao.app.playground import Playground
from yiqiao.clock import beijing
from yiqiao.sandbox.insurance import covers_by_number
from yiqiao.sandbox.insurance_centre import account_of, behaviour
from yiqiao.sandbox.mischief import Fate, OnOrder
from yiqiao.sandbox.settlement.centre import INSURANCE, SandboxSettlement
from yiqiao.storage.sandbox_reading import INSURED, InsuredRow
from yiqiao.storage.shelves import Book, DatabaseStore

Said = dict[str, object]
WELL = "well"
_FATES = {str(fate): fate for fate in Fate}


def _rows(playground: Playground) -> DatabaseStore:
    return DatabaseStore(playground.store.database)


def _centre(playground: Playground) -> SandboxSettlement:
    return SandboxSettlement(_rows(playground), playground.clock)


async def _show(playground: Playground, _: Mapping[str, str]) -> Said:
    how = await behaviour(_rows(playground))
    orders = await OnOrder(_rows(playground), INSURANCE).ordered()
    return {
        "reachable": bool(how.reachable),
        "delay_ms": how.delay_ms,
        "orders": [row._asdict() for row in orders],
    }


async def _behave(playground: Playground, command: Mapping[str, str]) -> Said:
    orders = OnOrder(_rows(playground), INSURANCE)
    if command["fate"] == WELL:
        await orders.well(command["on"])
        return {}
    times, delay_ms = int(command["times"]), int(command["delay_ms"])
    fate = _FATES[command["fate"]]
    await orders.order(command["on"], fate, times, delay_ms=delay_ms, reason=command["reason"])
    return {}


async def _people(playground: Playground, command: Mapping[str, str]) -> Said:
    wanted = [one for one in covers_by_number().values() if command["kind"] in ("", one.present.kind)]

    def work(book: Book) -> list[InsuredRow]:
        return [book.get(INSURED, one.psn_no) or account_of(one) for one in wanted]

    accounts = await _rows(playground).read(work)
    return {
        "people": [
            {
                "psn_no": one.psn_no,
                "certificate_no": one.who.id_no,
                "name": one.who.name,
                "kind": one.present.kind,
                "person_kind": one.present.person_kind,
                "area": one.present.area,
                "civil_servant": one.present.civil_servant,
                "disability": next((found.level or "" for found in one.identities), ""),
                "answers": not one.silent,
                "status": account.status,
                "balance": account.balance,
            }
            for one, account in zip(wanted, accounts, strict=True)
        ]
    }


async def _settlements(playground: Playground, command: Mapping[str, str]) -> Said:
    if command["person"]:
        column, value = "psn_no", command["person"]
    else:
        column, value = "day", command["day"] or beijing(playground.clock.now_ms()).date().isoformat()
    rows = await _centre(playground).settlements(column, value)
    return {"settlements": [row._asdict() for row in rows]}


async def _take_back(playground: Playground, command: Mapping[str, str]) -> Said:
    back = await _centre(playground).take_back(command["settlement"])
    return {"settlement_id": back.settlement_id, "total": back.total}


ACTS: Mapping[str, Callable[[Playground, Mapping[str, str]], Awaitable[Said]]] = {
    "insurance show": _show,
    "insurance behave": _behave,
    "insurance people": _people,
    "insurance settlements": _settlements,
    "insurance take-back": _take_back,
}
