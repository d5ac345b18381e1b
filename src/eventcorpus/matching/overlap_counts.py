"""Counts per label of mentions that share characters, beside the exact ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from eventcorpus.matching.overlap import Stretch, match_overlapping
from eventcorpus.matching.spans import Counts, Key


def overlap_counts(gold: Iterable[Key], predicted: Iterable[Key]) -> dict[str, Counts]:
    """Count matches per label where any shared character is enough, one to one by optimal assignment in each article.

    >>> overlap_counts([("x", 0, 12, "Actor")], [("x", 4, 12, "Actor"), ("x", 0, 3, "Actor")])["Actor"]
    Counts(correct=1, predicted=2, support=1)
    """
    in_gold, in_predicted = _by_place(gold), _by_place(predicted)
    correct: Counter[str] = Counter()
    support: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for (_, label), stretches in in_gold.items():
        support[label] += len(stretches)
    for (article, label), stretches in in_predicted.items():
        found[label] += len(stretches)
        correct[label] += len(match_overlapping(in_gold.get((article, label), []), stretches))
    return {label: Counts(correct[label], found[label], support[label]) for label in {**support, **found}}


def _by_place(keys: Iterable[Key]) -> dict[tuple[str, str], list[Stretch]]:
    places: dict[tuple[str, str], list[Stretch]] = defaultdict(list)
    for article, start, end, label in keys:
        places[article, label].append((start, end))
    return places
