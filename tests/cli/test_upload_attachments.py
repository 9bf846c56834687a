"""`yiqiao upload attachments`: what is to be sent is told before anything is."""

from pathlib import Path

import pytest
import typer

from yiqiao.cli import upload_attachments
from yiqiao.cli.exits import USAGE
from yiqiao.cli.upload_attachments import Planned, _plan


def named(folder: Path, *names: str) -> Path:
    (folder / "11").mkdir()
    for name in names:
        (folder / "11" / name).write_bytes(b"%PDF")
    return folder / "11"


def test_files_that_would_have_one_id_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = named(tmp_path, "visit-1.pdf", "visit-1.jpg", "visit-2.pdf")
    with pytest.raises(typer.Exit) as left:
        _plan([folder], None, None)
    assert left.value.exit_code == USAGE
    told = capsys.readouterr().err
    assert ("visit-1.pdf" in told, "visit-1.jpg" in told, "visit-2.pdf" in told) == (True, True, False)


def test_a_file_is_not_compared_with_every_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []

    class Counting(Planned):
        def __getattribute__(self, name: str) -> object:
            if name == "atta_id":
                reads.append(name)
            return super().__getattribute__(name)

    monkeypatch.setattr(upload_attachments, "Planned", Counting)
    assert len(_plan([named(tmp_path, *(f"visit-{number}.pdf" for number in range(100)))], None, None)) == 100
    assert 100 <= len(reads) <= 400
