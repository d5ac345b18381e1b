"""Training examples: windows of annotated articles with one tag a token.

Comes in: annotated articles and a tokenizer. Goes out: examples, and what could not be learned.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import torch

from eventcorpus.annotation.rules import resolve_overlaps
from eventcorpus.errors import RecipeError
from eventcorpus.models.encode import SpecialTokens, encode_text, special_tokens_of
from eventcorpus.models.tags import OUTSIDE, tags_from_spans
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Span
from eventcorpus.training.augmentation import collect_names, geo_names, swap_names
from eventcorpus.training.recipe import Recipe

IGNORED = -100
"""The target that cross entropy leaves out."""


@dataclass(frozen=True, slots=True)
class Example:
    """One window: ``input_ids`` and ``targets``, both of shape (seq_len,), special tokens included.

    ``soft_targets``: probabilities of tags, shape (seq_len, n_tags), where a teacher said them.
    """

    input_ids: list[int]
    targets: list[int]
    soft_targets: torch.Tensor | None = None

    @property
    def n_labelled(self) -> int:
        """Tokens with a target."""
        return len(self.targets) - self.targets.count(IGNORED)


ExamplesOf = Callable[[int], Sequence[Example]]
"""Gives the examples of an epoch, counted from 0; the same ones whenever it is asked for the same epoch."""


def without_targets(example: Example) -> Example:
    """The same window, from which nothing is learned."""
    return replace(example, targets=[IGNORED] * len(example.targets), soft_targets=None)


@dataclass
class EncodedArticles:
    """Examples and what became of their articles.

    ``lost`` names, per article, spans that no tag can express; ``cut`` those that no window holds whole.
    ``n_tokens`` are sub-words, special tokens included, padding and repeated overlap excluded. ``labels`` counts the
    spans from which each label is learned.
    """

    examples: list[Example] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    n_spans: int = 0
    cut: list[str] = field(default_factory=list)
    n_tokens: int = 0
    labels: Counter[str] = field(default_factory=Counter)


def encode_articles(
    articles: Sequence[AnnotatedArticle],
    ontology: Ontology,
    tokenizer: Any,
    *,
    special_tokens: SpecialTokens,
    max_length: int,
    stride: int,
) -> EncodedArticles:
    """Encode articles for training.

    Each token has a target in one window only, the one in which it has most context; elsewhere, and on special
    tokens, it is ``IGNORED``. Where an annotator could not use every label, a token outside all spans may belong to
    one of the missing labels, and is ignored too.

    Raises:
        ModelError: if windows leave no room for text.
    """
    done = EncodedArticles()
    for annotated in articles:
        text = annotated.article.text
        stay, lost = resolve_overlaps(annotated.spans, ontology)
        encoded = encode_text(text, tokenizer, max_length=max_length, stride=stride, special_tokens=special_tokens)
        tags, unreached = tags_from_spans(stay, encoded.offsets, ontology.rank)
        done.lost += [_named(annotated, span) for span in [*(loser for loser, _ in lost), *unreached]]
        done.labels += Counter(span.label for span in stay)
        done.labels -= Counter(span.label for span in unreached)
        done.n_spans += len(annotated.spans)
        done.n_tokens += len(encoded.input_ids) + len(special_tokens)
        if not set(ontology.labels) <= set(annotated.labels_annotated):
            tags = [IGNORED if tag == OUTSIDE else tag for tag in tags]
        reach = [
            (encoded.offsets[w.start][0], encoded.offsets[w.end - 1][1]) for w in encoded.windows if w.end > w.start
        ]
        done.cut += [_named(annotated, s) for s in stay if not any(a <= s.start and s.end <= b for a, b in reach)]
        for window in encoded.windows:
            targets = [
                tag if window.own_start <= i < window.own_end else IGNORED
                for i, tag in enumerate(tags[window.start : window.end], start=window.start)
            ]
            if any(target != IGNORED for target in targets):
                done.examples.append(
                    Example(
                        special_tokens.around(encoded.input_ids[window.start : window.end]),
                        [IGNORED] * len(special_tokens.prefix) + targets + [IGNORED] * len(special_tokens.suffix),
                    )
                )
    return done


def _named(annotated: AnnotatedArticle, span: Span) -> str:
    return f"{annotated.article.id}: {span.label} [{span.start}, {span.end})"


Encode = Callable[[Sequence[AnnotatedArticle]], EncodedArticles]


def encode_with(tokenizer: Any, ontology: Ontology, recipe: Recipe) -> Encode:
    """``encode_articles`` with the windows of a recipe."""
    special_tokens = special_tokens_of(tokenizer)

    def encode(articles: Sequence[AnnotatedArticle]) -> EncodedArticles:
        return encode_articles(
            articles,
            ontology,
            tokenizer,
            special_tokens=special_tokens,
            max_length=recipe.max_length,
            stride=recipe.stride,
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
