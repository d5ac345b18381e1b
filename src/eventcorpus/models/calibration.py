"""The calibration that a model folder holds, how it is applied, and how far confidences are from the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import ConfigDict, Field

from eventcorpus.errors import ModelError
from eventcorpus.events.linking import LinkCalibration
from eventcorpus.files import StrictModel

Share = Annotated[float, Field(ge=0, le=1)]
Method = Literal["none", "temperature", "logistic", "temperature+logistic"]
SMALLEST_DISTANCE = 1e-6
"""Confidences nearer to 0 or 1 than this are moved to it, so that their log-odds and log losses are finite."""
N_BINS = 10
EDGES = np.arange(N_BINS + 1) / N_BINS
"""Bins are [low, high), the last one with its end."""
_Z = 1.959964
"""Standard normal quantile of a 95% interval."""


class Interval(StrictModel):
    """Both ends of a 95% interval (Wilson 1927)."""

    low: Share
    high: Share


class Threshold(StrictModel):
    """The confidence from which the mentions of a label were right often enough.

    ``confidence`` is null where no threshold reaches the wanted precision: then ``precision`` is the highest that any
    cut of enough mentions reaches, null where the label has fewer. Of ``mentions`` predicted, ``kept`` are at or above
    the threshold, and ``correct`` of these are exactly right.
    """

    confidence: Share | None
    precision: Share | None
    interval: Interval | None
    kept: int
    correct: int
    mentions: int


class CalibrationError(StrictModel):
    """Three distances of confidences from the truth, each 0 at best.

    ``expected_error``: distance of mean confidence and share right in ten bins of equal width, weighted by mentions
    (Naeini et al. 2015); ``brier``: mean squared distance (Brier 1950); ``log_loss``: in nats per mention.
    """

    expected_error: float
    brier: float
    log_loss: float


class Bin(StrictModel):
    """Mentions of confidence in [low, high), the last bin with its end.

    ``confidence`` is their mean, null without mentions; ``correct`` of them are exactly right.
    """

    low: Share
    high: Share
    mentions: int
    confidence: Share | None
    correct: int


class FittedOn(StrictModel):
    """The articles that a calibration was fitted on: ``mentions`` predicted, ``correct`` of them exactly right."""

    dataset: str = ""
    dataset_sha256: str = ""
    split: str = ""
    articles: int
    mentions: int
    correct: int


class Calibration(StrictModel):
    """How a model's confidences are changed; the default leaves them as they are.

    Logits are divided by ``temperature`` (Guo et al. 2017). The confidence c of a mention becomes
    sigmoid(``slope`` * logit(c) + ``intercept``) (Platt 1999). ``errors`` (in the file: ``honesty``) has the
    cross-validated calibration error of every method, ``method`` is the one that was chosen. ``before`` and ``after``
    are the reliability diagrams of "none" and of the chosen method, each mention with the confidence given by a fit
    that did not see its article. ``links``: of roles, attributes and events, where the model has heads for them.
    ``model_hash`` is that of the model folder before it was calibrated.
    """

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    method: Method = "none"
    temperature: Annotated[float, Field(gt=0)] = 1.0
    slope: Annotated[float, Field(ge=0)] = 1.0
    intercept: float = 0.0
    fitted_on: FittedOn | None = None
    errors: dict[Method, CalibrationError] = Field(
        default_factory=dict, validation_alias="honesty", serialization_alias="honesty"
    )
    before: tuple[Bin, ...] = ()
    after: tuple[Bin, ...] = ()
    precision: Share | None = None
    least_mentions: int = 0
    thresholds: dict[str, Threshold] = Field(default_factory=dict)
    note: str = ""
    model_hash: str = ""
    links: LinkCalibration | None = None


def apply_temperature(log_probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Log-probabilities as a softmax at another temperature gives them.

    Dividing logits by a temperature adds the same amount to every path of tags, so the best path stays the best:
    decoded tags never change, only their confidence does.

    Args:
        log_probabilities: shape (n_tokens, n_tags).

    Returns:
        shape (n_tokens, n_tags).
    """
    if temperature == 1.0:
        return log_probabilities
    tempered = log_probabilities / np.float32(temperature)
    return np.asarray(tempered - np.logaddexp.reduce(tempered, axis=1, keepdims=True), dtype=np.float32)


def apply_logistic(confidences: NDArray[np.float64], *, slope: float, intercept: float) -> NDArray[np.float64]:
    """Confidences in [0, 1] moved along a logistic curve, shape (n_mentions,); unchanged by slope 1 and intercept 0."""
    if (slope, intercept) == (1.0, 0.0):
        return confidences
    odds = np.clip(slope * log_odds(confidences) + intercept, -700.0, 700.0)
    return np.asarray(1.0 / (1.0 + np.exp(-odds)))


def log_odds(confidences: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds of confidences in [0, 1], kept finite (``SMALLEST_DISTANCE``)."""
    inside = np.clip(confidences, SMALLEST_DISTANCE, 1 - SMALLEST_DISTANCE)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def minimum_confidences(calibration: Calibration) -> dict[str, float]:
    """The threshold of each label; infinite for labels that do not reach the wanted precision.

    Raises:
        ModelError: if the calibration has no thresholds.
    """
    if not calibration.thresholds:
        raise ModelError(
            "the model has no thresholds; make them on articles it did not learn from: "
            "eventcorpus calibrate MODEL --dataset DIR --split validation"
        )
    return {
        label: float("inf") if threshold.confidence is None else threshold.confidence
        for label, threshold in calibration.thresholds.items()
    }


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

    @property
    def counted(self) -> NDArray[np.float64]:
        """Per mention 1, its confidence, and 1 if it is right: shape (n_mentions, 3)."""
        return np.stack([np.ones(len(self.correct)), self.confidences, self.correct], axis=1)

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
        expected_error=round(float(expected_calibration_error(bin_sums(mentions))), 5),
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
    sums = bin_sums(mentions).tolist()
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


def bin_sums(mentions: ScoredMentions) -> NDArray[np.float64]:
    """Per bin: predictions, the sum of their confidences, how many are right; shape (N_BINS, 3).

    >>> mentions = ScoredMentions(("A", "A", "B"), np.array([0.25, 0.25, 1.0]), np.array([True, False, True]))
    >>> bin_sums(mentions)[[2, 9]].tolist()
    [[2.0, 0.5, 1.0], [1.0, 1.0, 1.0]]
    """
    sums = np.zeros((N_BINS, 3))
    np.add.at(sums, bins_of(mentions.confidences), mentions.counted)
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
