"""On messages spoiled in one known way the cause that is named first is the right one, in 95 of 100 of each kind."""

import random
from collections import Counter

import pytest

from tests.dialects.ehealth_card.spoiled import KINDS, SCHEMES, messages, sender
from yiqiao.dialects.ehealth_card.diagnosis import EhealthCardDiagnostics
from yiqiao.exchange.diagnosis import Verdict

COUNT = 40
EXPERT = EhealthCardDiagnostics(lambda: tuple(SCHEMES), SCHEMES.__getitem__)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_cause_named_first_is_right(kind: str) -> None:
    first: Counter[str] = Counter()
    for spoiled in messages(kind, COUNT, seed=20261121):
        report = EXPERT.explain(spoiled.message, spoiled.secret, spoiled.profile)
        first[report.findings[0].cause.kind if report.findings else "nothing"] += 1
    assert first[kind] >= COUNT * 95 / 100, dict(first)


@pytest.mark.parametrize("profile", sorted(SCHEMES))
def test_a_sender_that_does_everything_right_is_not_accused(profile: str) -> None:
    for seed in range(30):
        right = sender(random.Random(seed), profile)
        report = EXPERT.explain(right.message(), right.secret, profile)
        assert report.fine
        assert report.verdict is Verdict.HOLDS
        assert not report.findings
        assert report.content == right.biz
