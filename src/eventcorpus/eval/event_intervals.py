"""Intervals of the figures of events: their counts add up over articles as those of mentions do.

Comes in: the part of a report about events, and the counts of each run. Goes out: the same part with intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from eventcorpus.eval.event_statistics import ONE_ROW
from eventcorpus.eval.events import EventCounts, Numbers
from eventcorpus.eval.intervals import figure_of, figures_of, figures_with_intervals, matching_with_intervals
from eventcorpus.eval.report import AttributeFigures, Events, EventSets, Figure, Figures, LabelFigures, Matching
from eventcorpus.matching.article_counts import mean_of_known
from eventcorpus.matching.clusters import b_cubed_figures, ceaf_figures
from eventcorpus.matching.coefficients import share
from eventcorpus.matching.resample import Resampling


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
                name: _attribute(name, there, runs, resampling) for name, there in events.attributes.items()
            },
            "event_sets": _event_sets(events.event_sets, [one.event_sets for one in statistics], resampling),
            "false_alarms": events.false_alarms
            and _figure(events.false_alarms, alarms, lambda x: 100 * share(x[..., 0], x[..., 1]), resampling),
        }
    )  # fmt: skip


def _attribute(
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


def _event_sets(there: EventSets | None, counts: Sequence[Numbers | None], resampling: Resampling) -> EventSets | None:
    stacked = _stacked(counts)
    if there is None or stacked is None:
        return there
    return there.model_copy(
        update={
            "b_cubed": _figures(stacked[..., :4], b_cubed_figures, resampling),
            "ceaf_e": _figures(stacked[..., 4:7], ceaf_figures, resampling),
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


def _figures(counts: Numbers, figures: Callable[[Numbers], Numbers], resampling: Resampling) -> Figures:
    found = figures_with_intervals(counts[:, None], lambda x: mean_of_known(figures(x), axis=-2), resampling)
    return figures_of(found, 0)


def _stacked(counts: Sequence[Numbers | None]) -> Numbers | None:
    """Shape (n_articles, n_runs, ...); None where a run does not say it."""
    known = [one for one in counts if one is not None]
    return np.stack(known, axis=1) if len(known) == len(counts) else None
