"""How a recipe encodes articles, and which examples an epoch has whose names are swapped, drawn anew each time.

Comes in: the articles. Goes out: their encoding, and what ``Epochs`` asks for the examples of an epoch.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Any

from eventcorpus.errors import RecipeError
from eventcorpus.models.encode import frame_of
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.training.epochs import ExamplesOf
from eventcorpus.training.recipe import Recipe
from eventcorpus.training.swap_names import collect_names, geo_names, swap_names
from eventcorpus.training.windows import EncodedArticles, Example, encode_articles

Encode = Callable[[Sequence[AnnotatedArticle]], EncodedArticles]


def encode_with(tokenizer: Any, ontology: Ontology, recipe: Recipe) -> Encode:
    """``encode_articles`` with the windows of a recipe."""
    frame = frame_of(tokenizer)

    def encode(articles: Sequence[AnnotatedArticle]) -> EncodedArticles:
        return encode_articles(
            articles, ontology, tokenizer, frame=frame, max_length=recipe.max_length, stride=recipe.stride
        )

    return encode


def examples_with_other_names(
    articles: Sequence[AnnotatedArticle], recipe: Recipe, encode: Encode, *, labels: Collection[str]
) -> ExamplesOf:
    """Examples of an epoch in which a share of the articles has other names; seed and epoch decide which ones.

    Raises:
        RecipeError: if not one of the recipe's labels is in the ontology.
        ModelError: if the names of real places are not installed.
    """
    places, parties = labels_in(recipe.swap_places), labels_in(recipe.swap_parties)
    if not (places | parties) & set(labels):
        raise RecipeError(
            f"swap_names: the dataset has none of the labels {', '.join(sorted(places | parties))}; name its labels in "
            f"swap_places and swap_parties (it has {', '.join(labels)})"
        )
    names = collect_names(articles, place_labels=places, party_labels=parties, places=geo_names() if places else ())

    @lru_cache(maxsize=1)  # the epoch that is being read
    def examples_of(epoch: int) -> list[Example]:
        read: list[AnnotatedArticle] = []
        for annotated in articles:
            rng = random.Random(f"{recipe.seed}-names-{epoch}-{annotated.article.id}")
            read.append(swap_names(annotated, names, rng) if rng.random() < recipe.swap_names else annotated)
        return encode(read).examples

    return examples_of


def labels_in(listed: str) -> frozenset[str]:
    """The labels of a recipe's list.

    >>> sorted(labels_in("Actor, Source"))
    ['Actor', 'Source']
    """
    return frozenset(label.strip() for label in listed.split(",") if label.strip())
