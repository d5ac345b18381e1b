"""Counts of what is said of mentions (attributes), one row an article."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventcorpus.corpus.rows import with_defaults
from eventcorpus.eval.as_annotated import Told
from eventcorpus.ontology import AttributeType, Ontology
from eventcorpus.schema import AnnotatedArticle

Numbers = NDArray[np.float64]
FREE_TEXT = "(text)"
"""The one row of an attribute whose values are free text."""
Said = dict[tuple[int, int, str], list[tuple[str, ...]]]
"""(start, end, label) -> the values of each mention that stands there."""


@dataclass(frozen=True)
class AttributeCounts:
    """Counts of one attribute that add up over articles.

    Attributes:
        rows: its values in ontology order, then any other that is said.
        shared: (n_articles, 2): mentions that gold and prediction share exactly, and those of them that say the same.
        values: (n_articles, n_rows, 3): correct, predicted, support of each value, over all mentions.
    """

    rows: tuple[str, ...]
    shared: Numbers
    values: Numbers


def count_attributes(told: Sequence[Told], ontology: Ontology) -> dict[str, AttributeCounts]:
    """Count every attribute of the ontology; what a mention leaves open is its default, where there is one."""
    return {attribute.name: _count(told, attribute, ontology) for attribute in ontology.attributes}


def _count(told: Sequence[Told], attribute: AttributeType, ontology: Ontology) -> AttributeCounts:
    sides = [(_said(gold, attribute, ontology), _said(found, attribute, ontology)) for gold, found in told]
    listed = [value.name for value in attribute.values] or [FREE_TEXT]
    met = {value for pair in sides for said in pair for several in said.values() for one in several for value in one}
    rows = (*listed, *(sorted(met - set(listed)) if attribute.values else ()))
    rank = {row: i for i, row in enumerate(rows)}
    shared, values = np.zeros((len(told), 2)), np.zeros((len(told), len(rows), 3))
    for i, (ours, theirs) in enumerate(sides):
        for place in ours.keys() & theirs.keys():
            both = Counter(ours[place]) & Counter(theirs[place])
            shared[i] += min(len(ours[place]), len(theirs[place])), both.total()
        in_gold, predicted = _each_value(ours), _each_value(theirs)
        for column, counter in enumerate((in_gold & predicted, predicted, in_gold)):
            for (_, value), n in counter.items():
                values[i, rank.get(value, 0), column] += n
    return AttributeCounts(rows, shared, values)


def _said(annotated: AnnotatedArticle, attribute: AttributeType, ontology: Ontology) -> Said:
    said: Said = {}
    for span in annotated.spans:
        if attribute in ontology.attributes_of(span.label):
            values = sorted(value for name, value in with_defaults(span, ontology) if name == attribute.name)
            said.setdefault((span.start, span.end, span.label), []).append(tuple(values))
    return said


def _each_value(said: Said) -> Counter[tuple[tuple[int, int, str], str]]:
    return Counter((place, value) for place, several in said.items() for values in several for value in values)
