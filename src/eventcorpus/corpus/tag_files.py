"""Files of words and tags, a word a line: CoNLL files, with whatever columns there are between.

Comes in: a file. Goes out: documents of sentences of words, each with its last columns and its line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from eventcorpus.errors import InputError
from eventcorpus.files import read_text


class TaggedWord(NamedTuple):
    """The first column of a line, its last ones (``tags``), and its number from 1."""

    word: str
    tags: tuple[str, ...]
    line: int


Sentence = list[TaggedWord]
Document = list[Sentence]


def read_documents(path: Path, *, n_tags: int = 1) -> Iterator[Document]:
    """Yield documents: what ``-DOCSTART-`` divides, or each sentence where a file has no such line.

    Columns are divided by tabs if a line has one, else by blanks; an empty line ends a sentence.

    Raises:
        InputError: naming the line that has not a word and ``n_tags`` tags.
    """
    document: Document = []
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


def document_text(document: Document) -> tuple[str, list[list[tuple[int, int]]]]:
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


def sentences_of(documents: Sequence[Document]) -> list[Sentence]:
    """All sentences, one after another."""
    return [sentence for document in documents for sentence in document]
