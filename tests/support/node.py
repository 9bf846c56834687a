"""Programs of Node.js that the tests call with: installed from their lock where they are missing."""

import shutil
import subprocess
from pathlib import Path

from tests.support.needs import need

FOLDER = Path(__file__).parents[1] / "node"


def node_clients() -> Path:
    """The folder with clients that are ready to run; the test is skipped (or fails, in CI) where that cannot be."""
    need(shutil.which("node") and shutil.which("npm"), "Node.js and npm (Debian: apt-get install npm)")
    if not (FOLDER / "node_modules" / "soap").is_dir():
        done = subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        need(done.returncode == 0, f"npm ci in tests/node: {done.stderr[-300:]}")
    return FOLDER
