"""What is uploaded, and what is bound on the console: the kinds of facts on which records depend."""

from enum import StrEnum


class Kind(StrEnum):
    """A kind of record."""

    HOSPITAL = "hospital"
    DEPARTMENT = "department"
    STAFF = "staff"
    EMR = "emr"
    ORDER = "order"
    RECIPE = "recipe"
    PURCHASE = "purchase"
    DRUGS = "drugs"
    VISIT = "visit"
    CONSULTATION = "consultation"


class Bound(StrEnum):
    """A kind of binding: a department to its subject, an institution to a hospital that it works with."""

    SUBJECT = "subject"
    PARTNER = "partner"


TITLES = {
    Kind.HOSPITAL: "医疗机构",
    Kind.DEPARTMENT: "科室",
    Kind.STAFF: "医务人员",
    Kind.EMR: "电子病历",
    Kind.ORDER: "复诊订单",
    Kind.RECIPE: "处方",
    Kind.PURCHASE: "购药订单",
    Kind.DRUGS: "购药药品",
    Kind.VISIT: "复诊服务",
    Kind.CONSULTATION: "远程会诊",
    Bound.SUBJECT: "科目绑定",
    Bound.PARTNER: "合作医院绑定",
}
"""What people call a fact of each kind."""


def title(kind: str) -> str:
    """What people call a fact of this kind."""
    return next((words for known, words in TITLES.items() if known == kind), kind)
