"""The part of a report about events: triggers, arguments, attributes, which triggers tell one event, false alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventcorpus.eval.as_annotated import both_sides
from eventcorpus.eval.attribute_statistics import AttributeCounts, count_attributes
from eventcorpus.eval.event_statistics import ONE_ROW, EventStatistics, count_events
from eventcorpus.eval.matching_rows import matching_of, summed
from eventcorpus.eval.report import AttributeFigures, Events, EventSets, Figure, Figures, LabelFigures, Matching
from eventcorpus.matching.clusters import b_cubed_figures, ceaf_figures
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle

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
