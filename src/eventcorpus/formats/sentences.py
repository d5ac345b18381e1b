"""The lines of CoNLL files as words with their tags, sentences and documents.

Comes in: a file, and which of its columns is what (``formats.columns``). Goes out: its documents one by one, each a
list of sentences; and their text. Of CoNLL-U ``1-2`` is one written word for several, ``1.1`` is not in the text, and
``SpaceAfter=No`` joins words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from eventcorpus.errors import InputError
from eventcorpus.formats.columns import BRACKETS, EMPTY_NODE, N_CONLL_2012, RANGE, Columns, cells_of, lines_of
from eventcorpus.formats.schemes import is_prefixed
from eventcorpus.tables import counted
from eventcorpus.text import one_line

_BEGINS_DOCUMENT = re.compile(r"#begin document|# newdoc\b|(\S+[ \t]+)?-DOCSTART-([ \t]|$)")


class TaggedWord(NamedTuple):
    """A word with what stands in its tag columns, and the number of its line, from 1.

    ``is_joined``: no blank follows it. ``is_within``: it has no text of its own, since it is written as one with the
    word before it (``le`` of ``du``).
    """

    word: str
    tags: tuple[str, ...]
    line: int
    is_joined: bool = False
    is_within: bool = False


Sentence = list[TaggedWord]
TaggedDocument = list[Sentence]
Faults = list[tuple[int, str]]
"""Lines that cannot be read, and what is wrong with them."""
Offsets = Sequence[Sequence[tuple[int, int]]]
"""Where each word of a document stands in its text, sentence by sentence."""


def tagged_documents(path: Path, columns: Columns) -> Iterator[TaggedDocument]:
    """Yield the documents of a file.

    Raises:
        InputError: naming the line that cannot be read.
    """
    for document, faults in documents_and_faults(path, columns):
        for line, why in faults:
            raise InputError(f"{path}: line {line}: {why}")
        yield document


def documents_and_faults(path: Path, columns: Columns) -> Iterator[tuple[TaggedDocument, Faults]]:
    """Yield what ``-DOCSTART-``, ``# newdoc`` or ``#begin document`` divide, else each sentence.

    An empty line ends a sentence. A line that begins with # is a comment, unless it has a tag where tags are. Lines
    that cannot be read are left out, and come as faults of their document, which may be empty then.
    """
    document: TaggedDocument = []
    rows: list[tuple[int, list[str]]] = []
    faults: Faults = []
    with_documents = columns.brackets
    has_header = columns.header
    for number, line in enumerate(chain(lines_of(path), ["# newdoc"]), start=1):
        begins = _BEGINS_DOCUMENT.match(line) is not None
        if begins or not line or line.isspace():
            if rows and (words := _sentence(rows, columns, faults)):
                document.append(words)
            rows = []
            if (document or faults) and (begins or not with_documents):
                yield document, faults
                document, faults = [], []
            with_documents = with_documents or begins
            continue
        cells = cells_of(line, mixed=columns.mixed)
        if line[0] == "#" and _is_comment(cells, columns):
            continue
        if has_header:
            has_header = False
        elif fitted := cells if len(cells) == columns.n else _fitted(cells, columns):
            rows.append((number, fitted))
        else:
            faults.append((number, _wrong_number(line, len(cells), columns)))


def _is_comment(cells: Sequence[str], columns: Columns) -> bool:
    if columns.number or columns.brackets or len(cells) != columns.n:
        return True
    found = [tag.cell(cells) for tag in columns.tags]
    return not all(cell == "O" or cell in columns.known or is_prefixed(cell) for cell in found)


def _sentence(rows: Sequence[tuple[int, list[str]]], columns: Columns, faults: Faults) -> Sentence:
    """The words of the rows of a sentence, each with the number of its line."""
    at, space, no_space = columns.word, columns.space, columns.no_space
    words = [
        TaggedWord(
            cells[at],
            tuple([tag.cell(cells) if tag.key else cells[tag.column] for tag in columns.tags]),
            line,
            space is not None and no_space in cells[space].split("|"),
        )
        for line, cells in rows
    ]
    if columns.brackets:
        words = list(_unbracketed(words, faults))
    return list(_numbered(words, [cells[0] for _, cells in rows], faults)) if columns.number else words


def _unbracketed(words: Sequence[TaggedWord], faults: Faults) -> Iterator[TaggedWord]:
    """Words with tags instead of the brackets of CoNLL-2012: ``(ORG)``, ``(GPE*``, ``*``, ``*)``."""
    label = ""
    for word in words:
        cell = word.tags[0]
        match = BRACKETS.fullmatch(cell)
        if match is None or not cell or (match[1] and label):
            faults.append((word.line, f"{one_line(cell)} is no name in brackets such as (ORG), (GPE*, * and *)"))
            continue
        letter, label = ("B", match[1][1:]) if match[1] else ("I", label)
        yield word._replace(tags=(f"{letter}-{label}" if label else "O",))
        label = "" if cell.endswith(")") else label
    if label:
        faults.append((words[-1].line, f"the bracket of {label} is not closed at the end of the sentence"))


def _numbered(words: Sequence[TaggedWord], numbers: Sequence[str], faults: Faults) -> Iterator[TaggedWord]:
    """The words that are in the text of CoNLL-U: the first of several that are written as one has their text."""
    whole, parts = words[0], range(0)
    for word, own, after in zip(words, numbers, (*numbers[1:], ""), strict=True):
        if match := RANGE.fullmatch(own):
            whole, parts = word, range(int(match[1]), int(match[2]) + 1)
            if after != match[1] or not parts:
                faults.append((word.line, f"no word with the numbers {match[1]} to {match[2]} follows"))
        elif EMPTY_NODE.fullmatch(own):
            if tag := next(filter(is_prefixed, word.tags), None):
                faults.append((word.line, f"the empty node {own} has the tag {one_line(tag)} and is not in the text"))
        elif not own.isdecimal() or len(own) > 9:
            faults.append((word.line, f"{one_line(own)} is no number of a word, as the first column has elsewhere"))
        elif int(own) not in parts:
            parts = range(0)
            yield word
        elif int(own) == parts.start:
            is_tagged = any(map(is_prefixed, whole.tags)) and not any(map(is_prefixed, word.tags))
            yield whole._replace(tags=whole.tags if is_tagged else word.tags, line=word.line)
        else:
            yield word._replace(word="", is_joined=whole.is_joined, is_within=True)


def _fitted(cells: list[str], columns: Columns) -> list[str]:
    """The columns of a line with more or fewer than others, where empty ones at its end or between tabs explain it."""
    if not columns.n:
        return cells if len(cells) >= N_CONLL_2012 else []
    while len(cells) > columns.n and not cells[-1]:
        cells = cells[:-1]
    if len(cells) > columns.n:
        cells = [cell for cell in cells if cell]
    return cells if len(cells) == columns.n else []


def _wrong_number(line: str, n: int, columns: Columns) -> str:
    has = counted(n, "column")
    others = f"the others have {columns.n}" if columns.n else "no column of names"
    return f"{one_line(line)} has {has}, {others}; only a tab or a blank divides them, which a word cannot have"


def document_text(document: TaggedDocument) -> tuple[str, list[list[tuple[int, int]]]]:
    """The words joined by blanks, sentences by line feeds; and where each word stands, sentence by sentence."""
    parts: list[str] = []
    offsets: list[list[tuple[int, int]]] = []
    at = 0
    for n, sentence in enumerate(document):
        between = "\n" if n else ""
        here: list[tuple[int, int]] = []
        for word in sentence:
            if word.is_within:
                here.append(here[-1] if here else (at, at))
            elif word.word:
                start = at + len(between)
                at = start + len(word.word)
                here.append((start, at))
                parts += (between, word.word)
            else:
                here.append((at, at))
                continue
            between = "" if word.is_joined else " "
        offsets.append(here)
    return "".join(parts), offsets


def places_in(text: str, sentences: Sequence[Sequence[str]]) -> Offsets | None:
    """Where words stand in a text that is nothing but these words in this order and blanks; None if it is not.

    >>> places_in("In Homs.", [["In", "Homs", "."]])
    [[(0, 2), (3, 7), (7, 8)]]
    """
    places: list[list[tuple[int, int]]] = []
    at = 0
    for words in sentences:
        places.append([])
        for word in words:
            while not text.startswith(word, at):
                if not text[at : at + 1].isspace():
                    return None
                at += 1
            places[-1].append((at, at + len(word)))
            at += len(word)
    return None if text[at:].strip() else places
