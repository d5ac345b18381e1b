"""Inter-annotator agreement beside the scores of a system, on the same labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from eventcorpus.agreement.pairs import annotator_order
from eventcorpus.eval.intervals import figure_at
from eventcorpus.eval.report import Agreement
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.coefficients import f1
from eventcorpus.metrics.match import Key, exact_by_article
from eventcorpus.metrics.resample import draw_resamples, estimate
from eventcorpus.schema import ADJUDICATED, AnnotatedArticle


def agreement_beside(
    annotations: Sequence[Sequence[AnnotatedArticle]],
    labels: Sequence[str],
    *,
    split: str,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Agreement | None:
    """Exact F1 of every pair of annotators, counts of all pairs added up; None where no article has two of them.

    Args:
        annotations: per article of the split what every annotator made of it; adjudicated rows are left out. A label
            counts where both of a pair could use it.
        labels: one figure each, undefined where nobody marked any.
    """
    by_article = [
        sorted((a for a in article if a.annotator != ADJUDICATED), key=lambda a: annotator_order(a.annotator))
        for article in annotations
    ]
    shared = sorted((article for article in by_article if len(article) > 1), key=lambda article: article[0].article.id)
    if not shared:
        return None
    counts = np.array([sum(_pair_counts(*pair, labels) for pair in combinations(article, 2)) for article in shared])
    with_sum = np.concatenate([counts, counts.sum(axis=1, keepdims=True)], axis=1)
    units = [article[0].article.unit for article in shared]
    resampling = draw_resamples(units, n_resamples=n_resamples, seed=seed) if n_resamples else None
    found = estimate(with_sum, lambda sums: f1(*np.moveaxis(sums, -1, 0)), resampling=resampling)
    pairs = Counter((a.annotator, b.annotator) for article in shared for a, b in combinations(article, 2))
    ordered = sorted(pairs.items(), key=lambda counted: [annotator_order(name) for name in counted[0]])
    who = ", ".join(f"{first} and {second} on {n:,}" for (first, second), n in ordered)
    return Agreement(
        articles=len(shared),
        all_labels=figure_at(found, len(labels)),
        labels={label: figure_at(found, i) for i, label in enumerate(labels)},
        source=f"{who} articles of split {split}, each annotated alone",
    )


def _pair_counts(first: AnnotatedArticle, second: AnnotatedArticle, labels: Sequence[str]) -> Numbers:
    """Shape (n_labels, 3): spans of both, of the first, of the second."""
    usable = set(first.labels_annotated) & set(second.labels_annotated) & set(labels)

    def keys(annotated: AnnotatedArticle) -> list[Key]:
        id_ = annotated.article.id
        return [(id_, span.start, span.end, span.label) for span in annotated.spans if span.label in usable]

    counts: Numbers = exact_by_article(keys(second), keys(first), articles=[first.article.id], labels=labels)[0]
    return counts
