"""What annotators read before they begin: the ontology in words, as the instructions of a Label Studio project."""

from __future__ import annotations

import html
import re
from collections import defaultdict

from eventcorpus.labelstudio.config import page_hotkeys
from eventcorpus.ontology import AttributeType, Ontology, label_colours
from eventcorpus.package_data import fill_template


def instructions(ontology: Ontology) -> str:
    """Labels, links and choices with their keys, definitions and examples, in the HTML that the server lets through.

    It takes most tags, but no ``style``: colours are those of table cells.
    """

    def labels_of(attribute: AttributeType) -> str:
        return "all triggers" if attribute.of == "triggers" else ", ".join(attribute.of)

    return fill_template(
        "instructions.html.j2",
        triggers=ontology.triggers,
        entities=ontology.entities,
        roles=ontology.roles,
        attributes=ontology.attributes,
        labels_of=labels_of,
        colours=label_colours(ontology.labels),
        hotkeys=defaultdict(str, page_hotkeys(ontology)),
    )


def have_the_same_words(one: str, other: str) -> bool:
    """Whether two instructions read the same: the server writes tags and entities in its own way."""
    return _words(one) == _words(other)


def _words(instruction: str) -> list[str]:
    return html.unescape(re.sub("<[^>]*>", " ", instruction)).split()
