from pathlib import Path
from typing import Any

import pytest

from eventcorpus.models.encode import special_tokens_of
from eventcorpus.models.encoders import load_tokenizer
from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.training.examples import IGNORED, encode_articles

ONTOLOGY = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))
TEXT = "rebels attacked the town of aleppo on monday and the army left the town of homs on friday . " * 12


@pytest.fixture
def tokenizer(tiny_encoder: Path) -> Any:
    return load_tokenizer(str(tiny_encoder))


def annotated(text: str, spans: tuple[Span, ...], labels: tuple[str, ...] = ONTOLOGY.labels) -> AnnotatedArticle:
    return AnnotatedArticle(Article("x", text), spans, labels)


def test_each_token_counts_once_however_many_windows_hold_it(tokenizer: Any) -> None:
    special_tokens = special_tokens_of(tokenizer)
    whole = encode_articles(
        [annotated(TEXT, ())], ONTOLOGY, tokenizer, special_tokens=special_tokens, max_length=4096, stride=8
    )
    cut = encode_articles(
        [annotated(TEXT, ())], ONTOLOGY, tokenizer, special_tokens=special_tokens, max_length=40, stride=16
    )
    counted = [sum(t != IGNORED for e in encoded.examples for t in e.targets) for encoded in (whole, cut)]
    assert len(whole.examples) == 1 and len(cut.examples) > 4
    assert counted[0] == counted[1] == whole.n_tokens - len(special_tokens)


def test_special_tokens_have_no_target(tokenizer: Any) -> None:
    special_tokens = special_tokens_of(tokenizer)
    article = annotated("rebels", (Span("1", 0, 6, "Actor"),))
    encoded = encode_articles([article], ONTOLOGY, tokenizer, special_tokens=special_tokens, max_length=32, stride=8)
    (example,) = encoded.examples
    assert example.targets[0] == example.targets[-1] == IGNORED
    assert example.targets[1] == 1


def test_outside_is_ignored_where_an_annotator_lacked_a_label(tokenizer: Any) -> None:
    article = annotated("rebels left", (Span("1", 0, 6, "Actor"),), labels=("Actor",))
    encoded = encode_articles(
        [article], ONTOLOGY, tokenizer, special_tokens=special_tokens_of(tokenizer), max_length=32, stride=8
    )
    assert set(encoded.examples[0].targets) <= {1, 2, IGNORED}
    assert 1 in encoded.examples[0].targets


def test_an_overlapped_span_is_lost_by_name(tokenizer: Any) -> None:
    article = annotated("rebels of homs", (Span("1", 0, 14, "Actor"), Span("2", 10, 14, "Place")))
    encoded = encode_articles(
        [article], ONTOLOGY, tokenizer, special_tokens=special_tokens_of(tokenizer), max_length=32, stride=8
    )
    assert encoded.lost == ["x: Place [10, 14)"]
