"""Documents of any public format as annotated articles: offsets checked, every item accounted for.

Comes in: what a reader found. Goes out: articles in the stored form, under the ontology given or one made of what is
there. The rules are those of Label Studio's exports, wherever the same fault can occur (``labelstudio.regions``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eventcorpus.annotation.document import (
    PIECES,
    ROLE_DETAILS,
    Document,
    Faults,
    Found,
    Mark,
    Reading,
    said,
    unique,
)
from eventcorpus.annotation.rules import resolve_overlaps
from eventcorpus.annotation.templates import with_templates, without_spans
from eventcorpus.conversion_report import Code, Reason
from eventcorpus.errors import InputError, SpanError
from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.schema import AnnotatedArticle, Role, Span, join_events, role_order, span_order
from eventcorpus.text import StoredText, from_utf16, one_line, stored_form, trim

_QUOTES = str.maketrans(dict.fromkeys('“”„‟«»‘’‚‛′″´`"', "'"))


def assemble(found: Found, given: Ontology | None, faults: Faults) -> Reading:
    """Make articles of documents.

    Args:
        given: the ontology to read them under, if not one made of the labels, roles and attributes that are there.

    Raises:
        InputError: for what cannot be right, unless faults are refused; OntologyError for names that cannot be labels.
    """
    documents = list(unique(found.documents, faults))
    ontology = given or ontology_of(found, documents)
    spans_are_wrong = replace(faults, error=SpanError)
    articles = [(one.split, _Assembler(one, ontology, spans_are_wrong).annotated()) for one in documents]
    return Reading(articles, ontology)


@dataclass
class _Assembler:
    """Makes one article; ``ids`` leads from marks to the spans that stand for them."""

    document: Document
    ontology: Ontology
    faults: Faults
    ids: dict[str, str] = field(default_factory=dict)

    def annotated(self) -> AnnotatedArticle:
        article, report = self.document.article, self.faults.report
        text = stored_form(article.text)
        placed = self._placed(text)
        spans = {span.id: span for span in self._flat([span for span, _, _ in placed], text.text)}
        for span, mark, repair in placed:
            if span.id not in spans:
                for _ in mark.attributes:
                    report.refuse("attributes", article.id, said(mark, ""), Code.SPAN_REFUSED)
            elif repair:
                name = said(mark, text.text[span.start : span.end])
                report.repair("spans", article.id, name, repair, key=span.id)
            else:
                report.keep("spans")
            if span.id in spans and mark.attributes:
                spans[span.id] = replace(span, attributes=(*self._attributes(mark), *span.attributes))
        self.ids = {mark: span for mark, span in self.ids.items() if span in spans}
        roles, details = self._roles(spans)
        report.keep("articles")
        metadata = article.metadata | ({ROLE_DETAILS: details} if details else {})
        article = replace(article, text=text.text, metadata=metadata)
        if self.document.templates:
            templates, n_gone = without_spans(self.document.templates, self.ids)
            article = with_templates(article, templates)
            if n_gone:
                report.note("mentions of templates that were refused", n_gone)
        in_order = tuple(sorted(spans.values(), key=span_order))
        events = join_events(in_order, roles, triggers=set(self.ontology.trigger_names), link=self.ontology.event_link)
        return AnnotatedArticle(article, in_order, self.ontology.labels, tuple(sorted(roles, key=role_order)), events)

    def _placed(self, text: StoredText) -> list[tuple[Span, Mark, Code | None]]:
        """Each span that can be right, its mark, and what was mended; the others are refused."""
        found: list[tuple[Span, Mark, Code | None]] = []
        there: dict[tuple[int, int, str], str] = {}
        taken: set[str] = set()
        for mark in self.document.marks:
            place = self._place(mark, text)
            if place is None or mark.id in taken:
                self._refuse(mark, Code.ID_TWICE if place else None)
                continue
            taken.add(mark.id)
            start, end, pieces, repair = place
            span_id = mark.id
            if not mark.is_trigger:
                span_id = there.setdefault((start, end, mark.label), mark.id)
            self.ids[mark.id] = span_id
            if span_id != mark.id:
                self._refuse(mark, Code.SAME_SPAN_TWICE)
                continue
            told = self._pieces(mark.label, pieces)
            found.append((Span(mark.id, start, end, mark.label, told, origin="imported"), mark, repair))
        return found

    def _pieces(self, label: str, pieces: list[tuple[int, int]]) -> tuple[tuple[str, str], ...]:
        """Where the pieces of a discontinuous span are, as an attribute, if the ontology has one for it.

        It is no attribute of the file, and the report does not count it.
        """
        if len(pieces) < 2 or PIECES not in {attribute.name for attribute in self.ontology.attributes_of(label)}:
            return ()
        return ((PIECES, ";".join(f"{start} {end}" for start, end in pieces)),)

    def _refuse(self, mark: Mark, reason: Code | None) -> None:
        """Count a mark that is no span, unless its fault was told already, and what was said of it."""
        article, report = self.document.article.id, self.faults.report
        if reason:
            report.refuse("spans", article, said(mark, ""), reason)
        for name, _ in mark.attributes:
            report.refuse("attributes", article, f"{name} of {mark.id}", Code.SPAN_REFUSED)

    def _place(self, mark: Mark, text: StoredText) -> tuple[int, int, list[tuple[int, int]], Code | None] | None:
        """Start, end and pieces in the stored form and what was mended; None with the refusal counted."""
        original, pieces = self.document.article.text, list(mark.pieces)
        repair: Code | None = None
        if mark.fault:
            self._bad(mark, mark.fault)
            return None
        if mark.label not in self.ontology.rank:
            known = ", ".join(self.ontology.labels)
            self._bad(mark, Code.UNKNOWN_LABEL, f"{mark.label!r} is not in {self.ontology.key} ({known})")
            return None
        if mark.says is not None and not _same(_cut(original, pieces), mark.says):
            moved = [from_utf16(original, *piece) if 0 <= piece[0] < piece[1] else None for piece in pieces]
            shifted = [piece for piece in moved if piece is not None]
            if len(shifted) == len(pieces) and _same(_cut(original, shifted), mark.says):
                pieces, repair = shifted, Code.UTF16
        if any(not 0 <= start < end <= len(original) for start, end in pieces):
            self._bad(mark, Code.OFFSET_RANGE, f"the text has {len(original)} characters")
            return None
        cut = _cut(original, pieces)
        if mark.says is not None and cut != mark.says and not repair:
            if not _same(cut, mark.says):
                self._bad(mark, Code.TEXT_DIFFERS, f"the text there is {one_line(cut)}")
                return None
            repair = Code.OTHER_BLANKS_OR_QUOTES
        stored = [(text.from_original(start), text.from_original(end)) for start, end in pieces]
        start, end = min(start for start, _ in stored), max(end for _, end in stored)
        trimmed = trim(text.text, start, end)
        if trimmed[0] == trimmed[1]:
            self.faults.report.refuse("spans", self.document.article.id, said(mark, ""), Code.ONLY_BLANKS)
            return None
        if len(pieces) > 1:
            repair = repair or Code.SEVERAL_PIECES
        return *trimmed, stored, repair or (Code.EDGE_BLANKS if trimmed != (start, end) else None)

    def _bad(self, mark: Mark, reason: Code | Reason, detail: str = "") -> None:
        self.faults.bad("spans", self.document.article.id, said(mark, ""), reason, detail)

    def _flat(self, spans: list[Span], text: str) -> list[Span]:
        if not self.ontology.flat:
            return spans
        stay, lost = resolve_overlaps(spans, self.ontology)
        for loser, winner in lost:
            item = f"{loser.label} {one_line(text[loser.start : loser.end])} [{loser.start}, {loser.end})"
            reason = Reason(Code.OVERLAP, (winner.label,))
            self.faults.report.refuse("spans", self.document.article.id, item, reason)
        return stay

    def _attributes(self, mark: Mark) -> tuple[tuple[str, str], ...]:
        """What the ontology takes of what is said of a span, in its order."""
        kept: list[tuple[str, str]] = []
        carried = {attribute.name: attribute for attribute in self.ontology.attributes_of(mark.label)}
        for name, value in mark.attributes:
            attribute = carried.get(name) or carried.get(f"{name} (attribute)")
            item = f"{name}={one_line(value)} of {mark.label} {mark.id}"
            if attribute is None or not attribute.takes(value):
                reason = Code.UNKNOWN_VALUE if attribute else Code.UNKNOWN_ATTRIBUTE
                self.faults.report.refuse("attributes", self.document.article.id, item, reason)
            elif (attribute.name, value) in kept or (attribute.name in dict(kept) and not attribute.multiple):
                self.faults.report.refuse("attributes", self.document.article.id, item, Code.SAID_TWICE)
            else:
                self.faults.report.keep("attributes")
                kept.append((attribute.name, value))
        order = list(carried)
        return tuple(sorted(kept, key=lambda pair: order.index(pair[0])))

    def _roles(self, spans: dict[str, Span]) -> tuple[list[Role], list[dict[str, Any]]]:
        """Roles between the spans that are there, and what is said of them besides."""
        roles: dict[Role, None] = {}
        details: list[dict[str, Any]] = []
        known = {role.name for role in self.ontology.roles}
        article, report = self.document.article.id, self.faults.report
        for link in self.document.links:
            name = link.role if link.role in known else f"{link.role} (role)"
            ends = self.ids.get(link.trigger), self.ids.get(link.argument)
            item = f"{link.role} {link.trigger} -> {link.argument}"
            if link.fault:
                self.faults.bad("roles", article, item, link.fault)
                continue
            if name not in known:
                self.faults.bad("roles", article, item, Code.UNKNOWN_ROLE, f"known: {', '.join(sorted(known))}")
                continue
            role = Role(name, ends[0] or "", ends[1] or "")
            reason = self._why_not(role, roles)
            if reason:
                report.refuse("roles", article, item, reason)
                continue
            roles[role] = None
            if link.repair:
                report.repair("roles", article, item, link.repair, key=role)
            else:
                report.keep("roles")
            if not self.ontology.allows(name, spans[role.trigger].label, spans[role.argument].label):
                report.flag("roles", article, item, Code.AGAINST_SIGNATURES)
            if link.details is not None:
                details.append({"role": name, "trigger": role.trigger, "argument": role.argument, **link.details})
        return list(roles), details

    @staticmethod
    def _why_not(role: Role, roles: dict[Role, None]) -> Reason | None:
        if not role.trigger or not role.argument:
            return Reason(Code.END_MISSING, ("span",))
        if role.trigger == role.argument:
            return Reason(Code.LINKS_ITSELF, ("span",))
        return Reason(Code.GIVEN_TWICE) if role in roles else None


def _cut(text: str, pieces: Sequence[tuple[int, int]]) -> str:
    """The text of pieces, joined by blanks as brat writes them; empty where one is impossible."""
    if any(not 0 <= start < end for start, end in pieces):
        return ""
    return " ".join(text[start:end] for start, end in pieces)


def _same(cut: str, says: str) -> bool:
    """Whether two texts differ in nothing but blanks and the kind of quotation marks: then the article shows it."""
    return cut == says or cut.translate(_QUOTES).split() == says.translate(_QUOTES).split()


def ontology_of(found: Found, documents: Iterable[Document]) -> Ontology:
    """An ontology with everything that is there, in alphabetical order; spans may overlap, roles link anything.

    A role or attribute that has the name of a label is called ``Place (role)``, ``Place (attribute)``.

    Raises:
        InputError: if nothing is marked; OntologyError, if a name cannot be a label.
    """
    documents = list(documents)
    marks = [mark for document in documents for mark in document.marks if not mark.fault]
    triggers = {mark.label for mark in marks if mark.is_trigger}
    labels = triggers | {mark.label for mark in marks}
    entities = [*found.labels, *sorted(labels - triggers - set(found.labels))]
    if not triggers and not entities:
        raise InputError(
            f"{found.name}: nothing is marked in {len(documents)} documents; name the labels with --ontology"
        )
    roles = {link.role for document in documents for link in document.links if not link.fault}
    said_of: dict[str, dict[str, set[str]]] = {}
    several: set[str] = set()
    for mark in marks:
        for name, value in mark.attributes:
            said_of.setdefault(name, {}).setdefault(mark.label, set()).add(value)
        if len(mark.pieces) > 1:
            said_of.setdefault(PIECES, {}).setdefault(mark.label, set())
        several |= {name for name, n in Counter(name for name, _ in mark.attributes).items() if n > 1}
    free = found.free | {PIECES}
    attributes = [
        {
            "name": attribute_name(name, labels | roles),
            "of": sorted(of),
            "values": [] if name in free else [{"name": value} for value in sorted(set().union(*of.values()))],
            "multiple": name in several,
        }
        for name, of in sorted(said_of.items())
    ]
    data = {
        "name": found.name,
        "version": "1.0.0",
        "flat": False,
        "triggers": [{"name": name} for name in sorted(triggers)],
        "entities": [{"name": name} for name in entities],
        "roles": [{"name": role_name(name, labels)} for name in sorted(roles)],
        "attributes": attributes,
    }
    return parse_ontology(data, place=found.name)


def role_name(name: str, labels: Iterable[str]) -> str:
    """The name of a role beside labels."""
    return f"{name} (role)" if name in labels else name


def attribute_name(name: str, others: Iterable[str]) -> str:
    """The name of an attribute beside labels and roles."""
    return f"{name} (attribute)" if name in others else name
