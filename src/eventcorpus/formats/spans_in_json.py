"""Texts with spans in JSON or JSON Lines: what the formats of doccano, Prodigy and spaCy have in common.

Comes in: what a front found in one value of a file: a text, marks, links, and what is said of the text besides. Goes
out: documents. Offsets that count UTF-16 units or bytes are told by the text.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar

from eventcorpus.annotation.document import Document, Fault, Link, Mark, same_but_blanks_and_quotes
from eventcorpus.annotation.first_seen import on_disk
from eventcorpus.articles.rows import article_from_row
from eventcorpus.conversion_report import Code, ConversionReport, Kind
from eventcorpus.errors import InputError, OutputError
from eventcorpus.files import read_json_values
from eventcorpus.formats.sample import Sample
from eventcorpus.schema import Article
from eventcorpus.text import cut_out, one_line, sha256_of, stored_form

_SPAN_KEYS = frozenset(("start", "end", "start_offset", "end_offset", "label", "type", "id", "text", "kb_id"))
_SPAN_KEYS |= {"token_start", "token_end"}
_REFUSED: dict[Kind, tuple[str, ...]] = {
    "spans": ("spans", "entities", "ents", "label", "labels"),
    "roles": ("relations",),
}
"""What is counted of a value that is refused, as far as it has lists under these keys."""
_NOT_PUBLIC = ("completed_by", "annotator", "annotators", "annotation_approver", "user", "username", "email")
"""What names people, and is never part of an article."""


@dataclass(frozen=True)
class Row:
    """One annotated text of a file.

    Attributes:
        place: where it stands in its file, for messages: ``line 3``.
        text: as the file has it; offsets refer to it.
        marks: without ids; links call one by its ``ref``, or by its number (``#1``) where it has none.
        about: what else is said of the text; fields of an article by their names, the rest is metadata.
        is_annotated: whether somebody looked at it.
        lost: what is not kept, in words, one for each time.
        words: the words of the text with their offsets, which tell what offsets count.
        counts_characters: whether it is sure that offsets are code points.
        article_id, split, annotator: see ``annotation.document.Document``.
        is_part: it is not all that its annotator says of the text.
        value: what the file has, of which the row is made.
    """

    place: str
    text: str
    marks: Sequence[Mark] = ()
    links: Sequence[Link] = ()
    about: dict[str, Any] = field(default_factory=dict)
    is_annotated: bool = True
    lost: Sequence[str] = ()
    words: Sequence[Mark] = ()
    counts_characters: bool = False
    article_id: str = ""
    split: str = "train"
    annotator: str = "a1"
    is_part: bool = False
    value: Any = None


@dataclass(frozen=True)
class Keys:
    """What the objects of a format have under which keys.

    Attributes:
        spans: lists of spans.
        read: what the format reads itself.
        lost: what is not kept.
        text: the text, under the first that is there.
        has_categories: a text among the spans is a category of the whole text.
    """

    spans: Sequence[str]
    read: Sequence[str] = ()
    lost: Sequence[str] = ()
    text: Sequence[str] = ("text",)
    has_categories: bool = False


_Made = TypeVar("_Made")


class NotTheFormat(Exception):
    """A value of a file cannot be an annotated text; the message says why."""


# rows ----------------------------------------------------------------------------------------------------------------


def rows_in(
    path: Path,
    made_of: Callable[[str, Any], _Made],
    report: ConversionReport,
    *,
    name: str = "",
    values_of: Callable[[Path], Iterable[tuple[str, Any]]] = read_json_values,
) -> Iterator[_Made]:
    """The rows of a file, as ``made_of`` makes them of its values; what is no row is refused.

    Args:
        name: what the report calls the file, if not by its name.
        values_of: reads the values.

    Raises:
        InputError: for a value that is no row, unless the report refuses.
    """
    for place, value in values_of(path):
        try:
            row = made_of(place, value)
        except NotTheFormat as fault:
            if not report.refuses:
                raise InputError(f"{path}: {place}: {fault} (--refuse leaves such lines out and counts them)") from None
            says = value[1] if isinstance(value, list) and len(value) > 1 else value
            says = says if isinstance(says, dict) else {}
            ids = (str(says[key]) for key in ("id", "doc_id", "_id") if isinstance(says.get(key), str | int))
            article_id = one_line(next(ids, place)).strip("'")
            report.refuse("articles", article_id, f"{name or path.name}: {place}: {fault}", Code.FORMAT)
            for kind, keys in _REFUSED.items():
                n = sum(map(len, lists_in([says], *keys)))
                report.refuse(kind, article_id, f"of {place}", Code.ARTICLE_REFUSED, n=n)
        else:
            yield row


def side_by_side(rows: Iterable[Row], made_of: Callable[[str, Any], Row]) -> Iterator[Row]:
    """Rows so that the annotators of one article come one after another, a1 first; they wait in a temporary file.

    Args:
        made_of: makes a row of its place and value again.

    Raises:
        InputError: for a value that is nested too deeply.
        OutputError: if there is no room for it.
    """
    columns = "article TEXT, annotator INTEGER, split TEXT, place TEXT, value TEXT"
    waiting = on_disk(f"CREATE TABLE waiting (n INTEGER PRIMARY KEY, {columns})")
    values = (
        (row.article_id, int(row.annotator.removeprefix("a")), row.split, row.place, _waiting_value(row))
        for row in rows
    )
    try:
        waiting.executemany("INSERT INTO waiting VALUES (NULL, ?, ?, ?, ?, ?)", values)
    except sqlite3.OperationalError as fault:
        raise OutputError(f"temporary file: {fault}; name a folder with more room in SQLITE_TMPDIR") from None
    in_order = waiting.execute("SELECT n FROM waiting ORDER BY max(n) OVER (PARTITION BY article), annotator, n")
    for (n,) in in_order:
        found = waiting.execute("SELECT article, annotator, split, place, value FROM waiting WHERE n = ?", (n,))
        article_id, annotator, split, place, value = found.fetchone()
        row = made_of(place, json.loads(value))
        yield replace(row, article_id=article_id, annotator=f"a{annotator}", split=split)


def _waiting_value(row: Row) -> str:
    try:
        return json.dumps(row.value)
    except RecursionError:
        raise InputError(f"{row.place}: nested too deeply") from None


# what stands in a value ----------------------------------------------------------------------------------------------


def row_of(place: str, value: Any, keys: Keys) -> Row:
    """The row of an object, without what the format reads itself.

    Raises:
        NotTheFormat: if it is no object, or has no text, or no list under a key of spans.
    """
    if not isinstance(value, dict):
        raise NotTheFormat("not a JSON object")
    text_key = next((key for key in keys.text if key in value), None)
    if text_key is None:
        raise NotTheFormat(f"no {' or '.join(keys.text)} in it; there are {', '.join(value) or 'no keys'}")
    text = value[text_key]
    if not isinstance(text, str):
        raise NotTheFormat(f"{text_key} is {type(text).__name__}, not text")
    lost = [f"{one_line(key)} of texts" for key in keys.lost if value.get(key) not in (None, "", [], {})]
    cats_key = next((key for key in ("categories", "cats") if value.get(key)), "cats")
    categories, marks = value.get(cats_key) or [], list[Mark]()
    categories = [*map(str, categories)] if isinstance(categories, list) else categories
    for key in keys.spans:
        for n, item in enumerate(listed(value.get(key), key)):
            if keys.has_categories and isinstance(item, str):
                categories = [*categories, item]
            else:
                marks.append(mark_of(item, f"{key}.{n}", lost))
    about = _about(value, {text_key, cats_key, *keys.spans, *keys.read, *keys.lost})
    for key in ("meta", "metadata"):
        if isinstance(about.get(key), dict):
            inside = _about(about.pop(key), frozenset())
            about = {f"{key}_{name}" if name in ("id", "text") else name: inside[name] for name in inside} | about
    about |= {"categories": categories} if categories else {}
    return Row(place, text, marks, about=about, lost=lost, value=value)


def _about(value: Mapping[str, Any], without: Set[str]) -> dict[str, Any]:
    """What an object says besides the keys ``without``; nothing that names people."""
    left_out = {*without, *_NOT_PUBLIC}
    return {key: item for key, item in value.items() if key not in left_out and not key.startswith("_")}


def listed(value: Any, what: str) -> list[Any]:
    """A list, of nothing where there is none.

    Raises:
        NotTheFormat: if it is something else.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise NotTheFormat(f"{what} is {type(value).__name__}, not a list")
    return value


def id_in(value: Mapping[str, Any]) -> str | None:
    """The id that an object has of its own."""
    own = value.get("id")
    return str(own) if type(own) in (int, str) and str(own).strip() and str(own).isprintable() else None


def id_of_text(text: str) -> str:
    """An id for a text that has none, the same for the same text."""
    return sha256_of(stored_form(text).text)[:16]


def mark_of(item: Any, place: str, lost: list[str]) -> Mark:
    """A mark of ``[start, end, label]``, or of an object with these (or ``start_offset`` and ``end_offset``).

    Args:
        lost: to which is added what of it is not kept.

    Raises:
        NotTheFormat: if it is neither.
    """
    span = dict(zip(("start", "end", "label", "kb_id"), item, strict=False)) if isinstance(item, list) else item
    if not isinstance(span, dict) or (isinstance(item, list) and len(item) < 3):
        shown = one_line(json.dumps(item))
        raise NotTheFormat(f"{place}: {shown} is neither [start, end, label] nor an object with these")
    start, end = (span.get(f"{which}_offset", span.get(which)) for which in ("start", "end"))
    label, text, kb_id = span.get("label", span.get("type")), span.get("text"), span.get("kb_id")
    lost += [f"{one_line(key)} of spans" for key in span if key not in _SPAN_KEYS and span[key] not in (None, "", [])]
    pieces, is_number, fault = pieces_of(start, end), isinstance(label, int), None
    if not isinstance(label, str) or not label.strip():
        detail = "its label is a number; export the names of labels" if is_number else ""
        fault = Fault(Code.NO_LABEL, detail, stops=is_number)
    elif not pieces:
        fault = Fault(Code.OFFSET_NO_NUMBER, f"from {one_line(str(start))} to {one_line(str(end))}")
    return Mark(
        "",
        label if isinstance(label, str) else "",
        pieces,
        text if isinstance(text, str) else None,
        (("kb_id", kb_id),) if isinstance(kb_id, str) and kb_id else (),
        fault=fault,
        ref=str(span.get("id", "")),
    )


def pieces_of(start: Any, end: Any) -> tuple[tuple[int, int], ...]:
    """The place of a mark, as ``Mark`` has it; empty if the offsets are no whole numbers."""
    return ((start, end),) if type(start) is int and type(end) is int else ()


def links_in(value: Mapping[str, Any], ends_of: Callable[[dict[str, Any]], tuple[Any, str, str]]) -> list[Link]:
    """The links of the relations in an object; ``ends_of`` gives the role of one, and the refs of its two marks.

    Raises:
        NotTheFormat: if they are no objects in a list.
    """
    links: list[Link] = []
    for n, item in enumerate(listed(value.get("relations"), "relations"), start=1):
        if not isinstance(item, dict):
            raise NotTheFormat(f"relations.{n - 1} is {type(item).__name__}, not an object")
        role, trigger, argument = ends_of(item)
        fault = None if isinstance(role, str) and role.strip() else Fault(Code.NO_ROLE, stops=False)
        role = "" if fault else role
        name = f"{role or 'relation'} {n}: {trigger} -> {argument}"
        links.append(Link(role, trigger, argument, fault, name=name))
    return links


# documents -----------------------------------------------------------------------------------------------------------


def document_of(row: Row, report: ConversionReport) -> Document:
    """The document of a row; spans that cannot be right carry their fault."""
    marks = row.marks if row.counts_characters else in_code_points(row.text, row.marks, row.words)
    for what in row.lost:
        report.note(f"{what}: not kept")
    return Document(
        article_of(row, row.article_id, report),
        [mark._replace(id=str(n), ref=mark.ref or f"#{n}") for n, mark in enumerate(marks, start=1)],
        row.links,
        split=row.split,
        free=frozenset(name for mark in marks for name, _ in mark.attributes),
        annotator=row.annotator,
    )


def article_of(row: Row, article_id: str, report: ConversionReport) -> Article:
    """The article with what the row says of it; what does not fit its fields, or names no article, is metadata."""
    if not row.text.strip():
        return Article(article_id, row.text)
    about = {key: value for key, value in row.about.items() if key not in ("id", "text", "text_sha256")}
    own = row.about.get("id")
    if own not in (None, "") and article_id not in (str(own), f"{row.split}-{own}"):
        about["id_as_written"] = own
    strange: list[str] = []
    try:
        article = article_from_row({**about, "text": "-"}, place=row.place, strange=strange)
    except InputError:
        report.note("metadata nested too deeply: not kept")
        article = Article("", "")
    for key in strange:
        report.note(f"values of {key!r} that are none of ours: in metadata")
    return replace(article, id=article_id, text=row.text)


# offsets -------------------------------------------------------------------------------------------------------------

_SIZES: dict[Code, Callable[[str], int]] = {
    Code.UTF16: lambda character: 1 + (character > "\uffff"),
    Code.BYTES: lambda character: len(character.encode("utf-8", "surrogatepass")),
}


def in_code_points(text: str, marks: Sequence[Mark], words: Sequence[Mark] = ()) -> Sequence[Mark]:
    """The marks with offsets in code points; where they counted something else, that is repaired.

    They count UTF-16 units (as JavaScript does) or bytes of UTF-8 where all of them then fit the text, and most
    for which it makes a difference do not fit otherwise, with two wrong ends or more. A mark fits where its own text
    stands there, or, without one, where it neither cuts a word nor ends in a blank. So do the ``words`` of the text.

    >>> [(mark.pieces, mark.repair) for mark in in_code_points("🔥 Homs fell", [Mark("", "Place", ((3, 7),))])]
    [(((2, 6),), <Code.UTF16: 'offsets were UTF-16 units'>)]
    """
    places = [(piece, mark.text) for mark in (*marks, *words) for piece in mark.pieces]
    for code, size in _SIZES.items() if places and not text.isascii() else ():
        index = {at: i for i, at in enumerate(accumulate(map(size, text), initial=0))}
        if not _are_counted(places, text, index):
            continue
        moved = [tuple((index[start], index[end]) for start, end in mark.pieces) for mark in marks]
        return [
            mark._replace(pieces=pieces, repair=mark.repair or (code if pieces != mark.pieces else None))
            for mark, pieces in zip(marks, moved, strict=True)
        ]
    return marks


def _are_counted(places: Iterable[tuple[tuple[int, int], str | None]], text: str, index: Mapping[int, int]) -> bool:
    """Whether places count what ``index`` leads from, rather than code points."""
    n_other = n_fit = n_wrong_ends = 0
    for place, says in places:
        start, end = index.get(place[0], -1), index.get(place[1], -1)
        if _n_wrong_ends(text, (start, end), says):
            return False
        if (start, end) != place:
            n_wrong = _n_wrong_ends(text, place, says)
            n_other += 1
            n_fit += not n_wrong
            n_wrong_ends += n_wrong
    return n_other > 2 * n_fit and n_wrong_ends > 1


def _n_wrong_ends(text: str, place: tuple[int, int], says: str | None) -> int:
    """How many ends of a span are where no span ends; one alone may be meant, as in a part of a word."""
    found = cut_out(text, *place)
    if found is None:
        return 2
    if says is not None:
        return 0 if same_but_blanks_and_quotes(found, says) else 2
    ends = zip((found[0], found[-1]), place, strict=True)
    return sum(character.isspace() or _cuts_word(text, at) for character, at in ends)


def _cuts_word(text: str, at: int) -> bool:
    """Whether an offset lies within a word, in scripts that put blanks between words."""
    around = text[at - 1 : at + 1] if at else ""
    return len(around) == 2 and all(c.isalnum() and (c < "\u0e00" or "\u1e00" <= c < "\u2000") for c in around)


# telling the format --------------------------------------------------------------------------------------------------


def objects(sample: Sample, *keys: str) -> list[dict[str, Any]]:
    """The first rows of a sample if all of them are objects, with a text under one of these keys, else none."""
    rows = [row for row in sample.rows if isinstance(row, dict)]
    rows = [row for row in rows if not keys or any(isinstance(row.get(key), str) for key in keys)]
    return rows if len(rows) == len(sample.rows) else []


def lists_in(rows: Iterable[Mapping[str, Any]], *keys: str) -> list[list[Any]]:
    """The lists that objects have under these keys."""
    return [row[key] for row in rows for key in keys if isinstance(row.get(key), list)]


def is_triple(item: Any) -> bool:
    """Whether something is ``[start, end, label]``."""
    return isinstance(item, list) and len(item) >= 3 and [*map(type, item[:3])] == [int, int, str]
