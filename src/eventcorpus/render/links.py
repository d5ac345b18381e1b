"""The roles, attributes and events of triggers, gold beside predicted, for the browser of mentions.

What counts as right is decided by the rules of ``eval.events``; here it is written down for each article, one entry a
role, a pair of triggers or an attribute. ``templates/links.js`` draws it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from eventcorpus.eval.events import Item, argument_items, as_annotated, trigger_pairs, values_of
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle, Span, SpanKey, span_keys

Ends = tuple[int, int]
"""Positions of two mentions in the list of one side: a trigger and its argument, or two triggers of one event."""
Key = TypeVar("Key")
Side = TypeVar("Side")


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A role, or a pair of triggers that tell one event (then without ``role``).

    It is right if both sides have it, missed if the gold alone has it, spurious if the system alone has it.
    ``confidence`` is None in gold, and where the system joins two triggers only by way of a third.
    """

    role: str
    gold: Ends | None
    predicted: Ends | None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class ShownValues:
    """The values of an attribute, by position of a mention, on the sides that have the mention.

    They are compared, as in the report, where a mention of the gold is predicted with its place and label: then both
    sides are there, and ``same`` says whether the values are the same.
    """

    attribute: str
    gold: tuple[int, tuple[str, ...]] | None
    predicted: tuple[int, tuple[str, ...]] | None
    same: bool = False
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class ArticleLinks:
    """What is shown of one article."""

    roles: Sequence[ShownLink] = ()
    pairs: Sequence[ShownLink] = ()
    values: Sequence[ShownValues] = ()


def links_of(
    gold: Iterable[AnnotatedArticle], predictions: Mapping[str, Prediction], ontology: Ontology
) -> list[ArticleLinks] | None:
    """The links of every article; None where the system gives neither roles nor attributes in any of them.

    As in the report, a system that gives roles (or attributes) in one article gives them in all, and none where it is
    silent.
    """
    has_roles = any(prediction.roles is not None for prediction in predictions.values())
    has_attributes = any(m.attributes is not None for p in predictions.values() for m in p.mentions)
    if not (has_roles or has_attributes):
        return None
    articles = []
    for annotated in gold:
        prediction = predictions.get(annotated.article.id)
        sides = annotated, as_annotated(prediction, annotated.article, ontology)
        articles.append(
            ArticleLinks(
                roles=list(_roles(*sides, prediction, ontology)) if has_roles else (),
                pairs=list(_pairs(*sides, prediction, ontology)) if has_roles and ontology.event_link else (),
                values=list(_values(*sides, prediction, ontology)) if has_attributes else (),
            )
        )
    return articles


def links_data(articles: Sequence[ArticleLinks]) -> dict[str, Any]:
    """The links for JSON; entries hold positions in the lists of names ``roles``, ``attributes`` and ``values``.

    Each article has a list of roles, one of pairs and one of attributes. Their entries are [role, gold, predicted,
    confidence], [gold, predicted, confidence] and [attribute, 1 if the values are the same else 0, gold, predicted,
    confidence]; a side is 0 where it lacks the link or the mention, else [position, position] or [position, value,
    ...].
    """
    roles = _ranks(link.role for article in articles for link in article.roles)
    attributes = _ranks(shown.attribute for article in articles for shown in article.values)
    sides = (side for a in articles for shown in a.values for side in (shown.gold, shown.predicted) if side)
    values = _ranks(value for _, of_mention in sides for value in of_mention)

    def with_values(side: tuple[int, tuple[str, ...]] | None) -> list[int] | int:
        return [side[0], *(values[value] for value in side[1])] if side else 0

    def entries(article: ArticleLinks) -> Iterator[list[list[Any]]]:
        yield [[roles[link.role], *_ends(link)] for link in article.roles]
        yield [_ends(link) for link in article.pairs]
        yield [
            [attributes[v.attribute], int(v.same), with_values(v.gold), with_values(v.predicted), *_known(v.confidence)]
            for v in article.values
        ]

    return {
        "roles": list(roles),
        "attributes": list(attributes),
        "values": list(values),
        "articles": [list(entries(article)) for article in articles],
    }


def _ranks(names: Iterable[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(dict.fromkeys(names))}


def _ends(link: ShownLink) -> list[Any]:
    return [link.gold or 0, link.predicted or 0, *_known(link.confidence)]


def _known(confidence: float | None) -> list[float]:
    return [] if confidence is None else [round(confidence, 2)]


def _roles(
    gold: AnnotatedArticle, predicted: AnnotatedArticle, prediction: Prediction | None, ontology: Ontology
) -> Iterator[ShownLink]:
    sure = _confidences(prediction)

    def ends(annotated: AnnotatedArticle) -> dict[Item, Ends]:
        position = {span.id: i for i, span in enumerate(annotated.spans)}
        items = argument_items(annotated, ontology.event_link)
        return {item: (position[role.trigger], position[role.argument]) for item, role in items.items()}

    for (role, _), in_gold, found in _beside(ends(gold), ends(predicted)):
        yield ShownLink(role, in_gold, found, sure.get((role, *found)) if found else None)


def _pairs(
    gold: AnnotatedArticle, predicted: AnnotatedArticle, prediction: Prediction | None, ontology: Ontology
) -> Iterator[ShownLink]:
    sure = _confidences(prediction)
    link = ontology.event_link or ""

    def ends(annotated: AnnotatedArticle) -> dict[tuple[SpanKey, SpanKey], Ends]:
        position = {key: i for i, key in enumerate(span_keys(annotated.spans).values())}
        return {pair: (position[pair[0]], position[pair[1]]) for pair in sorted(trigger_pairs(annotated, ontology))}

    for _, in_gold, found in _beside(ends(gold), ends(predicted)):
        confidence = sure.get((link, *found), sure.get((link, *found[::-1]))) if found else None
        yield ShownLink("", in_gold, found, confidence)


def _values(
    gold: AnnotatedArticle, predicted: AnnotatedArticle, prediction: Prediction | None, ontology: Ontology
) -> Iterator[ShownValues]:
    def mentions(annotated: AnnotatedArticle) -> dict[SpanKey, tuple[int, Span]]:
        keys = span_keys(annotated.spans).values()
        return {key: (i, span) for i, (key, span) in enumerate(zip(keys, annotated.spans, strict=True))}

    for (_, _, label, _), in_gold, found in _beside(mentions(gold), mentions(predicted)):
        of_model = prediction.mentions[found[0]].attribute_confidences if prediction and found else None
        for attribute in ontology.attributes_of(label):
            said = [(side[0], values_of(side[1], attribute, ontology)) if side else None for side in (in_gold, found)]
            same = said[0] is not None and said[1] is not None and said[0][1] == said[1][1]
            if any(side and side[1] for side in said):
                yield ShownValues(attribute.name, said[0], said[1], same, (of_model or {}).get(attribute.name))


def _beside(gold: dict[Key, Side], predicted: dict[Key, Side]) -> Iterator[tuple[Key, Side | None, Side | None]]:
    """What both have under one key side by side, in the order of the gold; then what the system alone has."""
    for key in gold | predicted:
        yield key, gold.get(key), predicted.get(key)


def _confidences(prediction: Prediction | None) -> dict[tuple[str, int, int], float]:
    """(role, position of the trigger, position of the argument) -> confidence."""
    position = {m.id: i for i, m in enumerate(prediction.mentions)} if prediction else {}
    given = prediction.roles if prediction and prediction.roles else ()
    return {(role.role, position[role.trigger], position[role.argument]): role.confidence for role in given}
