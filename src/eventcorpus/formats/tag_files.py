"""Files of words and tags, a word a line: CoNLL files, with whatever columns there are between.

A file is documents of sentences of words, each with its last columns and its line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from eventcorpus.errors import InputError
from eventcorpus.files import read_text
from eventcorpus.metrics.tags import Chunk, Decoder, Scheme, decode_tags
from eventcorpus.schema import Article
from eventcorpus.text import one_line, stored_form


class TaggedWord(NamedTuple):
    """The first column of a line, its last ones (``tags``), and its number from 1."""

    word: str
    tags: tuple[str, ...]
    line: int


Sentence = list[TaggedWord]
TaggedDocument = list[Sentence]


def read_documents(path: Path, *, n_tags: int = 1) -> Iterator[TaggedDocument]:
    """Yield documents: what ``-DOCSTART-`` divides, or each sentence where a file has no such line.

    Columns are divided by tabs if a line has one, else by blanks; an empty line ends a sentence.

    Raises:
        InputError: naming the line that has not a word and ``n_tags`` tags.
    """
    document: TaggedDocument = []
    sentence: Sentence = []
    with_documents = False
    for number, line in enumerate([*read_text(path).split("\n"), ""], start=1):
        line = line.rstrip("\r")
        columns = line.split("\t") if "\t" in line else line.split()
        if columns and columns[0].strip() == "-DOCSTART-":
            if sentence:
                document.append(sentence)
            if document:
                yield document
            document, sentence, with_documents = [], [], True
        elif not line.strip():  # a blank token before a tab, such as a no-break space, is a token and ends nothing
            if sentence and with_documents:
                document.append(sentence)
            elif sentence:
                yield [sentence]
            sentence = []
        elif len(columns) <= n_tags:
            has = "has one column" if len(columns) == 1 else f"has {len(columns)} columns"
            needs = "a token and its tag are needed" if n_tags == 1 else f"a token and its {n_tags} tags are needed"
            raise InputError(f"{path}: line {number}: {line!r} {has}; {needs}")
        else:
            sentence.append(TaggedWord(columns[0], tuple(tag.strip() for tag in columns[-n_tags:]), number))
    if document:
        yield document


def document_text(document: TaggedDocument) -> tuple[str, list[list[tuple[int, int]]]]:
    """The words joined by blanks, sentences by line feeds.

    Returns:
        the text, and the offsets of every word, sentence by sentence.
    """
    lines: list[str] = []
    offsets: list[list[tuple[int, int]]] = []
    at = 0
    for sentence in document:
        offsets.append([])
        for word in sentence:
            offsets[-1].append((at, at + len(word.word)))
            at += len(word.word) + 1
        lines.append(" ".join(word.word for word in sentence))
    return "\n".join(lines), offsets


def chunks_of(
    documents: Sequence[TaggedDocument], column: int = 0, *, decoder: Decoder, scheme: Scheme
) -> list[list[Chunk]]:
    """The chunks of each document by the tags in one column; ``sentence`` counts within the document.

    Raises:
        InputError: if a tag is none of the scheme's.
    """
    sentences = sentences_of(documents)
    tags = [[word.tags[column] for word in sentence] for sentence in sentences]
    home = [(number, n) for number, document in enumerate(documents) for n in range(len(document))]
    found: list[list[Chunk]] = [[] for _ in documents]
    for chunk in decode_tags(tags, decoder=decoder, scheme=scheme):
        number, n = home[chunk.sentence]
        found[number].append(chunk._replace(sentence=n))
    return found


def sentences_of(documents: Sequence[TaggedDocument]) -> list[Sentence]:
    """All sentences, one after another."""
    return [sentence for document in documents for sentence in document]


def check_same_words(gold: Sequence[Sentence], predicted: Sequence[Sentence], gold_path: Path, path: Path) -> None:
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


def word_offsets(document: TaggedDocument, article: Article, path: Path) -> list[list[tuple[int, int]]]:
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
