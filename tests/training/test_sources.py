"""Which examples an epoch has when names are swapped."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from eventcorpus.errors import RecipeError
from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.training.examples import EncodedArticles, Example, examples_with_other_names
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe

ONTOLOGY = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))
RECIPE = Recipe(swap_names=0.5, swap_parties="Actor")
ARTICLES = [
    AnnotatedArticle(Article(f"a{n}", "rebels left Homs"), (Span("1", 12, 16, "Place"),), ONTOLOGY.labels)
    for n in range(40)
]


def letters(articles: Sequence[AnnotatedArticle]) -> EncodedArticles:
    """Every character a token: enough to see which text was encoded."""
    texts = [list(map(ord, a.article.text)) for a in articles]
    return EncodedArticles([Example(text, [0] * len(text)) for text in texts])


def test_half_of_the_articles_have_other_names_and_other_ones_in_another_epoch() -> None:
    examples_of = examples_with_other_names(ARTICLES, RECIPE, letters, labels=ONTOLOGY.labels)
    stay = [sum("".join(map(chr, e.input_ids)).endswith("Homs") for e in examples_of(epoch)) for epoch in range(2)]
    assert all(10 <= n <= 30 for n in stay)
    assert examples_of(0) != examples_of(1)
    assert examples_of(0) == examples_with_other_names(ARTICLES, RECIPE, letters, labels=ONTOLOGY.labels)(0)


def test_labels_that_the_dataset_does_not_have_are_named() -> None:
    with pytest.raises(RecipeError, match="none of the labels Actor, Place.*swap_places.*it has Location"):
        examples_with_other_names(ARTICLES, RECIPE, letters, labels=["Location"])


def test_training_with_swapped_names_is_repeatable_and_not_the_same_as_without(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    plain = Recipe(encoder=str(tiny_encoder), num_train_epochs=2, max_length=32, stride=8, precision="fp32")
    weights = []
    for name, recipe in (("a", replace(plain, swap_names=1.0)), ("b", replace(plain, swap_names=1.0)), ("c", plain)):
        fit(ARTICLES, ONTOLOGY, recipe, tmp_path / name)
        weights.append(load_file(tmp_path / name / "model.safetensors"))
    assert all(weights[0][key].equal(weights[1][key]) for key in weights[0])
    assert not all(weights[0][key].equal(weights[2][key]) for key in weights[0])
