"""One loaded model for many requests: one at a time, in turns, and stopped when nobody waits for it any more.

Mentions are found in a thread, so that the port keeps answering.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from eventcorpus.models.extractor import Extractor
from eventcorpus.schema import Article, Mention

TURN_TEXTS = 16
TURN_CHARACTERS = 50_000
"""What of one request is read in one turn: at most so many texts and characters, or a single longer text."""


class _Stopped(Exception):
    """Nobody waits for this any more."""


class Predictor:
    """The model, and whose turn it is: a request with 1,000 texts lets one with a single text in between."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor
        self._turn = asyncio.Lock()  # wakes those who wait in the order in which they came
        self._stop = threading.Event()
        extractor.model.register_forward_pre_hook(self._check)

    async def mentions(self, texts: Sequence[str]) -> list[list[Mention]]:
        """Find the mentions of each text (stored form), in order.

        Cancelled, it stops at the next batch of windows, and lets the next request in only then.
        """
        found: list[list[Mention]] = []
        for batch in turns(texts):
            async with self._turn:
                self._stop.clear()
                work = asyncio.create_task(asyncio.to_thread(self._extract, batch))
                try:
                    found += await asyncio.shield(work)
                except asyncio.CancelledError:
                    self._stop.set()
                    await asyncio.wait([work])
                    work.exception()  # retrieved, lest asyncio warn: it is _Stopped, or None if the work had just ended
                    raise
        return found

    def _extract(self, texts: Sequence[str]) -> list[list[Mention]]:
        return list(self._extractor.extract(Article("", text) for text in texts))

    def _check(self, *_: Any) -> None:
        """Before every batch of windows: a long article must not hold up those who still wait."""
        if self._stop.is_set():
            raise _Stopped


def turns(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a list of texts into what is read in one turn."""
    start = 0
    while start < len(texts):
        end, n_characters = start + 1, len(texts[start])
        while end < len(texts) and end - start < TURN_TEXTS and n_characters + len(texts[end]) <= TURN_CHARACTERS:
            n_characters += len(texts[end])
            end += 1
        yield texts[start:end]
        start = end
