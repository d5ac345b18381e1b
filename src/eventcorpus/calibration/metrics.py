"""How far confidences are from the truth: ten bins of equal width, and the distance in them.

Comes in: confidences and what is right. Goes out: sums that add up over articles, and the error made of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventcorpus.calibration.apply import Bin, Honesty

N_BINS = 10
EDGES = np.arange(N_BINS + 1) / N_BINS
"""Bins are [low, high), the last one with its end."""


def bins_of(confidences: ArrayLike) -> NDArray[np.intp]:
    """The bin of each confidence, in [0, N_BINS).

    >>> bins_of([0.0, 0.1, 0.95, 1.0]).tolist()
    [0, 1, 9, 9]
    """
    return np.searchsorted(EDGES[1:-1], confidences, side="right")


def bin_sums(confidences: Sequence[float] | NDArray[np.float64], correct: ArrayLike) -> NDArray[np.float64]:
    """Per bin: predictions, the sum of their confidences, how many are right; shape (N_BINS, 3).

    >>> bin_sums([0.25, 0.25, 1.0], [True, False, True])[[2, 9]].tolist()
    [[2.0, 0.5, 1.0], [1.0, 1.0, 1.0]]
    """
    sums = np.zeros((N_BINS, 3))
    said = np.asarray(confidences, dtype=np.float64)
    np.add.at(sums, bins_of(said), np.stack([np.ones_like(said), said, np.asarray(correct, dtype=np.float64)], axis=1))
    return sums


def calibration_error(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected calibration error (Naeini et al. 2015): the mean over bins, weighted by predictions, of the distance of
    mean confidence and share right.

    Args:
        sums: shape (..., N_BINS, 3), as ``bin_sums``.

    Returns:
        shape (...), in [0, 1]; NaN without predictions.

    >>> float(calibration_error(np.array([[2.0, 0.2, 0.0], [2.0, 1.6, 1.0]])).round(3))
    0.2
    """
    n = sums[..., 0].sum(axis=-1)
    distance = np.abs(sums[..., 1] - sums[..., 2]).sum(axis=-1)
    return np.where(n > 0, distance / np.where(n > 0, n, 1), np.nan)


@dataclass(frozen=True, slots=True)
class Judged:
    """Predicted mentions: their labels, confidences in [0, 1] and whether each is right, all of length n_mentions."""

    labels: tuple[str, ...]
    confidences: NDArray[np.float64]
    correct: NDArray[np.bool_]

    def of(self, label: str) -> Judged:
        """The mentions of one label."""
        here = [i for i, one in enumerate(self.labels) if one == label]
        return Judged((label,) * len(here), self.confidences[here], self.correct[here])


def honesty(judged: Judged) -> Honesty:
    """Three measures of how far confidences are from what is right."""
    inside = np.clip(judged.confidences, 1e-6, 1 - 1e-6)
    said = np.where(judged.correct, inside, 1 - inside)
    return Honesty(
        expected_error=round(float(calibration_error(bin_sums(judged.confidences, judged.correct))), 5),
        brier=round(float(((judged.confidences - judged.correct) ** 2).mean()), 5),
        log_loss=round(float(-np.log(said).mean()), 5),
    )


def calibration_bins(judged: Judged) -> tuple[Bin, ...]:
    """A reliability diagram in ten bins of equal width."""
    sums = bin_sums(judged.confidences, judged.correct).tolist()
    return tuple(
        Bin(
            low=float(low),
            high=float(high),
            mentions=int(n),
            confidence=round(confidence / n, 5) if n else None,
            correct=int(correct),
        )
        for low, high, (n, confidence, correct) in zip(EDGES[:-1], EDGES[1:], sums, strict=True)
    )


def pooled(judged: Sequence[Judged]) -> Judged:
    """The mentions of all articles together."""
    return Judged(
        tuple(label for one in judged for label in one.labels),
        np.concatenate([one.confidences for one in judged]),
        np.concatenate([one.correct for one in judged]),
    )
