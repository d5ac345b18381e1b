"""The items of one Label Studio annotation (a ``result`` list): marks, attributes and links, of which spans are made.

Shapes are those of label-studio 1.23.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from eventcorpus.annotation.check import Checked, check_document
from eventcorpus.annotation.document import Direction, Document, Fault, Form, Link, Mark, MarkAttribute
from eventcorpus.annotation.migrate import Migration
from eventcorpus.conversion_report import Code, ConversionReport, Kind, Reason
from eventcorpus.labelstudio.config import PATH_SEPARATOR
from eventcorpus.labelstudio.results import span_id_of
from eventcorpus.labelstudio.texts import TaskText, is_resized, same_but_line_ends
from eventcorpus.ontology import Ontology
from eventcorpus.schema import Article
from eventcorpus.text import StoredText, one_line, stored_form

Item = dict[str, Any]
_DIRECTIONS: dict[str, Direction] = {"left": "left", "bi": "bi"}
_ITEM_KEYS = frozenset(
    ("id", "type", "from_name", "to_name", "origin", "value", "from_id", "to_id", "direction", "labels")
)
_VALUE_KEYS = frozenset(("start", "end", "text", "labels", "startOffset", "endOffset", "globalOffsets"))
"""Keys of an item and of its value that are read; an item may also have its values under its type."""


LABEL_STUDIO = Form(
    noun="region",
    label_hint="; name the project's own labels with --ontology config.xml",
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
    label_hint="; a label that the project has no more can be added to a copy of its config.xml, renamed with --map",
)
"""Where the configuration of the project says which labels it has."""


def check_annotation(
    items: Sequence[Item],
    article: Article,
    ontology: Ontology,
    report: ConversionReport,
    *,
    stored: StoredText,
    prefix: str,
    migration: Migration,
    offset: int = 0,
    annotator: str = "",
    text: TaskText | None = None,
    aliases: Mapping[str, str] | None = None,
) -> Checked:
    """The spans and roles of one annotation.

    Args:
        article: with the text as the server holds it, which offsets refer to.
        stored: the stored form of that text.
        prefix: id of the annotation, which makes region ids unique in the article.
        migration: the way from the ontology that was annotated with to ``ontology``.
        offset: where this text begins in the article.
        annotator: on whose word the spans stand.
        text: that text with its objects; None: every region is on it.
        aliases: labels by the name on the page -> the name that annotations hold.

    Raises:
        SpanError: for an item that cannot be right, unless the report refuses such items.
    """
    marks: list[Mark] = []
    links: list[Link] = []
    others: list[Item] = []
    controls: dict[str, list[tuple[str, str]]] = {}
    names = {role.name for role in ontology.roles}
    for n, item in enumerate(items, start=1):
        value, type_ = _value(item), str(item.get("type"))
        if not (item.keys() <= _ITEM_KEYS and value.keys() <= _VALUE_KEYS):
            _note_unread(item, value, report)
        if type_.endswith("labels"):
            labels = _labels(value, type_)
            if aliases:
                labels = [aliases.get(label, label) for label in labels]
            marks += _marks(item, value, labels, n, ontology.rank, prefix, migration, text, controls)
        elif type_ == "relation":
            links += _links(item, names, migration)
        else:
            others.append(item)
    regions = {mark.ref for mark in marks}
    attributes = [_attribute(item, migration) for item in others if units(item, regions)[1]]
    if len(attributes) < len(others):
        report.note("answers about the whole task (not kept)", len(others) - len(attributes))
    form = LABEL_STUDIO if text is None or (text.name is None and not text.stretches) else CONFIGURED
    document = Document(
        article, marks, links, attributes, form=form, stored=stored, offset=offset, decided_by=annotator
    )
    return check_document(document, ontology, report)


def units(item: Item, regions: Iterable[str]) -> tuple[Kind, int]:
    """What an item counts for in the report: one per label, at least one; answers about the whole task for nothing."""
    if is_region(item):
        return "spans", max(1, len(_labels(_value(item), str(item.get("type")))))
    if item.get("type") == "relation":
        return "roles", max(1, len(_list(item.get("labels"))))
    return "attributes", int("start" in _value(item) or str(item.get("id")) in regions)


def is_region(item: Item) -> bool:
    """Whether an item is a labelled stretch of text."""
    return str(item.get("type", "")).endswith("labels")


def _note_unread(item: Item, value: dict[str, Any], report: ConversionReport) -> None:
    """Note what an item has besides what is read: its score, its parent, notes of its annotator, ..."""
    meta = item.get("meta")
    if isinstance(meta, dict) and meta.get("text"):
        report.note("notes written on regions (not kept)")
    for key in item.keys() - _ITEM_KEYS:
        if item[key] and not (key == "meta" and isinstance(meta, dict) and meta.keys() == {"text"}):
            report.note(f"{one_line(key)[1:-1]} of regions (not kept)")
    for key in value.keys() - _VALUE_KEYS - {str(item.get("type"))}:
        report.note(f"{one_line(key)[1:-1]} in values of regions (not kept)")


def _marks(
    item: Item,
    value: dict[str, Any],
    labels: list[str],
    n: int,
    known: Mapping[str, int],
    prefix: str,
    migration: Migration,
    task_text: TaskText | None,
    controls: dict[str, list[tuple[str, str]]],
) -> Iterator[Mark]:
    """A mark for each label of a region; for a region without one, or on another object, marks that are refused.

    Several controls may label one region, each in an item of its own: ``controls`` holds (control, label) of
    the marks that earlier items gave to each region.
    """
    region = span_id_of(_writable(str(item.get("id") or f"region{n}")))
    start, end, text = value.get("start"), value.get("end"), value.get("text")
    pieces: tuple[tuple[int, int], ...] = ((start, end),) if type(start) is int and type(end) is int else ()
    own_id = region if ":" in region else f"{prefix}:{region}"
    ref, control = str(item.get("id")), str(item.get("from_name"))
    refused: Fault | None = None if labels else Fault(Code.NO_LABEL, stops=False)
    wrong: Fault | None = None
    repair: Code | None = None
    if task_text is not None and task_text.stretches:
        pieces, text, wrong, repair = task_text.located(item.get("to_name"), value)
        if "startOffset" in value:
            start, end = f"{start}:{value.get('startOffset')}", f"{end}:{value.get('endOffset')}"
        refused = wrong if wrong is not None and wrong.reason is Code.OTHER_OBJECT else refused
    elif task_text is not None and task_text.name not in (None, item.get("to_name")):
        refused = Fault(Code.OTHER_OBJECT, stops=False)
    elif not pieces:
        wrong = Fault(Code.OFFSET_NO_NUMBER, "start and end must be whole numbers (code points)")
    name = f"region {region} {'/'.join(labels)} [{start}, {end})"
    if refused is not None:
        yield from [Mark(own_id, "", pieces, ref=ref, name=name, fault=refused)] * max(1, len(labels))
        return
    given = controls.setdefault(own_id, [])
    number_of: dict[str, int] = {}
    n_known = 0
    if given and all(control != earlier for earlier, _ in given):
        number_of = {label: number for number, (_, label) in enumerate(given, start=1)}
        n_known = len(given)
    for label in map(migration.name, labels):
        fault, number = None, 1
        if isinstance(label, Reason):
            fault = Fault(label, stops=False)
        elif label in known:
            fault, number = wrong, number_of.get(label, n_known + 1)
            n_known = max(n_known, number)
            if len(given) < number:
                given.append((control, label))
        yield Mark(
            own_id if number < 2 else f"{own_id}~{number}",
            str(label),
            pieces,
            text if isinstance(text, str) else None,
            fault=fault,
            ref=ref,
            name=name,
            repair=Code.SEVERAL_LABELS if len(labels) > 1 else repair,
            origin=_writable(str(item.get("origin") or "manual")),
        )


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


def _labels(value: dict[str, Any], type_: str) -> list[str]:
    found = value.get(type_) or value.get("labels")
    return [str(label).strip() for label in (found if isinstance(found, list) else _list(found))]


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
