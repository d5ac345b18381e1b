"""UIMA CAS as INCEpTION and WebAnno export it: XMI with its TypeSystem.xml, or JSON; a file, a folder or an archive.

Named entities and the layers that people made become marks, relation layers and slots links, other features attributes.
UIMA counts UTF-16 units. In the export of a project each annotator has a file in the folder of a document.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from eventcorpus.annotation.document import Document, Fault, Form, Found, Link, Mark
from eventcorpus.annotation.offsets import Counting, counting_of
from eventcorpus.conversion_report import Code, ConversionReport, Reason
from eventcorpus.errors import InputError
from eventcorpus.formats.archives import Member, file_member, members_of
from eventcorpus.formats.cas import (
    FEATURE_STRUCTURES,
    Cas,
    Structure,
    TypeSystem,
    read_cas_json,
    read_type_system,
    read_xmi,
)
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
_ENDS = ("Governor", "Dependent")
_ONE_DOCUMENT = "in the folder annotation of a project each folder is one document; call it otherwise if this is none"
_EXPORTED = (".zip", ".json", ".xmi")
_LONGEST_LABEL, _LONGEST_CHOICE = 100, 60


@dataclass(frozen=True)
class _Pass:
    """One annotator's file of a document; ``user`` is empty where the file does not say whose it is."""

    document: str
    user: str
    member: Member


@dataclass(frozen=True)
class Layer:
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
    texts: tuple[str, ...]
    links: tuple[str, ...]
    is_relation: bool
    has_slots: bool

    @classmethod
    def of(cls, types: TypeSystem, type_name: str) -> Layer:
        """What a type means, by the type system."""
        features = types.features_of(type_name)
        texts = [name for name, feature in features.items() if types.is_text(feature)]
        label = next((name for wanted in _LABELS for name in texts if name.lower() == wanted), "")
        links = [name for name in features if name not in (*texts, *_ENDS)]
        is_relation = features.keys() >= set(_ENDS)
        has_slots = not is_relation and any(features[name].is_list for name in links)
        attributes = tuple(name for name in texts if name != label)
        return cls(_short(type_name), label, attributes, tuple(links), is_relation, has_slots)


def read_uima(inputs: Sequence[Path]) -> Found:
    """Read the documents of files, folders and archives, each with every annotator who has a file of it.

    Raises:
        InputError: if there is no CAS in them, or an archive cannot be read; while reading, for a file that is none,
            unless the report refuses.
    """
    members = [*members_of(inputs), *_type_systems_beside(inputs)]
    type_systems = {_where(each).parent: each for each in members if _is_type_system(each)}
    passes = _passes([each for each in members if _is_cas(each)], inputs)
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
                document = _read(one, annotator, type_systems, report)
                if document is not None and text not in (None, document.article.text):
                    said = f"the annotation of {annotator}"
                    report.fault("articles", name, said, Code.OTHER_TEXT_UNDER_ID, detail=_ONE_DOCUMENT)
                elif document is not None:
                    text = document.article.text
                    yield document

    name = re.sub(r"[^\w.-]+", "-", inputs[0].resolve().stem)
    files = sorted({each.member.path for each in passes} | {each.path for each in type_systems.values()})
    annotators = sorted({annotator_of[each.user] for each in passes if each.user != NOBODY})
    named = {each.member.path: each for each in passes if each.user and each.member.path.stem == each.user}
    names = {
        path: f"{each.document}/{annotator_of.get(each.user, NOBODY)}{path.suffix}" for path, each in named.items()
    }
    notices = list(_notices(passes, type_systems, members))
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


def _where(member: Member) -> PurePosixPath:
    """Where a file lies, on the disk and in archives."""
    return PurePosixPath(member.path.as_posix(), *member.inside)


def _passes(members: Sequence[Member], inputs: Sequence[Path]) -> list[_Pass]:
    """Which document each file is, and whose: of a project by its folder, else by its name alone."""
    found: list[_Pass] = []
    alone: dict[Member, str] = {}
    folder = inputs[0].resolve()
    above: tuple[str, ...] = ()
    if len(inputs) == 1 and folder.is_dir():  # the folder of one document is called doc.txt
        above = folder.parts[-2:] if folder.suffix else folder.parts[-1:]
    for member in members:
        parts = (*above, *PurePosixPath(member.name).parts)
        n = max((n for n, part in enumerate(parts[:-2]) if part in _PROJECT), default=None)
        if n is None:
            alone[member] = PurePosixPath([member.name, *member.inside][-1]).with_suffix("").as_posix()
        else:
            found.append(_Pass(parts[n + 1], PurePosixPath(parts[-1]).stem, member))
    times = Counter(alone.values())
    for member, name in alone.items():
        if times[name] > 1:
            name = PurePosixPath(member.name.replace(".zip/", "/")).with_suffix("").as_posix()
        found.append(_Pass(name, "", member))
    return found


def _notices(
    passes: Sequence[_Pass], type_systems: Mapping[PurePosixPath, Member], members: Sequence[Member]
) -> Iterator[str]:
    read = {each.member for each in passes} | set(type_systems.values())
    others = [each.name for each in members if each not in read]
    if others:
        more = f" and {len(others) - 10} more" if len(others) > 10 else ""
        yield f"not read: {', '.join(others[:10])}{more}"
    first = passes[0].member
    if not first.name.lower().endswith(".json") and _beside(first, type_systems) is None:
        yield (
            f"{first.name}: no TypeSystem.xml beside it; what is an annotation, a relation or a text is told from what "
            "stands in the file"
        )
    try:
        cas = _cas_of(first, type_systems)
    except InputError:  # which is said when the documents are read
        return
    for type_name in sorted({one.type for one in cas.structures.values() if cas.types.is_annotation(one.type)}):
        layer = Layer.of(cas.types, type_name)
        if _is_read(type_name) and not layer.label and layer.texts:
            yield (
                f"layer {layer.name}: it has none of {', '.join(_LABELS)}, so its name is the label; "
                f"{', '.join(layer.texts)} stand in attributes"
            )


def _beside(member: Member, type_systems: Mapping[PurePosixPath, Member]) -> Member | None:
    """The type system in the folder of a file, or in the nearest above it."""
    return next((type_systems[folder] for folder in _where(member).parents if folder in type_systems), None)


def _cas_of(member: Member, type_systems: Mapping[PurePosixPath, Member]) -> Cas:
    place = str(_where(member))
    if member.name.lower().endswith(".json"):
        return read_cas_json(member.read(), place=place)
    beside = _beside(member, type_systems)
    types = read_type_system(beside.read(), place=str(_where(beside))) if beside else None
    return read_xmi(member.read(), types, place=place)


def _read(
    one: _Pass, annotator: str, type_systems: Mapping[PurePosixPath, Member], report: ConversionReport
) -> Document | None:
    try:
        cas = _cas_of(one.member, type_systems)
    except InputError:
        if not report.refuses:
            raise
        report.refuse("articles", one.document, f"the file of {annotator}", Code.FORMAT)
        return None
    return _Reader(one.document, cas, report).document(annotator)


@dataclass
class _Reader:
    """Makes a document of a CAS."""

    name: str
    cas: Cas
    report: ConversionReport
    layers: dict[str, Layer] = field(default_factory=dict)

    def document(self, annotator: str) -> Document:
        sofas = [sofa for sofa in self.cas.sofas if "sofaString" in sofa.values]
        text, sofa = (sofas[0].value("sofaString"), sofas[0].id) if sofas else ("", "")
        counting = counting_of(text, Code.UTF16)
        marks: list[Mark] = []
        links: list[Link] = []
        free: set[str] = set()
        for one, layer in self._annotations():
            if one.value("sofa") not in ("", sofa):
                name = f"{layer.name} {one.id}"
                self.report.refuse("roles" if layer.is_relation else "spans", self.name, name, Code.OTHER_OBJECT)
            elif layer.is_relation:
                links.append(self._relation(one, layer))
            else:
                mark = self._mark(one, layer, counting)
                marks.append(mark)
                free |= {name for name, value in mark.attributes if not _may_be_choice(name, value)}
                links += self._slots(one, layer)
        marks.sort(key=lambda mark: (mark.pieces, mark.id))
        article = Article(self.name, text, language=self._language())
        return Document(article, marks, links, form=FORM, free=frozenset(free), annotator=annotator)

    def _annotations(self) -> Iterator[tuple[Structure, Layer]]:
        """The annotations of the layers that are read; those of others are counted."""
        for one in self.cas.structures.values():
            if not self.cas.types.is_annotation(one.type):
                continue
            if not _is_read(one.type):
                if not one.type.endswith(("DocumentAnnotation", "DocumentMetaData")):
                    self.report.note(f"{_short(one.type)} (words, sentences, grammar and metadata are not kept)")
            elif one.id not in self.cas.members:
                self.report.note(f"{_short(one.type)} that no view lists (it was deleted)")
            else:
                layer = self.layers.setdefault(one.type, Layer.of(self.cas.types, one.type))
                yield one, layer

    def _language(self) -> str | None:
        found = (one.value("language") for one in self.cas.structures.values() if "language" in one.values)
        return next((language for language in found if language not in ("", "x-unspecified")), None)

    def _mark(self, one: Structure, layer: Layer, counting: Counting) -> Mark:
        label = self._label(one, layer)
        attributes = tuple((name, text) for name in layer.texts for text in _texts(one, name))
        pieces, fault = _place(one, counting)
        if len(label) > _LONGEST_LABEL:
            fault = Fault(Code.LABEL_TOO_LONG, f"at most {_LONGEST_LABEL} characters")
        return Mark(one.id, label, pieces, None, attributes, is_trigger=layer.has_slots, fault=fault)

    def _label(self, one: Structure, layer: Layer) -> str:
        label = " ".join(one.value(layer.label).split()) if layer.label else layer.name
        if not label:
            self.report.note(f"{layer.name} without a {layer.label}: labelled by its layer")
        return label or layer.name

    def _relation(self, one: Structure, layer: Layer) -> Link:
        details = {name: ", ".join(texts) for name in layer.texts if (texts := _texts(one, name))}
        governor, dependent = (next((target.id for target in self.cas.targets(one, end)), "") for end in _ENDS)
        return Link(self._label(one, layer), governor, dependent, details=details or None)

    def _slots(self, one: Structure, layer: Layer) -> Iterator[Link]:
        """What the features of a span lead to: other spans, or links that lead to them and say in which role."""
        for name in layer.links:
            for target in self.cas.targets(one, name):
                if self.cas.types.is_annotation(target.type):
                    yield Link(name, one.id, target.id)
                    continue
                of_link = Layer.of(self.cas.types, target.type)
                keys = ("role", of_link.label, *of_link.texts)
                role = next((text for key in keys for text in _texts(target, key)), name)
                ends = [end for key in of_link.links for end in self.cas.targets(target, key)]
                yield from (Link(role, one.id, end.id) for end in ends)
                if not ends:
                    missing = Reason(Code.END_MISSING, (FORM.noun,))
                    self.report.refuse("roles", self.name, f"{role} of {layer.name} {one.id}", missing)


def _texts(one: Structure, name: str) -> list[str]:
    return [text for value in one.values.get(name, ()) if (text := value.strip())]


def _may_be_choice(name: str, value: str) -> bool:
    """Whether a value may be one of several choices; else its feature is free text, as ids of a knowledge base are."""
    return name.lower() != "identifier" and value.isprintable() and len(value) <= _LONGEST_CHOICE


def _place(one: Structure, counting: Counting) -> tuple[tuple[tuple[int, int], ...], Fault | None]:
    """Where an annotation stands, in code points, and what is wrong with it."""
    begin, end = one.value("begin"), one.value("end")
    if not re.fullmatch(r"\d{1,12} \d{1,12}", f"{begin} {end}", re.ASCII):
        return (), Fault(Code.OFFSET_NO_NUMBER, f"begin is {begin[:20]!r}, end {end[:20]!r}")
    place = (int(begin), int(end))
    placed = counting.placed([place])
    if placed is None or place[0] > place[1]:
        why = f"the text has {counting.borders[-1]} UTF-16 units, and no span ends inside a character"
        return (place,), Fault(Code.OFFSET_RANGE, why)
    return tuple(placed), Fault(Code.NO_CHARACTER, stops=False) if place[0] == place[1] else None


def _is_read(type_name: str) -> bool:
    return bool(_READ.match(type_name)) or not type_name.startswith(_BUILT_IN)


def _short(type_name: str) -> str:
    return type_name.rpartition(".")[2]


def is_uima(sample: Sample) -> Certainty:
    """Whether a sample is XMI or JSON of UIMA, a folder of such files, or an archive with such files in it."""
    if sample.has_rows(FEATURE_STRUCTURES):
        return 2
    if ".xmi" in sample.suffixes or b"http://www.omg.org/XMI" in sample.head[:10_000]:
        return 2
    inside = [PurePosixPath(name) for name in (*sample.archived, *sample.names)]
    in_project = any(name.suffix in _EXPORTED and not set(_PROJECT).isdisjoint(name.parts[:-2]) for name in inside)
    return 2 if in_project or any(name.suffix.lower() == ".xmi" for name in inside) else 0
