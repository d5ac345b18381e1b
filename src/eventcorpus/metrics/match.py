"""Exact matches of (article, start, end, label), and figures of counts: precision, recall, F1, alpha, kappa.

Counts add up over articles. Arrays of sums with any leading axes give figures with the same leading axes, NaN where
undefined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventcorpus.metrics import Numbers

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


def f1(matched: Numbers, first: Numbers, second: Numbers) -> Numbers:
    """2 matched / (first + second); undefined where there is neither.

    As agreement it needs no count of the things that neither marked, and is the limit of Cohen's kappa as that count
    grows (Hripcsak and Rothschild 2005).

    >>> f1(np.array([3.0, 0.0]), np.array([4.0, 0.0]), np.array([5.0, 0.0])).round(3).tolist()
    [0.667, nan]
    """
    return share(2 * matched, first + second)


def share(part: Numbers, whole: Numbers) -> Numbers:
    """part / whole; undefined where the whole is nothing."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    shape = np.broadcast_shapes(part.shape, whole.shape)
    shares: Numbers = np.divide(part, whole, out=np.full(shape, np.nan), where=np.broadcast_to(whole > 0, shape))
    return shares


def nominal_alpha(matching: Numbers, marginals: Numbers) -> Numbers:
    """Krippendorff's alpha for nominal values, from coincidences (Krippendorff 2011, *Computing alpha*).

    Args:
        matching: shape (...), the sum of the diagonal of the coincidence matrix; of two annotators without gaps:
            twice the number of units with the same value.
        marginals: shape (..., n_values), its row sums; of two annotators: how often either gave each value.

    Returns:
        shape (...), 1 for perfect agreement, 0 for chance; undefined where every value is the same.

    >>> float(nominal_alpha(np.array(16.0), np.array([10.0, 10.0])).round(3))  # 8 of 10 units alike
    0.62
    """
    n_values = marginals.sum(axis=-1)
    expected = n_values**2 - (marginals**2).sum(axis=-1)
    return 1 - share((n_values - 1) * (n_values - matching), expected)


def interval_alpha(n_units: Numbers, values: Numbers, squares: Numbers, squared_differences: Numbers) -> Numbers:
    """Krippendorff's alpha for interval values, of two annotators without gaps.

    Args:
        n_units: number of units, each with a value from either annotator.
        values: sum of all values of both.
        squares: sum of the squares of all values of both.
        squared_differences: sum over units of the squared difference of the two values.

    Returns:
        1 for perfect agreement, 0 for chance; undefined where every value is the same.
    """
    n_values = 2 * n_units
    return 1 - share((n_values - 1) * squared_differences, n_values * squares - values**2)


def kappa(agreed: Numbers, first: Numbers, second: Numbers) -> Numbers:
    """Cohen's kappa (1960), pooled over pairs of annotators: agreement and chance agreement are added up.

    Args:
        agreed: shape (..., n_pairs), number of things with the same value.
        first: shape (..., n_pairs, n_values), how often the first of each pair gave each value.
        second: the same of the second.

    Returns:
        shape (...); undefined where chance alone would agree on everything.

    >>> float(kappa(np.array([35.0]), np.array([[25.0, 25.0]]), np.array([[30.0, 20.0]])).round(3))
    0.4
    """
    n = first.sum(axis=-1)
    expected = (first * second).sum(axis=-1) / np.maximum(n, 1)
    return share((agreed - expected).sum(axis=-1), (n - expected).sum(axis=-1))
