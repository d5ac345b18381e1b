"""How far annotators agree on the labels and the articles that a system is judged on.

Comes in: what every annotator made of the articles. Goes out: exact F1 between two annotators, beside which a system's
F1 can be read. ``eventcorpus agree`` says more about agreement; its F1 is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from eventcorpus.eval.intervals import figure_of, figures_with_intervals
from eventcorpus.eval.report import Agreement
from eventcorpus.matching.article_counts import Numbers, exact_by_article
from eventcorpus.matching.coefficients import f1
from eventcorpus.matching.resample import draw_resamples, unit_of
from eventcorpus.matching.spans import Key
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
        annotations: per article of the split what every annotator made of it; decided rows are nobody's. A label
            counts where both of a pair could use it.
        labels: one figure each, undefined where nobody marked any.
    """
    own = [[one for one in several if one.annotator != ADJUDICATED] for several in annotations]
    several_of = sorted((several for several in own if len(several) > 1), key=lambda several: several[0].article.id)
    if not several_of:
        return None
    counts = np.array([_article_counts(several, labels) for several in several_of])
    with_sum = np.concatenate([counts, counts.sum(axis=1, keepdims=True)], axis=1)
    units = [unit_of(several[0].article) for several in several_of]
    resampling = draw_resamples(units, n_resamples=n_resamples, seed=seed) if n_resamples else None
    found = figures_with_intervals(with_sum, lambda x: f1(x[..., 0], x[..., 1], x[..., 2]), resampling)
    pairs = Counter(pair for several in several_of for pair in combinations(_names(several), 2))
    who = ", ".join(f"{first} and {second} on {n:,}" for (first, second), n in sorted(pairs.items(), key=_pair_order))
    return Agreement(
        articles=len(several_of),
        all_labels=figure_of(found, len(labels)),
        labels={label: figure_of(found, i) for i, label in enumerate(labels)},
        source=f"{who} articles of split {split}, each annotated alone",
    )


def _article_counts(several: Sequence[AnnotatedArticle], labels: Sequence[str]) -> Numbers:
    """Shape (n_labels, 3), of all pairs of annotators of one article."""
    total = np.zeros((len(labels), 3))
    in_order = sorted(several, key=lambda one: _name_order(one.annotator))
    for first, second in combinations(in_order, 2):
        usable = set(first.labels_annotated) & set(second.labels_annotated) & set(labels)
        ours, theirs = (_keys(one, usable) for one in (first, second))
        total += exact_by_article(theirs, ours, articles=[first.article.id], labels=labels)[0]
    return total


def _keys(one: AnnotatedArticle, usable: set[str]) -> list[Key]:
    return [(one.article.id, span.start, span.end, span.label) for span in one.spans if span.label in usable]


def _names(several: Sequence[AnnotatedArticle]) -> list[str]:
    return sorted((one.annotator for one in several), key=_name_order)


def _name_order(name: str) -> tuple[int, str]:
    """a2 before a10."""
    return len(name), name


def _pair_order(counted: tuple[tuple[str, str], int]) -> list[tuple[int, str]]:
    return [_name_order(name) for name in counted[0]]
