"""JSON Lines of doccano (https://github.com/doccano/doccano): a text with its labels, or with entities and relations.

Files are splits by their names (train, dev, test). Other files are parts, or, where they have texts in common, the
annotations of one person each, as doccano exports them in a zip; the names of these files are people's and stay out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from eventcorpus.annotation.document import Document, Found
from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.errors import InputError
from eventcorpus.formats.files import files_by_split, has_splits, not_read, split_of
from eventcorpus.formats.sample import BESIDE, Certainty, Sample
from eventcorpus.formats.spans_in_json import (
    NotTheFormat,
    RawLink,
    RawSpan,
    Row,
    about_of,
    document_of,
    id_in,
    id_of_text,
    is_triple,
    listed,
    objects,
    rows_in,
    side_by_side,
    span_of,
    text_in,
    values_of,
)

SUFFIXES = (".jsonl", ".json", ".ndjson", ".json1")
_SPANS = ("label", "labels", "entities", "annotations")
_OTHERS = ("relations", "Comments", "comments", "categories", "cats", "metadata", "meta")
_OF_NOBODY = "unknown"
"""The file of the zip that holds what nobody annotated."""


@dataclass
class _Files:
    """The files, and whose annotations are in each."""

    files: list[tuple[str, Path]]
    by_person: dict[Path, str] = field(default_factory=dict)
    n_annotators: Counter[str] = field(default_factory=Counter)
    labelled: set[str] = field(default_factory=set)
    """Ids of texts that somebody labelled, where there are several people."""

    def name(self, path: Path) -> str:
        """What the report calls a file."""
        return self.by_person.get(path, path.name)


def read_doccano(inputs: Sequence[Path]) -> Found:
    """Read one file, files or a folder.

    Raises:
        InputError: if there is no file; while reading, for a line that does not fit, unless the report refuses.
    """
    files = _found(inputs)

    def documents(report: ConversionReport) -> Iterator[Document]:
        n_in: Counter[str] = Counter()
        for split, path, row in _rows(files, report):
            n_in[split] += 1
            own = id_in(row.about)
            article_id = own or (id_of_text(row.text) if files.by_person else f"{split}-{n_in[split]:05d}")
            if not row.is_annotated:
                report.refuse("articles", article_id, f"{files.name(path)}: {row.place}", Code.NOT_ANNOTATED)
                continue
            if not row.spans:
                report.note("texts without a label: taken as looked through")
            if not row.spans and article_id in files.labelled:
                report.note("texts empty by one annotator and not by another: doccano does not say who read them")
            annotator = files.by_person.get(path, "a1")
            yield document_of(row, article_id, split, report, annotator=annotator)

    people = sorted(set(files.by_person.values()), key=lambda name: (len(name), name))
    who = ", ".join(f"{name} is {path.name}" for path, name in files.by_person.items())
    return Found(
        "doccano",
        lambda report: side_by_side(documents(report), files.n_annotators),
        [path for _, path in files.files],
        has_splits=has_splits(files.files),
        notices=[
            *([f"files of one annotator each: {who}"] if who else []),
            *not_read(inputs, [path for _, path in files.files]),
        ],
        annotators=people,
        names={path: f"{name}.jsonl" for path, name in files.by_person.items()},
    )


def _found(inputs: Sequence[Path]) -> _Files:
    """The files of the inputs, by split or by person.

    Raises:
        InputError: if there is none, or some have names of splits and some have not.
    """
    paths = list(chain.from_iterable(_in_folder(path) if path.is_dir() else [path] for path in inputs))
    if len(paths) < 2 or all(map(split_of, paths)):
        return _Files(files_by_split(paths, SUFFIXES))
    ids: dict[Path, set[str]] = {}
    labelled: set[str] = set()
    for path in paths:
        ids[path] = set()
        for value in _objects(path):
            ids[path].add(_id_of(value))
            if any(value.get(key) for key in _SPANS):
                labelled.add(_id_of(value))
    if max(Counter(chain.from_iterable(ids.values())).values(), default=0) < 2:
        has_names = any(map(split_of, paths))
        return _Files(files_by_split(inputs, SUFFIXES) if has_names else [("train", path) for path in paths])
    people = [path for path in sorted(paths) if path.stem.lower() != _OF_NOBODY]
    return _Files(
        [("train", path) for path in paths],
        by_person={path: f"a{n}" for n, path in enumerate(people, start=1)},
        n_annotators=Counter(chain.from_iterable(ids[path] for path in people)),
        labelled=labelled,
    )


def _in_folder(folder: Path) -> list[Path]:
    found = [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.lower().startswith((".", *BESIDE))
    ]
    if not found:
        raise InputError(f"{folder}: no {', '.join(SUFFIXES)} file here; name the files that doccano exported")
    return found


def _rows(files: _Files, report: ConversionReport) -> Iterator[tuple[str, Path, Row]]:
    """The rows of all files; those of several people side by side, so that what belongs together comes together."""

    def of_file(split: str, path: Path) -> Iterator[tuple[str, Path, Row]]:
        of_nobody = bool(files.by_person) and path not in files.by_person
        for row in rows_in(path, _row, report, file_name=files.name(path)):
            is_annotated = not of_nobody or bool(row.spans)
            yield split, path, replace(row, is_annotated=is_annotated)

    if not files.by_person:
        yield from chain.from_iterable(of_file(split, path) for split, path in files.files)
        return
    for several in zip_longest(*(of_file(split, path) for split, path in files.files)):
        yield from (one for one in several if one is not None)


def _row(place: str, value: Any) -> Row:
    if not isinstance(value, dict):
        raise NotTheFormat("not a JSON object")
    text = text_in(value, "text", "data")
    about = about_of(value, without=("text" if "text" in value else "data", *_SPANS, *_OTHERS))
    spans: list[RawSpan] = []
    categories = [str(c) for key in ("categories", "cats") for c in listed(value.get(key), key)]
    for key in _SPANS:
        for n, item in enumerate(listed(value.get(key), key)):
            if isinstance(item, str):
                categories.append(item)
            else:
                spans.append(span_of(item, f"{key}.{n}"))
    links = [
        RawLink(item.get("type", item.get("label")), str(item.get("from_id", "")), str(item.get("to_id", "")))
        for item in listed(value.get("relations"), "relations")
        if isinstance(item, dict) or _no_object("relations", item)
    ]
    comments = [
        str(item.get("text", "")) if isinstance(item, dict) else str(item)
        for key in ("Comments", "comments")
        for item in listed(value.get(key), key)
    ]
    for key in ("meta", "metadata"):
        more = value.get(key)
        if isinstance(more, dict):
            about = about_of(more, without=("id", "text")) | about
        elif more not in (None, ""):
            about[key + "_"] = more
    about |= {"categories": categories} if categories else {}
    about |= {"comments": comments} if comments else {}
    return Row(place, text, spans, links, about)


def _no_object(key: str, item: Any) -> bool:
    raise NotTheFormat(f"{key} has {type(item).__name__}, not objects")


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    return (value for _, value in values_of(path) if isinstance(value, dict))


def _id_of(value: Mapping[str, Any]) -> str:
    return id_in(value) or id_of_text(str(value.get("text", value.get("data"))))


def is_doccano(sample: Sample) -> Certainty:
    """Whether rows have a text and labels with offsets as doccano writes them."""
    rows = [row for row in objects(sample) if isinstance(row.get("text", row.get("data")), str)]
    if not rows or len(rows) < len(sample.rows):
        return 0
    lists = [row[key] for row in rows for key in ("label", "labels") if isinstance(row.get(key), list)]
    items = [item for found in lists for item in found]
    others = [item for row in rows for key in ("entities", "annotations") for item in _list(row.get(key))]
    if any(map(is_triple, items)) or any(isinstance(item, dict) and "start_offset" in item for item in others):
        return 2
    if any(map(is_triple, others)) and any(isinstance(row.get("cats"), list) for row in rows):
        return 2
    is_empty = lists and not items and all(type(row.get("id")) is int for row in rows)
    return 1 if is_empty or any("Comments" in row and "entities" in row for row in rows) else 0


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
