"""Examples of an epoch: windows with targets, and articles whose mentions are replaced."""

from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from eventcorpus.errors import RecipeError
from eventcorpus.models.encoders import load_tokenizer
from eventcorpus.models.windows import EncodedText, TextEncoder, cut_windows
from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.training.examples import (
    IGNORED,
    Preparation,
    augmented_examples,
    encode_articles,
)
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe
from eventcorpus.training.unlabelled import MOST_WORDS, read_unlabelled

ONTOLOGY = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))
TEXT = "rebels attacked the town of aleppo on monday and the army left the town of homs on friday . " * 12


@pytest.fixture
def tokenizer(tiny_encoder: Path) -> Any:
    return load_tokenizer(str(tiny_encoder))


def annotated(text: str, spans: tuple[Span, ...], labels: tuple[str, ...] = ONTOLOGY.labels) -> AnnotatedArticle:
    return AnnotatedArticle(Article("x", text), spans, labels)


def test_each_token_counts_once_however_many_windows_hold_it(tokenizer: Any) -> None:
    special_tokens = TextEncoder(tokenizer, max_length=64, stride=16)
    whole = encode_articles([annotated(TEXT, ())], ONTOLOGY, TextEncoder(tokenizer, max_length=4096, stride=8))
    cut = encode_articles([annotated(TEXT, ())], ONTOLOGY, TextEncoder(tokenizer, max_length=40, stride=16))
    counted = [sum(t != IGNORED for e in encoded.examples for t in e.targets) for encoded in (whole, cut)]
    assert len(whole.examples) == 1 and len(cut.examples) > 4
    assert counted[0] == counted[1] == whole.n_tokens - special_tokens.n_special_tokens


def test_special_tokens_have_no_target(tokenizer: Any) -> None:
    article = annotated("rebels", (Span("1", 0, 6, "Actor"),))
    encoded = encode_articles([article], ONTOLOGY, TextEncoder(tokenizer, max_length=32, stride=8))
    (example,) = encoded.examples
    assert example.targets[0] == example.targets[-1] == IGNORED
    assert example.targets[1] == 1


def test_outside_is_ignored_where_an_annotator_lacked_a_label(tokenizer: Any) -> None:
    article = annotated("rebels left", (Span("1", 0, 6, "Actor"),), labels=("Actor",))
    encoded = encode_articles([article], ONTOLOGY, TextEncoder(tokenizer, max_length=32, stride=8))
    assert set(encoded.examples[0].targets) <= {1, 2, IGNORED}
    assert 1 in encoded.examples[0].targets


def test_an_overlapped_span_is_lost_by_name(tokenizer: Any) -> None:
    article = annotated("rebels of homs", (Span("1", 0, 14, "Actor"), Span("2", 10, 14, "Place")))
    encoded = encode_articles([article], ONTOLOGY, TextEncoder(tokenizer, max_length=32, stride=8))
    assert encoded.lost == ["x: Place [10, 14)"]


RECIPE = Recipe(swap_names=0.5, swap_parties="Actor")
ARTICLES = [
    AnnotatedArticle(Article(f"a{n}", "rebels left Homs"), (Span("1", 12, 16, "Place"),), ONTOLOGY.labels)
    for n in range(40)
]


class Letters(TextEncoder):
    """Every character a token: enough to see which text was encoded."""

    def __init__(self) -> None:
        self.prefix, self.suffix, self.n_special_tokens, self.texts = [], [], 0, list[str]()

    def encode(self, text: str) -> EncodedText:
        self.texts.append(text)
        return EncodedText([*map(ord, text)], [(i, i + 1) for i in range(len(text))], cut_windows(len(text), 99, 0))


def prepared(ontology: Ontology = ONTOLOGY) -> Preparation:
    encoder = Letters()
    return Preparation(ARTICLES, ontology, RECIPE, "", encoder, encode_articles(ARTICLES, ONTOLOGY, encoder))


def test_half_of_the_articles_have_other_names_and_other_ones_in_another_epoch() -> None:
    examples_of = augmented_examples(prepared())
    stay = [sum("".join(map(chr, e.input_ids)).endswith("Homs") for e in examples_of(epoch)) for epoch in range(2)]
    assert all(10 <= n <= 30 for n in stay)
    assert examples_of(0) != examples_of(1)
    assert examples_of(0) == augmented_examples(prepared())(0)


def test_articles_that_keep_their_names_are_not_encoded_again() -> None:
    preparation = prepared()
    examples = augmented_examples(preparation)(0)
    assert isinstance(preparation.encoder, Letters)
    again = ["".join(map(chr, e.input_ids)) for e in examples if not "".join(map(chr, e.input_ids)).endswith("Homs")]
    assert preparation.encoder.texts[len(ARTICLES) :] == again
    kept = [(e, first) for e, first in zip(examples, preparation.encoded.examples, strict=True) if e == first]
    assert len(kept) == len(ARTICLES) - len(again)


def test_labels_that_the_dataset_does_not_have_are_named() -> None:
    with pytest.raises(RecipeError, match="none of the labels Actor, Place.*swap_places.*it has Location"):
        augmented_examples(prepared(Ontology(name="t", version="1.0.0", entities=(Label(name="Location"),))))


def test_training_with_swapped_names_is_repeatable_and_not_the_same_as_without(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    plain = Recipe(encoder=str(tiny_encoder), num_train_epochs=2, max_length=32, stride=8, precision="fp32")
    weights = []
    for name, recipe in (("a", plain.replace(swap_names=1.0)), ("b", plain.replace(swap_names=1.0)), ("c", plain)):
        fit(ARTICLES, ONTOLOGY, recipe, tmp_path / name)
        weights.append(load_file(tmp_path / name / "model.safetensors"))
    assert all(weights[0][key].equal(weights[1][key]) for key in weights[0])
    assert not all(weights[0][key].equal(weights[2][key]) for key in weights[0])


def test_a_text_file_without_labels_may_hold_many_articles(tmp_path: Path) -> None:
    (tmp_path / "many.txt").write_text("Title\nRebels left.\n\nThey came back.\n\n\nOther\nHoms is quiet.\n\n\n\n\n")
    first, second = read_unlabelled([tmp_path / "many.txt"])
    assert (first.id, first.text) == ("many-1", "Title\nRebels left.\n\nThey came back.")
    assert (second.id, second.text) == ("many-2", "Other\nHoms is quiet.")
    (tmp_path / "one.txt").write_text("Rebels left.\n\nThey came back.\n")
    (only,) = read_unlabelled([tmp_path / "one.txt"])
    assert (only.id, only.text) == ("one", "Rebels left.\n\nThey came back.\n")


def test_a_long_text_without_labels_is_read_in_parts(tmp_path: Path) -> None:
    paragraphs = [" ".join([f"word{i}"] * 150) for i in range(5)] + ["long " * (MOST_WORDS + 1)]
    (tmp_path / "long.txt").write_text("\n\n".join(paragraphs))
    parts = read_unlabelled([tmp_path / "long.txt"])
    assert [len(part.text.split()) for part in parts] == [300, 300, 150, MOST_WORDS + 1]
    assert [word for part in parts for word in part.text.split()] == " ".join(paragraphs).split()
