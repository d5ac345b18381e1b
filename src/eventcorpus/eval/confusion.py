"""Which label a mention got instead of its own, and how its ends differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import zip_longest

import numpy as np

from eventcorpus.eval.judged_articles import JudgedArticle
from eventcorpus.eval.report import BoundaryErrors, Confusion
from eventcorpus.matching.outcomes import Labelled


def confusion_of(judged: Iterable[JudgedArticle], labels: Sequence[str]) -> Confusion:
    """Count gold labels (rows) against predicted ones (columns).

    Rows add up to what is in gold, columns to what was predicted. Of the pieces of a split mention one is its match,
    the others are spurious; of merged mentions one is matched, the others are missed.
    """
    nothing = len(labels)
    rank: dict[str | None, int] = {label: i for i, label in enumerate(labels)}
    rank[None] = nothing
    counts = np.zeros((nothing + 1, nothing + 1), dtype=np.int64)
    for one in judged:
        for outcome in one.outcomes:
            for i, j in zip_longest(outcome.gold, outcome.predicted):
                ours = None if i is None else one.gold[i][2]
                theirs = None if j is None else one.predicted[j][2]
                counts[rank[ours], rank[theirs]] += 1
    return Confusion(labels=tuple(labels), counts=tuple(tuple(row) for row in counts.tolist()))


def boundary_errors_of(judged: Iterable[JudgedArticle], labels: Sequence[str]) -> dict[str, BoundaryErrors]:
    """Count, for each label, how the ends of its mentions went wrong.

    ``start``, ``end`` and ``both`` divide the same mentions as ``too_short``, ``too_long`` and ``shifted`` do.
    """
    errors: dict[str, Counter[str]] = {label: Counter() for label in labels}
    for one in judged:
        for outcome in one.outcomes:
            if outcome.kind in ("split", "merged"):
                errors[one.gold[outcome.gold[0]][2]][outcome.kind] += 1
            elif outcome.kind == "boundary":
                ours, theirs = one.gold[outcome.gold[0]], one.predicted[outcome.predicted[0]]
                errors[ours[2]].update([_which_end(ours, theirs), _which_way(ours, theirs)])
    return {
        label: BoundaryErrors.model_validate({kind: counted[kind] for kind in BoundaryErrors.model_fields})
        for label, counted in errors.items()
    }


def _which_end(gold: Labelled, predicted: Labelled) -> str:
    if gold[0] == predicted[0]:
        return "end"
    return "start" if gold[1] == predicted[1] else "both"


def _which_way(gold: Labelled, predicted: Labelled) -> str:
    if gold[0] <= predicted[0] and predicted[1] <= gold[1]:
        return "too_short"
    return "too_long" if predicted[0] <= gold[0] and gold[1] <= predicted[1] else "shifted"
