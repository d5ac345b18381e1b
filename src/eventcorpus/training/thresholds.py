"""From which confidence on a label is right as often as was asked for, told from few mentions without fooling oneself.

Comes in: predicted mentions, right or wrong. Goes out: a ``Threshold`` a label.
"""

from __future__ import annotations

import numpy as np

from eventcorpus.models.calibration import Interval, Threshold
from eventcorpus.training.honesty import Judged

LEAST_MENTIONS = 20
_Z = 1.959964
"""Standard normal quantile of a 95% interval."""


def threshold_for(judged: Judged, *, precision: float, least_mentions: int = LEAST_MENTIONS) -> Threshold:
    """The lowest confidence from which mentions of one label are right often enough.

    Only cuts that keep at least ``least_mentions`` are looked at, and of these only such as stand between mentions of
    different confidence.

    Args:
        precision: in (0, 1].
    """
    n = len(judged.correct)
    order = np.argsort(-judged.confidences, kind="stable")
    confidences, right = judged.confidences[order], judged.correct[order].cumsum()
    kept = np.arange(1, n + 1)
    is_cut = np.append(confidences[1:] < confidences[:-1], True) if n else np.zeros(0, dtype=bool)
    allowed = np.flatnonzero(is_cut & (kept >= least_mentions))
    if not len(allowed):
        return Threshold(confidence=None, precision=None, interval=None, kept=0, correct=0, mentions=n)
    shares = right[allowed] / kept[allowed]
    enough = allowed[shares >= precision]
    at = int(enough[-1]) if len(enough) else int(allowed[shares.argmax()])
    share = float(right[at] / kept[at])
    low, high = wilson(int(right[at]), int(kept[at]))
    return Threshold(
        # rounded down, so that the mention on which it stands is above it
        confidence=float(np.floor(confidences[at] * 1e4) / 1e4) if len(enough) else None,
        precision=round(share, 5),
        interval=Interval(low=round(low, 5), high=round(high, 5)),
        kept=int(kept[at]),
        correct=int(right[at]),
        mentions=n,
    )


def wilson(n_right: int, n: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927).

    >>> [round(end, 3) for end in wilson(18, 20)]
    [0.699, 0.972]
    """
    share, spread = n_right / n, _Z**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * np.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))
