"""What each role may do: the table, told as a table."""

import pytest

from yiqiao.partners.roles import RIGHT_TITLES, RIGHTS, TITLES, Right, RightMissing, Role, require


def test_every_role_and_right_has_its_place_and_its_chinese_title() -> None:
    assert set(RIGHTS) == set(TITLES) == set(Role)
    assert set(RIGHT_TITLES) == set(Right)


def test_everybody_may_look_and_only_administrators_manage() -> None:
    assert all(Right.SEE in rights for rights in RIGHTS.values())
    for right in (Right.MANAGE_PARTNERS, Right.MANAGE_OPERATORS):
        assert [role for role in Role if right in RIGHTS[role]] == [Role.ADMINISTRATOR]


def test_who_works_does_not_approve_and_who_approves_does_not_work() -> None:
    assert Right.APPROVE not in RIGHTS[Role.OPERATOR]
    assert Right.WORK not in RIGHTS[Role.APPROVER]


def test_a_missing_right_is_named_to_the_person() -> None:
    require(Role.APPROVER, Right.APPROVE)
    with pytest.raises(RightMissing, match=r"操作员.*审批"):
        require(Role.OPERATOR, Right.APPROVE)
