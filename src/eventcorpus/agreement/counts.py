"""Agreement of two annotators as counts that add up over articles: arrays with one row an article."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from eventcorpus.agreement.pairs import DoubleAnnotation, role_names
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.align import match_overlapping
from eventcorpus.metrics.clusters import b_cubed
from eventcorpus.ontology import Ontology


@dataclass(frozen=True)
class AgreementCounts:
    """Counts of one pair of annotators, or of several pairs pooled; axis 0 is the articles.

    Attributes:
        annotators: the pairs, in order; a pair is (first, second).
        units: per article what it is resampled with: its cluster, or itself.
        left_out: label -> number of articles in which one of the two could not use it.
        spans: (n_articles, n_labels, 4): marked by the first, by the second, exactly by both, overlapping in both.
        characters: (n_articles, n_labels, 3): values that match, values "labelled", values "not labelled"; two
            values a character, one of either annotator.
        flat_characters: (n_articles, 2 + n_labels): values that match, values "no label", values of each label; NaN
            where spans of different labels overlap, so that a character has no single value.
        roles: (n_articles, n_roles, 5): given by the first, by the second, by both, and those of the first and of the
            second whose two ends both marked.
        attributes: name -> (n_articles, n_pairs, 1 + 2 n_values): same value, how often the first gave each value, how
            often the second did.
        events: (n_articles, 15): the four sums of B-cubed on triggers that both marked, the four on all triggers, the
            same number of events, the absolute and the squared difference, articles, events of the first and of the
            second, the squares of these two added up.
    """

    annotators: tuple[tuple[str, str], ...]
    articles: tuple[str, ...]
    units: tuple[tuple[str, str], ...]
    left_out: dict[str, int]
    spans: Numbers
    characters: Numbers
    flat_characters: Numbers
    roles: Numbers
    attributes: dict[str, Numbers]
    events: Numbers


_ADDED = ("spans", "characters", "flat_characters", "roles", "events")
"""Counts that are added up over pairs."""


def count_pair(
    pair: tuple[str, str], doubles: Iterable[DoubleAnnotation], ontology: Ontology, *, threshold: float = 0.0
) -> AgreementCounts:
    """Count one pair of annotators.

    Args:
        doubles: at least one article.
        threshold: of overlapping matches, as in ``match_overlapping``.
    """
    articles: dict[str, tuple[str, str]] = {}
    left_out: Counter[str] = Counter()
    confusions: list[Confusions] = []
    rows: list[tuple[Any, ...]] = []
    for double in doubles:
        articles[double.article.id] = double.article.unit
        left_out.update(double.labels_left_out)
        confusions.append(Counter((name, first, second) for name, _, first, second in double.attributes(ontology)))
        spans, roles = _spans(double, ontology, threshold), _roles(double, ontology)
        rows.append((spans, *_characters(double, ontology), roles, _events(double)))
    return AgreementCounts(
        annotators=(pair,),
        articles=tuple(articles),
        units=tuple(articles.values()),
        left_out=dict(left_out),
        attributes={a.name: _attribute(a.name, confusions) for a in ontology.attributes},
        **{part: np.array(column) for part, column in zip(_ADDED, zip(*rows, strict=True), strict=True)},
    )


def pool(pairs: Sequence[AgreementCounts]) -> AgreementCounts:
    """The counts of all pairs, added up article by article; of attributes they stay beside each other (axis 1)."""
    units = {article: unit for counts in pairs for article, unit in zip(counts.articles, counts.units, strict=True)}
    row_of = {article: i for i, article in enumerate(units)}

    def added(part: str) -> Numbers:
        total = np.zeros((len(units), *getattr(pairs[0], part).shape[1:]))
        for counts in pairs:
            total[[row_of[article] for article in counts.articles]] += getattr(counts, part)
        return total

    def beside(name: str) -> Numbers:
        n_values = max((counts.attributes[name].shape[2] - 1) // 2 for counts in pairs)
        total = np.zeros((len(units), len(pairs), 1 + 2 * n_values))
        for i, counts in enumerate(pairs):
            rows, block = [row_of[article] for article in counts.articles], counts.attributes[name][:, 0]
            own = (block.shape[1] - 1) // 2
            total[rows, i, : 1 + own] = block[:, : 1 + own]
            total[rows, i, 1 + n_values : 1 + n_values + own] = block[:, 1 + own :]
        return total

    return AgreementCounts(
        annotators=tuple(pair for counts in pairs for pair in counts.annotators),
        articles=tuple(units),
        units=tuple(units.values()),
        left_out=dict(sum((Counter(counts.left_out) for counts in pairs), start=Counter[str]())),
        attributes={name: beside(name) for name in pairs[0].attributes},
        **{part: added(part) for part in _ADDED},
    )


def _spans(double: DoubleAnnotation, ontology: Ontology, threshold: float) -> Numbers:
    counts = np.zeros((len(ontology.labels), 4))
    for column, keys in enumerate((*double.spans_by_key, double.agreed)):
        np.add.at(counts[:, column], [ontology.rank[label] for _, _, label, _ in keys], 1)
    for label, row in zip(ontology.labels, counts, strict=True):
        first, second = (
            [(span.start, span.end) for span in annotated.spans if span.label == label]
            for annotated in (double.first, double.second)
        )
        row[3] = len(match_overlapping(first, second, threshold=threshold))
    return counts


def _characters(double: DoubleAnnotation, ontology: Ontology) -> tuple[Numbers, Numbers]:
    """Rows of ``characters`` and of ``flat_characters``, of the pieces between the borders of spans."""
    sides, n_labels = (double.first.spans, double.second.spans), len(ontology.labels)
    ends = (border for span in chain(*sides) for border in (span.start, span.end))
    borders = sorted({0, len(double.article.text), *ends})
    place = {border: i for i, border in enumerate(borders)}
    lengths = np.diff(np.array(borders, dtype=np.float64))
    labelled = np.zeros((2, n_labels, len(lengths)), dtype=np.bool_)
    for side, spans in enumerate(sides):
        for span in spans:
            labelled[side, ontology.rank[span.label], place[span.start] : place[span.end]] = True
    usable = np.array([label not in double.labels_left_out for label in ontology.labels])
    marked = labelled.sum(axis=0) @ lengths
    matching = 2 * (labelled[0] == labelled[1]) @ lengths
    by_label: Numbers = np.stack([matching, marked, 2 * lengths.sum() - marked], axis=1) * usable[:, None]
    if (labelled.sum(axis=1) > 1).any():
        return by_label, np.full(2 + n_labels, np.nan)
    first, second = np.where(labelled.any(axis=1), labelled.argmax(axis=1) + 1, 0)
    marginals = np.bincount(first, lengths, n_labels + 1) + np.bincount(second, lengths, n_labels + 1)
    return by_label, np.concatenate([[2 * lengths[first == second].sum()], marginals])


def _roles(double: DoubleAnnotation, ontology: Ontology) -> Numbers:
    rank = {name: i for i, name in enumerate(role_names(ontology))}
    counts = np.zeros((len(rank), 5))
    first, second = double.roles
    for side, roles in enumerate((first, second)):
        for role, trigger, argument in roles:
            counts[rank[role], side] += 1
            counts[rank[role], 3 + side] += trigger in double.agreed and argument in double.agreed
    for role, _, _ in first & second:
        counts[rank[role], 2] += 1
    return counts


Confusions = Counter[tuple[str, tuple[str, ...], tuple[str, ...]]]
"""(attribute, value of the first, value of the second) -> number of spans."""


def _attribute(name: str, articles: Sequence[Confusions]) -> Numbers:
    """See ``AgreementCounts.attributes``."""
    values = sorted(
        {value for counter in articles for attribute, *both in counter for value in both if attribute == name}
    )
    rank = {value: i for i, value in enumerate(values)}
    counts = np.zeros((len(articles), 1, 1 + 2 * len(rank)))
    for row, counter in zip(counts[:, 0], articles, strict=True):
        for (attribute, first, second), n in counter.items():
            if attribute == name:
                row[0] += n * (first == second)
                row[1 + rank[first]] += n
                row[1 + len(rank) + rank[second]] += n
    return counts


def _events(double: DoubleAnnotation) -> list[float]:
    first, second = double.events
    in_both = [[common for event in side if (common := event & double.agreed)] for side in double.events]
    difference = abs(len(first) - len(second))
    return [
        *b_cubed(*in_both), *b_cubed(first, second), float(difference == 0), difference, difference**2, 1.0,
        len(first), len(second), len(first) ** 2 + len(second) ** 2,
    ]  # fmt: skip
