"""Whether two systems differ on the same articles: paired bootstrap and approximate randomisation.

Differences and their intervals and p values are made of counts per article of both systems. Both tests draw whole
articles, or whole clusters of them, never single mentions: mentions of one article are not independent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np

from eventcorpus.metrics import Numbers
from eventcorpus.metrics.match import share
from eventcorpus.metrics.resample import Estimate, Resampling, estimate

_ROWS_AT_ONCE = 1000
_TIE = 1e-12
"""Differences that are equal on paper may differ in the last bit, and then count as equal."""


@dataclass(frozen=True)
class Differences(Estimate):
    """``value``: second minus first, one entry a figure, with the ends of its interval; NaN where undefined.

    ``deviation`` is the standard deviation of the difference over the resamples, ``p_bootstrap`` and
    ``p_randomisation`` are two-sided and in (0, 1]. ``exact``: every exchange was tried once, not a sample of them.
    """

    first: Numbers
    second: Numbers
    deviation: Numbers
    p_bootstrap: Numbers
    p_randomisation: Numbers
    rounds: int
    exact: bool


def paired_differences(
    first: Numbers,
    second: Numbers,
    figure: Callable[[Numbers], Numbers],
    *,
    resampling: Resampling,
    rounds: int = 10_000,
) -> Differences:
    """Compare figures of two systems.

    The bootstrap's p (Efron and Tibshirani 1993; Berg-Kirkpatrick et al. 2012) is how often the difference of a
    resample is at least as far from the difference found as that is from 0. That of randomisation (Noreen 1989) is how
    often the difference is at least as large as the one found when every article's two results are exchanged with
    probability 1/2, which is all that could tell the systems apart if they were equally good. Both count the data
    themselves as one more draw, so that no p is 0; where there are at most ``rounds`` ways to exchange, each is tried
    once and the p is exact.

    Args:
        first: shape (n_articles, ...), counts that add up over articles.
        second: the same of the second system.
        figure: takes sums of shape (..., *first.shape[1:]) and returns shape (..., n_figures), NaN where undefined.
        resampling: which articles are drawn together, the resamples, and the seed of the exchanges.
        rounds: how often to exchange, at least 1.
    """
    of_first, of_second = (np.asarray(figure(counts.sum(axis=0)), dtype=np.float64) for counts in (first, second))
    flat = np.stack([first.reshape(len(first), -1), second.reshape(len(second), -1)], axis=1)

    def differences(sums: Numbers) -> Numbers:
        shape = sums.shape[:-2]
        sides = (sums[..., side, :].reshape(*shape, *first.shape[1:]) for side in (0, 1))
        before, after = (figure(side) for side in sides)
        return after - before

    found = estimate(flat, differences, resampling=resampling)
    difference = found.value
    drawn = differences(resampling.totals(flat))
    masks, exact = _exchanges(resampling.n_units, rounds, seed=resampling.seed)
    total, change = flat.sum(axis=0), resampling.per_unit(flat[:, 1] - flat[:, 0])
    as_large, n_rounds = np.zeros(difference.shape), 0
    for mask in masks:
        moved = mask @ change
        exchanged = differences(np.stack([total[0] + moved, total[1] - moved], axis=1))
        as_large += (np.abs(np.nan_to_num(exchanged)) >= np.abs(difference) - _TIE).sum(axis=0)
        n_rounds += len(mask)
    one_more = 0 if exact else 1
    known = ~np.isnan(drawn)
    far = (known & (np.abs(drawn - difference) >= np.abs(difference) - _TIE)).sum(axis=0)
    defined = ~np.isnan(difference) & (resampling.n_units > 1)
    has_interval = defined & ~np.isnan(found.low)
    return Differences(
        found.value,
        found.low,
        found.high,
        first=of_first,
        second=of_second,
        deviation=np.where(has_interval, _deviation(drawn), np.nan),
        p_bootstrap=np.where(has_interval, (far + 1) / (known.sum(axis=0) + 1), np.nan),
        p_randomisation=np.where(defined, (as_large + one_more) / (n_rounds + one_more), np.nan),
        rounds=n_rounds,
        exact=exact,
    )


def holm(p_values: Numbers) -> Numbers:
    """p values of several tests at once, adjusted so that a false alarm among all is as rare as in one (Holm 1979).

    Args:
        p_values: shape (n_tests,); NaN is no test.

    >>> holm(np.array([0.01, 0.04, np.nan, 0.03])).round(2).tolist()
    [0.03, 0.06, nan, 0.06]
    """
    adjusted = np.full(p_values.shape, np.nan)
    order = np.argsort(p_values)[: int((~np.isnan(p_values)).sum())]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return adjusted


def effect_size(difference: Numbers, deviation: Numbers, *, n_units: int) -> Numbers:
    """The difference over its standard deviation from one unit to the next (Cohen's d for pairs).

    A figure such as F1 has no value of its own for each article: its deviation over resamples of all units, times the
    square root of their number, stands for it. So the effect does not grow with the test set. NaN where the
    systems differ alike everywhere.
    """
    spread = deviation * sqrt(n_units)
    return share(difference, np.where(spread > _TIE, spread, 0.0))


def _exchanges(n_units: int, rounds: int, *, seed: int) -> tuple[Iterator[Numbers], bool]:
    """Which units change sides, blocks of shape (n, n_units) of 0 and 1; and whether these are all the ways."""
    if n_units < 63 and 2**n_units <= rounds:
        numbers = np.arange(2**n_units)
        every = ((numbers[:, None] >> np.arange(n_units)) & 1).astype(np.float64)
        return iter([every]), True
    generator = np.random.default_rng(seed)
    sizes = [min(_ROWS_AT_ONCE, rounds - done) for done in range(0, rounds, _ROWS_AT_ONCE)]
    return (generator.integers(0, 2, size=(size, n_units)).astype(np.float64) for size in sizes), False


def _deviation(drawn: Numbers) -> Numbers:
    known = ~np.isnan(drawn)
    n = known.sum(axis=0)
    mean = np.where(known, drawn, 0.0).sum(axis=0) / np.maximum(n, 1)
    squares = np.where(known, (drawn - mean) ** 2, 0.0).sum(axis=0)
    deviation: Numbers = np.sqrt(squares / np.maximum(n - 1, 1))
    return deviation
