"""Which predicted spans are right: exact matches of (article, start, end, label), independent of order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventcorpus.schema import Span

Key = tuple[str, int, int, str]
"""(article id, start, end, label)."""
SpanKey = tuple[int, int, str, int]
"""(start, end, label, n): the same span marked twice has n = 0 and 1, so that keys are matched one to one."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of spans: ``correct`` in both, ``support`` in gold, ``predicted`` by the system."""

    correct: int
    predicted: int
    support: int

    @property
    def precision(self) -> float | None:
        """Share of predictions that are right; None without predictions, unless gold was there to be found (then 0)."""
        return self.correct / self.predicted if self.predicted else (0.0 if self.support else None)

    @property
    def recall(self) -> float | None:
        """Share of gold that was found; None without gold, unless something was predicted (then 0)."""
        return self.correct / self.support if self.support else (0.0 if self.predicted else None)

    @property
    def f1(self) -> float | None:
        """2 correct / (predicted + support); None where there is neither."""
        both = self.predicted + self.support
        return 2 * self.correct / both if both else None


def exact_counts(gold: Iterable[Key], predicted: Iterable[Key]) -> dict[str, Counts]:
    """Count exact matches per label, one to one; the same span predicted twice is right at most as often as in gold.

    >>> exact_counts([("x", 0, 4, "Actor")], [("x", 0, 4, "Actor"), ("x", 0, 4, "Place")])["Actor"].f1
    1.0
    """
    in_gold, in_predicted = Counter(gold), Counter(predicted)
    both = in_gold & in_predicted

    def per_label(counter: Counter[Key]) -> Counter[str]:
        totals: Counter[str] = Counter()
        for (_, _, _, label), n in counter.items():
            totals[label] += n
        return totals

    correct, found, support = per_label(both), per_label(in_predicted), per_label(in_gold)
    return {label: Counts(correct[label], found[label], support[label]) for label in {**support, **found}}


def sum_counts(counts: Iterable[Counts]) -> Counts:
    """Add counts up, for micro averages."""
    listed = list(counts)
    return Counts(sum(c.correct for c in listed), sum(c.predicted for c in listed), sum(c.support for c in listed))


def span_keys(spans: Iterable[Span]) -> dict[str, SpanKey]:
    """Span id -> key, of the spans of one article."""
    times: Counter[tuple[int, int, str]] = Counter()
    keys: dict[str, SpanKey] = {}
    for span in spans:
        place = (span.start, span.end, span.label)
        keys[span.id] = (*place, times[place])
        times[place] += 1
    return keys


Numbers = NDArray[np.float64]


def exact_by_article(
    gold: Iterable[Key], predicted: Iterable[Key], *, articles: Sequence[str], labels: Sequence[str]
) -> Numbers:
    """Exact matches per article and label, one to one, as ``exact_counts`` counts them over all articles.

    Args:
        articles: ids, one a row; every key is of one of them.
        labels: one a column; every key has one of them.

    Returns:
        shape (n_articles, n_labels, 3): correct, predicted, in gold.

    >>> exact_by_article([("x", 0, 4, "Actor")], [("x", 0, 4, "Actor"), ("y", 0, 4, "Actor")],
    ...                  articles=["x", "y"], labels=["Actor"]).tolist()
    [[[1.0, 1.0, 1.0]], [[0.0, 1.0, 0.0]]]
    """
    row = {article: i for i, article in enumerate(articles)}
    column = {label: i for i, label in enumerate(labels)}
    in_gold, in_predicted = Counter(gold), Counter(predicted)
    counts = np.zeros((len(row), len(column), 3))
    for place, counter in enumerate((in_gold & in_predicted, in_predicted, in_gold)):
        for (article, _, _, label), n in counter.items():
            counts[row[article], column[label], place] += n
    return counts


def precision_recall_f1(counts: Numbers) -> Numbers:
    """Precision, recall and F1, defined as by ``Counts``: 0 where one side has nothing, undefined where neither has.

    Args:
        counts: shape (..., 3): correct, predicted, in gold.

    Returns:
        shape (..., 3), in [0, 1]; NaN where undefined.

    >>> precision_recall_f1(np.array([[1.0, 1, 2], [0, 0, 3], [0, 0, 0]])).round(3).tolist()
    [[1.0, 0.5, 0.667], [0.0, 0.0, 0.0], [nan, nan, nan]]
    """
    correct, predicted, support = np.moveaxis(np.asarray(counts, dtype=np.float64), -1, 0)
    defined = predicted + support > 0
    precision = correct / np.where(predicted > 0, predicted, 1)
    recall = correct / np.where(support > 0, support, 1)
    f1 = 2 * correct / np.where(defined, predicted + support, 1)
    return np.where(defined[..., None], np.stack([precision, recall, f1], axis=-1), np.nan)


def mean_of_known(figures: Numbers, *, axis: int) -> Numbers:
    """The mean of what is defined along an axis; NaN where nothing is.

    >>> mean_of_known(np.array([[1.0, 0.5], [np.nan, 1.0]]), axis=0).tolist()
    [1.0, 0.75]
    """
    known = ~np.isnan(figures)
    n = known.sum(axis=axis)
    total = np.where(known, figures, 0.0).sum(axis=axis)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def averages(counts: Numbers) -> Numbers:
    """Figures of every label and their averages, as means over runs.

    Args:
        counts: shape (..., n_runs, n_labels, 3): correct, predicted, in gold; sums over articles.

    Returns:
        shape (..., n_labels + 2, 3): precision, recall and F1 of each label, then micro, then macro (the mean over the
        labels that have gold or predictions); NaN where undefined.
    """
    labels = precision_recall_f1(counts)
    micro = precision_recall_f1(counts.sum(axis=-2))
    macro = mean_of_known(labels, axis=-2)
    every = np.concatenate([labels, micro[..., None, :], macro[..., None, :]], axis=-2)
    return mean_of_known(every, axis=-3)
