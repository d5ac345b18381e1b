"""The Label Studio configuration: written from an ontology, and read as one when a project is not ours."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree.ElementTree import Element
from xml.sax.saxutils import quoteattr

import defusedxml.ElementTree as SafeElementTree
from defusedxml.common import DefusedXmlException

from eventcorpus.errors import OntologyError
from eventcorpus.files import read_text
from eventcorpus.ontology import Ontology, label_colours, parse_ontology, read_ontology_yaml

LABELS_CONTROL = "label"
TEXT_OBJECT = "text"
DIFFERENCES_OBJECT = "disagreements"
"""The object, and the key of a task's data, that lists in words what annotators do not all say."""
PATH_SEPARATOR = " > "
"""Between the steps of a taxonomy's path, which is one value for us."""
_ATTRIBUTE_TAGS = ("Choices", "Taxonomy", "TextArea", "Number", "Rating")
_DEEPEST = 50
_HOTKEYS = "1234567890qwertyuiopasdfghjkl"


def label_config(ontology: Ontology) -> str:
    """The configuration for one ontology.

    ``granularity="word"`` snaps selections to words, ``white-space: pre-wrap`` keeps the server from folding blanks
    (https://labelstud.io/tags/text); attributes are choices per region, shown for the labels that have them.
    """
    colours = label_colours(ontology.labels)
    key = re.sub("-(?=-)", "- ", ontology.key)  # a comment must not hold two dashes
    lines = [f"<!-- {key}: generated, change the ontology instead -->", "<View>"]
    lines.append(f'  <Labels name="{LABELS_CONTROL}" toName="{TEXT_OBJECT}" showInline="true">')
    for i, label in enumerate(ontology.labels):
        hotkey = f' hotkey="{_HOTKEYS[i]}"' if i < len(_HOTKEYS) else ""
        lines.append(f'    <Label value={quoteattr(label)} background="{colours[label]}"{hotkey}/>')
    lines.append("  </Labels>")
    if ontology.roles:
        lines.append("  <Relations>")
        lines += [f"    <Relation value={quoteattr(role.name)}/>" for role in ontology.roles]
        lines.append("  </Relations>")
    lines.append('  <View style="white-space: pre-wrap">')
    lines.append(f'    <Text name="{TEXT_OBJECT}" value="$text" granularity="word"/>')
    lines.append("  </View>")
    for attribute in ontology.attributes:
        of = ontology.trigger_names if attribute.of == "triggers" else attribute.of
        where = f'name={quoteattr(attribute.name)} toName="{TEXT_OBJECT}" perRegion="true"'
        when = f'whenTagName="{LABELS_CONTROL}" whenLabelValue={quoteattr(",".join(of))}'
        if not attribute.values:
            lines.append(f'  <TextArea {where} editable="true" {when}/>')
            continue
        choice = "multiple" if attribute.multiple else "single"
        lines.append(f'  <Choices {where} choice="{choice}" showInline="true" {when}>')
        lines += [f"    <Choice value={quoteattr(value.name)}/>" for value in attribute.values]
        lines.append("  </Choices>")
    return "\n".join([*lines, "</View>"]) + "\n"


def adjudication_config(ontology: Ontology) -> str:
    """The configuration for deciding between annotators: the list of their differences stands above the text."""
    view, rest = "<View>\n", label_config(ontology).partition("<View>\n")
    shown = (
        f'  <View style="white-space: pre-wrap; border-left: 4px solid #c77700; padding-left: 12px">\n'
        f'    <Text name="{DIFFERENCES_OBJECT}" value="${DIFFERENCES_OBJECT}"/>\n  </View>\n'
    )
    return rest[0] + view + shown + rest[2]


def is_made_from(ontology: Ontology, config: str) -> bool:
    """Whether a configuration is one that was generated from this ontology."""
    return config.strip() in (label_config(ontology).strip(), adjudication_config(ontology).strip())


def read_label_config(content: str, *, place: str) -> Ontology:
    """Read any project's configuration as an ontology: every label an entity, roles unconstrained, spans may overlap.

    Controls for each region become attributes: Choices; Taxonomy, whose values are paths (``Violence > Shelling``);
    TextArea, Number and Rating, which are free text.

    Raises:
        OntologyError: if it is not well-formed XML, uses entities or external references, or has no labels.
    """
    root = parse_config(content, place)
    labels = [e.get("alias") or e.get("value") or "" for e in root.iter("Label")]
    controls = [e for e in root.iter() if e.tag in _ATTRIBUTE_TAGS and e.get("perRegion") == "true"]
    relations = [e.get("value") or "" for e in root.iter("Relation")]
    entities = list(dict.fromkeys(filter(None, labels)))
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
                "values": [{"name": value} for value in _values(e)],
                "multiple": e.tag in ("Taxonomy", "TextArea") or e.get("choice") == "multiple",
            }
            for e in controls
        ],
    }
    return parse_ontology(data, place=place)


def read_text_object(path: Path) -> tuple[str | None, str]:
    """Which object of a configuration holds the article: its name and the key of ``data`` (None, text where unsaid).

    Raises:
        OntologyError: if several Text objects have labels, or the text is hypertext (its offsets are XPaths).
    """
    return text_object_of(parse_config(read_text(path), str(path)), str(path))


def text_object_of(root: Element, place: str) -> tuple[str | None, str]:
    """As ``read_text_object``, of a configuration that was parsed."""
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
    """The objects that a control is for."""
    return (control.get("toName") or "").split(",")


def parse_config(content: str, place: str) -> Element:
    """A configuration as a tree.

    Raises:
        OntologyError: if it is not well-formed XML, or uses entities or external references.
    """
    try:
        root: Element = SafeElementTree.fromstring(content)
    except SafeElementTree.ParseError as error:
        raise OntologyError(f"{place}: not well-formed XML ({error})") from None
    except DefusedXmlException:
        raise OntologyError(f"{place}: XML with entity definitions or external references is not read") from None
    except (ValueError, LookupError):  # a lone surrogate; an encoding that nobody knows
        raise OntologyError(f"{place}: XML with characters that no encoding has") from None
    return root


def _values(control: Element) -> list[str]:
    if control.tag == "Taxonomy":
        return _paths(control)
    return [choice.get("alias") or choice.get("value") or "" for choice in control.iter("Choice")]


def _paths(control: Element, above: tuple[str, ...] = ()) -> list[str]:
    """Every choice of a taxonomy, in order; a nested one with the choices above it."""
    if len(above) > _DEEPEST:
        raise OntologyError(f"{above[0]}: a taxonomy of more than {_DEEPEST} levels is not read")
    found: list[str] = []
    for choice in control.findall("Choice"):
        path = (*above, choice.get("alias") or choice.get("value") or "")
        found += [PATH_SEPARATOR.join(path), *_paths(choice, path)]
    return found


def read_ontology(path: Path) -> Ontology:
    """Read an ontology from our YAML or from a Label Studio configuration (a file that ends in .xml)."""
    if path.suffix.lower() == ".xml":
        return read_label_config(read_text(path), place=str(path))
    return read_ontology_yaml(path)
