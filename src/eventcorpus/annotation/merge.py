"""Several annotations of one article compared by what they say, and put together.

Two annotators' spans are the same if start, end and label are, their roles if role and both spans are; ids mean
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from eventcorpus.annotation.rules import resolve_overlaps
from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.errors import InputError
from eventcorpus.ontology import Ontology
from eventcorpus.schema import (
    ADJUDICATED,
    AnnotatedArticle,
    Role,
    Span,
    SpanKey,
    join_events,
    role_order,
    span_keys,
    span_order,
)

AGREED = "agreed"
"""On whose word a span stands that every annotator has."""
Link = tuple[str, SpanKey, SpanKey]
"""What a role says: its name, its trigger, its argument."""


def keyed_spans(spans: Iterable[Span]) -> dict[SpanKey, Span]:
    """Spans by what they say."""
    in_order = sorted(spans, key=span_order)
    keys = span_keys(in_order)
    return {keys[span.id]: span for span in in_order}


def keyed_roles(one: AnnotatedArticle) -> dict[Link, Role]:
    """Roles by what they say: the role and its two spans, whatever their ids."""
    key_of = {span.id: key for key, span in keyed_spans(one.spans).items()}
    return {(role.role, key_of[role.trigger], key_of[role.argument]): role for role in one.roles}


def agreed_keys(passes: Sequence[AnnotatedArticle]) -> set[SpanKey]:
    """What the spans say that every annotator has who could use their label."""
    own = [(keyed_spans(one.spans), set(one.labels_annotated)) for one in passes]
    return {key for key in all_keys(passes) if all(key in spans for spans, able in own if key[2] in able)}


def say_the_same(passes: Sequence[AnnotatedArticle]) -> bool:
    """Whether annotations agree in every span, attribute and role."""

    def said(one: AnnotatedArticle) -> tuple[dict[SpanKey, tuple[tuple[str, str], ...]], set[Link]]:
        return {key: span.attributes for key, span in keyed_spans(one.spans).items()}, set(keyed_roles(one))

    return all(said(one) == said(passes[0]) for one in passes[1:])


def merge(
    passes: Sequence[AnnotatedArticle], *, keys: Collection[SpanKey], links: Collection[Link], ontology: Ontology
) -> AnnotatedArticle:
    """Put annotations together: the spans and roles that are wanted, with ids and attributes of who has them first.

    Roles between spans that are not wanted are left out. Ids that two annotators gave to different spans become unique.
    """
    agreed = agreed_keys(passes)
    spans: dict[SpanKey, Span] = {}
    ids: Counter[str] = Counter()
    for one in passes:
        for key, span in keyed_spans(one.spans).items():
            if key in keys and key not in spans:
                ids[span.id] += 1
                own_id = span.id if ids[span.id] == 1 else f"{span.id}~{ids[span.id]}"
                spans[key] = replace(span, id=own_id, decided_by=AGREED if key in agreed else one.annotator)
    roles = {Role(name, spans[t].id, spans[a].id) for name, t, a in links if t in spans and a in spans}
    in_order = tuple(sorted(spans.values(), key=span_order))
    able = {label for one in passes for label in one.labels_annotated}
    return replace(
        passes[0],
        spans=in_order,
        labels_annotated=tuple(label for label in ontology.labels if label in able),
        roles=tuple(sorted(roles, key=role_order)),
        events=join_events(in_order, roles, triggers=set(ontology.trigger_names), link=ontology.event_link),
    )


def all_keys(passes: Sequence[AnnotatedArticle]) -> set[SpanKey]:
    """What the spans of any annotator say."""
    return {key for one in passes for key in keyed_spans(one.spans)}


def all_links(passes: Sequence[AnnotatedArticle]) -> set[Link]:
    """What the roles of any annotator say."""
    return {link for one in passes for link in keyed_roles(one)}


def agreed_links(passes: Sequence[AnnotatedArticle]) -> set[Link]:
    """What the roles say that every annotator has who could use both labels."""
    own = [(keyed_roles(one), set(one.labels_annotated)) for one in passes]
    return {
        link for link in all_links(passes)
        if all(link in roles for roles, able in own if {link[1][2], link[2][2]} <= able)
    }  # fmt: skip


UNION = "union"


def gold_of(
    several: Sequence[AnnotatedArticle], policy: str, ontology: Ontology, report: ConversionReport
) -> AnnotatedArticle:
    """Gold of one article.

    Args:
        several: its annotations, a1 first.
        policy: an annotator (a1, ...; of articles without one by them, the first annotator's), or

            - ``adjudicated``: what was decided; without a decision what all agree on in everything; else the first
              annotator's, flagged where there are several.
            - ``agreed``: the spans and roles that all annotators have, and what the first says of their attributes.
            - ``union``: the spans and roles that any annotator has; where the ontology is flat, of those that overlap
              the longest, the earliest, then by ontology order.
        report: told what several annotators said and gold does not.
    """
    passes = [one for one in several if one.annotator != ADJUDICATED] or list(several)
    if policy == ADJUDICATED:
        decided = next((one for one in several if one.annotator == ADJUDICATED), None)
        return _adjudicated(passes, decided, report)
    if policy in (AGREED, UNION) and len(passes) > 1:
        return (_agreed if policy == AGREED else _union)(passes, ontology, report)
    return next((one for one in passes if one.annotator == policy), passes[0])


def default_policy(annotators: Collection[str]) -> str:
    """What is gold if nobody says: the decisions, if there are any, else the first annotator's."""
    return ADJUDICATED if ADJUDICATED in annotators else "a1"


def gold_policy(annotators: Collection[str], policy: str) -> str:
    """The policy in words.

    Raises:
        InputError: if nobody adjudicated anything, or the preferred annotator annotated nothing.
    """
    passes = [name for name in annotators if name != ADJUDICATED]
    if policy == ADJUDICATED and annotators:
        if ADJUDICATED not in annotators:
            raise InputError(
                "--gold adjudicated: no decisions in these exports; add what was pulled from the project that "
                "eventcorpus labelstudio adjudicate made"
            )
        return (
            "as adjudicated; where nobody adjudicated, what all annotators agree on, and of articles on which they "
            "differ the first annotator's (flagged in the report)"
        )
    if policy in (AGREED, UNION):
        if len(passes) < 2:
            return "the only annotator's"
        if policy == AGREED:
            return (
                "the spans and roles that all annotators of an article have (attributes as the first says); what only "
                "some have is not gold, and its absence is no evidence"
            )
        return (
            "the spans and roles that any annotator has (of spans that overlap in a flat ontology the longest, the "
            "earliest, then by ontology order)"
        )
    if annotators and policy not in annotators:
        there = ", ".join(sorted(passes, key=lambda name: int(name[1:])))
        raise InputError(
            f"--gold {policy}: no such annotator; there are {there}; or choose agreed, union or adjudicated"
        )
    if len(annotators) < 2:
        return "the only annotator's"
    return f"{policy}'s annotation where there is one, else that of the first annotator"


def _adjudicated(
    passes: Sequence[AnnotatedArticle], decided: AnnotatedArticle | None, report: ConversionReport
) -> AnnotatedArticle:
    if decided is None and len(passes) == 1:
        return passes[0]
    agreed = agreed_keys(passes)
    if decided is None:
        first = passes[0]
        if not say_the_same(passes):
            report.flag("articles", first.article.id, "gold", Code.NOT_ADJUDICATED)
        return _decided(first, lambda key: AGREED if key in agreed else first.annotator)
    if decided is passes[0]:  # only the decisions were converted
        return _decided(decided, lambda key: ADJUDICATED)
    return _decided(decided, lambda key: AGREED if key in agreed else ADJUDICATED)


def _decided(one: AnnotatedArticle, by: Callable[[SpanKey], str]) -> AnnotatedArticle:
    spans = [replace(span, decided_by=by(key)) for key, span in keyed_spans(one.spans).items()]
    return replace(one, spans=tuple(sorted(spans, key=span_order)))


def _agreed(passes: Sequence[AnnotatedArticle], ontology: Ontology, report: ConversionReport) -> AnnotatedArticle:
    keys, links = agreed_keys(passes), agreed_links(passes)
    gold = merge(passes, keys=keys, links=links, ontology=ontology)
    said = [keyed_spans(one.spans) for one in passes]
    differ = sum(len({own[key].attributes for own in said if key in own}) > 1 for key in keys)
    for what, n in (
        ("spans that not all annotators have (not gold)", len(all_keys(passes) - keys)),
        ("roles that not all annotators have (not gold)", len(all_links(passes)) - len(gold.roles)),
        ("agreed spans whose attributes differ (the first annotator's are gold)", differ),
    ):
        if n:
            report.note(what, n)
    return gold


def _union(passes: Sequence[AnnotatedArticle], ontology: Ontology, report: ConversionReport) -> AnnotatedArticle:
    keys, links = all_keys(passes), all_links(passes)
    gold = merge(passes, keys=keys, links=links, ontology=ontology)
    lost = {loser.id for loser, _ in resolve_overlaps(gold.spans, ontology)[1]} if ontology.flat else set()
    if not lost:
        return gold
    report.note("spans of one annotator that overlap another's (not gold)", len(lost))
    stay = {key for key, span in keyed_spans(gold.spans).items() if span.id not in lost}
    return merge(passes, keys=stay, links=links, ontology=ontology)
