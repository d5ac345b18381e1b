"""The rules of an ontology for one annotated article: overlaps, roles and their signatures, attributes and defaults."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

from eventcorpus.conversion_report import Code
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Role, Span, span_order
from eventcorpus.text import one_line


def resolve_overlaps(spans: Iterable[Span], ontology: Ontology) -> tuple[list[Span], list[tuple[Span, Span]]]:
    """Choose spans that do not overlap: the longest first, then the earliest, then by ontology order.

    Returns:
        the spans that stay, in text order, and (loser, winner) for each that does not.
    """
    in_order = sorted(spans, key=span_order)
    if all(before.end <= after.start for before, after in pairwise(in_order)):
        return in_order, []
    stay: list[Span] = []
    lost: list[tuple[Span, Span]] = []
    by_start: list[tuple[int, int, int]] = []
    for span in sorted(in_order, key=lambda s: (s.start - s.end, s.start, ontology.rank.get(s.label, 0), s.id)):
        winner = next((i for start, end, i in by_start if start < span.end and span.start < end), None)
        if winner is None:
            insort(by_start, (span.start, span.end, len(stay)))
            stay.append(span)
        else:
            lost.append((span, stay[winner]))
    return sorted(stay, key=span_order), lost


def overlaps(spans: Iterable[Span]) -> list[tuple[Span, Span]]:
    """Pairs (earlier, later) of neighbouring spans that share characters, in text order."""
    found: list[tuple[Span, Span]] = []
    reach: Span | None = None
    for span in sorted(spans, key=span_order):
        if reach is not None and span.start < reach.end:
            found.append((reach, span))
        if reach is None or span.end > reach.end:
            reach = span
    return found


def role_violation(role: Role, spans: Mapping[str, Span], ontology: Ontology) -> Code | None:
    """Why the ontology does not allow a role between two existing spans, or None."""
    trigger, argument = spans[role.trigger], spans[role.argument]
    if ontology.triggers and trigger.label not in ontology.trigger_names:
        return Code.NOT_FROM_TRIGGER
    if violation := signature_violation(role, spans, ontology):
        return violation
    if role.role == ontology.event_link and (argument.start, argument.end) >= (trigger.start, trigger.end):
        return Code.LINK_TO_LATER_TRIGGER
    return None


def signature_violation(role: Role, spans: Mapping[str, Span], ontology: Ontology) -> Code | None:
    """Whether the signatures of the ontology forbid a role between two existing spans."""
    allowed = ontology.allows(role.role, spans[role.trigger].label, spans[role.argument].label)
    return None if allowed else Code.AGAINST_SIGNATURES


def describe_role(role: Role, spans: Mapping[str, Span]) -> str:
    """``agent(Battle, Place)``, as messages name a role."""
    return f"{role.role}({spans[role.trigger].label} {role.trigger}, {spans[role.argument].label} {role.argument})"


def describe_span(span: Span, text: str) -> str:
    """``Actor 'rebels' [4, 10)``, as messages name a span of a text."""
    return f"{span.label} {one_line(text[span.start : span.end])} [{span.start}, {span.end})"


def violations(annotated: AnnotatedArticle, ontology: Ontology) -> Iterator[str]:
    """Everything in one annotated article that breaks a rule of the ontology, one phrase each."""

    def words(span: Span) -> str:
        return one_line(annotated.article.text[span.start : span.end])

    by_id = {span.id: span for span in annotated.spans}
    for first, second in overlaps(annotated.spans) if ontology.flat else ():
        yield f"{first.label} {words(first)} overlaps {second.label} {words(second)}, and {ontology.key} is flat"
    for role in annotated.roles:
        if violation := role_violation(role, by_id, ontology):
            yield f"{violation}: {describe_role(role, by_id)} at {words(by_id[role.trigger])}"
    for span in annotated.spans:
        expected = {a.name: a for a in ontology.attributes_of(span.label)}
        for name, value in span.attributes:
            if name not in expected:
                yield f"{span.label} {words(span)} cannot have {name}"
            elif not expected[name].takes(value):
                yield f"{name}={value} is none of {[v.name for v in expected[name].values]}"
        for name, attribute in expected.items():
            if attribute.default is None and attribute.values and name not in dict(span.attributes):
                yield f"{span.label} {words(span)} has no {name}"


def with_defaults(span: Span, ontology: Ontology) -> list[tuple[str, str]]:
    """The attributes of a span in ontology order, defaults filled in."""
    pairs: list[tuple[str, str]] = []
    for attribute in ontology.attributes_of(span.label):
        given = [pair for pair in span.attributes if pair[0] == attribute.name]
        pairs += given or ([(attribute.name, attribute.default)] if attribute.default is not None else [])
    return pairs


def without_defaults(annotated: AnnotatedArticle, ontology: Ontology) -> AnnotatedArticle:
    """The article without the attributes whose value is the ontology's default, as annotators leave them unset."""
    default = {attribute.name: attribute.default for attribute in ontology.attributes}
    spans = (
        replace(span, attributes=tuple(pair for pair in span.attributes if default.get(pair[0]) != pair[1]))
        for span in annotated.spans
    )
    return replace(annotated, spans=tuple(spans))
