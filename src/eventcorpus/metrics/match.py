"""Exact matches of (article, start, end, label), and precision, recall and F1 made of their counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventcorpus.metrics import Numbers
from eventcorpus.metrics.coefficients import f1

Key = tuple[str, int, int, str]
"""(article id, start, end, label)."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of spans: ``correct`` in both, ``support`` in gold, ``predicted`` by the system.

    The figures are those of ``precision_recall_f1``, None where undefined.
    """

    correct: int
    predicted: int
    support: int

    @property
    def precision(self) -> float | None:
        """Share of predictions that are right; None without predictions, unless gold was there to be found (then 0)."""
        return self._figure(0)

    @property
    def recall(self) -> float | None:
        """Share of gold that was found; None without gold, unless something was predicted (then 0)."""
        return self._figure(1)

    @property
    def f1(self) -> float | None:
        """2 correct / (predicted + support); None where there is neither."""
        return self._figure(2)

    def _figure(self, i: int) -> float | None:
        return known(precision_recall_f1(np.array([self.correct, self.predicted, self.support]))[i])


def exact_counts(gold: Iterable[Key], predicted: Iterable[Key]) -> dict[str, Counts]:
    """Count exact matches per label, one to one; the same span predicted twice is right at most as often as in gold.

    >>> exact_counts([("x", 0, 4, "Actor")], [("x", 0, 4, "Actor"), ("x", 0, 4, "Place")])["Actor"].f1
    1.0
    """
    gold, predicted = list(gold), list(predicted)
    articles = list(dict.fromkeys(article for article, *_ in (*gold, *predicted)))
    labels = list(dict.fromkeys(label for *_, label in (*gold, *predicted)))
    totals = exact_by_article(gold, predicted, articles=articles, labels=labels).sum(axis=0)
    return {label: Counts(*map(int, row)) for label, row in zip(labels, totals.tolist(), strict=True)}


def sum_counts(counts: Iterable[Counts]) -> Counts:
    """Add counts up, for micro averages."""
    listed = list(counts)
    return Counts(sum(c.correct for c in listed), sum(c.predicted for c in listed), sum(c.support for c in listed))


def exact_by_article(
    gold: Iterable[Key], predicted: Iterable[Key], *, articles: Sequence[str], labels: Sequence[str]
) -> Numbers:
    """Exact matches per article and label, one to one.

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


def precision_recall_f1(counts: NDArray[np.floating] | NDArray[np.integer]) -> Numbers:
    """Precision, recall and F1: 0 where one side has nothing and the other something, undefined where neither has.

    Args:
        counts: whole numbers, shape (..., 3): correct, predicted, in gold.

    Returns:
        shape (..., 3), in [0, 1]; NaN where undefined.

    >>> precision_recall_f1(np.array([[1.0, 1, 2], [0, 0, 3], [0, 0, 0]])).round(3).tolist()
    [[1.0, 0.5, 0.667], [0.0, 0.0, 0.0], [nan, nan, nan]]
    """
    correct, predicted, support = np.moveaxis(np.asarray(counts, dtype=np.float64), -1, 0)
    f1s = f1(correct, predicted, support)
    figures = np.stack([correct / np.maximum(predicted, 1), correct / np.maximum(support, 1), f1s], axis=-1)
    figures[np.isnan(f1s)] = np.nan
    return figures


def micro_f1(counts: Numbers) -> Numbers:
    """F1 of all labels together, of counts of shape (..., n_labels, 3): shape (...), NaN where undefined."""
    return precision_recall_f1(counts.sum(axis=-2))[..., 2]


def label_figures(counts: Numbers) -> Numbers:
    """Figures of every label and their averages.

    Args:
        counts: shape (..., n_labels, 3): correct, predicted, in gold; sums over articles.

    Returns:
        shape (..., n_labels + 2, 3): precision, recall and F1 of each label, then micro, then macro (the mean over the
        labels that have gold or predictions); NaN where undefined.
    """
    figures = precision_recall_f1(np.concatenate([counts, counts.sum(axis=-2, keepdims=True)], axis=-2))
    macro = mean_of_known(figures[..., :-1, :], axis=-2)
    return np.concatenate([figures, macro[..., None, :]], axis=-2)


def mean_label_figures(counts: Numbers) -> Numbers:
    """The mean over runs of ``label_figures``, of counts of shape (..., n_runs, n_labels, 3)."""
    return mean_of_known(label_figures(counts), axis=-3)


def mean_of_known(figures: Numbers, *, axis: int) -> Numbers:
    """The mean of what is defined along an axis; NaN where nothing is.

    >>> mean_of_known(np.array([[1.0, 0.5], [np.nan, 1.0]]), axis=0).tolist()
    [1.0, 0.75]
    """
    defined = ~np.isnan(figures)
    n = defined.sum(axis=axis)
    total = np.where(defined, figures, 0.0).sum(axis=axis)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def known(value: float | Numbers) -> float | None:
    """One figure as reports hold it: None for NaN."""
    return None if np.isnan(value) else float(value)
