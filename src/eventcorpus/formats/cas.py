"""A UIMA CAS (https://uima.apache.org), read from XMI or CAS JSON 0.4 by dkpro-cassis, with checks around it.

cassis keeps a wrong offset with a warning, leaves out what no view lists, and makes Python code of the names of
features. So what the file says of ids, types and offsets is noted, and names are checked, before it reads the file.
Needs the extra ``uima``.
"""

from __future__ import annotations

import json
import re
import warnings
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from keyword import iskeyword
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, tostring

import defusedxml.ElementTree as SafeElementTree
from defusedxml.common import DefusedXmlException

from eventcorpus.errors import InputError
from eventcorpus.formats.archives import Member

ANNOTATION = "uima.tcas.Annotation"
FEATURE_STRUCTURES = "%FEATURE_STRUCTURES"
ENDS = ("Governor", "Dependent")
"""The features of a relation that lead to what it joins."""
_TOP, _STRING, _STRINGS, _STRUCTURES = (f"uima.cas.{name}" for name in ("TOP", "String", "StringArray", "FSArray"))
_XMI_ID = "{http://www.omg.org/XMI}id"
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Written(NamedTuple):
    """What a file says of a feature structure: its type, and where it stands, in UTF-16 units."""

    type: str
    begin: str
    end: str


@dataclass(frozen=True)
class Cas:
    """The content of one file.

    Attributes:
        types: its type system, a ``cassis.TypeSystem``.
        text: that of the initial view, or of the first that has one.
        written: every feature structure by its id, also those that no view lists, which were deleted.
        members: what the view of the text lists, by its id, as cassis has it.
        elsewhere: the ids of what other views list.
    """

    types: Any
    text: str
    written: Mapping[int, Written]
    members: Mapping[int, Any]
    elsewhere: Collection[int]


class _Row(NamedTuple):
    """A feature structure before cassis reads it: what the file has, to be changed, and the names of lists of texts."""

    id: int
    type: str
    values: dict[str, Any]
    lists: Collection[str] = ()


def read_cas(file: Member, type_system: Member | None) -> Cas:
    """Read a file; types that its type system lacks are made of what stands in it.

    Args:
        type_system: the TypeSystem.xml of an XMI file, if there is one.

    Raises:
        InputError: if it is no XML or JSON, or of another kind, or if cassis cannot read it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cas, written = _from_json(file) if file.name.lower().endswith(".json") else _from_xmi(file, type_system)
    except InputError:
        raise
    except Exception as error:  # cassis does not say by which errors it refuses a file
        raise InputError(f"{file.place}: dkpro-cassis cannot read it ({type(error).__name__}: {error})") from None
    view = next((view for view in cas.views if view.sofa.sofaString is not None), cas.views[0])
    members = {one.xmiID: one for one in view.get_all_fs()}
    elsewhere = {one.xmiID for other in cas.views if other is not view for one in other.get_all_fs()}
    return Cas(cas.typesystem, view.sofa.sofaString or "", written, members, elsewhere)


def _from_xmi(file: Member, type_system: Member | None) -> tuple[Any, dict[int, Written]]:
    from cassis import TypeSystem, load_cas_from_xmi

    root = _parsed(file, "XMI")
    rows: list[_Row] = []
    for element in (element for element in root if _XMI_ID in element.attrib):  # a view has none
        name = re.sub(r"^uima\.noNamespace\.", "", element.tag[9:].replace(".ecore}", ".").replace("/", "."))
        rows.append(_Row(int(element.attrib[_XMI_ID]), name, element.attrib, [child.tag for child in element]))
    types = _types_of_xml(tostring(_parsed(type_system, "typeSystemDescription"))) if type_system else TypeSystem()
    types = _with_missing(types, rows, file)
    written = _taken(rows, file)
    return load_cas_from_xmi(BytesIO(tostring(root)), types, trusted=True), written


def _from_json(file: Member) -> tuple[Any, dict[int, Written]]:
    from cassis import load_cas_from_json
    from cassis.typesystem import array_type_name_for_type

    try:
        data = json.loads(file.read().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file.place}: not valid JSON ({error})") from None
    listed = data.get(FEATURE_STRUCTURES) if isinstance(data, dict) else None
    if not isinstance(listed, list | dict):
        raise InputError(f"{file.place}: not CAS JSON of UIMA, which has {FEATURE_STRUCTURES}")
    rows: list[_Row] = []
    for own_id, each in listed.items() if isinstance(listed, dict) else [(each["%ID"], each) for each in listed]:
        if each["%TYPE"].endswith("[]"):  # cassis takes every one of these for an array of structures
            each["%TYPE"] = array_type_name_for_type(each["%TYPE"][:-2])
        for key, kind in (("sofaString", str), ("language", str), ("%ELEMENTS", list | str)):
            if not isinstance(each.get(key), kind | None):
                raise InputError(f"{file.place}: {key} of {own_id} is no text or list; not CAS JSON of UIMA")
        rows.append(_Row(int(own_id), each["%TYPE"], each))
    types = _with_missing(_types_of_json(json.dumps(data.get("%TYPES", {}))), rows, file)
    written = _taken(rows, file)
    return load_cas_from_json(json.dumps(data), types, merge_typesystem=False), written


def _taken(rows: Iterable[_Row], file: Member) -> dict[int, Written]:
    """What is written of each feature structure; the offsets are taken out, so that cassis does not convert them."""
    found: dict[int, Written] = {}
    for row in rows:
        if row.id in found:
            raise InputError(f"{file.place}: the id {row.id} stands twice; ids are unique")
        found[row.id] = Written(row.type, *(str(row.values.pop(offset, "")) for offset in ("begin", "end")))
    return found


@lru_cache(maxsize=1)
def _types_of_xml(content: bytes) -> Any:
    from cassis import load_typesystem

    return load_typesystem(BytesIO(content))


@lru_cache(maxsize=1)
def _types_of_json(types: str) -> Any:
    from cassis import load_cas_from_json

    return load_cas_from_json(f'{{"%TYPES": {types}, "{FEATURE_STRUCTURES}": [], "%VIEWS": {{}}}}').typesystem


def _with_missing(types: Any, rows: Sequence[_Row], file: Member) -> Any:
    """A type system with the types that it lacks, as far as what stands in the file says what they are.

    What has ``begin`` is an annotation. Governor, Dependent and ``target`` lead to structures, and so does a feature
    all of whose values are ids of links; every other one is text.

    Raises:
        InputError: if a feature has a name of which Python code cannot be made.
    """
    from cassis import TypeSystem, merge_typesystems

    known = {each.name for each in types.get_types(built_in=True)}
    missing = [row for row in rows if row.type not in known]
    if missing:
        ids = {str(row.id) for row in rows}
        of_links = {row.type for row in rows if "target" in row.values and "begin" not in row.values}
        links = {str(row.id) for row in rows if row.type in of_links}
        above = {row.type: ANNOTATION if "begin" in row.values else _TOP for row in missing}
        listed = {(row.type, name) for row in missing for name in row.lists}
        given: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for row in missing:
            for key, value in (row.values | dict.fromkeys(row.lists, "")).items():
                if key not in ("begin", "end", "sofa", "@sofa") and key[:1] not in "{%":
                    given[row.type, key] |= {*str(value).split()}
        made = TypeSystem()
        for name, supertype in above.items():
            made.create_type(name, supertype)
        for (name, key), values in given.items():
            if key[:1] == "@" or (key in (*ENDS, "target") and values <= ids):
                of = _TOP
            elif values and values <= links:
                of = _STRUCTURES
            else:
                of = _STRINGS if (name, key) in listed else _STRING
            made.create_feature(name, key.lstrip("@#"), of)
        types = merge_typesystems(types, made)
    for feature in (feature for each in types.get_types(built_in=True) for feature in each.features):
        if not feature.name.isidentifier() or iskeyword(feature.name):
            name = feature.name[:40]
            raise InputError(f"{file.place}: dkpro-cassis reads no feature that is called {name!r}; rename it")
    return types


def _parsed(file: Member, first: str) -> Element:
    """The first element of a file, which has to be called so."""
    try:
        root: Element = SafeElementTree.fromstring(_as_xml_1_0(file.read()))
    except DefusedXmlException:
        raise InputError(f"{file.place}: XML with entity definitions or external references is not read") from None
    except (SafeElementTree.ParseError, ValueError, LookupError, RecursionError) as error:
        raise InputError(f"{file.place}: not well-formed XML ({error})") from None
    if root.tag.rpartition("}")[2] != first:
        raise InputError(f"{file.place}: not XML of UIMA: its first element is <{root.tag}>, not <{first}>")
    return root


def _as_xml_1_0(content: bytes) -> bytes:
    """XML 1.1 as XML 1.0, with U+FFFD for control characters; a character in two halves (UTF-16) as one."""
    content = re.sub(rb"""^([^>]*?<\?xml[^>]*? version=["']1\.)1""", rb"\g<1>0", content)
    return re.sub(rb"(?:&#(?:[0-9]{1,9}|x[0-9a-fA-F]{1,8});)+", lambda found: _readable(found[0]), content)


def _readable(references: bytes) -> bytes:
    """References to characters, one after another, as XML 1.0 takes them."""
    numbers = [int(n, 16 if is_hex else 10) for is_hex, n in re.findall(rb"&#(x?)(\w+);", references)]
    halves = "".join(chr(n) if n < 0x110000 else "\ufffd" for n in numbers)
    text = halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return b"".join(b"&#%d;" % ord(character) for character in _NOT_IN_XML.sub("\ufffd", text))
