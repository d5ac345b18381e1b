"""CoNLL files, a word and its tag a line with whatever columns there are between: as tagged words, and as documents.

A document is a sentence, or what ``-DOCSTART-`` divides; its text is the words joined by blanks, sentences by line
feeds. ``read_conll`` is for conversion: it repairs and counts invalid tags; a tag that continues nothing opens a span,
as conlleval reads it. ``formats.tagged`` is for scoring.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from eventcorpus.annotation.document import Document, Found, Mark
from eventcorpus.conversion_report import Code, ConversionReport, Reason
from eventcorpus.errors import InputError
from eventcorpus.files import read_lines
from eventcorpus.formats.files import files_by_split
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.metrics.tags import Chunk, Decoder, Scheme, decode_tags
from eventcorpus.schema import Article

SCHEMES = ("iob2", "iob1", "bilou")
Offsets = Sequence[Sequence[tuple[int, int]]]
"""Where each word of a document stands in its text, sentence by sentence."""


class TaggedWord(NamedTuple):
    """The first column of a line, its last ones (``tags``), and its number from 1."""

    word: str
    tags: tuple[str, ...]
    line: int


Sentence = list[TaggedWord]
TaggedDocument = list[Sentence]


def read_conll(inputs: Sequence[Path], *, scheme: str = "iob2") -> Found:
    """Read a CoNLL file, which is ``train``, or a folder with train.txt, dev.txt, test.txt.

    Raises:
        InputError: if there are several inputs, or nothing is there; while reading, if a line has one column only, a
            tag is none, or all are O.
    """
    if len(inputs) > 1:
        raise InputError("the format conll takes one file or folder")
    path = inputs[0]
    files = files_by_split([path], (".txt",))

    def documents(report: ConversionReport) -> Iterator[Document]:
        n_in: Counter[str] = Counter()
        n_marks = 0
        for split, file in files:
            for tagged in tagged_documents(file):
                n_in[split] += 1
                document = _document(f"{split}-{n_in[split]:05d}", tagged, split, scheme, file)
                n_marks += len(document.marks)
                yield document
        if not n_marks:
            raise InputError(
                f"{path}: no tag other than O in the last column; is this a CoNLL file with tags such as B-PER?"
            )

    name = re.sub(r"[^\w.-]+", "-", path.resolve().stem)
    return Found(name, documents, [file for _, file in files], has_splits=path.is_dir(), flat=True)


def tagged_documents(path: Path, *, n_tags: int = 1) -> Iterator[TaggedDocument]:
    """Yield documents: what ``-DOCSTART-`` divides, or each sentence where a file has no such line.

    Columns are divided by tabs if a line has one, else by blanks; an empty line ends a sentence.

    Raises:
        InputError: naming the line that has not a word and ``n_tags`` tags.
    """
    document: TaggedDocument = []
    sentence: Sentence = []
    with_documents = False
    for number, line in enumerate(chain(read_lines(path), [""]), start=1):
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


def document_text(document: TaggedDocument) -> tuple[str, Offsets]:
    """The words joined by blanks, sentences by line feeds; and where each stands."""
    offsets: list[list[tuple[int, int]]] = []
    at = 0
    for sentence in document:
        offsets.append([])
        for word in sentence:
            offsets[-1].append((at, at + len(word.word)))
            at += len(word.word) + 1
    return "\n".join(" ".join(word.word for word in sentence) for sentence in document), offsets


def words_of(documents: Iterable[TaggedDocument]) -> Iterator[TaggedWord]:
    """All words, one after another."""
    return (word for document in documents for sentence in document for word in sentence)


def chunks_of(
    documents: Sequence[TaggedDocument], column: int = 0, *, decoder: Decoder, scheme: Scheme
) -> list[list[Chunk]]:
    """The chunks of each document by the tags in one column; ``sentence`` counts within the document.

    Raises:
        InputError: if a tag is none of the scheme's.
    """
    tags = [[word.tags[column] for word in sentence] for document in documents for sentence in document]
    found: list[list[Chunk]] = [[] for _ in documents]
    place = [(chunks, n) for chunks, document in zip(found, documents, strict=True) for n in range(len(document))]
    for chunk in decode_tags(tags, decoder=decoder, scheme=scheme):
        chunks, n = place[chunk.sentence]
        chunks.append(chunk._replace(sentence=n))
    return found


def chunk_place(chunk: Chunk, offsets: Offsets) -> tuple[int, int]:
    """Start and end of a chunk in characters."""
    of_sentence = offsets[chunk.sentence]
    return of_sentence[chunk.start][0], of_sentence[chunk.end - 1][1]


def _document(article_id: str, tagged: TaggedDocument, split: str, scheme: str, file: Path) -> Document:
    for word in words_of([tagged]):
        tag = word.tags[0]
        if tag != "O" and (len(tag) < 3 or tag[0] not in "BILUES" or tag[1] != "-"):
            raise InputError(
                f"{file}: line {word.line}: the tag {tag!r} is neither O nor like B-PER; the last column holds tags"
            )
    text, offsets = document_text(tagged)
    marks: list[Mark] = []
    n_spans = 0
    # with the prefixes of bilou the decoder takes every tag that can stand in a file
    for chunk in chunks_of([tagged], decoder="conlleval", scheme="bilou")[0]:
        start, end = chunk_place(chunk, offsets)
        words = tagged[chunk.sentence][chunk.start : chunk.end]
        n_spans += not text[start:end].isspace()
        name, repair = f"{chunk.label} at line {words[0].line}", chunk_fault([w.tags[0] for w in words], scheme=scheme)
        marks.append(Mark(f"{n_spans}", chunk.label, ((start, end),), name=name, repair=repair))
    return Document(Article(article_id, text), marks, split=split)


def chunk_fault(tags: Sequence[str], *, scheme: str) -> Reason | None:
    """What is invalid in the tags of one chunk, under iob2, iob1 or bilou.

    >>> str(chunk_fault(["I-A", "I-A"], scheme="iob2"))
    'I- opens a span'
    """
    if scheme == "bilou" and tags[-1][0] in "BI":
        return Reason(Code.TAG_ENDS_NO_SPAN)
    opens = {"iob2": "B", "iob1": "BILUES", "bilou": "BUS"}[scheme]
    return None if tags[0][0] in opens else Reason(Code.TAG_OPENS_SPAN, (tags[0][0],))


def is_conll(sample: Sample) -> Certainty:
    """Whether most lines have the same number of columns, and the last of them tags."""
    if sample.shape:
        return 0
    lines = [line for line in sample.text.split("\n") if line.strip()]
    tagged = sum(re.search(r"\s(O|[BILUES]-\S+)\s*$", line) is not None for line in lines)
    return 2 if lines and tagged > 0.9 * len(lines) else 0
