"""Whether confidences are true: of mentions given 0.8, are eight in ten right?

A reliability diagram, its error, and what precision and recall are left at each threshold. Right is exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from eventcorpus.eval.intervals import figure_at
from eventcorpus.eval.report import Bin, Calibration, CurvePoint
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.match import Key, known
from eventcorpus.metrics.resample import Resampling, estimate
from eventcorpus.models.calibration import (
    EDGES,
    N_BINS,
    ScoredMentions,
    bin_sums,
    bins_of,
    expected_calibration_error,
)
from eventcorpus.predictions import Prediction

MAX_POINTS = 50


def scored_mentions(gold: Iterable[Key], predictions: Iterable[Prediction]) -> tuple[list[str], ScoredMentions]:
    """Every predicted mention, right or not, in an order that does not depend on that of the file.

    Of a mention that is predicted more often than it is in gold, the surest are right.

    Returns:
        the ids of the articles of the mentions, and the mentions.
    """
    left = Counter(gold)
    in_order = sorted(((p.id, m.start, m.end, m.label), -m.confidence) for p in predictions for m in p.mentions)
    keys = [key for key, _ in in_order]
    correct = np.zeros(len(keys), dtype=bool)
    for i, key in enumerate(keys):
        correct[i] = left[key] > 0
        left[key] -= 1
    confidences = np.array([-negative for _, negative in in_order], dtype=np.float64)
    return [key[0] for key in keys], ScoredMentions(tuple(key[3] for key in keys), confidences, correct)


def calibration_of(
    gold: Sequence[Key],
    runs: Sequence[Sequence[Prediction]],
    *,
    articles: Collection[str],
    labels: Sequence[str],
    resampling: Resampling | None,
) -> Calibration | None:
    """Compare confidences with what is right; None where all are 1, which is how a system says nothing of them.

    Args:
        runs: the predictions of each run; those of several are pooled.
        articles: ids in order, as the rows of ``resampling``.
    """
    of_runs = [scored_mentions(gold, predictions) for predictions in runs]
    mentions = ScoredMentions.pooled([found for _, found in of_runs])
    if (mentions.confidences == 1.0).all():
        return None
    row = {article: i for i, article in enumerate(articles)}
    rows = np.array([row[article] for ids, _ in of_runs for article in ids], dtype=np.intp)
    statistics = np.zeros((len(articles), N_BINS, 3))
    np.add.at(statistics.reshape(-1, 3), rows * N_BINS + bins_of(mentions.confidences), mentions.counted)
    support = Counter(label for _, _, _, label in gold)
    by_label = {label: mentions.of_label(label) for label in labels}
    sums = statistics.sum(axis=0).tolist()
    curves = {"micro": curve(mentions, n_gold=support.total() * len(runs))}
    curves |= {label: curve(of, n_gold=support[label] * len(runs)) for label, of in by_label.items() if of.labels}
    errors = {label: expected_calibration_error(bin_sums(of)) for label, of in by_label.items()}
    return Calibration(
        bins=tuple(
            Bin(low=low, high=high, n=int(n), confidence=total / n if n else None, correct=right / n if n else None)
            for low, high, (n, total, right) in zip(EDGES[:-1].tolist(), EDGES[1:].tolist(), sums, strict=True)
        ),
        expected_calibration_error=figure_at(estimate(statistics, expected_calibration_error, resampling=resampling)),
        curves=curves,
        average_precision={"micro": average_precision(mentions)}
        | {label: average_precision(of) for label, of in by_label.items()},
        label_calibration_error={label: known(error) for label, error in errors.items()},
    )


def curve(mentions: ScoredMentions, *, n_gold: int) -> tuple[CurvePoint, ...]:
    """What is left at each threshold, from the lowest confidence up: all of them, or 50 spread evenly over them."""
    if not mentions.labels:
        return ()
    thresholds, kept, correct = _above(mentions)
    chosen = np.unique(np.linspace(0, len(thresholds) - 1, min(MAX_POINTS, len(thresholds))).round().astype(int))
    return tuple(
        CurvePoint(
            threshold=float(thresholds[i]),
            precision=float(correct[i] / kept[i]),
            recall=float(correct[i] / n_gold) if n_gold else 0.0,
            coverage=float(kept[i] / len(mentions.labels)),
        )
        for i in chosen
    )


def average_precision(mentions: ScoredMentions) -> float | None:
    """Mean precision at the right ones, in the order of confidence: how well it sorts right from wrong.

    Equal confidences are one step. In [0, 1]; 0 if nothing is right; None without predictions.
    """
    if not mentions.labels:
        return None
    _, kept, correct = _above(mentions)
    if not correct[0]:
        return 0.0
    gained = correct - np.append(correct[1:], 0)
    return float((gained * (correct / kept)).sum() / correct[0])


def _above(mentions: ScoredMentions) -> tuple[Numbers, Numbers, Numbers]:
    """Per distinct confidence, rising: itself, predictions of at least that, and how many of these are right."""
    thresholds, place = np.unique(mentions.confidences, return_inverse=True)
    n, n_right = np.bincount(place).astype(np.float64), np.bincount(place, mentions.correct)
    return thresholds, n[::-1].cumsum()[::-1], n_right[::-1].cumsum()[::-1]
