"""The lines of CoNLL files as words with their tags, sentences and documents.

Comes in: a file, and which of its columns is what (``formats.columns``). Goes out: its documents one by one, each a
list of sentences; and their text. Of CoNLL-U ``1-2`` is one written word for several, ``1.1`` is not in the text, and
``SpaceAfter=No`` joins words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from eventcorpus.errors import InputError
from eventcorpus.formats.columns import BRACKETS, EMPTY_NODE, N_CONLL_2012, RANGE, Columns, cells_of, lines_of
from eventcorpus.formats.schemes import is_prefixed
from eventcorpus.text import one_line


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
OnFault = Callable[[int, str], None]
Offsets = Sequence[Sequence[tuple[int, int]]]
"""Where each word of a document stands in its text, sentence by sentence."""


def tagged_documents(path: Path, columns: Columns, *, on_fault: OnFault | None = None) -> Iterator[TaggedDocument]:
    """Yield documents: what ``-DOCSTART-``, ``# newdoc`` or ``#begin document`` divide, else each sentence.

    An empty line ends a sentence. A line that begins with # is a comment, unless it has a tag where tags are.

    Args:
        on_fault: is told the line and what is wrong with it, and the line is left out; without it this is an error. It
            is called before the document with the line is yielded, which may be empty then.

    Raises:
        InputError: naming the line that has not as many columns as the others.
    """
    is_faulty = False

    def fault(number: int, message: str) -> None:
        nonlocal is_faulty
        if on_fault is None:
            raise InputError(f"{path}: line {number}: {message}")
        is_faulty = True
        on_fault(number, message)

    document: TaggedDocument = []
    sentence = _SentenceReader(columns, fault)
    with_documents = columns.brackets
    has_header = columns.header
    is_simple = columns.is_simple
    word_at, tags_at = columns.word, [tag.column for tag in columns.tags]
    for number, line in enumerate(chain(lines_of(path), [""]), start=1):
        begins = ("-DOCSTART-" in line or line.startswith("#")) and _begins_document(line)
        if begins or not line or line.isspace():
            if words := sentence.taken():
                document.append(words)
            if (document or is_faulty) and (begins or not with_documents):
                yield document
                document, is_faulty = [], False
            with_documents = with_documents or begins
            continue
        cells = cells_of(line, mixed=columns.mixed)
        if line[0] == "#" and _is_comment(cells, columns):
            continue
        if has_header:
            has_header = False
        elif is_simple and len(cells) == columns.n:  # the same as below, in half the time
            sentence.words.append(TaggedWord(cells[word_at], tuple([cells[i] for i in tags_at]), number))
        else:
            sentence.add(cells, line, number)
    if document or is_faulty:
        yield document


def _begins_document(line: str) -> bool:
    if line.startswith("#"):
        return line.startswith(("#begin document", "# newdoc")) and not line.startswith("# newdocs")
    return "-DOCSTART-" in line and "-DOCSTART-" in cells_of(line)[:2]


def _is_comment(cells: Sequence[str], columns: Columns) -> bool:
    if columns.number or columns.brackets or len(cells) != columns.n:
        return True
    found = [tag.cell(cells) for tag in columns.tags]
    return not all(cell == "O" or cell in columns.known or is_prefixed(cell) for cell in found)


class _SentenceReader:
    """Makes the words of a sentence from its lines."""

    def __init__(self, columns: Columns, fault: OnFault) -> None:
        self.columns, self.fault = columns, fault
        self.words: Sentence = []
        self.written: _Written | None = None
        self.label = ""
        """Of the bracket that is open."""

    def taken(self) -> Sentence:
        """The words so far, which are no longer here."""
        self._end_written()
        words, self.words = self.words, []
        if self.label:
            self.fault(words[-1].line, f"the bracket of {self.label} is not closed at the end of the sentence")
            self.label = ""
        return words

    def add(self, cells: list[str], line: str, number: int) -> None:
        """Take one line."""
        columns = self.columns
        if len(cells) != columns.n:
            fitted = _fitted(cells, columns)
            if fitted is None:
                self.fault(number, _wrong_number(line, len(cells), columns))
                return
            cells = fitted
        word = TaggedWord(cells[columns.word], tuple(tag.cell(cells) for tag in columns.tags), number)
        if columns.space is not None:
            word = word._replace(is_joined=columns.no_space in cells[columns.space].split("|"))
        if columns.brackets:
            word = word._replace(tags=(self._unbracketed(word.tags[0], number),))
        if columns.number:
            self._add_numbered(cells[0], word)
        else:
            self.words.append(word)

    def _add_numbered(self, own: str, word: TaggedWord) -> None:
        """Take the word with a number of its own, the one that is written for several, or the one that is not there."""
        if match := RANGE.fullmatch(own):
            self._end_written()
            self.written = _Written(word, int(match[1]), int(match[2]))
        elif EMPTY_NODE.fullmatch(own):
            if tag := next(filter(is_prefixed, word.tags), None):
                self.fault(word.line, f"the empty node {own} has the tag {one_line(tag)} and is not in the text")
        elif not own.isdecimal() or len(own) > 9:
            self.fault(word.line, f"{one_line(own)} is no number of a word, such as the first column has elsewhere")
        elif self.written is None or not self.written.first <= int(own) <= self.written.last:
            self._end_written()
            self.words.append(word)
        else:
            whole, is_within = self.written.word, self.written.is_begun
            text = "" if is_within else whole.word
            if not is_within and any(map(is_prefixed, whole.tags)) and not any(map(is_prefixed, word.tags)):
                word = word._replace(tags=whole.tags)
            self.words.append(word._replace(word=text, is_joined=whole.is_joined, is_within=is_within))
            self.written.is_begun = True

    def _end_written(self) -> None:
        written, self.written = self.written, None
        if written is not None and not written.is_begun:
            self.fault(written.word.line, f"no word with the numbers {written.first} to {written.last} follows")

    def _unbracketed(self, cell: str, number: int) -> str:
        """The tag of a cell such as ``(ORG)``, ``(GPE*``, ``*``, ``*)``."""
        match = BRACKETS.fullmatch(cell)
        if match is None or not cell or (match[1] and self.label):
            self.fault(number, f"{one_line(cell)} is no name in brackets such as (ORG), (GPE*, * and *)")
            return "O"
        letter, label = ("B", match[1][1:]) if match[1] else ("I", self.label)
        self.label = "" if cell.endswith(")") else label
        return f"{letter}-{label}" if label else "O"


@dataclass
class _Written:
    """A word that is written for those with the numbers ``first`` to ``last``; whether one of them has come."""

    word: TaggedWord
    first: int
    last: int
    is_begun: bool = False


def _fitted(cells: list[str], columns: Columns) -> list[str] | None:
    """The columns of a line with more or fewer than others, where empty ones at its end or between tabs explain it."""
    if not columns.n:
        return cells if len(cells) >= N_CONLL_2012 else None
    while len(cells) > columns.n and not cells[-1]:
        cells.pop()
    if len(cells) > columns.n:
        cells = [cell for cell in cells if cell]
    return cells if len(cells) == columns.n else None


def _wrong_number(line: str, n: int, columns: Columns) -> str:
    shown = one_line(line)
    if n == 1:
        needs = "a token and its tag are needed" if columns.n == 2 else f"{columns.n} columns are needed"
        return f"{shown} has one column; {needs}"
    other = "no column of names" if not columns.n else f"the others have {columns.n}"
    return f"{shown} has {n} columns, {other}; only a tab or a blank divides them, which a word cannot have"


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


def words_of(documents: Iterable[TaggedDocument]) -> Iterator[TaggedWord]:
    """All words, one after another."""
    return (word for document in documents for sentence in document for word in sentence)
