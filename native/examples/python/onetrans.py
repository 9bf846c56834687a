"""OneTrans2 from Python: python onetrans.py LIBRARY REQUEST prints the function's value and the answer.

REQUEST is a file with one request, JSON in UTF-8. The library takes and gives GBK; what GBK does not have is escaped.
A Python of 32 bits needs the x86 library, one of 64 bits the x64 one.
"""

import ctypes
import json
import sys
from pathlib import Path
from typing import Any

INPUT_SIZE = OUTPUT_SIZE = 8192
"""[limits] input_size and output_size in OneTrans2.ini, the final NUL included."""


class OneTrans:
    """The library, loaded. One call at a time."""

    def __init__(self, library: Path) -> None:
        loader = getattr(ctypes, "WinDLL", ctypes.CDLL)  # stdcall on Windows; elsewhere there is one convention
        self._function = loader(str(library.resolve())).OneTrans
        self._function.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
        self._function.restype = ctypes.c_int

    def ask(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The function's value and the answer: 0, and its code tells the rest, or the code of a fault of the library's.

        Raises ValueError for a request that is too long.
        """
        given = "".join(map(_in_gbk, json.dumps(request, ensure_ascii=False))).encode("gbk")
        if len(given) >= INPUT_SIZE:
            raise ValueError(f"the request has {len(given)} bytes in GBK; {INPUT_SIZE - 1} at most")
        answer = ctypes.create_string_buffer(OUTPUT_SIZE)
        value = self._function(given, answer)
        return value, json.loads(answer.value.decode("gbk"))


def _in_gbk(character: str) -> str:
    """A character as GBK has it, else as JSON escapes it."""
    try:
        character.encode("gbk")
    except UnicodeEncodeError:
        return json.dumps(character)[1:-1]
    return character


def main() -> int:
    """The program."""
    library, request = map(Path, sys.argv[1:])
    value, answer = OneTrans(library).ask(json.loads(request.read_text("utf-8")))
    print(value)
    print(json.dumps(answer, ensure_ascii=False, indent=2))
    return 0 if value == 0 and answer["code"] == "000000" else 1


if __name__ == "__main__":
    sys.exit(main())
