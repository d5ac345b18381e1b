"""Documents of any format as annotated articles, under the ontology given or one made of what is there.

Comes in: what a reader found. Goes out: articles in the stored form. ``annotation.check`` checks and counts every item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from eventcorpus.annotation.check import check_document
from eventcorpus.annotation.document import ROLE_DETAILS, Document, Found
from eventcorpus.annotation.first_seen import FirstSeen
from eventcorpus.annotation.templates import with_templates, without_spans
from eventcorpus.conversion_report import REPLACED, Code, ConversionReport, Kind
from eventcorpus.errors import InputError
from eventcorpus.ontology import PIECES, Ontology, attribute_name, parse_ontology, role_name
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span, join_events, role_order, span_order
from eventcorpus.tables import counted
from eventcorpus.text import stored_form


@dataclass(frozen=True)
class Reading:
    """Annotated articles with their splits, under one ontology; they are read as they are taken, once.

    ``n_documents`` is how many are to come, if they were counted.
    """

    articles: Iterable[tuple[str, AnnotatedArticle]]
    ontology: Ontology
    n_documents: int | None = None


def assemble(found: Found, given: Ontology | None, report: ConversionReport) -> Reading:
    """Make articles of documents.

    Args:
        given: the ontology to read them under, if not one made of the labels, roles and attributes that are there, for
            which the documents are read once more, unless the reader knows all of them.

    Raises:
        SpanError: for what cannot be right, unless the report refuses; OntologyError for names that cannot be labels.
    """
    ontology, n_documents = given, found.n_documents
    if ontology is None:
        names = _Names(found)
        for document in _usable(found, ConversionReport(report.refuses)) if n_documents is None else ():
            names.add(document)
        ontology, n_documents = names.ontology(), n_documents or names.n_documents
    articles = _articles(found, ontology, report)
    return Reading(articles, ontology, n_documents)


def annotated_article(
    article: Article,
    spans: Iterable[Span],
    roles: Iterable[Role],
    ontology: Ontology,
    *,
    labels_annotated: tuple[str, ...] | None = None,
    not_annotated: tuple[str, ...] = (),
    annotator: str = "a1",
) -> AnnotatedArticle:
    """Put an article, its spans and its roles in order, with the events that the roles make.

    Args:
        labels_annotated: what the annotator could use, if not all labels of the ontology.
        not_annotated: roles and attributes that the annotator could not use.
    """
    spans, roles = tuple(sorted(spans, key=span_order)), tuple(sorted(roles, key=role_order))
    events = join_events(spans, roles, triggers=set(ontology.trigger_names), link=ontology.event_link)
    labels = ontology.labels if labels_annotated is None else labels_annotated
    return AnnotatedArticle(article, spans, labels, roles, events, annotator, not_annotated)


def _articles(found: Found, ontology: Ontology, report: ConversionReport) -> Iterator[tuple[str, AnnotatedArticle]]:
    last: str | None = None
    for document in _usable(found, report):
        annotated = _assembled(document, ontology, report)
        if document.article.id != last:  # the annotators of one article come one after another
            report.keep("articles")
        last = document.article.id
        yield document.split, annotated


def _assembled(document: Document, ontology: Ontology, report: ConversionReport) -> AnnotatedArticle:
    stored = stored_form(document.article.text)
    if stored.n_replaced:
        report.note(REPLACED)
    checked = check_document(replace(document, stored=stored), ontology, report)
    details = {ROLE_DETAILS: checked.details} if checked.details else {}
    article = replace(document.article, text=stored.text, metadata=document.article.metadata | details)
    if document.templates:
        span_of = {ref: ids[0] for ref, ids in checked.spans_of.items() if ids}
        templates, n_gone = without_spans(document.templates, span_of)
        article = with_templates(article, templates)
        if n_gone:
            report.note("mentions of templates that were refused", n_gone)
    return annotated_article(article, checked.spans, checked.roles, ontology, annotator=document.annotator)


def _usable(found: Found, report: ConversionReport) -> Iterator[Document]:
    """The documents that can be articles: not those with an id that one annotator has twice, or a text of only blanks.

    An id may stand once for each annotator, with the same text.

    Raises:
        InputError: for one that cannot, unless the report refuses.
    """
    seen, last = FirstSeen(), ("", "")
    for document in found.documents(report):
        name, text, reason = document.article.id, document.article.text, None
        key = f"{name}\0{document.annotator}".encode("utf-8", "surrogatepass")
        if key in seen:
            reason = Code.ID_TWICE
        elif not text.strip():
            reason = Code.NO_TEXT
        elif found.annotators and name == last[0] and stored_form(text).text != last[1]:
            reason = Code.OTHER_TEXT_UNDER_ID
        if reason is None:
            last = (name, stored_form(text).text if found.annotators else "")
            seen.add(key)
            yield document
            continue
        report.fault("articles", name, "the document", reason)
        lost: dict[Kind, int] = {
            "spans": len(document.marks),
            "roles": len(document.links),
            "attributes": sum(len(mark.attributes) for mark in document.marks),
        }
        for kind, n in lost.items():
            report.refuse(kind, name, "of this document", Code.ARTICLE_REFUSED, n=n)


class _Names:
    """The names of labels, roles and attributes that documents use."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.n_documents = 0
        self.labels, self.triggers, self.roles = set(found.labels), set[str](), set[str]()
        self.values_of: dict[str, dict[str, set[str]]] = {}
        self.multiple: set[str] = set()
        self.free = set[str]()
        self.in_pieces = set[str]()

    def add(self, document: Document) -> None:
        """Note the names in one document."""
        self.n_documents += 1
        self.free |= document.free
        self.roles |= {link.role for link in document.links if not link.fault}
        for mark in document.marks:
            if mark.fault:
                continue
            (self.triggers if mark.is_trigger else self.labels).add(mark.label)
            for name, value in mark.attributes:
                values = self.values_of.setdefault(name, {}).setdefault(mark.label, set())
                if name not in document.free:
                    values.add(value)
            if len(mark.pieces) > 1:
                self.in_pieces.add(mark.label)
            if len(mark.attributes) > 1:
                self.multiple |= {name for name, n in Counter(name for name, _ in mark.attributes).items() if n > 1}

    def ontology(self) -> Ontology:
        """An ontology with everything that is there, in alphabetical order; roles link anything.

        A role or attribute that has the name of a label is called ``Place (role)``, ``Place (attribute)``.

        Raises:
            InputError: if nothing is marked; OntologyError, if a name cannot be a label.
        """
        found, labels = self.found, self.labels | self.triggers
        if not labels:
            raise InputError(
                f"{found.name}: nothing is marked in {counted(self.n_documents, 'document')}; name the labels with "
                "--ontology"
            )
        entities = [*found.labels, *sorted(labels - self.triggers - set(found.labels))]
        names = labels | self.roles | {PIECES}
        attributes = [
            {
                "name": attribute_name(name, names),
                "of": sorted(of),
                "values": [] if name in self.free else [{"name": v} for v in sorted(set().union(*of.values()))],
                "multiple": name in self.multiple,
            }
            for name, of in sorted(self.values_of.items())
        ]
        attributes += [{"name": PIECES, "of": sorted(self.in_pieces)}] if self.in_pieces else []
        attributes.sort(key=lambda attribute: str(attribute["name"]))
        data = {
            "name": found.name,
            "version": "1.0.0",
            "flat": found.flat,
            "triggers": [{"name": name} for name in sorted(self.triggers)],
            "entities": [{"name": name} for name in entities],
            "roles": [{"name": role_name(name, labels)} for name in sorted(self.roles)],
            "attributes": attributes,
        }
        return parse_ontology(data, place=found.name)
