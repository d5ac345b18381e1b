"""Roles, events and attributes of one annotation against the ontology, and what its section ``checks`` expects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from eventcorpus.annotation.rules import role_violation
from eventcorpus.corpus.checks.findings import Finding
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Span


def rule_findings(one: AnnotatedArticle, ontology: Ontology) -> Iterator[Finding]:
    """Roles that the ontology does not allow, event links that go wrong, attributes that must be set and are not."""
    by_id = {span.id: span for span in one.spans}
    for role in one.roles:
        violation = role_violation(role, by_id, ontology)
        if violation is None:
            continue
        trigger, argument = by_id[role.trigger], by_id[role.argument]
        kind = "event-link" if role.role == ontology.event_link else "signature"
        words = one.article.text[argument.start : argument.end]
        message = f"{role.role} from {trigger.label} to {argument.label} {words!r} at {argument.start}: {violation}"
        yield _at(trigger, one, kind, message)
    for span in one.spans:
        said = dict(span.attributes)
        for attribute in ontology.attributes_of(span.label):
            if attribute.default is None and attribute.values and attribute.name not in said:
                values = ", ".join(value.name for value in attribute.values)
                yield _at(span, one, "attribute-missing", f"{span.label} without {attribute.name} ({values})")


def role_findings(one: AnnotatedArticle, ontology: Ontology) -> Iterator[Finding]:
    """Triggers without any role, and without any of those that their label expects.

    A role of another trigger of the same event counts for what is expected: it says the same once.
    """
    roles: defaultdict[str, set[str]] = defaultdict(set)
    linked = {role.argument for role in one.roles if role.role == ontology.event_link}
    for role in one.roles:
        roles[role.trigger].add(role.role)
    of_event = {
        trigger: set().union(*(roles[other] for other in event.triggers))
        for event in one.events
        for trigger in event.triggers
    }
    for span in one.spans:
        if span.label not in ontology.trigger_names:
            continue
        expected = ontology.checks.expects.get(span.label, ())
        if expected and not of_event.get(span.id, roles[span.id]) & set(expected):
            yield _at(span, one, "expected-role", f"{span.label} without {' or '.join(expected)}")
        if not roles[span.id] and ontology.roles:
            alone = span.id not in linked
            message = f"{span.label} without any role" + ("" if alone else ", though another trigger is linked to it")
            yield _at(span, one, "no-role", message, score=float(alone))


def _at(span: Span, one: AnnotatedArticle, kind: str, message: str, *, score: float = 0.0) -> Finding:
    words = one.article.text[span.start : span.end]
    return Finding(kind, one.article.id, message, span.start, span.end, words, score)
