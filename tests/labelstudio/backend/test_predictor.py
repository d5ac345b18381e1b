import asyncio
import threading
from pathlib import Path

import pytest

from eventcorpus.inference.extractor import Extractor
from eventcorpus.labelstudio.backend.app import TURN_CHARACTERS, TURN_TEXTS, Predictor, turns

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


def test_a_single_text_need_not_wait_for_a_hundred(predictor: Predictor) -> None:
    async def both() -> tuple[list[str], int]:
        ended = []

        async def one(name: str, texts: list[str]) -> int:
            found = await predictor.mentions(texts)
            ended.append(name)
            return sum(map(len, found))

        many = asyncio.create_task(one("many", [TEXT] * 100))
        await asyncio.sleep(0)  # until it has the model
        single = asyncio.create_task(one("single", [TEXT]))
        return ended, await many + await single

    ended, n_mentions = asyncio.run(both())
    assert ended == ["single", "many"]
    assert n_mentions == 202


def test_what_nobody_waits_for_stops_and_the_next_is_answered(extractor: Extractor, predictor: Predictor) -> None:
    long = f"{TEXT} . " * 500
    begun, may_end = threading.Event(), threading.Event()
    n_batches = 0

    def wait_in_the_first(*_: object) -> None:
        nonlocal n_batches
        n_batches += 1
        begun.set()
        may_end.wait(60)

    hook = extractor.engine.backend.model.register_forward_hook(wait_in_the_first)

    async def give_up() -> int:
        task = asyncio.create_task(predictor.mentions([long, long]))
        await asyncio.to_thread(begun.wait, 60)
        task.cancel()
        for _ in range(10):  # the task hears of it at the next turn of the loop or the one after
            await asyncio.sleep(0)
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert n_batches == 1
        hook.remove()
        (found,) = await predictor.mentions([TEXT])
        return len(found)

    assert asyncio.run(give_up()) == 2
