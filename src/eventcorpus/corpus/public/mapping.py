"""From the labels and roles of one corpus to those of another ontology, by a file that says so for each.

Comes in: a map in YAML or JSON and the ontology of the data. Goes out: a ``Mapper``, complete and checked.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eventcorpus.errors import InputError, OntologyError
from eventcorpus.files import read_text
from eventcorpus.ontology import Name, Ontology, parse_ontology, read_ontology_yaml

_Model = TypeVar("_Model", bound=BaseModel)


class LabelMap(BaseModel):
    """What each label and role becomes; null: left out. Without ``roles`` all roles keep their names.

    ``ontology`` is the one that the new names are from: a file, beside the map or in the working directory.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    labels: Annotated[dict[Name, Name | None], Field(min_length=1)]
    roles: dict[Name, Name | None] | None = None
    ontology: str | None = None


def read_label_map(path: Path) -> LabelMap:
    """Read a map.

    Raises:
        InputError: naming the key that does not fit.
    """
    return read_map(path, LabelMap)


def read_map(path: Path, model: type[_Model]) -> _Model:
    """Read a YAML or JSON file that follows a model.

    Raises:
        InputError: naming the key that does not fit.
    """
    try:
        data: Any = yaml.safe_load(read_text(path))
        return model.model_validate(data)
    except yaml.YAMLError as error:
        raise InputError(f"{path}: neither YAML nor JSON ({' '.join(str(error).split())})") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        keys = ", ".join(model.model_fields)
        raise InputError(f"{path}: {where + ': ' if where else ''}{first['msg']}; a map has the keys {keys}") from None


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a name that is not there: the nearest that is, or all."""
    listed = list(known)
    near = difflib.get_close_matches(name, listed, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}" if near else f"there are {', '.join(listed) or 'none'}"


@dataclass(frozen=True)
class Mapper:
    """Takes articles of one ontology to another: ``labels`` and ``roles`` are complete, ``place`` is the map's file."""

    source: Ontology
    target: Ontology
    labels: Mapping[str, str | None]
    roles: Mapping[str, str | None]

    @classmethod
    def of(cls, path: Path, source: Ontology) -> Mapper:
        """Read a map for an ontology.

        Raises:
            InputError: if a label or role of ``source`` is not in the map, or a new name not in the map's ontology.
        """
        label_map = read_label_map(path)
        roles = label_map.roles
        if roles is None:
            roles = {role.name: role.name for role in source.roles}
        names = [role.name for role in source.roles]
        for kind, given, present in (("label", label_map.labels, source.labels), ("role", roles, names)):
            missing = [name for name in present if name not in given]
            if missing:
                raise InputError(
                    f"{path}: the {kind} {missing[0]!r} is in the data and not in the map; "
                    f"{nearest(missing[0], given)}; map it to a {kind}, or to null to leave it out"
                )
        target = _target(path, label_map, roles, source)
        known = [role.name for role in target.roles]
        for kind, given, there in (("label", label_map.labels, target.labels), ("role", roles, known)):
            for old, new in given.items():
                if new is not None and new not in there and old in (*source.labels, *names):
                    raise InputError(f"{path}: {old}: {target.key} has no {kind} {new!r}; {nearest(new, there)}")
        return cls(source, target, label_map.labels, roles)

    def labels_annotated(self, before: Collection[str]) -> tuple[str, ...]:
        """The new labels whose absence says something: the annotator could use all old ones that become them."""
        could = {self.labels[label] for label in self.source.labels}
        could -= {self.labels[label] for label in self.source.labels if label not in before}
        return tuple(label for label in self.target.labels if label in could)


def _target(path: Path, label_map: LabelMap, roles: Mapping[str, str | None], source: Ontology) -> Ontology:
    """The ontology that the map names, or one of its new names: a label is a trigger if all that become it are."""
    if label_map.ontology is not None:
        candidates = [path.parent / label_map.ontology, Path(label_map.ontology)]
        found = next((candidate for candidate in candidates if candidate.is_file()), None)
        if found is None:
            raise InputError(f"{path}: ontology: no such file {candidates[0]}, nor {candidates[1]}")
        return read_ontology_yaml(found)
    new = {old: label_map.labels[old] for old in source.labels}
    labels = list(dict.fromkeys(label for label in new.values() if label is not None))
    if not labels:
        raise InputError(f"{path}: every label of the data is mapped to null; nothing would be left")
    entities = {new[label.name] for label in source.entities}
    renamed = list(dict.fromkeys(new_role for role in source.roles if (new_role := roles[role.name]) is not None))
    joins = {roles[role.name] for role in source.roles if role.joins_events}
    attributes = [_attribute(attribute, source, new) for attribute in source.attributes]
    data = {
        "name": f"{source.name}-mapped",
        "version": "1.0.0",
        "flat": source.flat,
        "triggers": [{"name": label} for label in labels if label not in entities],
        "entities": [{"name": label} for label in labels if label in entities],
        "roles": [{"name": name, "joins_events": name in joins} for name in renamed],
        "attributes": [attribute for attribute in attributes if attribute["of"]],
    }
    try:
        return parse_ontology(data, place=str(path))
    except OntologyError as error:
        raise InputError(str(error)) from None


def _attribute(attribute: Any, source: Ontology, new: Mapping[str, str | None]) -> dict[str, Any]:
    of = source.trigger_names if attribute.of == "triggers" else attribute.of
    return dict(attribute.model_dump()) | {"of": list(dict.fromkeys(new[label] for label in of if new[label]))}
