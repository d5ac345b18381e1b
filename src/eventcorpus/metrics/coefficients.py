"""Agreement coefficients from counts that add up over articles, for any number of resamples at once.

Arrays of sums with any leading axes give figures with the same leading axes, NaN where undefined.
"""

from __future__ import annotations

import numpy as np

from eventcorpus.metrics import Numbers


def f1(matched: Numbers, first: Numbers, second: Numbers) -> Numbers:
    """2 matched / (first + second); undefined where there is neither.

    As agreement it needs no count of the things that neither marked, and is the limit of Cohen's kappa as that count
    grows (Hripcsak and Rothschild 2005).

    >>> f1(np.array([3.0, 0.0]), np.array([4.0, 0.0]), np.array([5.0, 0.0])).round(3).tolist()
    [0.667, nan]
    """
    return share(2 * matched, first + second)


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


def share(part: Numbers, whole: Numbers) -> Numbers:
    """part / whole; undefined where the whole is nothing."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    shape = np.broadcast_shapes(part.shape, whole.shape)
    shares: Numbers = np.divide(part, whole, out=np.full(shape, np.nan), where=np.broadcast_to(whole > 0, shape))
    return shares
