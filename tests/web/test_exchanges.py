"""What operations and outcomes are called, wherever they are listed."""

import pytest

from yiqiao.app import consents
from yiqiao.spec import load
from yiqiao.web.exchanges import title_of, tone_of


def test_what_somebody_decides_on_the_telephone_has_a_name_like_an_operation() -> None:
    spec = load("ehealth_card")
    assert title_of(spec, consents.OPERATION) == "用户用卡授权（本人在手机上）"
    assert title_of(spec, "ehc.ehealthcode.verify") == "验证电子健康卡二维码"
    assert title_of(spec, "nonsense") == ""


@pytest.mark.parametrize(("outcome", "tone"), [("0000", "good"), ("9003", "warn"), ("8009", "bad")])
def test_outcome_is_coloured_by_whose_fault_it_is(outcome: str, tone: str) -> None:
    assert tone_of(load("ehealth_card"), outcome) == tone
