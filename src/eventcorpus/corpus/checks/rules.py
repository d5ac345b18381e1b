"""Roles, events and attributes of one annotation against the ontology, and what its section ``checks`` expects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from eventcorpus.annotation.rules import role_violation
from eventcorpus.corpus.checks.findings import Finding, finding_at
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle


def rule_findings(annotated: AnnotatedArticle, ontology: Ontology) -> Iterator[Finding]:
    """Roles and event links that the ontology does not allow, and attributes that must be set and are not."""
    by_id = {span.id: span for span in annotated.spans}
    for role in annotated.roles:
        violation = role_violation(role, by_id, ontology)
        if violation is None:
            continue
        trigger, argument = by_id[role.trigger], by_id[role.argument]
        kind = "event-link" if role.role == ontology.event_link else "signature"
        words = annotated.article.text[argument.start : argument.end]
        message = f"{role.role} from {trigger.label} to {argument.label} {words!r} at {argument.start}: {violation}"
        yield finding_at(trigger, annotated, kind, message)
    for span in annotated.spans:
        given = dict(span.attributes)
        for attribute in ontology.attributes_of(span.label):
            if attribute.default is None and attribute.values and attribute.name not in given:
                values = ", ".join(value.name for value in attribute.values)
                yield finding_at(
                    span, annotated, "attribute-missing", f"{span.label} without {attribute.name} ({values})"
                )


def role_findings(annotated: AnnotatedArticle, ontology: Ontology) -> Iterator[Finding]:
    """Triggers without any role, and triggers without any of the roles that their label expects.

    An expected role may be linked to another trigger of the same event: nobody needs to link it twice.
    """
    roles: defaultdict[str, set[str]] = defaultdict(set)
    linked = {role.argument for role in annotated.roles if role.role == ontology.event_link}
    for role in annotated.roles:
        roles[role.trigger].add(role.role)
    of_event = {
        trigger: set().union(*(roles[other] for other in event.triggers))
        for event in annotated.events
        for trigger in event.triggers
    }
    for span in annotated.spans:
        if span.label not in ontology.trigger_names:
            continue
        expected = ontology.checks.expects.get(span.label, ())
        if expected and not of_event.get(span.id, roles[span.id]) & set(expected):
            yield finding_at(span, annotated, "expected-role", f"{span.label} without {' or '.join(expected)}")
        if not roles[span.id] and ontology.roles:
            alone = span.id not in linked
            message = f"{span.label} without any role" + ("" if alone else ", though another trigger is linked to it")
            yield finding_at(span, annotated, "no-role", message, score=float(alone))
