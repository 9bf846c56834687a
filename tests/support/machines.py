"""What built programs run on: this Linux; wine for 64 bits; for 32 bits the wine that native/i386.sh makes."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from native.build import LINUX, WINDOWS_32, WINDOWS_64, System
from tests.support.needs import need

ROOT = Path(__file__).parents[2]
CHROOT = ROOT / "native" / "i386.sh"
SECONDS = 120
_WINE = next((path for path in ("/usr/lib/wine/wine64", shutil.which("wine64")) if path and Path(path).exists()), None)


@dataclass(frozen=True)
class Machine:
    """Programs of a folder are run by these words before their name."""

    system: System
    before: Sequence[str | Path]
    folder_is_named: bool
    """Whether the folder goes before the program's name; else it is the working folder."""
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, folder: Path, program: str, *arguments: str) -> bytes:
        """What a program of `folder` prints, with `folder` as its working folder.

        It must end with 0 and print anything: wine answers 0 and prints nothing for a program that it cannot run.
        """
        named = [folder] if self.folder_is_named else []
        command = program if self.system.windows else folder / program
        done = subprocess.run(
            [*self.before, *named, command, *arguments],
            cwd=folder,
            env={**os.environ, **self.environment},
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
        assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
        assert done.stdout, f"{program} has printed nothing: {done.stderr!r}"
        return done.stdout


def linux() -> Machine:
    """This one."""
    return Machine(LINUX, [], False)


def bits_64(prefix: Path) -> Machine:
    """A 64-bit Windows, what it keeps (700 MB) in `prefix`, which is made."""
    need(_WINE, "wine64 is not installed")
    environment = {"WINEPREFIX": str(prefix), "DISPLAY": "", "WINEDEBUG": "-all"}
    subprocess.run(
        [str(_WINE), "wineboot", "--init"], env={**os.environ, **environment}, capture_output=True, check=True
    )
    return Machine(WINDOWS_64, [str(_WINE)], False, environment)


def shut_down(prefix: Path) -> None:
    """End what wine keeps running for a prefix, and remove it."""
    server = Path(str(_WINE)).with_name("wineserver64")
    if server.exists() and prefix.exists():
        subprocess.run([server, "-k"], env={**os.environ, "WINEPREFIX": str(prefix)}, check=False)
    shutil.rmtree(prefix, ignore_errors=True)


def bits_32() -> Machine:
    """A 32-bit Windows, in which every run begins anew."""
    ready = subprocess.run([CHROOT, "ready"], check=False, capture_output=True, text=True)
    need(ready.returncode == 0, f"no 32-bit wine: {ready.stderr.strip()}")
    return Machine(WINDOWS_32, [CHROOT, "run"], True)
