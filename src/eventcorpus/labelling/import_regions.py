"""One Label Studio annotation (a ``result`` list) as spans and roles, every item accounted for.

Comes in: items as the server exports them, and the text they were drawn on. Goes out: spans and roles on the stored
text. How each oddity is treated stands beside the code that treats it; shapes are those of label-studio 1.23.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eventcorpus.account import Account
from eventcorpus.errors import SpanError
from eventcorpus.labelling.rules import describe_role, role_fault
from eventcorpus.matching.layer import one_layer
from eventcorpus.migrate import Migration
from eventcorpus.ontology import Ontology
from eventcorpus.schema import Role, Span, role_order, span_order
from eventcorpus.text import StoredText, one_line, trim


@dataclass
class Regions:
    """What one annotation gives: spans in text order and roles between them."""

    spans: list[Span] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)


@dataclass
class RegionReader:
    """Reads annotations under one ontology into one account.

    Args:
        stop: raise on a span that cannot be right (unknown label, impossible offset, text that does not match)
            instead of refusing it and going on.
    """

    ontology: Ontology
    account: Account
    stop: bool = True

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
    ) -> Regions:
        """Read the items of one annotation.

        Args:
            text: stored form of the task's text; ``original`` is what the server holds, which offsets refer to.
            prefix: id of the annotation, which makes region ids unique in the article.
            offset: where this text begins in the article.
        """
        spans: dict[str, Span] = {}
        ids: dict[str, list[str]] = {}
        repairs: dict[str, tuple[str, str]] = {}
        for n, item in enumerate(items, start=1):
            if _is_region(item):
                for span in self._spans(
                    item,
                    n,
                    text,
                    original=original,
                    article=article,
                    prefix=prefix,
                    migration=migration,
                    repairs=repairs,
                ):
                    if span.id in spans:
                        self.account.refuse("spans", article, _say(span, text.text), "the same region twice")
                        continue
                    spans[span.id] = replace(span, start=span.start + offset, end=span.end + offset)
                    ids.setdefault(str(item.get("id")), []).append(span.id)
        spans = {span.id: span for span in self._flat(list(spans.values()), text.text, offset, article)}
        for span_id in spans:
            if span_id in repairs:
                self.account.repair("spans", article, *repairs[span_id])
            else:
                self.account.keep("spans")
        for item in items:
            if not _is_region(item) and item.get("type") != "relation":
                self._attribute(item, spans, ids, article=article, migration=migration)
        roles: dict[Role, None] = {}
        for item in items:
            if item.get("type") == "relation":
                for role in self._roles(item, spans, ids, article=article, migration=migration):
                    if role in roles:
                        self.account.refuse("roles", article, describe_role(role, spans), "drawn twice")
                    else:
                        roles[role] = None
        order = {a.name: i for i, a in enumerate(self.ontology.attributes)}
        done = [
            replace(span, attributes=tuple(sorted(span.attributes, key=lambda pair: order[pair[0]])))
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
        repairs: dict[str, tuple[str, str]],
    ) -> list[Span]:
        value, region = item.get("value") or {}, str(item.get("id") or f"region{n}")
        span_id = region if ":" in region else f"{prefix}:{region}"
        start, end = value.get("start"), value.get("end")
        written = [str(label) for label in value.get(str(item.get("type"))) or value.get("labels") or []]
        item_name = f"region {region} {'/'.join(written)} [{start}, {end})"
        if not written:
            self.account.refuse("spans", article, item_name, "region without a label")
            return []
        labels = []
        for old in written:
            label, why = migration.name(old)
            if label is None:
                self.account.refuse("spans", article, item_name, why)
            elif label not in self.ontology.rank:
                self._bad(
                    article, item_name, "label not in the ontology",
                    f"the label {old!r} is not in {self.ontology.key} ({', '.join(self.ontology.labels)}); "
                    "name the project's own labels with --ontology config.xml",
                )  # fmt: skip
            else:
                labels.append(label)
        if not labels:
            return []
        if type(start) is not int or type(end) is not int:
            self._bad(
                article, item_name, "offset is not a whole number", "start and end must be whole numbers (code points)"
            )
            return []
        if not 0 <= start < end <= len(original):
            self._bad(article, item_name, "offset out of range", f"the text has {len(original)} characters")
            return []
        repair = ""
        said = value.get("text") if isinstance(value.get("text"), str) else None
        if said is None:
            self.account.note("regions without text of their own (offsets trusted)")
        elif not _same(original[start:end], said):
            shifted = _from_utf16(original, start, end)
            if shifted is None or not _same(original[shifted[0] : shifted[1]], said):
                self._bad(
                    article, item_name, "text does not match",
                    f"the text there is {one_line(original[start:end])}, Label Studio says {one_line(said)}; "
                    "was the article edited after annotation?",
                )  # fmt: skip
                return []
            (start, end), repair = shifted, "offsets were UTF-16 units"
        start, end = text.from_original(start), text.from_original(end)
        trimmed = trim(text.text, start, end)
        if trimmed[0] == trimmed[1]:
            self.account.refuse("spans", article, item_name, "nothing but blanks")
            return []
        if trimmed != (start, end):
            repair = repair or "blanks at the edges"
        if len(labels) > 1:
            repair = repair or "several labels: one span each"
        spans = [
            Span(span_id if i == 1 else f"{span_id}~{i}", *trimmed, label, origin=str(item.get("origin") or "manual"))
            for i, label in enumerate(dict.fromkeys(labels), start=1)
        ]
        if repair:
            repairs |= {span.id: (item_name, repair) for span in spans}
        return spans

    def _flat(self, spans: list[Span], text: str, offset: int, article: str) -> list[Span]:
        if not self.ontology.flat:
            return spans
        stay, lost = one_layer(spans, self.ontology)
        for loser, winner in lost:
            here = replace(loser, start=loser.start - offset, end=loser.end - offset)
            self.account.refuse(
                "spans", article, _say(here, text), f"overlaps {winner.label}, and the ontology is flat"
            )
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
        value, region = item.get("value") or {}, str(item.get("id"))
        if "start" not in value and region not in ids:
            self.account.note("answers about the whole task (not kept)")
            return
        choices = value.get(str(item.get("type"))) or []
        name, why = migration.name(str(item.get("from_name")))
        item_name = f"{item.get('from_name')}={one_line(str(choices))} of region {region}"
        owners = [spans[span_id] for span_id in ids.get(region, []) if span_id in spans]
        known = {attribute.name: attribute for attribute in self.ontology.attributes}
        attribute = known.get(name or "")
        if name is None or attribute is None:
            self.account.refuse("attributes", article, item_name, why or "attribute not in the ontology")
        elif not owners:
            self.account.refuse("attributes", article, item_name, "its region is missing or was refused")
        elif len(choices) != 1 or choices[0] not in [v.name for v in attribute.values]:
            self.account.refuse("attributes", article, item_name, "not one of the attribute's values")
        elif attribute not in self.ontology.attributes_of(owners[0].label):
            self.account.refuse("attributes", article, item_name, f"{owners[0].label} does not carry it")
        elif name in dict(owners[0].attributes):
            self.account.refuse("attributes", article, item_name, "said twice")
        else:
            self.account.keep("attributes")
            owner = owners[0]
            spans[owner.id] = replace(owner, attributes=(*owner.attributes, (name, str(choices[0]))))

    def _roles(
        self,
        item: dict[str, Any],
        spans: dict[str, Span],
        ids: dict[str, list[str]],
        *,
        article: str,
        migration: Migration,
    ) -> list[Role]:
        labels, direction = item.get("labels") or [], item.get("direction", "right")
        ends = [str(item.get("from_id")), str(item.get("to_id"))]
        item_name = f"{'/'.join(map(str, labels)) or 'relation'} {ends[0]} -> {ends[1]}"
        if not labels:
            self.account.refuse("roles", article, item_name, "relation without a label")
            return []
        found = [next((x for x in ids.get(end, []) if x in spans), None) for end in ends]
        roles: list[Role] = []
        for old in map(str, labels):
            name, why = migration.name(old)
            if name is None or name not in {role.name for role in self.ontology.roles}:
                self.account.refuse("roles", article, item_name, why or f"role {old} not in the ontology")
            elif found[0] is None or found[1] is None:
                self.account.refuse("roles", article, item_name, "a region it links is missing or was refused")
            elif found[0] == found[1]:
                self.account.refuse("roles", article, item_name, "links a region to itself")
            else:
                roles.append(self._directed(Role(name, found[0], found[1]), str(direction), spans, article))
        return roles

    def _directed(self, role: Role, direction: str, spans: dict[str, Span], article: str) -> Role:
        """Let a role point from trigger to argument, as the ontology knows it."""
        reversed_ = Role(role.role, role.argument, role.trigger)
        drawn, other = (reversed_, role) if direction == "left" else (role, reversed_)
        fault = role_fault(drawn, spans, self.ontology)
        if fault and role_fault(other, spans, self.ontology) is None:
            self.account.repair(
                "roles", article, describe_role(drawn, spans), "drawn from the argument to the trigger: turned round"
            )
            return other
        if direction == "bi":
            self.account.repair(
                "roles", article, describe_role(drawn, spans), "drawn in both directions: read from the trigger"
            )
        elif direction == "left":
            self.account.repair("roles", article, describe_role(drawn, spans), "drawn right to left")
        else:
            self.account.keep("roles")
        if fault:
            self.account.flag("roles", article, describe_role(drawn, spans), fault)
        return drawn

    def _bad(self, article: str, item: str, reason: str, detail: str) -> None:
        if self.stop:
            raise SpanError(
                f"article {article}: {item}: {reason}: {detail} (--refuse leaves such spans out and counts them)"
            )
        self.account.refuse("spans", article, item, reason)


def _is_region(item: dict[str, Any]) -> bool:
    return str(item.get("type", "")).endswith("labels") and isinstance(item.get("value"), dict)


def _same(cut: str, said: str) -> bool:
    r"""Whether Label Studio's ``value.text`` is this stretch: it writes each CR and LF as a backslash and an n."""
    if cut == said:
        return True
    return cut.replace("\r", "\\n").replace("\n", "\\n") == said or cut.split() == said.replace("\\n", " ").split()


def _from_utf16(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Read offsets as UTF-16 units; None if they fall inside a character or beyond the text."""
    units = text.encode("utf-16-le", errors="surrogatepass")
    try:
        before = len(units[: 2 * start].decode("utf-16-le"))
        inside = len(units[2 * start : 2 * end].decode("utf-16-le"))
    except UnicodeDecodeError:
        return None
    return (before, before + inside) if 2 * end <= len(units) else None


def _say(span: Span, text: str) -> str:
    return f"{span.label} {one_line(text[span.start : span.end])} [{span.start}, {span.end})"
