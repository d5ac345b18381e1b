"""Intervals by bootstrap over articles, from statistics that add up over articles.

A figure is made of the sums of one row of counts an article, its percentile interval (Efron and Tibshirani 1993) of the
sums of resampled rows. Articles are never scored again: a resample is a row of whole numbers,
how often each article was drawn, and all resamples are one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventcorpus.files import StrictModel
from eventcorpus.metrics import Numbers
from eventcorpus.tables import counted

LEVEL = 0.95
"""The level of intervals, unless another is asked for."""
_UNDEFINED_AT_MOST = 0.05
_ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class Resampling:
    """Which articles each resample holds, the same for every figure: differences of two systems are paired.

    ``unit_of``, shape (n_articles,), is the unit that an article is drawn with; ``draws``, shape
    (n_resamples, n_units), is how often each unit was drawn.
    """

    unit_of: NDArray[np.intp]
    draws: NDArray[np.int32]
    seed: int

    @property
    def n_resamples(self) -> int:
        """Number of resamples."""
        return int(self.draws.shape[0])

    @property
    def n_units(self) -> int:
        """Number of things that are drawn: articles, or clusters of articles."""
        return int(self.draws.shape[1])

    def totals(self, statistics: Numbers) -> Numbers:
        """The sums over the articles of every resample.

        Args:
            statistics: shape (n_articles, ...).

        Returns:
            shape (n_resamples, ...).
        """
        per_unit = self.per_unit(statistics)
        some = np.flatnonzero(per_unit.any(axis=1))  # of a slice or a rare label few units have any
        per_unit, draws = per_unit[some], self.draws[:, some]
        parts = [
            draws[row : row + _ROWS_AT_ONCE].astype(np.float64) @ per_unit
            for row in range(0, self.n_resamples, _ROWS_AT_ONCE)
        ]
        return np.concatenate(parts).reshape(self.n_resamples, *statistics.shape[1:])

    def per_unit(self, statistics: Numbers) -> Numbers:
        """The sums over the articles of every unit: shape (n_units, n), all axes but the first in one."""
        sums = np.zeros((self.n_units, int(np.prod(statistics.shape[1:]))))
        np.add.at(sums, self.unit_of, statistics.reshape(len(statistics), -1))
        return sums


@dataclass(frozen=True)
class Estimate:
    """A figure, or several in one array, with the ends of its interval; NaN where undefined."""

    value: Numbers
    low: Numbers
    high: Numbers


class Resampled(StrictModel):
    """How intervals were made."""

    seed: int
    resamples: int
    level: float


def draw_resamples(units: Sequence[Hashable], *, n_resamples: int = 1000, seed: int = 0) -> Resampling:
    """Draw as many units as there are, with replacement, again and again.

    Args:
        units: per article what it is drawn with: its own id, or the cluster that it shares with articles which are not
            independent of it (the same wire report in two papers).

    Raises:
        ValueError: without articles or resamples.

    >>> resampling = draw_resamples(["x", "y", "y"], n_resamples=2, seed=1)
    >>> resampling.draws.tolist(), resampling.totals(np.array([1.0, 10.0, 10.0])).tolist()
    ([[1, 1], [2, 0]], [21.0, 2.0])
    """
    if not units or n_resamples < 1:
        raise ValueError(
            f"{counted(len(units), 'article')} and {counted(n_resamples, 'resample')}; there must be at least one of "
            "each"
        )
    number: dict[Hashable, int] = {}
    unit_of = np.array([number.setdefault(unit, len(number)) for unit in units], dtype=np.intp)
    generator = np.random.default_rng(seed)
    draws = generator.multinomial(len(number), np.full(len(number), 1 / len(number)), size=n_resamples)
    return Resampling(unit_of, draws.astype(np.int32), seed)


def estimate(
    statistics: Numbers, figure: Callable[[Numbers], Numbers], *, resampling: Resampling | None, level: float = LEVEL
) -> Estimate:
    """A figure of all articles, with its percentile interval over the resamples.

    The interval is undefined (NaN) without resamples, where the figure is undefined, where it is undefined in more than
    a twentieth of the resamples (otherwise the others are used), and with a single unit, which can show no variation.

    Args:
        statistics: shape (n_articles, ...), counts that add up over articles.
        figure: takes sums of shape (..., *statistics.shape[1:]) and returns figures of shape (..., *figure_shape), NaN
            where undefined.
        level: of the interval, in (0, 1).

    >>> counts = np.array([[1.0, 2.0], [2.0, 2.0], [0.0, 1.0]])  # right, asked
    >>> share = lambda sums: sums[..., 0] / sums[..., 1]
    >>> found = estimate(counts, share, resampling=draw_resamples("abc", n_resamples=200))
    >>> float(found.value), float(found.low), round(float(found.high), 3)
    (0.6, 0.0, 0.838)
    """
    value = np.asarray(figure(statistics.sum(axis=0)), dtype=np.float64)
    if resampling is None:
        return Estimate(value, np.full(value.shape, np.nan), np.full(value.shape, np.nan))
    resampled = np.asarray(figure(resampling.totals(statistics)), dtype=np.float64)
    columns = resampled.reshape(resampling.n_resamples, -1)
    low, high = np.full(columns.shape[1], np.nan), np.full(columns.shape[1], np.nan)
    for i, (point, column) in enumerate(zip(value.reshape(-1), columns.T, strict=True)):
        if not np.isnan(point) and resampling.n_units > 1:
            low[i], high[i] = percentile_interval(column, level=level)
    return Estimate(value, low.reshape(value.shape), high.reshape(value.shape))


def percentile_interval(resampled: Numbers, *, level: float = LEVEL) -> tuple[float, float]:
    """Both ends of the interval of one figure; NaN where it is undefined in more than a twentieth of the resamples.

    Args:
        resampled: shape (n_resamples,), the figure of each resample, NaN where undefined.
    """
    defined = resampled[~np.isnan(resampled)]
    if len(defined) < (1 - _UNDEFINED_AT_MOST) * len(resampled):
        return np.nan, np.nan
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
