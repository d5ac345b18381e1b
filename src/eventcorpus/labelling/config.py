"""The Label Studio configuration: written from an ontology, and read as one when a project is not ours."""

from __future__ import annotations

import re
from pathlib import Path
from xml.sax.saxutils import quoteattr

import defusedxml.ElementTree as SafeElementTree
from defusedxml.common import DefusedXmlException

from eventcorpus.errors import OntologyError
from eventcorpus.files import read_text
from eventcorpus.highlight import label_colours
from eventcorpus.ontology import Ontology, parse_ontology, read_ontology_yaml

LABELS_CONTROL = "label"
TEXT_OBJECT = "text"
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
        lines.append(
            f'  <Choices name={quoteattr(attribute.name)} toName="{TEXT_OBJECT}" perRegion="true" choice="single" '
            f'showInline="true" whenTagName="{LABELS_CONTROL}" whenLabelValue={quoteattr(",".join(of))}>'
        )
        lines += [f"    <Choice value={quoteattr(value.name)}/>" for value in attribute.values]
        lines.append("  </Choices>")
    return "\n".join([*lines, "</View>"]) + "\n"


def read_label_config(content: str, *, place: str) -> Ontology:
    """Read any project's configuration as an ontology: every label an entity, roles unconstrained, spans may overlap.

    Raises:
        OntologyError: if it is not well-formed XML, uses entities or external references, or has no labels.
    """
    try:
        root = SafeElementTree.fromstring(content)
    except SafeElementTree.ParseError as error:
        raise OntologyError(f"{place}: not well-formed XML ({error})") from None
    except DefusedXmlException:
        raise OntologyError(f"{place}: XML with entity definitions or external references is not read") from None
    labels = [e.get("alias") or e.get("value") or "" for e in root.iter("Label")]
    choices = [e for e in root.iter("Choices") if e.get("perRegion") == "true"]
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
                "values": [{"name": c.get("alias") or c.get("value") or ""} for c in e.iter("Choice")],
            }
            for e in choices
        ],
    }
    return parse_ontology(data, place=place)


def read_ontology(path: Path) -> Ontology:
    """Read an ontology from our YAML or from a Label Studio configuration (a file that ends in .xml)."""
    if path.suffix.lower() == ".xml":
        return read_label_config(read_text(path), place=str(path))
    return read_ontology_yaml(path)
