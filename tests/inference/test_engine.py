import itertools
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch
from transformers import pipeline

from eventcorpus.errors import InputError
from eventcorpus.inference import engine, extractor
from eventcorpus.inference.backends import HiddenStates
from eventcorpus.inference.engine import Engine, batches
from eventcorpus.inference.extractor import Extractor, parts
from eventcorpus.models.encoders import load_tokenizer
from eventcorpus.models.windows import TextEncoder, cut_windows, even_windows
from eventcorpus.schema import Article, Mention
from random_model import random_folder

SENTENCE = "rebels attacked the town of aleppo on monday and the army left the town of homs on friday . "
TEXTS = [SENTENCE * 9, "rebels left", SENTENCE * 3, "", "on monday", SENTENCE * 20, "the army left homs on friday"]


@pytest.fixture(scope="module")
def folder(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_folder(tmp_path_factory.mktemp("models") / "random", tiny_encoder, std=1.0)


def places(mentions: Sequence[Mention]) -> list[tuple[int, int, str]]:
    return [(m.start, m.end, m.label) for m in mentions]


class Counting:
    """A backend that is sure of the tag B-Actor at every token and keeps the shapes of its batches."""

    name, n_tags, device = "fp32", 5, torch.device("cpu")

    def __init__(self) -> None:
        self.shapes: list[tuple[int, int]] = []
        self.padded: list[bool] = []

    def __call__(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None, layers: Sequence[int]
    ) -> tuple[torch.Tensor, HiddenStates]:
        self.shapes.append(tuple(input_ids.shape))
        self.padded.append(attention_mask is not None)
        return torch.nn.functional.one_hot(torch.ones_like(input_ids), 5) * 9.0, {}


@pytest.fixture
def counting(tiny_encoder: Path) -> Engine:
    encoder = TextEncoder(load_tokenizer(str(tiny_encoder)), max_length=48, stride=16, cut=even_windows)
    return Engine(Counting(), encoder)  # type: ignore[arg-type]


# windows -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_tokens", [0, 1, 8, 9, 10, 13, 14, 15, 100, 1001])
@pytest.mark.parametrize("stride", [0, 2, 5])
def test_even_windows_are_as_many_as_those_of_training_and_cover_every_token_once(n_tokens: int, stride: int) -> None:
    windows = even_windows(n_tokens, 8, stride)
    assert len(windows) == len(cut_windows(n_tokens, 8, stride))
    assert [i for window in windows for i in range(window.own_start, window.own_end)] == list(range(n_tokens))
    assert all(w.start <= w.own_start and w.own_end <= w.end for w in windows)
    lengths = [window.end - window.start for window in windows]
    assert len(set(lengths)) == 1 and lengths[0] <= 8
    assert all(a.end - b.start >= stride for a, b in itertools.pairwise(windows))


def test_batches_are_of_tokens_and_a_long_window_is_alone() -> None:
    assert list(batches([3, 9, 3, 3, 4], n_tokens=8)) == [[1], [4, 0], [2, 3]]


# engine --------------------------------------------------------------------------------------------------------------


def test_mentions_are_the_same_whatever_the_batch_the_round_and_the_order(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extractor_ = Extractor.from_pretrained(folder, device="cpu")
    expected = [places(mentions) for mentions in extractor_.extract(TEXTS)]
    assert sum(map(len, expected)) > 20
    for batch_tokens, round_tokens, ahead in ((48, 32_768, 100_000), (10_000, 1, 0), (200, 300, 50)):
        extractor_.engine.batch_tokens = batch_tokens
        monkeypatch.setattr(engine, "ROUND_TOKENS", round_tokens)
        monkeypatch.setattr(engine, "_AHEAD", ahead)
        assert [places(mentions) for mentions in extractor_.extract(TEXTS)] == expected
        assert [places(mentions) for mentions in extractor_.extract(TEXTS[::-1])] == expected[::-1]


def test_mentions_are_the_same_with_another_number_of_threads(folder: Path) -> None:
    extractor_ = Extractor.from_pretrained(folder, device="cpu")
    before = torch.get_num_threads()
    found = []
    try:
        for n in (1, 2):
            torch.set_num_threads(n)
            found.append([places(mentions) for mentions in extractor_.extract(TEXTS)])
    finally:
        torch.set_num_threads(before)
    assert found[0] == found[1]


def test_windows_of_like_length_are_read_together_without_padding(counting: Engine) -> None:
    counting.batch_tokens = 96
    list(counting.scored([SENTENCE * 9, SENTENCE * 9]))
    backend = counting.backend
    assert isinstance(backend, Counting)
    assert backend.padded == [False] * len(backend.shapes)
    assert max(rows * columns for rows, columns in backend.shapes) <= 96
    assert len(backend.shapes) > 1


def test_results_come_while_articles_are_still_read(counting: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "ROUND_TOKENS", 40)
    monkeypatch.setattr(engine, "_AHEAD", 200)
    taken = []

    def texts() -> Iterator[str]:
        for i in range(1000):
            taken.append(i)
            yield SENTENCE

    assert next(counting.scored(texts())).text == SENTENCE
    assert len(taken) < 10


def test_empty_and_strange_texts_in_the_middle_disturb_no_others(folder: Path) -> None:
    extractor_ = Extractor.from_pretrained(folder, device="cpu")
    strange = ["", "\n\n", "\x00\x07", "\ud800", "word" * 5000, "😀" * 300]
    alone, last = (places(next(extractor_.extract([text]))) for text in (SENTENCE, TEXTS[0]))
    found = [places(mentions) for mentions in extractor_.extract([SENTENCE, *strange, TEXTS[0]])]
    assert (found[0], found[-1], len(found)) == (alone, last, 8)
    assert found[1] == found[2] == []


def test_an_error_of_the_articles_comes_through(counting: Engine) -> None:
    def texts() -> Iterator[str]:
        yield SENTENCE
        raise InputError("line 2: no JSON")

    with pytest.raises(InputError, match="line 2: no JSON"):
        list(counting.scored(texts()))


def test_nothing_is_kept_for_gradients(folder: Path) -> None:
    extractor_ = Extractor.from_pretrained(folder, device="cpu")
    ((_, logits),) = extractor_.engine.window_logits([[1, 2, 3]])
    assert not logits.requires_grad and logits.is_inference()


def test_logits_of_windows_are_those_of_the_model(folder: Path) -> None:
    extractor_ = Extractor.from_pretrained(folder, device="cpu")
    windows = [[1, 2, 3], [4, 5, 6, 7, 8], [9]]
    found = dict(extractor_.engine.window_logits(windows))
    with torch.inference_mode():
        for i, window in enumerate(windows):
            alone = extractor_.engine.backend.model(torch.tensor([window])).logits[0]  # type: ignore[attr-defined]
            assert torch.allclose(found[i], alone, atol=1e-5)


# long articles -------------------------------------------------------------------------------------------------------


def test_a_long_text_is_cut_at_lines_else_at_sentences_else_at_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractor, "PART", 20)
    assert parts("It rained in Homs.\nIt did. Then it was over.") == [
        "It rained in Homs.\n",
        "It did. ",
        "Then it was over.",
    ]
    assert parts("one two three four five six") == ["one two three four ", "five six"]
    assert parts("x" * 45) == ["x" * 20, "x" * 20, "x" * 5]
    assert parts("") == [""]


def test_mentions_of_a_long_article_have_offsets_in_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extractor_ = Extractor.from_pretrained(folder, device="cpu")
    text = "\n".join([SENTENCE.strip()] * 12)
    line = places(next(extractor_.extract([f"{SENTENCE.strip()}\n"])))
    monkeypatch.setattr(extractor, "PART", 100)
    ((article, mentions, _),) = extractor_.extract_with_warnings([Article("x", text)])
    assert all(m.text == article.text[m.start : m.end] for m in mentions)
    step = len(SENTENCE)
    assert places(mentions)[: len(line)] == line
    assert places(mentions)[-len(line) :] == [(s + 11 * step, e + 11 * step, label) for s, e, label in line]


def test_memory_does_not_grow_with_the_length_of_an_article(
    counting: Engine, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extractor, "PART", 5_000)
    monkeypatch.setattr(engine, "ROUND_TOKENS", 1_000)
    monkeypatch.setattr(engine, "_AHEAD", 5_000)

    def peak(n_lines: int) -> int:
        pieces = parts((SENTENCE + "\n") * n_lines)
        tracemalloc.start()
        assert sum(len(scored.encoded.input_ids) for scored in counting.scored(pieces)) > 10 * n_lines
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(60)  # what is loaded once does not count
    assert peak(1_200) < 2 * peak(200)


# the peer ------------------------------------------------------------------------------------------------------------


def test_on_a_text_of_one_window_tags_are_those_of_the_pipeline_of_transformers(folder: Path) -> None:
    extractor_ = Extractor.from_pretrained(folder, device="cpu")
    names = extractor_.engine.backend.model.config.id2label  # type: ignore[attr-defined]
    tagger = pipeline("token-classification", model=str(folder), ignore_labels=[], stride=16, device="cpu")
    for text in ("rebels left", SENTENCE, SENTENCE * 2):
        (scored,) = extractor_.scored([text])
        ours = [names[int(i)] for i in scored.log_probabilities.argmax(axis=1)]
        theirs = tagger(text)
        assert ours == [token["entity"] for token in theirs]
        assert scored.encoded.offsets == [(token["start"], token["end"]) for token in theirs]
