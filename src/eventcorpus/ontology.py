"""The ontology: which labels, roles and attributes exist, and what may link to what.

It is written as YAML; ``corpus/ontology.yaml`` is the worked example of the format. The order in the file is the order
of labels everywhere: triggers, then entities.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import Field, model_validator

from eventcorpus.errors import OntologyError, nearest
from eventcorpus.files import StrictModel, parse_as, read_yaml_as
from eventcorpus.mistakes import Location, contradiction

_A_TRIGGER = "triggers: [{name: Attack, definition: violence against people}]"
_A_NAME = {"kind": "a name of at most 100 characters, without white space at its ends and control characters"}
Name = Annotated[str, Field(pattern=r"^[^\s\p{C}]([^\p{C}]*[^\s\p{C}])?$", max_length=100, json_schema_extra=_A_NAME)]
Version = Annotated[
    str, Field(pattern=r"^\d+\.\d+\.\d+$", json_schema_extra={"kind": "three numbers with points between them"})
]
EnglishPattern = Literal["weekday", "month", "people"]
ENGLISH_PATTERNS: tuple[str, ...] = get_args(EnglishPattern)
"""Patterns that ``check`` knows by name (``corpus.checks.labels``)."""
PIECES = "pieces"
"""The attribute that says where the pieces of a discontinuous span are: ``37 41;46 50``, in the stored form."""
ORIGIN_KEY = "_origin"
"""Says in the inline notation who drew a span that was not drawn by hand; ``origin`` may be a role or attribute."""
RESERVED = frozenset({"label", "text", "disagreements", ORIGIN_KEY})
"""Names that no attribute can have: controls and texts on our pages of Label Studio, a key of the inline notation."""
ROW_KEYS = frozenset(
    {
        "article", "id", "label", "triggers", "date", "count", "cause", "sources", "claims", "confidence", "flags",
        "published", "title", "outlet", "url", "metadata",
    }
)  # fmt: skip
"""Keys of every event row (``events.rows``), whatever the ontology: roles need other names."""


def read_ontology_yaml(path: Path) -> Ontology:
    """Read and check an ontology in our YAML.

    Raises:
        OntologyError: naming the file, the line, the key, what is wrong with its value, and the way out.
    """
    return read_yaml_as(Ontology, path, what="an ontology", error=OntologyError)


def parse_ontology(data: Any, *, place: str) -> Ontology:
    """Check the content of an ontology file.

    Raises:
        OntologyError: naming the place, the key and what is wrong with its value.
    """
    return parse_as(Ontology, data, place=place, error=OntologyError)


def ontology_yaml(ontology: Ontology) -> str:
    """The ontology as YAML text, such that reading it gives the same ontology."""
    data = ontology.model_dump(by_alias=True, exclude_defaults=True, mode="json")
    return yaml.safe_dump({"schema": 1} | data, sort_keys=False, allow_unicode=True, width=100)


NO_COLOUR = "#777777"
"""The colour of a label that the ontology does not have."""


def label_colours(labels: Iterable[str]) -> dict[str, str]:
    """One colour a label, as #rrggbb, spread over the circle by the golden angle so that neighbours differ.

    Pages and the labelling page of Label Studio agree because all give ``Ontology.labels``: the place counts.
    """
    colours = {}
    for i, label in enumerate(labels):
        red, green, blue = colorsys.hls_to_rgb((i * 137.508 / 360) % 1, 0.42, 0.62)
        colours[label] = f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
    return colours


def version_key(version: str) -> tuple[int, ...]:
    """A key that sorts semantic versions: 1.10.0 comes after 1.9.0."""
    return tuple(int(part) for part in version.split("."))


def expression_of(pattern: str) -> str | None:
    """The regular expression between the slashes of a pattern, or None for the name of one of ``ENGLISH_PATTERNS``."""
    return pattern[1:-1] if len(pattern) > 2 and pattern[0] == pattern[-1] == "/" else None


def attribute_name(name: str, others: Collection[str]) -> str:
    """What an attribute of other people's data is called beside the names of labels and roles, and ours.

    >>> attribute_name("Certainty", {"Place"}), attribute_name("Place", {"Place"}), attribute_name("text", {"Place"})
    ('Certainty', 'Place (attribute)', 'text (attribute)')
    """
    return f"{name} (attribute)" if name in others or name in RESERVED else name


def role_name(name: str, labels: Collection[str]) -> str:
    """What a role of other people's data is called beside the names of labels, and ours."""
    is_ours = name == ORIGIN_KEY or (name in ROW_KEYS and name not in (RowRoles().count, RowRoles().cause))
    return f"{name} (role)" if name in labels or is_ours else name


class Label(StrictModel):
    """A trigger or entity label. ``maps_to`` names the same idea in other schemes, such as ``acled``."""

    name: Name
    definition: str = ""
    examples: tuple[str, ...] = ()
    maps_to: dict[str, str] = Field(default_factory=dict)


class Signature(StrictModel):
    """From which triggers (``all``: any) to which labels (``triggers``: any trigger, ``same``: the same label)."""

    from_: tuple[str, ...] | Literal["all"] = Field(alias="from", default="all")
    to: tuple[str, ...] | Literal["triggers", "same"]


class RoleType(StrictModel):
    """A directed link from a trigger. ``joins_events``: triggers linked by it (transitively) tell one event."""

    name: Name
    definition: str = ""
    signatures: tuple[Signature, ...] = Field(default=(), examples=["signatures: [{from: [Attack], to: [Actor]}]"])
    joins_events: bool = False


class AttributeValue(StrictModel):
    """One choice of an attribute."""

    name: Name
    definition: str = ""


class AttributeType(StrictModel):
    """What is annotated on each span of the labels ``of``; without a ``default`` it may be missing.

    Without ``values`` it is free text; ``multiple`` allows more than one value on a span. A new attribute shows by
    itself in the labelling page (``labelstudio.config``), in conversion (``annotation.check``), rows and card of a
    dataset, ``stats``, ``check``, agreement and the scores of events (``eval.events``); models learn it with the
    recipe's ``heads``, unless it is free text or takes several values.
    """

    name: Name
    definition: str = ""
    of: tuple[str, ...] | Literal["triggers"] = Field(examples=["of: triggers", "of: [Attack, Actor]"])
    values: tuple[AttributeValue, ...] = Field(default=(), examples=["values: [{name: actual}, {name: planned}]"])
    default: str | None = None
    multiple: bool = False

    def takes(self, value: str) -> bool:
        """Whether this is one of its values; free text takes any."""
        return not self.values or value in [known.name for known in self.values]


class Change(StrictModel):
    """What changed in one version (names of labels, roles or attributes), so that older data can follow."""

    version: Version
    renamed: dict[Name, Name] = Field(default_factory=dict)
    merged: dict[Name, Name] = Field(default_factory=dict)
    split: dict[Name, tuple[Name, ...]] = Field(default_factory=dict)
    added: tuple[Name, ...] = ()
    removed: tuple[Name, ...] = ()


class Checks(StrictModel):
    """The section ``checks`` of an ontology: what ``eventcorpus check`` looks for.

    ``expects``: by trigger label, roles of which every trigger of it should have at least one.
    ``patterns``: by label, which words of a text should carry the label: names of ``ENGLISH_PATTERNS``, or regular
    expressions between slashes (``/\\bRamadan\\b/``; if there is a group, the words are what it matches).
    ``without``: kinds of findings that these guidelines do not mind, such as ``determiner``.
    """

    expects: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    patterns: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    without: tuple[str, ...] = ()


class RowRoles(StrictModel):
    """The section ``rows`` of an ontology: what event rows (``events.assembly``) make of its names.

    ``places``, ``dates``, ``counts`` and ``actors``: labels whose words mean such. ``place``, ``time``, ``count``,
    ``cause``, ``source``: the roles of these columns. ``modality`` and ``scope``: the attributes that say whether it
    happened and whether it is one occurrence; ``to_come``: values of modality of events that lie in the future;
    ``actual`` and ``incident``: the values of what happened, once. Names that the ontology lacks do nothing.
    """

    places: tuple[str, ...] = ("Place", "Facility")
    dates: tuple[str, ...] = ("Time",)
    counts: tuple[str, ...] = ("Count",)
    actors: tuple[str, ...] = ("Actor", "Civilians", "Source")
    place: str = "place"
    time: str = "time"
    count: str = "count"
    cause: str = "cause"
    source: str = "source"
    modality: str = "modality"
    actual: str = "actual"
    to_come: tuple[str, ...] = ("planned", "possible")
    scope: str = "scope"
    incident: str = "incident"


class Ontology(StrictModel):
    """A checked ontology: what contradicts itself cannot be made."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    name: Annotated[str, Field(pattern=r"^[\w.-]+$")] = Field(
        examples=["name: floods"], json_schema_extra={"kind": "one word: letters, digits, _ . -"}
    )
    version: Version = Field(examples=['version: "1.0.0"'])
    flat: bool = True
    triggers: tuple[Label, ...] = Field(default=(), examples=[_A_TRIGGER])
    entities: tuple[Label, ...] = Field(default=(), examples=["entities: [{name: Actor, definition: who acts}]"])
    roles: tuple[RoleType, ...] = Field(
        default=(), examples=["roles: [{name: agent, signatures: [{from: [Attack], to: [Actor]}]}]"]
    )
    attributes: tuple[AttributeType, ...] = Field(
        default=(), examples=["attributes: [{name: modality, of: triggers, values: [{name: actual}, {name: planned}]}]"]
    )
    changes: tuple[Change, ...] = Field(default=(), examples=["changes: [{version: 1.1.0, renamed: {Old: New}}]"])
    checks: Checks = Field(
        default=Checks(), examples=["checks: {expects: {Attack: [agent]}, patterns: {Time: [weekday]}}"]
    )
    rows: RowRoles = Field(default=RowRoles(), examples=["rows: {places: [Town], dates: [Day]}"])

    @property
    def key(self) -> str:
        """``name@version``, as tasks and datasets carry it."""
        return f"{self.name}@{self.version}"

    @cached_property
    def trigger_names(self) -> tuple[str, ...]:
        """Trigger labels in ontology order."""
        return tuple(label.name for label in self.triggers)

    @cached_property
    def entity_names(self) -> tuple[str, ...]:
        """Entity labels in ontology order."""
        return tuple(label.name for label in self.entities)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """All labels in ontology order: triggers, then entities."""
        return self.trigger_names + self.entity_names

    @cached_property
    def rank(self) -> dict[str, int]:
        """Position of every label in ontology order."""
        return {label: i for i, label in enumerate(self.labels)}

    @cached_property
    def event_link(self) -> str | None:
        """The role that joins triggers into events, if there is one."""
        return next((role.name for role in self.roles if role.joins_events), None)

    def allows(self, role: str, trigger_label: str, argument_label: str) -> bool:
        """Whether a role may link these two labels; a role without signatures links anything."""
        pairs = self._allowed.get(role)
        return pairs is not None and (not pairs or (trigger_label, argument_label) in pairs)

    def attributes_of(self, label: str) -> tuple[AttributeType, ...]:
        """The attributes that spans of this label carry, in ontology order."""
        return self._attributes.get(label, ())

    def labels_of(self, attribute: AttributeType) -> tuple[str, ...]:
        """The labels whose spans carry an attribute."""
        return self.trigger_names if attribute.of == "triggers" else tuple(attribute.of)

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

    @cached_property
    def _attributes(self) -> dict[str, tuple[AttributeType, ...]]:
        return {label: tuple(a for a in self.attributes if label in self.labels_of(a)) for label in self.labels}

    @model_validator(mode="after")
    def _no_contradiction(self) -> Ontology:
        for path, what in _contradictions(self):
            raise contradiction(path, what)
        return self


_Contradictions = Iterator[tuple[Location, str]]
"""Where an ontology contradicts the rest of it, and how, in one phrase."""


def _contradictions(ontology: Ontology) -> _Contradictions:
    if not ontology.labels:
        yield (), f"no labels; list at least one under triggers or entities, such as {_A_TRIGGER}"
    yield from _contradictions_of_names(ontology)
    yield from _contradictions_of_roles(ontology)
    yield from _contradictions_of_attributes(ontology)
    yield from ((("checks", *path), f"checks: {what}") for path, what in _contradictions_of_checks(ontology))
    yield from _contradictions_of_changes(ontology)


def _contradictions_of_names(ontology: Ontology) -> _Contradictions:
    sections = ("triggers", "entities", "roles", "attributes")
    named = [(item.name, (section, i)) for section in sections for i, item in enumerate(getattr(ontology, section))]
    seen: set[str] = set()
    for name, path in named:
        if name in seen:
            yield path, f"the name {name!r} is used twice; labels, roles and attributes need names of their own"
        seen.add(name)
    for i, attribute in enumerate(ontology.attributes):
        if attribute.name in RESERVED:
            name = f"{attribute.name} (attribute)"
            what = f"the name {attribute.name!r} is ours and no attribute can have it; call it {name!r}"
            yield ("attributes", i, "name"), what
    for i, role in enumerate(ontology.roles):
        if role.name == ORIGIN_KEY:
            yield ("roles", i, "name"), "the name '_origin' is ours and no role can have it; call it 'origin'"
        if role.name in ROW_KEYS - {ontology.rows.count, ontology.rows.cause}:
            name = f"{role.name} (role)"
            what = f"the name {role.name!r} is a column of every event row and no role can have it; call it {name!r}"
            yield ("roles", i, "name"), what


def _contradictions_of_roles(ontology: Ontology) -> _Contradictions:
    for i, role in enumerate(ontology.roles):
        for j, signature in enumerate(role.signatures):
            ends = (("from", signature.from_, ontology.trigger_names), ("to", signature.to, ontology.labels))
            for key, names, known in ends:
                for name in names if isinstance(names, tuple) else ():
                    if name not in known:
                        kind = "trigger" if key == "from" else "label"
                        what = f"role {role.name!r} leads {key} {name!r}, which is no {kind}; {nearest(name, known)}"
                        yield ("roles", i, "signatures", j, key), what
    joining = [i for i, role in enumerate(ontology.roles) if role.joins_events]
    if len(joining) > 1:
        yield ("roles", joining[1], "joins_events"), "only one role may have joins_events"


def _contradictions_of_attributes(ontology: Ontology) -> _Contradictions:
    for i, attribute in enumerate(ontology.attributes):
        values = [value.name for value in attribute.values]
        if attribute.default is not None and not attribute.takes(attribute.default):
            what = (
                f"attribute {attribute.name!r}: the default {attribute.default!r} is none of its values; "
                f"{nearest(attribute.default, values)}"
            )
            yield ("attributes", i, "default"), what
        for j, value in enumerate(values):
            if value in values[:j]:
                yield ("attributes", i, "values", j), f"attribute {attribute.name!r} has the value {value!r} twice"
        for label in attribute.of if isinstance(attribute.of, tuple) else ():
            if label not in ontology.labels:
                near = nearest(label, ontology.labels)
                what = f"attribute {attribute.name!r} is of {label!r}, which is no label; {near}"
                yield ("attributes", i, "of"), what


def _contradictions_of_checks(ontology: Ontology) -> _Contradictions:
    roles = [role.name for role in ontology.roles]
    for label, expected in ontology.checks.expects.items():
        at = ("expects", label)
        if label not in ontology.trigger_names:
            yield at, f"expects names {label!r}, which is no trigger; {nearest(label, ontology.trigger_names)}"
        if not expected:
            yield at, f"expects of {label} is empty; list the roles of which one should be there"
        for role in expected:
            if role not in roles:
                yield at, f"expects of {label} names {role!r}, which is no role; {nearest(role, roles)}"
    for label, patterns in ontology.checks.patterns.items():
        at = ("patterns", label)
        if label not in ontology.rank:
            yield at, f"patterns names {label!r}, which is no label; {nearest(label, ontology.labels)}"
        for pattern in patterns:
            expression = expression_of(pattern)
            if expression is None and pattern not in ENGLISH_PATTERNS:
                known = ", ".join(ENGLISH_PATTERNS)
                yield at, f"the pattern {pattern!r} is neither one of {known} nor a /regex/"
            try:
                re.compile(expression or "")
            except re.error as error:
                yield at, f"the pattern {pattern!r} is no regular expression ({error})"


def _contradictions_of_changes(ontology: Ontology) -> _Contradictions:
    versions = [version_key(change.version) for change in ontology.changes]
    if versions != sorted(set(versions)) or any(version > version_key(ontology.version) for version in versions):
        yield ("changes",), f"changes must ascend by version, none above {ontology.version}"
    known = [*ontology.labels, *(role.name for role in ontology.roles), *(a.name for a in ontology.attributes)]
    for i, change in enumerate(ontology.changes):
        later = ontology.changes[i + 1 :]
        for key in ("renamed", "merged"):
            for old, new in getattr(change, key).items():
                if _is_known(new, later, known):
                    continue
                if _is_known(old, later, known):
                    round_ = f"the wrong way round; write {key}: {{{new}: {old}}}"
                    what = f"{old!r} is in the ontology and {new!r} is not: {round_}"
                else:
                    what = f"{key} to {new!r}, which is not in the ontology; {nearest(new, known)}"
                yield ("changes", i, key, old), f"changes, {change.version}: {what}"
        for name in change.added:
            if not _is_known(name, later, known):
                what = f"added names {name!r}, which is not in the ontology; {nearest(name, known)}"
                yield ("changes", i, "added"), f"changes, {change.version}: {what}"


def _is_known(name: str, later: tuple[Change, ...], known: Collection[str]) -> bool:
    """Whether a name of one version is in the ontology, or went with a later change."""
    for change in later:
        if name in change.removed or name in change.split:
            return True
        name = change.renamed.get(name, change.merged.get(name, name))
    return name in known
