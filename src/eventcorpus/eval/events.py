"""The part of a report about events: triggers, arguments, attributes, which triggers tell one event, false alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from eventcorpus.annotation.rules import with_defaults
from eventcorpus.eval.intervals import matching_of, mean_count, mean_figure, mean_figures
from eventcorpus.eval.report import AttributeFigures, Events, EventSets, LabelFigures, Matching
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.clusters import b_cubed, b_cubed_figures, ceaf_e, ceaf_figures
from eventcorpus.metrics.coefficients import share
from eventcorpus.metrics.resample import Resampling
from eventcorpus.ontology import AttributeType, Ontology
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle, Article, Event, Role, Span, SpanKey, join_events, span_keys


def events_of(counts: EventCounts, resampling: Resampling | None = None) -> Events:
    """Figures of events; of several runs, means over those that give what is scored.

    Roles and attributes have intervals only if every run gives them.
    """
    arguments = counts.arguments
    for_roles = resampling if counts.all_give_roles else None
    for_attributes = resampling if counts.all_give_attributes else None
    has_alarms = counts.false_alarms[..., 1].any()
    attributes = {name: _attribute(attribute, for_attributes) for name, attribute in counts.attributes.items()}
    return Events(
        trigger_identification=_row(counts.trigger_identification, resampling),
        trigger_classification=_matching(counts.trigger_classification, counts.triggers, resampling),
        argument_identification=_row(arguments.identification, for_roles) if arguments else None,
        argument_classification=_matching(arguments.classification, arguments.roles, for_roles) if arguments else None,
        argument_attached=_matching(arguments.attached, arguments.roles, for_roles) if arguments else None,
        attributes={name: found for name, found in attributes.items() if found is not None},
        event_sets=_event_sets(counts.event_sets, for_roles) if counts.event_sets is not None else None,
        false_alarms=mean_figure(counts.false_alarms, lambda x: share(100 * x[..., 0], x[..., 1]), resampling)
        if has_alarms
        else None,
        articles_without_event=int(counts.false_alarms[:, 0, 1].sum()),
    )


def _matching(counts: Numbers, rows: Sequence[str], resampling: Resampling | None) -> Matching | None:
    return matching_of(counts, rows, resampling) if counts.any() else None


def _row(counts: Numbers, resampling: Resampling | None) -> LabelFigures | None:
    found = _matching(counts, ONE_ROW, resampling)
    return found.micro if found else None


def _attribute(counts: AttributeCounts, resampling: Resampling | None) -> AttributeFigures | None:
    if not counts.values.any() and not counts.shared.any():
        return None
    return AttributeFigures(
        mentions=mean_count(counts.shared[..., 0].sum(axis=0)),
        accuracy=mean_figure(counts.shared, lambda x: share(x[..., 1], x[..., 0]), resampling),
        values=matching_of(counts.values, counts.rows, resampling),
    )


def _event_sets(counts: Numbers, resampling: Resampling | None) -> EventSets | None:
    if not counts[..., 7:9].any():
        return None
    return EventSets(
        b_cubed=mean_figures(counts[..., :4], b_cubed_figures, resampling),
        ceaf_e=mean_figures(counts[..., 4:7], ceaf_figures, resampling),
        gold_events=mean_count(counts[..., 7].sum(axis=0)),
        predicted_events=mean_count(counts[..., 8].sum(axis=0)),
        count_error=mean_figure(counts, lambda x: share(x[..., 9], x[..., 10]), resampling),
    )


Pair = tuple[AnnotatedArticle, AnnotatedArticle]
"""The gold of an article, and what the system predicts for it."""
Item = tuple[str, tuple[int | str, ...]]
"""The row in which something counts, and what it is, within its article."""
ONE_ROW = ("",)
FREE_TEXT = "(text)"
"""The one row of an attribute whose values are free text."""


@dataclass(frozen=True)
class ArgumentCounts:
    """``roles`` are the rows of ``classification`` and ``attached``, of shape (n_articles, n_runs, n_roles, 3).

    ``identification`` has the shape (n_articles, n_runs, 1, 3). The last axis is correct, predicted, support.
    """

    roles: tuple[str, ...]
    identification: Numbers
    classification: Numbers
    attached: Numbers


@dataclass(frozen=True)
class AttributeCounts:
    """Counts of one attribute.

    Attributes:
        rows: its values in ontology order, then any other that occurs.
        shared: (n_articles, n_runs, 2): mentions that gold and prediction share exactly, and those of them with the
            same values.
        values: (n_articles, n_runs, n_rows, 3): correct, predicted, support of each value, over all mentions.
    """

    rows: tuple[str, ...]
    shared: Numbers
    values: Numbers


@dataclass(frozen=True)
class EventCounts:
    """Arguments and event sets are counted in the runs that give roles, attributes in those that give attributes.

    Attributes:
        triggers: labels, the rows of ``trigger_classification``.
        trigger_identification: (n_articles, n_runs, 1, 3): correct, predicted, support.
        trigger_classification: (n_articles, n_runs, n_triggers, 3).
        false_alarms: (n_articles, n_runs, 2): predicted triggers where gold has none, and 1 where gold has none.
        arguments: None where no run gives roles.
        event_sets: (n_articles, n_runs, 11): the four sums of B-cubed, the three of CEAF-e, events in gold, events
            predicted, the absolute difference of both, and 1; None too where no role of the ontology joins triggers.
        attributes: by name; empty where no run gives any.
        all_give_roles: whether every run does; ``all_give_attributes`` likewise.
    """

    triggers: tuple[str, ...]
    trigger_identification: Numbers
    trigger_classification: Numbers
    false_alarms: Numbers
    arguments: ArgumentCounts | None
    event_sets: Numbers | None
    attributes: dict[str, AttributeCounts]
    all_give_roles: bool
    all_give_attributes: bool


def count_events(
    gold: Sequence[AnnotatedArticle], runs: Sequence[Sequence[Prediction]], ontology: Ontology
) -> EventCounts | None:
    """Count every article of every run; None where the ontology has no triggers.

    A run gives roles, and likewise attributes, if it does in any article (an empty list is one); articles in which it
    then gives none have none.
    """
    if not ontology.triggers:
        return None
    triggers = ontology.trigger_names
    pairs = [_pairs(gold, predictions, ontology) for predictions in runs]
    with_roles = [run for run, found in zip(pairs, runs, strict=True) if any(p.roles is not None for p in found)]
    with_attributes = [
        run
        for run, found in zip(pairs, runs, strict=True)
        if any(m.attributes is not None for p in found for m in p.mentions)
    ]
    attributes = ontology.attributes if with_attributes else ()
    event_sets = None
    if with_roles and ontology.event_link is not None:
        event_sets = _per_article(with_roles, partial(_count_event_sets, ontology=ontology))
    return EventCounts(
        triggers=triggers,
        trigger_identification=_count(pairs, partial(_trigger_places, triggers=triggers), ONE_ROW),
        trigger_classification=_count(pairs, partial(_triggers, triggers=triggers), triggers),
        false_alarms=_per_article(pairs, partial(_false_alarms, triggers=triggers)),
        arguments=_count_arguments(with_roles, ontology) if with_roles else None,
        event_sets=event_sets,
        attributes={a.name: _count_attribute(with_attributes, a, ontology) for a in attributes},
        all_give_roles=len(with_roles) == len(runs),
        all_give_attributes=len(with_attributes) == len(runs),
    )


def _pairs(gold: Iterable[AnnotatedArticle], predictions: Iterable[Prediction], ontology: Ontology) -> list[Pair]:
    """Every article of the gold, in its order; one without a prediction counts as read and found empty."""
    by_id = {p.id: p for p in predictions}
    return [(a, _as_annotated(by_id.get(a.article.id), a.article, ontology)) for a in gold]


def _as_annotated(prediction: Prediction | None, article: Article, ontology: Ontology) -> AnnotatedArticle:
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


def _count(
    runs: Sequence[Sequence[Pair]], items: Callable[[AnnotatedArticle], set[Item]], rows: Sequence[str]
) -> Numbers:
    """Count what is in both, predicted and in gold: shape (n_articles, n_runs, n_rows, 3)."""
    rank = {row: i for i, row in enumerate(rows)}
    counts = np.zeros((len(runs[0]), len(runs), len(rows), 3))
    for n, pairs in enumerate(runs):
        for i, (gold, predicted) in enumerate(pairs):
            in_gold, found = items(gold), items(predicted)
            for column, some in enumerate((in_gold & found, found, in_gold)):
                for row, _ in some:
                    counts[i, n, rank[row], column] += 1
    return counts


def _per_article(runs: Sequence[Sequence[Pair]], numbers: Callable[[Pair], Sequence[float]]) -> Numbers:
    """Numbers of every article: shape (n_articles, n_runs, n_numbers)."""
    return np.array([[numbers(pair) for pair in article] for article in zip(*runs, strict=True)], dtype=np.float64)


def _triggers(annotated: AnnotatedArticle, triggers: Sequence[str]) -> set[Item]:
    return {(span.label, (span.start, span.end)) for span in annotated.spans if span.label in triggers}


def _trigger_places(annotated: AnnotatedArticle, triggers: Sequence[str]) -> set[Item]:
    return {("", place) for _, place in _triggers(annotated, triggers)}


def _false_alarms(pair: Pair, triggers: Sequence[str]) -> tuple[int, int]:
    in_gold, predicted = (sum(span.label in triggers for span in annotated.spans) for annotated in pair)
    return (0, 0) if in_gold else (predicted, 1)


def _count_arguments(runs: Sequence[Sequence[Pair]], ontology: Ontology) -> ArgumentCounts:
    met = {role.role for pairs in runs for pair in pairs for annotated in pair for role in annotated.roles}
    known = [role.name for role in ontology.roles]
    rows = tuple(role for role in (*known, *sorted(met - set(known))) if role != ontology.event_link)
    arguments = partial(_arguments, link=ontology.event_link)
    return ArgumentCounts(
        roles=rows,
        identification=_count(runs, lambda a: {("", what[:3]) for _, what in arguments(a)}, ONE_ROW),
        classification=_count(runs, lambda a: {(role, what[:3]) for role, what in arguments(a)}, rows),
        attached=_count(runs, arguments, rows),
    )


def _arguments(annotated: AnnotatedArticle, link: str | None) -> set[Item]:
    """(role, (trigger's label, start and end of the argument, start and end of the trigger))."""
    by_id = {span.id: span for span in annotated.spans}
    pairs = ((r.role, by_id[r.trigger], by_id[r.argument]) for r in annotated.roles if r.role != link)
    return {(role, (t.label, a.start, a.end, t.start, t.end)) for role, t, a in pairs}


def _count_event_sets(pair: Pair, ontology: Ontology) -> list[float]:
    gold, predicted = (_clusters(annotated, ontology) for annotated in pair)
    numbers = (len(gold), len(predicted), abs(len(gold) - len(predicted)), 1)
    return [*b_cubed(gold, predicted), *ceaf_e(gold, predicted), *numbers]


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


def _count_attribute(runs: Sequence[Sequence[Pair]], attribute: AttributeType, ontology: Ontology) -> AttributeCounts:
    """Count one attribute; what a mention leaves open is its default, if it has one."""
    sides = [[[_values(side, attribute, ontology) for side in pair] for pair in pairs] for pairs in runs]
    listed = [value.name for value in attribute.values] or [FREE_TEXT]
    met = {value for pairs in sides for pair in pairs for side in pair for _, value in _each_value(side)}
    rows = (*listed, *(sorted(met - set(listed)) if attribute.values else ()))
    rank = {row: i for i, row in enumerate(rows)}
    shared = np.zeros((len(runs[0]), len(runs), 2))
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
    return AttributeCounts(rows, shared, values)


def _values(annotated: AnnotatedArticle, attribute: AttributeType, ontology: Ontology) -> Values:
    found: Values = {}
    for span in annotated.spans:
        if attribute in ontology.attributes_of(span.label):
            values = sorted(value for name, value in with_defaults(span, ontology) if name == attribute.name)
            found.setdefault((span.start, span.end, span.label), []).append(tuple(values))
    return found


def _each_value(values: Values) -> Counter[tuple[tuple[int, int, str], str]]:
    return Counter((place, value) for place, mentions in values.items() for mention in mentions for value in mention)
