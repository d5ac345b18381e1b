"""Check one document against its text and an ontology: the spans and roles that it gives, every item counted.

One checker serves all readers. It places marks in the stored text (mending offsets where the text says how), lets
labels, attributes and roles through that the ontology has, resolves overlaps where the ontology is flat, and counts
into the conversion report what was kept, repaired, refused and flagged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from eventcorpus.annotation.document import PIECES, Document, Fault, Link, Mark
from eventcorpus.annotation.rules import (
    describe_role,
    describe_span,
    resolve_overlaps,
    role_violation,
    signature_violation,
)
from eventcorpus.conversion_report import Code, ConversionReport, Kind, Reason
from eventcorpus.errors import SpanError
from eventcorpus.ontology import Ontology
from eventcorpus.schema import Role, Span, role_order, span_order
from eventcorpus.text import cut_out, from_utf16, one_line, stored_form, trim

Pieces = Sequence[tuple[int, int]]


@dataclass
class Checked:
    """What a document gives: spans and roles in order, and what is said of roles besides.

    ``spans_of`` leads from what links call a mark to the ids of the spans that stand for it.
    """

    spans: list[Span] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)
    spans_of: dict[str, list[str]] = field(default_factory=dict)


def check_document(document: Document, ontology: Ontology, report: ConversionReport) -> Checked:
    """Make spans and roles of a document.

    Raises:
        SpanError: for an item that cannot be right, unless the report refuses such items.
    """
    return _Checker(document, ontology, report).checked()


class _Place(NamedTuple):
    """Where a mark stands in the stored text, and what was mended."""

    start: int
    end: int
    pieces: Pieces
    repair: Code | Reason | None


class _Checker:
    def __init__(self, document: Document, ontology: Ontology, report: ConversionReport) -> None:
        self.document, self.ontology, self.report = document, ontology, report
        self.form, self.article, self.original = document.form, document.article.id, document.article.text
        self.text = document.stored or stored_form(self.original)
        self.spans: dict[str, Span] = {}
        self.spans_of: dict[str, list[str]] = {}
        self.pieces: dict[str, tuple[str, str]] = {}
        self.known = {attribute.name: attribute for attribute in ontology.attributes}

    def checked(self) -> Checked:
        placed = self._place_all()
        if self.ontology.flat:
            self._resolve_overlaps(placed)
        n_kept = len(self.spans)
        for span in self.spans.values():
            mark, repair = placed[span.id]
            if repair is not None:
                n_kept -= 1
                name = mark.shown(self._words(span))
                self.report.repair("spans", self.article, name, repair, key=span.id, **self._offsets(mark))
        self.report.keep("spans", n_kept)
        self._read_attributes(placed)
        spans_of = {ref: [span_id for span_id in ids if span_id in self.spans] for ref, ids in self.spans_of.items()}
        roles, details = self._read_roles(spans_of)
        spans = sorted((self._finished(span) for span in self.spans.values()), key=span_order)
        return Checked(spans, sorted(roles, key=role_order), details, spans_of)

    # marks

    def _place_all(self) -> dict[str, tuple[Mark, Code | Reason | None]]:
        """Place every mark that can be right: its span goes to ``spans``; its mark and repair come back by span id."""
        placed: dict[str, tuple[Mark, Code | Reason | None]] = {}
        first: dict[tuple[int, int, str], str] = {}
        taken: set[str] = set()
        for mark in self.document.marks:
            place = self._place(mark)
            if isinstance(place, Fault):
                self._fault("spans", mark.shown(), place, mark)
                self._refuse_attributes(mark)
                continue
            if mark.id in taken:
                self._refuse(mark, self.form.id_twice)
                continue
            taken.add(mark.id)
            span_id = mark.id
            if self.form.merges_equal and not mark.is_trigger:
                span_id = first.setdefault((place.start, place.end, mark.label), mark.id)
            self.spans_of.setdefault(mark.ref or mark.id, []).append(span_id)
            if span_id != mark.id:
                self._refuse(mark, Code.SAME_SPAN_TWICE)
                continue
            start, end = place.start + self.document.offset, place.end + self.document.offset
            self.spans[mark.id] = Span(
                mark.id, start, end, mark.label, origin=mark.origin, decided_by=self.document.decided_by
            )
            placed[mark.id] = mark, place.repair
            if len(place.pieces) > 1 and any(a.name == PIECES for a in self.ontology.attributes_of(mark.label)):
                # it is no attribute of the file, and so it is not counted
                self.pieces[mark.id] = (PIECES, ";".join(f"{start} {end}" for start, end in place.pieces))
        return placed

    def _place(self, mark: Mark) -> _Place | Fault:
        """Where a mark stands, or why it cannot."""
        if mark.fault is not None:
            return mark.fault
        if mark.label not in self.ontology.rank:
            known = ", ".join(self.ontology.labels)
            detail = f"the label {mark.label!r} is not in {self.ontology.key} ({known}){self.form.label_hint}"
            return Fault(Code.UNKNOWN_LABEL, detail)
        original, pieces = self.original, mark.pieces
        repair: Code | Reason | None = None
        found = _cut(original, pieces)
        if mark.text is not None and not self._fits(found, mark.text):
            moved = _from_utf16(original, pieces)
            if moved and self._fits(_cut(original, moved), mark.text):
                pieces, found, repair = moved, _cut(original, moved), Code.UTF16
        if found is None:
            return Fault(Code.OFFSET_RANGE, f"the text has {len(original)} characters")
        if mark.text is None:
            if self.form.trusts_offsets:
                self.report.note(f"{self.form.noun}s without text of their own (offsets trusted)")
        elif found != mark.text and repair is None:
            if not self._fits(found, mark.text):
                hint = self.form.text_hint.format(one_line(mark.text))
                return Fault(Code.TEXT_DIFFERS, f"the text there is {one_line(found)}{hint}")
            repair = Code.OTHER_BLANKS_OR_QUOTES if self.form.mends_text else None
        stored = pieces
        if self.text.removed:
            stored = tuple((self.text.from_original(start), self.text.from_original(end)) for start, end in pieces)
        whole = stored[0] if len(stored) == 1 else (min(stored)[0], max(end for _, end in stored))
        start, end = trim(self.text.text, *whole)
        if start == end:
            return Fault(Code.ONLY_BLANKS, stops=False)
        if repair is None:
            edges = Code.EDGE_BLANKS if (start, end) != whole else None
            repair = Code.SEVERAL_PIECES if len(pieces) > 1 else edges or mark.repair
        return _Place(start, end, stored, repair)

    def _fits(self, found: str | None, text: str) -> bool:
        return found is not None and (found == text or self.form.same_text(found, text))

    def _resolve_overlaps(self, placed: dict[str, tuple[Mark, Code | Reason | None]]) -> None:
        stay, lost = resolve_overlaps(self.spans.values(), self.ontology)
        self.spans = {span.id: span for span in stay}
        for loser, winner in lost:
            name = describe_span(loser.moved(-self.document.offset), self.text.text)
            reason = Reason(Code.OVERLAP, (winner.label,))
            self.report.refuse("spans", self.article, name, reason, start=loser.start, end=loser.end)
            self._refuse_attributes(placed[loser.id][0])

    # attributes

    def _read_attributes(self, placed: dict[str, tuple[Mark, Code | Reason | None]]) -> None:
        for span_id in list(self.spans):
            mark = placed[span_id][0]
            for attribute, value in mark.attributes:
                name = f"{attribute}={one_line(value)} of {mark.label} {mark.id}"
                self._read_attribute(attribute, (value,), [span_id], name)
        for item in self.document.attributes:
            if item.fault is not None:
                self._fault("attributes", item.name, item.fault)
            else:
                owners = [span_id for span_id in self.spans_of.get(item.ref, ()) if span_id in self.spans]
                self._read_attribute(item.attribute, item.values, owners, item.name)

    def _read_attribute(self, attribute: str, values: tuple[str, ...], owners: Sequence[str], name: str) -> None:
        """Give an attribute to the first of its spans whose label carries it."""
        found = self.known.get(attribute) or self.known.get(f"{attribute} (attribute)")
        if found is None:
            return self.report.refuse("attributes", self.article, name, Code.UNKNOWN_ATTRIBUTE)
        carrier = next((x for x in owners if found in self.ontology.attributes_of(self.spans[x].label)), None)
        reason: Code | Reason | None = None
        if not owners:
            reason = Code.REGION_REFUSED
        elif not values or (len(values) > 1 and not found.multiple) or not all(map(found.takes, values)):
            reason = Code.UNKNOWN_VALUE
        elif carrier is None:
            reason = Reason(Code.LABEL_WITHOUT_ATTRIBUTE, (self.spans[owners[0]].label,))
        else:
            span = self.spans[carrier]
            present = [value for of, value in span.attributes if of == found.name]
            once = self.form.attribute_once or not found.multiple
            if present and (once or not set(values).isdisjoint(present)):
                reason = Code.SAID_TWICE
            else:
                pairs = tuple((found.name, value) for value in values)
                self.spans[carrier] = replace(span, attributes=(*span.attributes, *pairs))
        if reason is None:
            return self.report.keep("attributes")
        return self.report.refuse("attributes", self.article, name, reason)

    def _finished(self, span: Span) -> Span:
        """The span with its attributes in the order of the ontology, and its pieces."""
        attributes = span.attributes
        if len(attributes) > 1:
            rank = {name: i for i, name in enumerate(self.known)}
            attributes = tuple(sorted(attributes, key=lambda pair: rank[pair[0]]))
        if span.id in self.pieces:
            attributes = (*attributes, self.pieces[span.id])
        return span if attributes is span.attributes else replace(span, attributes=attributes)

    # roles

    def _read_roles(self, spans_of: dict[str, list[str]]) -> tuple[list[Role], list[dict[str, Any]]]:
        roles: dict[Role, None] = {}
        details: list[dict[str, Any]] = []
        for link, drawn, name in self._drawn(spans_of):
            role, repair = self._directed(drawn, link)
            if self.form.names_labels:
                name = describe_role(role, self.spans)
            if role in roles:
                self.report.refuse("roles", self.article, name, self.form.role_twice)
                continue
            roles[role] = None
            if repair is None:
                self.report.keep("roles")
            else:
                self.report.repair("roles", self.article, name, repair, key=role)
            check = role_violation if self.form.roles_from_triggers else signature_violation
            violation = check(role, self.spans, self.ontology)
            if violation:
                self.report.flag("roles", self.article, name, violation)
            if link.details is not None:
                details.append({"role": role.role, "trigger": role.trigger, "argument": role.argument, **link.details})
        return list(roles), details

    def _drawn(self, spans_of: dict[str, list[str]]) -> Iterator[tuple[Link, Role, str]]:
        """The links that can be roles between spans that are there, as they are drawn; and their names."""
        known = {role.name for role in self.ontology.roles}
        for link in self.document.links:
            name = link.name or f"{link.role} {link.trigger} -> {link.argument}"
            if link.fault is not None:
                self._fault("roles", name, link.fault)
                continue
            role = link.role if link.role in known else f"{link.role} (role)"
            if role not in known:
                detail = f"known: {', '.join(sorted(known))}"
                self._fault("roles", name, Fault(Code.UNKNOWN_ROLE, detail))
                continue
            ends = [next(iter(spans_of.get(end, ())), None) for end in (link.trigger, link.argument)]
            if ends[0] is None or ends[1] is None:
                self.report.refuse("roles", self.article, name, Reason(Code.END_MISSING, (self.form.noun,)))
            elif ends[0] == ends[1]:
                self.report.refuse("roles", self.article, name, Reason(Code.LINKS_ITSELF, (self.form.noun,)))
            else:
                yield link, Role(role, ends[0], ends[1]), name

    def _directed(self, drawn: Role, link: Link) -> tuple[Role, Code | None]:
        """Let a role that was drawn point from trigger to argument, as the ontology knows it; and what was turned."""
        if not link.direction:
            return drawn, link.repair
        turned = Role(drawn.role, drawn.argument, drawn.trigger)
        role, other = (turned, drawn) if link.direction == "left" else (drawn, turned)
        if role_violation(role, self.spans, self.ontology) and role_violation(other, self.spans, self.ontology) is None:
            return other, Code.TURNED_ROUND
        if link.direction == "bi":
            return role, Code.DRAWN_BOTH_WAYS
        return role, Code.DRAWN_RIGHT_TO_LEFT if link.direction == "left" else None

    # counting

    def _words(self, span: Span) -> str:
        return self.text.text[span.start - self.document.offset : span.end - self.document.offset]

    def _offsets(self, mark: Mark) -> dict[str, int]:
        """The offsets of a mark in the whole article, for the report."""
        if len(mark.pieces) != 1 or mark.pieces[0][0] < 0:
            return {}
        start, end = (self.text.from_original(offset) + self.document.offset for offset in mark.pieces[0])
        return {"start": start, "end": end}

    def _fault(self, kind: Kind, name: str, fault: Fault, mark: Mark | None = None) -> None:
        offsets: dict[str, Any] = self._offsets(mark) if mark else {}
        if fault.stops:
            self.report.fault(kind, self.article, name, fault.reason, detail=fault.detail, error=SpanError, **offsets)
        else:
            self.report.refuse(kind, self.article, name, fault.reason, **offsets)

    def _refuse(self, mark: Mark, code: Code) -> None:
        self.report.refuse("spans", self.article, mark.shown(), code, **self._offsets(mark))
        self._refuse_attributes(mark)

    def _refuse_attributes(self, mark: Mark) -> None:
        for attribute, _ in mark.attributes:
            self.report.refuse("attributes", self.article, f"{attribute} of {mark.id}", Code.SPAN_REFUSED)


def _cut(text: str, pieces: Pieces) -> str | None:
    """The text of pieces, joined by blanks as brat writes them; None where one is impossible."""
    if len(pieces) == 1:
        return cut_out(text, *pieces[0])
    found = [cut_out(text, start, end) for start, end in pieces]
    return None if None in found else " ".join(filter(None, found))


def _from_utf16(text: str, pieces: Pieces) -> tuple[tuple[int, int], ...] | None:
    """Pieces whose offsets count UTF-16 units, in code points; None if they cannot."""
    moved = [from_utf16(text, start, end) if 0 <= start < end else None for start, end in pieces]
    found = tuple(piece for piece in moved if piece is not None)
    return found if len(found) == len(pieces) else None
