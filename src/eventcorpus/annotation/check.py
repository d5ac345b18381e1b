"""Check one document against its text and an ontology: the spans and roles that it gives, every item counted.

One checker serves every reader of ``convert``. It places marks in the stored text (mending offsets where the text says
how), lets labels, attributes and roles through that the ontology has, resolves overlaps where the ontology is flat, and
counts into the conversion report what was kept, repaired, refused and flagged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from eventcorpus.annotation.document import Document, Fault, Link, Mark
from eventcorpus.annotation.offsets import Given, Pieces, Told, cut_pieces, tell_counting
from eventcorpus.annotation.rules import (
    describe_role,
    describe_span,
    resolve_overlaps,
    role_violation,
    signature_violation,
)
from eventcorpus.conversion_report import Code, ConversionReport, Kind, Place, Reason
from eventcorpus.errors import SpanError
from eventcorpus.ontology import PIECES, Ontology
from eventcorpus.schema import Role, Span, role_order, span_order
from eventcorpus.tables import counted
from eventcorpus.text import from_utf16, one_line, stored_form, trim


@dataclass(frozen=True)
class Checked:
    """What a document gives: spans and roles in order, and what is said of roles besides.

    ``spans_of`` leads from what links call a mark to the ids of the spans that stand for it.
    """

    spans: list[Span]
    roles: list[Role]
    details: list[dict[str, Any]]
    spans_of: dict[str, list[str]]


def check_document(document: Document, ontology: Ontology, report: ConversionReport) -> Checked:
    """Make spans and roles of a document.

    Raises:
        SpanError: for an item that cannot be right, unless the report refuses such items.
    """
    return _Checker(document, ontology, report).checked()


class _Placed(NamedTuple):
    """A mark, where it stands in the stored text, and what was mended."""

    mark: Mark
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
        self.placed: dict[str, _Placed] = {}
        self.spans_of: dict[str, list[str]] = {}
        self.attributes = {attribute.name: attribute for attribute in ontology.attributes}
        self.roles = {role.name for role in ontology.roles}
        self.told = self._told()

    def checked(self) -> Checked:
        self._place_all()
        if self.ontology.flat:
            self._resolve_overlaps()
        self.spans_of = {ref: [id_ for id_ in ids if id_ in self.spans] for ref, ids in self.spans_of.items()}
        for span in self.spans.values():
            mark, start, end, _, repair = self.placed[span.id]
            if repair is None:
                self.report.keep("spans")
            else:
                name = mark.shown(self.text.text[start:end])
                self.report.repair("spans", self.article, name, repair, key=span.id, place=self._offsets(mark))
        self._read_attributes()
        roles, details = self._read_roles()
        spans = sorted(map(self._finished, self.spans.values()), key=span_order)
        return Checked(spans, sorted(roles, key=role_order), details, self.spans_of)

    # marks

    def _told(self) -> Told:
        """How the offsets are counted; nearly always all texts stand where they say, which is quickly seen."""
        marks = [mark for mark in self.document.marks if mark.text is not None and mark.pieces and not mark.fault]
        if all(cut_pieces(self.original, mark.pieces) == mark.text for mark in marks):
            return Told()
        given = [Given(mark.pieces, str(mark.text)) for mark in marks]
        return tell_counting(self.original, given, self._fits, had_mark=self.document.had_byte_order_mark)

    def _place_all(self) -> None:
        """Make spans of all marks that can be right, and refuse the others."""
        first: dict[tuple[int, int, str], str] = {}
        taken: set[str] = set()
        for mark in self.document.marks:
            placed = self._place(mark)
            if not isinstance(placed, Fault):
                placed = self._once(placed, taken, first)
            if isinstance(placed, Fault):
                self._fault("spans", mark.shown(), placed, self._offsets(mark))
                self._refuse_attributes(mark)
                continue
            start, end = placed.start + self.document.offset, placed.end + self.document.offset
            self.placed[mark.id] = placed
            self.spans[mark.id] = Span(
                mark.id, start, end, mark.label, origin=mark.origin, decided_by=self.document.decided_by
            )

    def _once(self, placed: _Placed, taken: set[str], first: dict[tuple[int, int, str], str]) -> _Placed | Fault:
        """What was placed, unless its id is taken or another mark is the span already, which then stands for it."""
        mark = placed.mark
        if mark.id in taken:
            return Fault(self.form.id_twice, stops=False)
        taken.add(mark.id)
        span_id = mark.id
        if self.form.merges_equal and not mark.is_trigger:
            span_id = first.setdefault((placed.start, placed.end, mark.label), mark.id)
        self.spans_of.setdefault(mark.ref or mark.id, []).append(span_id)
        return placed if span_id == mark.id else Fault(Code.SAME_SPAN_TWICE, stops=False)

    def _place(self, mark: Mark) -> _Placed | Fault:
        """Where a mark stands, or why it cannot."""
        if mark.fault is not None:
            return mark.fault
        if mark.label not in self.ontology.rank:
            known = ", ".join(self.ontology.labels)
            hint = "" if self.report.refuses else self.form.label_hint(mark.label)
            return Fault(Code.UNKNOWN_LABEL, f"the label {mark.label!r} is not in {self.ontology.key} ({known}){hint}")
        pieces: Pieces = mark.pieces
        repair: Code | Reason | None = None
        found = cut_pieces(self.original, pieces)
        if mark.text is not None and (found != mark.text or self.told.counting is not None):
            placed = self._placed(mark)
            if isinstance(placed, Fault):
                return placed
            pieces, repair = placed
            found = cut_pieces(self.original, pieces)
        if found is None:
            return Fault(Code.OFFSET_RANGE, f"the text has {counted(len(self.original), 'character')}")
        if mark.text is None:
            if self.form.trusts_offsets:
                self.report.note(f"{self.form.noun}s without text of their own (offsets trusted)")
        elif found != mark.text and repair is None:
            if not self._fits(found, mark.text) and self._is_stale(pieces, mark.text):
                self.report.note(f"{self.form.noun}s with the text of an earlier place (offsets trusted)")
            elif not self._fits(found, mark.text):
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
        return _Placed(mark, start, end, stored, repair)

    def _placed(self, mark: Mark) -> tuple[Pieces, Code | Reason | None] | Fault:
        """The pieces of a mark in code points, and what was mended if the file counts otherwise."""
        (counting, other), text = self.told, mark.text
        if text is None:
            return mark.pieces, None
        if counting is not None:
            placed = counting.placed(mark.pieces)
            if other is not None and placed != other.placed(mark.pieces):
                return Fault(Reason(Code.TWO_COUNTINGS, (counting.words, other.words)))
            if placed is not None and self._fits(cut_pieces(self.original, placed), text):
                return placed, None if placed == tuple(mark.pieces) else counting.reason
        elif not self._fits(cut_pieces(self.original, mark.pieces), text):
            moved = _from_utf16(self.original, mark.pieces)
            if moved and self._fits(cut_pieces(self.original, moved), text):
                return moved, Code.UTF16
        return mark.pieces, None

    def _fits(self, found: str | None, text: str) -> bool:
        return found is not None and (found == text or self.form.same_text(found, text))

    def _is_stale(self, pieces: Pieces, text: str) -> bool:
        is_stale = self.form.is_stale
        return is_stale is not None and len(pieces) == 1 and is_stale(self.original, *pieces[0], text)

    def _resolve_overlaps(self) -> None:
        stay, lost = resolve_overlaps(self.spans.values(), self.ontology)
        self.spans = {span.id: span for span in stay}
        for loser, winner in lost:
            name = describe_span(loser.moved(-self.document.offset), self.text.text)
            reason = Reason(Code.OVERLAP, (winner.label,))
            self.report.refuse("spans", self.article, name, reason, place=(loser.start, loser.end))
            self._refuse_attributes(self.placed[loser.id].mark)

    # attributes

    def _read_attributes(self) -> None:
        for span_id in list(self.spans):
            mark = self.placed[span_id].mark
            for attribute, value in mark.attributes:
                name = f"{attribute}={one_line(value)} of {mark.label} {mark.id}"
                self._read_attribute(attribute, (value,), [span_id], name)
        for item in self.document.attributes:
            if item.fault is not None:
                self._fault("attributes", item.name, item.fault)
            else:
                self._read_attribute(item.attribute, item.values, self.spans_of.get(item.ref, ()), item.name)

    def _read_attribute(self, attribute: str, values: tuple[str, ...], owners: Sequence[str], name: str) -> None:
        """Give an attribute to the first of its spans whose label carries it."""
        found = self.attributes.get(f"{attribute} (attribute)") or self.attributes.get(attribute)
        if found is None:
            return self.report.refuse("attributes", self.article, name, Code.UNKNOWN_ATTRIBUTE)
        carrier = next((x for x in owners if found in self.ontology.attributes_of(self.spans[x].label)), None)
        reason: Code | Reason | None = None
        known = tuple(value for value in values if found.takes(value))
        if owners and 0 < len(known) < len(values):
            for value in values:
                if value not in known:
                    words = f"{one_line(value)} in {name}"
                    self.report.refuse("attributes", self.article, words, Code.UNKNOWN_VALUE)
            values = known
        if not owners:
            reason = Code.REGION_REFUSED
        elif not known or (len(values) > 1 and not found.multiple):
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
        """The span with its attributes in the order of the ontology, and its pieces, which are not counted."""
        pieces = self.placed[span.id].pieces
        if not span.attributes and len(pieces) == 1:
            return span
        order = list(self.attributes)
        attributes = sorted(span.attributes, key=lambda pair: order.index(pair[0]))
        has_own = any(name == PIECES for name, _ in attributes)
        if len(pieces) > 1 and not has_own and self._takes_pieces(span.label):
            attributes.append((PIECES, ";".join(f"{start} {end}" for start, end in pieces)))
        return replace(span, attributes=tuple(attributes)) if attributes else span

    def _takes_pieces(self, label: str) -> bool:
        return any(each.name == PIECES and not each.values for each in self.ontology.attributes_of(label))

    # roles

    def _read_roles(self) -> tuple[list[Role], list[dict[str, Any]]]:
        roles: dict[Role, None] = {}
        details: list[dict[str, Any]] = []
        check = role_violation if self.form.roles_from_triggers else signature_violation
        for link in self.document.links:
            name = link.name or f"{link.role} {link.trigger} -> {link.argument}"
            drawn = self._drawn(link)
            if isinstance(drawn, Fault):
                self._fault("roles", name, drawn)
                continue
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
            if violation := check(role, self.spans, self.ontology):
                self.report.flag("roles", self.article, name, violation)
            if link.details is not None:
                details.append({"role": role.role, "trigger": role.trigger, "argument": role.argument, **link.details})
        return list(roles), details

    def _drawn(self, link: Link) -> Role | Fault:
        """A link as a role between spans that are there, in the direction in which it is drawn."""
        if link.fault is not None:
            return link.fault
        role = link.role if link.role in self.roles else f"{link.role} (role)"
        if role not in self.roles:
            return Fault(Code.UNKNOWN_ROLE, f"known: {', '.join(sorted(self.roles))}")
        trigger, argument = (next(iter(self.spans_of.get(end, ())), None) for end in (link.trigger, link.argument))
        if trigger is None or argument is None:
            return Fault(Reason(Code.END_MISSING, (self.form.noun,)), stops=False)
        if trigger == argument:
            return Fault(Reason(Code.LINKS_ITSELF, (self.form.noun,)), stops=False)
        return Role(role, trigger, argument)

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

    def _offsets(self, mark: Mark) -> Place | None:
        """Where a mark stands in the whole article, for the report."""
        if len(mark.pieces) != 1 or mark.pieces[0][0] < 0:
            return None
        start, end = mark.pieces[0]
        offset = self.document.offset
        return self.text.from_original(start) + offset, self.text.from_original(end) + offset

    def _fault(self, kind: Kind, name: str, fault: Fault, place: Place | None = None) -> None:
        if fault.stops:
            self.report.fault(kind, self.article, name, fault.reason, detail=fault.detail, error=SpanError, place=place)
        else:
            self.report.refuse(kind, self.article, name, fault.reason, place=place)

    def _refuse_attributes(self, mark: Mark) -> None:
        for attribute, _ in mark.attributes:
            self.report.refuse("attributes", self.article, f"{attribute} of {mark.id}", Code.SPAN_REFUSED)


def _from_utf16(text: str, pieces: Pieces) -> tuple[tuple[int, int], ...] | None:
    """Pieces whose offsets count UTF-16 units, in code points; None if they cannot."""
    moved = (from_utf16(text, start, end) for start, end in pieces if 0 <= start < end)
    found = tuple(piece for piece in moved if piece is not None)
    return found if len(found) == len(pieces) else None
