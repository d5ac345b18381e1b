"""The part of a report about events: triggers, arguments, attributes, which triggers tell one event, false alarms."""

from __future__ import annotations

from collections.abc import Sequence

from eventcorpus.eval.event_counts import ONE_ROW, AttributeCounts, EventCounts
from eventcorpus.eval.intervals import matching_of, mean_count, mean_figure, mean_figures
from eventcorpus.eval.report import AttributeFigures, Events, EventSets, LabelFigures, Matching
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.clusters import b_cubed_figures, ceaf_figures
from eventcorpus.metrics.coefficients import share
from eventcorpus.metrics.resample import Resampling


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
        false_alarms=mean_figure(counts.false_alarms, lambda x: 100 * share(x[..., 0], x[..., 1]), resampling)
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
    n_gold, n_predicted = (mean_count(counts[..., column].sum(axis=0)) for column in (7, 8))
    if not counts[..., 7:9].any():
        return None
    return EventSets(
        b_cubed=mean_figures(counts[..., :4], b_cubed_figures, resampling),
        ceaf_e=mean_figures(counts[..., 4:7], ceaf_figures, resampling),
        gold_events=n_gold,
        predicted_events=n_predicted,
        count_error=mean_figure(counts, lambda x: share(x[..., 9], x[..., 10]), resampling),
    )
