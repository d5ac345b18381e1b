"""An ontology for gold that comes without one: the labels that it has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.schema import AnnotatedArticle


def found_ontology(gold: Sequence[AnnotatedArticle]) -> Ontology:
    """Labels in the order of ``labels_annotated``, then any other; triggers are those that roles and events start at.

    A role is the event link if all its links join triggers of one event. Attributes and their defaults cannot be found.

    Raises:
        OntologyError: if there are no labels at all, or one that no ontology could have.
    """
    annotated = dict.fromkeys(label for one in gold for label in one.labels_annotated)
    used = sorted({span.label for one in gold for span in one.spans})
    labels = [*dict.fromkeys([*annotated, *used])]
    triggers = _trigger_labels(gold)
    data = {
        "name": "found-in-gold",
        "version": "0.0.0",
        "flat": False,
        "triggers": [{"name": label} for label in labels if label in triggers],
        "entities": [{"name": label} for label in labels if label not in triggers],
        "roles": [{"name": role, "joins_events": True} for role in _event_links(gold)[:1] if role not in labels],
    }
    return parse_ontology(data, place="no ontology given, and the labels of the gold make none")


def _trigger_labels(gold: Iterable[AnnotatedArticle]) -> set[str]:
    found: set[str] = set()
    for one in gold:
        ids = {role.trigger for role in one.roles} | {trigger for event in one.events for trigger in event.triggers}
        found |= {span.label for span in one.spans if span.id in ids}
    return found


def _event_links(gold: Iterable[AnnotatedArticle]) -> list[str]:
    """Roles whose every link joins two triggers of one event."""
    joins: dict[str, bool] = {}
    for one in gold:
        event_of = {trigger: event.id for event in one.events for trigger in event.triggers}
        for role in one.roles:
            joined = event_of.get(role.trigger, "") == event_of.get(role.argument) is not None
            joins[role.role] = joins.get(role.role, True) and joined
    return sorted(role for role, always in joins.items() if always)
