"""Which annotation of an article is gold, by a policy that the dataset card states.

Comes in: what each annotator made of one article, and what was decided over them. Goes out: one annotation, of which
every span says on whose word it stands (``Span.decided_by``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from eventcorpus.account import Account
from eventcorpus.corpus.merge import (
    AGREED,
    Key,
    agreed_keys,
    agreed_links,
    all_keys,
    all_links,
    keyed_spans,
    merge,
    say_the_same,
)
from eventcorpus.errors import InputError
from eventcorpus.matching.layer import one_layer
from eventcorpus.ontology import Ontology
from eventcorpus.schema import ADJUDICATED, AnnotatedArticle, span_order

UNION = "union"


def gold_of(several: Sequence[AnnotatedArticle], policy: str, ontology: Ontology, account: Account) -> AnnotatedArticle:
    """Gold of one article.

    Args:
        several: its annotations, a1 first.
        policy: an annotator (a1, ...; of articles without one by them, the first annotator's), or

            - ``adjudicated``: what was decided; without a decision what all agree on in everything; else the first
              annotator's, flagged where there are several.
            - ``agreed``: the spans and roles that all annotators have, and what the first says of their attributes.
            - ``union``: the spans and roles that any annotator has; where the ontology is flat, of those that overlap
              the longest, the earliest, then by ontology order.
        account: told what several annotators said and gold does not.
    """
    passes = [one for one in several if one.annotator != ADJUDICATED] or list(several)
    if policy == ADJUDICATED:
        decided = next((one for one in several if one.annotator == ADJUDICATED), None)
        return _adjudicated(passes, decided, account)
    if policy in (AGREED, UNION) and len(passes) > 1:
        return (_agreed if policy == AGREED else _union)(passes, ontology, account)
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
    passes: Sequence[AnnotatedArticle], decided: AnnotatedArticle | None, account: Account
) -> AnnotatedArticle:
    if decided is None and len(passes) == 1:
        return passes[0]
    agreed = agreed_keys(passes)
    if decided is None:
        first = passes[0]
        if not say_the_same(passes):
            reason = "annotators differ, nobody adjudicated: the first annotator's"
            account.flag("articles", first.article.id, "gold", reason)
        return _decided(first, lambda key: AGREED if key in agreed else first.annotator)
    if decided is passes[0]:  # only the decisions were converted
        return _decided(decided, lambda key: ADJUDICATED)
    return _decided(decided, lambda key: AGREED if key in agreed else ADJUDICATED)


def _decided(one: AnnotatedArticle, by: Callable[[Key], str]) -> AnnotatedArticle:
    spans = [replace(span, decided_by=by(key)) for key, span in keyed_spans(one.spans).items()]
    return replace(one, spans=tuple(sorted(spans, key=span_order)))


def _agreed(passes: Sequence[AnnotatedArticle], ontology: Ontology, account: Account) -> AnnotatedArticle:
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
            account.note(what, n)
    return gold


def _union(passes: Sequence[AnnotatedArticle], ontology: Ontology, account: Account) -> AnnotatedArticle:
    keys, links = all_keys(passes), all_links(passes)
    gold = merge(passes, keys=keys, links=links, ontology=ontology)
    lost = {loser.id for loser, _ in one_layer(gold.spans, ontology)[1]} if ontology.flat else set()
    if not lost:
        return gold
    account.note("spans of one annotator that overlap another's (not gold)", len(lost))
    stay = {key for key, span in keyed_spans(gold.spans).items() if span.id not in lost}
    return merge(passes, keys=stay, links=links, ontology=ontology)
