"""What the handlers of the unified library are served with."""

from dataclasses import dataclass
from typing import Any

from yiqiao.dialects.onetrans.messages import MessageIds


@dataclass(frozen=True)
class OneTransServices:
    """`reading` reads cards and codes (hos.*, ehc.*), `payments` takes money and gives it back (hop.*)."""

    messages: MessageIds
    reading: Any = None
    payments: Any = None
