"""How much work something is, told without a clock: a clock also measures the machine and whatever else it does."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def lines_run(call: Callable[[], Any]) -> int:
    """How many lines of Python run while ``call`` does."""
    n = 0

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal n
        n += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        call()
    finally:
        sys.settrace(before)
    return n
