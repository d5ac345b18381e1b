"""CoNLL files (a token and its tag a line) as documents.

A file, or a folder with train.txt, dev.txt, test.txt. A document is a sentence, or what ``-DOCSTART-`` divides; its
text is the tokens joined by blanks, sentences by line feeds. Invalid tags are repaired and counted: a tag that
continues nothing opens a span, as conlleval reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from eventcorpus.annotation.document import Document, Found, Mark
from eventcorpus.conversion_report import Code, Reason
from eventcorpus.errors import InputError
from eventcorpus.formats.files import SPLIT_FILES
from eventcorpus.formats.tag_files import TaggedDocument, chunks_of, document_text, read_documents
from eventcorpus.metrics.tags import Chunk
from eventcorpus.schema import Article

SCHEMES = ("iob2", "iob1", "bilou")


def read_conll(path: Path, *, scheme: str) -> Found:
    """Read a CoNLL file or folder; a single file is ``train``.

    Raises:
        InputError: if nothing is there, a line has one column only, or a tag is none.
    """
    tagged = {split: list(_documents(file)) for split, file in _split_files(path).items()}
    tags = {word.tags[0] for documents in tagged.values() for sentences in documents for s in sentences for word in s}
    labels = tuple(sorted({tag[2:] for tag in tags - {"O"}}))
    if not labels:
        raise InputError(
            f"{path}: no tag other than O in the last column; is this a CoNLL file with tags such as B-PER?"
        )
    # with the prefixes of bilou the decoder takes every tag that can stand in a file
    found = [
        _document(f"{split}-{n:05d}", sentences, chunks, split, scheme)
        for split, documents in tagged.items()
        for n, (sentences, chunks) in enumerate(
            zip(documents, chunks_of(documents, decoder="conlleval", scheme="bilou"), strict=True), start=1
        )
    ]
    return Found(re.sub(r"[^\w.-]+", "-", path.resolve().stem), found, [path], labels=labels, flat=True)


def _split_files(path: Path) -> dict[str, Path]:
    if not path.is_dir():
        return {"train": path}
    found = {
        split: path / f"{name}.txt"
        for split, names in SPLIT_FILES.items()
        for name in names
        if (path / f"{name}.txt").is_file()
    }
    if not found:
        raise InputError(f"{path}: the folder has none of train.txt, dev.txt, test.txt; name a file instead")
    return found


def _documents(path: Path) -> Iterator[TaggedDocument]:
    for document in read_documents(path):
        for word in (word for sentence in document for word in sentence):
            tag = word.tags[0]
            if tag != "O" and (len(tag) < 3 or tag[0] not in "BILUES" or tag[1] != "-"):
                raise InputError(
                    f"{path}: line {word.line}: the tag {tag!r} is neither O nor like B-PER; the last column holds tags"
                )
        yield document


def _document(article_id: str, sentences: TaggedDocument, chunks: Sequence[Chunk], split: str, scheme: str) -> Document:
    text, offsets = document_text(sentences)
    marks: list[Mark] = []
    n_spans = 0
    for chunk in chunks:
        start, end = offsets[chunk.sentence][chunk.start][0], offsets[chunk.sentence][chunk.end - 1][1]
        words = sentences[chunk.sentence][chunk.start : chunk.end]
        repair = chunk_fault([word.tags[0] for word in words], scheme=scheme)
        n_spans += not text[start:end].isspace()
        name = f"{chunk.label} at line {words[0].line}"
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
