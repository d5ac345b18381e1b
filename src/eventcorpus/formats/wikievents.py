"""WikiEvents (Li et al. 2021, https://github.com/raspberryice/gen-arg) and files of its form: triggers with arguments.

The rows have text, tokens, entity_mentions and event_mentions, whose offsets count tokens of the document.
They become documents whose marks are entities and triggers, and whose links are arguments. Coreference, which
WikiEvents keeps in files of its own, is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import StrictInt

from eventcorpus.annotation.document import Document, Fault, Found, Link, Mark
from eventcorpus.conversion_report import Code, ConversionReport, Reason
from eventcorpus.files import StrictModel
from eventcorpus.formats.files import files_by_split, has_splits, not_read, rows_of_file
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.schema import Article

Token = tuple[str, StrictInt, StrictInt]
"""Text, start and end in the source that was tokenised: in WikiEvents not always ``text`` (see ``_places``)."""


class WordsRow(StrictModel):
    """Tokens ``start`` to ``end`` (excluded) of the document, and their text."""

    start: StrictInt
    end: StrictInt
    text: str
    sent_idx: StrictInt | None = None


class EntityRow(WordsRow):
    id: str
    entity_type: str
    mention_type: str | None = None


class ArgumentRow(StrictModel):
    entity_id: str
    role: str
    text: str


class EventRow(StrictModel):
    id: str
    event_type: str
    trigger: WordsRow
    arguments: tuple[ArgumentRow, ...]


class DocumentRow(StrictModel):
    """A sentence is its tokens, or its tokens and its text."""

    doc_id: str
    text: str
    tokens: tuple[str, ...]
    sentences: tuple[tuple[tuple[Token, ...], str] | tuple[Token, ...], ...]
    entity_mentions: tuple[EntityRow, ...]
    relation_mentions: tuple[Any, ...] = ()
    event_mentions: tuple[EventRow, ...]


def read_wikievents(inputs: Sequence[Path]) -> Found:
    """Read a file, or train, dev and test of a folder.

    Raises:
        InputError: if there is no file; while reading, for a line that does not fit, unless the report refuses.
    """
    files = files_by_split(inputs, (".jsonl", ".json"))

    def documents(report: ConversionReport) -> Iterator[Document]:
        for split, path in files:
            for number, row in rows_of_file(path, DocumentRow, "articles", report):
                places = _places(row, report)
                if not isinstance(places, str):
                    yield _document(row, places, split, report)
                    continue
                item = f"{path.name}, line {number}: {places}"
                report.fault("articles", row.doc_id, item, Code.TOKENS_NOT_IN_TEXT)
                _refuse_all(row, report)

    read = [path for _, path in files]
    return Found("wikievents", documents, read, has_splits=has_splits(files), notices=not_read(inputs, read))


def _places(row: DocumentRow, report: ConversionReport) -> list[tuple[int, int]] | str:
    """Where each token stands in the text, or the key of the one that is not there.

    The offsets of the released files refer to pages with blank lines between paragraphs that ``text`` lacks. Where they
    do not cut out the tokens, tokens are found one after the other, with nothing but blanks between them.
    """
    given = [token for sentence in row.sentences for token in _tokens(sentence)]
    if given and [text for text, _, _ in given] != list(row.tokens):
        return "sentences: not the tokens of tokens"
    if given and all(row.text[start:end] == text for text, start, end in given):
        return [(start, end) for _, start, end in given]
    report.note("articles whose token offsets do not fit their text: tokens were found one after the other")
    places: list[tuple[int, int]] = []
    at = 0
    for i, token in enumerate(row.tokens):
        while at < len(row.text) and row.text[at].isspace():
            at += 1
        if not token or not row.text.startswith(token, at):
            return f"tokens.{i}: {token!r}"
        places.append((at, at + len(token)))
        at += len(token)
    return places


def _tokens(sentence: tuple[Any, ...]) -> Sequence[Token]:
    return sentence[0] if len(sentence) == 2 and isinstance(sentence[1], str) else sentence


def _refuse_all(row: DocumentRow, report: ConversionReport) -> None:
    for name in [*(entity.id for entity in row.entity_mentions), *(event.id for event in row.event_mentions)]:
        report.refuse("spans", row.doc_id, name, Code.ARTICLE_REFUSED)
    for event in row.event_mentions:
        for argument in event.arguments:
            report.refuse("roles", row.doc_id, f"{argument.role} of {event.id}", Code.ARTICLE_REFUSED)


def _document(row: DocumentRow, places: Sequence[tuple[int, int]], split: str, report: ConversionReport) -> Document:
    def short(name: str) -> str:
        return name.removeprefix(f"{row.doc_id}-")

    def mark(name: str, label: str, of: WordsRow, *, is_trigger: bool, **more: Any) -> Mark:
        if not 0 <= of.start < of.end <= len(places):
            fault = Fault(Reason(Code.TOKEN_OFFSETS_RANGE, (f"[{of.start}, {of.end})",)))
            return Mark(short(name), label, (), of.text, is_trigger=is_trigger, fault=fault)
        place = ((places[of.start][0], places[of.end - 1][1]),)
        return Mark(short(name), label, place, of.text, is_trigger=is_trigger, **more)

    marks: list[Mark] = []
    for entity in row.entity_mentions:
        is_typed = entity.mention_type not in (None, "UNK")
        attributes = (("mention_type", entity.mention_type),) if is_typed else ()
        marks.append(mark(entity.id, entity.entity_type, entity, is_trigger=False, attributes=attributes))
    marks += [mark(event.id, event.event_type, event.trigger, is_trigger=True) for event in row.event_mentions]
    text_of = {entity.id: entity.text for entity in row.entity_mentions}
    links: list[Link] = []
    for event in row.event_mentions:
        for argument in event.arguments:
            fault = None
            if text_of.get(argument.entity_id) != argument.text:
                fault = Fault(Code.ENTITY_TEXT_DIFFERS if argument.entity_id in text_of else Code.ENTITY_MISSING)
            links.append(Link(argument.role, short(event.id), short(argument.entity_id), fault))
    for i in range(len(row.relation_mentions)):
        report.refuse("roles", row.doc_id, f"relation_mentions.{i}", Code.RELATIONS_NOT_READ)
    return Document(Article(row.doc_id, row.text), marks, links, split=split)


def is_wikievents(sample: Sample) -> Certainty:
    """Whether a sample has documents of WikiEvents."""
    return 2 if sample.has_rows("tokens", "sentences", "entity_mentions", "event_mentions") else 0
