"""The model and whose turn it is: articles that wait are read together, whichever requests brought them.

Each turn takes one article of each waiting request, then a second one, and so on: a request with 1,000 articles lets
one with a single article in between. While a turn is read, in a thread, the port keeps answering and others gather for
the next one. Nothing is kept from one request to the next.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from eventcorpus.errors import RequestError
from eventcorpus.inference.extractor import Extractor
from eventcorpus.schema import Article, Mention
from eventcorpus.serving.metrics import Metrics
from eventcorpus.tables import counted

TURN_ARTICLES = 16
TURN_CHARACTERS = 50_000
"""What is read in one turn: at most so many articles and characters, or a single longer article."""
MAX_RETRY_AFTER = 60
"""Seconds after which a refused client is told at most to come back."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model found in an article, and why it may be unable to read it (``predictions.WarningCode``)."""

    mentions: list[Mention]
    warnings: list[str]


@dataclass(eq=False)
class _Request:
    """Articles that came together, and their readings by position."""

    articles: Sequence[Article]
    answer: asyncio.Future[list[Reading]]
    readings: dict[int, Reading] = field(default_factory=dict)
    n_taken: int = 0


class Batcher:
    """Reads the articles of many requests with one model.

    Args:
        max_waiting: requests that may wait for their turn; one more is refused.
    """

    def __init__(self, extractor: Extractor, *, max_waiting: int, metrics: Metrics) -> None:
        self._extractor, self._max_waiting, self._metrics = extractor, max_waiting, metrics
        self._waiting: deque[_Request] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._n_characters = 0
        self._seconds_per_character = 1e-4
        metrics.waiting.set_function(lambda: len(self._waiting))

    @property
    def is_full(self) -> bool:
        """Whether one more request would be refused."""
        return len(self._waiting) >= self._max_waiting

    def check_room(self) -> None:
        """Refuse a request before its body is read.

        Raises:
            RequestError: 429, if too many wait already; with the seconds that these take.
        """
        if self.is_full:
            seconds = math.ceil(self._n_characters * self._seconds_per_character)
            raise RequestError(
                f"{counted(len(self._waiting), 'request')} waiting already; ask again later",
                status=429,
                retry_after=min(max(seconds, 1), MAX_RETRY_AFTER),
            )

    async def read(self, articles: Sequence[Article]) -> list[Reading]:
        """Read articles; one reading each, in order. Cancelled, it leaves those that have not had their turn.

        Raises:
            RequestError: 429, as ``check_room``.
        """
        if not articles:
            return []
        self.check_room()
        request = _Request(articles, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        self._n_characters += sum(len(article.text) for article in articles)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        try:
            return await request.answer
        finally:
            self._leave(request)

    async def _work(self) -> None:
        while self._waiting:
            turn = self._next_turn()
            articles = [request.articles[position] for request, position in turn]
            began = time.perf_counter()
            readings = await asyncio.to_thread(self._read_turn, articles)
            seconds, n_characters = time.perf_counter() - began, sum(len(article.text) for article in articles)
            self._seconds_per_character = 0.8 * self._seconds_per_character + 0.2 * seconds / max(n_characters, 1)
            self._metrics.observe_turn(articles, seconds)
            for (request, position), reading in zip(turn, readings, strict=True):
                self._give(request, position, reading)

    def _next_turn(self) -> list[tuple[_Request, int]]:
        """The articles that are read next, each as its request and position."""
        turn: list[tuple[_Request, int]] = []
        n_characters = 0
        while self._waiting and len(turn) < TURN_ARTICLES:
            request = self._waiting[0]
            n_more = len(request.articles[request.n_taken].text)
            if turn and n_characters + n_more > TURN_CHARACTERS:
                break
            turn.append((self._waiting.popleft(), request.n_taken))
            request.n_taken += 1
            n_characters += n_more
            if request.n_taken < len(request.articles):
                self._waiting.append(request)
        self._n_characters -= n_characters
        return turn

    def _read_turn(self, articles: Sequence[Article]) -> list[Reading | Exception]:
        """Read a turn; where that fails, one article at a time, so that a fault stays with the article that has it."""
        try:
            found = self._extractor.extract_with_warnings(articles)
            return [Reading(mentions, warnings) for _, mentions, warnings in found]
        except Exception as error:
            if len(articles) == 1:
                return [error]
            return [reading for article in articles for reading in self._read_turn([article])]

    def _give(self, request: _Request, position: int, reading: Reading | Exception) -> None:
        if request.answer.done():  # nobody waits for it any more, or another of its articles has a fault
            return
        if isinstance(reading, Exception):
            request.answer.set_exception(reading)
            return
        request.readings[position] = reading
        if len(request.readings) == len(request.articles):
            request.answer.set_result([request.readings[i] for i in range(len(request.articles))])

    def _leave(self, request: _Request) -> None:
        if request in self._waiting:
            self._waiting.remove(request)
            self._n_characters -= sum(len(article.text) for article in request.articles[request.n_taken :])
