"""The articles that two annotators both annotated, reduced to what both could say, and what of it is paired."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

from eventcorpus.annotation.merge import RoleKey, keyed_spans, without_decisions
from eventcorpus.metrics.align import match_overlapping
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Event, Span, SpanKey


@dataclass(frozen=True)
class DoubleAnnotation:
    """One article that two annotators annotated, reduced to the labels that both could use."""

    first: AnnotatedArticle
    second: AnnotatedArticle
    labels_left_out: tuple[str, ...]

    @property
    def article(self) -> Article:
        """The article."""
        return self.first.article

    @property
    def sides(self) -> tuple[tuple[AnnotatedArticle, dict[str, SpanKey]], ...]:
        """The annotation of the first and of the second annotator, each with its ``keys``."""
        return (self.first, self.keys[0]), (self.second, self.keys[1])

    @cached_property
    def spans_by_key(self) -> tuple[dict[SpanKey, Span], dict[SpanKey, Span]]:
        """By its key (``schema.span_keys``) each span of the first and of the second annotator."""
        return keyed_spans(self.first.spans), keyed_spans(self.second.spans)

    @cached_property
    def keys(self) -> tuple[dict[str, SpanKey], ...]:
        """By span id the key of the span, of the first and of the second annotator."""
        return tuple({span.id: key for key, span in spans.items()} for spans in self.spans_by_key)

    @cached_property
    def roles(self) -> tuple[set[RoleKey], ...]:
        """The keys of the roles of the first and of the second annotator."""
        return tuple(
            {(role.role, keys[role.trigger], keys[role.argument]) for role in annotated.roles}
            for annotated, keys in self.sides
        )

    @property
    def events(self) -> tuple[list[set[SpanKey]], ...]:
        """The keys of the triggers of each event, of the first and of the second annotator."""
        return tuple(
            [{keys[trigger] for trigger in event.triggers} for event in annotated.events]
            for annotated, keys in self.sides
        )

    @cached_property
    def agreed(self) -> set[SpanKey]:
        """The spans that both marked exactly alike."""
        first, second = self.spans_by_key
        return first.keys() & second.keys()

    def attributes(self, ontology: Ontology) -> Iterator[tuple[str, SpanKey, tuple[str, ...], tuple[str, ...]]]:
        """(attribute, span, values of the first, of the second), of all spans that both marked; () for no value.

        Attributes that one of them could not use are left out.
        """
        first, second = self.spans_by_key
        unusable = {*self.first.not_annotated, *self.second.not_annotated}
        for key in self.agreed:
            for name in (attribute.name for attribute in ontology.attributes_of(key[2])):
                if name not in unusable:
                    yield name, key, _values(first[key], name), _values(second[key], name)


def double_annotations(
    articles: Iterable[Sequence[AnnotatedArticle]], ontology: Ontology
) -> dict[tuple[str, str], list[DoubleAnnotation]]:
    """Every pair of annotators with the articles that both annotated; adjudicated decisions are left out.

    Args:
        articles: per article the annotation of every annotator.

    Returns:
        pairs in the order of the annotators' names (a2 before a10); the first of a pair comes first in that order.
    """
    found: dict[tuple[str, str], list[DoubleAnnotation]] = {}
    roles = role_names(ontology)
    for passes in articles:
        in_order = sorted(without_decisions(passes), key=lambda annotated: annotator_order(annotated.annotator))
        for first, second in combinations(in_order, 2):
            usable = set(first.labels_annotated) & set(second.labels_annotated)
            left_out = tuple(label for label in ontology.labels if label not in usable)
            of_both = [role for role in roles if role not in (*first.not_annotated, *second.not_annotated)]
            double = DoubleAnnotation(_reduced(first, usable, of_both), _reduced(second, usable, of_both), left_out)
            found.setdefault((first.annotator, second.annotator), []).append(double)
    return {pair: found[pair] for pair in sorted(found, key=lambda pair: [annotator_order(name) for name in pair])}


def annotator_order(name: str) -> tuple[int, str]:
    """A key that sorts a2 before a10."""
    return len(name), name


def role_names(ontology: Ontology) -> tuple[str, ...]:
    """Roles in ontology order, without the one that joins triggers into events: events are compared as sets."""
    return tuple(role.name for role in ontology.roles if not role.joins_events)


def pair_overlapping(
    first: list[Span], second: list[Span], label: str | None = None, *, threshold: float = 0.0
) -> list[tuple[Span, Span]]:
    """Pair spans that overlap one to one, and take them out of both lists.

    Args:
        label: of the spans that are paired; None: of any label, also of two different ones.
        threshold: see ``metrics.align.match_overlapping``.
    """
    a, b = ([span for span in side if label in (None, span.label)] for side in (first, second))
    matches = match_overlapping([(s.start, s.end) for s in a], [(s.start, s.end) for s in b], threshold=threshold)
    pairs = [(a[match.first], b[match.second]) for match in matches]
    for one_of_first, one_of_second in pairs:
        first.remove(one_of_first)
        second.remove(one_of_second)
    return pairs


def _values(span: Span, name: str) -> tuple[str, ...]:
    return tuple(sorted(value for attribute, value in span.attributes if attribute == name))


def _reduced(annotated: AnnotatedArticle, labels: set[str], roles: Collection[str]) -> AnnotatedArticle:
    """The spans of some labels, and the roles (of some names) and events of these spans."""
    spans = tuple(span for span in annotated.spans if span.label in labels)
    ids = {span.id for span in spans}
    events = (
        Event(event.id, event.label, tuple(trigger for trigger in event.triggers if trigger in ids))
        for event in annotated.events
    )
    return replace(
        annotated,
        spans=spans,
        roles=tuple(r for r in annotated.roles if r.role in roles and {r.trigger, r.argument} <= ids),
        events=tuple(event for event in events if event.triggers),
    )
