"""The controls of a Label Studio configuration, and whether they can show a prediction.

A control is what annotators mark a text with: labels, relations, and attributes for each region. Predictions are
written for the controls that a project has, so that they also fit projects that eventcorpus did not make: roles and
attributes without a control are left out and counted, and so are values that annotators leave unset.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from eventcorpus.errors import OntologyError
from eventcorpus.labelstudio.config import (
    LABELS_CONTROL,
    PATH_SEPARATOR,
    TEXT_OBJECT,
    is_made_from,
    is_nested,
    parse_config,
    read_label_config,
    stored_name,
    targets,
)
from eventcorpus.labelstudio.texts import text_objects_of
from eventcorpus.ontology import Ontology, attribute_name, role_name
from eventcorpus.predictions import PredictedMention, Prediction
from eventcorpus.text import listed, one_line

_WAY_OUT = "; predict with a model of these {}s, or give it the model's ontology first (labelstudio push --ontology)"


@dataclass(frozen=True)
class AttributeControl:
    """A control for each region.

    ``type`` is that of its items, ``values`` is empty if any value may be given, ``is_nested`` that they are paths.
    """

    name: str
    type: str
    labels: tuple[str, ...]
    values: tuple[str, ...] = ()
    multiple: bool = False
    is_nested: bool = False

    def item_value(self, values: tuple[str, ...]) -> dict[str, object]:
        """An attribute's values as the ``value`` of an item of this type.

        Raises:
            ValueError: if the value for a number is not a finite number, or for a rating not a whole one.
        """
        if self.is_nested:
            return {self.type: [value.split(PATH_SEPARATOR) for value in values]}
        if self.type == "textarea":
            return {"text": list(values)}
        if self.type == "datetime":
            return {"datetime": values[0]}
        if self.type in ("number", "rating"):
            number = float(values[0])
            if not math.isfinite(number) or (self.type == "rating" and not number.is_integer()):
                raise ValueError(f"no {self.type}: {values[0]}")
            return {self.type: int(number) if number.is_integer() else number}
        return {self.type: list(values)}

    def takes(self, values: tuple[str, ...]) -> bool:
        """Whether the control can show these values of one attribute."""
        if not values or (len(values) > 1 and not self.multiple):
            return False
        try:
            self.item_value(values)
        except ValueError:
            return False
        return not self.values or set(values) <= set(self.values)


@dataclass(frozen=True)
class Shown:
    """What of a prediction the controls of a project show.

    ``left_out``: why a role or attribute has no control, and of how many that is so. ``n_defaults``: values that are
    left unset, because they are the ontology's default and annotators leave them unset, too.
    """

    prediction: Prediction
    left_out: Counter[str] = field(default_factory=Counter)
    n_defaults: int = 0


@dataclass(frozen=True)
class Controls:
    """The controls on the article's text.

    ``place`` is what messages call the configuration, ``labels`` maps each label to the name of its control, ``roles``
    each role to its relation, ``attributes`` each attribute to its control; ``text_object`` is the ``to_name`` of all
    items, ``text_key`` where the text stands in a task's ``data``. ``defaults`` maps attributes to the value that an
    unset attribute means; it is empty where the configuration was not made from an ontology that says so.
    """

    place: str
    labels: dict[str, str]
    roles: dict[str, str]
    attributes: dict[str, AttributeControl]
    text_object: str = TEXT_OBJECT
    text_key: str = TEXT_OBJECT
    defaults: Mapping[str, str] = field(default_factory=dict)

    def label_fault(self, prediction: Prediction) -> str | None:
        """The first label that they cannot show, with those that they can and the way out."""
        unknown = (mention.label for mention in prediction.mentions if mention.label not in self.labels)
        return next((self._unknown("label", label, self.labels) + _WAY_OUT.format("label") for label in unknown), None)

    def fault(self, prediction: Prediction) -> str | None:
        """The first label, attribute, value or role that they cannot show, with what they can and the way out."""
        fault = self.label_fault(prediction)
        if fault:
            return fault
        for mention in prediction.mentions:
            for name, values in mention.attribute_values.items():
                fault = self._attribute_fault(mention, name, values)
                if fault:
                    return fault if name in self.attributes else fault + _WAY_OUT.format("attribute")
        for role in prediction.roles or ():
            if role.role not in self.roles:
                return self._unknown("role", role.role, self.roles) + _WAY_OUT.format("role")
        return None

    def shown(self, prediction: Prediction) -> Shown:
        """The prediction without the roles and attributes that have no control, and without default values.

        Of several values of one attribute all are shown, or none: a part of them would say something else.

        Args:
            prediction: has labels of these controls only (see ``label_fault``).
        """
        left_out = Counter[str]()
        n_defaults = 0
        mentions: list[PredictedMention] = []
        for mention in prediction.mentions:
            kept: dict[str, str | tuple[str, ...]] = {}
            for name, said in (mention.attributes or {}).items():
                values = mention.attribute_values[name]
                fault = self._attribute_fault(mention, name, values)
                if fault:
                    left_out[fault] += 1
                elif values == (self.defaults.get(name),):
                    n_defaults += 1
                else:
                    kept[name] = said
            mentions.append(mention.model_copy(update={"attributes": kept}) if mention.attributes else mention)
        left_out.update(
            self._unknown("role", role.role, self.roles)
            for role in prediction.roles or ()
            if role.role not in self.roles
        )
        roles = None if prediction.roles is None else tuple(r for r in prediction.roles if r.role in self.roles)
        shown = prediction.model_copy(update={"mentions": tuple(mentions), "roles": roles})
        return Shown(shown, left_out, n_defaults)

    def _attribute_fault(self, mention: PredictedMention, name: str, values: tuple[str, ...]) -> str | None:
        control = self.attributes.get(name)
        if control is None:
            return self._unknown("attribute", name, self.attributes)
        if mention.label not in control.labels:
            labels = listed(control.labels)
            return f"{mention.label} cannot have the attribute {one_line(name)} in {self.place}; it is of {labels}"
        if not control.takes(values):
            allowed = listed(control.values) if control.values else f"one {control.type}"
            given = f"{one_line(name)}={one_line(', '.join(values))}"
            return f"{given} cannot be said in {self.place}; the attribute takes {allowed}"
        return None

    def _unknown(self, kind: str, name: str, known: Iterable[str]) -> str:
        return f"the {kind} {one_line(name)} is not in {self.place}, which has {listed(known)}"


def ontology_controls(ontology: Ontology) -> Controls:
    """The controls of the configuration that ``label_config`` writes for an ontology, and its defaults."""
    controls = {
        attribute.name: AttributeControl(
            name=attribute.name,
            type="choices" if attribute.values else "textarea",
            labels=ontology.labels_of(attribute),
            values=tuple(value.name for value in attribute.values),
            multiple=attribute.multiple or not attribute.values,
        )
        for attribute in ontology.attributes
    }
    roles = {role.name: role.name for role in ontology.roles}
    labels = dict.fromkeys(ontology.labels, LABELS_CONTROL)
    return Controls(ontology.key, labels, roles, controls, defaults=_defaults(ontology))


def read_controls(config: str, *, place: str, ontology: Ontology | None = None) -> Controls:
    """Read the controls of any project's configuration.

    Args:
        ontology: its defaults are taken if the configuration was made from it: there, and nowhere else, an unset
            attribute means the default (``pull`` then writes the ontology beside the export, for ``convert``).

    Raises:
        OntologyError: if it cannot be read, or no labels are drawn on one text.
    """
    root = parse_config(config, place)
    objects = text_objects_of(root, place)
    (text_object, text_key), turn_key = (objects[0].name, objects[0].key), objects[0].turn_key
    if text_object is None:
        raise OntologyError(f"{place}: no <Labels> on a <Text> in its configuration; predictions are stretches of one")
    if len(objects) > 1 or turn_key is not None:
        found = ", ".join(str(shown.name) for shown in objects)
        raise OntologyError(
            f"{place}: labels are drawn on {found}; predictions are for one <Text> per article, make a project of each"
        )
    defaults = _defaults(ontology) if ontology is not None and is_made_from(ontology, config) else {}
    written = read_label_config(config, place=place)
    labels: dict[str, str] = {}
    for control in root.iter("labels"):
        if text_object in targets(control):
            for label in control.iter("label"):
                labels.setdefault(stored_name(label), control.get("name") or "")
    labels.pop("", None)
    relations = [(e.get("value") or "").strip() for e in root.iter("relation")]
    roles = {role_name(relation, written.labels): relation for relation in relations if relation}
    elements = {
        attribute_name(name, [*written.labels, *relations]): (name, e)
        for e in root.iter()
        if (e.get("perregion") or "").lower() == "true" and text_object in targets(e) and (name := e.get("name") or "")
    }
    attributes = {
        attribute.name: AttributeControl(
            name=elements[attribute.name][0],
            type=elements[attribute.name][1].tag,
            labels=written.labels_of(attribute),
            values=tuple(value.name for value in attribute.values),
            multiple=attribute.multiple,
            is_nested=is_nested(elements[attribute.name][1]),
        )
        for attribute in written.attributes
        if attribute.name in elements
    }
    return Controls(place, labels, roles, attributes, text_object, text_key, defaults)


def _defaults(ontology: Ontology) -> dict[str, str]:
    return {attribute.name: attribute.default for attribute in ontology.attributes if attribute.default is not None}
