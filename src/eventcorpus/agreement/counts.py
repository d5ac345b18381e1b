"""Agreement of two annotators as counts that add up over articles: arrays with one row an article."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventcorpus.agreement.pairs import DoubleAnnotation, attribute_value, role_names
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.align import match_overlapping
from eventcorpus.metrics.clusters import b_cubed
from eventcorpus.ontology import Ontology
from eventcorpus.schema import SpanKey


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


def count_pair(
    pair: tuple[str, str], doubles: Iterable[DoubleAnnotation], ontology: Ontology, *, threshold: float = 0.0
) -> AgreementCounts:
    """Count one pair of annotators.

    Args:
        doubles: at least one article.
        threshold: of overlapping matches, as in ``match_overlapping``.
    """
    counted = [
        (
            double,
            _attribute_values(double, ontology),
            {
                "spans": _spans(double, ontology, threshold),
                "characters": _characters(double, ontology),
                "flat_characters": _flat_characters(double, ontology),
                "roles": _roles(double, ontology),
                "events": _events(double),
            },
        )
        for double in doubles
    ]
    in_order, values, rows = zip(*counted, strict=True)
    return AgreementCounts(
        annotators=(pair,),
        articles=tuple(double.article.id for double in in_order),
        units=tuple(double.article.unit for double in in_order),
        left_out=dict(Counter(label for double in in_order for label in double.labels_left_out)),
        attributes={a.name: _attribute(a.name, values) for a in ontology.attributes},
        **{part: np.array([row[part] for row in rows]) for part in rows[0]},
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
        **{part: added(part) for part in ("spans", "characters", "flat_characters", "roles", "events")},
    )


def _spans(double: DoubleAnnotation, ontology: Ontology, threshold: float) -> Numbers:
    counts = np.zeros((len(ontology.labels), 4))
    for column, keys in enumerate((double.keys[0].values(), double.keys[1].values(), double.agreed)):
        np.add.at(counts[:, column], [ontology.rank[label] for _, _, label, _ in keys], 1)
    for label, row in zip(ontology.labels, counts, strict=True):
        first, second = (
            [(span.start, span.end) for span in annotated.spans if span.label == label]
            for annotated in (double.first, double.second)
        )
        row[3] = len(match_overlapping(first, second, threshold=threshold))
    return counts


def _pieces(double: DoubleAnnotation, ontology: Ontology) -> tuple[Numbers, NDArray[np.bool_], NDArray[np.bool_]]:
    """The text cut at every border of a span: lengths (n_pieces,); per side what is labelled (n_labels, n_pieces)."""
    spans = (*double.first.spans, *double.second.spans)
    borders = sorted({0, len(double.article.text), *(s.start for s in spans), *(s.end for s in spans)})
    place = {border: i for i, border in enumerate(borders)}
    sides = []
    for annotated in (double.first, double.second):
        labelled = np.zeros((len(ontology.labels), len(borders) - 1), dtype=np.bool_)
        for span in annotated.spans:
            labelled[ontology.rank[span.label], place[span.start] : place[span.end]] = True
        sides.append(labelled)
    return np.diff(np.array(borders, dtype=np.float64)), sides[0], sides[1]


def _characters(double: DoubleAnnotation, ontology: Ontology) -> Numbers:
    lengths, first, second = _pieces(double, ontology)
    usable = np.array([label not in double.labels_left_out for label in ontology.labels])
    marked = (first.astype(np.float64) + second) @ lengths
    matching = 2 * (first == second).astype(np.float64) @ lengths
    counts: Numbers = np.stack([matching, marked, 2 * lengths.sum() - marked], axis=1) * usable[:, None]
    return counts


def _flat_characters(double: DoubleAnnotation, ontology: Ontology) -> Numbers:
    lengths, *sides = _pieces(double, ontology)
    if any((labelled.sum(axis=0) > 1).any() for labelled in sides):
        return np.full(2 + len(ontology.labels), np.nan)
    first, second = (np.where(labelled.any(axis=0), labelled.argmax(axis=0) + 1, 0) for labelled in sides)
    n_values = len(ontology.labels) + 1
    marginals = np.bincount(first, lengths, n_values) + np.bincount(second, lengths, n_values)
    return np.concatenate([[2 * lengths[first == second].sum()], marginals])


def _roles(double: DoubleAnnotation, ontology: Ontology) -> Numbers:
    rank = {name: i for i, name in enumerate(role_names(ontology))}
    counts = np.zeros((len(rank), 5))
    found: list[set[tuple[str, SpanKey, SpanKey]]] = []
    for side, (annotated, keys) in enumerate(double.sides):
        found.append({(r.role, keys[r.trigger], keys[r.argument]) for r in annotated.roles if r.role in rank})
        for role, trigger, argument in found[side]:
            counts[rank[role], side] += 1
            counts[rank[role], 3 + side] += trigger in double.agreed and argument in double.agreed
    for role, _, _ in found[0] & found[1]:
        counts[rank[role], 2] += 1
    return counts


Confusions = Counter[tuple[str, tuple[str, ...], tuple[str, ...]]]
"""(attribute, value of the first, value of the second) -> number of spans."""


def _attribute_values(double: DoubleAnnotation, ontology: Ontology) -> Confusions:
    first, second = double.spans_by_key
    return Counter(
        (attribute.name, attribute_value(first[key], attribute.name), attribute_value(second[key], attribute.name))
        for key in double.agreed
        for attribute in ontology.attributes_of(key[2])
    )


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
