"""UIMA CAS as INCEpTION and WebAnno export it: XMI with its TypeSystem.xml, or JSON; a file, a folder or an archive.

Named entities and the layers that people made become marks, relation layers and slots links, other features attributes.
UIMA counts UTF-16 units. In the export of a project each annotator has a file in the folder of a document.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from eventcorpus.annotation.document import Document, Fault, Form, Found, Link, Mark
from eventcorpus.annotation.offsets import Counting, counting_of
from eventcorpus.conversion_report import Code, ConversionReport, Reason
from eventcorpus.errors import InputError
from eventcorpus.formats.archives import Member, file_member, members_of
from eventcorpus.formats.cas import ANNOTATION, ENDS, FEATURE_STRUCTURES, Cas, Written, read_cas
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.schema import ADJUDICATED, Article

CURATOR, NOBODY = "CURATION_USER", "INITIAL_CAS"
"""Whose file is what the curator decided, and whose is the document before anybody annotated it."""
FORM = Form(trusts_offsets=True)
_PROJECT = ("annotation", "curation")
"""The folders in the export of a project that have a folder for each document, with a file for each annotator."""
_LABELS = ("value", "label", "identifier")
"""The features that hold the label of a layer, the first that it has."""
_BUILT_IN = ("uima.", "de.tudarmstadt.ukp.", "org.dkpro.core.")
_READ = re.compile(r"de\.tudarmstadt\.ukp\.dkpro\.core\.api\.(ner|semantics|coref)\.type\.")
"""Of the layers that every project has, those that people annotate; the others are words, sentences and grammar."""
_ONE_DOCUMENT = "in the folder annotation of a project each folder is one document; call it otherwise if this is none"
_EXPORTED = (".zip", ".json", ".xmi")
_LONGEST_LABEL, _LONGEST_CHOICE = 100, 60


@dataclass(frozen=True)
class _Pass:
    """One annotator's file of a document, and the type system beside it; ``user``: whose it is, if the file says it."""

    document: str
    user: str
    member: Member
    type_system: Member | None


class Layer(NamedTuple):
    """What a type of annotations means.

    Attributes:
        name: of the layer.
        label: the feature that holds the label; empty where the layer's name is the label.
        texts: features that become attributes.
        links: features that lead to something else.
        is_relation: it is a relation between two spans.
        has_slots: it leads to several others, as an event to its arguments.
    """

    name: str
    label: str
    texts: Sequence[str]
    links: Sequence[str]
    is_relation: bool
    has_slots: bool


@lru_cache(maxsize=64)
def _layer_of(type_: Any) -> Layer:
    """What a type of cassis means."""
    from cassis.typesystem import is_collection, is_primitive, is_primitive_collection

    features = {each.name: each for each in type_.all_features if each.name not in ("sofa", "begin", "end")}
    ranges = {name: each.rangeType for name, each in features.items()}
    texts = [name for name, of in ranges.items() if is_primitive(of) or is_primitive_collection(of)]
    label = next((name for wanted in _LABELS for name in texts if name.lower() == wanted), "")
    links = [name for name in features if name not in (*texts, *ENDS)]
    is_relation = features.keys() >= set(ENDS)
    has_slots = not is_relation and any(is_collection(type_, features[name]) for name in links)
    return Layer(type_.short_name, label, [name for name in texts if name != label], links, is_relation, has_slots)


def read_uima(inputs: Sequence[Path]) -> Found:
    """Read the documents of files, folders and archives, each with every annotator who has a file of it.

    Raises:
        InputError: if there is no CAS in them, or an archive cannot be read; while reading, for a file that is none,
            unless the report refuses.
    """
    members = [*members_of(inputs), *_type_systems_beside(inputs)]
    type_systems = {each.place.parent: each for each in members if _is_type_system(each)}
    passes = _passes([each for each in members if _is_cas(each)], type_systems, inputs)
    if not passes:
        has_tsv = any(each.name.lower().endswith(".tsv") for each in members)
        reason = "WebAnno TSV is not read" if has_tsv else "no .xmi file and no CAS JSON"
        raise InputError(f"{inputs[0]}: {reason}; export the project as UIMA CAS (XMI or JSON)")
    users = sorted({each.user for each in passes} - {CURATOR, NOBODY, ""})
    annotator_of = {user: f"a{n}" for n, user in enumerate(users, start=1)} | {CURATOR: ADJUDICATED, "": "a1"}
    by_document: defaultdict[str, list[_Pass]] = defaultdict(list)
    for each in passes:
        by_document[each.document].append(each)

    def documents(report: ConversionReport) -> Iterator[Document]:
        for name, its_passes in by_document.items():
            done = sorted((p for p in its_passes if p.user != NOBODY), key=lambda p: (p.user == CURATOR, p.user))
            if not done:
                report.refuse("articles", name, NOBODY, Code.NOT_ANNOTATED)
            text: str | None = None
            for one in done:
                annotator = annotator_of[one.user]
                try:
                    cas = read_cas(one.member, one.type_system)
                except InputError:
                    if not report.refuses:
                        raise
                    report.refuse("articles", name, f"the file of {annotator}", Code.FORMAT)
                    continue
                if text not in (None, cas.text):
                    said = f"the annotation of {annotator}"
                    report.fault("articles", name, said, Code.OTHER_TEXT_UNDER_ID, detail=_ONE_DOCUMENT)
                    continue
                text = cas.text
                yield _document(name, cas, annotator, report)

    name = re.sub(r"[^\w.-]+", "-", inputs[0].resolve().stem)
    files = sorted({each.member.path for each in passes} | {each.path for each in type_systems.values()})
    annotators = sorted({annotator_of[each.user] for each in passes if each.user != NOBODY})
    names = {
        path: f"{each.document}/{annotator_of.get(each.user, NOBODY)}{path.suffix}"
        for each in passes
        if each.user and (path := each.member.path).stem == each.user
    }
    read = {each.member for each in passes} | set(type_systems.values())
    notices = [*_notices(passes[0], [each.name for each in members if each not in read])]
    return Found(name, documents, files, annotators=annotators, names=names, notices=notices)


def _type_systems_beside(inputs: Sequence[Path]) -> Iterator[Member]:
    """The type systems that lie beside files that are named."""
    for folder in dict.fromkeys(path.parent for path in inputs if path.is_file()):
        beside = [file for file in sorted(folder.glob("*.xml")) if "typesystem" in file.name.lower()]
        beside.sort(key=lambda file: file.name.lower() != "typesystem.xml")
        yield from (file_member(file, file.name) for file in beside[:1] if file not in inputs)


def _is_cas(member: Member) -> bool:
    suffix = PurePosixPath(member.name).suffix.lower()
    if suffix == ".json":
        return FEATURE_STRUCTURES.encode() in member.read()
    return suffix == ".xmi" or (suffix == ".xml" and b"http://www.omg.org/XMI" in member.read()[:10_000])


def _is_type_system(member: Member) -> bool:
    name = PurePosixPath(member.name).name.lower()
    return name.endswith(".xml") and ("typesystem" in name or b"<typeSystemDescription" in member.read()[:10_000])


def _passes(
    members: Sequence[Member], type_systems: Mapping[PurePosixPath, Member], inputs: Sequence[Path]
) -> list[_Pass]:
    """Which document each file is, and whose: of a project by its folder, else by its name alone."""
    found: list[_Pass] = []
    alone: dict[Member, str] = {}
    folder = inputs[0].resolve()
    above: tuple[str, ...] = ()
    if len(inputs) == 1 and folder.is_dir():  # the folder of one document is called doc.txt
        above = folder.parts[-2:] if folder.suffix else folder.parts[-1:]

    def one(document: str, user: str, member: Member) -> _Pass:
        # in the folder of the file, or in the nearest above it
        beside = next((type_systems[at] for at in member.place.parents if at in type_systems), None)
        return _Pass(document, user, member, beside)

    for member in members:
        parts = (*above, *PurePosixPath(member.name).parts)
        n = max((n for n, part in enumerate(parts[:-2]) if part in _PROJECT), default=None)
        if n is None:
            alone[member] = PurePosixPath([member.name, *member.inside][-1]).with_suffix("").as_posix()
        else:
            found.append(one(parts[n + 1], PurePosixPath(parts[-1]).stem, member))
    times = Counter(alone.values())
    for member, name in alone.items():
        if times[name] > 1:
            name = PurePosixPath(member.name.replace(".zip/", "/")).with_suffix("").as_posix()
        found.append(one(name, "", member))
    return found


def _notices(first: _Pass, others: Sequence[str]) -> Iterator[str]:
    if others:
        more = f" and {len(others) - 10} more" if len(others) > 10 else ""
        yield f"not read: {', '.join(others[:10])}{more}"
    if first.type_system is None and not first.member.name.lower().endswith(".json"):
        yield (
            f"{first.member.name}: no TypeSystem.xml beside it; what is an annotation, a relation or a text is told "
            "from what stands in the file"
        )
    try:
        cas = read_cas(first.member, first.type_system)
    except InputError:  # which is said when the documents are read
        return
    for name in sorted({each.type for each in cas.written.values()}):
        layer = _layer_of(cas.types.get_type(name))
        if cas.types.is_instance_of(name, ANNOTATION) and _is_read(name) and not layer.label and layer.texts:
            yield (
                f"layer {layer.name}: it has none of {', '.join(_LABELS)}, so its name is the label; "
                f"{', '.join(layer.texts)} stand in attributes"
            )


def _document(name: str, cas: Cas, annotator: str, report: ConversionReport) -> Document:
    counting = counting_of(cas.text, Code.UTF16)
    marks: list[Mark] = []
    links: list[Link] = []
    language: str | None = None
    for number, written in cas.written.items():
        type_, one = cas.types.get_type(written.type), cas.members.get(number)
        layer = _layer_of(type_)
        if not cas.types.is_instance_of(type_, ANNOTATION):
            continue
        if layer.name in ("DocumentAnnotation", "DocumentMetaData"):
            stated = getattr(one, "language", None)
            language = stated if stated and stated != "x-unspecified" else language
        elif not _is_read(written.type):
            report.note(f"{layer.name} (words, sentences, grammar and metadata are not kept)")
        elif one is None and number not in cas.elsewhere:
            report.note(f"{layer.name} that no view lists (it was deleted)")
        elif one is None:
            report.refuse("roles" if layer.is_relation else "spans", name, f"{layer.name} {number}", Code.OTHER_OBJECT)
        elif layer.is_relation:
            details = {_called(key): ", ".join(texts) for key in layer.texts if (texts := _texts(one, key))}
            governor, dependent = (next((str(x.xmiID) for x in _structures(one, end)), "") for end in ENDS)
            links.append(Link(_label(one, layer, report), governor, dependent, details=details or None))
        else:
            pieces, fault = _placed(written, counting)
            label = _label(one, layer, report)
            if len(label) > _LONGEST_LABEL:
                fault = Fault(Code.LABEL_TOO_LONG, f"at most {_LONGEST_LABEL} characters")
            about = tuple((_called(key), text) for key in layer.texts for text in _texts(one, key))
            marks.append(Mark(str(number), label, pieces, None, about, is_trigger=layer.has_slots, fault=fault))
            for role, end in _slots(one, layer):
                if end:
                    links.append(Link(role, str(number), end))
                else:
                    missing = Reason(Code.END_MISSING, (FORM.noun,))
                    report.refuse("roles", name, f"{role} of {layer.name} {number}", missing)
    marks.sort(key=lambda mark: (mark.pieces, mark.id))
    free = frozenset(key for mark in marks for key, value in mark.attributes if not _may_be_choice(key, value))
    article = Article(name, cas.text, language=language)
    return Document(article, marks, links, form=FORM, free=free, annotator=annotator)


def _label(one: Any, layer: Layer, report: ConversionReport) -> str:
    label = " ".join(next(iter(_texts(one, layer.label)), "").split())
    if not label and layer.label:
        report.note(f"{layer.name} without a {layer.label}: labelled by its layer")
    return label or layer.name


def _slots(one: Any, layer: Layer) -> Iterator[tuple[str, str]]:
    """Roles and ids of what a span leads to: other spans, or links that say in which role; empty without a target."""
    from cassis import is_annotation

    for name in layer.links:
        for target in _structures(one, name):
            if is_annotation(target):
                yield _called(name), str(target.xmiID)
            else:
                of_link = _layer_of(target.type)
                keys = ("role", of_link.label, *of_link.texts)
                role = next((text for key in keys for text in _texts(target, key)), _called(name))
                ends = [str(end.xmiID) for key in of_link.links for end in _structures(target, key)]
                yield from ((role, end) for end in ends or [""])


def _values(one: Any, name: str) -> list[Any]:
    """The values of a feature: one, or those of the array or list to which it leads."""
    from cassis.typesystem import is_array_fs, is_list_fs, is_non_empty_list_fs

    value: Any = getattr(one, name, None)
    found: list[Any] = []
    seen: set[int] = set()
    while is_non_empty_list_fs(value) and id(value) not in seen:  # a list may lead back to itself
        seen.add(id(value))
        found.append(value.head)
        value = value.tail
    if is_array_fs(value):
        found = value.elements or []
    elif not is_list_fs(value) and not seen:
        found = [value]
    return [each for each in found if each is not None]


def _structures(one: Any, name: str) -> list[Any]:
    return [value for value in _values(one, name) if hasattr(value, "xmiID")]


def _texts(one: Any, name: str) -> list[str]:
    found = (str(value).lower() if isinstance(value, bool) else str(value) for value in _values(one, name))
    return [text for each in found if (text := each.strip())]


def _called(feature: str) -> str:
    """The name of a feature, which cassis changes where Python has another meaning for it."""
    return {"self_": "self", "type_": "type"}.get(feature, feature)


def _may_be_choice(name: str, value: str) -> bool:
    """Whether a value may be one of several choices; else its feature is free text, as ids of a knowledge base are."""
    return name.lower() != "identifier" and value.isprintable() and len(value) <= _LONGEST_CHOICE


def _placed(written: Written, counting: Counting) -> tuple[tuple[tuple[int, int], ...], Fault | None]:
    """Where an annotation stands, in code points, and what is wrong with it."""
    if not re.fullmatch(r"\d{1,12} \d{1,12}", f"{written.begin} {written.end}", re.ASCII):
        return (), Fault(Code.OFFSET_NO_NUMBER, f"begin is {written.begin[:20]!r}, end {written.end[:20]!r}")
    place = (int(written.begin), int(written.end))
    placed = counting.placed([place])
    if placed is None or place[0] > place[1]:
        why = f"the text has {counting.borders[-1]} UTF-16 units, and no span ends inside a character"
        return (place,), Fault(Code.OFFSET_RANGE, why)
    return tuple(placed), Fault(Code.NO_CHARACTER, stops=False) if place[0] == place[1] else None


def _is_read(type_name: str) -> bool:
    return bool(_READ.match(type_name)) or not type_name.startswith(_BUILT_IN)


def is_uima(sample: Sample) -> Certainty:
    """Whether a sample is XMI or JSON of UIMA, a folder of such files, or an archive with such files in it."""
    if sample.has_rows(FEATURE_STRUCTURES):
        return 2
    if ".xmi" in sample.suffixes or b"http://www.omg.org/XMI" in sample.head[:10_000]:
        return 2
    inside = [PurePosixPath(name) for name in (*sample.archived, *sample.names)]
    in_project = any(name.suffix in _EXPORTED and not set(_PROJECT).isdisjoint(name.parts[:-2]) for name in inside)
    return 2 if in_project or any(name.suffix.lower() == ".xmi" for name in inside) else 0
