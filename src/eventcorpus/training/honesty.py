"""How far confidences are from the truth, measured.

Comes in: predicted mentions, right or wrong. Goes out: a reliability diagram in numbers, and three distances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventcorpus.matching.reliability import EDGES, bin_sums, calibration_error
from eventcorpus.models.calibration import Bin, Honesty


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


def bins_of(judged: Judged) -> tuple[Bin, ...]:
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
