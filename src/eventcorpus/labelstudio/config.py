"""The labelling configuration of a Label Studio project: written from an ontology, and read as one from any project."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element
from xml.sax.saxutils import quoteattr

import defusedxml.ElementTree as SafeElementTree
from defusedxml.common import DefusedXmlException

from eventcorpus.errors import OntologyError
from eventcorpus.files import read_text
from eventcorpus.ontology import AttributeType, Ontology, label_colours, parse_ontology, read_ontology_yaml
from eventcorpus.package_data import find_ontology_path

LABELS_CONTROL = "label"
TEXT_OBJECT = "text"
DIFFERENCES_OBJECT = "disagreements"
"""The text object, and the key of a task's data, that lists in words where annotators differ."""
PATH_SEPARATOR = " > "
"""Joins the steps of a taxonomy's path, which is one attribute value for us."""
_ATTRIBUTE_CONTROLS = ("Choices", "Taxonomy", "TextArea", "Number", "Rating")
_MAX_LEVELS = 50
_HOTKEYS = "1234567890qwertyuiopasdfghjkl"


def label_config(ontology: Ontology) -> str:
    """Write the configuration for an ontology.

    ``granularity="word"`` snaps selections to words, ``white-space: pre-wrap`` keeps the server from folding blanks
    (https://labelstud.io/tags/text); attributes are choices per region, shown for the labels that have them.
    """
    key = re.sub("-(?=-)", "- ", ontology.key)  # a comment must not hold two dashes
    return "\n".join([f"<!-- {key}: generated, change the ontology instead -->", *_view(ontology)]) + "\n"


def _view(ontology: Ontology) -> Iterator[str]:
    colours = label_colours(ontology.labels)
    yield "<View>"
    yield f'  <Labels name="{LABELS_CONTROL}" toName="{TEXT_OBJECT}" showInline="true">'
    for i, label in enumerate(ontology.labels):
        hotkey = f' hotkey="{_HOTKEYS[i]}"' if i < len(_HOTKEYS) else ""
        yield f'    <Label value={quoteattr(label)} background="{colours[label]}"{hotkey}/>'
    yield "  </Labels>"
    if ontology.roles:
        yield "  <Relations>"
        yield from (f"    <Relation value={quoteattr(role.name)}/>" for role in ontology.roles)
        yield "  </Relations>"
    yield '  <View style="white-space: pre-wrap">'
    yield f'    <Text name="{TEXT_OBJECT}" value="$text" granularity="word"/>'
    yield "  </View>"
    for attribute in ontology.attributes:
        yield from _attribute_control(attribute, ontology.labels_of(attribute))
    yield "</View>"


def _attribute_control(attribute: AttributeType, labels: tuple[str, ...]) -> Iterator[str]:
    target = f'name={quoteattr(attribute.name)} toName="{TEXT_OBJECT}" perRegion="true"'
    condition = f'whenTagName="{LABELS_CONTROL}" whenLabelValue={quoteattr(",".join(labels))}'
    if not attribute.values:
        yield f'  <TextArea {target} editable="true" {condition}/>'
        return
    choice = "multiple" if attribute.multiple else "single"
    yield f'  <Choices {target} choice="{choice}" showInline="true" {condition}>'
    yield from (f"    <Choice value={quoteattr(value.name)}/>" for value in attribute.values)
    yield "  </Choices>"


def adjudication_config(ontology: Ontology) -> str:
    """As ``label_config``, with the list of the annotators' differences above the text."""
    shown = (
        f'  <View style="white-space: pre-wrap; border-left: 4px solid #c77700; padding-left: 12px">\n'
        f'    <Text name="{DIFFERENCES_OBJECT}" value="${DIFFERENCES_OBJECT}"/>\n  </View>\n'
    )
    return label_config(ontology).replace("<View>\n", f"<View>\n{shown}", 1)


def is_made_from(ontology: Ontology, config: str) -> bool:
    """Whether a configuration was generated from this ontology."""
    return config.strip() in (label_config(ontology).strip(), adjudication_config(ontology).strip())


def load_ontology(path: str | Path | None = None, *, near: Sequence[Path] = ()) -> Ontology:
    """Read an ontology from our YAML or a Label Studio configuration.

    Args:
        path: None: ``ontology.yaml`` or ``config.xml`` beside one of ``near``, else the ontology of the shipped corpus.

    Raises:
        OntologyError: if it contradicts itself.
    """
    return read_ontology(find_ontology_path(Path(path) if path is not None else None, near=near))


def read_ontology(path: Path) -> Ontology:
    """Read an ontology from our YAML or from a Label Studio configuration (a file that ends in .xml)."""
    if path.suffix.lower() == ".xml":
        return read_label_config(read_text(path), place=str(path))
    return read_ontology_yaml(path)


def read_label_config(content: str, *, place: str) -> Ontology:
    """Read any project's configuration as an ontology: every label an entity, roles unconstrained, spans may overlap.

    Controls for each region become attributes: Choices; Taxonomy, whose values are paths (``Violence > Shelling``);
    TextArea, Number and Rating, which are free text.

    Raises:
        OntologyError: if it is not well-formed XML, uses entities or external references, or has no labels.
    """
    root = parse_config(content, place)
    controls = [e for e in root.iter() if e.tag in _ATTRIBUTE_CONTROLS and e.get("perRegion") == "true"]
    relations = [e.get("value") or "" for e in root.iter("Relation")]
    entities = list(dict.fromkeys(filter(None, map(stored_name, root.iter("Label")))))
    if not entities:
        raise OntologyError(f"{place}: no <Label> in this configuration; spans need a <Labels> control")
    data = {
        "name": re.sub(r"[^\w.-]+", "-", Path(place).stem) or "label-studio",
        "version": "1.0.0",
        "flat": False,
        "entities": [{"name": name} for name in entities],
        "roles": [{"name": name} for name in dict.fromkeys(filter(None, relations))],
        "attributes": [
            {
                "name": e.get("name") or "choice",
                "of": [x for x in (e.get("whenLabelValue") or "").split(",") if x in entities] or entities,
                "values": [
                    {"name": value}
                    for value in (_paths(e) if e.tag == "Taxonomy" else map(stored_name, e.iter("Choice")))
                ],
                "multiple": e.tag in ("Taxonomy", "TextArea") or e.get("choice") == "multiple",
            }
            for e in controls
        ],
    }
    return parse_ontology(data, place=place)


def _paths(control: Element, parents: tuple[str, ...] = ()) -> list[str]:
    """Every choice of a taxonomy, in order; a nested choice as the path from the top to it."""
    if len(parents) > _MAX_LEVELS:
        raise OntologyError(f"{parents[0]}: a taxonomy of more than {_MAX_LEVELS} levels is not read")
    paths: list[str] = []
    for choice in control.findall("Choice"):
        path = (*parents, stored_name(choice))
        paths += [PATH_SEPARATOR.join(path), *_paths(choice, path)]
    return paths


def read_text_object(path: Path) -> tuple[str | None, str]:
    """As ``text_object_of``, of a configuration file."""
    return text_object_of(parse_config(read_text(path), str(path)), str(path))


def text_object_of(root: Element, place: str) -> tuple[str | None, str]:
    """Which object of a configuration shows the article.

    Returns:
        its name, and the key of a task's ``data`` that has the text; None and ``text`` if no labels are on a Text.

    Raises:
        OntologyError: if several Text objects have labels, the text is hypertext (whose offsets are XPaths), or is not
            itself in one field of the task.
    """
    labelled = {name for e in root.iter("Labels") for name in targets(e)}
    texts = [e for e in root.iter("Text") if e.get("name") in labelled]
    if len(texts) > 1 or (not texts and root.find(".//HyperText") is not None):
        found = ", ".join(str(e.get("name")) for e in texts) or "HyperText, whose offsets are paths"
        raise OntologyError(
            f"{place}: labels are drawn on {found}; one <Text> per article is read, make a project of each"
        )
    if not texts:
        return None, TEXT_OBJECT
    name, value = texts[0].get("name"), texts[0].get("value") or ""
    if texts[0].get("valueType") == "url" or "$" in value[1:] or not (value.startswith("$") or not value):
        raise OntologyError(
            f'{place}: the text {name!r} does not come from one field of the task; it needs <Text value="$text"> and '
            "the text itself in the task"
        )
    return name, value.removeprefix("$") or TEXT_OBJECT


def targets(control: Element) -> list[str]:
    """The names of the objects that a control is for."""
    return (control.get("toName") or "").split(",")


def stored_name(element: Element) -> str:
    """Under which name annotations hold a Label or Choice; empty if it has none."""
    return element.get("alias") or element.get("value") or ""


def parse_config(content: str, place: str) -> Element:
    """Parse a configuration.

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
    return root
