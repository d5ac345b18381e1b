from pathlib import Path
from typing import Any

import pytest
import torch

from eventcorpus.models.encode import frame_of
from eventcorpus.models.encoders import load_tokenizer
from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.training.windows import IGNORED, Example, batch_order, collate, encode_articles

ONTOLOGY = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))
TEXT = "rebels attacked the town of aleppo on monday and the army left the town of homs on friday . " * 12


@pytest.fixture
def tokenizer(tiny_encoder: Path) -> Any:
    return load_tokenizer(str(tiny_encoder))


def annotated(text: str, spans: tuple[Span, ...], labels: tuple[str, ...] = ONTOLOGY.labels) -> AnnotatedArticle:
    return AnnotatedArticle(Article("x", text), spans, labels)


def test_each_token_counts_once_however_many_windows_hold_it(tokenizer: Any) -> None:
    frame = frame_of(tokenizer)
    whole = encode_articles([annotated(TEXT, ())], ONTOLOGY, tokenizer, frame=frame, max_length=4096, stride=8)
    cut = encode_articles([annotated(TEXT, ())], ONTOLOGY, tokenizer, frame=frame, max_length=40, stride=16)
    counted = [sum(t != IGNORED for e in encoded.examples for t in e.targets) for encoded in (whole, cut)]
    assert len(whole.examples) == 1 and len(cut.examples) > 4
    assert counted[0] == counted[1] == whole.n_tokens - len(frame)


def test_special_tokens_have_no_target(tokenizer: Any) -> None:
    frame = frame_of(tokenizer)
    article = annotated("rebels", (Span("1", 0, 6, "Actor"),))
    encoded = encode_articles([article], ONTOLOGY, tokenizer, frame=frame, max_length=32, stride=8)
    (example,) = encoded.examples
    assert example.targets[0] == example.targets[-1] == IGNORED
    assert example.targets[1] == 1


def test_outside_is_ignored_where_an_annotator_lacked_a_label(tokenizer: Any) -> None:
    article = annotated("rebels left", (Span("1", 0, 6, "Actor"),), labels=("Actor",))
    encoded = encode_articles([article], ONTOLOGY, tokenizer, frame=frame_of(tokenizer), max_length=32, stride=8)
    assert set(encoded.examples[0].targets) <= {1, 2, IGNORED}
    assert 1 in encoded.examples[0].targets


def test_an_overlapped_span_is_lost_by_name(tokenizer: Any) -> None:
    article = annotated("rebels of homs", (Span("1", 0, 14, "Actor"), Span("2", 10, 14, "Place")))
    encoded = encode_articles([article], ONTOLOGY, tokenizer, frame=frame_of(tokenizer), max_length=32, stride=8)
    assert encoded.lost == ["x: Place [10, 14)"]


def test_the_order_of_batches_depends_on_seed_and_epoch_only() -> None:
    examples = [Example([1] * n, [0] * n) for n in (3, 9, 4, 8, 5, 7, 6, 2)]
    first = batch_order(examples, batch_size=2, seed=1, epoch=0)
    assert first == batch_order(examples, batch_size=2, seed=1, epoch=0)
    assert first != batch_order(examples, batch_size=2, seed=1, epoch=1)
    assert sorted(i for batch in first for i in batch) == list(range(8))
    assert sorted(sorted(batch) for batch in first) == [[0, 7], [1, 3], [2, 4], [5, 6]]


def test_padding_is_masked_and_has_no_target() -> None:
    batch = collate([Example([5, 6, 7], [0, 1, 2]), Example([8], [0])], pad_id=9)
    assert torch.equal(batch["input_ids"], torch.tensor([[5, 6, 7], [8, 9, 9]]))
    assert torch.equal(batch["attention_mask"], torch.tensor([[1, 1, 1], [1, 0, 0]]))
    assert torch.equal(batch["labels"], torch.tensor([[0, 1, 2], [0, IGNORED, IGNORED]]))
