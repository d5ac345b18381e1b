"""Files of words and tags as gold articles and predictions, the words of both sides checked against each other.

Tag files of gold, of predictions, or of both in their last two columns as conlleval takes them, become articles and
predictions on one text, with offsets; tags that are no whole chunk under the decoder are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path

from eventcorpus.errors import InputError
from eventcorpus.formats.conll import (
    Offsets,
    Sentence,
    TaggedDocument,
    chunk_place,
    chunks_of,
    document_text,
    tagged_documents,
    words_of,
)
from eventcorpus.metrics.tags import Chunk, Decoder, Scheme, tag_fault
from eventcorpus.ontology import Label, Ontology
from eventcorpus.predictions import ModelName, PredictedMention, Prediction
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.text import one_line, stored_form


@dataclass(frozen=True, slots=True)
class TagReading:
    """How tags are read: names of ``metrics.tags``."""

    decoder: Decoder = "strict"
    scheme: Scheme = "iob2"


@dataclass(frozen=True)
class TaggedArticles:
    """Gold articles of a tag file, their labels as a flat ontology, and how many tags are in no whole chunk."""

    articles: list[AnnotatedArticle]
    ontology: Ontology
    documents: list[TaggedDocument]
    n_dropped: int

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
    """Predictions of a tag file, and how many of its tags are in no whole chunk."""

    predictions: list[Prediction]
    n_dropped: int


def read_tagged_gold(path: Path, reading: TagReading, *, with_predictions: bool = False) -> TaggedArticles:
    """Read gold from the last column, or from the last but one if the last has predictions.

    Raises:
        InputError: naming line and tag, if a tag is none; if there is nothing but O.
    """
    documents = list(tagged_documents(path, n_tags=2 if with_predictions else 1))
    per_document, n_dropped = _chunks(path, documents, 0, reading)
    labels = tuple(sorted({chunk.label for chunks in per_document for chunk in chunks}))
    if not labels:
        raise InputError(f"{path}: no mention in its tags; is this the gold, with tags such as B-PER and --scheme?")
    articles = []
    for number, (document, chunks) in enumerate(zip(documents, per_document, strict=True), start=1):
        text, offsets = document_text(document)
        spans = tuple(
            Span(f"{n}", *chunk_place(chunk, offsets), chunk.label, origin="imported")
            for n, chunk in enumerate(chunks, 1)
        )
        article = Article(f"{path.stem}-{number:05d}", stored_form(text).text)
        articles.append(AnnotatedArticle(article, spans, labels, annotator="a1"))
    ontology = Ontology(
        name="".join(c if c.isalnum() or c in "_.-" else "-" for c in path.stem) or "tags",
        version="1.0.0",
        flat=True,
        entities=tuple(Label(name=label) for label in labels),
    )
    return TaggedArticles(articles, ontology, documents, n_dropped)


def predictions_in_last_column(path: Path, gold: TaggedArticles, reading: TagReading) -> TaggedPredictions:
    """Predictions of the file that the gold came from, in its last column."""
    return _predictions(path, gold.documents, gold.texts, gold.offsets, reading, column=1)


def read_predictions_beside(
    path: Path, gold: TaggedArticles, gold_path: Path, reading: TagReading
) -> TaggedPredictions:
    """Predictions of another file with the same sentences; divided into documents as the gold is.

    Raises:
        InputError: if sentences or words are not the same, naming the lines and both words.
    """
    predicted = list(chain.from_iterable(tagged_documents(path)))
    _check_same_words(list(chain.from_iterable(gold.documents)), predicted, gold_path, path)
    rest = iter(predicted)
    documents = [[next(rest) for _ in document] for document in gold.documents]
    return _predictions(path, documents, gold.texts, gold.offsets, reading)


def read_predictions_on(path: Path, articles: Sequence[Article], reading: TagReading) -> TaggedPredictions:
    """Predictions of a tag file on articles with a text of their own: a document (or sentence) an article, in order.

    Words may be cut in any way; put together they are the article, white space apart.

    Raises:
        InputError: if there are not as many documents as articles, or a word is not the next of its article.
    """
    documents = list(tagged_documents(path))
    if len(documents) != len(articles):
        raise InputError(
            f"{path}: {len(documents):,} documents for {len(articles):,} articles; begin each article with a line "
            "-DOCSTART- O, in the order of the split"
        )
    offsets = (_word_offsets(document, article, path) for document, article in zip(documents, articles, strict=True))
    return _predictions(path, documents, articles, offsets, reading)


def _predictions(
    path: Path,
    documents: Sequence[TaggedDocument],
    articles: Sequence[Article],
    offsets: Iterable[Offsets],
    reading: TagReading,
    *,
    column: int = 0,
) -> TaggedPredictions:
    per_document, n_dropped = _chunks(path, documents, column, reading)
    model = ModelName(name=path.stem)
    predictions: list[Prediction] = []
    for article, chunks, at in zip(articles, per_document, offsets, strict=True):
        places = [(*chunk_place(chunk, at), chunk.label) for chunk in chunks]
        mentions = tuple(
            PredictedMention(start=start, end=end, label=label, text=article.text[start:end])
            for start, end, label in places
        )
        predictions.append(Prediction(model=model, id=article.id, text_sha256=article.text_sha256, mentions=mentions))
    return TaggedPredictions(predictions, n_dropped)


def _chunks(
    path: Path, documents: Sequence[TaggedDocument], column: int, reading: TagReading
) -> tuple[list[list[Chunk]], int]:
    """The chunks of each document, and the number of tags that are in none."""
    first_line: dict[str, int] = {}
    n_tags = 0
    for word in words_of(documents):
        first_line.setdefault(word.tags[column], word.line)
        n_tags += word.tags[column] != "O"
    for tag, line in first_line.items():
        if fault := tag_fault(tag, decoder=reading.decoder, scheme=reading.scheme):
            raise InputError(f"{path}: line {line}: {fault}")
    per_document = chunks_of(documents, column, decoder=reading.decoder, scheme=reading.scheme)
    return per_document, n_tags - sum(chunk.end - chunk.start for chunks in per_document for chunk in chunks)


def _check_same_words(gold: Sequence[Sentence], predicted: Sequence[Sentence], gold_path: Path, path: Path) -> None:
    """See that two files have the same words in the same sentences.

    Raises:
        InputError: where they part, naming the lines and both words.
    """
    for number, (gold_sentence, sentence) in enumerate(zip_longest(gold, predicted), start=1):
        if gold_sentence is None or sentence is None:
            longer, line = (gold_path, gold_sentence[0].line) if sentence is None else (path, sentence[0].line)
            raise InputError(
                f"{path}: {len(predicted):,} sentences, the gold {gold_path} has {len(gold):,}; from {longer} line "
                f"{line} on there is no other side"
            )
        for word, other in zip_longest(gold_sentence, sentence):
            if word is None or other is None:
                here, line, extra = (
                    (gold_path, word.line, word.word) if other is None else (path, other.line, other.word)
                )
                n_words = min(len(gold_sentence), len(sentence))
                raise InputError(
                    f"{here}: line {line}: sentence {number} goes on with {one_line(extra)}, and has ended on the "
                    f"other side after {n_words} words; both files need the same sentences"
                )
            if word.word != other.word:
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
