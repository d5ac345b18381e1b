"""Counts of triggers, arguments and events, one row an article: figures are made of their sums.

Comes in: what gold and the system tell of each article. Goes out: arrays. Triggers and arguments are sets, as TextEE
(Huang et al. 2024, *TextEE: Benchmark, Reevaluation, Reflections, and Future Challenges in Event Extraction*) defines
them and its scorer counts them: what is said twice counts once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from eventcorpus.eval.as_annotated import Told, events_told
from eventcorpus.matching.clusters import b_cubed, ceaf_e
from eventcorpus.matching.spans import SpanKey, span_keys
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle

Numbers = NDArray[np.float64]
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
        event_sets=np.array([_event_sets(one, ontology) for one in told], dtype=np.float64) if with_sets else None,
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


def _event_sets(told: Told, ontology: Ontology) -> list[float]:
    gold, predicted = (_clusters(one, ontology) for one in told)
    numbers = (len(gold), len(predicted), abs(len(gold) - len(predicted)), 1)
    return [*b_cubed(gold, predicted), *ceaf_e(gold, predicted), *numbers]


def _clusters(annotated: AnnotatedArticle, ontology: Ontology) -> list[set[SpanKey]]:
    keys = span_keys(annotated.spans)
    return [{keys[trigger] for trigger in event.triggers} for event in events_told(annotated, ontology)]
