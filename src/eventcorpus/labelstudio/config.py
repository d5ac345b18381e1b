"""The labelling configuration of a Label Studio project: written from an ontology, and read as one from any project."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import quoteattr

import defusedxml.ElementTree as SafeElementTree
from defusedxml.common import DefusedXmlException

from eventcorpus.errors import OntologyError
from eventcorpus.files import read_text
from eventcorpus.ontology import (
    AttributeType,
    AttributeValue,
    Label,
    Ontology,
    attribute_name,
    label_colours,
    parse_ontology,
    read_ontology_yaml,
    role_name,
)
from eventcorpus.package_data import find_ontology_path
from eventcorpus.text import printable

LABELS_CONTROL = "label"
TEXT_OBJECT = "text"
DIFFERENCES_OBJECT = "disagreements"
"""The text object, and the key of a task's data, that lists in words where annotators differ."""
PATH_SEPARATOR = " > "
"""Joins the steps of a taxonomy's path, which is one attribute value for us."""
_ATTRIBUTE_CONTROLS = ("choices", "taxonomy", "textarea", "number", "rating", "datetime")
LABELLING = ("labels", "paragraphlabels")
_LISTING_CONTROLS = (*LABELLING, "choices", "taxonomy")
"""Controls that may take what they offer from the tasks."""
_MAX_LEVELS = 50
_HOTKEYS = "1234567890qwertyiopasdfghjklzxcvbnm"
"""Label Studio takes u itself, to unselect a region."""
_SHOWN_OF_ARTICLE = ("article_id", "published", "outlet")
_BESIDE_EACH_OTHER = "display: flex; flex-wrap: wrap; gap: 0 24px; margin-bottom: 8px"
_SMALL = "margin: 0; font-size: 14px; opacity: 0.75"
_REMEMBERED = "eventcorpus ontology:"
_COMMENT = re.compile(f"<!-- {_REMEMBERED} (.*?) -->", re.DOTALL)


def label_config(ontology: Ontology) -> str:
    """Write the configuration for an ontology.

    ``granularity="word"`` snaps selections to words, ``white-space: pre-wrap`` keeps the server from folding blanks
    (https://labelstud.io/tags/text); attributes are choices per region, shown for the labels that have them. Headline,
    date, outlet and id are headers, which nobody can label and which a task may lack. Definitions are shown when the
    mouse is on a label or value. The last line is the ontology itself (see ``remembered_ontology``).
    """
    key = re.sub("-(?=-)", "- ", ontology.key)  # a comment must not hold two dashes
    return "\n".join([f"<!-- {key}: generated, change the ontology instead -->", *_view(ontology)]) + "\n"


def _view(ontology: Ontology) -> Iterator[str]:
    colours, hotkeys = label_colours(ontology.labels), page_hotkeys(ontology)
    yield "<View>"
    yield f'  <Labels name="{LABELS_CONTROL}" toName="{TEXT_OBJECT}" showInline="true">'
    for label in (*ontology.triggers, *ontology.entities):
        about = f'background="{colours[label.name]}"{_hotkey(hotkeys.get(label.name))}{_hint(label)}'
        yield f"    <Label value={quoteattr(label.name)} {about}/>"
    yield "  </Labels>"
    for attribute in ontology.attributes:
        yield from _attribute_control(attribute, ontology.labels_of(attribute), hotkeys)
    if ontology.roles:
        yield "  <Relations>"
        yield from (f"    <Relation value={quoteattr(role.name)}/>" for role in ontology.roles)
        yield "  </Relations>"
    yield '  <Header value="$title" size="4"/>'
    yield f'  <View style="{_BESIDE_EACH_OTHER}">'
    yield from (f'    <Header value="${key}" size="5" style="{_SMALL}"/>' for key in _SHOWN_OF_ARTICLE)
    yield "  </View>"
    yield '  <View style="white-space: pre-wrap">'
    yield f'    <Text name="{TEXT_OBJECT}" value="$text" granularity="word"/>'
    yield "  </View>"
    yield _comment(ontology)
    yield "</View>"


def page_hotkeys(ontology: Ontology) -> dict[str | tuple[str, str], str]:
    """The key that chooses each label, and each value of an attribute (a pair): as many as there are keys."""
    values = [(attribute.name, value.name) for attribute in ontology.attributes for value in attribute.values]
    return dict(zip([*ontology.labels, *values], _HOTKEYS, strict=False))


def _hotkey(key: str | None) -> str:
    return f' hotkey="{key}"' if key else ""


def _hint(of: Label | AttributeValue) -> str:
    """What a label or value means, in one line, as an attribute of its element."""
    examples = ", ".join(of.examples) if isinstance(of, Label) else ""
    said = " ".join(filter(None, (of.definition, f"Examples: {examples}" if examples else "")))
    return f" hint={quoteattr(printable(' '.join(said.split()), ' '))}" if said else ""


def _comment(ontology: Ontology) -> str:
    """The ontology as JSON in a comment; escapes keep two dashes, and what XML cannot hold, out of it."""
    data = ontology.model_dump(by_alias=True, exclude_defaults=True, mode="json")
    said = json.dumps(data).replace("--", r"-\u002d")
    return f"  <!-- {_REMEMBERED} {said} -->"


def remembered_ontology(config: str, *, place: str) -> Ontology | None:
    """The ontology that ``label_config`` wrote into a configuration; None if there is none in it.

    Raises:
        OntologyError: if it was damaged.
    """
    found = _COMMENT.search(config)
    if found is None:
        return None
    try:
        data = json.loads(found.group(1))
    except (ValueError, RecursionError):
        raise OntologyError(
            f"{place}: the ontology in its comment is damaged; name it with --ontology, or take the comment out"
        ) from None
    return parse_ontology(data, place=f"{place}: the ontology in its comment")


def _attribute_control(
    attribute: AttributeType, labels: tuple[str, ...], hotkeys: Mapping[str | tuple[str, str], str]
) -> Iterator[str]:
    target = f'name={quoteattr(attribute.name)} toName="{TEXT_OBJECT}" perRegion="true"'
    condition = f'whenTagName="{LABELS_CONTROL}" whenLabelValue={quoteattr(",".join(labels))}'
    if not attribute.values:
        yield f'  <TextArea {target} editable="true" {condition}/>'
        return
    choice = "multiple" if attribute.multiple else "single"
    yield f'  <Choices {target} choice="{choice}" showInline="true" {condition}>'
    for value in attribute.values:
        about = f"{_hotkey(hotkeys.get((attribute.name, value.name)))}{_hint(value)}"
        yield f"    <Choice value={quoteattr(value.name)}{about}/>"
    yield "  </Choices>"


def adjudication_config(ontology: Ontology) -> str:
    """As ``label_config``, with the list of the annotators' differences above the text."""
    shown = (
        f'  <View style="white-space: pre-wrap; border-left: 4px solid #c77700; padding-left: 12px">\n'
        f'    <Text name="{DIFFERENCES_OBJECT}" value="${DIFFERENCES_OBJECT}"/>\n  </View>\n'
    )
    return label_config(ontology).replace("<View>\n", f"<View>\n{shown}", 1)


def shows(ontology: Ontology, config: str) -> bool:
    """Whether a configuration is the page of this ontology, whatever the ontology in its comment says beyond that."""
    page, given = (_COMMENT.sub("", text).strip() for text in (label_config(ontology), config))
    return page == given


def is_made_from(ontology: Ontology, config: str) -> bool:
    """Whether a configuration was generated from this ontology, and still offers what it then did.

    What people change of its looks (colours, hotkeys, order, headers) does not matter.
    """
    try:
        remembered = remembered_ontology(config, place="")
        offers = _offers(read_label_config(config, place=""))
    except OntologyError:
        return False
    names_it = f"<!-- {ontology.key}: generated" in config if remembered is None else remembered == ontology
    return names_it and offers == _offers(read_label_config(label_config(ontology), place=""))


def _offers(ontology: Ontology) -> tuple[set[str], set[str], dict[str, tuple[set[str], set[str], bool]]]:
    """What annotators can say: labels, roles, and attributes with the labels and values that they have."""
    attributes = {a.name: (set(a.of), {value.name for value in a.values}, a.multiple) for a in ontology.attributes}
    return set(ontology.labels), {role.name for role in ontology.roles}, attributes


def load_ontology(path: str | Path | None = None, *, near: Sequence[Path] = ()) -> Ontology:
    """Read an ontology from our YAML or a Label Studio configuration.

    Args:
        path: None: by the rule of ``package_data.find_ontology_path``, with the inputs ``near``.

    Raises:
        OntologyError: if it contradicts itself.
    """
    return read_ontology(find_ontology_path(Path(path) if path is not None else None, near=near))


def read_ontology(path: Path) -> Ontology:
    """Read an ontology from our YAML or from a Label Studio configuration (a file that ends in .xml)."""
    if path.suffix.lower() == ".xml":
        return config_ontology(read_text(path), place=str(path))
    return read_ontology_yaml(path)


def config_ontology(content: str, *, place: str, from_data: Mapping[str, Iterable[str]] | None = None) -> Ontology:
    """The ontology that a configuration was generated from, if it still offers the same; else what can be read of it.

    Raises:
        OntologyError: as ``remembered_ontology`` and ``read_label_config`` do.
    """
    remembered = remembered_ontology(content, place=place)
    if remembered is not None and is_made_from(remembered, content):
        return remembered
    return read_label_config(content, place=place, from_data=from_data)


def read_label_config(content: str, *, place: str, from_data: Mapping[str, Iterable[str]] | None = None) -> Ontology:
    """Read any project's configuration as an ontology: every label an entity, roles unconstrained, spans may overlap.

    Controls for each region become attributes: Choices, Taxonomy and nested Choices, whose values are paths
    (``Violence > Shelling``); TextArea, Number, Rating and DateTime, which are free text. A role or attribute that has
    the name of a label is called ``Place (role)``, ``Place (attribute)``.

    Args:
        from_data: by control, what it offered in the tasks (see ``listing_controls``).

    Raises:
        OntologyError: if it is not well-formed XML, uses entities or external references, or has no labels.
    """
    root, from_data = parse_config(content, place), from_data or {}
    listing = listing_controls(root, tags=LABELLING)
    entities = _distinct([*fixed_labels(root), *(label for name in listing for label in from_data.get(name, ()))])
    if not entities and listing:
        keys = ", ".join(f"${key}" for key in listing.values())
        raise OntologyError(
            f"{place}: its labels come from the tasks ({keys}), and there are none; name an ontology that has them"
        )
    if not entities:
        raise OntologyError(f"{place}: no <Label> in this configuration; spans need a <Labels> control")
    relations = _distinct((e.get("value") or "").strip() for e in root.iter("relation"))
    attributes = [e for e in root.iter() if e.tag in _ATTRIBUTE_CONTROLS and _is_true(e.get("perregion"))]
    data = {
        "name": re.sub(r"[^\w.-]+", "-", Path(place).stem) or "label-studio",
        "version": "1.0.0",
        "flat": False,
        "entities": [{"name": name} for name in entities],
        "roles": [{"name": role_name(name, entities)} for name in relations],
        "attributes": [
            {
                "name": attribute_name(e.get("name") or "choice", [*entities, *relations]),
                "of": _labels_with(e, root, entities),
                "values": [
                    {"name": value} for value in _distinct([*_offered(e), *from_data.get(e.get("name") or "", ())])
                ],
                "multiple": e.tag == "textarea" or is_nested(e) or e.get("choice") == "multiple",
            }
            for e in attributes
        ],
    }
    return parse_ontology(data, place=place)


def fixed_labels(root: Element) -> list[str]:
    """The labels that a configuration itself has."""
    return _distinct(map(stored_name, root.iter("label")))


def aliases_of(root: Element) -> dict[str, str]:
    """Labels by the name on the page -> the alias that annotations hold; those that were made before hold the name."""
    fixed = fixed_labels(root)
    shown = [((e.get("value") or "").strip(), stored_name(e)) for e in root.iter("label")]
    return {value: alias for value, alias in shown if value not in ("", *fixed)}


def listing_controls(root: Element, *, tags: Sequence[str] = _LISTING_CONTROLS) -> dict[str, str]:
    """Controls that take what they offer from the tasks (``<Labels value="$labels">``), with the key of ``data``."""
    found = [e for e in root.iter() if e.tag in tags and (e.get("value") or "").startswith("$")]
    return {e.get("name") or "": str(e.get("value"))[1:] for e in found}


def listed_in_data(value: Any, parents: tuple[str, ...] = ()) -> Iterator[str]:
    """What a task offers to a control: names, or objects with ``value``, ``alias``, ``children``; paths if nested."""
    for item in value if isinstance(value, list) and len(parents) < _MAX_LEVELS else []:
        entry = item if isinstance(item, dict) else {"value": item}
        name = entry.get("alias") or entry.get("value")
        if isinstance(name, str) and name.strip():
            path = (*parents, name.strip())
            yield PATH_SEPARATOR.join(path)
            yield from listed_in_data(entry.get("children"), path)


def is_nested(control: Element) -> bool:
    """Whether the choices of a control are paths."""
    return control.tag == "taxonomy" or _is_true(control.get("allownested"))


def _offered(control: Element) -> list[str]:
    return _paths(control) if is_nested(control) else [stored_name(choice) for choice in control.iter("choice")]


def _labels_with(control: Element, root: Element, entities: Sequence[str]) -> list[str]:
    """The labels of whose regions a control is shown: those that ``whenLabelValue`` lists, else all."""
    shown_as = aliases_of(root)
    when = control.get("whenlabelvalue") or ""
    listed = {part.strip() for part in when.split(",")}
    listed |= {label for label in (*entities, *shown_as) if f",{label}," in f",{when},"}  # labels that have a comma
    listed |= {shown_as[value] for value in listed if value in shown_as}
    return [label for label in entities if label in listed] or list(entities)


def _paths(control: Element, parents: tuple[str, ...] = ()) -> list[str]:
    """Every choice of a control, in order; a nested choice as the path from the top to it."""
    if len(parents) > _MAX_LEVELS:
        raise OntologyError(f"{parents[0]}: a taxonomy of more than {_MAX_LEVELS} levels is not read")
    paths: list[str] = []
    for choice in control.findall("choice"):
        path = (*parents, stored_name(choice))
        paths += [PATH_SEPARATOR.join(path), *_paths(choice, path)]
    return paths


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, names)))


def _is_true(value: str | None) -> bool:
    return (value or "").lower() == "true"


def targets(control: Element) -> list[str]:
    """The names of the objects that a control is for."""
    return [name.strip() for name in (control.get("toname") or "").split(",")]


def stored_name(element: Element) -> str:
    """Under which name annotations hold a Label or Choice; empty if it has none."""
    return (element.get("alias") or element.get("value") or "").strip()


def parse_config(content: str, place: str) -> Element:
    """Parse a configuration; its tags and the names of attributes in lower case, as Label Studio takes any.

    Raises:
        OntologyError: if it is not well-formed XML, or uses entities or external references.
    """
    try:
        root: Element = SafeElementTree.fromstring(content)
    except SafeElementTree.ParseError as error:
        raise OntologyError(f"{place}: not well-formed XML ({error})") from None
    except DefusedXmlException:
        raise OntologyError(f"{place}: XML with entity definitions or external references is not read") from None
    except (ValueError, LookupError):  # a lone surrogate, or a declared encoding that does not exist
        raise OntologyError(f"{place}: XML with characters that no encoding has") from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2].lower()
        given = {name.lower(): value for name, value in element.attrib.items()}
        element.attrib.clear()
        element.attrib.update(given)
    return root
