"""JSON Lines of Prodigy (``prodigy db-out``): a text with spans and relations, and the annotator's answer to it.

What was accepted becomes documents; what was rejected or ignored is counted. Annotators are told apart by
``_annotator_id`` and ``_session_id``; each is one of a1, a2, ..., and no name is kept. Of several answers of one person
to one text the newest counts, but answers to single suggestions (``ner.teach``) are put together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from eventcorpus.annotation.document import Document, Found
from eventcorpus.conversion_report import Code, ConversionReport, Reason
from eventcorpus.formats.files import files_by_split, has_splits, not_read
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.formats.spans_in_json import (
    NotTheFormat,
    RawLink,
    RawSpan,
    Row,
    about_of,
    document_of,
    id_in,
    id_of_text,
    listed,
    objects,
    rows_in,
    side_by_side,
    span_of,
    text_in,
)

SUFFIXES = (".jsonl", ".json", ".ndjson")
_READ = ("text", "tokens", "spans", "relations", "answer", "meta")
_NOT_KEPT = ("accept", "options", "label", "versions", "html", "image", "audio")
_A_TIME = re.compile(r"(.*[-_])?\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d")
"""A session without a name of its own is called after the time when it began."""
_OF_SUGGESTIONS = ("ner", "spans")
"""The views of one suggestion that is to be accepted or rejected; all others are of whole texts."""


_Order = tuple[float, int, int]
"""The time of an answer, the number of its file, and of its line."""


class _Key(NamedTuple):
    """Whose annotation of which text it is; texts with ids of their own are different ones."""

    text: str
    own_id: str | None
    person: str


_NO_KEY = _Key("", None, "")


@dataclass(frozen=True)
class _Answer(Row):
    """A row with what its line says of the answer; ``order`` sorts the answers of one person from old to new."""

    key: _Key = _NO_KEY
    answer: str = "accept"
    order: _Order = (0.0, 0, 0)
    is_suggestion: bool = False


@dataclass
class _Index:
    """Who annotated what, and which answer of each counts."""

    newest: dict[_Key, tuple[_Order, str, bool]] = field(default_factory=dict)
    """When it was answered, what, and whether to a question about spans."""
    n_suggestions: Counter[_Key] = field(default_factory=Counter)
    text_of_id: dict[str, str | None] = field(default_factory=dict)
    """The text that has an id; None: several have."""
    names: dict[str, str] = field(default_factory=dict)
    accepted: set[_Key] = field(default_factory=set)
    articles: Counter[str] = field(default_factory=Counter)
    """How many people's documents come of each article."""

    def add(self, answer: _Answer) -> None:
        """Note an answer, without its text."""
        text, own_id, person = answer.key
        if own_id is not None:
            self.text_of_id[own_id] = text if self.text_of_id.setdefault(own_id, text) == text else None
        self.names[person] = ""
        if answer.is_suggestion and answer.answer == "accept":
            self.n_suggestions[answer.key] += 1
        elif not answer.is_suggestion:
            newest = self.newest.get(answer.key)
            if newest is None or newest[0] <= answer.order:
                self.newest[answer.key] = answer.order, answer.answer, answer.is_annotated

    def close(self) -> None:
        """Give people their names, when all answers were noted."""
        self.names = {person: f"a{n}" for n, person in enumerate(sorted(self.names), start=1)}
        self.accepted = {key for key, (_, answer, of_spans) in self.newest.items() if answer == "accept" and of_spans}
        self.accepted |= self.n_suggestions.keys() - self.newest.keys()
        self.articles = Counter(map(self.article_id, self.accepted))

    def why_not(self, answer: _Answer) -> Code | Reason | None:
        """Why an answer makes no document, or None."""
        newest = self.newest.get(answer.key)
        if newest is not None and newest[0] != answer.order:
            return Code.NEWER_ANNOTATION
        if answer.answer != "accept":
            return Reason(Code.ANSWERED, (answer.answer,))
        return None if answer.is_annotated else Code.NOT_ANNOTATED

    def article_id(self, key: _Key) -> str:
        """The id that the text has, where no other text has it, else one made of the text."""
        return key.own_id if key.own_id is not None and self.text_of_id[key.own_id] else key.text


def read_prodigy(inputs: Sequence[Path]) -> Found:
    """Read a file, or files and folders whose names say their split.

    Raises:
        InputError: if there is no file; while reading, for a line that does not fit, unless the report refuses.
    """
    files = files_by_split(inputs, SUFFIXES, without_names=True)
    index = _Index()
    for _, _, answer in _answers(files, ConversionReport(refuses=True)):
        index.add(answer)
    index.close()
    several = len(index.names) > 1

    def documents(report: ConversionReport) -> Iterator[Document]:
        refused = _Refused(index, report)
        suggestions: dict[_Key, list[_Answer]] = {}
        for split, path, answer in _answers(files, report):
            reason = index.why_not(answer)
            if reason is not None:
                refused.add(answer, reason, place=f"{path.name}: {answer.place}")
                continue
            if answer.is_suggestion:
                suggestions.setdefault(answer.key, []).append(answer)
                if len(suggestions[answer.key]) < index.n_suggestions[answer.key]:
                    continue
                report.note("texts with suggestions accepted one by one: other spans may be missing")
                answer = _united(suggestions.pop(answer.key))
            name = index.names[answer.key.person] if several else "a1"
            yield document_of(answer, index.article_id(answer.key), split, report, annotator=name)

    who = ", ".join(f"{name} is {person or 'without a name'}" for person, name in index.names.items())
    paths = [path for _, path in files]
    return Found(
        "prodigy",
        lambda report: side_by_side(documents(report), index.articles),
        paths,
        has_splits=has_splits(files),
        notices=[*([f"annotators: {who}"] if several else []), *not_read(inputs, paths)],
        annotators=[*index.names.values()] if several else [],
    )


@dataclass
class _Refused:
    """Counts the answers that make no document."""

    index: _Index
    report: ConversionReport
    told: set[str] = field(default_factory=set)

    def add(self, answer: _Answer, reason: Code | Reason, *, place: str) -> None:
        """Refuse the spans and relations of an answer, and its article where nobody accepted it."""
        article_id = self.index.article_id(answer.key)
        self.report.note(f"answers that do not count: {reason}")
        if not self.index.articles[article_id] and article_id not in self.told and reason != Code.NEWER_ANNOTATION:
            self.told.add(article_id)
            self.report.refuse("articles", article_id, place, reason)
        for span in answer.spans:
            self.report.refuse("spans", article_id, f"{span.label} [{span.start}, {span.end})", reason)
        for link in answer.links:
            self.report.refuse("roles", article_id, f"{link.role} {link.trigger} -> {link.argument}", reason)


def _answers(files: Sequence[tuple[str, Path]], report: ConversionReport) -> Iterator[tuple[str, Path, _Answer]]:
    for n, (split, path) in enumerate(files):
        for row in rows_in(path, _answer, report):
            assert isinstance(row, _Answer)
            yield split, path, replace(row, order=(row.order[0], n, row.order[2]))


def _united(answers: Sequence[_Answer]) -> _Answer:
    """One answer with the spans of several; each span once."""
    spans = {(span.start, span.end, span.label): span for answer in answers for span in answer.spans}
    return replace(answers[-1], spans=tuple(spans.values()), links=tuple(x for a in answers for x in a.links))


def _answer(place: str, value: Any) -> _Answer:
    if not isinstance(value, dict):
        raise NotTheFormat("not a JSON object")
    text = text_in(value, "text")
    tokens = {
        token["id"]: token
        for token in listed(value.get("tokens"), "tokens")
        if isinstance(token, dict) and type(token.get("id")) is int and isinstance(token.get("text"), str)
    }
    raw = listed(value.get("spans"), "spans")
    spans = [_with_words(span_of(item, f"spans.{n}")._replace(id=""), item, tokens) for n, item in enumerate(raw)]
    links = [_link(item, raw, n) for n, item in enumerate(listed(value.get("relations"), "relations"))]
    about = about_of(value, without=(*_READ, *_NOT_KEPT))
    meta = value.get("meta")
    about = (about_of(meta, without=("id", "text")) if isinstance(meta, dict) else {}) | about
    if type(value.get("_input_hash")) is int:
        about["input_hash"] = value["_input_hash"]
    is_whole = "spans" not in value and any(key in value for key in ("accept", "options", "label"))
    return _Answer(
        place,
        text,
        spans,
        links,
        about,
        is_annotated=not is_whole,
        lost=tuple(key for key in _NOT_KEPT if value.get(key) not in (None, [], "")),
        key=_Key(id_of_text(text), id_in(value), _person(value)),
        answer=str(value.get("answer") or "accept"),
        order=(_time(value.get("_timestamp")), 0, int(place.split()[-1])),
        is_suggestion=value.get("_view_id") in _OF_SUGGESTIONS,
    )


def _time(value: Any) -> float:
    """When it was answered, in seconds; 0 where that is not said."""
    return float(value) if isinstance(value, int | float) and 0 < value < 1e12 else 0.0


def _person(value: Mapping[str, Any]) -> str:
    """Who answered, by the name of the session; empty where it has only a time."""
    for key in ("_annotator_id", "_session_id"):
        name = value.get(key)
        if isinstance(name, str) and name and not _A_TIME.fullmatch(name):
            return name
    return ""


def _with_words(span: RawSpan, item: Any, tokens: Mapping[int, Mapping[str, Any]]) -> RawSpan:
    """The span with the text of its tokens, if all are there."""
    if span.text is not None or not isinstance(item, dict):
        return span
    first, last = item.get("token_start"), item.get("token_end")
    if type(first) is not int or type(last) is not int or not 0 <= last - first < len(tokens):
        return span
    words = [tokens[n]["text"] if n in tokens else None for n in range(first, last + 1)]
    return span if None in words else span._replace(text=" ".join(map(str, words)), is_by_words=True)


def _link(item: Any, spans: Sequence[Any], number: int) -> RawLink:
    """A relation from its head to its child; each is a span, named by its place, or a token that ends one."""
    if not isinstance(item, dict):
        raise NotTheFormat(f"relations.{number} is {type(item).__name__}, not an object")
    return RawLink(item.get("label"), _end(item, "head", spans), _end(item, "child", spans))


def _end(item: Mapping[str, Any], side: str, spans: Sequence[Any]) -> str:
    drawn = item.get(f"{side}_span")
    drawn = drawn if isinstance(drawn, dict) else {}
    keys = ("start", "end", "label") if drawn else ()
    for n, span in enumerate(spans, start=1):
        if not isinstance(span, dict):
            continue
        if keys and all(span.get(key) == drawn.get(key) for key in keys):
            return f"#{n}"
        if not keys and "token_end" in span and span["token_end"] == item.get(side):
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
