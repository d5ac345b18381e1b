"""Exact match in parts of the data: by kind, outlet, length, month and tag of the article, by place and novelty of
the mention.

A rule puts gold and predicted mentions into slices alike, so that an exact match is whole in one slice.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import numpy as np

from eventcorpus.eval.intervals import mean_figures, with_counts
from eventcorpus.eval.report import Slice
from eventcorpus.metrics.match import Key, exact_by_article, known, mean_label_figures, precision_recall_f1
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
    articles = [annotated.article for annotated in gold]
    starts = {article.id: [start for start, _ in words(article.text)] for article in articles}
    found: dict[str, dict[str, Slice]] = {}
    of_article: dict[str, tuple[Callable[[Article], Sequence[str]], Sequence[str]]] = {
        "kind": (lambda article: (article.kind or NONE,), ()),
        "outlet": (lambda article: (article.outlet or NONE,), ()),
        "length": (lambda article: (_bin(len(starts[article.id]) - 1, LENGTHS),), _bins(LENGTHS)),
        "month": (lambda article: ((article.published or NONE)[:7],), ()),
        "tag": (lambda article: article.tags or (NONE,), ()),
    }
    for dimension, (values_of, order) in of_article.items():
        values = {article.id: tuple(dict.fromkeys(values_of(article))) for article in articles}
        if any(value != NONE for of_one in values.values() for value in of_one):
            rule: Rule = partial(_of_article, values)
            found[dimension] = _score(articles, keys, labels, rule, resampling=resampling, order=order, values=values)
    rules: dict[str, tuple[Rule, Sequence[str]]] = {
        "position": (lambda key: (_bin(bisect_right(starts[key[0]], key[1]) - 1, PLACES),), _bins(PLACES))
    }
    if train is not None:
        rules["seen"] = (_seen_rule({article.id: article.text for article in articles}, train), SEEN)
    for dimension, (of_mention, order) in rules.items():
        found[dimension] = _score(articles, keys, labels, of_mention, resampling=resampling, order=order)
    return {dimension: slices for dimension, slices in found.items() if slices}


def surface(text: str) -> str:
    """A mention's string as ``seen`` compares it: without regard to case and to the kind of white space."""
    return " ".join(text.casefold().split())


def _of_article(values: dict[str, tuple[str, ...]], key: Key) -> tuple[str, ...]:
    return values[key[0]]


def _seen_rule(texts: dict[str, str], train: Iterable[AnnotatedArticle]) -> Rule:
    known_labels: dict[str, set[str]] = defaultdict(set)
    for annotated in train:
        for span in annotated.spans:
            known_labels[surface(annotated.article.text[span.start : span.end])].add(span.label)

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
    values: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Slice]:
    """Every slice of one dimension: the values in ``order``, then any other by name.

    Args:
        values: article id -> the slices that it is in, with mentions or without; by default those of its mentions.
    """
    ids = [article.id for article in articles]
    in_slice: dict[str, set[str]] = defaultdict(set)
    for article_id, of_article in (values or {}).items():
        for value in of_article:
            in_slice[value].add(article_id)
    parts: dict[str, list[tuple[list[Key], list[Key]]]] = defaultdict(lambda: [([], []) for _ in keys])
    for run, sides in enumerate(keys):
        for side, mentions in enumerate(sides):
            for key in mentions:
                for value in rule(key):
                    parts[value][run][side].append(key)
                    in_slice[value].add(key[0])
    found: dict[str, Slice] = {}
    for value in [*(value for value in order if value in in_slice), *sorted(set(in_slice) - set(order))]:
        # one slice after the other: the counts of a thousand outlets at once would fill the memory
        of_runs = [exact_by_article(*sides, articles=ids, labels=labels) for sides in parts[value]]
        counts, n_articles = np.stack(of_runs, axis=1), len(in_slice[value])
        of_enough = resampling if n_articles >= LEAST_ARTICLES else None
        micro, totals = mean_figures(counts.sum(axis=2), precision_recall_f1, of_enough), counts.sum(axis=0)
        macro_f1 = known(mean_label_figures(totals)[-1, 2])
        found[value] = Slice(articles=n_articles, micro=with_counts(micro, totals.sum(axis=1)), macro_f1=macro_f1)
    return found


def _bins(edges: Sequence[int]) -> list[str]:
    starts = [1, *(edge + 1 for edge in edges)]
    return [*(f"{start}-{edge}" for start, edge in zip(starts, edges, strict=False)), f"over {edges[-1]}"]


def _bin(position: int, edges: Sequence[int]) -> str:
    """The bin of the word at a position from 0, or of a text whose last word has it."""
    return _bins(edges)[bisect_left(edges, position + 1)]
