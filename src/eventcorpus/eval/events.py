"""The part of a report about events: triggers, arguments, attributes, which triggers tell one event, false alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from eventcorpus.dataset.rows import with_defaults
from eventcorpus.eval.counts import matching_of, summed
from eventcorpus.eval.intervals import figure_of, figures_of, figures_with_intervals, matching_with_intervals
from eventcorpus.eval.report import AttributeFigures, Events, EventSets, Figure, Figures, LabelFigures, Matching
from eventcorpus.metrics.clusters import b_cubed, b_cubed_figures, ceaf_e, ceaf_figures
from eventcorpus.metrics.coefficients import share
from eventcorpus.metrics.match import SpanKey, mean_of_known, span_keys
from eventcorpus.metrics.resample import Resampling
from eventcorpus.ontology import AttributeType, Ontology
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle, Article, Event, Role, Span, join_events

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class EventCounts:
    """What the figures of events are made of, one row an article; no attributes where the system gives none."""

    statistics: EventStatistics
    attributes: dict[str, AttributeCounts]


def events_of(gold: Sequence[AnnotatedArticle], predictions: Sequence[Prediction], ontology: Ontology) -> Events | None:
    """Judge events; None where the ontology has no triggers.

    Roles, and likewise attributes, are judged where the system gives them in any article (an empty list is one);
    articles in which it then gives none have none.
    """
    counts = event_counts(gold, predictions, ontology)
    return _events(counts.statistics, counts.attributes) if counts is not None else None


def event_counts(
    gold: Sequence[AnnotatedArticle], predictions: Sequence[Prediction], ontology: Ontology
) -> EventCounts | None:
    """Count triggers, arguments, attributes and events in every article; None where the ontology has no triggers."""
    if not ontology.triggers:
        return None
    told = both_sides(gold, predictions, ontology)
    counts = count_events(told, ontology, with_roles=any(p.roles is not None for p in predictions))
    with_attributes = any(m.attributes is not None for p in predictions for m in p.mentions)
    attributes = count_attributes(told, ontology) if with_attributes else {}
    return EventCounts(counts, attributes)


def _events(counts: EventStatistics, attributes: dict[str, AttributeCounts]) -> Events:
    alarms, without_event = counts.false_alarms.sum(axis=0).tolist()
    arguments = counts.arguments
    return Events(
        trigger_identification=_row(counts.trigger_identification),
        trigger_classification=_matching(counts.trigger_classification, counts.triggers),
        argument_identification=_row(arguments.identification) if arguments else None,
        argument_classification=_matching(arguments.classification, arguments.roles) if arguments else None,
        argument_attached=_matching(arguments.attached, arguments.roles) if arguments else None,
        attributes={name: found for name, one in attributes.items() if (found := _attribute(one)) is not None},
        event_sets=_event_sets(counts.event_sets) if counts.event_sets is not None else None,
        false_alarms=Figure(value=100 * alarms / without_event) if without_event else None,
        articles_without_event=int(without_event),
    )


def _matching(counts: Numbers, rows: Sequence[str]) -> Matching | None:
    return matching_of(summed(counts, rows), rows) if counts.any() else None


def _row(counts: Numbers) -> LabelFigures | None:
    found = _matching(counts, ONE_ROW)
    return found.micro if found else None


def _attribute(counts: AttributeCounts) -> AttributeFigures | None:
    mentions, same = counts.shared.sum(axis=0).tolist()
    if not counts.values.any() and not mentions:
        return None
    return AttributeFigures(
        mentions=int(mentions),
        accuracy=Figure(value=same / mentions if mentions else None),
        values=matching_of(summed(counts.values, counts.rows), counts.rows),
    )


def _event_sets(counts: Numbers) -> EventSets | None:
    sums = counts.sum(axis=0)
    n_gold, n_predicted, difference, articles = sums[7:].tolist()
    if not n_gold + n_predicted:
        return None
    return EventSets(
        b_cubed=_figures(b_cubed_figures(sums[:4])),
        ceaf_e=_figures(ceaf_figures(sums[4:7])),
        gold_events=int(n_gold),
        predicted_events=int(n_predicted),
        count_error=Figure(value=difference / articles),
    )


def _figures(values: Numbers) -> Figures:
    precision, recall, f1 = values.tolist()
    return Figures(precision=precision, recall=recall, f1=f1)


Thing = tuple[str, tuple[int | str, ...]]
"""The row in which something counts, and what it is, within its article."""
ONE_ROW = ("",)


@dataclass(frozen=True)
class ArgumentCounts:
    """``roles`` are the rows of ``classification`` and ``attached``, of shape (n_articles, n_roles, 3).

    ``identification`` has the shape (n_articles, 1, 3). The last axis is correct, predicted, support.
    """

    roles: tuple[str, ...]
    identification: Numbers
    classification: Numbers
    attached: Numbers


@dataclass(frozen=True)
class EventStatistics:
    """Counts that add up over articles; ``arguments`` and ``event_sets`` are None where the system gives no roles.

    Attributes:
        articles: ids, one a row.
        triggers: labels, the rows of ``trigger_classification``.
        trigger_identification: (n_articles, 1, 3): correct, predicted, support.
        trigger_classification: (n_articles, n_triggers, 3).
        false_alarms: (n_articles, 2): predicted triggers where gold has none, and 1 where gold has none.
        event_sets: (n_articles, 11): the four sums of B-cubed, the three of CEAF-e, events in gold, events predicted,
            the absolute difference of both, and 1; None too where no role of the ontology joins triggers.
    """

    articles: tuple[str, ...]
    triggers: tuple[str, ...]
    trigger_identification: Numbers
    trigger_classification: Numbers
    false_alarms: Numbers
    arguments: ArgumentCounts | None = None
    event_sets: Numbers | None = None


def count_events(told: Sequence[Told], ontology: Ontology, *, with_roles: bool) -> EventStatistics:
    """Count every article.

    Args:
        ontology: has triggers.
        with_roles: whether the system gives roles at all; without, neither arguments nor event sets are counted.
    """
    triggers = ontology.trigger_names
    with_sets = with_roles and ontology.event_link is not None
    return EventStatistics(
        articles=tuple(gold.article.id for gold, _ in told),
        triggers=triggers,
        trigger_identification=_count(told, partial(_trigger_places, triggers=triggers), ONE_ROW),
        trigger_classification=_count(told, partial(_triggers, triggers=triggers), triggers),
        false_alarms=np.array([_false_alarms(one, triggers) for one in told], dtype=np.float64),
        arguments=_count_arguments(told, ontology) if with_roles else None,
        event_sets=np.array([_sets_of_article(one, ontology) for one in told], dtype=np.float64) if with_sets else None,
    )


def _count(told: Sequence[Told], things: Callable[[AnnotatedArticle], set[Thing]], rows: Sequence[str]) -> Numbers:
    """Count what is in both, predicted and in gold: shape (n_articles, n_rows, 3)."""
    rank = {row: i for i, row in enumerate(rows)}
    counts = np.zeros((len(told), len(rows), 3))
    for i, (gold, found) in enumerate(told):
        ours, theirs = things(gold), things(found)
        for column, several in enumerate((ours & theirs, theirs, ours)):
            for row, _ in several:
                counts[i, rank[row], column] += 1
    return counts


def _triggers(annotated: AnnotatedArticle, triggers: Sequence[str]) -> set[Thing]:
    return {(span.label, (span.start, span.end)) for span in annotated.spans if span.label in triggers}


def _trigger_places(annotated: AnnotatedArticle, triggers: Sequence[str]) -> set[Thing]:
    return {("", place) for _, place in _triggers(annotated, triggers)}


def _false_alarms(told: Told, triggers: Sequence[str]) -> tuple[int, int]:
    in_gold, predicted = (sum(span.label in triggers for span in one.spans) for one in told)
    return (0, 0) if in_gold else (predicted, 1)


def _count_arguments(told: Sequence[Told], ontology: Ontology) -> ArgumentCounts:
    met = {role.role for sides in told for one in sides for role in one.roles}
    known = [role.name for role in ontology.roles]
    rows = tuple(role for role in (*known, *sorted(met - set(known))) if role != ontology.event_link)
    arguments = partial(_arguments, link=ontology.event_link)
    return ArgumentCounts(
        roles=rows,
        identification=_count(told, lambda one: {("", what[:3]) for _, what in arguments(one)}, ONE_ROW),
        classification=_count(told, lambda one: {(role, what[:3]) for role, what in arguments(one)}, rows),
        attached=_count(told, arguments, rows),
    )


def _arguments(annotated: AnnotatedArticle, link: str | None) -> set[Thing]:
    """(role, (trigger's label, start and end of the argument, start and end of the trigger))."""
    by_id = {span.id: span for span in annotated.spans}
    pairs = ((r.role, by_id[r.trigger], by_id[r.argument]) for r in annotated.roles if r.role != link)
    return {(role, (t.label, a.start, a.end, t.start, t.end)) for role, t, a in pairs}


def _sets_of_article(told: Told, ontology: Ontology) -> list[float]:
    gold, predicted = (_clusters(one, ontology) for one in told)
    numbers = (len(gold), len(predicted), abs(len(gold) - len(predicted)), 1)
    return [*b_cubed(gold, predicted), *ceaf_e(gold, predicted), *numbers]


def _clusters(annotated: AnnotatedArticle, ontology: Ontology) -> list[set[SpanKey]]:
    keys = span_keys(annotated.spans)
    return [{keys[trigger] for trigger in event.triggers} for event in events_told(annotated, ontology)]


FREE_TEXT = "(text)"
"""The one row of an attribute whose values are free text."""
Said = dict[tuple[int, int, str], list[tuple[str, ...]]]
"""(start, end, label) -> the values of each mention that stands there."""


@dataclass(frozen=True)
class AttributeCounts:
    """Counts of one attribute that add up over articles.

    Attributes:
        rows: its values in ontology order, then any other that is said.
        shared: (n_articles, 2): mentions that gold and prediction share exactly, and those of them that say the same.
        values: (n_articles, n_rows, 3): correct, predicted, support of each value, over all mentions.
    """

    rows: tuple[str, ...]
    shared: Numbers
    values: Numbers


def count_attributes(told: Sequence[Told], ontology: Ontology) -> dict[str, AttributeCounts]:
    """Count every attribute of the ontology; what a mention leaves open is its default, where there is one."""
    return {attribute.name: _count_attribute(told, attribute, ontology) for attribute in ontology.attributes}


def _count_attribute(told: Sequence[Told], attribute: AttributeType, ontology: Ontology) -> AttributeCounts:
    sides = [(_said(gold, attribute, ontology), _said(found, attribute, ontology)) for gold, found in told]
    listed = [value.name for value in attribute.values] or [FREE_TEXT]
    met = {value for pair in sides for said in pair for several in said.values() for one in several for value in one}
    rows = (*listed, *(sorted(met - set(listed)) if attribute.values else ()))
    rank = {row: i for i, row in enumerate(rows)}
    shared, values = np.zeros((len(told), 2)), np.zeros((len(told), len(rows), 3))
    for i, (ours, theirs) in enumerate(sides):
        for place in ours.keys() & theirs.keys():
            both = Counter(ours[place]) & Counter(theirs[place])
            shared[i] += min(len(ours[place]), len(theirs[place])), both.total()
        in_gold, predicted = _each_value(ours), _each_value(theirs)
        for column, counter in enumerate((in_gold & predicted, predicted, in_gold)):
            for (_, value), n in counter.items():
                values[i, rank.get(value, 0), column] += n
    return AttributeCounts(rows, shared, values)


def _said(annotated: AnnotatedArticle, attribute: AttributeType, ontology: Ontology) -> Said:
    said: Said = {}
    for span in annotated.spans:
        if attribute in ontology.attributes_of(span.label):
            values = sorted(value for name, value in with_defaults(span, ontology) if name == attribute.name)
            said.setdefault((span.start, span.end, span.label), []).append(tuple(values))
    return said


def _each_value(said: Said) -> Counter[tuple[tuple[int, int, str], str]]:
    return Counter((place, value) for place, several in said.items() for values in several for value in values)


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


def events_with_intervals(events: Events, runs: Sequence[EventCounts], resampling: Resampling) -> Events:
    """Fill the intervals; a part whose rows differ from run to run (a role that one alone made up) has none."""
    statistics = [run.statistics for run in runs]
    triggers = statistics[0].triggers
    rows = {one.arguments.roles for one in statistics if one.arguments}
    roles = rows.pop() if len(rows) == 1 else ()

    def matching(
        there: Matching | None, part: Callable[[int], Numbers | None], names: Sequence[str]
    ) -> Matching | None:
        counts = _stacked([part(i) for i in range(len(runs))])
        return there if there is None or counts is None else matching_with_intervals(counts, names, resampling)

    def row(there: LabelFigures | None, part: Callable[[int], Numbers | None]) -> LabelFigures | None:
        counts = _stacked([part(i) for i in range(len(runs))])
        return there if there is None or counts is None else matching_with_intervals(counts, ONE_ROW, resampling).micro

    def argument(part: str) -> Callable[[int], Numbers | None]:
        return lambda i: getattr(statistics[i].arguments, part) if statistics[i].arguments and roles else None

    alarms = _stacked([one.false_alarms for one in statistics])
    return events.model_copy(
        update={
            "trigger_identification": row(
                events.trigger_identification, lambda i: statistics[i].trigger_identification
            ),
            "trigger_classification": matching(
                events.trigger_classification, lambda i: statistics[i].trigger_classification, triggers
            ),
            "argument_identification": row(events.argument_identification, argument("identification")),
            "argument_classification": matching(events.argument_classification, argument("classification"), roles),
            "argument_attached": matching(events.argument_attached, argument("attached"), roles),
            "attributes": {
                name: _attribute_intervals(name, there, runs, resampling) for name, there in events.attributes.items()
            },
            "event_sets": _sets_with_intervals(events.event_sets, [one.event_sets for one in statistics], resampling),
            "false_alarms": events.false_alarms
            and _figure(events.false_alarms, alarms, lambda x: 100 * share(x[..., 0], x[..., 1]), resampling),
        }
    )  # fmt: skip


def _attribute_intervals(
    name: str, there: AttributeFigures, runs: Sequence[EventCounts], resampling: Resampling
) -> AttributeFigures:
    counts = [run.attributes[name] for run in runs if name in run.attributes]
    if len(counts) < len(runs) or len({one.rows for one in counts}) > 1:
        return there
    shared, values = _stacked([one.shared for one in counts]), _stacked([one.values for one in counts])
    update: dict[str, object] = {
        "accuracy": _figure(there.accuracy, shared, lambda x: share(x[..., 1], x[..., 0]), resampling)
    }
    if values is not None:
        update["values"] = matching_with_intervals(values, counts[0].rows, resampling)
    return there.model_copy(update=update)


def _sets_with_intervals(
    there: EventSets | None, counts: Sequence[Numbers | None], resampling: Resampling
) -> EventSets | None:
    stacked = _stacked(counts)
    if there is None or stacked is None:
        return there
    return there.model_copy(
        update={
            "b_cubed": _figures_with_intervals(stacked[..., :4], b_cubed_figures, resampling),
            "ceaf_e": _figures_with_intervals(stacked[..., 4:7], ceaf_figures, resampling),
            "count_error": _figure(there.count_error, stacked, lambda x: share(x[..., 9], x[..., 10]), resampling),
        }
    )  # fmt: skip


def _figure(
    there: Figure, counts: Numbers | None, figure: Callable[[Numbers], Numbers], resampling: Resampling
) -> Figure:
    """The mean over runs of a figure made of counts of shape (n_articles, n_runs, n)."""
    if counts is None:
        return there
    return figure_of(figures_with_intervals(counts, lambda x: mean_of_known(figure(x), axis=-1), resampling))


def _figures_with_intervals(counts: Numbers, figures: Callable[[Numbers], Numbers], resampling: Resampling) -> Figures:
    found = figures_with_intervals(counts[:, None], lambda x: mean_of_known(figures(x), axis=-2), resampling)
    return figures_of(found, 0)


def _stacked(counts: Sequence[Numbers | None]) -> Numbers | None:
    """Shape (n_articles, n_runs, ...); None where a run does not say it."""
    known = [one for one in counts if one is not None]
    return np.stack(known, axis=1) if len(known) == len(counts) else None
