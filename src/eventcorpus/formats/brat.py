"""brat standoff (https://brat.nlplab.org/standoff.html): a text and an .ann file with the same name beside it.

Folders, and folders in them, become documents: entities and events are marks, arguments and relations links,
attributes, normalisations and notes of a span its attributes. ``ann_lines`` reads the lines of one file.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from eventcorpus.annotation.document import Document, Fault, Found, Link, Mark
from eventcorpus.conversion_report import Code, ConversionReport, Kind, Reason
from eventcorpus.errors import InputError
from eventcorpus.files import opened, read_text
from eventcorpus.formats.files import SPLIT_OF
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.schema import Article

_LINES = {
    "T": re.compile(r"(T\S+)\t(\S+) (\d+ \d+(?:;\d+ \d+)*)\t(.*)"),
    "E": re.compile(r"(E\S+)\t(\S+):(\S+)((?: \S+:\S+)*) ?"),
    "R": re.compile(r"(R\S+)\t(\S+) \S+:(\S+) \S+:(\S+)\s*"),
    "*": re.compile(r"\*\t(\S+)((?: \S+){2,})\s*"),
    "A": re.compile(r"([AM]\S+)\t(\S+) (\S+)(?: (.+))?"),
    "N": re.compile(r"(N\S+)\t(\S+) (\S+) (\S+)(?:\t.*)?"),
    "#": re.compile(r"(#\S*)\t(\S+) (\S+)(?:\t(.*))?"),
}
_LINES["M"] = _LINES["A"]
_KINDS: dict[str, Kind] = {"T": "spans", "E": "spans", "R": "roles", "*": "roles"}
JOIN_A1_A2 = (
    "join each pair to an .ann file (cat doc.a1 doc.a2 > doc.ann) beside its .txt, and name the folder with --from brat"
)
"""The way out for the files of a BioNLP shared task, whose lines are those of brat."""


@dataclass
class Annotation:
    """The lines of one .ann file, as (id, ...) in the order of the file."""

    texts: dict[str, tuple[str, tuple[tuple[int, int], ...], str]] = field(default_factory=dict)
    events: dict[str, tuple[str, str, list[tuple[str, str]]]] = field(default_factory=dict)
    relations: list[tuple[str, str, str]] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    free: set[str] = field(default_factory=set)


def read_brat(inputs: Sequence[Path]) -> Found:
    """Read every .txt with its .ann in folders and the folders in them; an article's id is its path without suffix.

    Where every file lies in a folder called after a split (train, dev, test, ...), these are the splits.

    Raises:
        InputError: if there is no .ann file, or a file is named instead of its folder; while reading, for what does not
            fit, unless the report refuses.
    """
    pairs: list[tuple[str, Path, Path]] = []
    for folder in inputs:
        _check_folder(folder)
        for text in sorted({file.with_suffix(".txt") for file in folder.rglob("*.ann")} | set(folder.rglob("*.txt"))):
            pairs.append((text.relative_to(folder).with_suffix("").as_posix(), text, text.with_suffix(".ann")))
    whole = [(name, text, ann) for name, text, ann in pairs if text.is_file() and ann.is_file()]
    has_splits = bool(whole) and all(name.split("/")[0] in SPLIT_OF for name, _, _ in whole)

    def documents(report: ConversionReport) -> Iterator[Document]:
        for name, text, ann in pairs:
            if not text.is_file():
                report.fault("articles", name, ann.name, Code.NO_TXT)
            elif not ann.is_file():
                report.refuse("articles", name, text.name, Code.NO_ANN)
            else:
                annotation = ann_lines(_content(ann), article=name, report=report)
                document = _document(Article(name, _content(text)), annotation, report)
                split = SPLIT_OF[name.split("/")[0]] if has_splits else document.split
                yield replace(document, split=split, had_byte_order_mark=_has_byte_order_mark(text))

    name = re.sub(r"[^\w.-]+", "-", inputs[0].resolve().name)
    return Found(name, documents, [file for _, *files in whole for file in files], has_splits=has_splits)


def _check_folder(folder: Path) -> None:
    if folder.is_file():
        raise InputError(
            f"{folder}: one file of brat; name the folder in which the .txt and .ann files lie: {folder.parent}"
        )
    if any(folder.rglob("*.ann")):
        return
    if any(folder.rglob("*.a1")) or any(folder.rglob("*.a2")):
        raise InputError(f"{folder}: .a1 and .a2 files of a BioNLP shared task; {JOIN_A1_A2}")
    raise InputError(f"{folder}: no .ann file in this folder; name the folder with the .txt and .ann files")


def ann_lines(content: str, *, article: str, report: ConversionReport) -> Annotation:
    """Read the lines of an .ann file.

    Raises:
        InputError: for a line that does not follow the format or an id that stands twice, unless the report refuses.
    """
    found = Annotation()
    for number, line in enumerate(content.split("\n"), start=1):
        line = line.rstrip("\r")
        if not line.strip():
            continue
        pattern = _LINES.get(line[0])
        match = pattern.fullmatch(line) if pattern else None
        kind = _KINDS.get(line[0], "attributes")
        if match is None:
            report.fault(kind, article, f".ann line {number}: {line[:80]!r}", Code.FORMAT)
        elif match[1] in found.texts or match[1] in found.events:
            report.fault(kind, article, f".ann line {number}: {match[1]}", Code.ID_TWICE)
        else:
            _add(found, line[0], match)
    return found


def _add(found: Annotation, letter: str, match: re.Match[str]) -> None:
    if letter == "T":
        pieces = [piece.split() for piece in match[3].split(";")]
        found.texts[match[1]] = (match[2], tuple((int(start), int(end)) for start, end in pieces), match[4])
    elif letter == "E":
        found.events[match[1]] = (match[2], match[3], _arguments(match[4]))
    elif letter == "R":
        found.relations.append((match[2], match[3], match[4]))
    elif letter == "*":
        first, *others = match[2].split()
        found.relations += [(match[1], first, other) for other in others]
    else:
        value = {"A": match[4] or "true", "M": match[4] or "true", "N": match[4], "#": match[4] or ""}[letter]
        found.attributes.append((match[2], match[3], value.strip()))
        found.free |= {match[2]} if letter in "N#" else set()


def _arguments(written: str) -> list[tuple[str, str]]:
    """(role, id) of an event; ``Theme2`` beside ``Theme`` is brat's way to write a role twice."""
    pairs = [argument.partition(":")[::2] for argument in written.split()]
    roles = {role for role, _ in pairs}
    bare = [(re.sub(r"\d+$", "", role), role, target) for role, target in pairs]
    return [(base if base in roles else role, target) for base, role, target in bare]


def _document(article: Article, found: Annotation, report: ConversionReport) -> Document:
    """An event is a mark of its own at its trigger's place; the trigger by itself is none."""
    events_of = Counter(trigger for _, trigger, _ in found.events.values())
    event_at = {trigger: name for name, (_, trigger, _) in reversed(found.events.items())}
    if n_more := events_of.total() - len(events_of):
        report.note("events that share their trigger with another: one span each", n_more)

    def of(name: str, kind: Kind, said: str) -> str:
        """The mark that is called ``name``: of a trigger its event, of one that events share the first of them."""
        if events_of[name] > 1:
            report.flag(kind, article.id, said, Reason(Code.SHARED_TRIGGER, (name, event_at[name])))
        return event_at.get(name, name)

    attributes_of: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for attribute, target, value in found.attributes:
        said = f"{attribute} of {target}"
        name = of(target, "attributes", said)
        if value and (name in found.texts or name in found.events):
            attributes_of[name].append((attribute, value))
        else:
            report.refuse("attributes", article.id, said, Code.OF_NO_SPAN if value else Code.EMPTY_NOTE)

    def mark(name: str, text_bound: str, event_type: str = "") -> Mark:
        label, pieces, says = found.texts[text_bound]
        cut = " ".join(article.text[start:end] for start, end in pieces)
        if says in (re.sub(r"[\r\n]", " ", cut), cut.replace("\r\n", " ")):  # brat writes a blank for a line end
            says = cut
        if says == cut and _are_lines(article.text, pieces):
            pieces = ((pieces[0][0], pieces[-1][1]),)
            says = article.text[pieces[0][0] : pieces[0][1]]
        is_other = event_type not in ("", label)
        fault = Fault(Reason(Code.TRIGGER_TYPE_DIFFERS, (label,))) if is_other else None
        return Mark(name, label, pieces, says, tuple(attributes_of[name]), bool(event_type), fault)

    def link(role: str, source: str, target: str) -> Link:
        said = f"{role} {source} -> {target}"
        return Link(role, of(source, "roles", said), of(target, "roles", said))

    marks = [mark(name, name) for name in found.texts if name not in event_at]
    links = [link(*relation) for relation in found.relations]
    for name, (label, trigger, arguments) in found.events.items():
        if trigger in found.texts:
            marks.append(mark(name, trigger, label))
        else:
            missing = Fault(Reason(Code.TRIGGER_MISSING, (trigger,)))
            marks.append(Mark(name, label, (), is_trigger=True, fault=missing))
        links += [link(role, name, target) for role, target in arguments]
    return Document(article, marks, links, free=frozenset(found.free))


def _are_lines(text: str, pieces: Sequence[tuple[int, int]]) -> bool:
    """Whether pieces are those of a span over several lines, which brat writes one by one: only blanks lie between."""
    between = [(end, start) for (_, end), (start, _) in pairwise(pieces)]
    return bool(between) and all(start <= end and not text[start:end].strip() for start, end in between)


def _content(path: Path) -> str:
    return read_text(path) if path.read_bytes().strip() else ""


def _has_byte_order_mark(path: Path) -> bool:
    with opened(path) as file:
        return file.read(3) == codecs.BOM_UTF8


def is_brat(sample: Sample) -> Certainty:
    """Whether a folder has files of brat, or a file is one of a pair."""
    if sample.path.is_dir():
        return 2 if ".ann" in sample.suffixes else 0
    suffix = sample.path.suffix.lower()
    return 2 if suffix == ".ann" or (suffix == ".txt" and sample.path.with_suffix(".ann").is_file()) else 0
