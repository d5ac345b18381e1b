"""DocBin (``.spacy``), the binary format of spaCy 3. Needs the extra ``spacy``, whose library unpacks it.

Comes in: one file. Goes out: rows with a text, entities and span groups, or whatever is made of its documents.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from eventcorpus.annotation.document import Mark
from eventcorpus.errors import InputError
from eventcorpus.files import opened
from eventcorpus.formats.spans_in_json import Row
from eventcorpus.text import one_line

ARTICLE = "article"
"""The key in ``Doc.user_data`` under which ``eventcorpus export`` writes id and metadata of an article."""
MAIN_GROUP = "sc"
"""The group that spaCy's span categorizer uses; spans of other groups keep the group's name as an attribute."""
_MOST_BYTES = 1 << 33
"""What a file may be when it is no longer compressed."""
_Made = TypeVar("_Made")


def docs_of(path: Path, made_of: Callable[[Any], _Made]) -> Iterator[_Made]:
    """What is made of each document (a ``Doc`` of spaCy) of a file.

    spaCy checks what it unpacks: 5,000 files that were cut, had other bits or lengths, or entities, spans and heads
    outside of their texts, either were read or raised an exception, and none ended the process. Nothing is unpickled.

    Raises:
        InputError: if it is no DocBin, or damaged; if the library is not installed.
    """
    try:
        from spacy.tokens import DocBin
        from spacy.vocab import Vocab
    except ImportError:
        raise InputError(f"{path}: a DocBin needs the library spacy: pip install 'eventcorpus[spacy]'") from None
    with opened(path) as file:
        content = file.read()
    try:
        _check_lengths(content)
        yield from map(made_of, DocBin().from_bytes(content).get_docs(Vocab()))
    except Exception as fault:  # what bytes that are no DocBin raise depends on where they go wrong
        raise InputError(
            f"{path}: not a DocBin that can be read ({type(fault).__name__}: {one_line(str(fault))}); write it again "
            "with spacy.tokens.DocBin(docs=docs).to_disk"
        ) from None


def _check_lengths(content: bytes) -> None:
    """See that every token is in a document, which spaCy takes for granted."""
    import srsly

    message = srsly.msgpack_loads(zlib.decompressobj().decompress(content, _MOST_BYTES))
    lengths = np.frombuffer(message["lengths"], dtype="int32")
    if (lengths < 0).any() or len(message["tokens"]) != 8 * int(lengths.sum()) * len(message["attrs"]):
        raise ValueError("lengths that do not fit the tokens")


def rows_of_docbin(path: Path) -> Iterator[Row]:
    """The documents of a file; raises as ``docs_of``."""
    for number, row in enumerate(docs_of(path, _row), start=1):
        yield replace(row, place=f"document {number}")


def _row(doc: Any) -> Row:
    groups = [[_mark(entity, ("kb_id", entity.kb_id_), ("id", entity.ent_id_)) for entity in doc.ents]]
    for key, spans in doc.spans.items():
        group = ("group", "" if key == MAIN_GROUP else key)
        groups.append([_mark(span, ("kb_id", span.kb_id_), ("id", span.id_), group) for span in spans])
    marks, ours = merged(groups), doc.user_data.get(ARTICLE)
    about = dict(ours) if isinstance(ours, dict) else {}
    about |= {"categories": doc.cats} if doc.cats else {}
    lost = ["user data of texts"] if len(doc.user_data) > isinstance(ours, dict) else []
    lost += ["blanks between words (they are unknown)"] if doc.has_unknown_spaces else []
    is_annotated = any(token.ent_iob for token in doc) or bool(marks)
    return Row("", doc.text, marks, about=about, is_annotated=is_annotated, lost=lost, counts_characters=True)


def _mark(span: Any, *attributes: tuple[str, str]) -> Mark:
    place = (span.start_char, span.end_char)
    return Mark("", span.label_, (place,), attributes=tuple((name, value) for name, value in attributes if value))


def merged(groups: Iterable[Sequence[Mark]]) -> list[Mark]:
    """The marks of groups; one that another group has too is one mark, with the attributes of both."""
    found: dict[tuple[Any, ...], Mark] = {}
    for group in groups:
        n_of = Counter[tuple[Any, ...]]()
        for mark in group:
            key = (mark.pieces, mark.label, mark.fault)
            n_of[key] += 1  # what stands twice in a group are two marks
            first = found.get((*key, n_of[key]), mark)
            attributes = tuple(dict.fromkeys((*first.attributes, *mark.attributes)))
            found[*key, n_of[key]] = first._replace(attributes=attributes)
    return [*found.values()]
