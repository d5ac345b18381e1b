"""What crosses module borders: articles, spans, roles, events, mentions.

Offsets are Unicode code points of the article's stored text (see ``eventcorpus.text``), ``start`` included and
``end`` excluded, so that ``article.text[span.start:span.end]`` is the mention.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from eventcorpus.text import sha256_of

ADJUDICATED = "adjudicated"
"""The annotator of decisions between other annotators' annotations."""
LOW_CONFIDENCE = 0.1
"""Mentions that are less sure than this are shown as such.

Mostly they are the rest of a mention that a line break cuts: the model goes on with I-, which is not allowed there, and
little of the probability is left for B-.
"""
Status = Literal["annotated", "reviewed_empty"]


@dataclass(frozen=True)
class Article:
    """One article; ``text`` is in the stored form. ``published`` is an ISO 8601 date or date-time."""

    id: str
    text: str
    title: str | None = None
    outlet: str | None = None
    url: str | None = None
    published: str | None = None
    language: str | None = None
    licence: str | None = None
    invented: bool | None = None
    kind: str | None = None
    tags: tuple[str, ...] = ()
    cluster: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict, hash=False)

    @cached_property
    def text_sha256(self) -> str:
        """SHA-256 of the stored text in UTF-8, 64 hex digits."""
        return sha256_of(self.text)

    @property
    def unit(self) -> tuple[str, str]:
        """What the article is sampled with, in resamples and folds: its cluster where it has one.

        (name, kind): a cluster that is named like an article is another unit.
        """
        return (self.cluster, "cluster") if self.cluster is not None else (self.id, "article")


@dataclass(frozen=True, slots=True)
class Span:
    """A labelled stretch of text. ``origin`` says who drew it: ``manual``, ``prediction``, ``prediction-changed``.

    ``decided_by`` says why a gold span is gold: an annotator (a1, ...) marked it, all ``agreed``, or it was
    ``adjudicated`` (see ``annotation.merge``). It does not count when spans are compared.
    """

    id: str
    start: int
    end: int
    label: str
    attributes: tuple[tuple[str, str], ...] = ()
    origin: str = "manual"
    decided_by: str = field(default="", compare=False)

    def moved(self, offset: int) -> Span:
        """The same span ``offset`` characters further on."""
        return replace(self, start=self.start + offset, end=self.end + offset) if offset else self


@dataclass(frozen=True, slots=True)
class Role:
    """A directed link from a trigger to its argument, both span ids of the same article."""

    role: str
    trigger: str
    argument: str


@dataclass(frozen=True, slots=True)
class Event:
    """Triggers of one label that tell the same event (Rich ERE calls the set an event hopper)."""

    id: str
    label: str
    triggers: tuple[str, ...]


@dataclass(frozen=True)
class AnnotatedArticle:
    """One annotator's annotation of one article (``annotator`` is a1, a2, ... or ``adjudicated``, never a name).

    ``labels_annotated`` are the labels that the annotator could use: that no span has another label says nothing.
    ``not_annotated`` are the roles and attributes that came to the ontology after the annotation: that there are none
    says nothing.
    Spans are in text order; ``roles`` include the links that join triggers into events.
    """

    article: Article
    spans: tuple[Span, ...]
    labels_annotated: tuple[str, ...]
    roles: tuple[Role, ...] = ()
    events: tuple[Event, ...] = ()
    annotator: str = "a1"
    not_annotated: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """``reviewed_empty`` is a true negative: someone read the article and found nothing."""
        return "annotated" if self.spans else "reviewed_empty"


@dataclass(frozen=True, slots=True)
class Link:
    """A predicted role of a trigger; ``argument`` is the id of a mention of the same article."""

    role: str
    argument: str
    confidence: float


@dataclass(frozen=True, slots=True)
class ChosenValue:
    """The predicted value of an attribute of a mention."""

    attribute: str
    value: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Mention:
    """A predicted span: ``text`` is the article's text from start to end, confidences lie in [0, 1].

    A model that finds mentions alone gives neither id nor attributes nor links. Links are on triggers; one with the
    role that joins triggers into events leads to an earlier trigger that tells the same event.
    """

    start: int
    end: int
    label: str
    text: str
    confidence: float
    id: str = ""
    attributes: tuple[ChosenValue, ...] = ()
    links: tuple[Link, ...] = ()


def span_order(span: Span) -> tuple[int, int, str, str]:
    """The order of spans in every file: start, longer first, label, id."""
    return (span.start, -span.end, span.label, span.id)


SpanKey = tuple[int, int, str, int]
"""(start, end, label, n): the same span marked twice has n = 0 and 1, so that keys are matched one to one."""


def span_keys(spans: Iterable[Span]) -> dict[str, SpanKey]:
    """Span id -> key, of the spans of one article, in their order."""
    spans = list(spans)
    places = numbered((span.start, span.end, span.label) for span in spans)
    return {span.id: key for span, key in zip(spans, places, strict=True)}


def numbered(places: Iterable[tuple[int, int, str]]) -> list[SpanKey]:
    """The key of each (start, end, label)."""
    times: Counter[tuple[int, int, str]] = Counter()
    keys: list[SpanKey] = []
    for place in places:
        keys.append((*place, times[place]))
        times[place] += 1
    return keys


def role_order(role: Role) -> tuple[str, str, str]:
    """The order of roles in every file: trigger id, role, argument id."""
    return (role.trigger, role.role, role.argument)


def join_events(
    spans: Sequence[Span], roles: Iterable[Role], *, triggers: set[str], link: str | None
) -> tuple[Event, ...]:
    """Join triggers into events along the transitive role ``link``; a trigger without one is an event of its own.

    A link between triggers of different labels joins nothing (the ontology's check flags it).

    Returns:
        events in text order of their first triggers, with ids e1, e2, ...
    """
    label = {span.id: span.label for span in sorted(spans, key=span_order) if span.label in triggers}
    links = [
        (role.trigger, role.argument)
        for role in roles
        if role.role == link and label.get(role.trigger) == label.get(role.argument) is not None
    ]
    return tuple(
        Event(id=f"e{n}", label=label[ids[0]], triggers=tuple(ids))
        for n, ids in enumerate(connected_components(label, links), start=1)
    )


def connected_components(ids: Iterable[str], links: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Join ids that are linked (union and find, with path halving).

    Args:
        links: pairs of these ids.

    Returns:
        the components, in the order of their first ids; the ids of each in the order in which they were given.

    >>> connected_components("abcde", [("d", "b"), ("e", "d")])
    [['a'], ['b', 'd', 'e'], ['c']]
    """
    leader = {each: each for each in ids}

    def find(each: str) -> str:
        while leader[each] != each:
            leader[each] = each = leader[leader[each]]
        return each

    for first, second in links:
        leader[find(first)] = find(second)
    components: dict[str, list[str]] = {}
    for each in leader:
        components.setdefault(find(each), []).append(each)
    return list(components.values())
