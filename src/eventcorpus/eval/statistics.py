"""Counts of mentions, one row an article: scores are made of their sums, intervals of sums over resampled articles.

Comes in: judged articles. Goes out: one array per definition of a match.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventcorpus.eval.judged_articles import JudgedArticle
from eventcorpus.matching.article_counts import exact_by_article
from eventcorpus.matching.outcomes import Labelled
from eventcorpus.matching.overlap import Stretch, match_overlapping

Numbers = NDArray[np.float64]
CORRECT, PREDICTED, _ = range(3)
SAME_ENDS = ("correct", "label")
SAME_LABEL = ("correct", "boundary", "split", "merged")


@dataclass(frozen=True)
class Statistics:
    """Counts that add up over articles; each array has the shape (n_articles, n_labels, 3).

    The last axis is correct, predicted, support (mentions in gold); correct is never more than either. What the four
    say: ``eval.definitions``.
    """

    articles: tuple[str, ...]
    labels: tuple[str, ...]
    exact: Numbers
    boundary: Numbers
    type: Numbers
    overlap: Numbers


def count_mentions(
    judged: Sequence[JudgedArticle], labels: Sequence[str], *, overlap_threshold: float = 0.0
) -> Statistics:
    """Count every article.

    Args:
        labels: every label that the articles have (``labels_met``).
        overlap_threshold: the least share of common characters (Jaccard) of an overlapping match, in [0, 1].
    """
    rank = {label: i for i, label in enumerate(labels)}
    exact = exact_by_article(
        ((one.id, *span) for one in judged for span in one.gold),
        ((one.id, *span) for one in judged for span in one.predicted),
        articles=[one.id for one in judged],
        labels=labels,
    )
    boundary, types, overlap = (exact * (0, 1, 1) for _ in range(3))  # who is right is counted below
    for row, one in enumerate(judged):
        for outcome in one.outcomes:
            if not (outcome.gold and outcome.predicted):
                continue
            ours, theirs = rank[one.gold[outcome.gold[0]][2]], rank[one.predicted[outcome.predicted[0]][2]]
            if outcome.kind in SAME_LABEL:
                types[row, ours, CORRECT] += 1
            if outcome.kind in SAME_ENDS:
                boundary[row, ours, CORRECT] += 1
                # counted in the row of its gold mention: in that of its own label, correct could exceed predicted
                boundary[row, theirs, PREDICTED] -= 1
                boundary[row, ours, PREDICTED] += 1
        in_gold, in_predicted = _by_label(one.gold), _by_label(one.predicted)
        for label in in_gold.keys() & in_predicted.keys():
            matched = match_overlapping(in_gold[label], in_predicted[label], threshold=overlap_threshold)
            overlap[row, rank[label], CORRECT] = len(matched)
    return Statistics(tuple(one.id for one in judged), tuple(labels), exact, boundary, types, overlap)


def _by_label(spans: Sequence[Labelled]) -> dict[str, list[Stretch]]:
    stretches: dict[str, list[Stretch]] = defaultdict(list)
    for start, end, label in spans:
        stretches[label].append((start, end))
    return stretches
