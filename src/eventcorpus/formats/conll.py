"""CoNLL files (a token and its tag a line) as annotated articles.

Comes in: a file, or a folder with train.txt, dev.txt, test.txt. Goes out: one article a sentence, or one a document
where ``-DOCSTART-`` marks documents; text is the tokens joined by blanks (sentences of a document by line feeds).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eventcorpus.conversion_report import Code, ConversionReport, Reason
from eventcorpus.errors import InputError
from eventcorpus.formats.tag_files import read_documents
from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.text import stored_form, trim

SPLIT_FILES = {"train": ("train",), "validation": ("dev", "valid", "validation", "testa"), "test": ("test", "testb")}
SCHEMES = ("iob2", "iob1", "bilou")
Token = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A labelled run of tokens; ``fault`` says what was invalid in its tags, if anything."""

    start: int
    end: int
    label: str
    fault: Code | Reason | None = None


def read_conll(
    path: Path, *, scheme: str, name: str | None = None
) -> tuple[dict[str, list[AnnotatedArticle]], Ontology, ConversionReport]:
    """Read a CoNLL file or folder; a single file becomes ``train``.

    Invalid tags are counted and repaired: a tag that continues nothing opens a span, as conlleval reads it.

    Returns:
        articles per split; an ontology with every label an entity, in alphabetical order; the report.

    Raises:
        InputError: if nothing is there, or a line has one column only.
    """
    files = _split_files(path)
    report = ConversionReport()
    documents = {split: list(_documents(file)) for split, file in files.items()}
    labels = sorted(
        {tag[2:] for docs in documents.values() for doc in docs for s in doc for _, tag, _ in s if tag != "O"}
    )
    if not labels:
        raise InputError(
            f"{path}: no tag other than O in the last column; is this a CoNLL file with tags such as B-PER?"
        )
    ontology = Ontology(
        name=name or re.sub(r"[^\w.-]+", "-", path.resolve().stem),
        version="1.0.0",
        flat=True,
        entities=tuple(Label(name=label) for label in labels),
    )
    splits = {
        split: [
            _article(f"{split}-{n:05d}", document, ontology, scheme=scheme, report=report)
            for n, document in enumerate(docs, start=1)
        ]
        for split, docs in documents.items()
    }
    return splits, ontology, report


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


def _documents(path: Path) -> Iterator[list[list[Token]]]:
    """Yield documents as lists of sentences of (token, tag, line number)."""
    for document in read_documents(path):
        sentences: list[list[Token]] = []
        for sentence in document:
            sentences.append([(word.word, word.tags[0], word.line) for word in sentence])
            for _, tag, number in sentences[-1]:
                if tag != "O" and (len(tag) < 3 or tag[0] not in "BILUES" or tag[1] != "-"):
                    raise InputError(
                        f"{path}: line {number}: the tag {tag!r} is neither O nor like B-PER; the last column holds "
                        "tags"
                    )
        yield sentences


def _article(
    article_id: str, sentences: list[list[Token]], ontology: Ontology, *, scheme: str, report: ConversionReport
) -> AnnotatedArticle:
    text = ""
    spans: list[Span] = []
    for sentence in sentences:
        text += "\n" if text else ""
        offsets = []
        for i, (token, _, _) in enumerate(sentence):
            text += " " if i else ""
            offsets.append((len(text), len(text) + len(token)))
            text += token
        for chunk in chunks([tag for _, tag, _ in sentence], scheme=scheme):
            start, end = trim(text, offsets[chunk.start][0], offsets[chunk.end - 1][1])
            if start == end:
                place = f"{chunk.label} at line {sentence[chunk.start][2]}"
                report.refuse("spans", article_id, place, Code.ONLY_BLANKS)
                continue
            spans.append(Span(f"{len(spans) + 1}", start, end, chunk.label, origin="imported"))
            if chunk.fault:
                name = f"{chunk.label} at line {sentence[chunk.start][2]}"
                report.repair("spans", article_id, name, chunk.fault, key=spans[-1].id)
            else:
                report.keep("spans")
    stored = stored_form(text).text
    report.keep("articles")
    return AnnotatedArticle(Article(article_id, stored), tuple(spans), ontology.labels, annotator="a1")


def chunks(tags: list[str], *, scheme: str) -> list[Chunk]:
    """Read chunks from tags of one scheme; what continues nothing opens a chunk and is marked as a fault.

    >>> [(c.start, c.end, c.label, str(c.fault)) for c in chunks(["B-A", "I-A", "I-B"], scheme="iob2")]
    [(0, 2, 'A', 'None'), (2, 3, 'B', 'I- opens a span')]
    """
    found: list[Chunk] = []
    open_ = False
    for i, tag in enumerate(tags):
        if tag == "O":
            if open_ and scheme == "bilou":
                found[-1] = Chunk(found[-1].start, found[-1].end, found[-1].label, Code.TAG_ENDS_NO_SPAN)
            open_ = False
            continue
        prefix, label = {"S": "U", "E": "L"}.get(tag[0], tag[0]), tag[2:]
        last = found[-1] if found and found[-1].end == i else None
        if scheme == "bilou":
            continues = prefix in "IL" and open_ and last is not None and last.label == label
            if not continues and open_ and last is not None:
                found[-1] = Chunk(last.start, last.end, last.label, Code.TAG_ENDS_NO_SPAN)
            fault = Reason(Code.TAG_OPENS_SPAN, (tag[0],)) if prefix in "IL" and not continues else None
            open_ = prefix in "BI"
        else:
            continues = prefix != "B" and last is not None and last.label == label
            opens = prefix != "B" and not continues and scheme == "iob2"
            fault = Reason(Code.TAG_OPENS_SPAN, (tag[0],)) if opens else None
            open_ = False
        if continues and last is not None:
            found[-1] = Chunk(last.start, i + 1, label, last.fault)
        else:
            found.append(Chunk(i, i + 1, label, fault))
    if open_ and scheme == "bilou":
        found[-1] = Chunk(found[-1].start, found[-1].end, found[-1].label, Code.TAG_ENDS_NO_SPAN)
    return found
