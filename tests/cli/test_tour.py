"""`yiqiao tour` is a test as well: whatever comes back otherwise than it should ends it with exit code 1."""

from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner

from tests.support.hub import showing
from yiqiao.cli import tour

NOBODYS = "0" * 48 + ":1:::00000000001"


def another_code(guide: tour._Guide) -> None:
    guide.step("扫一个不存在的码", tour.VERIFY, showing("V1", NOBODYS))


def another_fact(guide: tour._Guide) -> None:
    guide.step("扫一个不存在的码", tour.VERIFY, showing("V1", NOBODYS), expect="2002")
    guide.must(False, "主索引不一致")


@pytest.mark.parametrize(
    ("visit", "says"), [(another_code, "第 1 步应返回 0000，实际 2002"), (another_fact, "第 1 步：主索引不一致")]
)
def test_a_step_that_differs_ends_the_tour_with_1(
    visit: Callable[[tour._Guide], None], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tour, "_visit", visit)
    app = typer.Typer()
    app.command()(tour.tour)
    done = CliRunner().invoke(app, [])
    assert done.exit_code == 1
    assert says in done.stdout
    assert "全部步骤与标准相符" not in done.stdout
