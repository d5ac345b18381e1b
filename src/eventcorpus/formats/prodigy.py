"""JSON Lines of Prodigy (``prodigy db-out``): a text with spans and relations, and the annotator's answer to it.

What was accepted becomes documents; what was rejected or ignored is counted. Annotators are told apart by
``_annotator_id`` and ``_session_id``; each is one of a1, a2, ..., and no name is kept. Of several answers of one person
to one text the newest counts, but answers to single suggestions (``ner.teach``) are put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from eventcorpus.annotation.document import Document, Found, Link, Mark
from eventcorpus.annotation.first_seen import on_disk
from eventcorpus.conversion_report import Code, ConversionReport, Reason
from eventcorpus.formats.files import files_by_split, has_splits, not_read
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.formats.spans_in_json import (
    NotTheFormat,
    Row,
    about_of,
    document_of,
    id_in,
    id_of_text,
    link_of,
    listed,
    lost_of,
    marks_in,
    objects,
    pieces_of,
    rows_in,
    side_by_side,
    text_in,
)

SUFFIXES = (".jsonl", ".json", ".ndjson")
_READ = ("text", "tokens", "spans", "relations", "answer", "meta")
_NOT_KEPT = ("accept", "options", "label", "versions", "html", "image", "audio")
_A_TIME = re.compile(r"(.*[-_])?\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d")
"""A session without a name of its own is called after the time when it began."""
_OF_SUGGESTIONS = ("ner", "spans")
"""The views of one suggestion that is to be accepted or rejected; all others are of whole texts."""

_ANSWERS = """CREATE TABLE answers (n INTEGER PRIMARY KEY, text TEXT, own_id TEXT, person TEXT,
    answered REAL, is_suggestion INTEGER, is_accepted INTEGER)"""
_VERDICTS = """
WITH named AS (
    SELECT *, iif(own_id IS NULL OR min(text) OVER of_id < max(text) OVER of_id, text, own_id) AS article,
        coalesce(n <> first_value(iif(is_suggestion, NULL, n)) OVER of_one, 0) AS is_old
    FROM answers
    WINDOW of_id AS (PARTITION BY coalesce(own_id, text)),
        of_one AS (PARTITION BY text, own_id, person ORDER BY is_suggestion, answered DESC, n DESC)
), judged AS (SELECT *, is_accepted AND NOT is_old AS counts FROM named)
SELECT article, is_old, counts, NOT max(counts) OVER of_article AND n = min(iif(is_old, NULL, n)) OVER of_article
FROM judged WINDOW of_article AS (PARTITION BY article) ORDER BY n"""
"""Of each answer the article, whether a newer one of its annotator is there, whether it counts, and whether it is the
first to an article of which none counts. An id that several texts have is none; the newest answer is one to a whole
text, where one is there."""


@dataclass(frozen=True)
class _Answer(Row):
    """A row with what its line says of the answer."""

    answer: str = "accept"
    answered: float = 0.0
    person: str = ""
    is_suggestion: bool = False


def read_prodigy(inputs: Sequence[Path]) -> Found:
    """Read a file, or files and folders whose names say their split.

    Raises:
        InputError: if there is no file; while reading, for a line that does not fit, unless the report refuses.
    """
    files = files_by_split(inputs, SUFFIXES, without_names=True)
    answers, people, has_suggestions = on_disk(_ANSWERS), dict[str, str](), False
    for _, row in _answers(files, ConversionReport(refuses=True)):
        people[row.person] = ""
        has_suggestions |= row.is_suggestion
        is_accepted = row.answer == "accept" and row.is_annotated
        key = (id_of_text(row.text), id_in(row.about), row.person.encode("utf-8", "surrogatepass"))
        values = (*key, row.answered, row.is_suggestion, is_accepted)
        answers.execute("INSERT INTO answers VALUES (NULL, ?, ?, ?, ?, ?, ?)", values)
    people = {person: f"a{n}" for n, person in enumerate(sorted(people), start=1)}
    several = len(people) > 1

    def accepted(report: ConversionReport) -> Iterator[_Answer]:
        verdicts = answers.execute(_VERDICTS)
        for (path, row), verdict in zip(_answers(files, report), verdicts, strict=True):
            article_id, is_old, counts, is_first = verdict
            if counts:
                yield replace(row, article_id=article_id, annotator=people[row.person] if several else "a1")
                continue
            answered = Reason(Code.ANSWERED, (row.answer,)) if row.answer != "accept" else Code.NOT_ANNOTATED
            why = Code.NEWER_ANNOTATION if is_old else answered
            report.note(f"answers that do not count: {why}")
            if is_first:
                report.refuse("articles", article_id, f"{path.name}: {row.place}", why)
            report.refuse("spans", article_id, f"of {row.place}", why, n=len(row.marks))
            report.refuse("roles", article_id, f"of {row.place}", why, n=len(row.links))

    def documents(report: ConversionReport) -> Iterator[Document]:
        rows = accepted(report)
        in_order = side_by_side(rows) if several or has_suggestions else rows
        for _, of_one in groupby(in_order, key=lambda row: (row.article_id, row.annotator, row.is_suggestion)):
            same = list(of_one)
            if same[0].is_suggestion:
                report.note("texts with suggestions accepted one by one: other spans may be missing")
                marks = {(mark.pieces, mark.label, mark.fault): mark for row in same for mark in row.marks}
                same = [replace(same[-1], marks=[*marks.values()], links=[link for row in same for link in row.links])]
            yield from (document_of(row, report) for row in same)

    who = ", ".join(f"{name} is {person or 'without a name'}" for person, name in people.items())
    paths = [path for _, path in files]
    return Found(
        "prodigy",
        documents,
        paths,
        has_splits=has_splits(files),
        notices=[*([f"annotators: {who}"] if several else []), *not_read(inputs, paths)],
        annotators=[*people.values()] if several else [],
    )


def _answers(files: Sequence[tuple[str, Path]], report: ConversionReport) -> Iterator[tuple[Path, _Answer]]:
    for split, path in files:
        yield from ((path, replace(row, split=split)) for row in rows_in(path, _answer, report))


def _answer(place: str, value: Any) -> _Answer:
    text = text_in(value, "text")
    lost = lost_of(value, _NOT_KEPT)
    spans = listed(value.get("spans"), "spans")
    relations = enumerate(listed(value.get("relations"), "relations"), start=1)
    about, meta = about_of(value, without=(*_READ, *_NOT_KEPT)), value.get("meta")
    about = (about_of(meta, without=("id", "text")) if isinstance(meta, dict) else {}) | about
    if type(value.get("_input_hash")) is int:
        about["input_hash"] = value["_input_hash"]
    time = value.get("_timestamp")
    return _Answer(
        place,
        text,
        [mark._replace(ref="") for mark in marks_in(value, "spans", lost)],
        [_link(item, spans, n) for n, item in relations],
        about,
        is_annotated="spans" in value or not any(key in value for key in ("accept", "options", "label")),
        lost=lost,
        words=[
            Mark("", "", pieces_of(token.get("start"), token.get("end")), token["text"])
            for token in listed(value.get("tokens"), "tokens")
            if isinstance(token, dict) and isinstance(token.get("text"), str)
        ],
        answer=str(value.get("answer") or "accept"),
        answered=float(time) if isinstance(time, int | float) and 0 < time < 1e12 else 0.0,
        person=_person(value),
        is_suggestion=value.get("_view_id") in _OF_SUGGESTIONS,
    )


def _person(value: Mapping[str, Any]) -> str:
    """Who answered, by the name of the session; empty where it has only a time."""
    for key in ("_annotator_id", "_session_id"):
        name = value.get(key)
        if isinstance(name, str) and name and not _A_TIME.fullmatch(name):
            return name
    return ""


def _link(item: Any, spans: Sequence[Any], number: int) -> Link:
    """A relation from its head to its child; each is a span, named by its place, or a token that ends one."""
    if not isinstance(item, dict):
        raise NotTheFormat(f"relations.{number - 1} is {type(item).__name__}, not an object")
    return link_of(item.get("label"), _end(item, "head", spans), _end(item, "child", spans), number)


def _end(item: Mapping[str, Any], side: str, spans: Sequence[Any]) -> str:
    drawn = item.get(f"{side}_span")
    drawn = drawn if isinstance(drawn, dict) else {}
    wanted = {key: drawn[key] for key in ("start", "end", "label") if key in drawn} or {"token_end": item.get(side)}
    for n, span in enumerate(spans, start=1):
        if isinstance(span, dict) and wanted.items() <= span.items():
            return f"#{n}"
    return f"{side} at token {item.get(side)}"


def is_prodigy(sample: Sample) -> Certainty:
    """Whether rows have a text and what Prodigy adds: an answer, hashes, or spans with tokens."""
    rows = [row for row in objects(sample) if isinstance(row.get("text"), str)]
    if not rows or len(rows) < len(sample.rows):
        return 0
    if any("_task_hash" in row or row.get("answer") in ("accept", "reject", "ignore") for row in rows):
        return 2
    spans = [span for row in rows if isinstance(row.get("spans"), list) for span in row["spans"]]
    has_offsets = all(isinstance(span, dict) and {"start", "end", "label"} <= span.keys() for span in spans)
    return 1 if spans and has_offsets else 0
