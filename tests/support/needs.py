"""What a test needs from the machine: without it, skipped with a reason, or failed where everything must run."""

import os

import pytest

EVERYTHING_MUST_RUN = os.environ.get("CI", "").lower() in {"true", "1"}


def need(present: object, reason: str) -> None:
    """Go on if `present` is true; else skip the test for `reason`, or fail it where CI=true."""
    if present:
        return
    if EVERYTHING_MUST_RUN:
        pytest.fail(f"needed here: {reason}", pytrace=False)
    pytest.skip(reason)
