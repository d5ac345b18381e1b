"""An ontology made of what a corpus holds.

Comes in: documents. Goes out: their labels, roles and attributes as an ontology.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from eventcorpus.corpus.public.documents import PIECES, Document, Found
from eventcorpus.errors import InputError
from eventcorpus.ontology import Ontology, parse_ontology


def ontology_of(found: Found, documents: Iterable[Document]) -> Ontology:
    """An ontology with everything that is there, in alphabetical order; spans may overlap, roles link anything.

    A role or attribute that has the name of a label is called ``Place (role)``, ``Place (attribute)``.

    Raises:
        InputError: if nothing is marked; OntologyError, if a name cannot be a label.
    """
    documents = list(documents)
    marks = [mark for document in documents for mark in document.marks if not mark.fault]
    triggers = {mark.label for mark in marks if mark.is_trigger}
    labels = triggers | {mark.label for mark in marks}
    entities = [*found.labels, *sorted(labels - triggers - set(found.labels))]
    if not triggers and not entities:
        raise InputError(
            f"{found.name}: nothing is marked in {len(documents)} documents; name the labels with --ontology"
        )
    roles = {link.role for document in documents for link in document.links if not link.fault}
    said_of: dict[str, dict[str, set[str]]] = {}
    several: set[str] = set()
    for mark in marks:
        for name, value in mark.attributes:
            said_of.setdefault(name, {}).setdefault(mark.label, set()).add(value)
        if len(mark.pieces) > 1:
            said_of.setdefault(PIECES, {}).setdefault(mark.label, set())
        several |= {name for name, n in Counter(name for name, _ in mark.attributes).items() if n > 1}
    free = found.free | {PIECES}
    attributes = [
        {
            "name": attribute_name(name, labels | roles),
            "of": sorted(of),
            "values": [] if name in free else [{"name": value} for value in sorted(set().union(*of.values()))],
            "multiple": name in several,
        }
        for name, of in sorted(said_of.items())
    ]
    data = {
        "name": found.name,
        "version": "1.0.0",
        "flat": False,
        "triggers": [{"name": name} for name in sorted(triggers)],
        "entities": [{"name": name} for name in entities],
        "roles": [{"name": role_name(name, labels)} for name in sorted(roles)],
        "attributes": attributes,
    }
    return parse_ontology(data, place=found.name)


def role_name(name: str, labels: Iterable[str]) -> str:
    """The name of a role beside labels."""
    return f"{name} (role)" if name in labels else name


def attribute_name(name: str, others: Iterable[str]) -> str:
    """The name of an attribute beside labels and roles."""
    return f"{name} (attribute)" if name in others else name
