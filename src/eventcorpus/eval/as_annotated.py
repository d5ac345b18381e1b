"""A prediction in the form of an annotated article, so that both sides of a comparison are read by the same code."""

from __future__ import annotations

from collections.abc import Iterable

from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle, Article, Event, Role, Span, join_events

Told = tuple[AnnotatedArticle, AnnotatedArticle]
"""Gold, and what the system says of the same article."""


def both_sides(gold: Iterable[AnnotatedArticle], predictions: Iterable[Prediction], ontology: Ontology) -> list[Told]:
    """Every article of the gold, in its order; one without a prediction counts as read and found empty."""
    by_id = {p.id: p for p in predictions}
    return [(one, as_annotated(by_id.get(one.article.id), one.article, ontology)) for one in gold]


def as_annotated(prediction: Prediction | None, article: Article, ontology: Ontology) -> AnnotatedArticle:
    """What a system says of an article; span ids are the positions of its mentions."""
    mentions = prediction.mentions if prediction else ()
    spans = tuple(
        Span(
            str(i), m.start, m.end, m.label,
            tuple((name, value) for name, values in m.attribute_values.items() for value in values),
        )
        for i, m in enumerate(mentions)
    )  # fmt: skip
    place = {m.id: str(i) for i, m in enumerate(mentions)}
    told = prediction.roles if prediction and prediction.roles else ()
    roles = tuple(Role(role.role, place[role.trigger], place[role.argument]) for role in told)
    return AnnotatedArticle(article, spans, ontology.labels, roles=roles, annotator="model")


def events_told(annotated: AnnotatedArticle, ontology: Ontology) -> tuple[Event, ...]:
    """The events of an article, each trigger in one: those that it names, or those that the event link joins."""
    triggers = set(ontology.trigger_names)
    if not annotated.events:
        return join_events(annotated.spans, annotated.roles, triggers=triggers, link=ontology.event_link)
    named = {trigger for event in annotated.events for trigger in event.triggers}
    alone = (span for span in annotated.spans if span.label in triggers and span.id not in named)
    return (*annotated.events, *(Event(f"alone-{span.id}", span.label, (span.id,)) for span in alone))
