"""How a model's confidences are made honest, and from which confidence on a label can be believed.

Comes in: what ``training/calibrate`` learned on articles that the model did not learn from; it is kept in
``eventcorpus.json``. Goes out: scaled log-probabilities, calibrated confidences, and mentions above a threshold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from eventcorpus.errors import ModelError
from eventcorpus.schema import Mention

Share = Annotated[float, Field(ge=0, le=1)]
Method = Literal["none", "temperature", "logistic", "temperature+logistic"]
_CERTAIN = 1e-6
"""Confidences nearer to 0 or 1 than this are taken for this: their log-odds have no end."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Interval(_Part):
    """Both ends of a 95% interval (Wilson 1927)."""

    low: Share
    high: Share


class Threshold(_Part):
    """From which confidence on the mentions of a label were right often enough.

    ``confidence`` is null where no threshold reaches the precision that was asked for: then ``precision`` is the best
    that could be had of at least the least number of mentions, null where the label has fewer. ``kept`` of ``mentions``
    predicted ones are at or above the threshold, ``correct`` of these exactly right.
    """

    confidence: Share | None
    precision: Share | None
    interval: Interval | None
    kept: int
    correct: int
    mentions: int


class Honesty(_Part):
    """How far confidences are from the truth; all three are 0 at best.

    ``expected_error``: distance of mean confidence and share right in ten bins of equal width, weighted by mentions
    (Naeini et al. 2015); ``brier``: mean squared distance (Brier 1950); ``log_loss``: in nats a mention.
    """

    expected_error: float
    brier: float
    log_loss: float


class Bin(_Part):
    """Mentions of confidence in [low, high), the last bin with its end; ``confidence`` is their mean, null of none."""

    low: Share
    high: Share
    mentions: int
    confidence: Share | None
    correct: int


class FittedOn(_Part):
    """The articles that a calibration rests on: ``mentions`` predicted, ``correct`` of them exactly right."""

    dataset: str = ""
    dataset_sha256: str = ""
    split: str = ""
    articles: int
    mentions: int
    correct: int


class Calibration(_Part):
    """What a model's confidences are put through; the default leaves them as they are.

    Logits are divided by ``temperature`` (Guo et al. 2017). The confidence c of a mention becomes
    sigmoid(``slope`` * logit(c) + ``intercept``) (Platt 1999): neither changes the order of mentions within a method.
    ``honesty`` is that of each method, cross-validated by article; ``method`` is the one that was chosen. ``before``
    and ``after`` are the reliability diagrams of "none" and of the chosen method, each mention with the confidence that
    a fit without its article gave it.
    """

    method: Method = "none"
    temperature: Annotated[float, Field(gt=0)] = 1.0
    slope: Annotated[float, Field(ge=0)] = 1.0
    intercept: float = 0.0
    fitted_on: FittedOn | None = None
    honesty: dict[Method, Honesty] = Field(default_factory=dict)
    before: tuple[Bin, ...] = ()
    after: tuple[Bin, ...] = ()
    precision: Share | None = None
    least_mentions: int = 0
    thresholds: dict[str, Threshold] = Field(default_factory=dict)
    note: str = ""
    model_hash: str = ""


def scaled(log_probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Log-probabilities as a softmax at another temperature would give them.

    Dividing logits by a temperature adds to every path of tags the same amount, so that the best path stays the best:
    decoded tags never change, only how sure they are.

    Args:
        log_probabilities: shape (n_tokens, n_tags); so is what is returned.
    """
    if temperature == 1.0:
        return log_probabilities
    tempered = log_probabilities / np.float32(temperature)
    return np.asarray(tempered - np.logaddexp.reduce(tempered, axis=1, keepdims=True), dtype=np.float32)


def log_odds(confidences: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds of confidences in [0, 1], without infinities."""
    inside = np.clip(confidences, _CERTAIN, 1 - _CERTAIN)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def calibrated(confidences: NDArray[np.float64], *, slope: float, intercept: float) -> NDArray[np.float64]:
    """Confidences in [0, 1] after the logistic step of a calibration; unchanged where it has none."""
    if (slope, intercept) == (1.0, 0.0):
        return confidences
    odds = np.clip(slope * log_odds(confidences) + intercept, -700.0, 700.0)
    return np.asarray(1.0 / (1.0 + np.exp(-odds)))


def at_least(mentions: Iterable[Mention], minimum: Mapping[str, float], *, otherwise: float = 0.0) -> list[Mention]:
    """The mentions whose confidence reaches the minimum of their label, in order.

    Args:
        minimum: by label; a minimum above 1 leaves all of a label out.
        otherwise: of labels that ``minimum`` does not name.
    """
    return [m for m in mentions if m.confidence >= minimum.get(m.label, otherwise)]


def minimum_confidences(calibration: Calibration) -> dict[str, float]:
    """The threshold of each label; above 1 for labels that do not reach the precision asked for.

    Raises:
        ModelError: if no thresholds were made.
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
