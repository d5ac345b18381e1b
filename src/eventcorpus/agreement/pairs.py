"""The articles that two annotators both annotated, side by side.

Comes in: what every annotator made of every article. Goes out: per pair of annotators its articles, reduced to the
labels that both could use, with keys by which spans are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Event, Span, SpanKey, span_keys

ADJUDICATED = "adjudicated"
"""The annotator's name on rows that were decided over several annotations; they agree with nobody on their own."""


@dataclass(frozen=True)
class Shared:
    """One article that two annotators annotated, reduced to the labels that both could use."""

    first: AnnotatedArticle
    second: AnnotatedArticle
    left_out: tuple[str, ...]

    @property
    def article(self) -> Article:
        """The article, the same on both sides."""
        return self.first.article

    @cached_property
    def keys(self) -> tuple[dict[str, SpanKey], dict[str, SpanKey]]:
        """Span id -> key, of the first and of the second."""
        return span_keys(self.first.spans), span_keys(self.second.spans)

    @cached_property
    def both(self) -> set[SpanKey]:
        """The spans that both marked exactly alike."""
        return set(self.keys[0].values()) & set(self.keys[1].values())


def shared_articles(
    articles: Iterable[Sequence[AnnotatedArticle]], ontology: Ontology
) -> dict[tuple[str, str], list[Shared]]:
    """Every pair of annotators with the articles that both annotated; decided rows are nobody's.

    Args:
        articles: per article, what every annotator made of it.

    Returns:
        pairs in the order of the annotators' names (a2 before a10); the first of a pair comes first in that order.
    """
    found: dict[tuple[str, str], list[Shared]] = {}
    for several in articles:
        own = sorted(
            (one for one in several if one.annotator != ADJUDICATED), key=lambda a: annotator_order(a.annotator)
        )
        for first, second in combinations(own, 2):
            usable = set(first.labels_annotated) & set(second.labels_annotated)
            left_out = tuple(label for label in ontology.labels if label not in usable)
            shared = Shared(_reduced(first, usable), _reduced(second, usable), left_out)
            found.setdefault((first.annotator, second.annotator), []).append(shared)
    return {pair: found[pair] for pair in sorted(found, key=lambda pair: [annotator_order(name) for name in pair])}


def annotator_order(name: str) -> tuple[int, str]:
    """a2 before a10."""
    return len(name), name


def role_names(ontology: Ontology) -> tuple[str, ...]:
    """Roles in ontology order, without the one that joins triggers into events: sets judge those, not links."""
    return tuple(role.name for role in ontology.roles if not role.joins_events)


def event_sets(annotated: AnnotatedArticle, keys: Mapping[str, SpanKey]) -> list[set[SpanKey]]:
    """The triggers of each event."""
    return [{keys[trigger] for trigger in event.triggers} for event in annotated.events]


def attribute_value(span: Span, name: str) -> tuple[str, ...]:
    """What a span says of an attribute: its values in order, () where it says nothing."""
    return tuple(sorted(value for attribute, value in span.attributes if attribute == name))


def _reduced(annotated: AnnotatedArticle, usable: set[str]) -> AnnotatedArticle:
    """Without the spans of other labels, and whatever hangs on them."""
    spans = tuple(span for span in annotated.spans if span.label in usable)
    ids = {span.id for span in spans}
    events = (
        Event(event.id, event.label, tuple(trigger for trigger in event.triggers if trigger in ids))
        for event in annotated.events
    )
    return replace(
        annotated,
        spans=spans,
        roles=tuple(role for role in annotated.roles if {role.trigger, role.argument} <= ids),
        events=tuple(event for event in events if event.triggers),
    )
