"""Intervals of precision, recall and F1, and what difference a test set can show.

Comes in: counts per article (and per run, where several runs of one recipe are judged). Goes out: a ``Matching`` whose
figures have intervals. Rows are always in the order of article ids, so that the order of files changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from eventcorpus.eval.report import Figure, Figures, Interval, Intervals, LabelFigures, Matching
from eventcorpus.metrics.match import averages
from eventcorpus.metrics.resample import Estimate, Resampling, draw_resamples, estimate
from eventcorpus.schema import AnnotatedArticle

Numbers = NDArray[np.float64]
LEVEL = 0.95
POWER = 0.8
STANDARD_ERRORS = 2.8016
"""z(0.975) + z(0.8): how many standard errors a difference must be to be found at level 0.05 with power 0.8."""


def in_order(gold: Iterable[AnnotatedArticle]) -> list[AnnotatedArticle]:
    """Articles by id: the order of the rows of all counts."""
    return sorted(gold, key=lambda one: one.article.id)


def draw_articles(gold: Sequence[AnnotatedArticle], *, n_resamples: int, seed: int = 0) -> Resampling | None:
    """Resamples of articles, those of a cluster together; None where none are wanted.

    Args:
        gold: as ``in_order`` gives it.
    """
    if not n_resamples:
        return None
    return draw_resamples([one.article.unit for one in gold], n_resamples=n_resamples, seed=seed)


def figures_with_intervals(
    statistics: Numbers, figure: Callable[[Numbers], Numbers], resampling: Resampling | None
) -> Estimate:
    """``estimate`` at our level, with undefined ends where there are no resamples."""
    if resampling is not None:
        return estimate(statistics, figure, resampling=resampling, level=LEVEL)
    value = np.asarray(figure(statistics.sum(axis=0)), dtype=np.float64)
    nothing = np.full(value.shape, np.nan)
    return Estimate(value, nothing, nothing)


def matching_with_intervals(counts: Numbers, labels: Sequence[str], resampling: Resampling | None) -> Matching:
    """Averages and rows of one definition of a match.

    Args:
        counts: shape (n_articles, n_runs, n_labels, 3): correct, predicted, in gold. Of several runs, figures are means
            over runs, and counts are means rounded to whole numbers.
        labels: one a column.
    """
    found = figures_with_intervals(counts, averages, resampling)
    whole = counts.sum(axis=0).mean(axis=0)
    rows = [figures_of(found, i) for i in range(len(labels) + 2)]
    return Matching(
        micro=with_counts(rows[-2], whole.sum(axis=0)),
        macro=rows[-1],
        labels={label: with_counts(rows[i], whole[i]) for i, label in enumerate(labels)},
    )


def with_counts(figures: Figures, counts: Numbers) -> LabelFigures:
    """Figures beside the counts that they are made of, shape (3,)."""
    correct, predicted, support = (round(float(n)) for n in counts)
    return LabelFigures(
        precision=figures.precision,
        recall=figures.recall,
        f1=figures.f1,
        intervals=figures.intervals,
        support=support,
        predicted=predicted,
        correct=correct,
    )


def figures_of(found: Estimate, i: int) -> Figures:
    """Precision, recall and F1 from the row ``i`` of an estimate of shape (n, 3)."""
    precision, recall, f1 = (known(found.value[i, j]) for j in range(3))
    ends = [interval_of(found, i, j) for j in range(3)]
    intervals = None if all(one is None for one in ends) else Intervals(precision=ends[0], recall=ends[1], f1=ends[2])
    return Figures(precision=precision, recall=recall, f1=f1, intervals=intervals)


def figure_of(found: Estimate, *place: int) -> Figure:
    """One figure of an estimate."""
    return Figure(value=known(found.value[place]), interval=interval_of(found, *place))


def interval_of(found: Estimate, *place: int) -> Interval | None:
    """The interval of one figure of an estimate, None where it has none."""
    low, high = known(found.low[place]), known(found.high[place])
    return None if low is None or high is None else Interval(low=low, high=high)


def known(value: float | Numbers) -> float | None:
    """A figure as reports say it: None for NaN."""
    return None if np.isnan(value) else float(value)


def smallest_difference(counts: Numbers, resampling: Resampling | None) -> float | None:
    """The smallest difference of micro F1 between two systems that these articles can show; see ``DEFINITIONS``.

    Of several runs of one recipe the spread of their differences is measured; of one, that of its score stands for it.

    Args:
        counts: shape (n_articles, n_runs, n_labels, 3).
    """
    if resampling is None or resampling.n_units < 2:
        return None
    micro = micro_f1(resampling.totals(counts))
    if np.isnan(micro).mean() > 0.05:
        return None
    if micro.shape[1] == 1:
        spread = float(np.nanstd(micro, ddof=1))
    else:
        # the mean variance of the differences of all pairs of runs is twice what a run varies around the runs' mean
        around = micro - micro.mean(axis=1, keepdims=True)
        n_runs = micro.shape[1]
        spread = float(np.sqrt(2 * np.nanvar(around, axis=0, ddof=1).sum() / (n_runs - 1)))
    return STANDARD_ERRORS * spread


def micro_f1(totals: Numbers) -> Numbers:
    """Micro F1 of sums of shape (..., n_labels, 3): shape (...), NaN where undefined."""
    correct, predicted, support = np.moveaxis(totals.sum(axis=-2), -1, 0)
    both = predicted + support
    return np.where(both > 0, 2 * correct / np.where(both > 0, both, 1), np.nan)
