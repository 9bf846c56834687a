"""An exchange as a command that a reader can paste into their shell."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote

import orjson


def as_curl(url: str, body: str, content_type: str = "application/json") -> str:
    """The very bytes once more."""
    return f"curl -s -H {quote('Content-Type: ' + content_type)} --data-raw {quote(body)} {quote(url)}"


def as_call(dialect: str, operation: str, values: Mapping[str, object], options: Sequence[str]) -> str:
    """The same content, signed by `yiqiao call` at the time of the call."""
    words = [program(), "call", dialect, operation, *(_assigned(name, value) for name, value in values.items())]
    return " ".join(map(quote, [*words, *options]))


def program() -> str:
    """How the reader's shell finds the command: by name, or where this hub was started from."""
    here = Path(sys.executable).with_name("yiqiao")
    found = shutil.which("yiqiao")
    return "yiqiao" if found and Path(found).resolve() == here.resolve() else str(here)


def _assigned(name: str, value: object) -> str:
    """`KEY=VALUE`; what is no text, and a text that the command would take for a file's name, goes as JSON."""
    if isinstance(value, str) and not value.startswith("@"):
        return f"{name}={value}"
    return f"{name}:={orjson.dumps(value, default=str).decode()}"
