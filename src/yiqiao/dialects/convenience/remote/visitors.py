"""Whom an order is for, in the standard's words."""

from collections.abc import Iterator, Mapping

from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.ports.hospital.booking import Document, Visitor
from yiqiao.ports.hospital.values import Sex
from yiqiao.spec import Spec

Values = Mapping[str, object]
FIRST_VISIT = 0  # GROUP_TYPE
OTHER_KIND = 99
"""ID_TYPE and CARD_TYPE of what the tables do not have."""
IDENTITY_CARD = 1
SELF, CHILD = 1, 2
"""REG_FOR."""
SEXES: Mapping[str, Sex] = {str(int(sex)): sex for sex in Sex}


def visitor_values(spec: Spec, visitor: Visitor) -> Values:
    """The visitor of OrderReg. Some profiles have rules for it, some fields beside each other; both are stated, and the
    profile's table takes its own.
    """
    guardian = document_values(spec, "ID", visitor.guardian)
    return {
        **person_values(visitor),
        **document_values(spec, "ID", visitor.certificate),
        **document_values(spec, "CARD", visitor.card),
        "OPER_IDCARD_TYPE": guardian.get("ID_TYPE"),
        "OPER_IDCARD_NO": guardian.get("ID_NO"),
        "OPER_NAME": visitor.guardian_name,
        "REG_FOR": CHILD if guardian and visitor.certificate is None else SELF,
        "ADDRESS": visitor.address,
        "RULE_GROUP": [{"GROUP_TYPE": FIRST_VISIT, "RULE_INFO": list(_rules(spec, visitor))}],
    }


def person_values(visitor: Visitor) -> Values:
    """Name, sex, birthday, mobile."""
    return {
        "NAME": visitor.name,
        "SEX": int(visitor.sex),
        "BIRTHDAY": visitor.birthday,
        "MOBILE": visitor.mobile,
    }


def document_values(spec: Spec, what: str, document: Document | None) -> Values:
    """A certificate (`what` is ID) or a card (CARD): its type and its number."""
    if document is None:
        return {}
    return {f"{what}_TYPE": _kind(spec, f"{what}_TYPE", document.kind), f"{what}_NO": document.number}


def visitor_told(told: Told) -> Visitor:
    """The patient of an order, as the hospital tells it."""
    return Visitor(
        name=told.text("NAME"),
        sex=told.code("SEX", SEXES, Sex.SECRET),
        birthday=told.day("BIRTHDAY"),
        mobile=told.text("MOBILE"),
        certificate=document_told(told, "ID"),
        card=document_told(told, "CARD"),
        address=told.maybe("ADDRESS"),
    )


def document_told(told: Told, what: str) -> Document | None:
    """A certificate or card, where a number is told; of an unknown type the other."""
    number = told.maybe(f"{what}_NO")
    return Document(told.number(f"{what}_TYPE") or OTHER_KIND, number) if number else None


def _rules(spec: Spec, visitor: Visitor) -> Iterator[Values]:
    for rule, table, document in (
        ("ID", "ID_TYPE", visitor.certificate),
        ("parentID", "ID_TYPE", visitor.guardian),
        ("card", "CARD_TYPE", visitor.card),
    ):
        if document is not None:
            kind = str(_kind(spec, table, document.kind))
            yield {"RULE_TYPE": rule, "TYPE_VALUE": kind, "RULE_VALUE": document.number}
    for rule, value in (
        ("parentName", visitor.guardian_name),
        ("password", visitor.card_password),
        ("address", visitor.address),
        ("disease", visitor.disease),
    ):
        if value:
            yield {"RULE_TYPE": rule, "RULE_VALUE": value}


def _kind(spec: Spec, table: str, kind: int) -> int:
    return kind if str(kind) in spec.codes[table].rows else OTHER_KIND
