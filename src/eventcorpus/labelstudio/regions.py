"""One Label Studio annotation (a ``result`` list) as spans and roles, every item accounted for.

Comes in: items as the server exports them, and the text they were drawn on. Goes out: spans and roles on the stored
text. How each oddity is treated stands beside the code that treats it; shapes are those of label-studio 1.23.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from eventcorpus.annotation.migrate import Migration
from eventcorpus.annotation.rules import describe_role, resolve_overlaps, role_violation
from eventcorpus.conversion_report import Code, ConversionReport, Kind, Reason
from eventcorpus.errors import SpanError
from eventcorpus.labelstudio.config import PATH_SEPARATOR
from eventcorpus.labelstudio.results import span_id_of
from eventcorpus.ontology import Ontology
from eventcorpus.schema import Role, Span, role_order, span_order
from eventcorpus.text import StoredText, from_utf16, one_line, trim


@dataclass
class Regions:
    """What one annotation gives: spans in text order and roles between them."""

    spans: list[Span] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)


@dataclass
class RegionReader:
    """Reads annotations under one ontology into one report.

    Args:
        stop: raise on a span that cannot be right (unknown label, impossible offset, text that does not match)
            instead of refusing it and going on.
        text_object: the ``to_name`` of regions on the article's text, if there are other objects too.
    """

    ontology: Ontology
    report: ConversionReport
    stop: bool = True
    text_object: str | None = None

    def read(
        self,
        items: Sequence[dict[str, Any]],
        text: StoredText,
        *,
        original: str,
        article: str,
        prefix: str,
        offset: int,
        migration: Migration,
        annotator: str = "",
    ) -> Regions:
        """Read the items of one annotation.

        Args:
            text: stored form of the task's text; ``original`` is what the server holds, which offsets refer to.
            prefix: id of the annotation, which makes region ids unique in the article.
            offset: where this text begins in the article.
            annotator: on whose word the spans stand.
        """
        spans: dict[str, Span] = {}
        ids: dict[str, list[str]] = {}
        repairs: dict[str, tuple[_Named, Code]] = {}
        for n, item in enumerate(items, start=1):
            if is_region(item):
                for span in self._spans(
                    item,
                    n,
                    text,
                    original=original,
                    article=article,
                    prefix=prefix,
                    migration=migration,
                    annotator=annotator,
                    repairs=repairs,
                ):
                    if span.id in spans:
                        self._refuse(article, _say(span, text.text), Code.SAME_REGION_TWICE)
                        continue
                    spans[span.id] = span.moved(offset)
                    ids.setdefault(str(item.get("id")), []).append(span.id)
        spans = {span.id: span for span in self._flat(list(spans.values()), text.text, offset, article)}
        for span_id in spans:
            if span_id in repairs:
                named, reason = repairs[span_id]
                self.report.repair("spans", article, named.name, reason, key=span_id, start=named.start, end=named.end)
            else:
                self.report.keep("spans")
        for item in items:
            if not is_region(item) and item.get("type") != "relation":
                self._attribute(item, spans, ids, article=article, migration=migration)
        roles: dict[Role, None] = {}
        for item in items:
            if item.get("type") == "relation":
                direction = str(item.get("direction") or "right")
                for drawn in self._roles(item, spans, ids, article=article, migration=migration):
                    role, repair = self._directed(drawn, direction, spans)
                    name = describe_role(role, spans)
                    if role in roles:
                        self.report.refuse("roles", article, name, Code.DRAWN_TWICE)
                        continue
                    roles[role] = None
                    if repair:
                        self.report.repair("roles", article, name, repair, key=role)
                    else:
                        self.report.keep("roles")
                    violation = role_violation(role, spans, self.ontology)
                    if violation:
                        self.report.flag("roles", article, name, violation)
        order = {a.name: i for i, a in enumerate(self.ontology.attributes)}
        done = [
            replace(span, attributes=tuple(sorted(span.attributes, key=lambda pair: order[pair[0]])))
            if len(span.attributes) > 1
            else span
            for span in spans.values()
        ]
        return Regions(sorted(done, key=span_order), sorted(roles, key=role_order))

    def _spans(
        self,
        item: dict[str, Any],
        n: int,
        text: StoredText,
        *,
        original: str,
        article: str,
        prefix: str,
        migration: Migration,
        annotator: str,
        repairs: dict[str, tuple[_Named, Code]],
    ) -> list[Span]:
        """One span a label of a region; what had to be mended goes to ``repairs``."""
        value, region = _value(item), span_id_of(str(item.get("id") or f"region{n}"))
        written = _labels(item)
        name = _Named(
            f"region {region} {'/'.join(written)} [{value.get('start')}, {value.get('end')})", *_offsets(value)
        )
        if (item.get("meta") or {}).get("text"):
            self.report.note("notes written on regions (not kept)")
        if self.text_object not in (None, item.get("to_name")):
            for _ in range(max(1, len(written))):
                self._refuse(article, name, Code.OTHER_OBJECT)
            return []
        if not written:
            self._refuse(article, name, Code.NO_LABEL)
        spans: list[Span] = []
        for label in filter(None, (self._label(old, article, name, migration) for old in written)):
            place = self._place(value, text, original, article, name)
            if place is None:
                continue
            start, end, repair = place
            own_id = (region if ":" in region else f"{prefix}:{region}") + (f"~{len(spans) + 1}" if spans else "")
            origin = str(item.get("origin") or "manual")
            spans.append(Span(own_id, start, end, label, origin=origin, decided_by=annotator))
            repair = repair or (Code.SEVERAL_LABELS if len(written) > 1 else None)
            if repair:
                repairs[own_id] = (name, repair)
        return spans

    def _label(self, old: str, article: str, name: _Named, migration: Migration) -> str | None:
        """Today's name of a label, or None with the refusal counted."""
        label = migration.name(old)
        if isinstance(label, Reason):
            self._refuse(article, name, label)
            return None
        if label not in self.ontology.rank:
            known = ", ".join(self.ontology.labels)
            detail = f"the label {old!r} is not in {self.ontology.key} ({known})"
            detail += "; name the project's own labels with --ontology config.xml"
            self._bad(article, name, Code.UNKNOWN_LABEL, detail)
            return None
        return label

    def _place(
        self, value: dict[str, Any], text: StoredText, original: str, article: str, name: _Named
    ) -> tuple[int, int, Code | None] | None:
        """Start and end in the stored form and what was mended, or None with the refusal counted."""
        start, end, said = value.get("start"), value.get("end"), value.get("text")
        repair: Code | None = None
        if type(start) is not int or type(end) is not int:
            detail = "start and end must be whole numbers (code points)"
            self._bad(article, name, Code.OFFSET_NO_NUMBER, detail)
            return None
        if isinstance(said, str) and 0 <= start < end and not _same(original[start:end], said):
            shifted = from_utf16(original, start, end)
            if shifted is not None and _same(original[shifted[0] : shifted[1]], said):
                (start, end), repair = shifted, Code.UTF16
        if not 0 <= start < end <= len(original):
            self._bad(article, name, Code.OFFSET_RANGE, f"the text has {len(original)} characters")
            return None
        if not isinstance(said, str):
            self.report.note("regions without text of their own (offsets trusted)")
        elif not _same(original[start:end], said):
            detail = f"the text there is {one_line(original[start:end])}, Label Studio says {one_line(said)}"
            detail += "; was the article edited after annotation?"
            self._bad(article, name, Code.TEXT_DIFFERS, detail)
            return None
        stored = text.from_original(start), text.from_original(end)
        trimmed = trim(text.text, *stored)
        if trimmed[0] == trimmed[1]:
            self._refuse(article, name, Code.ONLY_BLANKS)
            return None
        return *trimmed, repair or (Code.EDGE_BLANKS if trimmed != stored else None)

    def _flat(self, spans: list[Span], text: str, offset: int, article: str) -> list[Span]:
        if not self.ontology.flat:
            return spans
        stay, lost = resolve_overlaps(spans, self.ontology)
        for loser, winner in lost:
            here = loser.moved(-offset)
            self._refuse(article, _say(here, text), Reason(Code.OVERLAP, (winner.label,)))
        return stay

    def _attribute(
        self,
        item: dict[str, Any],
        spans: dict[str, Span],
        ids: dict[str, list[str]],
        *,
        article: str,
        migration: Migration,
    ) -> None:
        value, region = _value(item), str(item.get("id"))
        if "start" not in value and region not in ids:
            self.report.note("answers about the whole task (not kept)")
            return
        said = _said(item)
        name = migration.name(str(item.get("from_name")))
        item_name = f"{item.get('from_name')}={one_line(', '.join(said))} of region {region}"
        owners = [spans[span_id] for span_id in ids.get(region, []) if span_id in spans]
        known = {attribute.name: attribute for attribute in self.ontology.attributes}
        attribute = None if isinstance(name, Reason) else known.get(name)
        if attribute is None:
            reason = name if isinstance(name, Reason) else Code.UNKNOWN_ATTRIBUTE
            self.report.refuse("attributes", article, item_name, reason)
            return
        carriers = [owner for owner in owners if attribute in self.ontology.attributes_of(owner.label)]
        if not owners:
            self.report.refuse("attributes", article, item_name, Code.REGION_REFUSED)
        elif not said or (len(said) > 1 and not attribute.multiple) or not all(map(attribute.takes, said)):
            self.report.refuse("attributes", article, item_name, Code.UNKNOWN_VALUE)
        elif not carriers:
            reason = Reason(Code.LABEL_WITHOUT_ATTRIBUTE, (owners[0].label,))
            self.report.refuse("attributes", article, item_name, reason)
        elif attribute.name in dict(carriers[0].attributes):
            self.report.refuse("attributes", article, item_name, Code.SAID_TWICE)
        else:
            self.report.keep("attributes")
            pairs = ((attribute.name, one) for one in said)
            spans[carriers[0].id] = replace(carriers[0], attributes=(*carriers[0].attributes, *pairs))

    def _roles(
        self,
        item: dict[str, Any],
        spans: dict[str, Span],
        ids: dict[str, list[str]],
        *,
        article: str,
        migration: Migration,
    ) -> list[Role]:
        labels = item.get("labels") or []
        ends = [str(item.get("from_id")), str(item.get("to_id"))]
        item_name = f"{'/'.join(map(str, labels)) or 'relation'} {ends[0]} -> {ends[1]}"
        if not labels:
            self.report.refuse("roles", article, item_name, Code.NO_ROLE)
            return []
        found = [next((x for x in ids.get(end, []) if x in spans), None) for end in ends]
        roles: list[Role] = []
        for old in map(str, labels):
            name = migration.name(old)
            if isinstance(name, Reason):
                self.report.refuse("roles", article, item_name, name)
            elif name not in {role.name for role in self.ontology.roles}:
                self.report.refuse("roles", article, item_name, Reason(Code.UNKNOWN_ROLE_NAMED, (old,)))
            elif found[0] is None or found[1] is None:
                self.report.refuse("roles", article, item_name, Reason(Code.END_MISSING, ("region",)))
            elif found[0] == found[1]:
                self.report.refuse("roles", article, item_name, Reason(Code.LINKS_ITSELF, ("region",)))
            else:
                roles.append(Role(name, found[0], found[1]))
        return roles

    def _directed(self, drawn: Role, direction: str, spans: dict[str, Span]) -> tuple[Role, Code | None]:
        """Let a role point from trigger to argument, as the ontology knows it; and what had to be turned."""
        turned = Role(drawn.role, drawn.argument, drawn.trigger)
        role, other = (turned, drawn) if direction == "left" else (drawn, turned)
        if role_violation(role, spans, self.ontology) and role_violation(other, spans, self.ontology) is None:
            return other, Code.TURNED_ROUND
        if direction == "bi":
            return role, Code.DRAWN_BOTH_WAYS
        return role, Code.DRAWN_RIGHT_TO_LEFT if direction == "left" else None

    def _bad(self, article: str, named: _Named, code: Code, detail: str) -> None:
        if self.stop:
            raise SpanError(
                f"article {article}: {named.name}: {code}: {detail} (--refuse leaves such spans out and counts them)"
            )
        self._refuse(article, named, code)

    def _refuse(self, article: str, named: _Named, reason: Code | Reason) -> None:
        self.report.refuse("spans", article, named.name, reason, start=named.start, end=named.end)


def units(item: dict[str, Any], regions: set[str]) -> tuple[Kind, int]:
    """What an item counts for in the report: one per label, at least one; answers about the whole task for nothing."""
    if is_region(item):
        return "spans", max(1, len(_labels(item)))
    if item.get("type") == "relation":
        return "roles", max(1, len(item.get("labels") or []))
    return "attributes", int("start" in _value(item) or str(item.get("id")) in regions)


def is_region(item: dict[str, Any]) -> bool:
    """Whether an item is a labelled stretch of text."""
    return str(item.get("type", "")).endswith("labels")


def _labels(item: dict[str, Any]) -> list[str]:
    value = _value(item)
    return [str(label) for label in value.get(str(item.get("type"))) or value.get("labels") or []]


def _said(item: dict[str, Any]) -> list[str]:
    """The values of an attribute: choices, notes of a text area, paths of a taxonomy, a number or rating."""
    type_ = str(item.get("type"))
    said = _value(item).get("text" if type_ == "textarea" else type_)
    listed = said if isinstance(said, list) else [] if said is None else [said]
    return [PATH_SEPARATOR.join(map(str, one)) if isinstance(one, list) else str(one) for one in listed]


def _value(item: dict[str, Any]) -> dict[str, Any]:
    value = item.get("value")
    return value if isinstance(value, dict) else {}


def _same(cut: str, said: str) -> bool:
    r"""Whether Label Studio's ``value.text`` is this stretch: it writes each CR and LF as a backslash and an n."""
    if cut == said:
        return True
    return cut.replace("\r", "\\n").replace("\n", "\\n") == said or cut.split() == said.replace("\\n", " ").split()


class _Named(NamedTuple):
    """What messages call a region, and its offsets as they stand there."""

    name: str
    start: int | None
    end: int | None


def _offsets(value: dict[str, Any]) -> tuple[int | None, int | None]:
    start, end = value.get("start"), value.get("end")
    return (start, end) if type(start) is type(end) is int else (None, None)


def _say(span: Span, text: str) -> _Named:
    name = f"{span.label} {one_line(text[span.start : span.end])} [{span.start}, {span.end})"
    return _Named(name, span.start, span.end)
