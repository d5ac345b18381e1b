"""The items of one Label Studio annotation (a ``result`` list): marks, attributes and links, of which spans are made.

Shapes are those of label-studio 1.23.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from eventcorpus.annotation.check import Checked, check_document
from eventcorpus.annotation.document import Direction, Document, Fault, Form, Link, Mark, MarkAttribute
from eventcorpus.annotation.migrate import Migration
from eventcorpus.conversion_report import Code, ConversionReport, Kind, Reason
from eventcorpus.labelstudio.config import PATH_SEPARATOR
from eventcorpus.labelstudio.results import span_id_of
from eventcorpus.ontology import Ontology
from eventcorpus.schema import Article
from eventcorpus.text import StoredText, one_line

Item = dict[str, Any]
_DIRECTIONS: dict[str, Direction] = {"left": "left", "bi": "bi"}


def same_but_line_ends(found: str, given: str) -> bool:
    r"""Whether Label Studio's ``value.text`` is this stretch: it writes each CR and LF as a backslash and an n."""
    as_written = found.replace("\r", "\\n").replace("\n", "\\n")
    return given in (found, as_written) or found.split() == given.replace("\\n", " ").split()


LABEL_STUDIO = Form(
    noun="region",
    label_hint="; name the project's own labels with --ontology config.xml",
    text_hint=", Label Studio says {}; was the article edited after annotation?",
    same_text=same_but_line_ends,
    mends_text=False,
    trusts_offsets=True,
    merges_equal=False,
    attribute_once=True,
    roles_from_triggers=True,
    names_labels=True,
    id_twice=Code.SAME_REGION_TWICE,
    role_twice=Code.DRAWN_TWICE,
)


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
    text_object: str | None = None,
) -> Checked:
    """The spans and roles of one annotation.

    Args:
        article: with the text as the server holds it, which offsets refer to.
        stored: the stored form of that text.
        prefix: id of the annotation, which makes region ids unique in the article.
        migration: the way from the ontology that was annotated with to ``ontology``.
        offset: where this text begins in the article.
        annotator: on whose word the spans stand.
        text_object: the ``to_name`` of regions on the article's text, if there are other objects too.

    Raises:
        SpanError: for an item that cannot be right, unless the report refuses such items.
    """
    marks: list[Mark] = []
    links: list[Link] = []
    others: list[Item] = []
    for n, item in enumerate(items, start=1):
        if is_region(item):
            if (item.get("meta") or {}).get("text"):
                report.note("notes written on regions (not kept)")
            marks += _marks(item, n, ontology, prefix, migration, text_object)
        elif item.get("type") == "relation":
            links += _links(item, ontology, migration)
        else:
            others.append(item)
    regions = {mark.ref for mark in marks}
    attributes = [_attribute(item, migration) for item in others if units(item, regions)[1]]
    if len(attributes) < len(others):
        report.note("answers about the whole task (not kept)", len(others) - len(attributes))
    document = Document(
        article, marks, links, attributes, form=LABEL_STUDIO, stored=stored, offset=offset, decided_by=annotator
    )
    return check_document(document, ontology, report)


def units(item: Item, regions: Iterable[str]) -> tuple[Kind, int]:
    """What an item counts for in the report: one per label, at least one; answers about the whole task for nothing."""
    if is_region(item):
        return "spans", max(1, len(_labels(item)))
    if item.get("type") == "relation":
        return "roles", max(1, len(item.get("labels") or []))
    return "attributes", int("start" in _value(item) or str(item.get("id")) in regions)


def is_region(item: Item) -> bool:
    """Whether an item is a labelled stretch of text."""
    return str(item.get("type", "")).endswith("labels")


def _marks(
    item: Item, n: int, ontology: Ontology, prefix: str, migration: Migration, text_object: str | None
) -> Iterator[Mark]:
    """A mark for each label of a region; for a region without one, or on another object, marks that are refused."""
    value, region, labels = _value(item), span_id_of(str(item.get("id") or f"region{n}")), _labels(item)
    start, end, text = value.get("start"), value.get("end"), value.get("text")
    pieces = ((start, end),) if type(start) is int and type(end) is int else ()
    own_id = region if ":" in region else f"{prefix}:{region}"
    name, ref = f"region {region} {'/'.join(labels)} [{start}, {end})", str(item.get("id"))
    is_elsewhere = text_object not in (None, item.get("to_name"))
    if is_elsewhere or not labels:
        refused = Fault(Code.OTHER_OBJECT if is_elsewhere else Code.NO_LABEL, stops=False)
        yield from [Mark(own_id, "", pieces, ref=ref, name=name, fault=refused)] * max(1, len(labels))
        return
    n_known = 0
    for label in map(migration.name, labels):
        fault = Fault(label, stops=False) if isinstance(label, Reason) else None
        if label in ontology.rank:
            n_known += 1
            if not pieces:
                fault = Fault(Code.OFFSET_NO_NUMBER, "start and end must be whole numbers (code points)")
        yield Mark(
            own_id if n_known < 2 else f"{own_id}~{n_known}",
            str(label),
            pieces,
            text if isinstance(text, str) else None,
            fault=fault,
            ref=ref,
            name=name,
            repair=Code.SEVERAL_LABELS if len(labels) > 1 else None,
            origin=str(item.get("origin") or "manual"),
        )


def _attribute(item: Item, migration: Migration) -> MarkAttribute:
    values, region, control = _values(item), str(item.get("id")), str(item.get("from_name"))
    attribute = migration.name(control)
    fault = Fault(attribute, stops=False) if isinstance(attribute, Reason) else None
    name = f"{control}={one_line(', '.join(values))} of region {region}"
    return MarkAttribute(region, str(attribute), values, name, fault)


def _links(item: Item, ontology: Ontology, migration: Migration) -> list[Link]:
    """A link for each label of a relation, at least one; those that are refused first."""
    labels = [str(label) for label in item.get("labels") or []]
    ends = str(item.get("from_id")), str(item.get("to_id"))
    name = f"{'/'.join(labels) or 'relation'} {ends[0]} -> {ends[1]}"
    known = {role.name for role in ontology.roles}
    direction = _DIRECTIONS.get(str(item.get("direction")), "right")
    links: list[Link] = []
    for label, role in [(label, migration.name(label)) for label in labels] or [("", Reason(Code.NO_ROLE))]:
        if isinstance(role, str) and role not in known:
            role = Reason(Code.UNKNOWN_ROLE_NAMED, (label,))
        fault = Fault(role, stops=False) if isinstance(role, Reason) else None
        links.append(Link(str(role), *ends, fault=fault, direction=direction, name=name))
    return sorted(links, key=lambda link: link.fault is None)


def _labels(item: Item) -> list[str]:
    value = _value(item)
    return [str(label) for label in value.get(str(item.get("type"))) or value.get("labels") or []]


def _values(item: Item) -> tuple[str, ...]:
    """The values of an attribute: choices, notes of a text area, paths of a taxonomy, a number or rating."""
    type_ = str(item.get("type"))
    values = _value(item).get("text" if type_ == "textarea" else type_)
    listed = values if isinstance(values, list) else [] if values is None else [values]
    return tuple(PATH_SEPARATOR.join(map(str, value)) if isinstance(value, list) else str(value) for value in listed)


def _value(item: Item) -> dict[str, Any]:
    value = item.get("value")
    return value if isinstance(value, dict) else {}
