"""The items of one Label Studio annotation (a ``result`` list): marks, attributes and links, of which spans are made.

Shapes are those of label-studio 1.23.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eventcorpus.annotation.check import Checked, check_document
from eventcorpus.annotation.document import Direction, Document, Fault, Form, LabelHint, Link, Mark, MarkAttribute
from eventcorpus.annotation.migrate import Migration
from eventcorpus.conversion_report import Code, ConversionReport, Kind, Reason
from eventcorpus.labelstudio.config import PATH_SEPARATOR
from eventcorpus.labelstudio.results import span_id_of
from eventcorpus.labelstudio.texts import TaskText, is_resized, same_but_line_ends
from eventcorpus.ontology import Ontology
from eventcorpus.schema import Article
from eventcorpus.text import one_line, stored_form

Item = dict[str, Any]
_DIRECTIONS: dict[str, Direction] = {"left": "left", "bi": "bi"}
_ITEM_KEYS = frozenset(
    ("id", "type", "from_name", "to_name", "origin", "value", "from_id", "to_id", "direction", "labels")
)
_VALUE_KEYS = frozenset(("start", "end", "text", "labels", "startOffset", "endOffset", "globalOffsets"))
"""Keys of an item and of its value that are read; an item may also have its values under its type."""


LABEL_STUDIO = Form(
    noun="region",
    label_hint=lambda label: "; name the project's own labels with --ontology config.xml",
    text_hint=", Label Studio says {}; was the article edited after annotation?",
    same_text=same_but_line_ends,
    is_stale=is_resized,
    mends_text=False,
    trusts_offsets=True,
    merges_equal=False,
    attribute_once=True,
    roles_from_triggers=True,
    names_labels=True,
    id_twice=Code.SAME_REGION_TWICE,
    role_twice=Code.DRAWN_TWICE,
)
CONFIGURED = replace(
    LABEL_STUDIO,
    label_hint=lambda label: (
        "; a label that the project has no more can be added to a copy of its config.xml, renamed with --map"
    ),
)
"""Where the configuration of the project says which labels it has."""


def check_annotation(
    items: Sequence[Item],
    article_id: str,
    text: TaskText,
    ontology: Ontology,
    report: ConversionReport,
    *,
    prefix: str,
    migration: Migration,
    offset: int = 0,
    annotator: str = "",
    aliases: Mapping[str, str] | None = None,
    label_hint: LabelHint | None = None,
) -> Checked:
    """The spans and roles of one annotation.

    Args:
        text: that of the task, as the server holds it, which offsets refer to.
        prefix: id of the annotation, which makes region ids unique in the article.
        migration: the way from the ontology that was annotated with to ``ontology``.
        offset: where this text begins in the article.
        annotator: on whose word the spans stand.
        aliases: labels by the name on the page -> the name that annotations hold.
        label_hint: the way out for a label that is not in the ontology; None: as of projects that are not ours.

    Raises:
        SpanError: for an item that cannot be right, unless the report refuses such items.
    """
    regions = _Regions(text, ontology, migration, prefix, aliases or {})
    marks: list[Mark] = []
    links: list[Link] = []
    others: list[Item] = []
    for n, item in enumerate(items, start=1):
        _note_unread(item, report)
        if is_region(item):
            marks += regions.marks(item, n)
        elif item.get("type") == "relation":
            links += _links(item, {role.name for role in ontology.roles}, migration)
        else:
            others.append(item)
    refs = {mark.ref for mark in marks}
    attributes = [_attribute(item, migration) for item in others if units(item, refs)[1]]
    if len(attributes) < len(others):
        report.note("answers about the whole task (not kept)", len(others) - len(attributes))
    form = LABEL_STUDIO if text.name is None and not text.stretches else CONFIGURED
    document = Document(
        Article(article_id, text.original),
        marks,
        links,
        attributes,
        form=replace(form, label_hint=label_hint) if label_hint else form,
        offset=offset,
        decided_by=annotator,
    )
    return check_document(document, ontology, report)


def units(item: Item, regions: Iterable[str]) -> tuple[Kind, int]:
    """What an item counts for in the report: one per label, at least one; answers about the whole task for nothing."""
    if is_region(item):
        return "spans", max(1, len(_labels(item)))
    if item.get("type") == "relation":
        return "roles", max(1, len(_list(item.get("labels"))))
    return "attributes", int("start" in _value(item) or str(item.get("id")) in regions)


def is_region(item: Item) -> bool:
    """Whether an item is a labelled stretch of text."""
    return str(item.get("type", "")).endswith("labels")


def _note_unread(item: Item, report: ConversionReport) -> None:
    """Note what an item has besides what is read: its score, its parent, notes of its annotator, ..."""
    meta = item.get("meta")
    if isinstance(meta, dict) and meta.get("text"):
        report.note("notes written on regions (not kept)")
    read = {*_ITEM_KEYS, "meta"} if isinstance(meta, dict) and meta.keys() == {"text"} else _ITEM_KEYS
    for key in item:
        if key not in read and item[key]:
            report.note(f"{one_line(key)[1:-1]} of regions (not kept)")
    for key in _value(item):
        if key not in _VALUE_KEYS and key != str(item.get("type")):
            report.note(f"{one_line(key)[1:-1]} in values of regions (not kept)")


@dataclass
class _Regions:
    """The regions of one annotation.

    ``controls``: by region (control, label) of the marks that it has so far: several controls may label one region,
    each in an item of its own.
    """

    text: TaskText
    ontology: Ontology
    migration: Migration
    prefix: str
    aliases: Mapping[str, str]
    controls: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def marks(self, item: Item, n: int) -> Iterator[Mark]:
        """A mark for each label; for a region without one, or on another object, marks that are refused."""
        value, labels = _value(item), [self.aliases.get(label, label) for label in _labels(item)]
        region, control = span_id_of(_writable(str(item.get("id") or f"region{n}"))), str(item.get("from_name"))
        own_id = region if ":" in region else f"{self.prefix}:{region}"
        pieces, text, wrong, repair = self.text.located(item.get("to_name"), value)
        if not labels and (wrong is None or wrong.stops):
            wrong = Fault(Code.NO_LABEL, stops=False)
        start, end = value.get("start"), value.get("end")
        if self.text.stretches and "startOffset" in value:
            start, end = f"{start}:{value.get('startOffset')}", f"{end}:{value.get('endOffset')}"
        name = f"region {region} {'/'.join(labels)} [{start}, {end})"
        mark = Mark(own_id, "", pieces, text, ref=str(item.get("id")), name=name)
        if wrong is not None and not wrong.stops:
            yield from [mark._replace(fault=wrong)] * max(1, len(labels))
            return
        repair = Code.SEVERAL_LABELS if len(labels) > 1 else repair
        mark = mark._replace(repair=repair, origin=_writable(str(item.get("origin") or "manual")))
        given = self.controls.setdefault(own_id, [])
        number_of: dict[str, int] = {}
        n_known = 0
        if given and all(control != earlier for earlier, _ in given):
            number_of = {label: number for number, (_, label) in enumerate(given, start=1)}
            n_known = len(given)
        for label in map(self.migration.name, labels):
            if isinstance(label, Reason):
                yield mark._replace(label=str(label), fault=Fault(label, stops=False))
            elif label not in self.ontology.rank:
                yield mark._replace(label=label)
            else:
                number = number_of.get(label, n_known + 1)
                n_known = max(n_known, number)
                if len(given) < number:
                    given.append((control, label))
                yield mark._replace(id=own_id if number < 2 else f"{own_id}~{number}", label=label, fault=wrong)


def _attribute(item: Item, migration: Migration) -> MarkAttribute:
    values, region, control = values_of(item), str(item.get("id")), str(item.get("from_name"))
    attribute = migration.name(control)
    fault = Fault(attribute, stops=False) if isinstance(attribute, Reason) else None
    name = f"{control}={one_line(', '.join(values))} of region {region}"
    return MarkAttribute(region, str(attribute), values, name, fault)


def _links(item: Item, known: set[str], migration: Migration) -> list[Link]:
    """A link for each label of a relation, at least one; those that are refused first."""
    labels = [str(label).strip() for label in _list(item.get("labels"))]
    ends = str(item.get("from_id")), str(item.get("to_id"))
    name = f"{'/'.join(labels) or 'relation'} {ends[0]} -> {ends[1]}"
    direction = _DIRECTIONS.get(str(item.get("direction")), "right")
    links: list[Link] = []
    for label, role in [(label, migration.name(label)) for label in labels] or [("", Reason(Code.NO_ROLE))]:
        if isinstance(role, str) and role not in known and f"{role} (role)" not in known:
            role = Reason(Code.UNKNOWN_ROLE_NAMED, (label,))
        fault = Fault(role, stops=False) if isinstance(role, Reason) else None
        links.append(Link(str(role), *ends, fault=fault, direction=direction, name=name))
    return sorted(links, key=lambda link: link.fault is None)


def _labels(item: Item) -> list[str]:
    value = _value(item)
    return [str(label).strip() for label in _list(value.get(str(item.get("type"))) or value.get("labels"))]


def values_of(item: Item) -> tuple[str, ...]:
    """The values of an item: labels, choices, notes of a text area, paths of a taxonomy, a number, rating or date."""
    type_ = str(item.get("type"))
    if type_ == "textarea":
        return tuple(_writable(str(note)) for note in _list(_value(item).get("text")))
    listed = _list(_value(item).get(type_))
    return tuple(
        PATH_SEPARATOR.join(_writable(str(step)).strip() for step in (value if isinstance(value, list) else [value]))
        for value in listed
    )


def _writable(words: str) -> str:
    """Words without what no dataset can hold, such as the lone surrogates that JSON may have."""
    return words if words.isascii() else stored_form(words).text


def _list(value: Any) -> list[Any]:
    """A value that may be a list, or one thing, or nothing."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _value(item: Item) -> dict[str, Any]:
    value = item.get("value")
    return value if isinstance(value, dict) else {}
