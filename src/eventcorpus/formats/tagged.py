"""Files of words and tags as gold articles and predictions, the words of both sides checked against each other.

Tag files of gold, of predictions, or of both in their last two columns as conlleval takes them, become articles and
predictions on one text, with offsets; tags that are no whole chunk under the decoder are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, repeat, zip_longest
from pathlib import Path

from eventcorpus.errors import InputError
from eventcorpus.formats.columns import N_LINES, Columns, TagColumn, columns_of, lines_of
from eventcorpus.formats.schemes import OUTSIDE, Cell, Chunk, TagEvidence, Tagging, chunks_of, is_prefixed
from eventcorpus.formats.sentences import (
    Offsets,
    Sentence,
    TaggedDocument,
    document_text,
    tagged_documents,
)
from eventcorpus.metrics.tags import NO_LABEL, Decoder, Scheme, tag_fault
from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.predictions import ModelName, PredictedMention, Prediction
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.tables import counted
from eventcorpus.text import one_line, stored_form

_STRICT = frozenset(["iob2", "iobes", "bilou", "bmes", "bmewo"])
"""The schemes of which ``strict`` drops chunks that are invalid."""
_IN_BILOU = {"M": "I", "W": "S"}
Place = tuple[int, Chunk]
"""The number of a sentence in its document, and a chunk in it."""


@dataclass(frozen=True, slots=True)
class TagReading:
    """How tags are read: a decoder of ``metrics.tags``, and a scheme of ``formats.schemes``; None: told from the tags.

    ``columns`` says which column is what, as ``formats.columns`` takes it; None: told from the file.
    """

    decoder: Decoder = "strict"
    scheme: str | None = None
    columns: str | None = None


@dataclass(frozen=True)
class TaggedArticles:
    """Gold articles of a tag file, their labels as an ontology, how many tags are in no whole chunk, and the scheme."""

    articles: list[AnnotatedArticle]
    ontology: Ontology
    documents: list[TaggedDocument]
    n_dropped: int
    scheme: str

    @property
    def texts(self) -> list[Article]:
        """The articles without their annotation."""
        return [annotated.article for annotated in self.articles]

    @property
    def offsets(self) -> Iterator[Offsets]:
        """Where the words of each document stand in its article."""
        return (document_text(document)[1] for document in self.documents)


@dataclass(frozen=True)
class TaggedPredictions:
    """Predictions of a tag file, how many of its tags are in no whole chunk, and the scheme."""

    predictions: list[Prediction]
    n_dropped: int
    scheme: str


def read_tagged_gold(path: Path, reading: TagReading, *, with_predictions: bool = False) -> TaggedArticles:
    """Read gold from the last column, or from the last but one if the last has predictions.

    Raises:
        InputError: naming line and tag, if a tag is none; if there is nothing but O.
    """
    in_file = _documents(path, reading, n_last=2 if with_predictions else None)
    documents = _column(in_file, 0) if with_predictions else in_file
    tagging = _tagging(path, documents, reading)
    per_document, n_dropped = _chunks(path, documents, tagging, reading)
    labels = tuple(sorted({chunk.label for chunks in per_document for _, chunk in chunks}))
    if not labels:
        raise InputError(f"{path}: no mention in its tags; is this the gold, with tags such as B-PER and --scheme?")
    articles = []
    for number, (document, chunks) in enumerate(zip(documents, per_document, strict=True), start=1):
        text, offsets = document_text(document)
        places = sorted(_places(chunks, offsets), key=lambda p: (p[0], -p[1], p[2]))
        spans = tuple(Span(f"{n}", *place, origin="imported") for n, place in enumerate(places, start=1))
        article = Article(f"{path.stem}-{number:05d}", stored_form(text).text)
        articles.append(AnnotatedArticle(article, spans, labels, annotator="a1"))
    flat = not any(
        word.is_within or sum(len(tagging.tags_of(cell) or ()) for cell in word.tags) > 1
        for word in chain.from_iterable(chain.from_iterable(documents))
    )
    name = "".join(c if c.isalnum() or c in "_.-" else "-" for c in path.stem) or "tags"
    entities = [{"name": label} for label in labels]
    ontology = parse_ontology({"name": name, "version": "1.0.0", "flat": flat, "entities": entities}, place=str(path))
    return TaggedArticles(articles, ontology, in_file, n_dropped, tagging.scheme)


def predictions_in_last_column(path: Path, gold: TaggedArticles, reading: TagReading) -> TaggedPredictions:
    """Predictions of the file that the gold came from, in its last column."""
    return _predictions(path, _column(gold.documents, 1), gold.texts, gold.offsets, gold.scheme, reading)


def read_predictions_beside(
    path: Path, gold: TaggedArticles, gold_path: Path, reading: TagReading
) -> TaggedPredictions:
    """Predictions of another file with the same sentences, or of tags alone; divided into documents as the gold is.

    Raises:
        InputError: if sentences or words are not the same, naming the lines and both words.
    """
    of_gold = list(chain.from_iterable(gold.documents))
    predicted = _sentences_beside(path, of_gold, reading)
    _check_same_words(of_gold, predicted, gold_path, path)
    rest = iter(predicted)
    documents = [[next(rest) for _ in document] for document in gold.documents]
    return _predictions(path, documents, gold.texts, gold.offsets, gold.scheme, reading)


def read_predictions_on(path: Path, articles: Sequence[Article], reading: TagReading) -> TaggedPredictions:
    """Predictions of a tag file on articles with a text of their own: a document (or sentence) an article, in order.

    Words may be cut in any way; put together they are the article, white space apart.

    Raises:
        InputError: if there are not as many documents as articles, or a word is not the next of its article.
    """
    documents = _documents(path, reading)
    if len(documents) != len(articles):
        raise InputError(
            f"{path}: {counted(len(documents), 'document')} for {counted(len(articles), 'article')}; begin each "
            "article with a line -DOCSTART- O, in the order of the split"
        )
    offsets = (_word_offsets(document, article, path) for document, article in zip(documents, articles, strict=True))
    return _predictions(path, documents, articles, offsets, "iob2", reading)


def _documents(path: Path, reading: TagReading, *, n_last: int | None = None) -> list[TaggedDocument]:
    """The documents of a file: with several columns of tags only if they are named, or the words have numbers."""
    columns = columns_of(path, reading.columns, n_last=n_last, or_last=True)
    if n_last is not None and len(columns.tags) != n_last:
        raise InputError(
            f"{path}: gold and predicted are two columns of tags; name both with --columns tag=3,tag=4, or the file of "
            "predictions with --predictions"
        )
    if n_last is None and reading.columns is None and not columns.number:
        columns = replace(columns, tags=columns.tags[-1:])
    return list(tagged_documents(path, columns))


def _sentences_beside(path: Path, gold: Sequence[Sentence], reading: TagReading) -> list[Sentence]:
    """The sentences of a file; where its lines are tags alone, these get the words of the gold one by one."""
    lines = [line.strip() for line in islice(lines_of(path), N_LINES) if line.strip()]
    if not lines or not all(line in OUTSIDE or is_prefixed(line) for line in lines):
        return list(chain.from_iterable(_documents(path, reading)))
    alone = chain.from_iterable(tagged_documents(path, Columns(1, 0, (TagColumn(0),))))
    return [
        [word._replace(word=words[i].word if i < len(words) else word.word) for i, word in enumerate(sentence)]
        for sentence, words in zip(alone, chain(gold, repeat([])), strict=False)
    ]


def _column(documents: Sequence[TaggedDocument], n: int) -> list[TaggedDocument]:
    """Documents with one of their columns of tags."""
    return [[[word._replace(tags=word.tags[n : n + 1]) for word in of] for of in document] for document in documents]


def _tagging(path: Path, documents: Sequence[TaggedDocument], reading: TagReading, scheme_of_gold: str = "") -> Tagging:
    """How the tags are written; predictions in B and I follow the scheme of the gold, or iob2 where it has none."""
    evidence = TagEvidence()
    for sentence in chain.from_iterable(documents):
        for cells in zip(*[word.tags for word in sentence], strict=True):
            evidence.add(cells, place=str(path))
    tagging = evidence.tagging(reading.scheme, place=str(path))
    if reading.scheme is None and scheme_of_gold and tagging.scheme == "iob1":
        return replace(tagging, scheme=scheme_of_gold if scheme_of_gold in ("iob1", "io") else "iob2")
    return tagging


def _predictions(
    path: Path,
    documents: Sequence[TaggedDocument],
    articles: Sequence[Article],
    offsets: Iterable[Offsets],
    scheme_of_gold: str,
    reading: TagReading,
) -> TaggedPredictions:
    tagging = _tagging(path, documents, reading, scheme_of_gold)
    per_document, n_dropped = _chunks(path, documents, tagging, reading)
    model = ModelName(name=path.stem)
    predictions: list[Prediction] = []
    for article, chunks, at in zip(articles, per_document, offsets, strict=True):
        mentions = tuple(
            PredictedMention(start=start, end=end, label=label, text=article.text[start:end])
            for start, end, label in _places(chunks, at)
        )
        predictions.append(Prediction(model=model, id=article.id, text_sha256=article.text_sha256, mentions=mentions))
    return TaggedPredictions(predictions, n_dropped, tagging.scheme)


def _places(chunks: Sequence[Place], offsets: Offsets) -> Iterable[tuple[int, int, str]]:
    """Start, end and label of chunks in characters, each once."""
    return dict.fromkeys((offsets[n][c.start][0], offsets[n][c.end - 1][1], c.label) for n, c in chunks)


def _chunks(
    path: Path, documents: Sequence[TaggedDocument], tagging: Tagging, reading: TagReading
) -> tuple[list[list[Place]], int]:
    """The chunks of each document, and the number of tags that are in none.

    Raises:
        InputError: naming line and tag, if a tag is none of the scheme's.
    """
    found: list[list[Place]] = []
    known: dict[str, Cell] = {}
    drops = reading.decoder == "strict" and tagging.scheme in _STRICT
    n_dropped = 0
    for document in documents:
        found.append([])
        for n, sentence in enumerate(document):
            for cells in zip(*[word.tags for word in sentence], strict=True):
                for word, cell in zip(sentence, cells, strict=True):
                    if cell not in known:
                        known[cell] = _cell(cell, f"{path}: line {word.line}", tagging, reading)
                for chunk in chunks_of([known[cell] for cell in cells], tagging.scheme):
                    words = sentence[chunk.start : chunk.end]
                    if drops and chunk.fault:
                        n_dropped += len(words)
                    elif any(word.word.strip() or word.is_within for word in words):
                        found[-1].append((n, chunk))
                    else:
                        raise InputError(
                            f"{path}: line {words[0].line}: a blank has the tag {cells[chunk.start]!r}; mentions have "
                            "words, tag it O"
                        )
    return found, n_dropped


def _cell(cell: str, place: str, tagging: Tagging, reading: TagReading) -> Cell:
    """The tags in a cell, if the decoder takes them under the scheme; a letter without a label is one of them.

    Raises:
        InputError: if it does not.
    """
    tags = tagging.tags_of(cell)
    for tag in [cell] if tags is None else [f"{_IN_BILOU.get(letter, letter)}-{label}" for letter, label in tags]:
        scheme: Scheme = "iob2" if tagging.scheme == "iob2" else "bilou"
        if fault := tag_fault(tag, decoder=reading.decoder, scheme=scheme):
            raise InputError(f"{place}: {fault}")
    return ((cell[0], cell[2:] or NO_LABEL),) if tags is None else tags


def _check_same_words(gold: Sequence[Sentence], predicted: Sequence[Sentence], gold_path: Path, path: Path) -> None:
    """See that two files have the same words in the same sentences.

    Raises:
        InputError: where they part, naming the lines and both words.
    """
    for number, (gold_sentence, sentence) in enumerate(zip_longest(gold, predicted), start=1):
        if gold_sentence is None or sentence is None:
            longer, line = (gold_path, gold_sentence[0].line) if sentence is None else (path, sentence[0].line)
            raise InputError(
                f"{path}: {counted(len(predicted), 'sentence')}, the gold {gold_path} has {len(gold):,}; from "
                f"{longer} line {line} on there is no other side"
            )
        for word, other in zip_longest(gold_sentence, sentence):
            if word is None or other is None:
                here, line, extra = (
                    (gold_path, word.line, word.word) if other is None else (path, other.line, other.word)
                )
                n_words = min(len(gold_sentence), len(sentence))
                raise InputError(
                    f"{here}: line {line}: sentence {number} goes on with {one_line(extra)}, and has ended on the "
                    f"other side after {counted(n_words, 'word')}; both files need the same sentences"
                )
            if word.word != other.word and word.word.split() != other.word.split():
                raise InputError(
                    f"{path}: line {other.line}: the word is {one_line(other.word)}, the gold has "
                    f"{one_line(word.word)} ({gold_path} line {word.line}); both files need the same words"
                )


def _word_offsets(document: TaggedDocument, article: Article, path: Path) -> Offsets:
    """Where the words of a document stand in the article's text; white space does not count.

    Raises:
        InputError: naming the line of a word that is not the next of the article, or where the document ends too soon.
    """
    text, at = article.text, 0
    offsets: list[list[tuple[int, int]]] = []
    for sentence in document:
        offsets.append([])
        for word in sentence:
            if word.is_within and offsets[-1]:
                offsets[-1].append(offsets[-1][-1])
                continue
            stored = stored_form(word.word).text.strip()
            if not stored and any(tag != "O" for tag in word.tags):
                raise InputError(
                    f"{path}: line {word.line}: a blank has the tag {word.tags[-1]!r}; mentions have words, tag it O"
                )
            while at < len(text) and text[at].isspace():
                at += 1
            if not text.startswith(stored, at):
                found = text[at : at + max(len(stored), 1)]
                raise InputError(
                    f"{path}: line {word.line}: the word is {one_line(word.word)}, article {article.id} goes on with "
                    f"{one_line(found)} at character {at}; the words must be the article's"
                )
            offsets[-1].append((at, at + len(stored)))
            at += len(stored)
    if text[at:].strip():
        raise InputError(
            f"{path}: line {document[-1][-1].line}: article {article.id} ends here, and its text goes on with "
            f"{one_line(text[at:].strip())}; predict the whole article"
        )
    return offsets
