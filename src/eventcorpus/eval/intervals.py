"""Figures of a report from counts per article and run, with intervals where there are resamples.

Counts have the shape (n_articles, n_runs, ..., 3), rows in the order of article ids, so that the order of files changes
nothing. Of several runs of one recipe, figures are means over the runs that define them, and counts are means rounded
to whole numbers. The bootstrap itself is ``metrics.resample``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean

import numpy as np

from eventcorpus.eval.report import Figure, Figures, Interval, Intervals, LabelFigures, Matching
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.match import known, mean_label_figures, mean_of_known, micro_f1
from eventcorpus.metrics.resample import Estimate, Resampling, draw_resamples, estimate
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import percent_range, percent_with_range

STANDARD_ERRORS = 2.8016
"""z(0.975) + z(0.8): how many standard errors a difference must be to be found at level 0.05 with power 0.8."""


def in_order(gold: Iterable[AnnotatedArticle]) -> list[AnnotatedArticle]:
    """Articles by id: the order of the rows of all counts."""
    return sorted(gold, key=lambda annotated: annotated.article.id)


def draw_articles(gold: Sequence[AnnotatedArticle], *, n_resamples: int, seed: int = 0) -> Resampling | None:
    """Resamples of articles, those of a cluster together; None where none are wanted.

    Args:
        gold: as ``in_order`` gives it.
    """
    if not n_resamples:
        return None
    return draw_resamples([annotated.article.unit for annotated in gold], n_resamples=n_resamples, seed=seed)


def matching_of(counts: Numbers, labels: Sequence[str], resampling: Resampling | None = None) -> Matching:
    """Averages and rows of one definition of a match.

    Args:
        counts: shape (n_articles, n_runs, n_labels, 3): correct, predicted, in gold.
        labels: one a column.
    """
    found = estimate(counts, mean_label_figures, resampling=resampling)
    totals = counts.sum(axis=0)
    rows = [figures_at(found, i) for i in range(len(labels) + 2)]
    return Matching(
        micro=with_counts(rows[-2], totals.sum(axis=1)),
        macro=rows[-1],
        labels={label: with_counts(rows[i], totals[:, i]) for i, label in enumerate(labels)},
    )


def with_counts(figures: Figures, totals: Numbers) -> LabelFigures:
    """Figures beside the counts that they are made of, shape (n_runs, 3)."""
    correct, predicted, support = (mean_count(column) for column in totals.T.tolist())
    return LabelFigures(**dict(figures), support=support, predicted=predicted, correct=correct)


def mean_count(counts: Iterable[float]) -> int:
    """The mean of a count over runs, rounded to a whole number."""
    return round(fmean(counts))


def mean_figure(counts: Numbers, figure: Callable[[Numbers], Numbers], resampling: Resampling | None) -> Figure:
    """The mean over runs of one figure.

    Args:
        counts: shape (n_articles, n_runs, ...).
        figure: takes sums of shape (..., n_runs, ...) and returns shape (..., n_runs).
    """
    return figure_at(estimate(counts, lambda sums: mean_of_known(figure(sums), axis=-1), resampling=resampling))


def mean_figures(counts: Numbers, figures: Callable[[Numbers], Numbers], resampling: Resampling | None) -> Figures:
    """The means over runs of precision, recall and F1.

    Args:
        counts: shape (n_articles, n_runs, n).
        figures: takes sums of shape (..., n_runs, n) and returns shape (..., n_runs, 3).
    """
    found = estimate(counts, lambda sums: mean_of_known(figures(sums), axis=-2)[..., None, :], resampling=resampling)
    return figures_at(found, 0)


def figures_at(found: Estimate, i: int) -> Figures:
    """Precision, recall and F1 from the row ``i`` of an estimate of shape (n, 3)."""
    precision, recall, f1 = (known(found.value[i, j]) for j in range(3))
    ends = [interval_at(found, i, j) for j in range(3)]
    intervals = None if not any(ends) else Intervals(precision=ends[0], recall=ends[1], f1=ends[2])
    return Figures(precision=precision, recall=recall, f1=f1, intervals=intervals)


def figure_at(found: Estimate, *place: int) -> Figure:
    """One figure of an estimate."""
    return Figure(value=known(found.value[place]), interval=interval_at(found, *place))


def interval_at(found: Estimate, *place: int) -> Interval | None:
    """The interval of one figure of an estimate, None where it has none."""
    low, high = known(found.low[place]), known(found.high[place])
    return None if low is None or high is None else Interval(low=low, high=high)


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
    n_runs = micro.shape[1]
    if n_runs == 1:
        spread = float(np.nanstd(micro, ddof=1))
    else:
        # the mean variance of the differences of all pairs of runs is twice what a run varies around the runs' mean
        around = micro - micro.mean(axis=1, keepdims=True)
        spread = float(np.sqrt(2 * np.nanvar(around, axis=0, ddof=1).sum() / (n_runs - 1)))
    return STANDARD_ERRORS * spread


FIGURES = {"precision": "precision", "recall": "recall", "f1": "F1"}
"""The key of a figure in reports -> as people say it."""


def figure_of(figures: Figures, key: str) -> Figure:
    """Precision, recall or F1 (``FIGURES``) with its interval."""
    interval = getattr(figures.intervals, key) if figures.intervals else None
    return Figure(value=getattr(figures, key), interval=interval)


def shown(figure: Figure) -> str:
    """In percent, the interval in brackets where it is known.

    >>> from eventcorpus.eval.report import Interval
    >>> shown(Figure(value=0.7533, interval=Interval(low=0.7312, high=0.7701)))
    '75.3 [73.1, 77.0]'
    >>> shown(Figure(value=None))
    '–'
    """
    interval = figure.interval
    return percent_with_range(figure.value, *((interval.low, interval.high) if interval else (None, None)))


def ends(interval: Interval | None) -> str:
    """Both ends of an interval as people read them; empty without one."""
    return "" if interval is None else percent_range(interval.low, interval.high)


def f1_ends(figures: Figures) -> str:
    """The interval of F1 as people read it."""
    return ends(figures.intervals.f1) if figures.intervals else ""
