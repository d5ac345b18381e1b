"""The power law that learning curves follow, ``a - b * n**-c``: fitted by least squares, many curves at once.

For a given exponent c the best a and b have a closed form, so that c alone is searched: on a grid, then on ever finer
grids around the best. Power laws with an offset fit most learning curves (Viering and Loog 2023, *The Shape of Learning
Curves*); for classifiers of texts they were used to plan annotation by Figueroa et al. 2012.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventcorpus.metrics import Numbers

LEAST_POINTS = 3
"""As many as there are parameters."""
_LEAST_C, _MOST_C = 0.05, 3.0
_GRID = 41
_FINER = 9
_ROUNDS = 8
_TINY = np.finfo(float).tiny


@dataclass(frozen=True)
class PowerLaws:
    """Laws ``a - b * n**-c``, one in each place of arrays of one shape; NaN where there are too few points.

    ``a`` is the score that the law comes ever nearer to; ``b`` is at least 0, so that no law falls.
    """

    a: Numbers
    b: Numbers
    c: Numbers

    def at(self, n: float | Numbers) -> Numbers:
        """The scores at a size; shape of the laws."""
        return self.a - self.b * np.asarray(n, dtype=np.float64) ** -self.c

    def size_for(self, score: Numbers) -> Numbers:
        """The size at which a law reaches a score above those that it has; infinite where it never does."""
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            size: Numbers = np.where(score < self.a, (self.b / np.maximum(self.a - score, 0.0)) ** (1 / self.c), np.inf)
        return np.where(np.isnan(self.a), np.nan, size)


def fit_power_laws(
    sizes: Numbers, scores: Numbers, *, weights: Numbers | None = None, highest: float = 1.0
) -> PowerLaws:
    """Fit a law to each row of scores.

    Args:
        sizes: shape (n_points,), above 0.
        scores: shape (..., n_points), in [0, 1]; NaN does not count.
        weights: of the points, a shape that broadcasts to that of the scores; none: 1.
        highest: the most that ``a`` may be.

    Returns:
        laws of shape (...).

    >>> laws = fit_power_laws(np.array([25.0, 100.0, 400.0]), np.array([0.6, 0.7, 0.75]))
    >>> round(float(laws.a), 3), round(float(laws.b), 3), round(float(laws.c), 3)
    (0.8, 1.0, 0.5)
    """
    known = ~np.isnan(scores)
    weights = np.where(known, np.broadcast_to(1.0 if weights is None else weights, scores.shape), 0.0)
    points = np.where(known, scores, 0.0)
    largest = sizes.max()
    steps = np.linspace(np.log(_LEAST_C), np.log(_MOST_C), _GRID)
    grid = np.broadcast_to(steps.reshape(-1, *[1] * (scores.ndim - 1)), (_GRID, *scores.shape[:-1]))
    width = steps[1] - steps[0]
    for _ in range(_ROUNDS):
        _, _, errors = _best_for(grid, sizes / largest, points, weights, highest)
        best = np.take_along_axis(grid, errors.argmin(axis=0)[None], axis=0)
        finer = np.linspace(-width, width, _FINER).reshape(-1, *[1] * (scores.ndim - 1))
        grid = np.clip(best + finer, np.log(_LEAST_C), np.log(_MOST_C))
        width = 2 * width / (_FINER - 1)
    a, b, _ = (values[0] for values in _best_for(best, sizes / largest, points, weights, highest))
    c = np.exp(best[0])
    enough = (weights > 0).sum(axis=-1) >= LEAST_POINTS
    return PowerLaws(*(np.where(enough, values, np.nan) for values in (a, b * largest**c, c)))


def _best_for(
    log_c: Numbers, sizes: Numbers, scores: Numbers, weights: Numbers, highest: float
) -> tuple[Numbers, Numbers, Numbers]:
    """The best a and b of each exponent, with 0 <= b and a <= highest, and the sum of their weighted squared errors.

    The problem is convex: if the best without limits is outside them, the best is on one of them.

    Args:
        log_c: shape (n_exponents, ...).
    """
    z = sizes ** -np.exp(log_c)[..., None]
    n, y, yy = (np.maximum((weights * part).sum(axis=-1), _TINY) for part in (1.0, scores, scores**2))
    weighted = weights * z
    zs, zz, zy = weighted.sum(axis=-1), (weighted * z).sum(axis=-1), (weighted * scores).sum(axis=-1)
    slope = (zs * y / n - zy) / np.maximum(zz - zs**2 / n, _TINY)
    free = (y + slope * zs) / n, slope
    flat = np.minimum(y / n, highest), np.zeros_like(slope)
    bounded = np.full_like(slope, highest), np.maximum((highest * zs - zy) / np.maximum(zz, _TINY), 0.0)
    a, b = (np.stack(np.broadcast_arrays(*values)) for values in zip(free, flat, bounded, strict=True))
    errors = yy - 2 * a * y + 2 * b * zy + a**2 * n - 2 * a * b * zs + b**2 * zz
    errors[0] = np.where((slope >= 0) & (free[0] <= highest), errors[0], np.inf)
    chosen = errors.argmin(axis=0)[None]
    best = [np.take_along_axis(values, chosen, axis=0)[0] for values in (a, b, errors)]
    return best[0], best[1], best[2]
