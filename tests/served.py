"""What the tests of the service serve: a model that was trained to find two labels, and one that knows articles by heart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace

import linked_articles
from eventcorpus.events.assembly import Normalisers
from eventcorpus.events.gazetteer import Gazetteer
from eventcorpus.events.linked_articles import annotated_mentions_of
from eventcorpus.ontology import Label, Ontology
from eventcorpus.predictions import ModelName
from eventcorpus.schema import AnnotatedArticle, Article, Mention, Span
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe

NORMALISERS = Normalisers(Gazetteer())
"""They read the lists of the world when a place is first looked up."""
TOWNS = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))
TEXT = "rebels attacked the town of homs on monday"
RECIPE = Recipe(
    encoder="", num_train_epochs=8, learning_rate=5e-3, per_device_train_batch_size=4, max_length=32, stride=8,
    precision="fp32", layerwise_lr_decay=1.0, freeze_word_embeddings=False,
)  # fmt: skip


def fit_towns(encoder: Path, folder: Path) -> Path:
    """A model that finds rebels as Actor, aleppo and homs as Place."""
    fit([_town(n) for n in range(24)], TOWNS, RECIPE.replace(encoder=str(encoder)), folder)
    return folder


def _town(n: int) -> AnnotatedArticle:
    place = ("aleppo", "homs")[n % 2]
    text = f"rebels attacked the town of {place} on monday"
    at = text.index(place)
    spans = (Span("1", 0, 6, "Actor"), Span("2", at, at + len(place), "Place"))
    return AnnotatedArticle(Article(f"a{n}", text), spans, TOWNS.labels)


def fit_raids(encoder: Path, folder: Path) -> Path:
    """A model that has learned all roles, attributes and events of ``linked_articles``, in some fifteen seconds."""
    recipe = RECIPE.replace(
        encoder=str(encoder), num_train_epochs=20, per_device_train_batch_size=8, max_length=64, stride=16,
        heads=True, heads_learning_rate=3e-3, eval_strategy="no",
    )  # fmt: skip
    fit(linked_articles.ARTICLES, linked_articles.ONTOLOGY, recipe, folder)
    return folder


class ByHeart:
    """In the place of an extractor: knows the gold of ``linked_articles`` by heart, and finds nothing in other texts."""

    name = ModelName(name="by-heart", hash="0123456789abcdef")
    about = SimpleNamespace(ontology=linked_articles.ONTOLOGY)

    def __init__(self) -> None:
        articles = linked_articles.ARTICLES
        self._known = {a.article.text: annotated_mentions_of(a, linked_articles.ONTOLOGY) for a in articles}

    def extract_with_warnings(self, articles: Iterable[Article]) -> Iterator[tuple[Article, list[Mention], list[str]]]:
        for article in articles:
            known = article.text in self._known
            yield article, self._known.get(article.text, []), [] if known else ["words: none is known"]
