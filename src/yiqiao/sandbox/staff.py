"""Who works where in the two hospitals of a sandbox. All names are invented, and the same from every start."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from yiqiao.ports.hospital.values import Sex
from yiqiao.sandbox.people import invented_words
from yiqiao.spec.dice import Dice

SEED = 9851
Tree = Sequence[tuple[str, Sequence[str]]]
TREE: Tree = (
    ("内科", ("心血管内科", "呼吸内科", "消化内科", "神经内科", "肾内科", "内分泌科", "血液科")),
    ("外科", ("普外科", "骨科", "泌尿外科", "神经外科", "胸外科")),
    ("妇产科", ("妇科", "产科")),
    ("儿科", ("儿内科", "儿外科")),
    ("五官科", ("眼科", "耳鼻喉科", "口腔科")),
)
TREE_OF_CHINESE_MEDICINE: Tree = (
    ("中医内科", ("脾胃病科", "肺病科", "心病科", "脑病科")),
    ("中医外科", ("肛肠科", "皮肤科", "骨伤科")),
    ("中医妇科", ()),
    ("中医儿科", ()),
    ("针灸推拿科", ("针灸科", "推拿科", "康复科")),
    ("治未病科", ()),
)
WOMEN, CHILDREN = frozenset({"妇产科", "妇科", "产科", "中医妇科"}), frozenset({"儿科", "儿内科", "儿外科", "中医儿科"})
CHILD_AGE = 14


class Plan(NamedTuple):
    """What tells one of the hospitals from the other."""

    hospital_id: str
    name: str
    tree: Tree
    doctors: int
    category: int

    @property
    def mark(self) -> str:
        """The digit by which the numbers of one hospital differ from the other's."""
        return self.hospital_id[-1]


class Department(NamedTuple):
    """A department; `divided`: others are below it, and nobody is seen in itself."""

    dept_id: str
    parent_id: str | None
    name: str
    divided: bool


class Doctor(NamedTuple):
    """A doctor, and where they work; `turn` spreads the sessions over the week."""

    doctor_id: str
    dept: Department
    level: int
    turn: int
    name: str
    sex: Sex
    years: int
    birthday: str


PLANS = (
    Plan("9851001", "云桥县人民医院", TREE, 190, 1),
    Plan("9851002", "云桥县中医院", TREE_OF_CHINESE_MEDICINE, 110, 2),
)


@cache
def departments(plan: Plan) -> tuple[Department, ...]:
    """All departments of a hospital, those above before those below them."""
    found = []
    for number, (name, below) in enumerate(plan.tree, 1):
        found.append(Department(f"D{number:02}", None, name, bool(below)))
        for place, child in enumerate(below, 1):
            found.append(Department(f"D{number:02}{place:02}", f"D{number:02}", child, False))
    return tuple(found)


@cache
def doctors(plan: Plan) -> tuple[Doctor, ...]:
    """Who works at a hospital: every department that is not divided has doctors."""
    dice = Dice(f"{SEED}/{plan.hospital_id}")
    known = invented_words()
    seen_in = [one for one in departments(plan) if not one.divided]
    found = []
    for number in range(plan.doctors):
        sex = (Sex.MALE, Sex.FEMALE)[dice(2)]
        given = known.given[str(int(sex))]
        name = known.surnames[dice(len(known.surnames))] + given[dice(len(given))]
        years = 3 + dice(30)
        birthday = f"{1962 + dice(34)}-{1 + dice(12):02}-{1 + dice(28):02}"
        doctor_id = f"YS{plan.mark}{number + 1:03}"
        dept = seen_in[number % len(seen_in)]
        found.append(Doctor(doctor_id, dept, 1 + number % 3, number, name, sex, years, birthday))
    return tuple(found)


@cache
def doctors_by_department(plan: Plan) -> Mapping[str, tuple[Doctor, ...]]:
    """The doctors of each department, by its name."""
    names = {one.dept.name for one in doctors(plan)}
    return {name: tuple(one for one in doctors(plan) if one.dept.name == name) for name in sorted(names)}
