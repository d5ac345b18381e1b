"""Documents of any format as annotated articles, under the ontology given or one made of what is there.

Comes in: what a reader found. Goes out: articles in the stored form. ``annotation.check`` checks and counts every item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from eventcorpus.annotation.check import check_document
from eventcorpus.annotation.document import PIECES, ROLE_DETAILS, Document, Found
from eventcorpus.annotation.templates import with_templates, without_spans
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.errors import InputError
from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span, join_events, role_order, span_order
from eventcorpus.text import stored_form


@dataclass(frozen=True)
class Reading:
    """Annotated articles with their splits, under one ontology."""

    articles: Sequence[tuple[str, AnnotatedArticle]]
    ontology: Ontology


def assemble(found: Found, given: Ontology | None, report: ConversionReport) -> Reading:
    """Make articles of documents.

    Args:
        given: the ontology to read them under, if not one made of the labels, roles and attributes that are there.

    Raises:
        SpanError: for what cannot be right, unless the report refuses; OntologyError for names that cannot be labels.
    """
    ontology = given or ontology_of(found)
    articles = [(document.split, _assembled(document, ontology, report)) for document in found.documents]
    return Reading(articles, ontology)


def annotated_article(
    article: Article,
    spans: Iterable[Span],
    roles: Iterable[Role],
    ontology: Ontology,
    *,
    labels_annotated: tuple[str, ...] | None = None,
    annotator: str = "a1",
) -> AnnotatedArticle:
    """Put an article, its spans and its roles in order, with the events that the roles make.

    Args:
        labels_annotated: what the annotator could use, if not all labels of the ontology.
    """
    spans, roles = tuple(sorted(spans, key=span_order)), tuple(sorted(roles, key=role_order))
    events = join_events(spans, roles, triggers=set(ontology.trigger_names), link=ontology.event_link)
    labels = ontology.labels if labels_annotated is None else labels_annotated
    return AnnotatedArticle(article, spans, labels, roles, events, annotator)


def _assembled(document: Document, ontology: Ontology, report: ConversionReport) -> AnnotatedArticle:
    stored = stored_form(document.article.text)
    checked = check_document(replace(document, stored=stored), ontology, report)
    report.keep("articles")
    details = {ROLE_DETAILS: checked.details} if checked.details else {}
    article = replace(document.article, text=stored.text, metadata=document.article.metadata | details)
    if document.templates:
        span_of = {ref: ids[0] for ref, ids in checked.spans_of.items() if ids}
        templates, n_gone = without_spans(document.templates, span_of)
        article = with_templates(article, templates)
        if n_gone:
            report.note("mentions of templates that were refused", n_gone)
    return annotated_article(article, checked.spans, checked.roles, ontology)


def ontology_of(found: Found) -> Ontology:
    """An ontology with everything that is there, in alphabetical order; roles link anything.

    A role or attribute that has the name of a label is called ``Place (role)``, ``Place (attribute)``.

    Raises:
        InputError: if nothing is marked; OntologyError, if a name cannot be a label.
    """
    marks = [mark for document in found.documents for mark in document.marks if not mark.fault]
    triggers = {mark.label for mark in marks if mark.is_trigger}
    labels = triggers | {mark.label for mark in marks}
    entities = [*found.labels, *sorted(labels - triggers - set(found.labels))]
    if not triggers and not entities:
        raise InputError(
            f"{found.name}: nothing is marked in {len(found.documents)} documents; name the labels with --ontology"
        )
    roles = {link.role for document in found.documents for link in document.links if not link.fault}
    values_of: dict[str, dict[str, set[str]]] = {}
    multiple: set[str] = set()
    for mark in marks:
        for name, value in mark.attributes:
            values_of.setdefault(name, {}).setdefault(mark.label, set()).add(value)
        if len(mark.pieces) > 1:
            values_of.setdefault(PIECES, {}).setdefault(mark.label, set())
        multiple |= {name for name, n in Counter(name for name, _ in mark.attributes).items() if n > 1}
    free = found.free | {PIECES}
    attributes = [
        {
            "name": f"{name} (attribute)" if name in labels | roles else name,
            "of": sorted(of),
            "values": [] if name in free else [{"name": value} for value in sorted(set().union(*of.values()))],
            "multiple": name in multiple,
        }
        for name, of in sorted(values_of.items())
    ]
    data = {
        "name": found.name,
        "version": "1.0.0",
        "flat": found.flat,
        "triggers": [{"name": name} for name in sorted(triggers)],
        "entities": [{"name": name} for name in entities],
        "roles": [{"name": f"{name} (role)" if name in labels else name} for name in sorted(roles)],
        "attributes": attributes,
    }
    return parse_ontology(data, place=found.name)
