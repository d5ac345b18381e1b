"""The part of a report about events: triggers, arguments, attributes, which triggers tell one event, false alarms."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import combinations

import numpy as np

from eventcorpus.annotation.rules import with_defaults
from eventcorpus.eval.intervals import matching_of, mean_count, mean_figure, mean_figures
from eventcorpus.eval.report import AttributeFigures, Events, EventSets, LabelFigures, Matching
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.clusters import b_cubed, b_cubed_figures, ceaf_e, ceaf_figures
from eventcorpus.metrics.match import precision_recall_f1, share
from eventcorpus.metrics.resample import Resampling
from eventcorpus.ontology import AttributeType, Ontology
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle, Article, Event, Role, Span, SpanKey, join_events, span_keys
from eventcorpus.text import sentence_starts

Pair = tuple[AnnotatedArticle, AnnotatedArticle]
"""The gold of an article, and what the system predicts for it."""
Item = tuple[str, tuple[int | str, ...]]
"""The row in which something counts, and what it is, within its article."""
SAME, NEXT, FURTHER = "same sentence", "next sentence", "further"
"""Rows of arguments by how far they are from their triggers."""
FREE_TEXT = "(text)"
"""The one row of an attribute whose values are free text."""


def events_of(
    gold: Sequence[AnnotatedArticle],
    runs: Sequence[Sequence[Prediction]],
    ontology: Ontology,
    resampling: Resampling | None = None,
) -> Events | None:
    """Score triggers, arguments, attributes and events of every run; None where the ontology has no triggers.

    A run gives roles, and likewise attributes, if it does in any article (an empty list is one); articles in which it
    then gives none have none. Figures are means over the runs that give what is scored. Roles and attributes have
    intervals only if every run gives them.
    """
    if not ontology.triggers:
        return None
    pairs = [_pairs(gold, predictions, ontology) for predictions in runs]
    with_roles = [run for run, found in zip(pairs, runs, strict=True) if any(p.roles is not None for p in found)]
    with_attributes = [
        run
        for run, found in zip(pairs, runs, strict=True)
        if any(m.attributes is not None for p in found for m in p.mentions)
    ]
    for_roles = resampling if len(with_roles) == len(runs) else None
    for_attributes = resampling if len(with_attributes) == len(runs) else None
    triggers = partial(_triggers, labels=ontology.trigger_names)
    arguments = partial(_arguments, link=ontology.event_link)
    met = {role.role for run in with_roles for pair in run for annotated in pair for role in annotated.roles}
    known = [role.name for role in ontology.roles]
    roles = [role for role in (*known, *sorted(met - set(known))) if role != ontology.event_link]
    attributes = {a.name: _attribute(with_attributes, a, ontology, for_attributes) for a in ontology.attributes}
    alarms = _per_article(pairs, partial(_false_alarms, triggers=ontology.trigger_names))
    has_alarms = alarms[..., 1].any()
    return Events(
        trigger_identification=_row(pairs, lambda a: {place for _, place in triggers(a)}, resampling),
        trigger_classification=_matching(pairs, triggers, ontology.trigger_names, resampling),
        argument_identification=_row(with_roles, lambda a: {what[:3] for _, what in arguments(a)}, for_roles),
        argument_classification=_matching(
            with_roles, lambda a: {(role, what[:3]) for role, what in arguments(a)}, roles, for_roles
        ),
        argument_attached=_matching(with_roles, arguments, roles, for_roles),
        argument_by_distance=_matching(
            with_roles, partial(_by_distance, link=ontology.event_link), (SAME, NEXT, FURTHER), for_roles
        ),
        attributes={name: found for name, found in attributes.items() if found is not None},
        event_sets=_event_sets(with_roles, ontology, for_roles),
        false_alarms=mean_figure(alarms, lambda x: share(100 * x[..., 0], x[..., 1]), resampling)
        if has_alarms
        else None,
        articles_without_event=int(alarms[:, 0, 1].sum()),
    )


ROLES, TRIGGER_PAIRS = "roles", "pairs of triggers"


def link_counts(
    gold: Sequence[AnnotatedArticle], runs: Sequence[Sequence[Prediction]], ontology: Ontology
) -> dict[str, Numbers] | None:
    """Roles attached to the right trigger and pairs of triggers of one event: right, predicted and in gold.

    Returns:
        by ``ROLES`` and ``TRIGGER_PAIRS`` an array of shape (n_articles, n_runs, 3); None unless all runs give roles.
    """
    if not ontology.triggers or not all(any(p.roles is not None for p in found) for found in runs):
        return None
    pairs = [_pairs(gold, predictions, ontology) for predictions in runs]

    def of_roles(pair: Pair) -> Sequence[float]:
        in_gold, found = (_arguments(annotated, ontology.event_link) for annotated in pair)
        return len(in_gold & found), len(found), len(in_gold)

    def of_triggers(pair: Pair) -> Sequence[float]:
        return _count_event_sets(pair, ontology)[-3:]

    return {ROLES: _per_article(pairs, of_roles), TRIGGER_PAIRS: _per_article(pairs, of_triggers)}


def _pairs(gold: Iterable[AnnotatedArticle], predictions: Iterable[Prediction], ontology: Ontology) -> list[Pair]:
    """Every article of the gold, in its order; one without a prediction counts as read and found empty."""
    by_id = {p.id: p for p in predictions}
    return [(a, as_annotated(by_id.get(a.article.id), a.article, ontology)) for a in gold]


def as_annotated(prediction: Prediction | None, article: Article, ontology: Ontology) -> AnnotatedArticle:
    """What a system predicts for an article; span ids are the positions of its mentions."""
    spans: list[Span] = []
    position: dict[str | None, str] = {}
    for i, m in enumerate(prediction.mentions if prediction else ()):
        attributes = tuple((name, value) for name, values in m.attribute_values.items() for value in values)
        spans.append(Span(str(i), m.start, m.end, m.label, attributes))
        position[m.id] = str(i)
    given = prediction.roles if prediction and prediction.roles else ()
    roles = tuple(Role(role.role, position[role.trigger], position[role.argument]) for role in given)
    return AnnotatedArticle(article, tuple(spans), ontology.labels, roles=roles, annotator="model")


def _matching(
    runs: Sequence[Sequence[Pair]],
    items: Callable[[AnnotatedArticle], set[Item]],
    rows: Sequence[str],
    resampling: Resampling | None,
) -> Matching | None:
    """Score what is in both, predicted and in gold, by row; None without runs, and where neither side has any."""
    if not runs:
        return None
    rank = {row: i for i, row in enumerate(rows)}
    counts = np.zeros((len(runs[0]), len(runs), len(rows), 3))
    for n, pairs in enumerate(runs):
        for i, (gold, predicted) in enumerate(pairs):
            in_gold, found = items(gold), items(predicted)
            for column, some in enumerate((in_gold & found, found, in_gold)):
                for row, _ in some:
                    counts[i, n, rank[row], column] += 1
    return matching_of(counts, rows, resampling) if counts.any() else None


def _row(
    runs: Sequence[Sequence[Pair]],
    items: Callable[[AnnotatedArticle], set[tuple[int | str, ...]]],
    resampling: Resampling | None,
) -> LabelFigures | None:
    """The same of items that all count in one row."""
    found = _matching(runs, lambda annotated: {("", what) for what in items(annotated)}, ("",), resampling)
    return found.micro if found else None


def _per_article(runs: Sequence[Sequence[Pair]], numbers: Callable[[Pair], Sequence[float]]) -> Numbers:
    """Numbers of every article: shape (n_articles, n_runs, n_numbers)."""
    return np.array([[numbers(pair) for pair in article] for article in zip(*runs, strict=True)], dtype=np.float64)


def _triggers(annotated: AnnotatedArticle, labels: Sequence[str]) -> set[Item]:
    return {(span.label, (span.start, span.end)) for span in annotated.spans if span.label in labels}


def _false_alarms(pair: Pair, triggers: Sequence[str]) -> tuple[int, int]:
    in_gold, predicted = (sum(span.label in triggers for span in annotated.spans) for annotated in pair)
    return (0, 0) if in_gold else (predicted, 1)


def _arguments(annotated: AnnotatedArticle, link: str | None) -> set[Item]:
    return set(argument_items(annotated, link))


def argument_items(annotated: AnnotatedArticle, link: str | None) -> dict[Item, Role]:
    """The roles of an article by what makes two of them the same: a predicted one is right if the gold has its item.

    An item is (role, (trigger's label, start and end of the argument, start and end of the trigger)). Of several roles
    with one item the first stands for all; they count once.

    Args:
        link: the role that joins triggers into events, which is left out.
    """
    by_id = {span.id: span for span in annotated.spans}
    found: dict[Item, Role] = {}
    for role in annotated.roles:
        if role.role != link:
            trigger, argument = by_id[role.trigger], by_id[role.argument]
            ends = (argument.start, argument.end, trigger.start, trigger.end)
            found.setdefault((role.role, (trigger.label, *ends)), role)
    return found


def _by_distance(annotated: AnnotatedArticle, link: str | None) -> set[Item]:
    """The same arguments in rows of their distance from the trigger."""
    starts = sentence_starts(annotated.article.text)
    found: set[Item] = set()
    for role, (label, start, end, *trigger) in _arguments(annotated, link):
        apart = abs(bisect_right(starts, int(start)) - bisect_right(starts, int(trigger[0])))
        found.add(((SAME, NEXT, FURTHER)[min(apart, 2)], (role, label, start, end, *trigger)))
    return found


def _event_sets(runs: Sequence[Sequence[Pair]], ontology: Ontology, resampling: Resampling | None) -> EventSets | None:
    """None without runs, where no role of the ontology joins triggers, and where neither side has an event."""
    if not runs or ontology.event_link is None:
        return None
    counts = _per_article(runs, partial(_count_event_sets, ontology=ontology))
    if not counts[..., 7:9].any():
        return None
    return EventSets(
        pairs=mean_figures(counts[..., 11:14], precision_recall_f1, resampling),
        b_cubed=mean_figures(counts[..., :4], b_cubed_figures, resampling),
        ceaf_e=mean_figures(counts[..., 4:7], ceaf_figures, resampling),
        gold_events=mean_count(counts[..., 7].sum(axis=0)),
        predicted_events=mean_count(counts[..., 8].sum(axis=0)),
        count_error=mean_figure(counts, lambda x: share(x[..., 9], x[..., 10]), resampling),
    )


def _count_event_sets(pair: Pair, ontology: Ontology) -> list[float]:
    """The four sums of B-cubed, the three of CEAF-e, events in gold, events predicted, their difference, 1, and pairs
    of triggers of one event: shared, predicted, in gold.
    """
    gold, predicted = (_clusters(annotated, ontology) for annotated in pair)
    numbers = (len(gold), len(predicted), abs(len(gold) - len(predicted)), 1)
    in_gold, found = _pairs_of(gold), _pairs_of(predicted)
    pairs = (len(in_gold & found), len(found), len(in_gold))
    return [*b_cubed(gold, predicted), *ceaf_e(gold, predicted), *numbers, *pairs]


def trigger_pairs(annotated: AnnotatedArticle, ontology: Ontology) -> set[tuple[SpanKey, SpanKey]]:
    """The pairs of triggers that tell one event; a predicted pair is right if it is among those of the gold."""
    return _pairs_of(_clusters(annotated, ontology))


def _pairs_of(clusters: Iterable[set[SpanKey]]) -> set[tuple[SpanKey, SpanKey]]:
    return {pair for cluster in clusters for pair in combinations(sorted(cluster), 2)}


def _clusters(annotated: AnnotatedArticle, ontology: Ontology) -> list[set[SpanKey]]:
    keys = span_keys(annotated.spans)
    return [{keys[trigger] for trigger in event.triggers} for event in _all_events(annotated, ontology)]


def _all_events(annotated: AnnotatedArticle, ontology: Ontology) -> tuple[Event, ...]:
    """The events of an article, each trigger in one: those that it names, or those that the event link joins."""
    triggers = set(ontology.trigger_names)
    if not annotated.events:
        return join_events(annotated.spans, annotated.roles, triggers=triggers, link=ontology.event_link)
    named = {trigger for event in annotated.events for trigger in event.triggers}
    alone = (span for span in annotated.spans if span.label in triggers and span.id not in named)
    return (*annotated.events, *(Event(f"alone-{span.id}", span.label, (span.id,)) for span in alone))


Values = dict[tuple[int, int, str], list[tuple[str, ...]]]
"""(start, end, label) -> the values of each mention at that place."""


def _attribute(
    runs: Sequence[Sequence[Pair]], attribute: AttributeType, ontology: Ontology, resampling: Resampling | None
) -> AttributeFigures | None:
    """Score one attribute; what a mention leaves open is its default. None without runs, and where no side has any."""
    if not runs:
        return None
    sides = [
        [
            [{} if attribute.name in pair[0].not_annotated else _values(side, attribute, ontology) for side in pair]
            for pair in pairs
        ]
        for pairs in runs
    ]
    listed = [value.name for value in attribute.values] or [FREE_TEXT]
    met = {value for pairs in sides for pair in pairs for side in pair for _, value in _each_value(side)}
    rows = (*listed, *(sorted(met - set(listed)) if attribute.values else ()))
    rank = {row: i for i, row in enumerate(rows)}
    shared = np.zeros((len(runs[0]), len(runs), 2))  # mentions of both sides, and those of them with the same values
    values = np.zeros((len(runs[0]), len(runs), len(rows), 3))
    for n, pairs in enumerate(sides):
        for i, (gold, found) in enumerate(pairs):
            for place in gold.keys() & found.keys():
                both = Counter(gold[place]) & Counter(found[place])
                shared[i, n] += min(len(gold[place]), len(found[place])), both.total()
            in_gold, predicted = _each_value(gold), _each_value(found)
            for column, counter in enumerate((in_gold & predicted, predicted, in_gold)):
                for (_, value), times in counter.items():
                    values[i, n, rank.get(value, 0), column] += times
    if not values.any() and not shared.any():
        return None
    return AttributeFigures(
        mentions=mean_count(shared[..., 0].sum(axis=0)),
        accuracy=mean_figure(shared, lambda x: share(x[..., 1], x[..., 0]), resampling),
        values=matching_of(values, rows, resampling),
    )


def _values(annotated: AnnotatedArticle, attribute: AttributeType, ontology: Ontology) -> Values:
    found: Values = {}
    for span in annotated.spans:
        if attribute in ontology.attributes_of(span.label):
            values = values_of(span, attribute, ontology)
            found.setdefault((span.start, span.end, span.label), []).append(values)
    return found


def values_of(span: Span, attribute: AttributeType, ontology: Ontology) -> tuple[str, ...]:
    """The values of an attribute of a span, sorted, or its default; the value is right if all of them are the same."""
    return tuple(sorted(value for name, value in with_defaults(span, ontology) if name == attribute.name))


def _each_value(values: Values) -> Counter[tuple[tuple[int, int, str], str]]:
    return Counter((place, value) for place, mentions in values.items() for mention in mentions for value in mention)
