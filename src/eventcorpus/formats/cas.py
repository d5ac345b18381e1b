"""A UIMA CAS: feature structures with types, read from XMI (https://uima.apache.org) or from CAS JSON 0.4.

Both hold a text (the *sofa*), feature structures with ids, and a type system that says which of them are annotations
and which of their features are references. Here the value of a feature is a tuple of strings: one for a number or a
name, several for a list; a reference is the id of what it leads to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any
from xml.etree.ElementTree import Element

import defusedxml.ElementTree as SafeElementTree
from defusedxml.common import DefusedXmlException

from eventcorpus.errors import InputError

ANNOTATION, TOP, STRING, FS_ARRAY = "uima.tcas.Annotation", "uima.cas.TOP", "uima.cas.String", "uima.cas.FSArray"
FEATURE_STRUCTURES = "%FEATURE_STRUCTURES"
XMI = "{http://www.omg.org/XMI}XMI"
_XMI_ID = "{http://www.omg.org/XMI}id"
_PRIMITIVES = frozenset(
    f"uima.cas.{name}" for name in ("Boolean", "Byte", "Short", "Integer", "Long", "Float", "Double", "String")
)
_BUILT_IN = {
    "uima.cas.AnnotationBase": TOP,
    ANNOTATION: "uima.cas.AnnotationBase",
    "uima.tcas.DocumentAnnotation": ANNOTATION,
}
_MOST_ABOVE = 100
"""Types above a type, at most."""


def _is_list(type_name: str) -> bool:
    return type_name.endswith("[]") or (type_name.startswith("uima.cas.") and type_name.endswith(("Array", "List")))


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of a type. ``range`` is the type of its value; ``shared``: a list that is a structure of its own."""

    name: str
    range: str
    shared: bool = False

    @property
    def is_list(self) -> bool:
        """Whether it has several values."""
        return _is_list(self.range)

    @property
    def of_value(self) -> str:
        """The type of one value."""
        if self.range.endswith("[]") or not self.is_list:
            return self.range.removesuffix("[]")
        return self.range.removesuffix("Array").removesuffix("List")


@dataclass
class TypeSystem:
    """Types by name: the type above each, and the features that it adds."""

    above: dict[str, str] = field(default_factory=lambda: dict(_BUILT_IN))
    own: dict[str, dict[str, Feature]] = field(default_factory=dict)

    def line_of(self, name: str) -> Iterator[str]:
        """A type and the types above it."""
        for _ in range(_MOST_ABOVE):
            yield name
            if name not in self.above:
                return
            name = self.above[name]

    def is_annotation(self, name: str) -> bool:
        """Whether structures of a type stand at a place in the text."""
        return ANNOTATION in self.line_of(name)

    def features_of(self, name: str) -> dict[str, Feature]:
        """The features of a type by name, without those that every annotation has; the inherited first."""
        found: dict[str, Feature] = {}
        for each in reversed(list(self.line_of(name))):
            found |= self.own.get(each, {})
        return {name: each for name, each in found.items() if name not in ("sofa", "begin", "end")}

    def is_text(self, feature: Feature) -> bool:
        """Whether the values of a feature are strings, numbers or truth values, and no references."""
        return not _PRIMITIVES.isdisjoint(self.line_of(feature.of_value))


@dataclass(frozen=True, slots=True)
class Structure:
    """A feature structure."""

    id: str
    type: str
    values: Mapping[str, tuple[str, ...]]

    def value(self, name: str) -> str:
        """The value of a feature that has one; empty if it has none."""
        values = self.values.get(name, ())
        return values[0] if values else ""


@dataclass
class Cas:
    """The content of one file. ``members`` are the ids that views list: others are no annotations (any more)."""

    types: TypeSystem
    structures: dict[str, Structure]
    members: set[str]

    @property
    def sofas(self) -> list[Structure]:
        """The texts, that of the initial view first."""
        found = [each for each in self.structures.values() if each.type == "uima.cas.Sofa"]
        return sorted(found, key=lambda sofa: sofa.value("sofaID") != "_InitialView")

    def targets(self, structure: Structure, feature: str) -> list[Structure]:
        """What a feature leads to: structures, those in lists one by one."""
        found = (self.structures.get(each) for each in self._elements(structure.values.get(feature, ())))
        return [target for target in found if target is not None]

    def _elements(self, ids: Collection[str]) -> Iterator[str]:
        """Ids and texts, with the elements of arrays and lists instead of these."""
        waiting, seen = [*reversed(list(ids))], set[str]()
        while waiting:
            each = waiting.pop()
            target = self.structures.get(each)
            if target is None or not _is_list(target.type):
                yield each
            elif each not in seen:
                seen.add(each)
                waiting += reversed([*_of_list(target)])


def _of_list(target: Structure) -> tuple[str, ...]:
    return (*target.values.get("elements", ()), *target.values.get("head", ()), *target.values.get("tail", ()))


def read_type_system(content: bytes, *, place: str) -> TypeSystem:
    """Read a TypeSystem.xml.

    Raises:
        InputError: if it is no XML, or XML of another kind.
    """
    root = _parsed(content, place)
    if _local(root.tag) != "typeSystemDescription":
        raise InputError(f"{place}: not a type system of UIMA, whose first element is <typeSystemDescription>")
    types = TypeSystem()
    for described in (element for element in root.iter() if _local(element.tag) == "typeDescription"):
        said = _said(described)
        name = said.get("name", "")
        types.above[name] = said.get("supertypeName") or TOP
        features = [_said(each) for each in described.iter() if _local(each.tag) == "featureDescription"]
        types.own[name] = {
            each["name"]: Feature(
                each["name"], each.get("rangeTypeName") or TOP, each.get("multipleReferencesAllowed") == "true"
            )
            for each in features
            if each.get("name")
        }
    return types


def read_xmi(content: bytes, types: TypeSystem | None, *, place: str) -> Cas:
    """Read an XMI file.

    Args:
        types: its type system; None: made of what stands in the file (see ``_add_missing_types``).

    Raises:
        InputError: if it is no XML, or XML of another kind.
    """
    root = _parsed(content, place)
    if root.tag != XMI:
        raise InputError(f"{place}: not XMI of UIMA, whose first element is <xmi:XMI>")
    known = deepcopy(types) if types else TypeSystem()
    cas = Cas(known, {}, set())
    as_children: set[tuple[str, str]] = set()
    for n, element in enumerate(root):
        name, own_id = _type_of(element.tag), element.get(_XMI_ID) or f"-{n}"
        if name == "uima.cas.View":
            cas.members |= set(element.get("members", "").split())
            continue
        values = {key: (value,) for key, value in element.attrib.items() if key != _XMI_ID}
        for child in element:
            key = _local(child.tag)
            values[key] = (*values.get(key, ()), child.text or "")
            as_children.add((own_id, key))
        _add(cas, Structure(own_id, name, values), place)
    _add_missing_types(cas)
    lists = {name: _lists_of(known, name) for name in {one.type for one in cas.structures.values()}}
    for one in list(cas.structures.values()):
        listed = {key for key in lists[one.type] if key in one.values and (one.id, key) not in as_children}
        if listed:
            in_lists = {key: tuple(one.values[key][0].split()) for key in listed}
            cas.structures[one.id] = replace(one, values={**one.values, **in_lists})
    for one in list(cas.structures.values()):
        _resolve(
            cas, one, {key for key, apart in lists[one.type].items() if apart and (one.id, key) not in as_children}
        )
    return _with_members(cas)


def _lists_of(types: TypeSystem, name: str) -> dict[str, bool]:
    """The features of a type that hold lists: whether of texts in a structure of its own."""
    if _is_list(name):
        return {"elements": False}
    own = {key: feature for key, feature in types.features_of(name).items() if feature.is_list}
    return {
        key: types.is_text(feature) and (feature.shared or feature.of_value == STRING) for key, feature in own.items()
    }


def read_cas_json(content: bytes, *, place: str) -> Cas:
    """Read a CAS JSON file.

    Raises:
        InputError: if it is no JSON, or JSON of another kind.
    """
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: not valid JSON ({error})") from None
    listed = data.get(FEATURE_STRUCTURES) if isinstance(data, dict) else None
    if isinstance(listed, dict):
        listed = [{"%ID": name} | each for name, each in listed.items() if isinstance(each, dict)]
    if not isinstance(listed, list):
        raise InputError(f"{place}: not CAS JSON of UIMA, which has {FEATURE_STRUCTURES}")
    members = {member for _, view in _objects(data.get("%VIEWS")) for member in _values(view.get("%MEMBERS"))}
    cas = Cas(_types_of(data.get("%TYPES")), {}, members)
    references: dict[str, set[str]] = {}
    for n, each in enumerate(each for each in listed if isinstance(each, dict)):
        own_id, name = str(each.get("%ID", f"-{n}")), str(each.get("%TYPE"))
        values = {key[key[:1] in "@#^" :]: _values(value) for key, value in each.items() if key[:1] != "%"}
        if "%ELEMENTS" in each:
            values["elements"] = _values(each["%ELEMENTS"])
        references.setdefault(own_id, set()).update(key[1:] for key in each if key[:1] == "@")
        _add(cas, Structure(own_id, name, values), place)
    _add_missing_types(cas, references)
    for one in list(cas.structures.values()):
        own = cas.types.features_of(one.type)
        _resolve(cas, one, {key for key in references[one.id] if key in own and cas.types.is_text(own[key])})
    return _with_members(cas)


def _add(cas: Cas, one: Structure, place: str) -> None:
    if one.id in cas.structures:
        raise InputError(f"{place}: the id {one.id[:40]!r} stands twice; ids are unique")
    cas.structures[one.id] = one


def _resolve(cas: Cas, one: Structure, features: Collection[str]) -> None:
    """Put the texts of a list that is a structure of its own in the place of the reference to it."""
    present = [key for key in features if key in one.values]
    if present:
        values = {key: tuple(cas._elements(one.values[key])) for key in present}
        cas.structures[one.id] = replace(one, values={**one.values, **values})


def _types_of(data: Any) -> TypeSystem:
    types = TypeSystem()
    for name, described in _objects(data):
        types.above[name] = str(described.get("%SUPER_TYPE") or TOP)
        types.own[name] = {
            feature: Feature(feature, str(about.get("%RANGE") or TOP)) for feature, about in _objects(described)
        }
    return types


def _objects(data: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The entries of a JSON object that are objects."""
    entries = data.items() if isinstance(data, dict) else ()
    yield from ((key, value) for key, value in entries if isinstance(value, dict))


def _values(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, bool):
        return (str(value).lower(),)
    if isinstance(value, list):
        return tuple(str(each) for each in value if not isinstance(each, list | dict))
    return (str(value),)


def _with_members(cas: Cas) -> Cas:
    """The CAS; without a view that lists anything, all that is in the file counts."""
    return cas if cas.members else replace(cas, members=set(cas.structures))


def _add_missing_types(cas: Cas, references: Mapping[str, Collection[str]] | None = None) -> None:
    """Add the types that the type system lacks, as far as what stands in the file says what they are.

    What has ``begin`` and ``end`` is an annotation. References of a relation are called Governor and Dependent, that
    of a link ``target``; a feature whose values are all ids of links holds links; every other one is text.

    Args:
        references: by id, the features of a structure that are references, if the file says it.
    """
    links = {one.id for one in cas.structures.values() if "target" in one.values and "begin" not in one.values}
    missing = {one.type for one in cas.structures.values()} - cas.types.above.keys()
    for one in cas.structures.values():
        if one.type not in missing or one.type.startswith("uima."):
            continue
        cas.types.above[one.type] = ANNOTATION if {"begin", "end"} <= one.values.keys() else TOP
        own = cas.types.own.setdefault(one.type, {})
        for name, values in one.values.items():
            ids = [each for value in values for each in value.split()]
            said = (references or {}).get(one.id, ())
            if name in ("Governor", "Dependent", "target") or name in said:
                own[name] = Feature(name, TOP)
            elif references is None and ids and links.issuperset(ids):
                own[name] = Feature(name, FS_ARRAY)
            else:
                own.setdefault(name, Feature(name, STRING))


def _parsed(content: bytes, place: str) -> Element:
    try:
        root: Element = SafeElementTree.fromstring(_as_xml_1_0(content))
    except DefusedXmlException:
        raise InputError(f"{place}: XML with entity definitions or external references is not read") from None
    except (SafeElementTree.ParseError, ValueError, LookupError, RecursionError) as error:
        raise InputError(f"{place}: not well-formed XML ({error})") from None
    return root


def _as_xml_1_0(content: bytes) -> bytes:
    """XML 1.1 as XML 1.0, with U+FFFD for control characters; a character in two halves (UTF-16) as one."""
    head = re.match(rb"(?:\xef\xbb\xbf)?\s*<\?xml[^>]*>", content)
    if head and re.search(rb"""version=["']1\.1["']""", head[0]):
        content = head[0].replace(b"1.1", b"1.0", 1) + content[head.end() :]
    if b"&#" not in content:
        return content
    return re.sub(rb"(?:&#(?:[0-9]{1,9}|x[0-9a-fA-F]{1,8});)+", lambda found: _readable(found[0]), content)


def _readable(references: bytes) -> bytes:
    """References to characters, one after another, as XML 1.0 takes them."""
    found: list[int] = []
    for written in references.rstrip(b";").split(b";"):
        n = int(written[3:], 16) if written[2:3] == b"x" else int(written[2:])
        if found and 0xD800 <= found[-1] < 0xDC00 <= n < 0xE000:
            n = 0x10000 + ((found.pop() - 0xD800) << 10) + (n - 0xDC00)
        found.append(n)
    return b"".join(b"&#%d;" % (n if _is_in_xml(n) else 0xFFFD) for n in found)


def _is_in_xml(n: int) -> bool:
    return n in (9, 10, 13) or 0x20 <= n < 0xD800 or 0xE000 <= n < 0xFFFE or 0x10000 <= n < 0x110000


def _type_of(tag: str) -> str:
    """The name of a type from a tag, ``{http:///webanno/custom.ecore}Span``."""
    namespace, _, name = tag.lstrip("{").rpartition("}")
    package = namespace.removeprefix("http:///").removesuffix(".ecore").replace("/", ".")
    return name if package in ("", "uima.noNamespace", "noNamespace") else f"{package}.{name}"


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _said(element: Element) -> dict[str, str]:
    """What the children of an element say, by their names."""
    return {_local(child.tag): (child.text or "").strip() for child in element}
