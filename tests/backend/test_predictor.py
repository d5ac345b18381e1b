import asyncio
import time
from pathlib import Path

import pytest

from eventcorpus.labelstudio.backend.predictor import TURN_CHARACTERS, TURN_TEXTS, Predictor, turns
from eventcorpus.models.extractor import Extractor

TEXT = "rebels attacked the town of homs on monday"


@pytest.fixture
def extractor(model_folder: Path) -> Extractor:
    return Extractor.from_pretrained(model_folder, device="cpu")


@pytest.fixture
def predictor(extractor: Extractor) -> Predictor:
    return Predictor(extractor)


def test_turns_are_short_and_lose_no_text() -> None:
    texts = ["x" * n for n in (1, TURN_CHARACTERS * 3, 2, TURN_CHARACTERS - 2, 3, *range(40))]
    found = list(turns(texts))
    assert [text for one in found for text in one] == texts
    assert [len(one) for one in found] == [1, 1, 2, TURN_TEXTS, TURN_TEXTS, 9]
    assert list(turns([])) == []


def test_a_single_text_need_not_wait_for_a_thousand(predictor: Predictor) -> None:
    async def both() -> tuple[list[str], int]:
        ended = []

        async def one(name: str, texts: list[str]) -> int:
            found = await predictor.mentions(texts)
            ended.append(name)
            return sum(map(len, found))

        many = asyncio.create_task(one("many", [TEXT] * 1000))
        await asyncio.sleep(0.05)
        single = asyncio.create_task(one("single", [TEXT]))
        return ended, await many + await single

    ended, n_mentions = asyncio.run(both())
    assert ended == ["single", "many"]
    assert n_mentions == 2002


def test_what_nobody_waits_for_stops_and_the_next_is_answered(extractor: Extractor, predictor: Predictor) -> None:
    long = f"{TEXT} . " * 5_000
    batches: list[float] = []
    extractor.model.register_forward_hook(lambda *_: batches.append(time.perf_counter()))

    async def give_up() -> tuple[float, int]:
        task = asyncio.create_task(predictor.mentions([long, long]))
        while not batches:
            await asyncio.sleep(0.01)
        task.cancel()
        began, n_batches = time.perf_counter(), len(batches)
        with pytest.raises(asyncio.CancelledError):
            await task
        took = time.perf_counter() - began
        assert len(batches) <= n_batches + 1
        (found,) = await predictor.mentions([TEXT])
        return took, len(found)

    took, n_mentions = asyncio.run(give_up())
    assert took < 2
    assert n_mentions == 2
