"""Counts of mentions, one row an article: scores are made of their sums, intervals of sums over resampled articles.

Comes in: judged articles. Goes out: one array per definition of a match.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from eventcorpus.eval.report import BoundaryErrors, Confusion, Figures, LabelFigures, Matching
from eventcorpus.metrics.align import Labelled, Outcome, Stretch, match_overlapping, outcomes
from eventcorpus.metrics.match import Counts, Key, exact_by_article, sum_counts
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle

Numbers = NDArray[np.float64]
CORRECT, PREDICTED, _ = range(3)
SAME_ENDS = ("correct", "label")
SAME_LABEL = ("correct", "boundary", "split", "merged")


@dataclass(frozen=True)
class Statistics:
    """Counts that add up over articles; each array has the shape (n_articles, n_labels, 3).

    The last axis is correct, predicted, support (mentions in gold); correct is never more than either. What the four
    say: ``eval.report``.
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


@dataclass(frozen=True)
class JudgedArticle:
    """One article; positions in ``outcomes`` are those of ``gold`` and ``predicted``, which keep the order they had."""

    id: str
    gold: tuple[Labelled, ...]
    predicted: tuple[Labelled, ...]
    outcomes: tuple[Outcome, ...]


def judge(gold: Iterable[AnnotatedArticle], predictions: Iterable[Prediction]) -> list[JudgedArticle]:
    """Judge every article of the gold, in its order; one without a prediction counts as read and found empty."""
    by_id = {p.id: p for p in predictions}
    judged: list[JudgedArticle] = []
    for annotated in gold:
        prediction = by_id.get(annotated.article.id)
        ours = tuple((s.start, s.end, s.label) for s in annotated.spans)
        theirs = tuple((m.start, m.end, m.label) for m in prediction.mentions) if prediction else ()
        judged.append(JudgedArticle(annotated.article.id, ours, theirs, tuple(outcomes(ours, theirs))))
    return judged


def labels_met(judged: Iterable[JudgedArticle], labels: Sequence[str]) -> tuple[str, ...]:
    """The labels in their order, then any other that an article has, sorted."""
    met = {label for one in judged for _, _, label in (*one.gold, *one.predicted)}
    return (*labels, *sorted(met - set(labels)))


def summed(counts: NDArray[np.float64], labels: Sequence[str]) -> dict[str, Counts]:
    """Counts of each label from counts per article, shape (n_articles, n_labels, 3): correct, predicted, support."""
    return {label: Counts(*map(int, row)) for label, row in zip(labels, counts.sum(axis=0), strict=True)}


def matching_of(counts: Mapping[str, Counts], labels: Sequence[str]) -> Matching:
    """Averages and rows: the labels in their order, then any other that was predicted."""
    order = [*labels, *sorted(set(counts) - set(labels))]
    rows = {label: label_figures(counts.get(label, Counts(0, 0, 0))) for label in order}
    met = [row for row in rows.values() if row.f1 is not None]

    def mean(values: Iterable[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if known else None

    return Matching(
        micro=label_figures(sum_counts(counts.values())),
        macro=Figures(
            precision=mean(row.precision for row in met),
            recall=mean(row.recall for row in met),
            f1=mean(row.f1 for row in met),
        ),
        labels=rows,
    )


def label_figures(counts: Counts) -> LabelFigures:
    """One row."""
    return LabelFigures(
        precision=counts.precision,
        recall=counts.recall,
        f1=counts.f1,
        support=counts.support,
        predicted=counts.predicted,
        correct=counts.correct,
    )


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


def gold_keys(gold: Iterable[AnnotatedArticle]) -> list[Key]:
    """Every gold span as (article, start, end, label)."""
    return [(a.article.id, s.start, s.end, s.label) for a in gold for s in a.spans]


def predicted_keys(predictions: Iterable[Prediction]) -> list[Key]:
    """Every predicted mention as (article, start, end, label)."""
    return [(p.id, m.start, m.end, m.label) for p in predictions for m in p.mentions]
