"""How far confidences are from the truth: expected calibration error, Brier score, log loss, reliability diagrams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventcorpus.models.calibration import SMALLEST_DISTANCE, Bin, CalibrationError

N_BINS = 10
EDGES = np.arange(N_BINS + 1) / N_BINS
"""Bins are [low, high), the last one with its end."""
_Z = 1.959964
"""Standard normal quantile of a 95% interval."""


@dataclass(frozen=True, slots=True)
class ScoredMentions:
    """Predicted mentions: their labels, confidences in [0, 1] and whether each is right, all of length n_mentions."""

    labels: tuple[str, ...]
    confidences: NDArray[np.float64]
    correct: NDArray[np.bool_]

    def of_label(self, label: str) -> ScoredMentions:
        """The mentions of one label."""
        positions = [i for i, other in enumerate(self.labels) if other == label]
        return ScoredMentions((label,) * len(positions), self.confidences[positions], self.correct[positions])

    @staticmethod
    def pooled(parts: Sequence[ScoredMentions]) -> ScoredMentions:
        """The mentions of several articles together; at least one article."""
        return ScoredMentions(
            tuple(label for part in parts for label in part.labels),
            np.concatenate([part.confidences for part in parts]),
            np.concatenate([part.correct for part in parts]),
        )


def calibration_error(mentions: ScoredMentions) -> CalibrationError:
    """The distance of confidences from the truth by three measures, rounded to five places."""
    inside = np.clip(mentions.confidences, SMALLEST_DISTANCE, 1 - SMALLEST_DISTANCE)
    likelihood = np.where(mentions.correct, inside, 1 - inside)
    return CalibrationError(
        expected_error=round(float(expected_calibration_error(bin_sums(mentions.confidences, mentions.correct))), 5),
        brier=round(float(((mentions.confidences - mentions.correct) ** 2).mean()), 5),
        log_loss=round(float(-np.log(likelihood).mean()), 5),
    )


def expected_calibration_error(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected calibration error (Naeini et al. 2015): the mean over bins, weighted by predictions, of the distance of
    mean confidence and share right.

    Args:
        sums: shape (..., N_BINS, 3), as ``bin_sums`` gives them.

    Returns:
        shape (...), in [0, 1]; NaN without predictions.

    >>> float(expected_calibration_error(np.array([[2.0, 0.2, 0.0], [2.0, 1.6, 1.0]])).round(3))
    0.2
    """
    n = sums[..., 0].sum(axis=-1)
    distance = np.abs(sums[..., 1] - sums[..., 2]).sum(axis=-1)
    return np.where(n > 0, distance / np.where(n > 0, n, 1), np.nan)


def calibration_bins(mentions: ScoredMentions) -> tuple[Bin, ...]:
    """A reliability diagram in ``N_BINS`` bins of equal width."""
    sums = bin_sums(mentions.confidences, mentions.correct).tolist()
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


def bin_sums(confidences: ArrayLike, correct: ArrayLike) -> NDArray[np.float64]:
    """Per bin: predictions, the sum of their confidences, how many are right; shape (N_BINS, 3).

    >>> bin_sums([0.25, 0.25, 1.0], [True, False, True])[[2, 9]].tolist()
    [[2.0, 0.5, 1.0], [1.0, 1.0, 1.0]]
    """
    sums = np.zeros((N_BINS, 3))
    values = np.asarray(confidences, dtype=np.float64)
    rows = np.stack([np.ones_like(values), values, np.asarray(correct, dtype=np.float64)], axis=1)
    np.add.at(sums, bins_of(values), rows)
    return sums


def bins_of(confidences: ArrayLike) -> NDArray[np.intp]:
    """The bin of each confidence, in [0, N_BINS).

    >>> bins_of([0.0, 0.1, 0.95, 1.0]).tolist()
    [0, 1, 9, 9]
    """
    return np.searchsorted(EDGES[1:-1], confidences, side="right")


def wilson_interval(n_right: int, n: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927).

    >>> [round(end, 3) for end in wilson_interval(18, 20)]
    [0.699, 0.972]
    """
    share, spread = n_right / n, _Z**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * np.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))
