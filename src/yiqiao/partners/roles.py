"""What an operator may do, by role: one table, asked by the pages and the command line alike."""

from collections.abc import Mapping
from enum import StrEnum

from yiqiao.errors import DomainError


class Role(StrEnum):
    """The roles of the people who run a hub."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"


class Right(StrEnum):
    """Something a person may do."""

    SEE = "see"  # pages, with personal data masked
    SEE_PERSONAL = "see_personal"  # a record in full; audited
    WORK = "work"  # replay an exchange, run a job again, list a terminal
    APPROVE = "approve"  # what moves money or identity on a person's word
    SEE_AUDIT = "see_audit"
    MANAGE_PARTNERS = "manage_partners"  # file, disable, rotate keys, permit
    MANAGE_OPERATORS = "manage_operators"


class RightMissing(DomainError):
    """The role does not hold the right."""

    def __init__(self, role: Role, right: Right) -> None:
        super().__init__(f"当前角色（{TITLES[role]}）无权执行此操作：{RIGHT_TITLES[right]}，请联系管理员")


TITLES: Mapping[Role, str] = {
    Role.VIEWER: "查看员",
    Role.OPERATOR: "操作员",
    Role.APPROVER: "审批员",
    Role.ADMINISTRATOR: "管理员",
}

RIGHT_TITLES: Mapping[Right, str] = {
    Right.SEE: "查看页面",
    Right.SEE_PERSONAL: "查看完整个人信息",
    Right.WORK: "日常处理",
    Right.APPROVE: "审批",
    Right.SEE_AUDIT: "查看操作审计",
    Right.MANAGE_PARTNERS: "管理接入方",
    Right.MANAGE_OPERATORS: "管理账号",
}

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SEE}),
    Role.OPERATOR: frozenset({Right.SEE, Right.SEE_PERSONAL, Right.WORK}),
    Role.APPROVER: frozenset({Right.SEE, Right.SEE_PERSONAL, Right.APPROVE, Right.SEE_AUDIT}),
    Role.ADMINISTRATOR: frozenset(Right),
}


def require(role: Role, right: Right) -> None:
    """Raises RightMissing unless the role holds the right."""
    if right not in RIGHTS[role]:
        raise RightMissing(role, right)
