"""Files of words and tags as gold articles and predictions, the words of both sides checked against each other.

Tag files of gold, of predictions, or of both in their last two columns as conlleval takes them, become articles and
predictions on one text, with offsets; tags that are no whole chunk under the decoder are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eventcorpus.errors import InputError
from eventcorpus.formats.tag_files import (
    Sentence,
    TaggedDocument,
    TaggedWord,
    check_same_words,
    chunks_of,
    document_text,
    read_documents,
    sentences_of,
    word_offsets,
)
from eventcorpus.metrics.tags import Chunk, Decoder, Scheme, tag_fault
from eventcorpus.ontology import Label, Ontology
from eventcorpus.predictions import ModelName, PredictedMention, Prediction
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.text import stored_form


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
    documents = list(read_documents(path, n_tags=2 if with_predictions else 1))
    per_document, n_dropped = _chunks(path, documents, 0, reading)
    articles = []
    for number, (document, chunks) in enumerate(zip(documents, per_document, strict=True), start=1):
        text, offsets = document_text(document)
        article = Article(f"{path.stem}-{number:05d}", stored_form(text).text)
        places = _places(chunks, offsets)
        spans = tuple(
            Span(f"{n}", start, end, label, origin="imported") for n, (start, end, label) in enumerate(places, 1)
        )
        articles.append(AnnotatedArticle(article, spans, (), annotator="a1"))
    labels = sorted({span.label for annotated in articles for span in annotated.spans})
    if not labels:
        raise InputError(f"{path}: no mention in its tags; is this the gold, with tags such as B-PER and --scheme?")
    ontology = Ontology(
        name="".join(c if c.isalnum() or c in "_.-" else "-" for c in path.stem) or "tags",
        version="1.0.0",
        flat=True,
        entities=tuple(Label(name=label) for label in labels),
    )
    articles = [replace(annotated, labels_annotated=ontology.labels) for annotated in articles]
    return TaggedArticles(articles, ontology, documents, n_dropped)


def predictions_in_last_column(path: Path, gold: TaggedArticles, reading: TagReading) -> TaggedPredictions:
    """Predictions of the file that the gold came from, in its last column."""
    per_document, n_dropped = _chunks(path, gold.documents, 1, reading)
    return _predictions(path, gold, per_document, n_dropped)


def read_predictions_beside(
    path: Path, gold: TaggedArticles, gold_path: Path, reading: TagReading
) -> TaggedPredictions:
    """Predictions of another file with the same sentences; divided into documents as the gold is.

    Raises:
        InputError: if sentences or words are not the same, naming the lines and both words.
    """
    predicted = sentences_of(list(read_documents(path)))
    check_same_words(sentences_of(gold.documents), predicted, gold_path, path)
    rest = iter(predicted)
    documents = [[next(rest) for _ in document] for document in gold.documents]
    per_document, n_dropped = _chunks(path, documents, 0, reading)
    return _predictions(path, gold, per_document, n_dropped)


def read_predictions_on(path: Path, articles: Sequence[Article], reading: TagReading) -> TaggedPredictions:
    """Predictions of a tag file on articles with a text of their own: a document (or sentence) an article, in order.

    Words may be cut in any way; put together they are the article, white space apart.

    Raises:
        InputError: if there are not as many documents as articles, or a word is not the next of its article.
    """
    documents = list(read_documents(path))
    if len(documents) != len(articles):
        raise InputError(
            f"{path}: {len(documents):,} documents for {len(articles):,} articles; begin each article with a line "
            "-DOCSTART- O, in the order of the split"
        )
    per_document, n_dropped = _chunks(path, documents, 0, reading)
    model = ModelName(name=path.stem)
    predictions = []
    for article, document, chunks in zip(articles, documents, per_document, strict=True):
        places = _places(chunks, word_offsets(document, article, path))
        predictions.append(_prediction(article, places, model))
    return TaggedPredictions(predictions, n_dropped)


def _predictions(
    path: Path, gold: TaggedArticles, per_document: list[list[Chunk]], n_dropped: int
) -> TaggedPredictions:
    model = ModelName(name=path.stem)
    predictions = []
    for annotated, document, chunks in zip(gold.articles, gold.documents, per_document, strict=True):
        places = _places(chunks, document_text(document)[1])
        predictions.append(_prediction(annotated.article, places, model))
    return TaggedPredictions(predictions, n_dropped)


def _prediction(article: Article, places: list[tuple[int, int, str]], model: ModelName) -> Prediction:
    mentions = tuple(
        PredictedMention(start=start, end=end, label=label, text=article.text[start:end])
        for start, end, label in places
    )
    return Prediction(model=model, id=article.id, text_sha256=article.text_sha256, mentions=mentions)


def _chunks(
    path: Path, documents: Sequence[TaggedDocument], column: int, reading: TagReading
) -> tuple[list[list[Chunk]], int]:
    """The chunks of each document, ``sentence`` counted in it, and the number of tags that are in none."""
    seen: set[str] = set()
    for word in _words(sentences_of(documents)):
        tag = word.tags[column]
        if tag not in seen:
            fault = tag_fault(tag, decoder=reading.decoder, scheme=reading.scheme)
            if fault:
                raise InputError(f"{path}: line {word.line}: {fault}")
            seen.add(tag)
    per_document = chunks_of(documents, column, decoder=reading.decoder, scheme=reading.scheme)
    n_tags = sum(word.tags[column] != "O" for word in _words(sentences_of(documents)))
    return per_document, n_tags - sum(chunk.end - chunk.start for chunks in per_document for chunk in chunks)


def _places(chunks: list[Chunk], offsets: Sequence[Sequence[tuple[int, int]]]) -> list[tuple[int, int, str]]:
    """Chunks in characters."""
    return [
        (offsets[chunk.sentence][chunk.start][0], offsets[chunk.sentence][chunk.end - 1][1], chunk.label)
        for chunk in chunks
    ]


def _words(sentences: Sequence[Sentence]) -> Iterator[TaggedWord]:
    for sentence in sentences:
        yield from sentence
