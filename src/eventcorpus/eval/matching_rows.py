"""From counts to the rows and averages of a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from eventcorpus.eval.report import Figures, LabelFigures, Matching
from eventcorpus.matching.spans import Counts, sum_counts


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
