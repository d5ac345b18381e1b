"""JSON Lines of doccano (https://github.com/doccano/doccano): a text with its labels, or with entities and relations.

Files are splits by their names (train, dev, test). Other files are parts, or, where they have texts in common, the
annotations of one person each, as doccano exports them in a zip; the names of these files are people's and stay out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from eventcorpus.annotation.document import Document, Found
from eventcorpus.annotation.first_seen import FirstSeen
from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.files import read_json_values
from eventcorpus.formats.files import files_by_split, has_splits, not_read, split_of, visible_files
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.formats.spans_in_json import (
    Keys,
    Row,
    document_of,
    id_in,
    id_of_text,
    is_triple,
    links_in,
    listed,
    lists_in,
    objects,
    row_of,
    rows_in,
    side_by_side,
)

SUFFIXES = (".jsonl", ".json", ".ndjson", ".json1")
_KEYS = Keys(
    ("label", "labels", "entities", "annotations"),
    read=("relations", "Comments", "comments"),
    text=("text", "data"),
    has_categories=True,
)
_OF_NOBODY = "unknown"
"""The file of the zip that holds what nobody annotated."""


def read_doccano(inputs: Sequence[Path]) -> Found:
    """Read one file, files or a folder.

    Raises:
        InputError: if there is no file; while reading, for a line that does not fit, unless the report refuses.
    """
    files, people = _files(inputs)
    is_numbered_anew = has_splits(files) and _have_texts_in_common([path for _, path in files])

    def rows(report: ConversionReport) -> Iterator[Row]:
        n_in: Counter[str] = Counter()
        for split, path in files:
            name = people.get(path, path.name)
            for row in rows_in(path, _row, report, name=name):
                n_in[split] += 1
                of_text = id_of_text(row.text) if people else f"{split}-{n_in[split]:05d}"
                own = id_in(row.about)
                article_id = (f"{split}-{own}" if is_numbered_anew else own) if own else of_text
                if row.marks or not people or path in people:
                    yield replace(row, article_id=article_id, split=split, annotator=people.get(path, "a1"))
                else:
                    report.refuse("articles", article_id, f"{name}: {row.place}", Code.NOT_ANNOTATED)

    def documents(report: ConversionReport) -> Iterator[Document]:
        in_order = side_by_side(rows(report), _row) if people else rows(report)
        for _, of_article in groupby(in_order, key=lambda row: row.article_id):
            same = list(of_article)
            is_labelled = any(row.marks for row in same)
            for row in same:
                if not row.marks:
                    report.note("texts without a label: taken as looked through")
                    if is_labelled and people:
                        report.note(
                            "texts empty by one annotator and not by another: doccano does not say who read them"
                        )
                yield document_of(row, report)

    paths = [path for _, path in files]
    who = ", ".join(f"{name} is {path.name}" for path, name in people.items())
    return Found(
        "doccano",
        documents,
        paths,
        has_splits=has_splits(files),
        notices=[*([f"files of one annotator each: {who}"] if who else []), *not_read(inputs, paths)],
        annotators=[*people.values()],
        names={path: f"{name}.jsonl" for path, name in people.items()},
    )


def _files(inputs: Sequence[Path]) -> tuple[list[tuple[str, Path]], dict[Path, str]]:
    """The files with their splits, and whose annotations are in each, where they have texts in common.

    Raises:
        InputError: if there is none, or some have names of splits and some have not.
    """
    paths = [file for path in inputs for file in (visible_files(path, SUFFIXES) if path.is_dir() else [path])]
    if all(map(split_of, paths)) or not _have_texts_in_common(paths):
        return files_by_split(inputs, SUFFIXES, without_names=True), {}
    people = [path for path in sorted(paths) if path.stem.lower() != _OF_NOBODY]
    return [("train", path) for path in paths], {path: f"a{n}" for n, path in enumerate(people, start=1)}


def _have_texts_in_common(paths: Sequence[Path]) -> bool:
    if len(paths) < 2:
        return False
    first_file = FirstSeen()
    for path in paths:
        for _, value in read_json_values(path):
            if isinstance(value, dict):
                article_id = id_in(value) or id_of_text(str(value.get("text", value.get("data"))))
                if first_file.add(article_id.encode(), str(path)) not in (None, str(path)):
                    return True
    return False


def _row(place: str, value: Any) -> Row:
    row = row_of(place, value, _KEYS)
    comments = [
        str(item.get("text", "")) if isinstance(item, dict) else str(item)
        for key in ("Comments", "comments")
        for item in listed(value.get(key), key)
    ]
    about = row.about | {"comments": comments} if comments else row.about
    return replace(row, links=links_in(value, _ends), about=about)


def _ends(relation: Mapping[str, Any]) -> tuple[Any, str, str]:
    role = relation.get("type", relation.get("label"))
    return role, str(relation.get("from_id", "")), str(relation.get("to_id", ""))


def is_doccano(sample: Sample) -> Certainty:
    """Whether rows have a text and labels with offsets as doccano writes them."""
    rows = objects(sample, "text", "data")
    lists = lists_in(rows, "label", "labels")
    items = [*chain(*lists)]
    others = [*chain(*lists_in(rows, "entities", "annotations"))]
    if any(map(is_triple, items)) or any(isinstance(item, dict) and "start_offset" in item for item in others):
        return 2
    if any(map(is_triple, others)) and any(isinstance(row.get("cats"), list) for row in rows):
        return 2
    is_empty = lists and not items and all(type(row.get("id")) is int for row in rows)
    return 1 if is_empty or any("Comments" in row and "entities" in row for row in rows) else 0
