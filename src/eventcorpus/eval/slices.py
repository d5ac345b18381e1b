"""Exact match in parts of the data: by kind, outlet, length, month and tag of the article, by place and novelty of
the mention.

Comes in: gold, predictions and (for novelty) the articles that a model was trained on. Goes out: dimension -> value ->
``Slice``. A rule puts gold and predicted mentions into slices alike, so that an exact match is whole in one slice.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from eventcorpus.eval.intervals import figures_of, figures_with_intervals, known, with_counts
from eventcorpus.eval.report import Slice
from eventcorpus.metrics.match import Key, Numbers, averages, exact_by_article
from eventcorpus.metrics.resample import Resampling
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.text import words

NONE = "(none)"
"""The value of articles that do not say theirs."""
LENGTHS = (100, 250, 500)
PLACES = (128, 256, 512)
LEAST_ARTICLES = 5
"""Fewer articles have no interval: resamples of three articles are too much alike, and the interval far too narrow."""
SEEN = ("seen with this label", "seen with another label", "unseen")

Rule = Callable[[Key], Sequence[str]]
"""The values of a mention in one dimension."""


def slices_of(
    gold: Sequence[AnnotatedArticle],
    keys: Sequence[tuple[Sequence[Key], Sequence[Key]]],
    labels: Sequence[str],
    *,
    resampling: Resampling | None,
    train: Iterable[AnnotatedArticle] | None = None,
) -> dict[str, dict[str, Slice]]:
    """Score every slice; a dimension that the data says nothing of is not there.

    Args:
        gold: in the order of their ids, as the rows of ``resampling``.
        keys: per run its gold and its predicted mentions.
        labels: all that are in ``keys``.
        train: without it nothing is said of novelty (``seen``).
    """
    articles = [one.article for one in gold]
    tokens = {article.id: [start for start, _ in words(article.text)] for article in articles}
    found: dict[str, dict[str, Slice]] = {}
    of_article: dict[str, tuple[Callable[[Article], Sequence[str]], Sequence[str]]] = {
        "kind": (lambda article: (article.kind or NONE,), ()),
        "outlet": (lambda article: (article.outlet or NONE,), ()),
        "length": (lambda article: (_bin(len(tokens[article.id]) - 1, LENGTHS),), _bins(LENGTHS)),
        "month": (lambda article: ((article.published or NONE)[:7],), ()),
        "tag": (lambda article: article.tags or (NONE,), ()),
    }
    for dimension, (values_of, order) in of_article.items():
        values = {article.id: tuple(dict.fromkeys(values_of(article))) for article in articles}
        if any(value != NONE for several in values.values() for value in several):
            everywhere = _by_value(values)
            found[dimension] = _score(
                articles, keys, labels, _rule(values), resampling=resampling, order=order, everywhere=everywhere
            )
    places = _bins(PLACES)
    found["position"] = _score(
        articles, keys, labels, lambda key: (_bin(bisect_right(tokens[key[0]], key[1]) - 1, PLACES),),
        resampling=resampling, order=places,
    )  # fmt: skip
    if train is not None:
        texts = {article.id: article.text for article in articles}
        found["seen"] = _score(articles, keys, labels, _seen_rule(texts, train), resampling=resampling, order=SEEN)
    return {dimension: slices for dimension, slices in found.items() if slices}


def surface(text: str) -> str:
    """A mention's string as ``seen`` compares it: without regard to case and to the kind of white space."""
    return " ".join(text.casefold().split())


def _rule(values: dict[str, tuple[str, ...]]) -> Rule:
    return lambda key: values[key[0]]


def _seen_rule(texts: dict[str, str], train: Iterable[AnnotatedArticle]) -> Rule:
    known_labels: dict[str, set[str]] = defaultdict(set)
    for one in train:
        for span in one.spans:
            known_labels[surface(one.article.text[span.start : span.end])].add(span.label)

    def rule(key: Key) -> Sequence[str]:
        article, start, end, label = key
        seen = known_labels.get(surface(texts[article][start:end]), set())
        return (SEEN[0] if label in seen else SEEN[1] if seen else SEEN[2],)

    return rule


def _score(
    articles: Sequence[Article],
    keys: Sequence[tuple[Sequence[Key], Sequence[Key]]],
    labels: Sequence[str],
    rule: Rule,
    *,
    resampling: Resampling | None,
    order: Sequence[str],
    everywhere: dict[str, set[str]] | None = None,
) -> dict[str, Slice]:
    """Every slice of one dimension: the values in ``order``, then any other by name.

    Args:
        everywhere: value -> articles that are in the slice, with mentions or without; by default those with some.
    """
    ids = [article.id for article in articles]
    members: dict[str, set[str]] = defaultdict(set, everywhere or {})
    parts: dict[str, list[tuple[list[Key], list[Key]]]] = defaultdict(lambda: [([], []) for _ in keys])
    for run, sides in enumerate(keys):
        for side, several in enumerate(sides):
            for key in several:
                for value in rule(key):
                    parts[value][run][side].append(key)
                    if everywhere is None:
                        members[value].add(key[0])
    found: dict[str, Slice] = {}
    for value in [*(value for value in order if value in members), *sorted(set(members) - set(order))]:
        # one slice after the other: the counts of a thousand outlets at once would fill the memory
        counts = [exact_by_article(*sides, articles=ids, labels=labels) for sides in parts[value]]
        found[value] = _slice(np.stack(counts, axis=1), resampling, n_articles=len(members[value]))
    return found


def _slice(counts: Numbers, resampling: Resampling | None, *, n_articles: int) -> Slice:
    """``counts``: shape (n_articles, n_runs, n_labels, 3)."""
    if n_articles < LEAST_ARTICLES:
        resampling = None
    micro = figures_with_intervals(counts.sum(axis=2, keepdims=True), averages, resampling)
    whole = counts.sum(axis=0)
    return Slice(
        articles=n_articles,
        micro=with_counts(figures_of(micro, 0), whole.sum(axis=1).mean(axis=0)),
        macro_f1=known(averages(whole)[-1, 2]),
    )


def _by_value(values: dict[str, tuple[str, ...]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for article, several in values.items():
        for value in several:
            found[value].add(article)
    return dict(found)


def _bins(edges: Sequence[int]) -> list[str]:
    starts = [1, *(edge + 1 for edge in edges)]
    return [*(f"{start}-{edge}" for start, edge in zip(starts, edges, strict=False)), f"over {edges[-1]}"]


def _bin(position: int, edges: Sequence[int]) -> str:
    """The bin of the word at a position from 0, or of a text whose last word has it."""
    return _bins(edges)[bisect_left(edges, position + 1)]
