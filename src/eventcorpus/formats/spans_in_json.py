"""Texts with spans in JSON or JSON Lines: what the formats of doccano, Prodigy and spaCy have in common.

Comes in: the values of a file, and what a front found in one of them: a text, spans with offsets, relations, and what
is said of the text besides. Goes out: documents. Offsets that count UTF-16 units or bytes are told by the text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from eventcorpus.annotation.document import Document, Fault, Link, Mark, same_but_blanks_and_quotes
from eventcorpus.articles.rows import FIELDS, article_from_row
from eventcorpus.conversion_report import Code, ConversionReport, Kind, Reason
from eventcorpus.errors import InputError
from eventcorpus.files import opened, read_json, read_json_list, read_lines
from eventcorpus.formats.sample import Sample
from eventcorpus.schema import Article
from eventcorpus.text import cut_out, one_line, sha256_of, stored_form

_FIRST_LINE = 1 << 20
"""Bytes of a first line by which JSON Lines are told from one JSON list."""
_ATTRIBUTES = ("kb_id",)
_SPAN_KEYS = {"start", "end", "start_offset", "end_offset", "label", "type", "id", "text", "token_start", "token_end"}
_SPAN_KEYS |= {*_ATTRIBUTES}
_NOT_PUBLIC = ("completed_by", "annotator", "annotators", "annotation_approver", "user", "username", "email")
"""What names people, and is never part of an article."""


class RawSpan(NamedTuple):
    """A span as a file has it; ``id`` is what relations call it, ``text`` what the file says is there.

    ``is_by_words``: that text is made of words, so that its blanks are not those of the file. ``lost``: keys that are
    not kept.
    """

    start: Any
    end: Any
    label: Any
    id: str = ""
    text: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    repair: Code | Reason | None = None
    is_by_words: bool = False
    lost: tuple[str, ...] = ()


class RawLink(NamedTuple):
    """A relation as a file has it, between the ids of two spans."""

    role: Any
    trigger: str
    argument: str


@dataclass(frozen=True)
class Row:
    """One annotated text of a file.

    Attributes:
        place: where it stands in its file, for messages: ``line 3``.
        text: as the file has it; offsets refer to it.
        about: what else is said of the text; fields of an article by their names, the rest is metadata.
        is_annotated: whether somebody looked at it.
        lost: keys that are not kept.
        is_by_words: whether spans were found by the words of the text, so that what their offsets count is sure.
    """

    place: str
    text: str
    spans: Sequence[RawSpan] = ()
    links: Sequence[RawLink] = ()
    about: Mapping[str, Any] = field(default_factory=dict)
    is_annotated: bool = True
    lost: Sequence[str] = ()
    is_by_words: bool = False


class NotTheFormat(Exception):
    """A value of a file cannot be an annotated text; the message says why."""


# files ---------------------------------------------------------------------------------------------------------------


def values_of(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield (place, value) of JSON Lines, of the items of a JSON list, or of the one value; large files as a stream.

    Raises:
        InputError: naming the line or column that is not JSON.
    """
    if not _is_json_lines(path):
        try:
            if _begins_list(path):
                yield from ((f"item {n}", value) for n, value in enumerate(read_json_list(path), start=1))
            else:
                yield "item 1", read_json(path)
        except (RecursionError, ValueError):  # a number of too many digits is a ValueError
            raise InputError(f"{path}: JSON nested too deeply, or with a number that is too long") from None
        return
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        try:
            yield f"line {number}", json.loads(line)
        except json.JSONDecodeError as error:
            why = f"not valid JSON ({error.msg} at column {error.colno})"
            raise InputError(f"{path}: line {number} is {why}") from None
        except (RecursionError, ValueError):
            why = "JSON nested too deeply, or with a number that is too long"
            raise InputError(f"{path}: line {number}: {why}") from None


def _is_json_lines(path: Path) -> bool:
    """Whether the first line is a value of its own: an object, or a list that begins with a text."""
    with opened(path) as file:
        line = b""
        while not line.strip():
            line = file.readline(_FIRST_LINE)
            if not line:
                return False
    text = line.decode("utf-8-sig", errors="replace").strip()
    if len(line) == _FIRST_LINE:
        return text.startswith(("{", '["'))
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if isinstance(value, dict):
        return True
    return isinstance(value, list) and len(value) > 1 and isinstance(value[0], str)


def _begins_list(path: Path) -> bool:
    with opened(path) as file:
        return file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")


# rows ----------------------------------------------------------------------------------------------------------------


def rows_in(
    path: Path,
    row_of: Callable[[str, Any], Row | None],
    report: ConversionReport,
    *,
    file_name: str = "",
    values: Iterable[tuple[str, Any]] | None = None,
) -> Iterator[Row]:
    """The rows of a file, as ``row_of`` makes them of its values (None: counted already); others are refused.

    Args:
        file_name: what the report calls the file, if not by its name.
        values: the values, if not those of ``values_of``.

    Raises:
        InputError: for a value that is no row, unless the report refuses.
    """
    for place, value in values_of(path) if values is None else values:
        try:
            row = row_of(place, value)
        except NotTheFormat as fault:
            if not report.refuses:
                raise InputError(f"{path}: {place}: {fault} (--refuse leaves such lines out and counts them)") from None
            name = article_name(value, place)
            report.refuse("articles", name, f"{file_name or path.name}: {place}: {fault}", Code.FORMAT)
            for kind, n in _n_items(value).items():
                report.refuse(kind, name, f"of {place}", Code.ARTICLE_REFUSED, n=n)
            continue
        if row is not None:
            yield row


def _n_items(value: Any) -> dict[Kind, int]:
    """How many spans and relations stand in a value that is refused, as far as they are lists."""
    says = value[1] if isinstance(value, list) and len(value) > 1 else value
    if not isinstance(says, dict):
        return {}
    spans = (says.get(key) for key in ("spans", "entities", "ents", "label", "labels"))
    links = says.get("relations")
    n_spans = sum(len(found) for found in spans if isinstance(found, list))
    return {"spans": n_spans, "roles": len(links) if isinstance(links, list) else 0}


def article_name(value: Any, place: str) -> str:
    """What messages call an article that has no id yet."""
    if isinstance(value, dict):
        for key in ("id", "doc_id", "_id"):
            if isinstance(value.get(key), str | int):
                return one_line(str(value[key])).strip("'")
    return place


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


def text_in(value: Mapping[str, Any], *keys: str) -> str:
    """The text under the first of these keys that is there.

    Raises:
        NotTheFormat: if there is none.
    """
    key = next((key for key in keys if key in value), None)
    if key is None:
        raise NotTheFormat(f"no {' or '.join(keys)} in it; there are {', '.join(map(str, value)) or 'no keys'}")
    text = value[key]
    if not isinstance(text, str):
        raise NotTheFormat(f"{key} is {type(text).__name__}, not text")
    return text


def span_of(item: Any, place: str) -> RawSpan:
    """A span: ``[start, end, label]``, or an object with these (or ``start_offset`` and ``end_offset``).

    Raises:
        NotTheFormat: if it is neither.
    """
    if isinstance(item, list) and len(item) >= 3:
        more = tuple(("kb_id", value) for value in item[3:4] if isinstance(value, str) and value)
        return RawSpan(item[0], item[1], item[2], attributes=more)
    if isinstance(item, dict):
        start, end = (item.get(f"{which}_offset", item.get(which)) for which in ("start", "end"))
        label, text = item.get("label", item.get("type")), item.get("text")
        attributes = [(key, item[key]) for key in _ATTRIBUTES if isinstance(item.get(key), str) and item[key]]
        return RawSpan(
            start,
            end,
            label,
            str(item.get("id", "")),
            text if isinstance(text, str) else None,
            tuple(attributes),
            lost=tuple(key for key in item.keys() - _SPAN_KEYS if item[key] not in (None, "", [])),
        )
    raise NotTheFormat(f"{place}: {one_line(json.dumps(item))} is neither [start, end, label] nor an object with these")


def about_of(value: Mapping[str, Any], *, without: Iterable[str]) -> dict[str, Any]:
    """What an object says of its text besides the keys ``without``; nothing that names people."""
    left_out = {*without, *_NOT_PUBLIC}
    return {key: item for key, item in value.items() if key not in left_out and not key.startswith("_")}


# documents -----------------------------------------------------------------------------------------------------------


def document_of(row: Row, article_id: str, split: str, report: ConversionReport, *, annotator: str = "a1") -> Document:
    """The document of a row; spans that cannot be right carry their fault."""
    code, places = (None, _given(row.spans)) if row.is_by_words else offsets_in_code_points(row.text, row.spans)
    marks = [
        _mark(n, span, place, row.text, code)
        for n, (span, place) in enumerate(zip(row.spans, places, strict=True), start=1)
    ]
    for key in chain(*(span.lost for span in row.spans)):
        report.note(f"{one_line(key)} of spans: not kept")
    for key in row.lost:
        report.note(f"{one_line(key)} of texts: not kept")
    links: list[Link] = []
    for n, link in enumerate(row.links, start=1):
        role, fault = link.role, None
        if not isinstance(role, str) or not role.strip():
            role, fault = "", Fault(Code.NO_ROLE, stops=False)
        name = f"{role or 'relation'} {n}: {link.trigger} -> {link.argument}"
        links.append(Link(role, link.trigger, link.argument, fault, name=name))
    free = frozenset(name for span in row.spans for name, _ in span.attributes)
    article = article_of(row, article_id, report)
    return Document(article, marks, links, split=split, free=free, annotator=annotator)


def side_by_side(documents: Iterable[Document], n_annotators: Mapping[str, int]) -> Iterator[Document]:
    """Documents so that the annotators of one article come one after another, a1 first.

    In memory are the articles of which some are still to come.

    Args:
        n_annotators: of how many documents come, by id of the article, where not of one.
    """
    waiting: dict[str, list[Document]] = {}

    def taken(article_id: str) -> list[Document]:
        return sorted(waiting.pop(article_id), key=lambda document: (len(document.annotator), document.annotator))

    for document in documents:
        waiting.setdefault(document.article.id, []).append(document)
        if len(waiting[document.article.id]) >= n_annotators.get(document.article.id, 1):
            yield from taken(document.article.id)
    for article_id in list(waiting):
        yield from taken(article_id)


def article_of(row: Row, article_id: str, report: ConversionReport) -> Article:
    """The article with what the row says of it; values that do not fit the fields of an article are metadata."""
    if not row.text.strip():
        return Article(article_id, row.text)
    about = dict(row.about)
    for key in [key for key in about if key in FIELDS and key not in ("id", "text", "metadata")]:
        try:
            article_from_row({"text": "-", key: about[key]}, place=row.place)
        except InputError:
            about[f"{key}_"] = about.pop(key)
            report.note(f"values of {key!r} that are none of ours: in metadata as {key + '_'!r}")
    if not isinstance(about.get("metadata", {}), dict):
        about["metadata_"] = about.pop("metadata")
    for key in ("id", "text", "text_sha256"):
        about.pop(key, None)
    try:
        article = article_from_row({**about, "id": "-", "text": "-"}, place=row.place)
    except RecursionError:
        report.note("metadata nested too deeply: not kept")
        article = Article(article_id, row.text)
    return replace(article, id=article_id, text=row.text)


def _mark(number: int, span: RawSpan, place: tuple[int, int] | None, text: str, unit: Code | None) -> Mark:
    ref = span.id or f"#{number}"
    label = span.label if isinstance(span.label, str) else ""
    fault = None
    if not label.strip():
        is_number = isinstance(span.label, int)
        detail = "its label is a number; export the names of labels" if is_number else ""
        fault = Fault(Code.NO_LABEL, detail, stops=is_number)
    if place is None:
        fault = fault or Fault(Code.OFFSET_NO_NUMBER, f"from {one_line(str(span.start))} to {one_line(str(span.end))}")
        return Mark(str(number), label, (), span.text, span.attributes, fault=fault, ref=ref)
    says = text[slice(*place)] if span.is_by_words and _fits(text, place, span) else span.text
    repair = span.repair or (unit if place != (span.start, span.end) else None)
    return Mark(str(number), label, (place,), says, span.attributes, fault=fault, ref=ref, repair=repair)


# offsets -------------------------------------------------------------------------------------------------------------


def offsets_in_code_points(text: str, spans: Sequence[RawSpan]) -> tuple[Code | None, list[tuple[int, int] | None]]:
    """Where spans stand in a text, and what their offsets counted if not code points; None for those without offsets.

    They count UTF-16 units (as JavaScript does) or bytes of UTF-8 where all of them then fit the text, and most
    for which it makes a difference do not fit otherwise, with two wrong ends or more. A span fits where its own text
    stands there, or, without one, where it neither cuts a word nor ends in a blank.

    >>> offsets_in_code_points("🔥 Homs fell", [RawSpan(3, 7, "Place")])
    (<Code.UTF16: 'offsets were UTF-16 units'>, [(2, 6)])
    """
    given = _given(spans)
    if text.isascii() or not any(given):
        return None, given
    for code, size in ((Code.UTF16, _utf16_size), (Code.BYTES, _utf8_size)):
        moved = _moved(text, spans, given, size)
        if moved is not None:
            return code, moved
    return None, given


def _given(spans: Sequence[RawSpan]) -> list[tuple[int, int] | None]:
    return [(s.start, s.end) if type(s.start) is int and type(s.end) is int else None for s in spans]


def _moved(
    text: str, spans: Sequence[RawSpan], given: Sequence[tuple[int, int] | None], size: Callable[[str], int]
) -> list[tuple[int, int] | None] | None:
    if size is _utf16_size and max(text) <= "\uffff":
        return None
    at, index = 0, dict[int, int]()
    for i, character in enumerate(text):
        index[at] = i
        at += size(character)
    index[at] = len(text)
    moved: list[tuple[int, int] | None] = []
    n_other = n_fit = n_wrong_ends = 0
    for span, place in zip(spans, given, strict=True):
        if place is None:
            moved.append(None)
            continue
        start, end = index.get(place[0]), index.get(place[1])
        if start is None or end is None or not _fits(text, (start, end), span):
            return None
        moved.append((start, end))
        if (start, end) != place:
            n_other += 1
            n_fit += _fits(text, place, span)
            n_wrong_ends += _n_wrong_ends(text, place, span)
    return moved if n_other > 2 * n_fit and n_wrong_ends > 1 else None


def _fits(text: str, place: tuple[int, int], span: RawSpan) -> bool:
    found = cut_out(text, *place)
    if found is None:
        return False
    if span.is_by_words and span.text is not None:
        return "".join(found.split()) == "".join(span.text.split())
    if span.text is not None:
        return same_but_blanks_and_quotes(found, span.text)
    return not (found[0].isspace() or found[-1].isspace() or any(_cuts_word(text, at) for at in place))


def _n_wrong_ends(text: str, place: tuple[int, int], span: RawSpan) -> int:
    """How many ends of a span are where no span ends; one alone may be meant, as in a part of a word."""
    if _fits(text, place, span):
        return 0
    found = cut_out(text, *place)
    if found is None or span.text is not None:
        return 2
    starts_wrong = found[0].isspace() or _cuts_word(text, place[0])
    return starts_wrong + (found[-1].isspace() or _cuts_word(text, place[1]))


def _cuts_word(text: str, at: int) -> bool:
    """Whether an offset lies within a word, in scripts that put blanks between words."""
    around = text[at - 1 : at + 1] if at else ""
    return len(around) == 2 and all(c.isalnum() and (c < "\u0e00" or "\u1e00" <= c < "\u2000") for c in around)


def _utf16_size(character: str) -> int:
    return 2 if character > "\uffff" else 1


def _utf8_size(character: str) -> int:
    return 1 if character < "\x80" else 2 if character < "\u0800" else 3 if character < "\U00010000" else 4


# telling the format --------------------------------------------------------------------------------------------------


def objects(sample: Sample) -> list[dict[str, Any]]:
    """The first rows of a sample if all of them are objects, else none."""
    rows = [row for row in sample.rows if isinstance(row, dict)]
    return rows if len(rows) == len(sample.rows) else []


def is_triple(item: Any) -> bool:
    """Whether something is ``[start, end, label]``."""
    return isinstance(item, list) and len(item) >= 3 and [*map(type, item[:3])] == [int, int, str]
