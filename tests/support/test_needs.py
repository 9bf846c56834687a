"""A missing tool: a reason to skip where somebody develops, a failure where everything must run."""

import pytest

from tests.support import needs


def test_what_is_there_lets_the_test_go_on() -> None:
    needs.need("/usr/bin/wrk", "never told")


def test_what_is_missing_skips_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "EVERYTHING_MUST_RUN", False)
    with pytest.raises(pytest.skip.Exception, match="no wrk"):
        needs.need(None, "no wrk")


def test_what_is_missing_fails_where_everything_must_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "EVERYTHING_MUST_RUN", True)
    with pytest.raises(pytest.fail.Exception, match="no wrk"):
        needs.need(None, "no wrk")
