"""JSON Lines of Prodigy (``prodigy db-out``): a text with spans and relations, and the annotator's answer to it.

What was accepted becomes documents; what was rejected or ignored is counted. Annotators are told apart by
``_annotator_id`` and ``_session_id``; each is one of a1, a2, ..., and no name is kept. Of several answers of one person
to one text the newest counts, but answers to single suggestions (``ner.teach``) are put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, groupby
from pathlib import Path
from typing import Any, NamedTuple

from eventcorpus.annotation.document import Document, Found, Mark
from eventcorpus.annotation.first_seen import on_disk
from eventcorpus.conversion_report import Code, ConversionReport, Reason
from eventcorpus.formats.files import files_by_split, has_splits, not_read
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.formats.spans_in_json import (
    Keys,
    Row,
    document_of,
    id_in,
    id_of_text,
    links_in,
    listed,
    lists_in,
    objects,
    pieces_of,
    row_of,
    rows_in,
    side_by_side,
)

SUFFIXES = (".jsonl", ".json", ".ndjson")
_KEYS = Keys(
    ("spans",),
    read=("tokens", "relations", "answer"),
    lost=("accept", "options", "label", "versions", "html", "image", "audio"),
)
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


class _Answer(NamedTuple):
    """A row, and what its line says of the answer; ``time`` is in seconds, 0 where it is not said."""

    row: Row
    says: str
    time: float
    person: str


def read_prodigy(inputs: Sequence[Path]) -> Found:
    """Read a file, or files and folders whose names say their split.

    Raises:
        InputError: if there is no file; while reading, for a line that does not fit, unless the report refuses.
    """
    files = files_by_split(inputs, SUFFIXES, without_names=True)
    answers, people, has_suggestions = on_disk(_ANSWERS), dict[str, str](), False
    for _, (row, says, time, person) in _answers(files, ConversionReport(refuses=True)):
        people[person] = ""
        has_suggestions |= row.is_part
        key = (id_of_text(row.text), id_in(row.about), person.encode("utf-8", "surrogatepass"))
        values = (*key, time, row.is_part, says == "accept" and row.is_annotated)
        answers.execute("INSERT INTO answers VALUES (NULL, ?, ?, ?, ?, ?, ?)", values)
    people = {person: f"a{n}" for n, person in enumerate(sorted(people), start=1)}
    several = len(people) > 1

    def accepted(report: ConversionReport) -> Iterator[Row]:
        verdicts = answers.execute(_VERDICTS)
        for (path, (row, says, _, person)), verdict in zip(_answers(files, report), verdicts, strict=True):
            article_id, is_old, counts, is_first = verdict
            if counts:
                yield replace(row, article_id=article_id, annotator=people[person] if several else "a1")
                continue
            said = Reason(Code.ANSWERED, (says,)) if says != "accept" else Code.NOT_ANNOTATED
            why = Code.NEWER_ANNOTATION if is_old else said
            report.note(f"answers that do not count: {why}")
            if is_first:
                report.refuse("articles", article_id, f"{path.name}: {row.place}", why)
            report.refuse("spans", article_id, f"of {row.place}", why, n=len(row.marks))
            report.refuse("roles", article_id, f"of {row.place}", why, n=len(row.links))

    def documents(report: ConversionReport) -> Iterator[Document]:
        rows = accepted(report)
        in_order = side_by_side(rows, _row) if several or has_suggestions else rows
        for _, of_one in groupby(in_order, key=lambda row: (row.article_id, row.annotator, row.is_part)):
            same = list(of_one)
            if same[0].is_part:
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
        for answer in rows_in(path, _answer, report):
            yield path, answer._replace(row=replace(answer.row, split=split))


def _answer(place: str, value: Any) -> _Answer:
    row = row_of(place, value, _KEYS)
    spans, tokens = value.get("spans") or (), listed(value.get("tokens"), "tokens")
    row = replace(
        row,
        marks=[mark._replace(ref="") for mark in row.marks],
        links=links_in(value, lambda item: (item.get("label"), _end(item, "head", spans), _end(item, "child", spans))),
        about=row.about | ({"input_hash": value["_input_hash"]} if type(value.get("_input_hash")) is int else {}),
        is_annotated="spans" in value or not any(key in value for key in ("accept", "options", "label")),
        words=[
            Mark("", "", pieces_of(token.get("start"), token.get("end")), token["text"])
            for token in tokens
            if isinstance(token, dict) and isinstance(token.get("text"), str)
        ],
        is_part=value.get("_view_id") in _OF_SUGGESTIONS,
    )
    time = value.get("_timestamp")
    time = float(time) if isinstance(time, int | float) and 0 < time < 1e12 else 0.0
    return _Answer(row, str(value.get("answer") or "accept"), time, _person(value))


def _row(place: str, value: Any) -> Row:
    return _answer(place, value).row


def _person(value: Mapping[str, Any]) -> str:
    """Who answered, by the name of the session; empty where it has only a time."""
    for key in ("_annotator_id", "_session_id"):
        name = value.get(key)
        if isinstance(name, str) and name and not _A_TIME.fullmatch(name):
            return name
    return ""


def _end(relation: Mapping[str, Any], side: str, spans: Sequence[Any]) -> str:
    """The span at one end of a relation, by its number; the relation has the span itself, or the token that ends it."""
    drawn = relation.get(f"{side}_span")
    drawn = drawn if isinstance(drawn, dict) else {}
    wanted = {key: drawn[key] for key in ("start", "end", "label") if key in drawn} or {"token_end": relation.get(side)}
    for n, span in enumerate(spans, start=1):
        if isinstance(span, dict) and wanted.items() <= span.items():
            return f"#{n}"
    return f"{side} at token {relation.get(side)}"


def is_prodigy(sample: Sample) -> Certainty:
    """Whether rows have a text and what Prodigy adds: an answer, hashes, or spans with tokens."""
    rows = objects(sample, "text")
    if any("_task_hash" in row or row.get("answer") in ("accept", "reject", "ignore") for row in rows):
        return 2
    spans = [*chain(*lists_in(rows, "spans"))]
    has_offsets = all(isinstance(span, dict) and {"start", "end", "label"} <= span.keys() for span in spans)
    return 1 if spans and has_offsets else 0
