"""Counts of mentions per article and run: scores are made of their sums, intervals of sums over resampled articles.

Gold and predicted mentions of each article are matched once (``match_articles``); exact, boundary, type and overlap,
the confusion of labels and the errors of boundaries are all counted from these matches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from eventcorpus.eval.intervals import mean_count
from eventcorpus.eval.report import BoundaryErrors, Confusion
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.align import Labelled, Outcome, match_overlapping, outcomes
from eventcorpus.metrics.match import Key, exact_by_article
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle

_CORRECT, _PREDICTED = 0, 1  # columns of counts
_SAME_ENDS = ("correct", "label")
_SAME_LABEL = ("correct", "boundary", "split", "merged")


@dataclass(frozen=True)
class MatchedArticle:
    """Gold and predicted mentions of one article, and what became of each.

    Positions in ``outcomes`` are those of ``gold`` and ``predicted``, which keep the order they had.
    """

    id: str
    gold: tuple[Labelled, ...]
    predicted: tuple[Labelled, ...]
    outcomes: tuple[Outcome, ...]


def match_articles(gold: Iterable[AnnotatedArticle], predictions: Iterable[Prediction]) -> list[MatchedArticle]:
    """Match every article of the gold, in its order; one without a prediction counts as read and found empty."""
    by_id = {p.id: p for p in predictions}
    matched: list[MatchedArticle] = []
    for annotated in gold:
        prediction = by_id.get(annotated.article.id)
        in_gold = tuple((s.start, s.end, s.label) for s in annotated.spans)
        predicted = tuple((m.start, m.end, m.label) for m in prediction.mentions) if prediction else ()
        found = tuple(outcomes(in_gold, predicted))
        matched.append(MatchedArticle(annotated.article.id, in_gold, predicted, found))
    return matched


def all_labels(labels: Sequence[str], keys: Iterable[Labelled | Key]) -> tuple[str, ...]:
    """The labels in their order, then any other of the mentions (whose label stands last in a key), sorted."""
    return (*labels, *sorted({str(key[-1]) for key in keys} - set(labels)))


def labels_of(matched: Iterable[MatchedArticle], labels: Sequence[str]) -> tuple[str, ...]:
    """The labels in their order, then any other that an article has, sorted."""
    return all_labels(labels, (mention for article in matched for mention in (*article.gold, *article.predicted)))


def count_mentions(
    runs: Sequence[Sequence[MatchedArticle]], labels: Sequence[str], *, overlap: float = 0.0
) -> dict[str, Numbers]:
    """Count every article of every run under each definition of a match: exact, boundary, type, overlap.

    Args:
        runs: the same articles in the same order.
        labels: every label that the articles have (``labels_of``).
        overlap: the least share of common characters (Jaccard) of an overlapping match, in [0, 1].

    Returns:
        by the names of the definitions (``eval.report.DEFINITIONS``), arrays of shape (n_articles, n_runs, n_labels,
        3), which add up over articles: correct, predicted, in gold; correct is never more than either.
    """
    exact = count_exact(runs, labels)
    boundary, types, overlapping = (exact * (0, 1, 1) for _ in range(3))  # what is correct is counted below
    rank = {label: i for i, label in enumerate(labels)}
    for n, matched in enumerate(runs):
        for row, article in enumerate(matched):
            for outcome in article.outcomes:
                if not (outcome.gold and outcome.predicted):
                    continue
                gold_label = rank[article.gold[outcome.gold[0]][2]]
                predicted_label = rank[article.predicted[outcome.predicted[0]][2]]
                if outcome.kind in _SAME_LABEL:
                    types[row, n, gold_label, _CORRECT] += 1
                if outcome.kind in _SAME_ENDS:
                    boundary[row, n, gold_label, _CORRECT] += 1
                    # counted in the row of its gold mention: in that of its own label, correct could exceed predicted
                    boundary[row, n, predicted_label, _PREDICTED] -= 1
                    boundary[row, n, gold_label, _PREDICTED] += 1
            for label in {span[2] for span in article.gold} & {span[2] for span in article.predicted}:
                in_gold, found = (
                    [span[:2] for span in side if span[2] == label] for side in (article.gold, article.predicted)
                )
                overlapping[row, n, rank[label], _CORRECT] = len(match_overlapping(in_gold, found, threshold=overlap))
    return {"exact": exact, "boundary": boundary, "type": types, "overlap": overlapping}


def count_exact(runs: Sequence[Sequence[MatchedArticle]], labels: Sequence[str]) -> Numbers:
    """Exact matches of every article of every run, shape (n_articles, n_runs, n_labels, 3)."""
    counts = [
        exact_by_article(
            ((article.id, *span) for article in matched for span in article.gold),
            ((article.id, *span) for article in matched for span in article.predicted),
            articles=[article.id for article in matched],
            labels=labels,
        )
        for matched in runs
    ]
    return np.stack(counts, axis=1)


def confusion_of(runs: Sequence[Sequence[MatchedArticle]], labels: Sequence[str]) -> Confusion:
    """Count gold labels (rows) against predicted ones (columns); of several runs, means rounded to whole numbers.

    Rows add up to what is in gold, columns to what was predicted. Of the pieces of a split mention one is its match,
    the others are spurious; of merged mentions one is matched, the others are missed.
    """
    nothing = len(labels)
    rank: dict[str | None, int] = {label: i for i, label in enumerate(labels)} | {None: nothing}
    counts = np.zeros((len(runs), nothing + 1, nothing + 1), dtype=np.int64)
    for table, matched in zip(counts, runs, strict=True):
        for article in matched:
            for outcome in article.outcomes:
                for i, j in zip_longest(outcome.gold, outcome.predicted):
                    in_gold = None if i is None else article.gold[i][2]
                    predicted = None if j is None else article.predicted[j][2]
                    table[rank[in_gold], rank[predicted]] += 1
    means = np.rint(counts.mean(axis=0)).astype(np.int64).tolist()
    return Confusion(labels=tuple(labels), counts=tuple(tuple(row) for row in means))


def boundary_errors_of(runs: Sequence[Sequence[MatchedArticle]], labels: Sequence[str]) -> dict[str, BoundaryErrors]:
    """Count, for each label, how the ends of its mentions went wrong; of several runs, means rounded to whole numbers.

    ``start``, ``end`` and ``both`` divide the same mentions as ``too_short``, ``too_long`` and ``shifted`` do.
    """
    errors: list[Counter[tuple[str, str]]] = [Counter() for _ in runs]
    for counts, matched in zip(errors, runs, strict=True):
        for article in matched:
            for outcome in article.outcomes:
                if outcome.kind in ("split", "merged"):
                    counts[article.gold[outcome.gold[0]][2], outcome.kind] += 1
                elif outcome.kind == "boundary":
                    (start, end, label), found = article.gold[outcome.gold[0]], article.predicted[outcome.predicted[0]]
                    counts[label, "end" if found[0] == start else "start" if found[1] == end else "both"] += 1
                    within, around = start <= found[0] and found[1] <= end, found[0] <= start and end <= found[1]
                    counts[label, "too_short" if within else "too_long" if around else "shifted"] += 1
    return {
        label: BoundaryErrors.model_validate(
            {kind: mean_count(counts[label, kind] for counts in errors) for kind in BoundaryErrors.model_fields}
        )
        for label in labels
    }


def gold_keys(gold: Iterable[AnnotatedArticle]) -> list[Key]:
    """Every gold span as (article, start, end, label)."""
    return [(a.article.id, s.start, s.end, s.label) for a in gold for s in a.spans]


def predicted_keys(predictions: Iterable[Prediction]) -> list[Key]:
    """Every predicted mention as (article, start, end, label)."""
    return [(p.id, m.start, m.end, m.label) for p in predictions for m in p.mentions]
