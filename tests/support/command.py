"""The `yiqiao` command as a real process, with its own exit code, that begins where its imports are done.

A command takes a second to import what it needs, and tests run hundreds. Here each is forked off a process that keeps
everything imported and does nothing else, no threads and no event loop, so that nothing of a test is inherited.
"""

import os
import sys
from multiprocessing import get_context
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

WITHIN_S = 60
_forks = get_context("forkserver")
_forks.set_forkserver_preload(
    ["pytest", "yiqiao.cli.main", "yiqiao.app.store", "yiqiao.app.slips", "yiqiao.app.runtime", "httpx"]
)


def yiqiao(*arguments: str, data: Path, given: str = "") -> CompletedProcess[str]:
    """Run `yiqiao ARGUMENTS` on the hub whose folder is `data`, with `given` on its standard input."""
    environment = {**os.environ, "YIQIAO_DATA": str(data), "NO_COLOR": "1"}
    with TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "in").write_text(given, encoding="utf-8")
        process = _forks.Process(target=_run, args=(arguments, environment, os.getcwd(), folder))
        process.start()
        process.join(WITHIN_S)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"yiqiao {' '.join(arguments)} has not come to an end")
        out, err = ((folder / name).read_text(encoding="utf-8") for name in ("out", "err"))
        return CompletedProcess(arguments, process.exitcode, out, err)


def _run(arguments: tuple[str, ...], environment: dict[str, str], at: str, folder: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(at)
    for number, (name, flags) in enumerate((("in", os.O_RDONLY), ("out", _NEW), ("err", _NEW))):
        os.dup2(os.open(folder / name, flags, 0o600), number)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - they live as long as the process
        for number, mode in enumerate(("r", "w", "w"))
    )
    sys.argv = ["yiqiao", *arguments]
    from yiqiao.__main__ import main

    main()


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
