"""Whether the Hugging Face hub answers, found out once and quickly.

huggingface_hub asks for each file again and again, for about half a minute, before it gives up; an encoder has several.
"""

from __future__ import annotations

import os
from functools import cache
from threading import Thread

SECONDS = 2.5
"""How long the hub has time to answer, names looked up included."""


def is_offline() -> bool:
    """Whether ``HF_HUB_OFFLINE`` is set, so that nothing is asked."""
    return os.environ.get("HF_HUB_OFFLINE", "0") not in ("", "0")


def why_not() -> str:
    """Why nothing can be fetched from the hub, in words; empty if it can."""
    from huggingface_hub import constants

    if is_offline():
        return "HF_HUB_OFFLINE is set"
    return "" if _answers(constants.ENDPOINT) else f"{constants.ENDPOINT} does not answer"


@cache
def _answers(endpoint: str) -> bool:
    """One request, in a thread because looking up a name takes as long as the system likes; any answer is one."""
    from huggingface_hub import get_session

    answered: list[bool] = []

    def ask() -> None:
        try:
            get_session().head(endpoint, timeout=SECONDS)
        except Exception:  # whichever the library of the session raises, the hub has not answered
            return
        answered.append(True)

    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(SECONDS)
    return bool(answered)
