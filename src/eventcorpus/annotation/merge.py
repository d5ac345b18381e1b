"""The annotations of one article by different annotators, compared and put together; and which of them is gold.

Two annotators' spans are the same if start, end and label are, their roles if the role and both spans are, whatever
their ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from eventcorpus.annotation.assemble import annotated_article
from eventcorpus.annotation.rules import resolve_overlaps
from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.errors import InputError
from eventcorpus.ontology import Ontology
from eventcorpus.schema import ADJUDICATED, AnnotatedArticle, Role, Span, SpanKey, span_keys, span_order

AGREED, UNION = "agreed", "union"
"""Policies of gold, beside ``adjudicated`` and annotators' names. Spans that all have are decided by ``agreed``."""
RoleKey = tuple[str, SpanKey, SpanKey]
"""(role, key of its trigger, key of its argument)."""


def gold_of(
    annotations: Sequence[AnnotatedArticle], policy: str, ontology: Ontology, report: ConversionReport
) -> AnnotatedArticle:
    """Gold of one article.

    Args:
        annotations: of the article, a1 first.
        policy: an annotator (a1, ...; of articles without one by them, the first annotator's), or

            - ``adjudicated``: what was decided; without a decision what all agree on in everything; else the first
              annotator's, flagged where there are several.
            - ``agreed``: the spans and roles that all annotators have, and the first annotator's attributes.
            - ``union``: the spans and roles that any annotator has; where the ontology is flat, of those that overlap
              the longest, the earliest, then by ontology order.
        report: counts what annotators have and gold does not.
    """
    passes = without_decisions(annotations) or list(annotations)
    if policy == ADJUDICATED:
        decision = next((annotated for annotated in annotations if annotated.annotator == ADJUDICATED), None)
        return _adjudicated(passes, decision, report)
    if policy in (AGREED, UNION) and len(passes) > 1:
        return (_agreed if policy == AGREED else _union)(passes, ontology, report)
    return next((annotated for annotated in passes if annotated.annotator == policy), passes[0])


def default_policy(annotators: Collection[str]) -> str:
    """What is gold if nobody says: the decisions, if there are any, else the first annotator's annotations."""
    return ADJUDICATED if ADJUDICATED in annotators else "a1"


def gold_policy(annotators: Collection[str], policy: str) -> str:
    """The policy in words.

    Raises:
        InputError: if nobody adjudicated anything, or the preferred annotator annotated nothing.
    """
    names = [name for name in annotators if name != ADJUDICATED]
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
        if len(names) < 2:
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
        known = ", ".join(sorted(names, key=lambda name: int(name[1:])))
        raise InputError(
            f"--gold {policy}: no such annotator; there are {known}; or choose agreed, union or adjudicated"
        )
    if len(annotators) < 2:
        return "the only annotator's"
    return f"{policy}'s annotation where there is one, else that of the first annotator"


def without_decisions(annotations: Sequence[AnnotatedArticle]) -> list[AnnotatedArticle]:
    """The annotations of one article that are no adjudicated decisions."""
    return [annotated for annotated in annotations if annotated.annotator != ADJUDICATED]


def keyed_spans(spans: Iterable[Span]) -> dict[SpanKey, Span]:
    """Spans by their keys (see ``schema.span_keys``), in text order."""
    in_order = sorted(spans, key=span_order)
    keys = span_keys(in_order)
    return {keys[span.id]: span for span in in_order}


def keyed_roles(annotated: AnnotatedArticle) -> dict[RoleKey, Role]:
    """Roles by their keys: the role and its two spans, whatever their ids."""
    key_of = {span.id: key for key, span in keyed_spans(annotated.spans).items()}
    return {(role.role, key_of[role.trigger], key_of[role.argument]): role for role in annotated.roles}


def all_span_keys(passes: Sequence[AnnotatedArticle]) -> set[SpanKey]:
    """The spans that any annotator has."""
    return {key for annotated in passes for key in keyed_spans(annotated.spans)}


def all_role_keys(passes: Sequence[AnnotatedArticle]) -> set[RoleKey]:
    """The roles that any annotator has."""
    return {key for annotated in passes for key in keyed_roles(annotated)}


def agreed_span_keys(passes: Sequence[AnnotatedArticle]) -> set[SpanKey]:
    """The spans that every annotator has who could use their label."""
    own = [(keyed_spans(annotated.spans), set(annotated.labels_annotated)) for annotated in passes]
    return {key for key in all_span_keys(passes) if all(key in spans for spans, labels in own if key[2] in labels)}


def agreed_role_keys(passes: Sequence[AnnotatedArticle]) -> set[RoleKey]:
    """The roles that every annotator has who could use the role and both labels."""
    own = [(keyed_roles(annotated), annotated) for annotated in passes]
    return {
        key for key in all_role_keys(passes)
        if all(
            key in roles
            for roles, by in own
            if {key[1][2], key[2][2]} <= set(by.labels_annotated) and key[0] not in by.not_annotated
        )
    }  # fmt: skip


def are_equal(passes: Sequence[AnnotatedArticle]) -> bool:
    """Whether annotations agree in every span, attribute and role."""
    contents = [
        ({key: span.attributes for key, span in keyed_spans(annotated.spans).items()}, set(keyed_roles(annotated)))
        for annotated in passes
    ]
    return all(content == contents[0] for content in contents)


def merge(
    passes: Sequence[AnnotatedArticle], *, spans: Collection[SpanKey], roles: Collection[RoleKey], ontology: Ontology
) -> AnnotatedArticle:
    """Put annotations together: the spans and roles that are wanted, each as the first annotator who has it drew it.

    Roles between spans that are not wanted are left out. Ids that two annotators gave to different spans become unique.
    """
    agreed = agreed_span_keys(passes)
    chosen: dict[SpanKey, Span] = {}
    times: Counter[str] = Counter()
    for annotated in passes:
        for key, span in keyed_spans(annotated.spans).items():
            if key in spans and key not in chosen:
                times[span.id] += 1
                own_id = span.id if times[span.id] == 1 else f"{span.id}~{times[span.id]}"
                decided_by = AGREED if key in agreed else annotated.annotator
                chosen[key] = replace(span, id=own_id, decided_by=decided_by)
    links = {Role(name, chosen[t].id, chosen[a].id) for name, t, a in roles if t in chosen and a in chosen}
    labels = {label for annotated in passes for label in annotated.labels_annotated}
    return annotated_article(
        passes[0].article,
        chosen.values(),
        links,
        ontology,
        labels_annotated=tuple(label for label in ontology.labels if label in labels),
        not_annotated=tuple(n for n in passes[0].not_annotated if all(n in other.not_annotated for other in passes)),
        annotator=passes[0].annotator,
    )


def _adjudicated(
    passes: Sequence[AnnotatedArticle], decision: AnnotatedArticle | None, report: ConversionReport
) -> AnnotatedArticle:
    if decision is None and len(passes) == 1:
        return passes[0]
    agreed = agreed_span_keys(passes)
    if decision is None:
        first = passes[0]
        if not are_equal(passes):
            report.flag("articles", first.article.id, "gold", Code.NOT_ADJUDICATED)
        return _decided(first, agreed, otherwise=first.annotator)
    # without passes of annotators only the decisions were converted
    return _decided(decision, set() if decision is passes[0] else agreed, otherwise=ADJUDICATED)


def _decided(annotated: AnnotatedArticle, agreed: Collection[SpanKey], *, otherwise: str) -> AnnotatedArticle:
    """The annotation with who decided each span: all annotators, or ``otherwise``."""
    spans = keyed_spans(annotated.spans).items()
    return replace(
        annotated, spans=tuple(replace(span, decided_by=AGREED if key in agreed else otherwise) for key, span in spans)
    )


def _agreed(passes: Sequence[AnnotatedArticle], ontology: Ontology, report: ConversionReport) -> AnnotatedArticle:
    spans, roles = agreed_span_keys(passes), agreed_role_keys(passes)
    gold = merge(passes, spans=spans, roles=roles, ontology=ontology)
    own = [keyed_spans(annotated.spans) for annotated in passes]
    n_differ = sum(len({keyed[key].attributes for keyed in own if key in keyed}) > 1 for key in spans)
    for what, n in (
        ("spans that not all annotators have (not gold)", len(all_span_keys(passes) - spans)),
        ("roles that not all annotators have (not gold)", len(all_role_keys(passes)) - len(gold.roles)),
        ("agreed spans whose attributes differ (the first annotator's are gold)", n_differ),
    ):
        if n:
            report.note(what, n)
    return gold


def _union(passes: Sequence[AnnotatedArticle], ontology: Ontology, report: ConversionReport) -> AnnotatedArticle:
    roles = all_role_keys(passes)
    gold = merge(passes, spans=all_span_keys(passes), roles=roles, ontology=ontology)
    lost = {loser.id for loser, _ in resolve_overlaps(gold.spans, ontology)[1]} if ontology.flat else set()
    if not lost:
        return gold
    report.note("spans of one annotator that overlap another's (not gold)", len(lost))
    remaining = {key for key, span in keyed_spans(gold.spans).items() if span.id not in lost}
    return merge(passes, spans=remaining, roles=roles, ontology=ontology)
