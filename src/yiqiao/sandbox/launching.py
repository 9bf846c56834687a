"""What a sandbox has for launching the doctor's workstation: two demo HIS, and patients to launch it on.

One HIS opens the web page, the other the installed client. The patients are synthetic people: the first holds a health
card, the second does not, the third pays for himself, and the fourth gives no identity number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.partners import Directory, Terminal, store
from yiqiao.partners.particulars import PartnerExists
from yiqiao.sandbox import people as synthetic

DIALECT = "cmc"
TARGET = "jgt-hn-cs"
"""The standard's own target for tests."""
DOCTOR: Mapping[str, str] = {"ysbm": "D985100000001", "ysmc": "演示医师"}
HOSPITAL: Mapping[str, str] = {"yybm": "H98510000001", "yymc": "演示医院"}
_NAMES = {"standard": ("demo-his", "演示 HIS（网页）"), "client": ("demo-his-client", "演示 HIS（客户端）")}
_BORN_BY_YEAR = synthetic.BORN_BY.year


@dataclass(frozen=True)
class LaunchPartner:
    """A demo HIS, and the profile by which it launches."""

    app_key: str
    profile: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class LaunchPatient:
    """Somebody to launch on. `values` are the standard's fields, with `birthday` where the patient pays."""

    key: str
    insured: bool
    values: Mapping[str, str] = field(repr=False)


async def furnish(keyring: Keyring, clock: Clock, directory: Directory) -> tuple[LaunchPartner, ...]:
    """File the demo HIS, as far as they are not filed yet."""
    for profile, (app_key, name) in _NAMES.items():
        if directory.find(DIALECT, app_key) is None:
            new = store.NewPartner(
                DIALECT, app_key, name, profile, terminals=(Terminal(TARGET, name),), settings={"demo": True}
            )
            await directory.change(partial(_add, keyring=keyring, now_ms=clock.now_ms(), new=new))
    return partners(directory)


def partners(directory: Directory) -> tuple[LaunchPartner, ...]:
    """The demo HIS on file, the one that opens the web page first."""
    found = (directory.find(DIALECT, app_key) for app_key, _ in _NAMES.values())
    return tuple(LaunchPartner(one.app_id, one.profile, one.secrets[0]) for one in found if one and one.secrets)


def _add(connection: Connection, keyring: Keyring, now_ms: int, new: store.NewPartner) -> None:
    try:
        store.add(connection, keyring, now_ms, new)
    except PartnerExists:  # another worker was quicker
        return


def patients() -> tuple[LaunchPatient, ...]:
    """The patients to launch on."""
    citizens = [person for person in synthetic.people() if person.id_type == "01" and person.sex in "12"]
    holder, other, payer, nameless = citizens[0], citizens[-1], citizens[1], citizens[2]
    insured = {"mtbz": "M01600", "rtbz": "1", "rtbm": "RT003", "xz": "310", "ksmc": "内科"}
    return (
        _insured("card_holder", holder, insured),
        _insured("no_card", other, {"xz": "390", "ksmc": "全科"}),
        LaunchPatient("self_pay", False, {**_who(payer), "sfzh": payer.id_no, "birthday": _dashed(payer.birthday)}),
        LaunchPatient("no_number", False, {**_who(nameless), "birthday": _dashed(nameless.birthday)}),
    )


def _insured(key: str, person: synthetic.Person, more: Mapping[str, str]) -> LaunchPatient:
    serial = f"9851{person.id_no[-6:]}"
    own = {"sfzh": person.id_no, "aac001": f"98{person.id_no[-9:]}", "jzsxh": serial, "mzsxh": serial}
    return LaunchPatient(key, True, {**_who(person), **own, **more})


def _who(person: synthetic.Person) -> dict[str, str]:
    age = max(1, _BORN_BY_YEAR - int(person.birthday[:4]))
    return {**DOCTOR, **HOSPITAL, "xm": person.name, "xb": person.sex, "nl": str(age), "jzsxh": f"G{person.id_no[-6:]}"}


def _dashed(birthday: str) -> str:
    return f"{birthday[:4]}-{birthday[4:6]}-{birthday[6:]}"
