"""The ontology: which labels, roles and attributes exist, and what may link to what.

Comes in: ``ontology.yaml``. Goes out: a checked, frozen ``Ontology``. ``corpus/ontology.yaml`` is the worked example
of the format. Order in the file is the order of labels everywhere: entities after triggers.
"""

from __future__ import annotations

import colorsys
import re
from collections import Counter
from collections.abc import Collection, Iterable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from eventcorpus.errors import OntologyError
from eventcorpus.files import parse_as, read_yaml

EnglishPattern = Literal["weekday", "month", "people"]
ENGLISH_PATTERNS: tuple[str, ...] = get_args(EnglishPattern)
"""Patterns that ``check`` knows by name (``corpus.checks.spans``)."""


class Checks(BaseModel):
    """The section ``checks`` of an ontology.

    ``expects``: by trigger label, roles of which every trigger of it should have at least one.
    ``patterns``: by label, what in a text should be labelled at all: names of patterns that ``check`` knows, or regular
    expressions between slashes (``/\\bRamadan\\b/``; a group, if there is one, is what should be labelled).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    expects: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    patterns: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def faults(self, *, triggers: Collection[str], labels: Collection[str], roles: Collection[str]) -> list[str]:
        """What in the section names nothing, in words."""
        found = [f"expects names {x!r}, which is no trigger" for x in self.expects if x not in triggers]
        for label, expected in self.expects.items():
            found += [f"expects of {label} names {x!r}, which is no role" for x in expected if x not in roles]
            found += [] if expected else [f"expects of {label} is empty; list the roles of which one should be there"]
        found += [f"patterns names {x!r}, which is no label" for x in self.patterns if x not in labels]
        return found + [fault for named in self.patterns.values() for x in named if (fault := _pattern_fault(x))]


def expression_of(pattern: str) -> str | None:
    """The regular expression between the slashes, or None for the name of a pattern."""
    return pattern[1:-1] if len(pattern) > 2 and pattern[0] == pattern[-1] == "/" else None


def _pattern_fault(pattern: str) -> str | None:
    expression = expression_of(pattern)
    if expression is None:
        known = ", ".join(ENGLISH_PATTERNS)
        return (
            None if pattern in ENGLISH_PATTERNS else f"the pattern {pattern!r} is neither one of {known} nor a /regex/"
        )
    try:
        re.compile(expression)
    except re.error as error:
        return f"the pattern {pattern!r} is no regular expression ({error})"
    return None


Name = Annotated[str, Field(pattern=r"^[^\s\p{C}]([^\p{C}]*[^\s\p{C}])?$", max_length=100)]
Version = Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(_Part):
    """A trigger or entity label. ``maps_to`` names the same idea elsewhere, such as ``acled``."""

    name: Name
    definition: str = ""
    examples: tuple[str, ...] = ()
    maps_to: dict[str, str] = Field(default_factory=dict)


class Signature(_Part):
    """From which triggers (``all``: any) to which labels (``triggers``: any trigger, ``same``: the same label)."""

    from_: tuple[str, ...] | Literal["all"] = Field(alias="from", default="all")
    to: tuple[str, ...] | Literal["triggers", "same"]


class RoleType(_Part):
    """A directed link from a trigger. ``joins_events``: triggers linked by it (transitively) tell one event."""

    name: Name
    definition: str = ""
    signatures: tuple[Signature, ...] = ()
    joins_events: bool = False


class AttributeValue(_Part):
    """One choice of an attribute."""

    name: Name
    definition: str = ""


class AttributeType(_Part):
    """What is said of each span of the labels ``of``; without a ``default`` it may be missing.

    No ``values``: free text. ``multiple``: several values at once.
    """

    name: Name
    definition: str = ""
    of: tuple[str, ...] | Literal["triggers"]
    values: tuple[AttributeValue, ...] = ()
    default: str | None = None
    multiple: bool = False

    def takes(self, value: str) -> bool:
        """Whether this is one of its values."""
        return not self.values or value in [known.name for known in self.values]


class Change(_Part):
    """What changed in one version (names of labels, roles or attributes), so that older data can follow."""

    version: Version
    renamed: dict[Name, Name] = Field(default_factory=dict)
    merged: dict[Name, Name] = Field(default_factory=dict)
    split: dict[Name, tuple[Name, ...]] = Field(default_factory=dict)
    added: tuple[Name, ...] = ()
    removed: tuple[Name, ...] = ()


class Ontology(_Part):
    """A checked ontology; raises nothing once it exists."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    name: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    version: Version
    flat: bool = True
    triggers: tuple[Label, ...] = ()
    entities: tuple[Label, ...] = ()
    roles: tuple[RoleType, ...] = ()
    attributes: tuple[AttributeType, ...] = ()
    changes: tuple[Change, ...] = ()
    checks: Checks = Checks()

    @property
    def key(self) -> str:
        """``name@version``, as tasks and datasets carry it."""
        return f"{self.name}@{self.version}"

    @cached_property
    def trigger_names(self) -> tuple[str, ...]:
        """Trigger labels in ontology order."""
        return tuple(label.name for label in self.triggers)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """All labels in ontology order: triggers, then entities."""
        return self.trigger_names + tuple(label.name for label in self.entities)

    @cached_property
    def rank(self) -> dict[str, int]:
        """Position of every label in ontology order."""
        return {label: i for i, label in enumerate(self.labels)}

    @cached_property
    def event_link(self) -> str | None:
        """The role that joins triggers into events, if there is one."""
        return next((role.name for role in self.roles if role.joins_events), None)

    @cached_property
    def _allowed(self) -> dict[str, set[tuple[str, str]]]:
        pairs: dict[str, set[tuple[str, str]]] = {}
        for role in self.roles:
            allowed = pairs.setdefault(role.name, set())
            for signature in role.signatures:
                for source in self.trigger_names if signature.from_ == "all" else signature.from_:
                    targets = {"triggers": self.trigger_names, "same": (source,)}.get(str(signature.to), signature.to)
                    allowed |= {(source, str(target)) for target in targets}
        return pairs

    def allows(self, role: str, trigger_label: str, argument_label: str) -> bool:
        """Whether a role may link these two labels; a role without signatures links anything."""
        pairs = self._allowed.get(role)
        return pairs is not None and (not pairs or (trigger_label, argument_label) in pairs)

    def attributes_of(self, label: str) -> tuple[AttributeType, ...]:
        """The attributes that spans of this label carry, in ontology order."""
        return self._attributes.get(label, ())

    @cached_property
    def _attributes(self) -> dict[str, tuple[AttributeType, ...]]:
        labels_of = [(a, self.trigger_names if a.of == "triggers" else a.of) for a in self.attributes]
        return {label: tuple(a for a, labels in labels_of if label in labels) for label in self.labels}

    @model_validator(mode="after")
    def _check(self) -> Ontology:
        names = [*self.labels, *(r.name for r in self.roles), *(a.name for a in self.attributes)]
        twice = [name for name, n in Counter(names).items() if n > 1]
        if twice:
            raise ValueError(
                f"the name {twice[0]!r} is used twice; labels, roles and attributes need names of their own"
            )
        if not self.labels:
            raise ValueError("no labels; list at least one under triggers or entities")
        known = set(self.labels)
        for role in self.roles:
            for signature in role.signatures:
                ends = [*signature.from_] if signature.from_ != "all" else []
                unknown = [x for x in ends if x not in self.trigger_names]
                unknown += [x for x in signature.to if x not in known] if isinstance(signature.to, tuple) else []
                if unknown:
                    raise ValueError(
                        f"role {role.name!r} names {unknown[0]!r}, which is not among the labels it may use"
                    )
        if sum(role.joins_events for role in self.roles) > 1:
            raise ValueError("only one role may have joins_events")
        for attribute in self.attributes:
            values = [value.name for value in attribute.values]
            if attribute.default is not None and not attribute.takes(attribute.default):
                raise ValueError(
                    f"attribute {attribute.name!r}: the default {attribute.default!r} is none of its values {values}"
                )
            if isinstance(attribute.of, tuple) and not set(attribute.of) <= known:
                raise ValueError(f"attribute {attribute.name!r} is of {attribute.of}, not all of them labels")
        roles = [role.name for role in self.roles]
        for fault in self.checks.faults(triggers=self.trigger_names, labels=known, roles=roles):
            raise ValueError(f"checks: {fault}")
        versions = [version_key(change.version) for change in self.changes]
        if versions != sorted(set(versions)) or any(v > version_key(self.version) for v in versions):
            raise ValueError(f"changes must ascend by version, none above {self.version}")
        return self


def version_key(version: str) -> tuple[int, ...]:
    """Order of semantic versions."""
    return tuple(int(part) for part in version.split("."))


def parse_ontology(data: Any, *, place: str) -> Ontology:
    """Check the content of an ontology file.

    Raises:
        OntologyError: naming the place, the key and what is wrong with its value.
    """
    return parse_as(Ontology, data, place=place, error=OntologyError)


def read_ontology_yaml(path: Path) -> Ontology:
    """Read and check an ontology in our YAML."""
    return parse_ontology(read_yaml(path, what="an ontology", error=OntologyError), place=str(path))


def ontology_yaml(ontology: Ontology) -> str:
    """The ontology as YAML text, such that reading it gives the same ontology."""
    data = ontology.model_dump(by_alias=True, exclude_defaults=True, mode="json")
    return yaml.safe_dump({"schema": 1} | data, sort_keys=False, allow_unicode=True, width=100)


def label_colours(labels: Iterable[str]) -> dict[str, str]:
    """One colour a label, as #rrggbb, spread over the circle by the golden angle so that neighbours differ."""
    colours = {}
    for i, label in enumerate(labels):
        red, green, blue = colorsys.hls_to_rgb((i * 137.508 / 360) % 1, 0.42, 0.62)
        colours[label] = f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
    return colours
