"""Whether confidences are true: of mentions given 0.8, are eight in ten right?

A reliability diagram, its error, and what precision and recall are left at each threshold. Right is exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from eventcorpus.calibration.metrics import EDGES, N_BINS, bin_sums, bins_of, expected_calibration_error
from eventcorpus.eval.intervals import figure_at
from eventcorpus.eval.report import Bin, Calibration, CurvePoint
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.match import Key, known
from eventcorpus.metrics.resample import Resampling, estimate
from eventcorpus.predictions import Prediction

MAX_POINTS = 50


@dataclass(frozen=True, slots=True)
class RatedMention:
    """A predicted mention: how sure the system was, and whether it is right."""

    article: str
    label: str
    confidence: float
    correct: bool


def rated_mentions(gold: Iterable[Key], predictions: Iterable[Prediction]) -> list[RatedMention]:
    """Every predicted mention, right or not, in an order that does not depend on that of the file.

    Of a mention that is predicted more often than it is in gold, the surest are right.
    """
    left = Counter(gold)
    in_order = sorted((p.id, m.start, m.end, m.label, -m.confidence) for p in predictions for m in p.mentions)
    rated = []
    for article, start, end, label, negative in in_order:
        key = (article, start, end, label)
        rated.append(RatedMention(article, label, -negative, left[key] > 0))
        left[key] -= 1
    return rated


def calibration_of(
    gold: Sequence[Key],
    runs: Sequence[Sequence[Prediction]],
    *,
    articles: Sequence[str],
    labels: Sequence[str],
    resampling: Resampling | None,
) -> Calibration | None:
    """Compare confidences with what is right; None where all are 1, which is how a system says nothing of them.

    Args:
        runs: the predictions of each run; those of several are pooled.
        articles: ids in order, as the rows of ``resampling``.
    """
    rated = [mention for predictions in runs for mention in rated_mentions(gold, predictions)]
    if all(mention.confidence == 1.0 for mention in rated):
        return None
    row = {article: i for i, article in enumerate(articles)}
    statistics = np.zeros((len(articles), N_BINS, 3))
    for mention, place in zip(rated, bins_of([mention.confidence for mention in rated]).tolist(), strict=True):
        statistics[row[mention.article], place] += (1.0, mention.confidence, mention.correct)
    support = Counter(label for _, _, _, label in gold)
    by_label: dict[str, list[RatedMention]] = {label: [] for label in labels}
    for mention in rated:
        by_label[mention.label].append(mention)
    sums = statistics.sum(axis=0).tolist()
    curves = {"micro": curve(rated, n_gold=support.total() * len(runs))}
    curves |= {label: curve(of, n_gold=support[label] * len(runs)) for label, of in by_label.items() if of}
    errors = {
        label: expected_calibration_error(bin_sums([m.confidence for m in of], [m.correct for m in of]))
        for label, of in by_label.items()
    }
    return Calibration(
        bins=tuple(
            Bin(low=low, high=high, n=int(n), confidence=total / n if n else None, correct=right / n if n else None)
            for low, high, (n, total, right) in zip(EDGES[:-1].tolist(), EDGES[1:].tolist(), sums, strict=True)
        ),
        expected_calibration_error=figure_at(estimate(statistics, expected_calibration_error, resampling=resampling)),
        curves=curves,
        average_precision={"micro": average_precision(rated)}
        | {label: average_precision(of) for label, of in by_label.items()},
        label_calibration_error={label: known(error) for label, error in errors.items()},
    )


def curve(rated: Sequence[RatedMention], *, n_gold: int) -> tuple[CurvePoint, ...]:
    """What is left at each threshold, from the lowest confidence up: all of them, or 50 spread evenly over them."""
    if not rated:
        return ()
    thresholds, kept, correct = _above(rated)
    chosen = np.unique(np.linspace(0, len(thresholds) - 1, min(MAX_POINTS, len(thresholds))).round().astype(int))
    return tuple(
        CurvePoint(
            threshold=float(thresholds[i]),
            precision=float(correct[i] / kept[i]),
            recall=float(correct[i] / n_gold) if n_gold else 0.0,
            coverage=float(kept[i] / len(rated)),
        )
        for i in chosen
    )


def average_precision(rated: Sequence[RatedMention]) -> float | None:
    """Mean precision at the right ones, in the order of confidence: how well it sorts right from wrong.

    Equal confidences are one step. In [0, 1]; 0 if nothing is right; None without predictions.
    """
    if not rated:
        return None
    _, kept, correct = _above(rated)
    if not correct[0]:
        return 0.0
    gained = correct - np.append(correct[1:], 0)
    return float((gained * (correct / kept)).sum() / correct[0])


def _above(rated: Sequence[RatedMention]) -> tuple[Numbers, Numbers, Numbers]:
    """Per distinct confidence, rising: itself, predictions of at least that, and how many of these are right."""
    confidence = np.array([mention.confidence for mention in rated])
    right = np.array([mention.correct for mention in rated], dtype=np.float64)
    thresholds, place = np.unique(confidence, return_inverse=True)
    n, n_right = np.bincount(place).astype(np.float64), np.bincount(place, right)
    return thresholds, n[::-1].cumsum()[::-1], n_right[::-1].cumsum()[::-1]
