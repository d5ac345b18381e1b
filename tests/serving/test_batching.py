"""Turns: who is read with whom, who goes before whom, and what happens to those who leave, fail or are too many."""

import asyncio
import threading
from collections.abc import Iterable, Iterator, Sequence

import pytest

from eventcorpus.errors import RequestError
from eventcorpus.schema import Article, Mention
from eventcorpus.serving.batching import TURN_ARTICLES, TURN_CHARACTERS, Batcher, Reading
from eventcorpus.serving.metrics import Metrics


class Recorder:
    """Finds one mention an article, its whole text, and remembers what it read together; it can be made to wait."""

    def __init__(self) -> None:
        self.turns: list[list[str]] = []
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.may_end.set()

    def extract_with_warnings(self, articles: Iterable[Article]) -> Iterator[tuple[Article, list[Mention], list[str]]]:
        articles = list(articles)
        self.turns.append([article.text for article in articles])
        self.begun.set()
        assert self.may_end.wait(60)
        for article in articles:
            if article.text == "fault":
                raise ValueError("quotes the text")
            yield article, [Mention(0, len(article.text), "X", article.text, 1.0)], ["w"]


@pytest.fixture
def model() -> Recorder:
    return Recorder()


def batcher(model: Recorder, *, max_waiting: int = 64) -> Batcher:
    return Batcher(model, max_waiting=max_waiting, metrics=Metrics([]))  # type: ignore[arg-type]


def articles(*texts: str) -> list[Article]:
    return [Article("", text) for text in texts]


async def held_back(model: Recorder, batching: Batcher) -> "asyncio.Task[list[Reading]]":
    """A request whose article is being read until ``may_end`` is set: others gather meanwhile."""
    model.may_end.clear()
    task = asyncio.create_task(batching.read(articles("first")))
    await asyncio.to_thread(model.begun.wait, 60)
    return task


async def texts_of(batching: Batcher, texts: Sequence[str]) -> list[str]:
    return [reading.mentions[0].text for reading in await batching.read(articles(*texts))]


def test_readings_come_in_the_order_of_the_articles_with_their_warnings(model: Recorder) -> None:
    async def read() -> list[Reading]:
        return await batcher(model).read(articles("b", "a"))

    assert asyncio.run(read()) == [Reading([Mention(0, 1, "X", text, 1.0)], ["w"]) for text in ("b", "a")]


def test_no_articles_need_no_turn(model: Recorder) -> None:
    assert asyncio.run(batcher(model).read([])) == []
    assert model.turns == []


def test_those_who_wait_are_read_together_one_article_of_each_request_in_turn(model: Recorder) -> None:
    async def read() -> list[list[str]]:
        batching = batcher(model)
        first = await held_back(model, batching)
        others = [
            asyncio.create_task(texts_of(batching, texts)) for texts in (["a1", "a2", "a3"], ["b1"], ["c1", "c2"])
        ]
        await asyncio.sleep(0)
        model.may_end.set()
        await first
        return [await other for other in others]

    assert asyncio.run(read()) == [["a1", "a2", "a3"], ["b1"], ["c1", "c2"]]
    assert model.turns == [["first"], ["a1", "b1", "c1", "a2", "c2", "a3"]]


def test_a_single_article_does_not_wait_for_a_hundred(model: Recorder) -> None:
    async def read() -> None:
        batching = batcher(model)
        first = await held_back(model, batching)
        many = asyncio.create_task(texts_of(batching, [f"m{n}" for n in range(100)]))
        await asyncio.sleep(0)
        single = asyncio.create_task(texts_of(batching, ["single"]))
        await asyncio.sleep(0)
        model.may_end.set()
        await asyncio.gather(first, many, single)

    asyncio.run(read())
    assert model.turns[1][:2] == ["m0", "single"]
    assert [len(turn) for turn in model.turns] == [1, TURN_ARTICLES, 16, 16, 16, 16, 16, 5]


def test_a_long_article_has_a_turn_of_its_own(model: Recorder) -> None:
    long = "x" * (TURN_CHARACTERS + 1)
    asyncio.run(batcher(model).read(articles("a", long, long, "b", "c")))
    assert [[len(text) for text in turn] for turn in model.turns] == [[1], [len(long)], [len(long)], [1, 1]]


def test_one_request_more_than_may_wait_is_refused_and_later_taken(model: Recorder) -> None:
    async def read() -> None:
        batching = batcher(model, max_waiting=2)
        first = await held_back(model, batching)
        waiting = [asyncio.create_task(texts_of(batching, [text])) for text in ("a", "b")]
        await asyncio.sleep(0)
        assert batching.is_full
        with pytest.raises(RequestError, match="^2 requests waiting already; ask again later$") as refused:
            await batching.read(articles("c"))
        assert (refused.value.status, refused.value.retry_after) == (429, 1)
        model.may_end.set()
        await asyncio.gather(first, *waiting)
        assert await texts_of(batching, ["c"]) == ["c"]

    asyncio.run(read())


def test_a_request_that_is_given_up_is_not_read(model: Recorder) -> None:
    async def read() -> None:
        batching = batcher(model, max_waiting=1)
        first = await held_back(model, batching)
        given_up = asyncio.create_task(texts_of(batching, ["gone"] * 40))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.sleep(0)
        assert not batching.is_full
        kept = asyncio.create_task(texts_of(batching, ["kept"]))
        await asyncio.sleep(0)
        model.may_end.set()
        await asyncio.gather(first, kept)

    asyncio.run(read())
    assert model.turns == [["first"], ["kept"]]


def test_a_fault_stays_with_the_request_that_has_it(model: Recorder) -> None:
    async def read() -> list[object]:
        batching = batcher(model)
        first = await held_back(model, batching)
        others = [asyncio.create_task(texts_of(batching, texts)) for texts in (["a"], ["x", "fault"], ["b"])]
        await asyncio.sleep(0)
        model.may_end.set()
        await first
        return await asyncio.gather(*others, return_exceptions=True)

    a, fault, b = asyncio.run(read())
    assert (a, b) == (["a"], ["b"])
    assert isinstance(fault, ValueError)
