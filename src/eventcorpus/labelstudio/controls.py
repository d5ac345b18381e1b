"""What a Label Studio configuration lets one say of a text, and whether a prediction says anything else.

Comes in: the configuration of a live project, or an ontology. Goes out: by which control each label and attribute is
said, so that predictions fit projects that we did not make.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from eventcorpus.errors import OntologyError
from eventcorpus.labelstudio.config import (
    LABELS_CONTROL,
    PATH_SEPARATOR,
    TEXT_OBJECT,
    parse_config,
    read_label_config,
    targets,
    text_object_of,
)
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import PredictedMention, Prediction
from eventcorpus.text import one_line

LISTED = 12
"""How many names a message lists."""


@dataclass(frozen=True)
class AttributeControl:
    """A control for each region; ``type`` is that of its items, ``values`` are empty where any may be said."""

    name: str
    type: str
    labels: tuple[str, ...]
    values: tuple[str, ...] = ()
    multiple: bool = False

    def value(self, said: tuple[str, ...]) -> dict[str, object]:
        """The values as an item's ``value`` has them.

        Raises:
            ValueError: if a number or rating is none.
        """
        if self.type == "taxonomy":
            return {"taxonomy": [one.split(PATH_SEPARATOR) for one in said]}
        if self.type == "textarea":
            return {"text": list(said)}
        if self.type in ("number", "rating"):
            number = float(said[0])
            if not math.isfinite(number) or (self.type == "rating" and not number.is_integer()):
                raise ValueError(f"no {self.type}: {said[0]}")
            return {self.type: int(number) if number.is_integer() else number}
        return {self.type: list(said)}

    def takes(self, said: tuple[str, ...]) -> bool:
        """Whether these values can be said with it."""
        if not said or (len(said) > 1 and not self.multiple):
            return False
        try:
            self.value(said)
        except ValueError:
            return False
        return not self.values or set(said) <= set(self.values)


@dataclass(frozen=True)
class Controls:
    """The controls on the article's text: label to the name of its control, roles, attributes.

    ``text_object`` is the ``to_name`` of all items, ``text_key`` where the text stands in a task's ``data``.
    """

    place: str
    labels: dict[str, str]
    roles: tuple[str, ...]
    attributes: dict[str, AttributeControl]
    text_object: str = TEXT_OBJECT
    text_key: str = TEXT_OBJECT

    def fault(self, prediction: Prediction) -> str | None:
        """The first label, attribute, value or role that cannot be said here, with what there is and the way out."""
        for mention in prediction.mentions:
            if mention.label not in self.labels:
                return self._unknown("label", mention.label, self.labels)
            for name, said in mention.attribute_values.items():
                fault = self._attribute_fault(mention, name, said)
                if fault:
                    return fault
        for role in prediction.roles or ():
            if role.role not in self.roles:
                return self._unknown("role", role.role, self.roles)
        return None

    def _attribute_fault(self, mention: PredictedMention, name: str, said: tuple[str, ...]) -> str | None:
        control = self.attributes.get(name)
        if control is None:
            return self._unknown("attribute", name, self.attributes)
        if mention.label not in control.labels:
            return (
                f"{mention.label} cannot have the attribute {one_line(name)} in {self.place}; it is of "
                f"{_listed(control.labels)}"
            )
        if not control.takes(said):
            may = _listed(control.values) if control.values else f"one {control.type}"
            value = f"{one_line(name)}={one_line(', '.join(said))}"
            return f"{value} cannot be said in {self.place}; the attribute takes {may}"
        return None

    def _unknown(self, what: str, name: str, known: Iterable[str]) -> str:
        return (
            f"the {what} {one_line(name)} is not in {self.place}, which has {_listed(known)}; predict with a model of "
            f"these {what}s, or give it the model's ontology first (labelstudio push --ontology)"
        )


def ontology_controls(ontology: Ontology) -> Controls:
    """The controls of the configuration that we write for an ontology."""
    attributes = [
        AttributeControl(
            name=attribute.name,
            type="choices" if attribute.values else "textarea",
            labels=ontology.trigger_names if attribute.of == "triggers" else tuple(attribute.of),
            values=tuple(value.name for value in attribute.values),
            multiple=attribute.multiple or not attribute.values,
        )
        for attribute in ontology.attributes
    ]
    return Controls(
        place=ontology.key,
        labels=dict.fromkeys(ontology.labels, LABELS_CONTROL),
        roles=tuple(role.name for role in ontology.roles),
        attributes={control.name: control for control in attributes},
    )


def read_controls(config: str, *, place: str) -> Controls:
    """The controls of any project's configuration.

    Raises:
        OntologyError: if there are no labels on one text.
    """
    root = parse_config(config, place)
    text_object, text_key = text_object_of(root, place)
    if text_object is None:
        raise OntologyError(f"{place}: no <Labels> on a <Text> in its configuration; predictions are stretches of one")
    ontology = read_label_config(config, place=place)
    labels: dict[str, str] = {}
    for control in root.iter("Labels"):
        if text_object in targets(control):
            for label in control.iter("Label"):
                labels.setdefault(label.get("alias") or label.get("value") or "", control.get("name") or "")
    labels.pop("", None)
    types = {e.get("name"): e.tag.lower() for e in root.iter() if e.get("perRegion") == "true"}
    here = {e.get("name") for e in root.iter() if text_object in targets(e)}
    attributes = {
        attribute.name: AttributeControl(
            name=attribute.name,
            type=types[attribute.name],
            labels=tuple(attribute.of),
            values=tuple(value.name for value in attribute.values),
            multiple=attribute.multiple,
        )
        for attribute in ontology.attributes
        if attribute.name in types and attribute.name in here
    }
    return Controls(place, labels, tuple(role.name for role in ontology.roles), attributes, text_object, text_key)


def _listed(names: Iterable[str]) -> str:
    known = list(names)
    rest = f" and {len(known) - LISTED} more" if len(known) > LISTED else ""
    return (", ".join(known[:LISTED]) + rest) or "none"
